/* The platform in a Linux process, and the C interface of libclrhost.so. */
#ifndef CLR_HOST_H
#define CLR_HOST_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit statuses, as the clrscope command line has them. */
enum { HOST_FAULT = 120, HOST_CHECK_FAILED = 121, HOST_COMPILE_FAILED = 122, HOST_USAGE = 124,
       HOST_ENVIRONMENT = 125 };

/* ---- clrhost.c: for ctypes; one runtime per process, one thread ---- */
struct clrhost_statistics {
    uint64_t types, types_failed;
    uint64_t methods, methods_failed;   /* with IL */
    uint64_t il_bytes, code_bytes;      /* of methods that compiled */
    uint64_t nanoseconds;               /* in the compiler, all methods */
};

/* Bytes are copied. Modules and options count for the next clrhost_create. All return 0, or -1 with
 * the sentence in clrhost_error. */
int clrhost_add_module(const char *name, const void *bytes, size_t size);
int clrhost_add_file(const char *path);
int clrhost_option(const char *key, const char *value);
int clrhost_create(void);
/* Frees the runtime, the modules and the options. */
void clrhost_destroy(void);
int clrhost_load(const char *module);
/* Loads every type and compiles every method of a module that is loaded; runs nothing. Failures of
 * single types and methods are counted and listed, one a line, by clrhost_failures. */
int clrhost_compile_all(const char *module, struct clrhost_statistics *statistics);
const char *clrhost_failures(void);
/* Runs Main. *status is its result or, when the program ended otherwise, one of the HOST_ values,
 * and then clrhost_error says what happened. */
int clrhost_run(const char *module, int argc, const char *const *argv, int *status);
/* JSON of all types of a module, owned by the host until the next call; NULL with an error. */
const char *clrhost_dump_types(const char *module);
const char *clrhost_error(void);

/* ---- inside ---- */
struct host_module {
    char *name;
    uint8_t *bytes;
    size_t size;
};
bool host_add_module(const char *name, const void *bytes, size_t size);
void host_clear(void);                  /* modules and options */
bool host_set_option(const char *key, const char *value);
bool host_code_contains(uint64_t address);
void host_memory_reset(void);

/* Where fatal ends go while managed code runs or the runtime works. */
struct host_run {
    sigjmp_buf back;
    bool active;
    int status;
    bool exited;                        /* in the ordinary way */
    char text[1024];
};
extern struct host_run g_host_run;
_Noreturn void host_leave(int status, bool exited, const char *text);

/* ---- signals.c ---- */
void host_signals_install(void);

/* ---- dump.c ---- */
struct assembly;
struct host_text {
    char *text;
    size_t size, capacity;
};
void host_print(struct host_text *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void host_dump_types(struct assembly *assembly, struct host_text *out);

#endif
