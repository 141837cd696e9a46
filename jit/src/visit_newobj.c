/* newobj (ECMA-335 III.4.21), and the arrays with several dimensions, which are made and
 * accessed through methods that the runtime provides (ECMA-335 II.14.2). */
#include "compiler.h"

/* The object lies on the evaluation stack above the constructor's arguments while it runs. */
static void new_class(struct jc *c, const struct jit_method_ref *ref)
{
    struct x64 *x = &c->x;
    unsigned object = jc_saved(c, RBX);
    struct jit_sig sig = ref->sig;
    struct jc_call call = {.sig = &sig, .method = ref->method, .token = (uint32_t)c->in.operand,
                           .from = JC_THIS_NEW, .kind = JIT_CALL_DIRECT};
    if (ref->owner_method_table == NULL) {
        jc_fail(c, "newobj of a type without MethodTable");
        return;
    }
    if (c->depth < sig.arg_count) {
        jc_fail(c, "evaluation stack underflow: the constructor takes %u entries", sig.arg_count);
        return;
    }
    x64_mov_ptr(x, RCX, ref->owner_method_table);       /* mov rcx, method table */
    jc_simple_helper(c, JIT_H_NEW, c->depth);
    x64_mov(x, 8, object, RAX);                         /* mov rbx, rax */
    c->max_depth++;             /* the ctor's `this` is ours, not the IL's */
    jc_push_memory(c, jc_of_kind(JIT_REF, ref->owner.desc));
    c->max_depth--;
    x64_push(x, object);                                /* push rbx */
    sig.ret = (struct jit_type){.kind = JIT_REF, .align = 8, .size = 8, .desc = ref->owner.desc};
    jc_emit_call(c, &call);
}

static void new_value(struct jc *c, const struct jit_method_ref *ref)
{
    struct jc_call call = {.sig = &ref->sig, .method = ref->method, .kind = JIT_CALL_DIRECT,
                           .token = (uint32_t)c->in.operand, .from = JC_THIS_TEMP};
    if (ref->sig.ret.kind != JIT_VOID) {
        jc_fail(c, "a constructor that returns a value");
        return;
    }
    call.temp = jc_temp(c, &ref->owner);
    jc_zero(&c->x, x64_at(RBP, call.temp), ref->owner.size);
    jc_emit_call(c, &call);
    jc_push_from(c, x64_at(RBP, call.temp), &ref->owner);
}

static void new_string(struct jc *c, const struct jit_method_ref *ref)
{
    struct jit_sig sig = ref->sig;
    struct jc_call call = {.sig = &sig, .method = ref->factory, .kind = JIT_CALL_DIRECT,
                           .token = (uint32_t)c->in.operand};
    if (ref->factory == NULL) {
        jc_fail(c, "this constructor of String is not supported yet");
        return;
    }
    sig.has_this = false;
    sig.ret = (struct jit_type){.kind = JIT_REF, .align = 8, .size = 8, .desc = c->rt->string_type};
    jc_emit_call(c, &call);
}

void jc_visit_newobj(struct jc *c)
{
    const struct jit_runtime *rt = c->rt;
    struct jit_method_ref ref = {.method = NULL};
    if (!jc_resolved(c, rt->resolve_method(rt->context, c->request->method,
                                           (uint32_t)c->in.operand, &ref, c->error)))
        return;
    if (ref.flags & JIT_M_ARRAY_CTOR) {
        jc_visit_new_md_array(c, &ref);
        return;
    }
    if (!ref.sig.has_this || ref.sig.ret.kind != JIT_VOID) {
        jc_fail(c, "newobj of a method that is no constructor");
        return;
    }
    if (ref.flags & JIT_M_NO_INSTANCES) {
        jc_fail(c, "newobj of an abstract class or an interface");
        return;
    }
    jc_cctor(c, ref.cctor);
    jc_flush(c);
    if (ref.flags & JIT_M_STRING_CTOR)
        new_string(c, &ref);
    else if (ref.owner.kind == JIT_REF)
        new_class(c, &ref);
    else
        new_value(c, &ref);
}

/* Stores `count` int32 entries, the deepest first, as an array at [rsp + at]; `above` bytes of
 * area and entries lie over the last of them. */
static void gather_indices(struct jc *c, uint32_t count, uint32_t skip, uint32_t area, uint32_t at)
{
    struct x64 *x = &c->x;
    uint32_t offset = area;
    for (uint32_t i = 0; i < skip; i++)
        offset += jc_top(c, i)->slot;
    for (uint32_t i = 0; i < count; i++) {
        const struct jc_value *entry = jc_top(c, skip + i);
        if (entry == NULL)
            return;
        if (entry->kind != JIT_I4 && entry->kind != JIT_NINT) {
            jc_fail(c, "an array index or length is a %s", jc_kind_name(entry->kind));
            return;
        }
        x64_load(x, 4, RAX, x64_at(RSP, (int32_t)offset));      /* mov eax, [entry] */
        /* mov [index], eax */
        x64_store(x, 4, x64_at(RSP, (int32_t)(at + 4 * (count - 1 - i))), RAX);
        offset += entry->slot;
    }
}

void jc_visit_new_md_array(struct jc *c, const struct jit_method_ref *ref)
{
    struct x64 *x = &c->x;
    uint32_t count = ref->sig.arg_count, area;
    if (count == 0 || count > 64 || c->depth < count) {
        jc_fail(c, "array constructor with %u arguments, the stack has %u", count, c->depth);
        return;
    }
    jc_flush(c);
    area = jc_area(c, JC_SHADOW + 4 * count);
    x64_alu_imm(x, 8, ALU_SUB, RSP, (int32_t)area);     /* sub rsp, area */
    gather_indices(c, count, 0, area, JC_SHADOW);
    x64_mov_ptr(x, RCX, ref->owner.desc);               /* mov rcx, array type */
    x64_mov_imm(x, RDX, count);                         /* mov edx, count */
    x64_lea(x, R8, x64_at(RSP, JC_SHADOW));             /* lea r8, [lengths] */
    if (c->failed)
        return;
    jc_call_helper(c, JIT_H_NEW_MDARRAY, c->depth - count);
    x64_alu_imm(x, 8, ALU_ADD, RSP, (int32_t)area);     /* add rsp, area */
    jc_drop(c, count);
    jc_push_rax(c, jc_of_kind(JIT_REF, ref->owner.desc));
}

static void element_access(struct jc *c, const struct jit_method_ref *ref,
                           const struct jit_type *element, uint32_t entries)
{
    struct jc_value *value;
    if (ref->flags & JIT_M_ARRAY_SET) {
        value = jc_top(c, 0);
        if (element->kind == JIT_STRUCT) {
            if (jc_coercion(value, element) != JC_AS_IS)
                jc_fail(c, "the array needs a value type of %u bytes", element->size);
            jc_copy(c, x64_at(RAX, 0), x64_at(RSP, 0), element->size);
        } else if (value->kind == JIT_STRUCT) {
            jc_fail(c, "the array needs a %s, the stack has a value type",
                    jc_kind_name(element->kind));
        } else {
            struct jc_value v = *value;
            unsigned base = jc_saved(c, RBX);
            x64_mov(&c->x, 8, base, RAX);               /* mov rbx, rax */
            x64_load(&c->x, 8, RAX, x64_at(RSP, 0));    /* mov rax, [value] */
            jc_coerce_rax(c, &v, element, "the array");
            jc_store(c, x64_at(base, 0), RAX, element->kind);   /* mov [rbx], rax */
        }
        jc_drop(c, entries);
        return;
    }
    jc_drop(c, entries);                                /* RAX and flags as they are: add only */
    if (ref->flags & JIT_M_ARRAY_ADDRESS)
        jc_push_rax(c, jc_of_type(&ref->sig.ret));
    else
        jc_push_from(c, x64_at(RAX, 0), element);       /* mov rax, [rax] */
}

/* Get(i, j...), Set(i, j..., value), Address(i, j...): the helper checks bounds and gives the
 * address. A reference is stored, or its address taken, only when the array's element type is
 * exactly the one named: that makes the store type-safe. */
void jc_visit_md_array(struct jc *c, const struct jit_method_ref *ref)
{
    struct x64 *x = &c->x;
    bool set = (ref->flags & JIT_M_ARRAY_SET) != 0, get = (ref->flags & JIT_M_ARRAY_GET) != 0;
    uint32_t rank = ref->sig.arg_count - (set && ref->sig.arg_count != 0 ? 1u : 0u);
    uint32_t area, offset = 0;
    uint32_t entries = 1u + ref->sig.arg_count;
    struct jit_type element = get ? ref->sig.ret : (struct jit_type){.kind = JIT_VOID};
    struct type_desc *exact = NULL;
    if (set && ref->sig.arg_count != 0)
        element = ref->sig.args[ref->sig.arg_count - 1];
    if (set && element.kind == JIT_REF)
        exact = element.desc;
    if (ref->flags & JIT_M_ARRAY_ADDRESS) {
        struct jit_type of = {.kind = JIT_VOID};
        if (c->rt->array_element != NULL && ref->owner.desc != NULL &&
            c->rt->array_element(c->rt->context, ref->owner.desc, &of) && of.kind == JIT_REF)
            exact = of.desc;
    }
    if (rank == 0 || rank > 32 || c->depth < entries ||
        ((get || set) && element.kind == JIT_VOID)) {
        jc_fail(c, "array accessor with %u arguments, the stack has %u entries",
                ref->sig.arg_count, c->depth);
        return;
    }
    jc_flush(c);
    if (jc_top(c, entries - 1)->kind != JIT_REF) {
        jc_fail(c, "an array accessor needs an array, the stack has a %s",
                jc_kind_name(jc_top(c, entries - 1)->kind));
        return;
    }
    for (uint32_t i = 0; i + 1 < entries; i++)
        offset += jc_top(c, i)->slot;
    area = jc_area(c, JC_SHADOW + 8 + 4 * rank);
    x64_alu_imm(x, 8, ALU_SUB, RSP, (int32_t)area);     /* sub rsp, area */
    gather_indices(c, rank, set ? 1 : 0, area, JC_SHADOW + 8);
    x64_mov_ptr(x, RAX, exact);                         /* mov rax, exact type or 0 */
    x64_store(x, 8, x64_at(RSP, JC_SHADOW), RAX);       /* mov [rsp + 32], rax: fifth argument */
    x64_load(x, 8, RCX, x64_at(RSP, (int32_t)(area + offset)));     /* mov rcx, [array] */
    x64_mov_ptr(x, RDX, ref->owner.desc);               /* mov rdx, array type */
    x64_mov_imm(x, R8, rank);                           /* mov r8d, rank */
    x64_lea(x, R9, x64_at(RSP, JC_SHADOW + 8));         /* lea r9, [indices] */
    if (c->failed)
        return;
    jc_call_helper(c, JIT_H_MDARRAY_ADDRESS, c->depth - entries);
    x64_alu_imm(x, 8, ALU_ADD, RSP, (int32_t)area);     /* add rsp, area */
    element_access(c, ref, &element, entries);
}
