/* platform.h on Linux: mmap, memfd, write. */
#define _GNU_SOURCE
#include "host.h"
#include "platform.h"
#include "rt.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define HEAP_SIZE ((size_t)4 << 30)
#define CODE_SIZE ((size_t)64 << 20)

struct last_fault g_last_fault;
struct host_run g_host_run;

/* ---- memory ---- */

static size_t page_up(size_t size)
{
    return (size + 4095) & ~(size_t)4095;
}

#define HUGE_PAGE ((size_t)2 << 20)

/* Huge pages where there are any: one fault instead of 512. */
static void *huge_pages(size_t size)
{
    size_t whole = page_up(size) + HUGE_PAGE;
    uint8_t *base = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED)
        return NULL;
    uint8_t *at = (uint8_t *)(((uintptr_t)base + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));
    size_t before = (size_t)(at - base), behind = whole - before - page_up(size);
    if (before)
        munmap(base, before);
    if (behind)
        munmap(at + page_up(size), behind);
    madvise(at, page_up(size), MADV_HUGEPAGE);      /* a kernel without them gives small ones */
    return at;
}

void *plat_pages(size_t size)
{
    if (size >= HUGE_PAGE)
        return huge_pages(size);
    /* Most of it is used at once: one call instead of a fault for each page. */
    int populate = size <= 1 << 20 ? MAP_POPULATE : 0;
    void *pages = mmap(NULL, page_up(size), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | populate, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

void plat_pages_free(void *base, size_t size)
{
    munmap(base, page_up(size));
}

static struct plat_range s_heap;
static struct plat_code_region s_code;

struct plat_range plat_heap_reserve(void)
{
    void *base = mmap(NULL, HEAP_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                      0);
    if (base == MAP_FAILED)
        plat_panic("cannot reserve %zu bytes of addresses for the managed heap", HEAP_SIZE);
    s_heap = (struct plat_range){ base, HEAP_SIZE };
    return s_heap;
}

bool plat_heap_commit(uint8_t *from, size_t size)
{
    return mprotect(from, size, PROT_READ | PROT_WRITE) == 0;
}

struct plat_code_region plat_code_region(void)
{
    const char *wanted = plat_option("host.code");
    size_t size = wanted ? page_up(strtoul(wanted, NULL, 0)) : CODE_SIZE;
    int file = memfd_create("clrhost-code", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, (off_t)size) < 0)
        plat_panic("cannot make a memory file of %zu bytes for code", size);
    void *rw = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    void *rx = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    close(file);
    if (rw == MAP_FAILED || rx == MAP_FAILED)
        plat_panic("cannot map %zu bytes of code twice", size);
    s_code = (struct plat_code_region){ rx, rw, size };
    return s_code;
}

/* The kernel that this process runs under backs it at the first write. */
bool plat_code_commit(uint8_t *rw, size_t size)
{
    return rw >= s_code.rw && size <= s_code.size - (size_t)(rw - s_code.rw);
}

bool host_code_contains(uint64_t address)
{
    return s_code.rx && address - (uint64_t)(uintptr_t)s_code.rx < s_code.size;
}

void host_memory_reset(void)
{
    if (s_heap.base)
        munmap(s_heap.base, s_heap.size);
    if (s_code.rx) {
        munmap(s_code.rx, s_code.size);
        munmap(s_code.rw, s_code.size);
    }
    memset(&s_heap, 0, sizeof s_heap);
    memset(&s_code, 0, sizeof s_code);
}

struct plat_range plat_current_stack(void)
{
    pthread_attr_t attributes;
    void *base = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        pthread_attr_getstack(&attributes, &base, &size);
        pthread_attr_destroy(&attributes);
    }
    return (struct plat_range){ base, size };
}

/* ---- text ---- */

void plat_write(enum plat_stream stream, const char *text, size_t size)
{
    FILE *file = stream == PLAT_OUT ? stdout : stderr;
    if (file == stderr)
        fflush(stdout);
    fwrite(text, 1, size, file);
}

int plat_vsnprintf(char *out, size_t size, const char *format, va_list args)
{
    return vsnprintf(out, size, format, args);
}

int plat_snprintf(char *out, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(out, size, format, args);
    va_end(args);
    return length;
}

void plat_log(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fflush(stdout);
    vfprintf(stderr, format, args);
    va_end(args);
}

/* ---- modules and options ---- */

#define MAX_MODULES 256
#define MAX_OPTIONS 32
static struct host_module s_modules[MAX_MODULES];
static struct plat_module s_views[MAX_MODULES];
static size_t s_module_count;
static struct { char *key, *value; } s_options[MAX_OPTIONS];
static size_t s_option_count;

bool host_add_module(const char *name, const void *bytes, size_t size)
{
    if (s_module_count == MAX_MODULES)
        return false;
    struct host_module *module = &s_modules[s_module_count];
    module->name = strdup(name);
    module->bytes = malloc(size ? size : 1);    /* exact, so that sanitizers see reads behind it */
    module->size = size;
    if (size)
        memcpy(module->bytes, bytes, size);
    s_views[s_module_count++] = (struct plat_module){ module->name, module->bytes, size };
    return true;
}

bool host_set_option(const char *key, const char *value)
{
    if (s_option_count == MAX_OPTIONS)
        return false;
    s_options[s_option_count].key = strdup(key);
    s_options[s_option_count++].value = strdup(value);
    return true;
}

void host_clear(void)
{
    for (size_t i = 0; i < s_module_count; i++) {
        free(s_modules[i].name);
        free(s_modules[i].bytes);
    }
    for (size_t i = 0; i < s_option_count; i++) {
        free(s_options[i].key);
        free(s_options[i].value);
    }
    s_module_count = s_option_count = 0;
}

size_t plat_module_count(void) { return s_module_count; }
const struct plat_module *plat_module(size_t index) { return &s_views[index]; }

const char *plat_option(const char *key)
{
    for (size_t i = s_option_count; i-- > 0;)
        if (!strcmp(s_options[i].key, key))
            return s_options[i].value;
    return NULL;
}

/* ---- ends ---- */

void host_leave(int status, bool exited, const char *text)
{
    fflush(stdout);
    if (!g_host_run.active) {
        fprintf(stderr, "clrhost: %s\n", text);
        abort();
    }
    g_host_run.status = status;
    g_host_run.exited = exited;
    snprintf(g_host_run.text, sizeof g_host_run.text, "%s", text);
    siglongjmp(g_host_run.back, 1);
}

void plat_panic(const char *format, ...)
{
    static char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    g_last_fault = (struct last_fault){ .sequence = g_last_fault.sequence + 1,
        .vector = FAULT_PANIC,
                                        .message = text };
    plat_log("!!! PANIC: %s\n", text);
    clr_fatal_hook(&g_last_fault);
    host_leave(HOST_FAULT, false, text);
}

void plat_fatal_stop(int exit_code)
{
    (void)exit_code;
    g_last_fault.sequence++;
    if (g_last_fault.vector == FAULT_CHECK)
        clr_check_failed_hook(g_last_fault.check);
    else
        g_last_fault.check = NULL;      /* of an earlier run in this process */
    clr_fatal_hook(&g_last_fault);
    int status = g_last_fault.vector == FAULT_CHECK ? HOST_CHECK_FAILED
        : g_last_fault.vector == FAULT_COMPILE ? HOST_COMPILE_FAILED : HOST_FAULT;
    host_leave(status, false, g_last_fault.message ? g_last_fault.message : "a check failed");
}

void plat_exit(const char *kind, int64_t status)
{
    plat_log("@@clr {\"event\":\"exit\",\"kind\":\"%s\",\"status\":%ld}\n", kind, (long)status);
    clr_exit_hook(status);
    host_leave((int)status, true, "");
}

__attribute__((noinline)) CLR_ABI void clr_fatal_hook(const void *last_fault)
{
    __asm__ volatile("" : : "c"(last_fault) : "memory");
}
__attribute__((noinline)) CLR_ABI void clr_check_failed_hook(const void *record)
{
    __asm__ volatile("nop" : : "c"(record) : "memory");
}
__attribute__((noinline)) CLR_ABI void clr_method_compiled_hook(const void *method_desc)
{
    __asm__ volatile("nop\n\tnop" : : "c"(method_desc) : "memory");
}
__attribute__((noinline)) CLR_ABI void clr_exit_hook(int64_t status)
{
    __asm__ volatile("nop\n\tnop\n\tnop" : : "c"(status) : "memory");
}

/* ---- time ---- */

static uint64_t nanoseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t plat_milliseconds(void) { return nanoseconds(CLOCK_MONOTONIC) / 1000000; }
uint64_t plat_ticks(void) { return __builtin_ia32_rdtsc(); }

/* ---- native functions of the platform that make sense in a process ---- */

static CLR_ABI void console_write(int32_t channel, const uint8_t *utf8, int32_t count)
{
    if (count > 0)
        plat_write(channel == 2 ? PLAT_ERR : PLAT_OUT, (const char *)utf8, (size_t)count);
}

static CLR_ABI void env_exit(int32_t status)
{
    host_leave(status, true, "");
}

static CLR_ABI int64_t time_ns(void) { return (int64_t)nanoseconds(CLOCK_MONOTONIC); }

/* 1970-01-01 is 621355968000000000 ticks of 100 ns after 0001-01-01. */
static CLR_ABI int64_t time_utc_ticks(void)
{
    return (int64_t)(nanoseconds(CLOCK_REALTIME) / 100) + 621355968000000000;
}

static CLR_ABI void mem_fence(void) { __asm__ volatile("mfence" : : : "memory"); }
static CLR_ABI void cpu_pause(void) { __asm__ volatile("pause" : : : "memory"); }

const struct rt_export plat_exports[] = {
    { "console_write", (void *)console_write }, { "env_exit", (void *)env_exit },
    { "time_ns", (void *)time_ns }, { "time_utc_ticks", (void *)time_utc_ticks },
    { "mem_fence", (void *)mem_fence }, { "cpu_pause", (void *)cpu_pause },
    { "check_failed", (void *)rt_check_failed },
};
const size_t plat_export_count = sizeof plat_exports / sizeof *plat_exports;
