/* Arithmetic: add sub mul and or xor, checked forms, div rem, shifts, neg not (ECMA-335
 * III.1.5). */
#include "compiler.h"

static unsigned width_of(unsigned kind)
{
    return kind == JIT_I4 || kind == JIT_R4 ? 4 : 8;
}

static bool is_float(unsigned kind)
{
    return kind == JIT_R4 || kind == JIT_R8;
}

static bool is_integer(unsigned kind)
{
    return kind == JIT_I4 || kind == JIT_I8 || kind == JIT_NINT;
}

static unsigned misfit(struct jc *c, unsigned left, unsigned right)
{
    jc_fail(c, "%s cannot be applied to a %s and a %s", jit_opcode_name(c->in.opcode),
            jc_kind_name(left), jc_kind_name(right));
    return JIT_I4;
}

/* Kind of the result (III.1.5 table 2), with byrefs only where pointers may be moved. */
static unsigned result_kind(struct jc *c, unsigned left, unsigned right)
{
    uint16_t op = c->in.opcode;
    bool add = op == IL_ADD || op == IL_ADD_OVF_UN, sub = op == IL_SUB || op == IL_SUB_OVF_UN;
    if (left == right && is_integer(left))
        return left;
    if ((left == JIT_I4 && right == JIT_NINT) || (left == JIT_NINT && right == JIT_I4))
        return JIT_NINT;
    if (left == JIT_BYREF && (right == JIT_I4 || right == JIT_NINT) && (add || sub))
        return JIT_BYREF;
    if (right == JIT_BYREF && (left == JIT_I4 || left == JIT_NINT) && add)
        return JIT_BYREF;
    if (right == JIT_BYREF && (left == JIT_BYREF || left == JIT_NINT) && sub)
        return JIT_NINT;
    return misfit(c, left, right);
}

/* Pops both: right in RAX, where it mostly is already, left in RCX, as wide as the result;
 * floats left in XMM0, right in XMM1. */
static unsigned pop_pair(struct jc *c)
{
    struct jc_value right, left;
    unsigned kind = jc_pop_floats(c);
    if (kind != JIT_VOID)
        return kind;
    right = jc_pop_rax(c);
    left = jc_pop_to(c, RCX);
    kind = c->failed ? JIT_I4 : result_kind(c, left.kind, right.kind);
    if (kind != JIT_I4 && right.kind == JIT_I4)
        x64_sx(&c->x, 8, 4, RAX, RAX);                  /* movsxd rax, eax */
    if (kind != JIT_I4 && left.kind == JIT_I4)
        x64_sx(&c->x, 8, 4, RCX, RCX);                  /* movsxd rcx, ecx */
    return kind;
}

static void float_operation(struct jc *c, unsigned kind)
{
    unsigned width = width_of(kind);
    enum x64_sse op;
    switch (c->in.opcode) {
    case IL_ADD: op = SSE_ADD; break;
    case IL_SUB: op = SSE_SUB; break;
    case IL_MUL: op = SSE_MUL; break;
    case IL_DIV: op = SSE_DIV; break;
    default:
        misfit(c, kind, kind);
        return;
    }
    x64_fop(&c->x, width, op, XMM0, XMM1);              /* addsd xmm0, xmm1 */
    x64_movd_from(&c->x, width, RAX, XMM0);             /* movq rax, xmm0 */
    jc_push_kind(c, kind);
}

void jc_visit_arithmetic(struct jc *c)
{
    struct x64 *x = &c->x;
    unsigned kind = pop_pair(c), width = width_of(kind);
    uint16_t op = c->in.opcode;
    bool is_sub = op == IL_SUB || op == IL_SUB_OVF || op == IL_SUB_OVF_UN;
    if (c->failed)
        return;
    if (is_float(kind)) {
        float_operation(c, kind);
        return;
    }
    switch (op) {
    case IL_ADD: case IL_ADD_OVF: case IL_ADD_OVF_UN:
        x64_alu(x, width, ALU_ADD, RAX, RCX);           /* add rax, rcx */
        break;
    case IL_SUB: case IL_SUB_OVF: case IL_SUB_OVF_UN:
        x64_alu(x, width, ALU_SUB, RCX, RAX);           /* sub rcx, rax */
        break;
    case IL_AND:
        x64_alu(x, width, ALU_AND, RAX, RCX);           /* and rax, rcx */
        break;
    case IL_OR:
        x64_alu(x, width, ALU_OR, RAX, RCX);            /* or rax, rcx */
        break;
    case IL_XOR:
        x64_alu(x, width, ALU_XOR, RAX, RCX);           /* xor rax, rcx */
        break;
    case IL_MUL_OVF_UN:
        x64_unary(x, width, UNARY_MUL, RCX);            /* mul rcx */
        break;
    default:
        x64_imul(x, width, RAX, RCX);                   /* imul rax, rcx */
        break;
    }
    switch (op) {
    case IL_ADD_OVF_UN: case IL_SUB_OVF_UN:
        jc_throw_if(c, CC_B, JIT_H_THROW_OVERFLOW);     /* jc overflow */
        break;
    case IL_ADD_OVF: case IL_SUB_OVF: case IL_MUL_OVF: case IL_MUL_OVF_UN:
        jc_throw_if(c, CC_O, JIT_H_THROW_OVERFLOW);     /* jo overflow */
        break;
    default:
        break;
    }
    if (is_sub)
        x64_mov(x, width, RAX, RCX);                    /* mov rax, rcx */
    jc_push_kind(c, kind);
}

static void float_remainder(struct jc *c, unsigned kind)
{
    jc_simple_helper(c, kind == JIT_R4 ? JIT_H_F32_REM : JIT_H_F64_REM, c->depth);
    x64_movd_from(&c->x, width_of(kind), RAX, XMM0);    /* movq rax, xmm0 */
    jc_push_kind(c, kind);
}

/* MIN / -1 and MIN % -1 overflow; the hardware would raise #DE. */
static void signed_divide(struct jc *c, unsigned width)
{
    struct x64 *x = &c->x;
    uint32_t fine;
    x64_alu_imm(x, width, ALU_CMP, RCX, -1);            /* cmp rcx, -1 */
    fine = x64_jcc_short(x, CC_NE);                     /* jne fine */
    if (width == 4) {
        x64_alu_imm(x, 4, ALU_CMP, RAX, INT32_MIN);     /* cmp eax, 0x80000000 */
    } else {
        x64_mov_imm(x, RDX, (uint64_t)INT64_MIN);       /* mov rdx, 0x8000000000000000 */
        x64_alu(x, 8, ALU_CMP, RAX, RDX);               /* cmp rax, rdx */
    }
    jc_throw_if(c, CC_E, JIT_H_THROW_OVERFLOW);         /* je overflow */
    x64_patch_short(x, fine);
    x64_cdq(x, width);                                  /* cdq/cqo */
    x64_unary(x, width, UNARY_IDIV, RCX);               /* idiv rcx */
}

void jc_visit_divide(struct jc *c)
{
    struct x64 *x = &c->x;
    unsigned kind = pop_pair(c), width = width_of(kind);
    uint16_t op = c->in.opcode;
    bool is_unsigned = op == IL_DIV_UN || op == IL_REM_UN;
    bool remainder = op == IL_REM || op == IL_REM_UN;
    if (c->failed)
        return;
    if (kind == JIT_BYREF || (is_float(kind) && is_unsigned)) {
        misfit(c, kind, kind);
        return;
    }
    if (is_float(kind)) {
        if (remainder)
            float_remainder(c, kind);
        else
            float_operation(c, kind);
        return;
    }
    if (is_unsigned && width == 8 && jc_fault(c, JIT_FAULT_WIDTH_TRUNCATE))
        width = 4;
    x64_xchg_rax(x, RCX);                               /* xchg rax, rcx: the dividend in RAX */
    x64_test(x, width, RCX, RCX);                       /* test rcx, rcx */
    jc_throw_if(c, CC_E, JIT_H_THROW_DIV_ZERO);         /* jz division by zero */
    if (is_unsigned) {
        x64_mov_imm(x, RDX, 0);                         /* xor edx, edx */
        x64_unary(x, width, UNARY_DIV, RCX);            /* div rcx */
    } else {
        signed_divide(c, width);
    }
    if (remainder)
        x64_mov(x, width, RAX, RDX);                    /* mov rax, rdx */
    jc_push_kind(c, kind);
}

void jc_visit_shift(struct jc *c)
{
    struct jc_value count = jc_pop_to(c, RCX), value = jc_pop_rax(c);
    unsigned width = width_of(value.kind);
    uint16_t op = c->in.opcode;
    if (c->failed)
        return;
    if (!is_integer(value.kind) || !is_integer(count.kind)) {
        misfit(c, value.kind, count.kind);
        return;
    }
    if (op == IL_SHR_UN && width == 8 && jc_fault(c, JIT_FAULT_WIDTH_TRUNCATE))
        width = 4;
    x64_shift_cl(&c->x, width,
                 op == IL_SHL ? SHIFT_SHL : op == IL_SHR ? SHIFT_SAR : SHIFT_SHR, RAX);
                                                        /* shl/sar/shr rax, cl: count masked */
    jc_push_kind(c, value.kind);
}

void jc_visit_unary(struct jc *c)
{
    struct jc_value value = jc_pop_rax(c);
    bool negate = c->in.opcode == IL_NEG;
    if (c->failed)
        return;
    if (is_float(value.kind) && negate) {
        if (value.kind == JIT_R4) {
            x64_alu_imm(&c->x, 4, ALU_XOR, RAX, INT32_MIN);     /* xor eax, 0x80000000 */
        } else {
            x64_mov_imm(&c->x, RCX, (uint64_t)INT64_MIN);       /* mov rcx, 0x8000000000000000 */
            x64_alu(&c->x, 8, ALU_XOR, RAX, RCX);               /* xor rax, rcx */
        }
    } else if (is_integer(value.kind)) {
        x64_unary(&c->x, width_of(value.kind), negate ? UNARY_NEG : UNARY_NOT, RAX);
                                                        /* neg/not rax */
    } else {
        misfit(c, value.kind, value.kind);
    }
    jc_push_kind(c, value.kind);
}

void jc_visit_ckfinite(struct jc *c)
{
    struct x64 *x = &c->x;
    struct jc_value value = jc_pop_rax(c);
    bool is_double = value.kind == JIT_R8;
    if (!is_float(value.kind))
        misfit(c, value.kind, value.kind);
    if (c->failed)
        return;
    x64_mov(x, 8, RCX, RAX);                            /* mov rcx, rax */
    x64_shift_imm(x, is_double ? 8 : 4, SHIFT_SHR, RCX, is_double ? 52 : 23);   /* shr rcx, 52 */
    x64_alu_imm(x, 4, ALU_AND, RCX, is_double ? 0x7FF : 0xFF);  /* and ecx, exponent */
    x64_alu_imm(x, 4, ALU_CMP, RCX, is_double ? 0x7FF : 0xFF);  /* cmp ecx, exponent */
    jc_throw_if(c, CC_E, JIT_H_THROW_ARITHMETIC);       /* je NaN or infinity */
    jc_push_rax(c, value);
}

/* dup and pop know no type but the entry's, so they alone show the fault of moving only 8 bytes. */
void jc_visit_dup(struct jc *c)
{
    struct jc_value *top = jc_top(c, 0), copy;
    if (top == NULL)
        return;
    copy = *top;
    if (copy.kind != JIT_STRUCT) {
        if (c->tos_in_rax)
            jc_flush(c);                                /* RAX keeps its value */
        else
            x64_load(&c->x, 8, RAX, x64_at(RSP, 0));    /* mov rax, [rsp] */
        jc_push_rax(c, copy);
        return;
    }
    if (jc_fault(c, JIT_FAULT_DUP_LARGE_VT) && copy.slot > 8) {
        copy.slot = 8;          /* consumers read the whole value from here, and pop 8 bytes */
        x64_push_mem(&c->x, x64_at(RSP, 0));            /* push qword [rsp] */
        jc_push_memory(c, copy);
        return;
    }
    jc_push_space(c, copy);
    jc_copy(c, x64_at(RSP, 0), x64_at(RSP, (int32_t)copy.slot), copy.slot);
}

void jc_visit_pop(struct jc *c)
{
    struct jc_value *top = jc_top(c, 0), *below;
    if (top == NULL)
        return;
    if (c->tos_in_rax) {
        jc_pop_rax(c);
        return;
    }
    if (jc_fault(c, JIT_FAULT_DUP_LARGE_VT) && top->slot > 8 && c->depth > 1) {
        uint32_t rest = top->slot - 8;  /* stays, and is taken for the entry below */
        top->slot = 8;
        jc_drop(c, 1);
        below = jc_top(c, 0);
        below->slot += rest;
        c->snapshot_same = c->depth - 1;
        return;
    }
    jc_drop(c, 1);
}
