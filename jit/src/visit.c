/* The dispatcher, and the opcodes that only move values: constants, arguments, locals. */
#include "compiler.h"

static const struct jit_type scalar_types[] = {
    [JIT_I1] = {.kind = JIT_I1, .align = 1, .size = 1},
    [JIT_U1] = {.kind = JIT_U1, .align = 1, .size = 1},
    [JIT_I2] = {.kind = JIT_I2, .align = 2, .size = 2},
    [JIT_U2] = {.kind = JIT_U2, .align = 2, .size = 2},
    [JIT_I4] = {.kind = JIT_I4, .align = 4, .size = 4},
    [JIT_U4] = {.kind = JIT_U4, .align = 4, .size = 4},
    [JIT_I8] = {.kind = JIT_I8, .align = 8, .size = 8},
    [JIT_NINT] = {.kind = JIT_NINT, .align = 8, .size = 8},
    [JIT_R4] = {.kind = JIT_R4, .align = 4, .size = 4},
    [JIT_R8] = {.kind = JIT_R8, .align = 8, .size = 8},
    [JIT_REF] = {.kind = JIT_REF, .align = 8, .size = 8},
};

static void constant(struct jc *c, unsigned kind, uint64_t bits)
{
    jc_flush(c);
    x64_mov_imm(&c->x, RAX, bits);                      /* mov rax, bits */
    jc_push_kind(c, kind);
}

static void load_null(struct jc *c)
{
    struct jc_value null = jc_of_kind(JIT_REF, NULL);
    null.null = true;
    jc_flush(c);
    x64_mov_imm(&c->x, RAX, 0);                         /* xor eax, eax */
    jc_push_rax(c, null);
}

static void load_string(struct jc *c)
{
    const struct jit_runtime *rt = c->rt;
    void **cell = NULL;
    if (!jc_resolved(c, rt->resolve_string(rt->context, c->request->method, (uint32_t)c->in.operand,
                                           &cell, c->error)))
        return;
    jc_flush(c);
    x64_mov_ptr(&c->x, RAX, cell);                      /* mov rax, cell */
    x64_load(&c->x, 8, RAX, x64_at(RAX, 0));            /* mov rax, [rax] */
    jc_push_rax(c, jc_of_kind(JIT_REF, rt->string_type));
}

static const struct jc_arg *argument(struct jc *c, uint32_t index)
{
    if (index < c->arg_count)
        return &c->args[index];
    jc_fail(c, "argument %u does not exist, the method has %u", index, c->arg_count);
    return NULL;
}

static struct x64_mem argument_place(struct jc *c, const struct jc_arg *arg)
{
    if (!arg->indirect)
        return x64_at(RBP, arg->home);
    x64_load(&c->x, 8, R11, x64_at(RBP, arg->home));    /* mov r11, [home]: the caller's copy */
    return x64_at(R11, 0);
}

static void load_argument(struct jc *c, uint32_t index)
{
    const struct jc_arg *arg = argument(c, index);
    if (arg != NULL)
        jc_push_from(c, argument_place(c, arg), &arg->type);
}

static void store_argument(struct jc *c, uint32_t index)
{
    const struct jc_arg *arg = argument(c, index);
    if (arg != NULL)
        jc_pop_into(c, argument_place(c, arg), &arg->type, "the argument");
}

static void push_address(struct jc *c, struct x64_mem m, struct type_desc *type)
{
    jc_flush(c);
    x64_lea(&c->x, RAX, m);                             /* lea rax, [m] */
    jc_push_rax(c, jc_of_kind(JIT_BYREF,
                              type != NULL ? c->rt->byref_to(c->rt->context, type) : NULL));
}

static void argument_address(struct jc *c, uint32_t index)
{
    const struct jc_arg *arg = argument(c, index);
    if (arg != NULL)
        push_address(c, argument_place(c, arg), arg->type.desc);
}

static const struct jit_slot *local(struct jc *c, uint32_t index)
{
    if (index < c->body.local_count)
        return &c->local_slots[index];
    jc_fail(c, "local %u does not exist, the method has %u", index, c->body.local_count);
    return NULL;
}

static void load_local(struct jc *c, uint32_t index)
{
    const struct jit_slot *slot = local(c, index);
    if (slot != NULL)
        jc_push_from(c, x64_at(RBP, slot->offset), &c->body.locals[index]);
}

static void store_local(struct jc *c, uint32_t index)
{
    const struct jit_slot *slot = local(c, index);
    if (slot != NULL)
        jc_pop_into(c, x64_at(RBP, slot->offset), &c->body.locals[index], "the local");
}

static void local_address(struct jc *c, uint32_t index)
{
    const struct jit_slot *slot = local(c, index);
    if (slot != NULL)
        push_address(c, x64_at(RBP, slot->offset), c->body.locals[index].desc);
}

static void with_type(struct jc *c, void (*visit)(struct jc *, const struct jit_type *))
{
    struct jit_type_ref ref;
    if (jc_type_token(c, false, &ref))
        visit(c, &ref.type);
}

static void load_element_token(struct jc *c, const struct jit_type *type)
{
    jc_visit_load_element(c, type, false);
}

static void size_of(struct jc *c, const struct jit_type *type)
{
    constant(c, JIT_I4, type->size);
}

bool jc_type_token(struct jc *c, bool want_array, struct jit_type_ref *out)
{
    const struct jit_runtime *rt = c->rt;
    *out = (struct jit_type_ref){.method_table = NULL};
    if (!jc_resolved(c, rt->resolve_type(rt->context, c->request->method, (uint32_t)c->in.operand,
                                         want_array, out, c->error)))
        return false;
    if (out->type.kind == JIT_VOID || out->type.kind > JIT_STRUCT ||
        out->type.size > JC_MAX_VALUE) {
        jc_fail(c, "the type is void or too large to hold values");
        return false;
    }
    return true;
}

static void load_token(struct jc *c)
{
    struct jit_token_ref ref = {.value = NULL};
    struct jc_value value;
    if (!jc_resolved(c, c->rt->resolve_token(c->rt->context, c->request->method,
                                             (uint32_t)c->in.operand, &ref, c->error)))
        return;
    value = jc_of_type(&ref.handle_type);
    if (value.size != 8) {
        jc_fail(c, "a runtime handle must have 8 bytes, not %u", value.size);
        return;
    }
    jc_flush(c);
    x64_mov_ptr(&c->x, RAX, ref.value);                 /* mov rax, handle */
    jc_push_rax(c, value);
    if (value.kind == JIT_STRUCT)
        jc_flush(c);                                    /* structs always lie in memory */
}

static void unsupported(struct jc *c)
{
    jc_fail(c, "opcode %s is not supported yet", jit_opcode_name(c->in.opcode));
}

#define SCALAR(kind) (&scalar_types[kind])

static void visit_values(struct jc *c)
{
    uint16_t op = c->in.opcode;
    uint32_t n = (uint32_t)c->in.operand;
    switch (op) {
    case IL_NOP: case IL_BREAK: case IL_UNALIGNED: case IL_VOLATILE: case IL_TAIL: case IL_NO:
        break;
    case IL_LDARG_0: case IL_LDARG_1: case IL_LDARG_2: case IL_LDARG_3:
        load_argument(c, (uint32_t)op - IL_LDARG_0);
        break;
    case IL_LDARG_S: case IL_LDARG:
        load_argument(c, n);
        break;
    case IL_LDARGA_S: case IL_LDARGA:
        argument_address(c, n);
        break;
    case IL_STARG_S: case IL_STARG:
        store_argument(c, n);
        break;
    case IL_LDLOC_0: case IL_LDLOC_1: case IL_LDLOC_2: case IL_LDLOC_3:
        load_local(c, (uint32_t)op - IL_LDLOC_0);
        break;
    case IL_LDLOC_S: case IL_LDLOC:
        load_local(c, n);
        break;
    case IL_STLOC_0: case IL_STLOC_1: case IL_STLOC_2: case IL_STLOC_3:
        store_local(c, (uint32_t)op - IL_STLOC_0);
        break;
    case IL_STLOC_S: case IL_STLOC:
        store_local(c, n);
        break;
    case IL_LDLOCA_S: case IL_LDLOCA:
        local_address(c, n);
        break;
    case IL_LDNULL:
        load_null(c);
        break;
    case IL_LDC_I4_S: case IL_LDC_I4:
        constant(c, JIT_I4, n);
        break;
    case IL_LDC_I8:
        constant(c, JIT_I8, (uint64_t)c->in.operand);
        break;
    case IL_LDC_R4:
        constant(c, JIT_R4, n);
        break;
    case IL_LDC_R8:
        constant(c, JIT_R8, (uint64_t)c->in.operand);
        break;
    case IL_LDSTR:
        load_string(c);
        break;
    case IL_LDTOKEN:
        load_token(c);
        break;
    case IL_SIZEOF:
        with_type(c, size_of);
        break;
    default:
        if (op >= IL_LDC_I4_M1 && op <= IL_LDC_I4_8)
            constant(c, JIT_I4, (uint32_t)(op - IL_LDC_I4_0));
        else
            unsupported(c);     /* arglist, jmp, mkrefany, refanyval, refanytype, endfilter */
        break;
    }
}

static void visit_memory(struct jc *c)
{
    static const uint8_t load_kind[] = {JIT_I1, JIT_U1, JIT_I2, JIT_U2, JIT_I4, JIT_U4,
                                        JIT_I8, JIT_NINT, JIT_R4, JIT_R8, JIT_REF};
    static const uint8_t store_kind[] = {JIT_REF, JIT_I1, JIT_I2, JIT_I4, JIT_I8, JIT_R4, JIT_R8};
    static const uint8_t element_kind[] = {JIT_NINT, JIT_I1, JIT_I2, JIT_I4, JIT_I8, JIT_R4,
                                           JIT_R8, JIT_REF};
    uint16_t op = c->in.opcode;
    if (op >= IL_LDIND_I1 && op <= IL_LDIND_REF)
        jc_visit_load_indirect(c, SCALAR(load_kind[op - IL_LDIND_I1]));
    else if (op >= IL_STIND_REF && op <= IL_STIND_R8)
        jc_visit_store_indirect(c, SCALAR(store_kind[op - IL_STIND_REF]));
    else if (op == IL_STIND_I)
        jc_visit_store_indirect(c, SCALAR(JIT_NINT));
    else if (op >= IL_LDELEM_I1 && op <= IL_LDELEM_REF)
        jc_visit_load_element(c, SCALAR(load_kind[op - IL_LDELEM_I1]), op == IL_LDELEM_REF);
    else if (op >= IL_STELEM_I && op <= IL_STELEM_REF)
        jc_visit_store_element(c, SCALAR(element_kind[op - IL_STELEM_I]));
    else if (op == IL_LDELEM)
        with_type(c, load_element_token);
    else if (op == IL_STELEM)
        with_type(c, jc_visit_store_element);
    else if (op == IL_LDOBJ)
        with_type(c, jc_visit_load_indirect);
    else if (op == IL_STOBJ)
        with_type(c, jc_visit_store_indirect);
    else
        visit_values(c);
}

static void visit_conversions(struct jc *c)
{
    uint16_t op = c->in.opcode;
    if ((op >= IL_CONV_I1 && op <= IL_CONV_U8) || op == IL_CONV_R_UN ||
        (op >= IL_CONV_U2 && op <= IL_CONV_I) || op == IL_CONV_U)
        jc_visit_conv(c);
    else if ((op >= IL_CONV_OVF_I1_UN && op <= IL_CONV_OVF_U_UN) ||
             (op >= IL_CONV_OVF_I1 && op <= IL_CONV_OVF_U8) || op == IL_CONV_OVF_I ||
             op == IL_CONV_OVF_U)
        jc_visit_conv_ovf(c);
    else
        visit_memory(c);
}

static void visit_objects(struct jc *c)
{
    switch (c->in.opcode) {
    case IL_CALL: case IL_CALLVIRT: jc_visit_call(c); break;
    case IL_CALLI: jc_visit_calli(c); break;
    case IL_NEWOBJ: jc_visit_newobj(c); break;
    case IL_LDFTN: case IL_LDVIRTFTN: jc_visit_ldftn(c); break;
    case IL_LDFLD: case IL_LDFLDA: jc_visit_load_field(c); break;
    case IL_STFLD: jc_visit_store_field(c); break;
    case IL_LDSFLD: case IL_LDSFLDA: jc_visit_load_static(c); break;
    case IL_STSFLD: jc_visit_store_static(c); break;
    case IL_NEWARR: jc_visit_newarr(c); break;
    case IL_LDLEN: jc_visit_ldlen(c); break;
    case IL_LDELEMA: jc_visit_ldelema(c); break;
    case IL_BOX: jc_visit_box(c); break;
    case IL_UNBOX: case IL_UNBOX_ANY: jc_visit_unbox(c); break;
    case IL_CASTCLASS: case IL_ISINST: jc_visit_cast(c); break;
    case IL_THROW: case IL_RETHROW: jc_visit_throw(c); break;
    case IL_CPOBJ: jc_visit_cpobj(c); break;
    case IL_INITOBJ: jc_visit_initobj(c); break;
    case IL_CPBLK: jc_visit_cpblk(c); break;
    case IL_INITBLK: jc_visit_initblk(c); break;
    case IL_LOCALLOC: jc_visit_localloc(c); break;
    default: visit_conversions(c); break;
    }
}

/* constrained. and readonly. speak to the next instruction only. */
static bool visit_prefix(struct jc *c)
{
    uint16_t op = c->in.opcode;
    if (op == IL_CONSTRAINED) {
        c->constrained = (uint32_t)c->in.operand;
        return true;
    }
    if (op == IL_READONLY) {
        c->readonly = true;
        return true;
    }
    if (c->constrained != 0 && op != IL_CALLVIRT && op != IL_TAIL)
        jc_fail(c, "constrained. stands before %s", jit_opcode_name(op));
    return op == IL_TAIL;
}

void jc_visit(struct jc *c)
{
    uint16_t op = c->in.opcode;
    if (visit_prefix(c) || c->failed)
        return;
    /* loads and stores of locals and constants: most of all IL */
    if (op <= IL_LDC_R8) {
        visit_values(c);
        c->readonly = false;
        return;
    }
    switch (op) {
    case IL_ADD: case IL_SUB: case IL_MUL: case IL_AND: case IL_OR: case IL_XOR:
    case IL_ADD_OVF: case IL_ADD_OVF_UN: case IL_SUB_OVF: case IL_SUB_OVF_UN:
    case IL_MUL_OVF: case IL_MUL_OVF_UN:
        jc_visit_arithmetic(c);
        break;
    case IL_DIV: case IL_DIV_UN: case IL_REM: case IL_REM_UN: jc_visit_divide(c); break;
    case IL_SHL: case IL_SHR: case IL_SHR_UN: jc_visit_shift(c); break;
    case IL_NEG: case IL_NOT: jc_visit_unary(c); break;
    case IL_CKFINITE: jc_visit_ckfinite(c); break;
    case IL_CEQ: case IL_CGT: case IL_CGT_UN: case IL_CLT: case IL_CLT_UN:
        jc_visit_compare(c);
        break;
    case IL_DUP: jc_visit_dup(c); break;
    case IL_POP: jc_visit_pop(c); break;
    case IL_BR: case IL_BR_S:
        jc_flush(c);
        jc_branch(c, -1, c->in.target);
        c->reachable = false;
        break;
    case IL_BRFALSE: case IL_BRFALSE_S: case IL_BRTRUE: case IL_BRTRUE_S:
        jc_visit_test_branch(c);
        break;
    case IL_SWITCH: jc_visit_switch(c); break;
    case IL_LEAVE: case IL_LEAVE_S: jc_visit_leave(c); break;
    case IL_ENDFINALLY: jc_visit_endfinally(c); break;
    case IL_RET: jc_visit_ret(c); break;
    default:
        if ((op >= IL_BEQ_S && op <= IL_BLT_UN_S) || (op >= IL_BEQ && op <= IL_BLT_UN))
            jc_visit_compare_branch(c);
        else
            visit_objects(c);
        break;
    }
    c->constrained = 0;
    c->readonly = false;
}
