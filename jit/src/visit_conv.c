/* Conversions (ECMA-335 III.1.5 table 8, III.3.27 - III.3.29). */
#include "compiler.h"

#include "jit.h"

static bool is_float(unsigned kind)
{
    return kind == JIT_R4 || kind == JIT_R8;
}

static unsigned small_bytes(unsigned to)
{
    return to == JIT_I1 || to == JIT_U1 ? 1 : to == JIT_I2 || to == JIT_U2 ? 2 : 4;
}

static bool is_signed(unsigned to)
{
    return to == JIT_I1 || to == JIT_I2 || to == JIT_I4 || to == JIT_I8 || to == JIT_NINT;
}

static bool is_wide(unsigned to)
{
    return to == JIT_I8 || to == JIT_U8 || to == JIT_NINT || to == JIT_NUINT;
}

static unsigned stack_kind(unsigned to)
{
    if (to == JIT_NINT || to == JIT_NUINT)
        return JIT_NINT;
    return is_wide(to) ? JIT_I8 : JIT_I4;
}

static void bad_operand(struct jc *c, unsigned kind)
{
    jc_fail(c, "%s cannot be applied to a %s", jit_opcode_name(c->in.opcode), jc_kind_name(kind));
}

/* RAX narrowed or extended to a small or 32-bit integer. */
static void narrow(struct jc *c, unsigned to)
{
    unsigned bytes = small_bytes(to);
    if (bytes == 4)
        return;                                         /* upper halves of int32 mean nothing */
    if (is_signed(to))
        x64_sx(&c->x, 4, bytes, RAX, RAX);              /* movsx eax, al/ax */
    else
        x64_zx(&c->x, bytes, RAX, RAX);                 /* movzx eax, al/ax */
}

/* XMM0 := the float in RAX as a double. */
static void double_in_xmm0(struct jc *c, unsigned kind)
{
    x64_movd_to(&c->x, kind == JIT_R8 ? 8 : 4, XMM0, RAX);      /* movd/movq xmm0, rax */
    if (kind == JIT_R4)
        x64_cvtf2f(&c->x, 4, XMM0, XMM0);               /* cvtss2sd xmm0, xmm0 */
}

/* XMM1 := 2^63. Uses RCX. */
static void two_to_63(struct jc *c)
{
    x64_mov_imm(&c->x, RCX, 0x43E0000000000000ull);     /* mov rcx, 2^63 as double */
    x64_movd_to(&c->x, 8, XMM1, RCX);                   /* movq xmm1, rcx */
}

/* RAX := XMM0 as uint64; what lies from 2^63 on goes through the signed range. NaN becomes 0. */
static void double_to_u64(struct jc *c)
{
    struct x64 *x = &c->x;
    uint32_t small, end;
    two_to_63(c);
    x64_ucomis(x, 8, XMM1, XMM0);                       /* ucomisd xmm1, xmm0 */
    small = x64_jcc_short(x, CC_A);                     /* ja small: 2^63 above it */
    x64_fop(x, 8, SSE_SUB, XMM0, XMM1);                 /* subsd xmm0, xmm1 */
    x64_cvttf2si(x, 8, 8, RAX, XMM0);                   /* cvttsd2si rax, xmm0 */
    x64_mov_imm(x, RCX, (uint64_t)INT64_MIN);           /* mov rcx, 1 << 63 */
    x64_alu(x, 8, ALU_XOR, RAX, RCX);                   /* xor rax, rcx */
    end = x64_jmp_short(x);                             /* jmp end */
    x64_patch_short(x, small);
    x64_cvttf2si(x, 8, 8, RAX, XMM0);                   /* cvttsd2si rax, xmm0 */
    x64_patch_short(x, end);
}

/* What does not fit is not specified (III.3.27); this gives what mono gives: uint32 out of 64
 * bits, the others out of 32. */
static void float_to_integer(struct jc *c, unsigned kind, unsigned to)
{
    unsigned width = is_wide(to) || to == JIT_U4 ? 8 : 4;
    double_in_xmm0(c, kind);
    if (to == JIT_U8 || to == JIT_NUINT) {
        double_to_u64(c);
        return;
    }
    x64_cvttf2si(&c->x, 8, width, RAX, XMM0);           /* cvttsd2si rax/eax, xmm0 */
    if (!is_wide(to))
        narrow(c, to);
}

static void integer_to_integer(struct jc *c, unsigned kind, unsigned to)
{
    if (!is_wide(to)) {
        narrow(c, to);
    } else if (kind == JIT_I4) {
        if (is_signed(to))
            x64_sx(&c->x, 8, 4, RAX, RAX);              /* movsxd rax, eax */
        else
            x64_mov(&c->x, 4, RAX, RAX);                /* mov eax, eax */
    }
}

static void to_float(struct jc *c, unsigned kind, unsigned to)
{
    struct x64 *x = &c->x;
    unsigned width = to == JIT_R8 ? 8 : 4;
    if (kind == to)
        return;
    if (is_float(kind)) {
        unsigned from = kind == JIT_R8 ? 8 : 4;
        x64_movd_to(x, from, XMM0, RAX);                /* movd/movq xmm0, rax */
        x64_cvtf2f(x, from, XMM0, XMM0);                /* cvtsd2ss / cvtss2sd */
    } else {
        x64_cvtsi2f(x, width, kind == JIT_I4 ? 4 : 8, XMM0, RAX);   /* cvtsi2sd xmm0, rax */
    }
    x64_movd_from(x, width, RAX, XMM0);                 /* movd/movq rax, xmm0 */
}

/* conv.r.un: an integer taken as unsigned. From 2^63 on: half of it (the lost bit kept, for the
 * rounding), doubled. */
static void unsigned_to_float(struct jc *c, unsigned kind)
{
    struct x64 *x = &c->x;
    uint32_t large, end;
    if (kind == JIT_I4) {
        x64_mov(x, 4, RAX, RAX);                        /* mov eax, eax */
        x64_cvtsi2f(x, 8, 8, XMM0, RAX);                /* cvtsi2sd xmm0, rax */
    } else {
        x64_test(x, 8, RAX, RAX);                       /* test rax, rax */
        large = x64_jcc_short(x, CC_S);                 /* js large */
        x64_cvtsi2f(x, 8, 8, XMM0, RAX);                /* cvtsi2sd xmm0, rax */
        end = x64_jmp_short(x);                         /* jmp end */
        x64_patch_short(x, large);
        x64_mov(x, 8, RCX, RAX);                        /* mov rcx, rax */
        x64_shift_imm(x, 8, SHIFT_SHR, RAX, 1);         /* shr rax, 1 */
        x64_alu_imm(x, 4, ALU_AND, RCX, 1);             /* and ecx, 1 */
        x64_alu(x, 8, ALU_OR, RAX, RCX);                /* or rax, rcx */
        x64_cvtsi2f(x, 8, 8, XMM0, RAX);                /* cvtsi2sd xmm0, rax */
        x64_fop(x, 8, SSE_ADD, XMM0, XMM0);             /* addsd xmm0, xmm0 */
        x64_patch_short(x, end);
    }
    x64_movd_from(x, 8, RAX, XMM0);                     /* movq rax, xmm0 */
}

static unsigned conv_target(uint16_t op)
{
    static const uint8_t first[] = {JIT_I1, JIT_I2, JIT_I4, JIT_I8, JIT_R4, JIT_R8, JIT_U4, JIT_U8};
    switch (op) {
    case IL_CONV_U2: return JIT_U2;
    case IL_CONV_U1: return JIT_U1;
    case IL_CONV_I: return JIT_NINT;
    case IL_CONV_U: return JIT_NUINT;
    case IL_CONV_R_UN: return JIT_R8;
    default: return first[op - IL_CONV_I1];
    }
}

void jc_visit_conv(struct jc *c)
{
    unsigned to = conv_target(c->in.opcode);
    struct jc_value value = jc_pop_rax(c);
    bool address = value.kind == JIT_BYREF || value.kind == JIT_REF;
    if (c->failed)
        return;
    if (address && (!is_wide(to) || is_float(to))) {
        bad_operand(c, value.kind);
        return;
    }
    if (address && value.kind == JIT_REF && to != JIT_NINT && to != JIT_NUINT) {
        bad_operand(c, value.kind);
        return;
    }
    if (c->in.opcode == IL_CONV_R_UN) {
        if (is_float(value.kind))
            to_float(c, value.kind, JIT_R8);
        else
            unsigned_to_float(c, value.kind);
        jc_push_kind(c, JIT_R8);
    } else if (is_float(to)) {
        to_float(c, value.kind, to);
        jc_push_kind(c, to);
    } else {
        if (is_float(value.kind))
            float_to_integer(c, value.kind, to);
        else
            integer_to_integer(c, value.kind, to);
        jc_push_kind(c, stack_kind(to));
    }
}

/* RAX holds an int64 (or, unsigned_source, a uint64): throws unless it fits. */
static void check_range(struct jc *c, unsigned to, bool unsigned_source)
{
    struct x64 *x = &c->x;
    bool sign_matters = is_wide(to) ? is_signed(to) == unsigned_source : unsigned_source;
    if (sign_matters) {
        x64_test(x, 8, RAX, RAX);                       /* test rax, rax */
        jc_throw_if(c, CC_S, JIT_H_THROW_OVERFLOW);     /* js overflow */
    }
    if (is_wide(to))
        return;
    if (is_signed(to))
        x64_sx(x, 8, small_bytes(to), RCX, RAX);        /* movsx rcx, al/ax/eax */
    else
        x64_zx(x, small_bytes(to), RCX, RAX);           /* movzx ecx, al/ax; mov ecx, eax */
    x64_alu(x, 8, ALU_CMP, RCX, RAX);                   /* cmp rcx, rax */
    jc_throw_if(c, CC_NE, JIT_H_THROW_OVERFLOW);        /* jne overflow */
}

/* cvttsd2si gives 1 << 63 for what does not fit, and for -2^63 itself. */
static void float_to_i64_checked(struct jc *c)
{
    struct x64 *x = &c->x;
    uint32_t fine;
    x64_cvttf2si(x, 8, 8, RAX, XMM0);                   /* cvttsd2si rax, xmm0 */
    x64_mov_imm(x, RCX, (uint64_t)INT64_MIN);           /* mov rcx, 1 << 63 */
    x64_alu(x, 8, ALU_CMP, RAX, RCX);                   /* cmp rax, rcx */
    fine = x64_jcc_short(x, CC_NE);                     /* jne fine */
    x64_mov_imm(x, RCX, 0xC3E0000000000000ull);         /* mov rcx, -2^63 as double */
    x64_movd_to(x, 8, XMM1, RCX);                       /* movq xmm1, rcx */
    x64_ucomis(x, 8, XMM0, XMM1);                       /* ucomisd xmm0, xmm1 */
    jc_throw_if(c, CC_P, JIT_H_THROW_OVERFLOW);         /* jp overflow: NaN */
    jc_throw_if(c, CC_NE, JIT_H_THROW_OVERFLOW);        /* jne overflow */
    x64_patch_short(x, fine);
}

static void float_to_u64_checked(struct jc *c)
{
    struct x64 *x = &c->x;
    uint32_t small, end;
    two_to_63(c);
    x64_ucomis(x, 8, XMM0, XMM1);                       /* ucomisd xmm0, xmm1 */
    jc_throw_if(c, CC_P, JIT_H_THROW_OVERFLOW);         /* jp overflow: NaN */
    small = x64_jcc_short(x, CC_B);                     /* jb small */
    x64_fop(x, 8, SSE_SUB, XMM0, XMM1);                 /* subsd xmm0, xmm1 */
    x64_cvttf2si(x, 8, 8, RAX, XMM0);                   /* cvttsd2si rax, xmm0 */
    x64_test(x, 8, RAX, RAX);                           /* test rax, rax */
    jc_throw_if(c, CC_S, JIT_H_THROW_OVERFLOW);         /* js overflow: 2^64 or more */
    x64_mov_imm(x, RCX, (uint64_t)INT64_MIN);           /* mov rcx, 1 << 63 */
    x64_alu(x, 8, ALU_XOR, RAX, RCX);                   /* xor rax, rcx */
    end = x64_jmp_short(x);                             /* jmp end */
    x64_patch_short(x, small);
    x64_cvttf2si(x, 8, 8, RAX, XMM0);                   /* cvttsd2si rax, xmm0 */
    x64_test(x, 8, RAX, RAX);                           /* test rax, rax */
    jc_throw_if(c, CC_S, JIT_H_THROW_OVERFLOW);         /* js overflow: -1 or less */
    x64_patch_short(x, end);
}

void jc_visit_conv_ovf(struct jc *c)
{
    static const uint8_t from_un[] = {JIT_I1, JIT_I2, JIT_I4, JIT_I8, JIT_U1, JIT_U2, JIT_U4,
                                      JIT_U8, JIT_NINT, JIT_NUINT};
    static const uint8_t from_signed[] = {JIT_I1, JIT_U1, JIT_I2, JIT_U2, JIT_I4, JIT_U4, JIT_I8,
                                          JIT_U8};
    uint16_t op = c->in.opcode;
    bool un = op >= IL_CONV_OVF_I1_UN && op <= IL_CONV_OVF_U_UN;
    unsigned to = un                      ? from_un[op - IL_CONV_OVF_I1_UN]
                  : op == IL_CONV_OVF_I   ? (unsigned)JIT_NINT
                  : op == IL_CONV_OVF_U   ? (unsigned)JIT_NUINT
                                          : from_signed[op - IL_CONV_OVF_I1];
    struct jc_value value = jc_pop_rax(c);
    if (c->failed)
        return;
    if (value.kind == JIT_REF || (value.kind == JIT_BYREF && !is_wide(to))) {
        bad_operand(c, value.kind);
        return;
    }
    if (is_float(value.kind)) {
        double_in_xmm0(c, value.kind);
        if (to == JIT_U8 || to == JIT_NUINT) {
            float_to_u64_checked(c);
        } else {
            float_to_i64_checked(c);
            check_range(c, to, false);
        }
    } else {
        if (value.kind == JIT_I4) {
            if (un)
                x64_mov(&c->x, 4, RAX, RAX);            /* mov eax, eax */
            else
                x64_sx(&c->x, 8, 4, RAX, RAX);          /* movsxd rax, eax */
        }
        check_range(c, to, un || value.kind == JIT_BYREF);
    }
    jc_push_kind(c, stack_kind(to));
}
