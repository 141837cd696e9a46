/* What the runtime and the JIT need from the ground they stand on. Implemented by the nucleus in
 * ring 0 and by reference_kernel/host on a Linux process. Nothing here knows of .NET. */
#ifndef CLR_PLATFORM_H
#define CLR_PLATFORM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Functions that generated code calls or that call generated code use the Microsoft x64 convention.
 * The kernel is compiled with -mabi=ms, where the attribute changes nothing. */
#define CLR_ABI __attribute__((ms_abi))

/* ---- memory ---- */

/* Zeroed, writable, non-executable memory of whole pages (size is rounded up). NULL when there is
 * none left. Never freed in the kernel; plat_pages_free exists for the host and for scratch. */
void *plat_pages(size_t size);
void plat_pages_free(void *base, size_t size);

/* The managed heap's address range: reserved once, backed by pages on demand by plat_heap_commit. That
 * gives false when memory runs short: what the heap is refused is left for code, stacks and the
 * runtime's own records, so that a program that fills its heap still ends in good order. */
struct plat_range {
    uint8_t *base;
    size_t size;
};
struct plat_range plat_heap_reserve(void);
bool plat_heap_commit(uint8_t *from, size_t size);

/* The code region is mapped twice: executable and read-only at `rx`, writable at `rw`; no page is
 * writable and executable through one mapping (W^X). The region lies within +-2 GiB of the kernel's
 * text and is backed on demand by plat_code_commit (`rw` is an address in the writable mapping; false
 * when memory is exhausted; a range that is backed already stays as it is). plat_code_region may be
 * called once. */
struct plat_code_region {
    uint8_t *rx;
    uint8_t *rw;
    size_t size;
};
struct plat_code_region plat_code_region(void);
bool plat_code_commit(uint8_t *rw, size_t size);

/* ---- text ---- */
enum plat_stream {
    PLAT_LOG,   /* kernel log: COM1 */
    PLAT_OUT,   /* program output: COM2 in program mode, COM1 otherwise */
    PLAT_ERR,   /* program errors: debugcon in program mode, COM1 otherwise */
};
void plat_write(enum plat_stream stream, const char *text, size_t size);

/* printf subset: %s %c %d %i %u %x %X %p with flags 0 and -, width, precision for %s, l/ll/z sizes.
 * Returns the length that the whole text would have had, always terminates (size > 0). */
int plat_vsnprintf(char *out, size_t size, const char *format, va_list args);
int plat_snprintf(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void plat_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- what the boot loader handed over ---- */
struct plat_module {
    const char *name;       /* "korlib.dll", "@args", ... */
    const uint8_t *bytes;   /* stays mapped and unchanged for ever */
    size_t size;
};
size_t plat_module_count(void);
const struct plat_module *plat_module(size_t index);
/* The value of `key=value` on the kernel command line, NULL when absent. */
const char *plat_option(const char *key);

/* ---- ends ---- */

/* A broken assumption of ours: logs the sentence, calls the fatal hook with vector 0x100, stops. */
_Noreturn void plat_panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The software faults: the caller has written its `@@clr` line and said in g_last_fault what it is.
 * Publishes that, calls clr_fatal_hook (for a failed check clr_check_failed_hook first), then stops or
 * exits as the option onfault says. */
_Noreturn void plat_fatal_stop(int exit_code);

/* Ends the run: writes the `@@clr {"event":"exit",...}` line, calls clr_exit_hook and uses the exit
 * device. */
_Noreturn void plat_exit(const char *kind, int64_t status);

/* Bounds of the current stack, lowest address first; guard page below. */
struct plat_range plat_current_stack(void);

/* Hooks for debuggers: empty functions in .text.hooks, argument in RCX. */
CLR_ABI void clr_fatal_hook(const void *last_fault);
CLR_ABI void clr_check_failed_hook(const void *record);
CLR_ABI void clr_method_compiled_hook(const void *method_desc);
CLR_ABI void clr_exit_hook(int64_t status);

/* Milliseconds and a monotonic counter (TSC ticks), for Environment.TickCount and benchmarks. */
uint64_t plat_milliseconds(void);
uint64_t plat_ticks(void);

/* Native functions that C# reaches through DllImport/InternalCall. */
struct rt_export {
    const char *key;
    void *function;         /* CLR_ABI */
};
extern const struct rt_export plat_exports[];
extern const size_t plat_export_count;

#endif
