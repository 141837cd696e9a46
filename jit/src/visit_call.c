/* call, callvirt, calli, ldftn, ldvirtftn (ECMA-335 III.3.19, III.3.20, III.4.2). */
#include "compiler.h"

static bool method_token(struct jc *c, struct jit_method_ref *out)
{
    const struct jit_runtime *rt = c->rt;
    *out = (struct jit_method_ref){.method = NULL};
    return jc_resolved(c, rt->resolve_method(rt->context, c->request->method,
                                             (uint32_t)c->in.operand, out, c->error));
}

static void call_method(struct jc *c, const struct jit_method_ref *ref, bool virtually)
{
    struct jc_call call = {
        .sig = &ref->sig, .method = ref->method, .token = (uint32_t)c->in.operand,
        .from = ref->sig.has_this ? JC_THIS_ON_STACK : JC_THIS_NONE,
        .this_type = ref->sig.this_type, .kind = JIT_CALL_DIRECT, .vtable_slot = ref->vtable_slot,
    };
    if (virtually && !ref->sig.has_this) {
        jc_fail(c, "callvirt of a static method");
        return;
    }
    if (virtually) {
        bool dispatched = (ref->flags & JIT_M_VIRTUAL) && !(ref->flags & JIT_M_FINAL) &&
                          !(ref->flags & JIT_M_VALUETYPE_OWNER);
        if (ref->flags & JIT_M_INTERFACE)
            call.kind = JIT_CALL_INTERFACE;
        else if (dispatched)
            call.kind = JIT_CALL_VIRTUAL;
        /* the load of the MethodTable is the null check of a virtual call */
        call.null_check = call.kind != JIT_CALL_VIRTUAL && ref->sig.this_type.kind == JIT_REF;
    }
    jc_cctor(c, ref->cctor);
    jc_flush(c);
    jc_emit_call(c, &call);
}

/* Makes `this` of a constrained call, which is a byref deep in the stack, the object that it
 * stands for: what it points at, or a box of it. */
static void replace_this(struct jc *c, const struct jit_type_ref *type, uint32_t arg_count)
{
    struct x64 *x = &c->x;
    struct jc_value *this = jc_top(c, arg_count);
    uint32_t offset = 0, area;
    if (this == NULL)
        return;
    for (uint32_t i = 0; i < arg_count; i++)
        offset += jc_top(c, i)->slot;
    if (type->type.kind == JIT_REF) {
        x64_load(x, 8, RAX, x64_at(RSP, (int32_t)offset));      /* mov rax, [this' entry] */
        x64_load(x, 8, RAX, x64_at(RAX, 0));                    /* mov rax, [rax] */
    } else {
        if (type->method_table == NULL || type->nullable_of != NULL) {
            jc_fail(c, "boxing this type is not supported yet");
            return;
        }
        area = jc_area(c, JC_SHADOW);
        x64_alu_imm(x, 8, ALU_SUB, RSP, (int32_t)area);         /* sub rsp, area */
        x64_mov_ptr(x, RCX, type->method_table);                /* mov rcx, method table */
        x64_load(x, 8, RDX, x64_at(RSP, (int32_t)(area + offset)));     /* mov rdx, [this' entry] */
        jc_call_helper(c, JIT_H_BOX, c->depth);
        x64_alu_imm(x, 8, ALU_ADD, RSP, (int32_t)area);         /* add rsp, area */
    }
    x64_store(x, 8, x64_at(RSP, (int32_t)offset), RAX);         /* mov [this' entry], rax */
    this->kind = JIT_REF;
    this->desc = type->type.desc;
    c->snapshot_same = 0;
}

static void call_constrained(struct jc *c)
{
    const struct jit_runtime *rt = c->rt;
    struct jit_method_ref ref, own = {.method = NULL};
    struct jit_type_ref type = {.method_table = NULL};
    struct jc_value *this;
    uint32_t token = c->constrained;
    if (!jc_resolved(c, rt->resolve_type(rt->context, c->request->method, token, false, &type,
                                         c->error)) ||
        !method_token(c, &ref))
        return;
    this = jc_top(c, ref.sig.arg_count);
    if (this == NULL)
        return;
    if (this->kind != JIT_BYREF && this->kind != JIT_NINT) {
        jc_fail(c, "constrained. needs the address of `this`, the stack has a %s",
                jc_kind_name(this->kind));
        return;
    }
    if (type.type.kind != JIT_REF) {
        if (!jc_resolved(c, rt->resolve_constrained(rt->context, c->request->method, token,
                                                    (uint32_t)c->in.operand, &own, c->error)))
            return;
        if (own.method != NULL) {
            call_method(c, &own, false);
            return;
        }
    }
    jc_flush(c);
    replace_this(c, &type, ref.sig.arg_count);
    if (!c->failed)
        call_method(c, &ref, true);
}

void jc_visit_call(struct jc *c)
{
    struct jit_method_ref ref;
    bool virtually = c->in.opcode == IL_CALLVIRT;
    if (c->constrained != 0) {
        call_constrained(c);
        return;
    }
    if (!method_token(c, &ref))
        return;
    if (ref.flags & (JIT_M_ARRAY_GET | JIT_M_ARRAY_SET | JIT_M_ARRAY_ADDRESS))
        jc_visit_md_array(c, &ref);
    else if (ref.flags & JIT_M_ARRAY_CTOR)
        jc_fail(c, "call of an array constructor");
    else
        call_method(c, &ref, virtually);
}

void jc_visit_calli(struct jc *c)
{
    const struct jit_runtime *rt = c->rt;
    struct jit_sig sig = {.has_this = false};
    struct jc_value *pointer = jc_top(c, 0);
    struct jc_call call = {.sig = &sig, .pointer_on_top = true, .kind = JIT_CALL_INDIRECT,
                           .token = (uint32_t)c->in.operand};
    if (pointer == NULL ||
        !jc_resolved(c, rt->resolve_standalone_sig(rt->context, c->request->method,
                                                   (uint32_t)c->in.operand, &sig, c->error)))
        return;
    if (pointer->kind != JIT_NINT) {
        jc_fail(c, "calli needs a code address, the stack has a %s", jc_kind_name(pointer->kind));
        return;
    }
    if (sig.has_this) {
        /* The signature does not say whose `this` it is: the stack does. */
        struct jc_value *this = jc_top(c, 1u + sig.arg_count);
        if (this == NULL)
            return;
        call.from = JC_THIS_ON_STACK;
        call.this_type = (struct jit_type){.kind = this->kind, .align = 8, .size = 8,
                                           .desc = this->desc};
        if (this->kind != JIT_REF && this->kind != JIT_BYREF && this->kind != JIT_NINT) {
            jc_fail(c, "`this` of calli is a %s", jc_kind_name(this->kind));
            return;
        }
    }
    jc_flush(c);
    jc_emit_call(c, &call);
}

void jc_visit_ldftn(struct jc *c)
{
    const struct jit_runtime *rt = c->rt;
    struct jit_method_ref ref;
    struct jc_value object;
    if (!method_token(c, &ref))
        return;
    if (c->in.opcode == IL_LDFTN) {
        void *thunk = rt->method_thunk(rt->context, ref.method);
        if (thunk == NULL) {
            jc_fail(c, "out of memory for code");
            return;
        }
        jc_flush(c);
        x64_mov_ptr(&c->x, RAX, thunk);                     /* mov rax, thunk */
        jc_push_kind(c, JIT_NINT);
        return;
    }
    object = jc_pop_rax(c);
    if (object.kind != JIT_REF)
        jc_fail(c, "ldvirtftn needs an object, the stack has a %s", jc_kind_name(object.kind));
    x64_mov(&c->x, 8, RCX, RAX);                        /* mov rcx, rax */
    x64_mov_ptr(&c->x, RDX, ref.method);                /* mov rdx, method */
    x64_cmp_mem(&c->x, 4, x64_at(RCX, 0), RCX);         /* cmp [rcx], ecx */
    /* a reference must be in memory at a call */
    jc_push_rax(c, object);
    jc_flush(c);
    jc_simple_helper(c, JIT_H_LDVIRTFTN, c->depth);
    jc_drop(c, 1);
    jc_push_kind(c, JIT_NINT);
}
