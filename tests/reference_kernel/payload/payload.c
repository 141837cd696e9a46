/* Stands in for the runtime when the nucleus is tested alone: does what the option `test=` names.
 * Every "fault" test must end in the fatal path, every other one in plat_exit. */
#include "payload.h"

#include "memory.h"
#include "nucleus.h"
#include "rt.h"
#include "x86.h"

#define NOINLINE __attribute__((noinline))

extern uint8_t __text_start[], __rodata_start[];

void expect(bool ok, const char *what)
{
    plat_log("%s: %s\n", ok ? "ok" : "FAILED", what);
    if (!ok)
        plat_exit("kernel", 1);
}

/* ---- faults ---- */

NOINLINE static uint64_t read_at(uint64_t address) { return *(volatile uint64_t *)address; }
NOINLINE static void write_at(uint64_t address) { *(volatile uint64_t *)address = 1; }
NOINLINE static void jump_to(uint64_t address) { ((void (*)(void))address)(); }

NOINLINE static int recurse(int n)
{
    volatile char room[512];
    room[0] = (char)n;
    return n < 0 ? 0 : recurse(n + 1) + room[0];
}

/* A frame with known values in callee-saved registers, for backtraces across the exception. */
NOINLINE static void innermost(uint64_t marker)
{
    __asm__ volatile("movq %0, %%r12\n\tmovq %0, %%xmm7\n\tmovb $1, 0x13"
                     : : "r"(marker) : "r12", "xmm7", "memory");
}
NOINLINE static void middle(uint64_t marker)
{
    innermost(marker + 1);
    __asm__ volatile("");
}

static void test_null(void) { middle(0x1122334455667787); }
static void test_read_low(void) { read_at(0x100000); }
static void test_write_text(void) { write_at((uint64_t)__text_start); }
static void test_write_rodata(void) { write_at((uint64_t)__rodata_start); }
static void test_text_alias(void)
{
    read_at(DIRECT_MAP_BASE + (uint64_t)__text_start - KERNEL_BASE);
}
static void test_run_data(void)
{
    uint8_t *page = plat_pages(1);
    page[0] = 0xC3;
    jump_to((uint64_t)page);
}
static void test_run_module(void) { jump_to((uint64_t)plat_module(0)->bytes); }
static void test_write_module(void) { write_at((uint64_t)plat_module(0)->bytes); }
static struct plat_code_region code_page(void)
{
    struct plat_code_region code = plat_code_region();
    expect(plat_code_commit(code.rw, 1), "a page of code");
    return code;
}
static void test_write_code(void)
{
    struct plat_code_region code = code_page();
    code.rw[0] = 0xC3;
    write_at((uint64_t)code.rx);
}
static void test_run_alias(void)
{
    struct plat_code_region code = code_page();
    code.rw[0] = 0xC3;
    jump_to((uint64_t)code.rw);
}
static void test_int3_fill(void)
{
    struct plat_code_region code = code_page();
    code.rw[0] = 0x90;
    jump_to((uint64_t)code.rx);
}
static void test_stack_overflow(void) { plat_exit("kernel", recurse(1) & 1); }
static void test_protection(void) { read_at(0x1234567800000000); }
static void test_stack_segment(void)
{
    __asm__ volatile("movabsq $0x1234567800000000, %%rsp\n\tpushq %%rax" : : : "memory");
}
static void test_bad_rsp_ud(void)
{
    __asm__ volatile("movq $0x5000, %%rsp\n\tud2" : : : "memory");
}
static void test_invalid_opcode(void) { __asm__ volatile("ud2"); }
static void test_divide(void)
{
    __asm__ volatile("xorl %%ecx, %%ecx\n\tdivl %%ecx" : : : "eax", "ecx", "edx");
}
static void test_double_fault(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) idt;
    __asm__ volatile("sidt %0" : "=m"(idt));
    ((uint8_t *)idt.base)[14 * 16 + 5] = 0;  /* the page-fault gate is not present */
    write_at(0);
}
static void test_nmi(void)
{
    plat_log("waiting\n");
    for (;;)
        __asm__ volatile("pause");
}
static void test_panic(void) { plat_panic("a \"quoted\" word\nand %d", 42); }
static void test_fatal_stop(void) { plat_fatal_stop(0x21); }

/* ---- things that work ---- */

static void test_code(void)
{
    struct plat_code_region code = plat_code_region();
    int64_t distance = (int64_t)code.rx - (int64_t)__text_start;
    expect(distance > INT32_MIN && distance + (int64_t)code.size < INT32_MAX, "reach of rel32");
    static const uint8_t text[] = {0xB8, 0x2A, 0, 0, 0, 0xC3};    /* mov eax, 42; ret */
    for (size_t at = 0; at + 16 < code.size; at += code.size / 7) {
        expect(plat_code_commit(code.rw + at, sizeof text), "code is backed");
        expect(code.rw[at + 6] == 0xCC, "and filled with int3");
        memcpy(code.rw + at, text, sizeof text);
        expect(plat_code_commit(code.rw + at, sizeof text) && code.rw[at] == 0xB8, "once");
        expect(((int (*)(void))(code.rx + at))() == 42, "generated code runs");
    }
}

static void test_memory(void)
{
    struct plat_range heap = plat_heap_reserve();
    expect((uint64_t)heap.base == 0xFFFF800000100000, "heap base");
    expect(plat_heap_commit(heap.base + 5, 100000), "commit");
    expect(plat_heap_commit(heap.base, 200000), "commit again");
    heap.base[199999] = 7;
    expect(heap.base[0] == 0 && heap.base[100] == 0, "heap is zeroed");
    uint8_t *a = plat_pages(10000);
    expect(a && !((uint64_t)a % 4096), "pages");
    memset(a, 0xAA, 12288);
    plat_pages_free(a, 10000);
    uint8_t *b = plat_pages(10000);
    expect(b == a && b[0] == 0 && b[12287] == 0, "freed pages come back zeroed");
    size_t got = 0, before = frames_available();
    void *scraps = NULL, *p;
    /* Not touched: the host takes long to find so much memory where there is much. */
    static uint64_t taken[8192];
    size_t count = 0;
    while (count < ARRAY_SIZE(taken) && (taken[count] = frames_allocate(256)) != NO_FRAME) {
        count++;
        got += 1 << 20;
    }
    expect(before - got < 2 << 20, "all memory can be had");
    expect(!plat_heap_commit(heap.base + 0x200000, frames_total() - 0x200000), "commit fails");
    struct plat_code_region code = plat_code_region();
    while ((p = plat_pages(4096))) {
        *(void **)p = scraps;
        scraps = p;
    }
    expect(!plat_code_commit(code.rw, code.size), "no memory for code");
    while (scraps) {
        void *following = *(void **)scraps;
        plat_pages_free(scraps, 4096);
        scraps = following;
    }
    expect(!plat_heap_commit(heap.base + 0x200000, frames_available()), "the heap leaves some");
    while (count)
        frames_free(taken[--count], 256);
    expect(!plat_pages(SIZE_MAX) && !plat_pages(0), "absurd sizes");
    plat_log("memory %lu\n", frames_total());
}

static void test_modules(void)
{
    for (size_t i = 0; i < plat_module_count(); i++) {
        const struct plat_module *m = plat_module(i);
        uint32_t sum = 0;
        for (size_t at = 0; at < m->size; at++)
            sum = sum * 31 + m->bytes[at];
        plat_log("module %s %zu %08x\n", m->name, m->size, sum);
    }
    expect(!plat_module(plat_module_count()), "no module behind the last");
}

static void test_text(void)
{
    plat_log("[%5d|%-5d|%05d|%x|%X|%p]\n", -42, 42, -42, 0xbeef, 0xBEEF, (void *)0x1234);
    plat_log("[%lu|%ld|%zu|%016lx|%c|%%|%s|%.3s|%-6s|%6s|%*d]\n", UINT64_MAX, INT64_MIN,
             (size_t)7, 0x1234ul, 'c', "text", "abcdef", "ab", "cd", 4, 9);
    char small[4];
    expect(plat_snprintf(small, sizeof small, "%s", "abcdef") == 6 && !strcmp(small, "abc"),
           "snprintf cuts and tells the length");
    plat_write(PLAT_LOG, "half", 4);
    plat_write(PLAT_LOG, "@@clr {}\n", 9);
    plat_write(PLAT_OUT, "to out\n", 7);
    plat_write(PLAT_ERR, "to err\n", 7);
    plat_log("option empty=[%s] quoted=[%s]\n", plat_option("empty"), plat_option("quoted"));
    expect(!plat_option("absent"), "absent option");
}

static void test_string(void)
{
    static uint8_t a[300], b[300];
    for (unsigned n = 0; n < 200; n++)
        for (unsigned shift = 0; shift < 20; shift += 3) {
            for (unsigned i = 0; i < sizeof a; i++)
                a[i] = b[i] = (uint8_t)(i * 7 + n);
            memmove(a + 20 + shift, a + 30, n);
            for (unsigned i = 0; i < sizeof a; i++)
                if (a[i] != (i >= 20 + shift && i < 20 + shift + n ? b[i + 10 - shift] : b[i]))
                    expect(false, "memmove");
            memset(a + shift, 0x5A, n);
            for (unsigned i = 0; i < n; i++)
                if (a[shift + i] != 0x5A)
                    expect(false, "memset");
        }
    expect(memcmp("abd", "abc", 3) > 0 && !memcmp("x", "y", 0) && strncmp("ab", "ac", 1) == 0,
           "comparisons");
}

static void test_clock(void)
{
    uint64_t from = clock_nanoseconds(), ticks = plat_ticks();
    expect(from > 0 && from < 10000000000, "nanoseconds since the kernel was entered");
    while (clock_nanoseconds() - from < 20000000)
        ;
    expect(plat_ticks() > ticks, "ticks advance");
    plat_log("utc %ld\n", clock_utc_ticks());
}

static void test_exit(void) { plat_exit("program", 300); }

#define TEST(name) {#name, test_##name}
static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
    TEST(null), TEST(read_low), TEST(write_text), TEST(write_rodata), TEST(text_alias),
    TEST(run_data), TEST(run_module), TEST(write_module), TEST(write_code), TEST(run_alias),
    TEST(int3_fill), TEST(stack_overflow), TEST(protection), TEST(stack_segment),
    TEST(bad_rsp_ud), TEST(invalid_opcode), TEST(divide), TEST(double_fault), TEST(nmi),
    TEST(panic), TEST(fatal_stop), TEST(code), TEST(memory), TEST(modules), TEST(text),
    TEST(string), TEST(clock), TEST(exit), TEST(drivers),
    TEST(drivers_lost), TEST(bound_wrong), TEST(driver_missing), TEST(exports),
};

void rt_main(void)
{
    const char *wanted = plat_option("test");
    for (size_t i = 0; wanted && i < ARRAY_SIZE(tests); i++)
        if (!strcmp(tests[i].name, wanted)) {
            tests[i].run();
            plat_exit("kernel", 0);
        }
    plat_panic("no test named %s", wanted);
}
