/* A platform on which assemblies are loaded and compiled and nothing ever runs: what the runtime
 * asks of a machine, on a Linux process, for fuzzing. Generated code lands in memory that is not
 * executable. Anything that would end the kernel (a panic, a throw while compiling) is a finding
 * and aborts; reference_kernel/host turns it into an error that a caller goes on from. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "plat_fuzz.h"
#include "platform.h"
#include "trap.h"

enum { PAGE = 4096, HEAP_SIZE = 64 << 20, CODE_SIZE = 32 << 20 };

struct last_fault g_last_fault;
const struct rt_export plat_exports[] = {{NULL, NULL}};
const size_t plat_export_count = 0;

static struct plat_module s_korlib = {.name = "korlib.dll"};
static uint8_t *s_heap;
/* Bytes that plat_pages hands out still: more than any guest has, or CLR_FUZZ_ROOM's kilobytes. */
static size_t s_room = SIZE_MAX;
static bool s_verbose;

/* In the program's own data, so that it lies within 2 GiB of its text. */
static uint8_t s_code[CODE_SIZE] __attribute__((aligned(PAGE)));

void plat_fuzz_start(void)
{
    s_verbose = getenv("CLR_FUZZ_LOG") != NULL;
    const char *path = getenv("CLR_FUZZ_KORLIB");
    if (path == NULL) {
        path = "build/managed/korlib.dll";
    }
    FILE *file = fopen(path, "rb");
    static uint8_t bytes[4 << 20];
    if (file == NULL || (s_korlib.size = fread(bytes, 1, sizeof bytes, file)) == 0) {
        fprintf(stderr, "%s: cannot be read; make -C reference_kernel managed, and set "
                "CLR_FUZZ_KORLIB to the path of korlib.dll\n", path);
        exit(2);
    }
    fclose(file);
    s_korlib.bytes = bytes;
    s_heap = mmap(NULL, HEAP_SIZE, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (s_heap == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
}

void plat_fuzz_limit(void)
{
    const char *kilobytes = getenv("CLR_FUZZ_ROOM");
    s_room = kilobytes == NULL ? (size_t)256 << 20 : strtoul(kilobytes, NULL, 10) << 10;
}

void plat_fuzz_unlimited(void)
{
    s_room = SIZE_MAX;
}

void *plat_pages(size_t size)
{
    size_t whole = (size + PAGE - 1) / PAGE * PAGE;
    /* More than the smallest guest has: a size that came out of the input. */
    if (whole > (size_t)64 << 20 || whole > s_room) {
        return NULL;
    }
    void *pages = aligned_alloc(PAGE, whole);
    if (pages == NULL) {
        return NULL;
    }
    if (s_room != SIZE_MAX) {
        s_room -= whole;
    }
    return memset(pages, 0, whole);
}

void plat_pages_free(void *base, size_t size)
{
    if (s_room != SIZE_MAX) {
        s_room += (size + PAGE - 1) / PAGE * PAGE;
    }
    free(base);
}

struct plat_range plat_heap_reserve(void)
{
    madvise(s_heap, HEAP_SIZE, MADV_DONTNEED);
    return (struct plat_range){s_heap, HEAP_SIZE};
}

bool plat_heap_commit(uint8_t *from, size_t size)
{
    return from >= s_heap && size <= HEAP_SIZE && from <= s_heap + HEAP_SIZE - size;
}

struct plat_code_region plat_code_region(void)
{
    return (struct plat_code_region){s_code, s_code, sizeof s_code};
}

bool plat_code_commit(uint8_t *rw, size_t size)
{
    return rw >= s_code && size <= sizeof s_code - (size_t)(rw - s_code);
}

void plat_write(enum plat_stream stream, const char *text, size_t size)
{
    (void)stream;
    if (s_verbose) {
        fwrite(text, 1, size, stderr);
    }
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
    char text[2048];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    plat_write(PLAT_LOG, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
}

size_t plat_module_count(void)
{
    return 1;
}

const struct plat_module *plat_module(size_t index)
{
    return index == 0 ? &s_korlib : NULL;
}

const char *plat_option(const char *key)
{
    (void)key;
    return NULL;
}

_Noreturn void plat_panic(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("ERROR: panic: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}

_Noreturn void plat_fatal_stop(int exit_code)
{
    plat_panic("the runtime stopped with exit code 0x%x while it only compiled", exit_code);
}

_Noreturn void plat_exit(const char *kind, int64_t status)
{
    plat_panic("the runtime ended the %s with %lld while it only compiled", kind,
               (long long)status);
}

struct plat_range plat_current_stack(void)
{
    uint8_t *here = __builtin_frame_address(0);
    return (struct plat_range){here - (1 << 20), 1 << 20};
}

CLR_ABI void clr_fatal_hook(const void *last_fault)
{
    (void)last_fault;
}

CLR_ABI void clr_check_failed_hook(const void *record)
{
    (void)record;
}

CLR_ABI void clr_exit_hook(int64_t status)
{
    (void)status;
}

CLR_ABI void clr_method_compiled_hook(const void *method_desc)
{
    (void)method_desc;
}

uint64_t plat_milliseconds(void)
{
    return 0;
}

uint64_t plat_ticks(void)
{
    return 0;
}
