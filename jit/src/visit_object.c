/* Boxes and casts (ECMA-335 III.4.1, III.4.3, III.4.6, III.4.32, III.4.33). */
#include "compiler.h"

/* helper(type, object) with the object on top of the stack; replaces it by the result in RAX. */
static void type_helper(struct jc *c, enum jit_helper helper, const void *type)
{
    struct jc_value *top;
    /* a reference must be in memory at a call */
    jc_flush(c);
    top = jc_top(c, 0);
    if (top == NULL)
        return;
    if (top->kind != JIT_REF) {
        jc_fail(c, "%s needs an object, the stack has a %s", jit_opcode_name(c->in.opcode),
                jc_kind_name(top->kind));
        return;
    }
    x64_mov_ptr(&c->x, RCX, type);                      /* mov rcx, type */
    x64_load(&c->x, 8, RDX, x64_at(RSP, 0));            /* mov rdx, [object] */
    jc_simple_helper(c, helper, c->depth - 1);
    jc_drop(c, 1);
}

void jc_visit_box(struct jc *c)
{
    struct x64 *x = &c->x;
    struct jit_type_ref ref;
    struct jc_value value, *top = jc_top(c, 0);
    uint32_t area;
    if (top == NULL || !jc_type_token(c, false, &ref))
        return;
    if (ref.type.kind == JIT_REF) {
        if (top->kind != JIT_REF)
            jc_fail(c, "box of a class needs an object, the stack has a %s",
                    jc_kind_name(top->kind));
        return;
    }
    if (ref.method_table == NULL || ref.nullable_of != NULL) {
        jc_fail(c, "boxing this type is not supported yet");
        return;
    }
    if (ref.type.kind == JIT_STRUCT || top->kind == JIT_STRUCT) {
        if (jc_coercion(top, &ref.type) != JC_AS_IS) {
            jc_fail(c, "box needs a %s of %u bytes, the stack has a %s of %u",
                    jc_kind_name(ref.type.kind), ref.type.size, jc_kind_name(top->kind), top->size);
            return;
        }
    } else {
        value = jc_pop_rax(c);
        jc_coerce_rax(c, &value, &ref.type, "box");
        jc_push_rax(c, jc_of_type(&ref.type));
    }
    /* little-endian: small values start at the slot */
    jc_flush(c);
    area = jc_area(c, JC_SHADOW);
    x64_alu_imm(x, 8, ALU_SUB, RSP, (int32_t)area);     /* sub rsp, area */
    x64_mov_ptr(x, RCX, ref.method_table);              /* mov rcx, method table */
    x64_lea(x, RDX, x64_at(RSP, (int32_t)area));        /* lea rdx, [value] */
    jc_call_helper(c, JIT_H_BOX, c->depth - 1);
    x64_alu_imm(x, 8, ALU_ADD, RSP, (int32_t)area);     /* add rsp, area */
    jc_drop(c, 1);
    jc_push_rax(c, jc_of_kind(JIT_REF, ref.type.desc));
}

void jc_visit_unbox(struct jc *c)
{
    struct jit_type_ref ref;
    if (!jc_type_token(c, false, &ref))
        return;
    if (ref.type.kind == JIT_REF) {
        if (c->in.opcode == IL_UNBOX) {
            jc_fail(c, "unbox of a type that is no value type");
            return;
        }
        type_helper(c, JIT_H_CASTCLASS, ref.type.desc);
        jc_push_rax(c, jc_of_kind(JIT_REF, ref.type.desc));
        return;
    }
    if (ref.nullable_of != NULL) {
        jc_fail(c, "unboxing Nullable<T> is not supported yet");
        return;
    }
    type_helper(c, JIT_H_UNBOX, ref.type.desc);
    if (c->in.opcode == IL_UNBOX)
        jc_push_rax(c, jc_of_kind(JIT_BYREF, ref.type.desc != NULL
                                                 ? c->rt->byref_to(c->rt->context, ref.type.desc)
                                                 : NULL));
    else
        jc_push_from(c, x64_at(RAX, 0), &ref.type);     /* mov rax, [rax] */
}

void jc_visit_cast(struct jc *c)
{
    struct jit_type_ref ref;
    if (!jc_type_token(c, false, &ref))
        return;
    type_helper(c, c->in.opcode == IL_CASTCLASS ? JIT_H_CASTCLASS : JIT_H_ISINST, ref.type.desc);
    jc_push_rax(c, jc_of_kind(JIT_REF, ref.type.desc));
}
