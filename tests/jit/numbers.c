/* Arithmetic, comparisons and conversions at edge values, compared with C's. */
#include "check.h"

#include <math.h>

static void binary(const char *name, unsigned op, uint32_t type, uint64_t a, uint64_t b,
                   uint64_t expected)
{
    uint64_t got, mask = toy_type(type).size == 4 ? 0xFFFFFFFFu : ~0ull;
    const uint8_t one[] = {IL_LDARG_0, IL_LDARG_1, (uint8_t)op, IL_RET};
    const uint8_t two[] = {IL_LDARG_0, IL_LDARG_1, 0xFE, (uint8_t)op, IL_RET};
    bool is_compare = op >= 0xFE00;
    if (is_compare)
        mask = 0xFFFFFFFFu;
    got = is_compare ? once(T_I4, ARGS(type, type), two, sizeof two, a, b)
                     : once(type, ARGS(type, type), one, sizeof one, a, b);
    if (toy.thrown)
        got = 0xBAD00 + (unsigned)toy.thrown;
    CHECK((got & mask) == (expected & mask) || got == expected, "%s(%llx, %llx) = %llx, not %llx",
          name, (unsigned long long)a, (unsigned long long)b, (unsigned long long)got,
          (unsigned long long)expected);
}

void arithmetic(void)
{
    static const uint64_t samples[] = {0, 1, 2, 7, 31, 63, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000,
        0x7FFFFFFF,
                                       0x80000000, 0xFFFFFFFF, 0x100000000, 0x123456789ABCDEF,
                                       0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFFFFF};
    enum { N = sizeof samples / sizeof *samples };
    uint64_t overflow = 0xBAD00 + JIT_H_THROW_OVERFLOW, zero = 0xBAD00 + JIT_H_THROW_DIV_ZERO;
    for (unsigned i = 0; i < N; i++) {
        for (unsigned j = 0; j < N; j++) {
            uint64_t a = samples[i], b = samples[j];
            int64_t sa = (int64_t)a, sb = (int64_t)b, s;
            uint64_t u;
            int32_t ia = (int32_t)a, ib = (int32_t)b, r;
            uint32_t v;
            toy_reset();
            binary("add", IL_ADD, T_I8, a, b, a + b);
            binary("sub", IL_SUB, T_I8, a, b, a - b);
            binary("mul", IL_MUL, T_I8, a, b, a * b);
            binary("xor", IL_XOR, T_I8, a, b, a ^ b);
            binary("div.un", IL_DIV_UN, T_I8, a, b, b ? a / b : zero);
            binary("rem.un", IL_REM_UN, T_I8, a, b, b ? a % b : zero);
            binary("div", IL_DIV, T_I8, a, b,
                   !b ? zero : sa == INT64_MIN && sb == -1 ? overflow : (uint64_t)(sa / sb));
            binary("rem", IL_REM, T_I8, a, b,
                   !b ? zero : sa == INT64_MIN && sb == -1 ? overflow : (uint64_t)(sa % sb));
            binary("shr.un", IL_SHR_UN, T_I8, a, b, a >> (b & 63));
            binary("shr", IL_SHR, T_I8, a, b, (uint64_t)(sa >> (b & 63)));
            binary("shl", IL_SHL, T_I8, a, b, a << (b & 63));
            binary("add.ovf", IL_ADD_OVF, T_I8, a, b, __builtin_add_overflow(sa, sb,
                &s) ? overflow : (uint64_t)s);
            binary("sub.ovf", IL_SUB_OVF, T_I8, a, b, __builtin_sub_overflow(sa, sb,
                &s) ? overflow : (uint64_t)s);
            binary("mul.ovf", IL_MUL_OVF, T_I8, a, b, __builtin_mul_overflow(sa, sb,
                &s) ? overflow : (uint64_t)s);
            binary("add.ovf.un", IL_ADD_OVF_UN, T_I8, a, b, __builtin_add_overflow(a, b,
                &u) ? overflow : u);
            binary("sub.ovf.un", IL_SUB_OVF_UN, T_I8, a, b, __builtin_sub_overflow(a, b,
                &u) ? overflow : u);
            binary("mul.ovf.un", IL_MUL_OVF_UN, T_I8, a, b, __builtin_mul_overflow(a, b,
                &u) ? overflow : u);
            binary("ceq", IL_CEQ, T_I8, a, b, a == b);
            binary("cgt", IL_CGT, T_I8, a, b, sa > sb);
            binary("cgt.un", IL_CGT_UN, T_I8, a, b, a > b);
            binary("clt", IL_CLT, T_I8, a, b, sa < sb);
            binary("clt.un", IL_CLT_UN, T_I8, a, b, a < b);
            binary("add", IL_ADD, T_I4, a, b, (uint32_t)(a + b));
            binary("mul", IL_MUL, T_I4, a, b, (uint32_t)(a * b));
            binary("div", IL_DIV, T_I4, a, b,
                   !ib ? zero : ia == INT32_MIN && ib == -1 ? overflow : (uint32_t)(ia / ib));
            binary("div.un", IL_DIV_UN, T_I4, a, b, !ib ? zero : (uint32_t)a / (uint32_t)b);
            binary("rem.un", IL_REM_UN, T_I4, a, b, !ib ? zero : (uint32_t)a % (uint32_t)b);
            binary("shr.un", IL_SHR_UN, T_I4, a, b, (uint32_t)a >> (b & 31));
            binary("shr", IL_SHR, T_I4, a, b, (uint32_t)(ia >> (b & 31)));
            binary("add.ovf", IL_ADD_OVF, T_I4, a, b, __builtin_add_overflow(ia, ib,
                &r) ? overflow : (uint32_t)r);
            binary("mul.ovf.un", IL_MUL_OVF_UN, T_I4, a, b,
                   __builtin_mul_overflow((uint32_t)a, (uint32_t)b, &v) ? overflow : v);
            binary("clt", IL_CLT, T_I4, a, b, ia < ib);
            binary("cgt.un", IL_CGT_UN, T_I4, a, b, (uint32_t)a > (uint32_t)b);
        }
    }
}

static double call_dd(const uint8_t *il, uint32_t size, double a, double b)
{
    toy_reset();
    void *code = toy_compile(toy_add_method("f", false, 0, T_R8, ARGS(T_R8, T_R8), NONE, il, size));
    CHECK(code != NULL, "no code");
    return code ? ((ABI double (*)(double, double))code)(a, b) : 0;
}

static int compare_dd(unsigned op, double a, double b)
{
    const uint8_t il[] = {IL_LDARG_0, IL_LDARG_1, 0xFE, (uint8_t)op, IL_RET};
    toy_reset();
    void *code = toy_compile(toy_add_method("f", false, 0, T_I4, ARGS(T_R8, T_R8), NONE, il,
        sizeof il));
    CHECK(code != NULL, "no code");
    return code ? ((ABI int (*)(double, double))code)(a, b) : 0;
}

static int branch_dd(unsigned op, double a, double b)
{
    const uint8_t il[] = {IL_LDARG_0, IL_LDARG_1, (uint8_t)op, 2, IL_LDC_I4_0, IL_RET, IL_LDC_I4_1,
                          IL_RET};
    toy_reset();
    void *code = toy_compile(toy_add_method("f", false, 0, T_I4, ARGS(T_R8, T_R8), NONE, il,
        sizeof il));
    CHECK(code != NULL, "no code");
    return code ? ((ABI int (*)(double, double))code)(a, b) : 0;
}

void floats(void)
{
    static const double samples[] = {0, -0.0, 1.5, -2.25, 1e300, INFINITY, -INFINITY, NAN};
    enum { N = sizeof samples / sizeof *samples };
    CHECK(call_dd(IL(IL_LDARG_0, IL_LDARG_1, IL_ADD, IL_RET), 1.5, 2) == 3.5, "add");
    CHECK(call_dd(IL(IL_LDARG_0, IL_LDARG_1, IL_SUB, IL_RET), 1.5, 2) == -0.5, "sub");
    CHECK(call_dd(IL(IL_LDARG_0, IL_LDARG_1, IL_DIV, IL_RET), 1, 4) == 0.25, "div");
    CHECK(call_dd(IL(IL_LDARG_0, IL_LDARG_1, IL_REM, IL_RET), 7.5, 2) == 1.5, "rem");
    CHECK(call_dd(IL(IL_LDARG_0, IL_NEG, IL_RET), 7.5, 2) == -7.5, "neg");
    CHECK(call_dd(IL(IL_LDARG_0, IL_CONV_R4, IL_CONV_R8, IL_RET), 0.1, 0) == (double)0.1f, "r4");
    CHECK(call_dd(IL(IL_LDARG_0, IL_CONV_R4, IL_RET), 0.1, 0) == (double)0.1f, "r4 returned");
    for (unsigned i = 0; i < N; i++) {
        for (unsigned j = 0; j < N; j++) {
            double a = samples[i], b = samples[j];
            bool un = isnan(a) || isnan(b);
            CHECK(compare_dd(IL_CEQ, a, b) == (a == b), "ceq %g %g", a, b);
            CHECK(compare_dd(IL_CGT, a, b) == (a > b), "cgt %g %g", a, b);
            CHECK(compare_dd(IL_CLT, a, b) == (a < b), "clt %g %g", a, b);
            CHECK(compare_dd(IL_CGT_UN, a, b) == (un || a > b), "cgt.un %g %g", a, b);
            CHECK(compare_dd(IL_CLT_UN, a, b) == (un || a < b), "clt.un %g %g", a, b);
            CHECK(branch_dd(IL_BEQ_S, a, b) == (a == b), "beq %g %g", a, b);
            CHECK(branch_dd(IL_BNE_UN_S, a, b) == (un || a != b), "bne.un %g %g", a, b);
            CHECK(branch_dd(IL_BGE_S, a, b) == (a >= b), "bge %g %g", a, b);
            CHECK(branch_dd(IL_BGT_S, a, b) == (a > b), "bgt %g %g", a, b);
            CHECK(branch_dd(IL_BLE_S, a, b) == (a <= b), "ble %g %g", a, b);
            CHECK(branch_dd(IL_BLT_S, a, b) == (a < b), "blt %g %g", a, b);
            CHECK(branch_dd(IL_BGE_UN_S, a, b) == (un || a >= b), "bge.un %g %g", a, b);
            CHECK(branch_dd(IL_BGT_UN_S, a, b) == (un || a > b), "bgt.un %g %g", a, b);
            CHECK(branch_dd(IL_BLE_UN_S, a, b) == (un || a <= b), "ble.un %g %g", a, b);
            CHECK(branch_dd(IL_BLT_UN_S, a, b) == (un || a < b), "blt.un %g %g", a, b);
        }
    }
}

static uint64_t convert(unsigned op, uint32_t from, uint64_t value)
{
    uint64_t got = once(T_I8, ARGS(from), (const uint8_t[]){IL_LDARG_0, (uint8_t)op, IL_CONV_I8,
        IL_RET},
                        4, value, 0);
    return toy.thrown ? 0xBAD00 + (unsigned)toy.thrown : got;
}

static uint64_t convert_double(unsigned op, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, 8);
    /* the double travels as its bits, through a local that the IL reinterprets */
    const uint8_t il[] = {IL_LDARGA_S, 0, IL_LDIND_R8, (uint8_t)op, IL_CONV_I8, IL_RET};
    uint64_t got = once(T_I8, ARGS(T_I8), il, sizeof il, bits, 0);
    return toy.thrown ? 0xBAD00 + (unsigned)toy.thrown : got;
}

void conversions(void)
{
    uint64_t over = 0xBAD00 + JIT_H_THROW_OVERFLOW;
    CHECK(convert(IL_CONV_I1, T_I4, 0x180) == (uint64_t)-128, "conv.i1");
    CHECK(convert(IL_CONV_U1, T_I4, 0x180) == 0x80, "conv.u1");
    CHECK(convert(IL_CONV_I2, T_I8, 0x18000) == (uint64_t)-0x8000, "conv.i2");
    CHECK(convert(IL_CONV_I8, T_I4, 0x80000000) == 0xFFFFFFFF80000000, "conv.i8");
    CHECK(convert(IL_CONV_U8, T_I4, 0x80000000) == 0x80000000, "conv.u8");
    CHECK(convert(IL_CONV_OVF_I1, T_I4, 127) == 127, "conv.ovf.i1");
    CHECK(convert(IL_CONV_OVF_I1, T_I4, 128) == over, "conv.ovf.i1 128");
    CHECK(convert(IL_CONV_OVF_I1_UN, T_I4, 0xFFFFFFFF) == over, "conv.ovf.i1.un -1");
    CHECK(convert(IL_CONV_OVF_I1_UN, T_I8, ~0ull) == over, "conv.ovf.i1.un -1L");
    CHECK(convert(IL_CONV_OVF_U1, T_I4, 0xFFFFFFFF) == over, "conv.ovf.u1 -1");
    CHECK(convert(IL_CONV_OVF_U4, T_I8, 0xFFFFFFFF) == 0xFFFFFFFFFFFFFFFF, "conv.ovf.u4");
    CHECK(convert(IL_CONV_OVF_U4, T_I4, 0xFFFFFFFF) == over, "conv.ovf.u4 -1");
    CHECK(convert(IL_CONV_OVF_U8, T_I8, ~0ull) == over, "conv.ovf.u8 -1");
    CHECK(convert(IL_CONV_OVF_U8_UN, T_I8, ~0ull) == ~0ull, "conv.ovf.u8.un");
    CHECK(convert(IL_CONV_OVF_I8_UN, T_I8, ~0ull) == over, "conv.ovf.i8.un");
    CHECK(convert(IL_CONV_OVF_I8_UN, T_I4, 0xFFFFFFFF) == 0xFFFFFFFF, "conv.ovf.i8.un int");
    CHECK(convert_double(IL_CONV_I8, -3.7) == (uint64_t)-3, "conv.i8 double");
    CHECK(convert_double(IL_CONV_U8, 1.2e19) == 12000000000000000000ull, "conv.u8 double");
    CHECK(convert_double(IL_CONV_OVF_I4, 2147483647.9) == 2147483647, "conv.ovf.i4 double");
    CHECK(convert_double(IL_CONV_OVF_I4, 2147483648.0) == over, "conv.ovf.i4 2^31");
    CHECK(convert_double(IL_CONV_OVF_I8, -9223372036854775808.0) == 1ull << 63, "conv.ovf.i8 MIN");
    CHECK(convert_double(IL_CONV_OVF_I8, 9223372036854775808.0) == over, "conv.ovf.i8 2^63");
    CHECK(convert_double(IL_CONV_OVF_I8, NAN) == over, "conv.ovf.i8 NaN");
    CHECK(convert_double(IL_CONV_OVF_U8, 9223372036854775808.0) == 1ull << 63, "conv.ovf.u8 2^63");
    CHECK(convert_double(IL_CONV_OVF_U8, 18446744073709551616.0) == over, "conv.ovf.u8 2^64");
    CHECK(convert_double(IL_CONV_OVF_U8, -0.5) == 0, "conv.ovf.u8 -0.5");
    CHECK(convert_double(IL_CONV_OVF_U8, -1) == over, "conv.ovf.u8 -1");
    CHECK(convert_double(IL_CONV_OVF_U1, 255.9) == 255, "conv.ovf.u1 255.9");
    toy_reset();
    void *code = toy_compile(toy_add_method("f", false, 0, T_R8, ARGS(T_I8), NONE,
                                            IL(IL_LDARG_0, IL_CONV_R_UN, IL_RET)));
    static const uint64_t u[] = {0, 1, 1ull << 63, ~0ull, 0x8000000000000401, 0xFFFFFFFFFFFFFBFF};
    for (unsigned i = 0; i < sizeof u / sizeof *u; i++)
        CHECK(((ABI double (*)(uint64_t))code)(u[i]) == (double)u[i], "conv.r.un %llx",
              (unsigned long long)u[i]);
}
