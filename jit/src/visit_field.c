/* Fields, instance and static (ECMA-335 III.4.10 - III.4.14, III.4.28 - III.4.30).
 *
 * A null object faults in the access itself: page 0 is not mapped, and the faulting address is the
 * field's offset. From one page on the object is touched at its start first. */
#include "compiler.h"

static bool field_token(struct jc *c, struct jit_field_ref *out)
{
    const struct jit_runtime *rt = c->rt;
    *out = (struct jit_field_ref){.field = NULL};
    if (!jc_resolved(c, rt->resolve_field(rt->context, c->request->method, (uint32_t)c->in.operand,
                                          out, c->error)))
        return false;
    if (out->type.kind == JIT_VOID || out->type.kind > JIT_STRUCT ||
        out->type.size > JC_MAX_VALUE || out->offset > JC_MAX_VALUE) {
        jc_fail(c, "the field's type is void, too large or lies too far out");
        return false;
    }
    return true;
}

static bool is_address(unsigned kind)
{
    return kind == JIT_REF || kind == JIT_BYREF || kind == JIT_NINT;
}

/* An IntPtr, an int or an enum on the stack is the value itself, though the kind alone of the first
 * could mean an address too: its exact type decides. */
static bool is_owner_value(const struct jit_field_ref *field, const struct jc_value *object)
{
    return field->owner.kind != JIT_REF && field->owner.kind != JIT_STRUCT &&
           object->desc != NULL && object->desc == field->owner.desc;
}

static bool address_operand(struct jc *c, const struct jit_field_ref *field,
                            const struct jc_value *object)
{
    if (is_address(object->kind) && !is_owner_value(field, object))
        return true;
    jc_fail(c, "%s needs an object or an address, the stack has a %s",
            jit_opcode_name(c->in.opcode), jc_kind_name(object->kind));
    return false;
}

static void check_null(struct jc *c, unsigned kind, unsigned reg, uint32_t offset)
{
    if (kind == JIT_REF && offset >= JC_PAGE)
        x64_cmp_mem(&c->x, 4, x64_at(reg, 0), reg);     /* cmp [reg], reg32 */
}

static struct type_desc *byref_to(struct jc *c, struct type_desc *type)
{
    return type != NULL ? c->rt->byref_to(c->rt->context, type) : NULL;
}

/* The one field of a value that is no struct is all of it. */
static void field_of_scalar(struct jc *c, const struct jit_field_ref *field)
{
    struct jc_value value = jc_pop_rax(c), out = jc_of_type(&field->type);
    if (field->offset != 0 || out.kind != value.kind || field->type.size != field->owner.size)
        jc_fail(c, "the field is not the whole of the value on the stack");
    jc_push_rax(c, out);
}

/* ldfld on a value: the field is part of the top entry. */
static void field_of_value(struct jc *c, const struct jit_field_ref *field,
                           const struct jc_value *top)
{
    struct jit_type type = field->type;
    if (field->offset > top->size || type.size > top->size - field->offset) {
        jc_fail(c, "the field lies outside of the value on the stack");
        return;
    }
    if (type.kind == JIT_STRUCT) {
        int32_t temp = jc_temp(c, &type);
        jc_copy(c, x64_at(RBP, temp), x64_at(RSP, (int32_t)field->offset), type.size);
        jc_drop(c, 1);
        jc_push_from(c, x64_at(RBP, temp), &type);
        return;
    }
    jc_load(c, RAX, x64_at(RSP, (int32_t)field->offset), type.kind);
    jc_drop(c, 1);
    jc_push_rax(c, jc_of_type(&type));
}

static void static_address(struct jc *c, const struct jit_field_ref *field, unsigned reg)
{
    if (!field->is_static || field->static_address == NULL) {
        jc_fail(c, "%s needs a static field with storage", jit_opcode_name(c->in.opcode));
        return;
    }
    x64_mov_ptr(&c->x, reg, field->static_address);     /* mov reg, address */
}

static void load_static(struct jc *c, const struct jit_field_ref *field)
{
    jc_cctor(c, field->cctor);
    jc_flush(c);
    static_address(c, field, RAX);
    jc_push_from(c, x64_at(RAX, 0), &field->type);
}

static void load_static_address(struct jc *c, const struct jit_field_ref *field)
{
    jc_cctor(c, field->cctor);
    jc_flush(c);
    static_address(c, field, RAX);
    jc_push_rax(c, jc_of_kind(JIT_BYREF, byref_to(c, field->type.desc)));
}

static void drop_top(struct jc *c)
{
    if (c->tos_in_rax)
        jc_pop_rax(c);
    else
        jc_drop(c, 1);
}

void jc_visit_load_field(struct jc *c)
{
    struct jit_field_ref field;
    struct jc_value object, *top = jc_top(c, 0);
    bool address = c->in.opcode == IL_LDFLDA;
    if (top == NULL || !field_token(c, &field))
        return;
    if (field.is_static) {
        drop_top(c);
        if (address)
            load_static_address(c, &field);
        else
            load_static(c, &field);
        return;
    }
    if (top->kind == JIT_STRUCT && !address) {
        field_of_value(c, &field, top);
        return;
    }
    if (!address && is_owner_value(&field, top)) {
        field_of_scalar(c, &field);
        return;
    }
    if (!address_operand(c, &field, top))
        return;
    object = jc_pop_rax(c);
    if (address) {
        if (object.kind == JIT_REF)
            x64_cmp_mem(&c->x, 4, x64_at(RAX, 0), RAX); /* cmp [rax], eax: nothing else faults */
        if (field.offset != 0)
            x64_alu_imm(&c->x, 8, ALU_ADD, RAX, (int32_t)field.offset);     /* add rax, offset */
        jc_push_rax(c, jc_of_kind(object.kind == JIT_NINT ? JIT_NINT : JIT_BYREF,
                                  byref_to(c, field.type.desc)));
        return;
    }
    check_null(c, object.kind, RAX, field.offset);
    jc_push_from(c, x64_at(RAX, (int32_t)field.offset), &field.type);
}

/* Both operands are on the stack, in memory as a call wants it. */
static void trace_store(struct jc *c, const struct jit_field_ref *field)
{
    struct x64 *x = &c->x;
    struct jc_value *value = jc_top(c, 0), *object = jc_top(c, 1);
    uint32_t area;
    if (!(c->request->traces & JIT_TRACE_STFLD) || object == NULL ||
        !address_operand(c, field, object))
        return;
    jc_trace_stfld(c, (uint32_t)c->in.operand, field->offset, field->type.size);
    jc_flush(c);
    area = jc_area(c, JC_SHADOW);
    x64_load(x, 8, R10, x64_at(RSP, (int32_t)value->slot));     /* mov r10, [object's entry] */
    x64_mov_imm(x, R11, field->offset);                 /* mov r11d, offset */
    x64_alu_imm(x, 8, ALU_SUB, RSP, (int32_t)area);     /* sub rsp, area */
    jc_call_helper(c, JIT_H_TRACE_STFLD, c->depth);
    x64_alu_imm(x, 8, ALU_ADD, RSP, (int32_t)area);     /* add rsp, area */
}

/* The value stays on the stack while it is copied from there. */
static void store_struct(struct jc *c, const struct jit_field_ref *field)
{
    struct x64 *x = &c->x;
    struct jc_value *value = jc_top(c, 0), *object = jc_top(c, 1);
    unsigned base = jc_saved(c, RBX);
    uint32_t native;
    if (object == NULL || !address_operand(c, field, object))
        return;
    if (jc_coercion(value, &field->type) != JC_AS_IS) {
        jc_fail(c, "the field needs a value type of %u bytes, the stack has a %s of %u",
                field->type.size, jc_kind_name(value->kind), value->size);
        return;
    }
    jc_flush(c);
    x64_load(x, 8, base, x64_at(RSP, (int32_t)value->slot));    /* mov rbx, [object's entry] */
    check_null(c, object->kind, base, field->offset);
    x64_mov(x, 8, R11, RSP);                            /* mov r11, rsp */
    native = x->size;
    jc_copy(c, x64_at(base, (int32_t)field->offset), x64_at(R11, 0), field->type.size);
    jc_store_site(c, native, field, (uint32_t)c->in.operand, (int32_t)field->offset, base, 255);
    jc_drop(c, 2);
}

void jc_visit_store_field(struct jc *c)
{
    struct jit_field_ref field;
    struct jc_value value, object;
    unsigned base;
    uint32_t native;
    if (!field_token(c, &field))
        return;
    if (field.is_static) {
        jc_fail(c, "stfld of a static field is not supported yet");
        return;
    }
    trace_store(c, &field);
    if (field.type.kind == JIT_STRUCT) {
        store_struct(c, &field);
        return;
    }
    base = jc_saved(c, RBX);
    value = jc_pop_rax(c);
    object = jc_pop_to(c, base);
    if (c->failed || !address_operand(c, &field, &object))
        return;
    jc_coerce_rax(c, &value, &field.type, "the field");
    check_null(c, object.kind, base, field.offset);
    native = c->x.size;
    /* mov [rbx + offset], rax */
    jc_store(c, x64_at(base, (int32_t)field.offset), RAX, field.type.kind);
    jc_store_site(c, native, &field, (uint32_t)c->in.operand, (int32_t)field.offset, base, RAX);
}

void jc_visit_load_static(struct jc *c)
{
    struct jit_field_ref field;
    if (!field_token(c, &field))
        return;
    if (c->in.opcode == IL_LDSFLDA)
        load_static_address(c, &field);
    else
        load_static(c, &field);
}

void jc_visit_store_static(struct jc *c)
{
    struct x64 *x = &c->x;
    struct jit_field_ref field;
    struct jc_value value, *top = jc_top(c, 0);
    uint32_t native;
    if (top == NULL || !field_token(c, &field))
        return;
    jc_cctor(c, field.cctor);
    if (field.type.kind == JIT_STRUCT) {
        if (jc_coercion(top, &field.type) != JC_AS_IS) {
            jc_fail(c, "the field needs a value type of %u bytes, the stack has a %s of %u",
                    field.type.size, jc_kind_name(top->kind), top->size);
            return;
        }
        static_address(c, &field, RCX);
        x64_mov(x, 8, R11, RSP);                        /* mov r11, rsp */
        native = x->size;
        jc_copy(c, x64_at(RCX, 0), x64_at(R11, 0), field.type.size);
        jc_store_site(c, native, &field, (uint32_t)c->in.operand, 0, RCX, 255);
        jc_drop(c, 1);
        return;
    }
    value = jc_pop_rax(c);
    jc_coerce_rax(c, &value, &field.type, "the field");
    static_address(c, &field, RCX);
    native = x->size;
    jc_store(c, x64_at(RCX, 0), RAX, field.type.kind);  /* mov [rcx], rax */
    jc_store_site(c, native, &field, (uint32_t)c->in.operand, 0, RCX, RAX);
}
