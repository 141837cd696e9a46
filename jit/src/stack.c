/* The evaluation stack: entries in memory at RSP, the top one possibly in RAX (ECMA-335
 * I.12.3.2). */
#include "compiler.h"

struct jc_value jc_of_type(const struct jit_type *type)
{
    switch (type->kind) {
    case JIT_I1: case JIT_U1: case JIT_I2: case JIT_U2: case JIT_I4: case JIT_U4:
        return jc_of_kind(JIT_I4, type->desc);
    case JIT_I8: case JIT_U8:
        return jc_of_kind(JIT_I8, type->desc);
    case JIT_NINT: case JIT_NUINT:
        return jc_of_kind(JIT_NINT, type->desc);
    case JIT_STRUCT:
        return (struct jc_value){.kind = JIT_STRUCT, .size = type->size,
                                 .slot = type->size > JC_MAX_VALUE ? JC_MAX_VALUE
                                                                   : jc_align(type->size, 8),
                                 .desc = type->desc};
    default:
        return jc_of_kind(type->kind, type->desc);
    }
}

static void changed(struct jc *c)
{
    if (c->snapshot_same > c->depth)
        c->snapshot_same = c->depth;
}

static void in_memory(struct jc *c, uint32_t bytes)
{
    c->stack_bytes += bytes;
    if (c->stack_bytes > c->deepest)
        c->deepest = c->stack_bytes;
    if (c->stack_bytes > JC_MAX_FRAME)
        jc_fail(c, "evaluation stack larger than %u bytes", (unsigned)JC_MAX_FRAME);
}

void jc_flush(struct jc *c)
{
    if (!c->tos_in_rax)
        return;
    c->tos_in_rax = false;
    x64_push(&c->x, RAX);                               /* push rax */
    in_memory(c, 8);
}

/* Of the lowest `depth` entries. */
static inline uint32_t stack_hash(const struct jc *c, uint32_t depth)
{
    return depth == 0 ? 0 : c->stack[depth - 1].hash;
}

static inline bool push_entry(struct jc *c, struct jc_value value)
{
    if (c->failed)
        return false;
    if (c->depth >= c->max_depth) {
        jc_fail(c, "evaluation stack exceeds the declared maximum of %u entries", c->max_depth);
        return false;
    }
    /* Field by field: a copy as a whole waits for the small stores that it was made with. */
    struct jc_value *entry = &c->stack[c->depth];
    entry->kind = value.kind;
    entry->null = value.null;
    entry->size = value.size;
    entry->slot = value.slot;
    entry->desc = value.desc;
    uint64_t mixed = stack_hash(c, c->depth) ^ (uint64_t)(uintptr_t)value.desc ^ value.kind;
    entry->hash = (uint32_t)(mixed * 0x9E3779B97F4A7C15u >> 32);
    c->depth++;
    return true;
}

void jc_push_rax(struct jc *c, struct jc_value value)
{
    if (push_entry(c, value))
        c->tos_in_rax = true;
}

void jc_push_kind(struct jc *c, unsigned kind)
{
    jc_push_rax(c, jc_of_kind(kind, NULL));
}

/* What is popped stays readable until the next push. */
static inline const struct jc_value *pop_entry(struct jc *c)
{
    static const struct jc_value none = {.kind = JIT_I4, .size = 4, .slot = 8};
    if (c->failed || c->depth == 0) {
        jc_fail(c, "evaluation stack underflow");
        return &none;
    }
    c->depth--;
    changed(c);
    return &c->stack[c->depth];
}

struct jc_value jc_pop_to(struct jc *c, unsigned reg)
{
    const struct jc_value *value = pop_entry(c);
    if (c->failed)
        return *value;
    if (value->kind == JIT_STRUCT) {
        jc_fail(c, "a value type stands on the stack where a scalar is needed");
    } else if (c->tos_in_rax) {
        if (reg != RAX)
            x64_mov(&c->x, 8, reg, RAX);                /* mov reg, rax */
        c->tos_in_rax = false;
    } else if (value->slot == 8) {
        x64_pop(&c->x, reg);                            /* pop reg */
        c->stack_bytes -= 8;
    } else {
        x64_load(&c->x, 8, reg, x64_at(RSP, 0));        /* mov reg, [rsp] */
        x64_alu_imm(&c->x, 8, ALU_ADD, RSP, (int32_t)value->slot);  /* add rsp, slot */
        c->stack_bytes -= value->slot;
    }
    return *value;
}

struct jc_value jc_pop_rax(struct jc *c)
{
    const struct jc_value *value = jc_top(c, 0);
    bool there = c->tos_in_rax;
    if (value == NULL || value->kind == JIT_STRUCT || value->slot != 8)
        return jc_pop_to(c, RAX);
    c->depth--;
    changed(c);
    x64_pop_if(&c->x, RAX, !there);                     /* pop rax */
    c->stack_bytes -= there ? 0 : 8;
    c->tos_in_rax = false;
    return *value;
}

static bool is_float(const struct jc_value *value)
{
    return value->kind == JIT_R4 || value->kind == JIT_R8;
}

unsigned jc_pop_floats(struct jc *c)
{
    struct x64 *x = &c->x;
    struct jc_value left, right;
    unsigned kind;
    if (c->failed || c->depth < 2)
        return JIT_VOID;
    left = c->stack[c->depth - 2];
    right = c->stack[c->depth - 1];
    if (!is_float(&left) || !is_float(&right))
        return JIT_VOID;
    kind = left.kind == JIT_R4 && right.kind == JIT_R4 ? JIT_R4 : JIT_R8;
    jc_pop_rax(c);
    x64_movd_to(x, right.kind == JIT_R8 ? 8 : 4, XMM1, RAX);        /* movd/movq xmm1, rax */
    x64_fload(x, left.kind == JIT_R8 ? 8 : 4, XMM0, x64_at(RSP, 0));/* movss/movsd xmm0, [rsp] */
    jc_drop(c, 1);
    if (right.kind != kind)
        x64_cvtf2f(x, 4, XMM1, XMM1);                   /* cvtss2sd xmm1, xmm1 */
    if (left.kind != kind)
        x64_cvtf2f(x, 4, XMM0, XMM0);                   /* cvtss2sd xmm0, xmm0 */
    return kind;
}

struct jc_value *jc_top(struct jc *c, uint32_t below)
{
    if (c->failed)
        return NULL;
    if (below >= c->depth) {
        jc_fail(c, "evaluation stack underflow");
        return NULL;
    }
    return &c->stack[c->depth - 1 - below];
}

void jc_grow_stack(struct jc *c, uint32_t bytes)
{
    for (uint32_t left = bytes; left >= JC_PAGE; left -= JC_PAGE)
        x64_test_mem(&c->x, 4, x64_at(RSP, (int32_t)(left - bytes) - JC_PAGE), RAX);
                                                        /* test [rsp - n*4096], eax */
    if (bytes != 0)
        x64_alu_imm(&c->x, 8, ALU_SUB, RSP, (int32_t)bytes);    /* sub rsp, bytes */
    if (bytes >= JC_UNPROBED)
        x64_test_mem(&c->x, 4, x64_at(RSP, 0), RAX);    /* test [rsp], eax */
}

void jc_push_space(struct jc *c, struct jc_value value)
{
    jc_flush(c);
    jc_push_memory(c, value);
    if (!c->failed)
        jc_grow_stack(c, value.slot);
}

void jc_push_memory(struct jc *c, struct jc_value value)
{
    if (push_entry(c, value))
        in_memory(c, value.slot);
}

void jc_forget(struct jc *c, uint32_t count)
{
    for (; count != 0 && !c->failed; count--)
        c->stack_bytes -= pop_entry(c)->slot;
}

void jc_drop(struct jc *c, uint32_t count)
{
    uint32_t before = c->stack_bytes;
    jc_forget(c, count);
    if (!c->failed && before != c->stack_bytes)
        x64_alu_imm(&c->x, 8, ALU_ADD, RSP, (int32_t)(before - c->stack_bytes));
}

static bool recorded(const struct jit_stack_entry *entry, const struct jc_value *v)
{
    return entry->type == v->desc && entry->size == v->slot && entry->value_kind == v->kind;
}

/* Where a stack like this one, not a deep one, would have been noted. */
static struct jc_seen *seen_place(struct jc *c)
{
    return &c->seen[stack_hash(c, c->depth) >> 26 & (JC_SEEN - 1)];
}

static bool seen_before(struct jc *c, const struct jc_seen *seen)
{
    if (seen->depth != c->depth)
        return false;
    for (uint32_t i = 0; i < c->depth; i++)
        if (!recorded(&c->entries[seen->index + i], &c->stack[i]))
            return false;
    c->snapshot_index = seen->index;
    c->snapshot_same = c->snapshot_depth = c->depth;
    return true;
}

static uint32_t snapshot_anew(struct jc *c);

/* Entries are shared between instructions: code has few different stacks. (A null literal has no
 * desc.) */
uint32_t jc_snapshot(struct jc *c)
{
    struct jc_seen *seen;
    uint32_t index;
    if (c->depth > JC_SEEN_DEPTH)
        return snapshot_anew(c);
    seen = seen_place(c);
    if (seen_before(c, seen))
        return seen->index;
    index = snapshot_anew(c);
    *seen = (struct jc_seen){index, c->depth};
    return index;
}

/* Only what changed is written again, so that a deep stack does not cost its depth at every
 * instruction. */
static uint32_t snapshot_anew(struct jc *c)
{
    uint32_t at = c->snapshot_same;
    for (; at < c->depth; at++) {
        const struct jc_value *v = &c->stack[at];
        struct jit_stack_entry *entry;
        if (at < c->snapshot_depth) {
            if (recorded(&c->entries[c->snapshot_index + at], v))
                continue;
        }
        if (c->snapshot_index + at != c->entry_count) {
            c->snapshot_index = c->entry_count;         /* another stack from here on */
            c->snapshot_depth = 0;
            at = 0;
            v = &c->stack[0];
        }
        if (c->entry_count == JC_MAX_RECORDED) {
            jc_fail(c, "more than %u recorded stack entries", (unsigned)JC_MAX_RECORDED);
            return 0;
        }
        if (!jc_grow(c, &c->entries, &c->entry_capacity, c->entry_count, sizeof *c->entries))
            return 0;
        entry = &c->entries[c->entry_count++];
        *entry = (struct jit_stack_entry){
            .type = v->desc, .size = v->slot, .value_kind = v->kind};
        c->snapshot_depth = at + 1;
    }
    c->snapshot_same = c->depth;
    return c->snapshot_index;
}

enum jc_coercion jc_coercion(const struct jc_value *from, const struct jit_type *to)
{
    struct jc_value want = jc_of_type(to);
    if (from->kind == want.kind)
        return want.kind == JIT_STRUCT && from->size != want.size ? JC_MISFIT : JC_AS_IS;
    switch (want.kind) {
    case JIT_I4:
        return from->kind == JIT_NINT ? JC_AS_IS : JC_MISFIT;
    case JIT_NINT:
        if (from->kind == JIT_I4)
            return JC_SIGN_EXTEND;
        return from->kind == JIT_BYREF ? JC_AS_IS : JC_MISFIT;
    case JIT_BYREF:
        return from->kind == JIT_NINT ? JC_AS_IS : JC_MISFIT;
    case JIT_R4:
        return from->kind == JIT_R8 ? JC_TO_R4 : JC_MISFIT;
    case JIT_R8:
        return from->kind == JIT_R4 ? JC_TO_R8 : JC_MISFIT;
    default:
        return JC_MISFIT;
    }
}

void jc_coerce_rax(struct jc *c, const struct jc_value *from, const struct jit_type *to,
                   const char *what)
{
    switch (jc_coercion(from, to)) {
    case JC_AS_IS:
        break;
    case JC_SIGN_EXTEND:
        x64_sx(&c->x, 8, 4, RAX, RAX);                  /* movsxd rax, eax */
        break;
    case JC_TO_R4:
        x64_movd_to(&c->x, 8, XMM0, RAX);               /* movq xmm0, rax */
        x64_cvtf2f(&c->x, 8, XMM0, XMM0);               /* cvtsd2ss xmm0, xmm0 */
        x64_movd_from(&c->x, 4, RAX, XMM0);             /* movd eax, xmm0 */
        break;
    case JC_TO_R8:
        x64_movd_to(&c->x, 4, XMM0, RAX);               /* movd xmm0, eax */
        x64_cvtf2f(&c->x, 4, XMM0, XMM0);               /* cvtss2sd xmm0, xmm0 */
        x64_movd_from(&c->x, 8, RAX, XMM0);             /* movq rax, xmm0 */
        break;
    case JC_MISFIT:
        jc_fail(c, "%s needs a %s, the stack has a %s", what, jc_kind_name(to->kind),
                jc_kind_name(from->kind));
        break;
    }
}
