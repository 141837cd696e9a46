/* One-dimensional arrays (ECMA-335 III.4.7 - III.4.9, III.4.12, III.4.20, III.4.26).
 *
 * The unsigned comparison with the length catches negative indices too; reading the length of a
 * null array faults. */
#include "compiler.h"

static struct type_desc *byref_to(struct jc *c, struct type_desc *type)
{
    return type != NULL ? c->rt->byref_to(c->rt->context, type) : NULL;
}

static bool array_and_index(struct jc *c, const struct jc_value *array,
                            const struct jc_value *index)
{
    if (c->failed)
        return false;
    if (array->kind == JIT_REF && (index->kind == JIT_I4 || index->kind == JIT_NINT))
        return true;
    jc_fail(c, "%s needs an array and an index, the stack has a %s and a %s",
            jit_opcode_name(c->in.opcode), jc_kind_name(array->kind), jc_kind_name(index->kind));
    return false;
}

void jc_visit_newarr(struct jc *c)
{
    struct jit_type_ref ref;
    struct jc_value length;
    void *method_table;
    if (!jc_type_token(c, true, &ref))
        return;
    length = jc_pop_rax(c);
    if (!c->failed && length.kind != JIT_I4 && length.kind != JIT_NINT)
        jc_fail(c, "newarr needs a length, the stack has a %s", jc_kind_name(length.kind));
    if (length.kind == JIT_I4)
        x64_sx(&c->x, 8, 4, RDX, RAX);                  /* movsxd rdx, eax */
    else
        x64_mov(&c->x, 8, RDX, RAX);                    /* mov rdx, rax */
    method_table = jc_fault(c, JIT_FAULT_ARRAY_MT_ELEMENT) ? ref.method_table
                                                           : ref.array_method_table;
    if (method_table == NULL)
        jc_fail(c, "no arrays can be made of this type");
    x64_mov_ptr(&c->x, RCX, method_table);              /* mov rcx, method table */
    jc_simple_helper(c, JIT_H_NEWARR, c->depth);
    jc_push_rax(c, jc_of_kind(JIT_REF, ref.array_type));
}

void jc_visit_ldlen(struct jc *c)
{
    struct jc_value array = jc_pop_rax(c);
    if (array.kind != JIT_REF)
        jc_fail(c, "ldlen needs an array, the stack has a %s", jc_kind_name(array.kind));
    x64_load(&c->x, 4, RAX, x64_at(RAX, (int32_t)c->rt->array_length_offset));
                                                        /* mov eax, [rax + length] */
    jc_push_kind(c, JIT_NINT);
}

/* Throws unless index < length; leaves the index zero-extended. Uses R10. */
static void check_bounds(struct jc *c, unsigned array, unsigned index, unsigned index_kind)
{
    struct x64 *x = &c->x;
    struct x64_mem length = x64_at(array, (int32_t)c->rt->array_length_offset);
    if (index_kind == JIT_I4) {
        x64_mov(x, 4, index, index);                    /* mov index32, index32 */
        x64_alu_load(x, 4, ALU_CMP, index, length);     /* cmp index32, [array + length] */
    } else {
        x64_load(x, 4, R10, length);                    /* mov r10d, [array + length] */
        x64_alu(x, 8, ALU_CMP, index, R10);             /* cmp index, r10 */
    }
    jc_throw_if(c, CC_AE, JIT_H_THROW_RANGE);           /* jae out of range */
}

/* Where element `index` lies; may scale the index register. */
static struct x64_mem element(struct jc *c, unsigned array, unsigned index, uint32_t size)
{
    int32_t data = (int32_t)c->rt->array_data_offset;
    if (size == 1 || size == 2 || size == 4 || size == 8)
        return x64_indexed(array, index, size, data);
    if (size > JC_MAX_VALUE)
        jc_fail(c, "array element of %u bytes", size);
    x64_imul_imm(&c->x, 8, index, index, (int32_t)size);/* imul index, index, size */
    return x64_indexed(array, index, 1, data);
}

static struct type_desc *element_type(struct jc *c, struct type_desc *array)
{
    struct jit_type type = {.desc = NULL};
    if (array == NULL || c->rt->array_element == NULL ||
        !c->rt->array_element(c->rt->context, array, &type) || type.kind != JIT_REF)
        return c->rt->object_type;
    return type.desc;
}

void jc_visit_load_element(struct jc *c, const struct jit_type *type, bool reference)
{
    struct jit_type exact = *type;
    struct jc_value index = jc_pop_rax(c), array = jc_pop_to(c, RCX);
    struct x64_mem m;
    if (!array_and_index(c, &array, &index))
        return;
    if (reference)
        exact.desc = element_type(c, array.desc);
    check_bounds(c, RCX, RAX, index.kind);
    m = element(c, RCX, RAX, exact.size);
    if (exact.kind == JIT_STRUCT) {
        x64_lea(&c->x, RAX, m);                         /* lea rax, [element] */
        m = x64_at(RAX, 0);
    }
    jc_push_from(c, m, &exact);
}

/* stelem.ref checks the element type, so a helper does it. */
static void store_reference(struct jc *c)
{
    struct x64 *x = &c->x;
    struct jc_value *value, *index, *array;
    uint32_t area;
    jc_flush(c);
    value = jc_top(c, 0);
    index = jc_top(c, 1);
    array = jc_top(c, 2);
    if (array == NULL || !array_and_index(c, array, index))
        return;
    if (value->kind != JIT_REF) {
        jc_fail(c, "the array needs an object reference, the stack has a %s",
                jc_kind_name(value->kind));
        return;
    }
    area = jc_area(c, JC_SHADOW);
    x64_alu_imm(x, 8, ALU_SUB, RSP, (int32_t)area);     /* sub rsp, area */
    x64_load(x, 8, R8, x64_at(RSP, (int32_t)area));     /* mov r8, [value] */
    if (index->kind == JIT_I4)
        /* movsxd rdx, [index] */
        x64_load_sxd(x, RDX, x64_at(RSP, (int32_t)(area + value->slot)));
    else
        x64_load(x, 8, RDX, x64_at(RSP, (int32_t)(area + value->slot)));    /* mov rdx, [index] */
    /* mov rcx, [array] */
    x64_load(x, 8, RCX, x64_at(RSP, (int32_t)(area + value->slot + index->slot)));
    jc_call_helper(c, JIT_H_STELEM_REF, c->depth - 3);
    x64_alu_imm(x, 8, ALU_ADD, RSP, (int32_t)area);     /* add rsp, area */
    jc_drop(c, 3);
}

static void store_struct(struct jc *c, const struct jit_type *type)
{
    struct x64 *x = &c->x;
    struct jc_value *value = jc_top(c, 0), *index = jc_top(c, 1), *array = jc_top(c, 2);
    unsigned base = jc_saved(c, RBX), at = jc_saved(c, R12);
    struct x64_mem m;
    if (array == NULL || !array_and_index(c, array, index))
        return;
    if (jc_coercion(value, type) != JC_AS_IS) {
        jc_fail(c, "the array needs a value type of %u bytes, the stack has a %s of %u", type->size,
                jc_kind_name(value->kind), value->size);
        return;
    }
    jc_flush(c);
    x64_load(x, 8, at, x64_at(RSP, (int32_t)value->slot));      /* mov r12, [index] */
    /* mov rbx, [array] */
    x64_load(x, 8, base, x64_at(RSP, (int32_t)(value->slot + index->slot)));
    check_bounds(c, base, at, index->kind);
    m = element(c, base, at, type->size);
    x64_lea(x, base, m);                                /* lea rbx, [element] */
    jc_copy(c, x64_at(base, 0), x64_at(RSP, 0), type->size);
    jc_drop(c, 3);
}

void jc_visit_store_element(struct jc *c, const struct jit_type *type)
{
    struct jc_value value, index, array;
    unsigned base, at;
    if (type->kind == JIT_REF) {
        store_reference(c);
        return;
    }
    if (type->kind == JIT_STRUCT) {
        store_struct(c, type);
        return;
    }
    base = jc_saved(c, RBX);
    at = jc_saved(c, R12);
    value = jc_pop_rax(c);
    index = jc_pop_to(c, at);
    array = jc_pop_to(c, base);
    if (!array_and_index(c, &array, &index))
        return;
    jc_coerce_rax(c, &value, type, "the array");
    check_bounds(c, base, at, index.kind);
    jc_store(c, element(c, base, at, type->size), RAX, type->kind);     /* mov [element], rax */
}

void jc_visit_ldelema(struct jc *c)
{
    struct x64 *x = &c->x;
    struct jit_type_ref ref;
    struct jc_value index, array, *under;
    if (!jc_type_token(c, false, &ref))
        return;
    under = jc_top(c, 1);
    if (ref.type.kind == JIT_REF && !c->readonly && under != NULL) {
        uint32_t area, slot = jc_top(c, 0)->slot;
        jc_flush(c);
        area = jc_area(c, JC_SHADOW);
        x64_alu_imm(x, 8, ALU_SUB, RSP, (int32_t)area); /* sub rsp, area */
        x64_load(x, 8, RCX, x64_at(RSP, (int32_t)(area + slot)));       /* mov rcx, [array] */
        x64_mov_ptr(x, RDX, ref.type.desc);             /* mov rdx, element type */
        jc_call_helper(c, JIT_H_LDELEMA_CHECK, c->depth);
        x64_alu_imm(x, 8, ALU_ADD, RSP, (int32_t)area); /* add rsp, area */
    }
    index = jc_pop_rax(c);
    array = jc_pop_to(c, RCX);
    if (!array_and_index(c, &array, &index))
        return;
    check_bounds(c, RCX, RAX, index.kind);
    x64_lea(x, RAX, element(c, RCX, RAX, ref.type.size));       /* lea rax, [element] */
    jc_push_rax(c, jc_of_kind(JIT_BYREF, byref_to(c, ref.type.desc)));
}
