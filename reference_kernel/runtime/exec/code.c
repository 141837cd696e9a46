/* Executable memory and what is registered in it. Methods grow from the bottom of the region, thunk
 * pages from its top; bytes that nothing owns are int3. Everything is written through the writable
 * alias. */
#include "exec.h"

#define INT3 0xCC
#define FILL_STEP (64 * 1024)
#define THUNK_PAGE 4096

struct code_chunk *g_code_registry;
uint64_t g_generation;

static struct plat_code_region s_region;
static size_t s_bottom;                 /* first byte that no method owns */
static size_t s_filled;                 /* [s_bottom, s_filled) holds int3 */
static size_t s_top;                    /* first byte of the lowest thunk page */
static size_t s_reserved;               /* of the open reservation */
static struct code_chunk *s_last_chunk;

struct thunk_page {
    uint8_t *next, *end;
};
static struct thunk_page s_thunks, s_unbox_thunks;

static const struct {
    void (*start)(void);
    const uint8_t *end;
    const char *name;
} s_stubs[] = {
    { rt_prestub_entry, rt_prestub_end, "prestub" },
    { rt_interface_call, rt_interface_call_end, "interface dispatch" },
    { rt_failed_entry, rt_failed_entry_end, "failed method" },
    { rt_trace_stfld, rt_trace_stfld_end, "stfld trace" },
};

void rt_register_code(uint64_t start, uint32_t size, enum code_kind kind, void *record)
{
    struct code_chunk *chunk = s_last_chunk;
    if (!chunk || chunk->count == chunk->capacity) {
        struct code_chunk *fresh = rt_keep(sizeof *fresh);
        fresh->capacity = CODE_CHUNK_CAPACITY;
        __atomic_store_n(chunk ? &chunk->next : &g_code_registry, fresh, __ATOMIC_RELEASE);
        s_last_chunk = chunk = fresh;
    }
    chunk->entries[chunk->count] = (struct code_entry){ start, size, kind, record };
    __atomic_store_n(&chunk->count, chunk->count + 1, __ATOMIC_RELEASE);
    __atomic_store_n(&g_generation, g_generation + 1, __ATOMIC_RELEASE);
}

void rt_code_init(void)
{
    s_region = plat_code_region();
    s_bottom = s_filled = s_reserved = 0;
    s_top = s_region.size & ~(size_t)(THUNK_PAGE - 1);
    for (size_t i = 0; i < sizeof s_stubs / sizeof *s_stubs; i++)
        rt_register_code((uint64_t)(uintptr_t)s_stubs[i].start,
                         (uint32_t)(s_stubs[i].end - (const uint8_t *)(uintptr_t)s_stubs[i].start),
                         CODE_STUB, (void *)(uintptr_t)s_stubs[i].name);
}

void rt_code_reset(void)
{
    g_code_registry = s_last_chunk = NULL;
    s_thunks = s_unbox_thunks = (struct thunk_page){ NULL, NULL };
}

uint8_t *rt_code_alias(const uint8_t *rx)
{
    return s_region.rw + (rx - s_region.rx);
}

/* One reservation is open at a time: the JIT compiles one method at a time. */
bool rt_code_reserve(size_t size, uint8_t **rx, uint8_t **rw)
{
    if (size > s_top - s_bottom)
        return false;
    while (s_filled < s_bottom + size) {
        size_t step = s_top - s_filled < FILL_STEP ? s_top - s_filled : FILL_STEP;
        if (!plat_code_commit(s_region.rw + s_filled, step))
            return false;
        memset(s_region.rw + s_filled, INT3, step);
        s_filled += step;
    }
    s_reserved = size;
    *rx = s_region.rx + s_bottom;
    *rw = s_region.rw + s_bottom;
    return true;
}

void rt_code_commit(uint8_t *rx, size_t used)
{
    size_t from = (size_t)(rx - s_region.rx);
    if (from != s_bottom || used > s_reserved)
        plat_panic("JIT: a commit of %zu bytes at %p does not belong to the open reservation", used,
                   (void *)rx);
    memset(s_region.rw + from + used, INT3, s_reserved - used);
    s_bottom = align_up(from + used, 16);
    s_reserved = 0;
}

/* ---- thunks ---- */

/* NULL when the region or memory is full. */
static uint8_t *take_thunk(struct thunk_page *page, size_t size, enum code_kind kind)
{
    if (page->next == page->end) {
        if (s_top - s_filled < THUNK_PAGE
            || !plat_code_commit(s_region.rw + s_top - THUNK_PAGE, THUNK_PAGE))
            return NULL;
        s_top -= THUNK_PAGE;
        memset(s_region.rw + s_top, INT3, THUNK_PAGE);
        page->next = s_region.rx + s_top;
        page->end = page->next + THUNK_PAGE;
        rt_register_code((uint64_t)(uintptr_t)page->next, THUNK_PAGE, kind, NULL);
    }
    uint8_t *thunk = page->next;
    page->next += size;
    return thunk;
}

/* mov r10, method ; jmp [r10 + entry] */
static void emit_jump(uint8_t *at, struct method_desc *method)
{
    uint64_t address = (uint64_t)(uintptr_t)method;
    at[0] = 0x49;
    at[1] = 0xBA;
    memcpy(at + 2, &address, 8);
    at[10] = 0x41;
    at[11] = 0xFF;
    at[12] = 0x62;
    at[13] = offsetof(struct method_desc, entry);
}

uint8_t *rt_method_thunk(struct method_desc *method)
{
    if (!method->thunk) {
        uint8_t *thunk = take_thunk(&s_thunks, METHOD_THUNK_SIZE, CODE_THUNKS);
        if (!thunk)
            return NULL;
        emit_jump(rt_code_alias(thunk), method);
        __atomic_store_n(&method->thunk, thunk, __ATOMIC_RELEASE);
    }
    return method->thunk;
}

/* add rcx, 8 ; then as above: a value type's method wants its fields, a vtable's caller has the
 * box. */
uint8_t *rt_unbox_thunk(struct method_desc *method)
{
    if (!method->unbox_thunk) {
        uint8_t *thunk = take_thunk(&s_unbox_thunks, UNBOX_THUNK_SIZE, CODE_UNBOX_THUNKS);
        if (!thunk)
            return NULL;
        uint8_t *at = rt_code_alias(thunk);
        memcpy(at, (const uint8_t[]){ 0x48, 0x83, 0xC1, 0x08 }, 4);
        emit_jump(at + 4, method);
        __atomic_store_n(&method->unbox_thunk, thunk, __ATOMIC_RELEASE);
    }
    return method->unbox_thunk;
}

static uint8_t *must(uint8_t *thunk)
{
    if (!thunk)
        rt_out_of_memory(THUNK_PAGE, "generated code");
    return thunk;
}

void *rt_call_address(struct method_desc *method)
{
    return must(rt_method_thunk(method));
}

void *rt_object_call_address(struct method_desc *method)
{
    return must(method->owner->flags & TYPE_VALUETYPE ? rt_unbox_thunk(method)
                                                      : rt_method_thunk(method));
}
