/* Stands in for the runtime: guest code with known stores, branches and calls for the TCG plugin.
 * `test=` names what runs, `n=` how often. */
#include "nucleus.h"
#include "rt.h"

#define NOINLINE __attribute__((noinline))

struct target {
    uint8_t a;
    uint16_t b;
    uint32_t c;
    uint64_t d;
    uint64_t wide[2] __attribute__((aligned(16)));
};
struct target g_target;
uint64_t g_cells[4096];

/* Every width once, with values that the test knows. */
NOINLINE void test_stores(uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        struct target *volatile hidden = &g_target;
        struct target *t = hidden;
        __asm__ volatile("movb %b1, %0" : "=m"(t->a) : "r"(i + 1));
        __asm__ volatile("movw %w1, %0" : "=m"(t->b) : "r"(i + 2));
        __asm__ volatile("movl %k1, %0" : "=m"(t->c) : "r"(i + 3));
        __asm__ volatile("movq %1, %0" : "=m"(t->d) : "r"(i + 4));
        __asm__ volatile("movq %1, %%xmm0; punpcklqdq %%xmm0, %%xmm0; movaps %%xmm0, %0"
                         : "=m"(t->wide) : "r"(i + 5) : "xmm0");
    }
}

/* The worst loop for a store trace: nothing but stores. */
NOINLINE void test_loop(uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        __asm__ volatile("movq %1, %0" : "=m"(g_cells[i & 4095]) : "r"(i));
}

/* Loads, stores and arithmetic as real code mixes them. */
NOINLINE void test_mixed(uint64_t n)
{
    volatile uint64_t *cells = g_cells;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t x = cells[i & 4095];
        x ^= x << 13;
        x ^= x >> 7;
        cells[(i * 7) & 4095] = x + cells[(i * 3) & 4095] + i;
    }
}

/* The branch is taken for every third i; the last block never runs. */
NOINLINE uint64_t test_branches(uint64_t n)
{
    volatile uint64_t thirds = 0, others = 0, never = 0;
    for (volatile uint64_t i = 0; i < n; i++) {
        if (i % 3 == 0)
            thirds++;
        else
            others++;
        if (i == UINT64_MAX)
            never++;
    }
    return thirds + others + never;
}

NOINLINE uint64_t leaf(uint64_t x) { __asm__ volatile("" : "+r"(x)); return x + 1; }
NOINLINE uint64_t middle(uint64_t x) { return leaf(x) + leaf(x + 1) + 1; }
NOINLINE uint64_t recurse(uint64_t depth) { return depth ? recurse(depth - 1) + 1 : leaf(0); }
NOINLINE uint64_t test_calls(uint64_t n)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; i++)
        sum += middle(i) + leaf(i);
    return sum + recurse(n);
}

/* "Objects" of two "types" on the managed heap: the first word of each is its MethodTable. */
NOINLINE void make_object(uint64_t *at, uint64_t type) { __asm__ volatile("movq %1, %0" : "=m"(*at) : "r"(type)); }
NOINLINE void test_alloc(uint64_t n)
{
    struct plat_range heap = plat_heap_reserve();
    plat_heap_commit(heap.base, 1 << 20);
    for (uint64_t i = 0; i < n; i++)
        make_object((uint64_t *)heap.base + 2 * i, i % 4 ? 0x1111 : 0x2222);
}

static uint64_t number(const char *text)
{
    uint64_t value = 0;
    for (; text && *text >= '0' && *text <= '9'; text++)
        value = value * 10 + (uint64_t)(*text - '0');
    return value;
}

void rt_main(void)
{
    const char *test = plat_option("test");
    uint64_t n = number(plat_option("n")), from = plat_ticks(), ms = plat_milliseconds();
    if (!strcmp(test, "stores")) test_stores(n);
    else if (!strcmp(test, "loop")) test_loop(n);
    else if (!strcmp(test, "mixed")) test_mixed(n);
    else if (!strcmp(test, "branches")) test_branches(n);
    else if (!strcmp(test, "calls")) test_calls(n);
    else if (!strcmp(test, "alloc")) test_alloc(n);
    else plat_panic("no test named %s", test);
    plat_log("took %lu ms, %lu ticks\n", plat_milliseconds() - ms, plat_ticks() - from);
    plat_exit("kernel", 0);
}
