/* The JIT alone: hand-assembled IL, run on the host. One line per failure; status 1 when there
 * is one. Built with ASAN and UBSAN by test_jit.py, which also looks at the code with capstone
 * (`--dump`). */
#include "check.h"

#include <math.h>

int failures, checks;

typedef ABI uint64_t (*fn)(uint64_t, uint64_t, uint64_t, uint64_t);

/* Calls f and tells whether it kept the registers that belong to the caller. */
uint64_t call_checked(fn f, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t *kept);
__asm__(".text\n"
        "call_checked:\n push %rbp\n mov %rsp, %rbp\n push %rbx\n push %r12\n push %r13\n"
        "push %r14\n push %r15\n push %r9\n sub $32, %rsp\n"
        "mov %rdi, %rax\n mov %r8, %r9\n mov %rcx, %r8\n mov %rsi, %rcx\n"
        "mov $0x11, %ebx\n mov $0x22, %r12d\n mov $0x33, %r13d\n mov $0x44, %r14d\n"
        "mov $0x55, %r15d\n mov $0x66, %esi\n mov $0x77, %edi\n"
        "call *%rax\n"
        "mov 32(%rsp), %r9\n"
        "xor $0x11, %rbx\n xor $0x22, %r12\n or %r12, %rbx\n xor $0x33, %r13\n or %r13, %rbx\n"
        "xor $0x44, %r14\n or %r14, %rbx\n xor $0x55, %r15\n or %r15, %rbx\n"
        "xor $0x66, %rsi\n or %rsi, %rbx\n xor $0x77, %rdi\n or %rdi, %rbx\n"
        "mov %rbx, (%r9)\n add $40, %rsp\n pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbx\n"
        "pop %rbp\n ret\n");

static uint64_t run(uint32_t method, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    uint64_t kept = 0, result;
    void *code = toy_method(method)->code ? toy_method(method)->entry : toy_compile(method);
    CHECK(code != NULL, "%s does not compile", toy_method(method)->name);
    if (code == NULL)
        return 0xDEAD;
    toy.thrown = 0;
    if (setjmp(toy.catcher) != 0)
        return 0xDEAD;
    result = call_checked((fn)code, a, b, c, d, &kept);
    CHECK(kept == 0, "%s loses callee-saved registers", toy_method(method)->name);
    return result;
}

static uint64_t once(uint32_t ret, const uint32_t *args, const uint8_t *il, uint32_t size,
    uint64_t a,
                     uint64_t b)
{
    toy_reset();
    return run(toy_add_method("once", false, 0, ret, args, NONE, il, size), a, b, 0, 0);
}

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

static void arithmetic(void)
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

static void floats(void)
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

static void conversions(void)
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

/* ---- structs of each size, gcc's ms_abi on the other side ---- */
#define SIZES(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(12) X(16) X(24) X(32) X(64) X(200)
#define STRUCT_TEST(n)                                                                             \
    typedef struct { uint8_t b[n]; } s##n;                                                         \
    static ABI s##n native_##n(uint32_t x, s##n v, double d, s##n w)                               \
    {                                                                                              \
        for (int i = 0; i < n; i++)                                                                \
            v.b[i] = (uint8_t)(v.b[i] + w.b[i] + x + (uint32_t)d);                                 \
        return v;                                                                                  \
    }                                                                                              \
    static void struct_##n(void)                                                                   \
    {                                                                                              \
        uint32_t type = T_S##n, native, forward, local, x;                                         \
        const uint32_t args[] = {T_I4, type, T_R8, type, 0};                                       \
        s##n a, b, r, e;                                                                           \
        typedef ABI s##n (*f)(uint32_t, s##n, double, s##n);                                       \
        for (int i = 0; i < n; i++) {                                                              \
            a.b[i] = (uint8_t)(i * 7 + 1);                                                         \
            b.b[i] = (uint8_t)(i * 3 + 2);                                                         \
        }                                                                                          \
        e = native_##n(5, a, 2.0, b);                                                              \
        toy_reset();                                                                               \
        native = toy_add_native("native", false, 0, type, args, (void *)native_##n);               \
        forward = toy_add_method("forward", false, 0, type, args, NONE,                            \
            IL(IL_LDARG_0, IL_LDARG_1, IL_LDARG_2, IL_LDARG_3, IL_CALL, METHOD(1), IL_RET));       \
        local = toy_add_method("local", false, 0, type, args, ARGS(T_I1, type, type),              \
            IL(IL_LDARG_1, IL_STLOC_1, IL_LDLOC_1, IL_DUP, IL_STLOC_2, IL_STARG_S, 3, IL_LDARG_0,  \
               IL_LDLOC_2, IL_LDARG_2, IL_LDARG_3, IL_CALL, METHOD(2), IL_DUP, IL_POP, IL_RET));   \
        (void)native;                                                                              \
        f code = (f)toy_compile(forward);                                                          \
        CHECK(code != NULL, "no code");                                                            \
        r = code(5, a, 2.0, b);                                                                    \
        CHECK(memcmp(&r, &e, n) == 0, "forward of size %d", n);                                    \
        code = (f)toy_compile(local);                                                              \
        CHECK(code != NULL, "no code");                                                            \
        r = code(5, a, 2.0, b);                                                                    \
        e = native_##n(5, a, 2.0, a);                                                              \
        CHECK(memcmp(&r, &e, n) == 0, "local of size %d", n);                                      \
        x = toy_add_field(T_CLASS, type, 8, NULL);                                                 \
        (void)x;                                                                                   \
        uint32_t store = toy_add_method("store", false, 0, 0, ARGS(T_CLASS, type, T_NINT), NONE,   \
            IL(IL_LDARG_0, IL_LDARG_1, IL_STFLD, FIELD(1), IL_LDARG_2, IL_LDARG_0, IL_LDFLD,       \
               FIELD(1), IL_STOBJ, TYPE(T_S##n), IL_RET));                                         \
        ABI void (*st)(void *, s##n, void *) = (ABI void (*)(void *, s##n, void *))toy_compile(store); \
        uint8_t *object = malloc(8 + n), *out = malloc(n);                                         \
        CHECK(st != NULL, "no code");                                                              \
        st(object, a, out);                                                                        \
        CHECK(memcmp(object + 8, &a, n) == 0 && memcmp(out, &a, n) == 0, "field of size %d", n);   \
        free(object);                                                                              \
        free(out);                                                                                 \
    }
SIZES(STRUCT_TEST)

static ABI double many(int8_t a, double b, uint16_t c, float d, int64_t e, float f, uint8_t g,
    double h)
{
    return a + 10 * b + 100 * c + 1000 * (double)d + 1e4 * (double)e + 1e5 * (double)f + 1e6 * g + 1e7 * h;
}

static ABI uint64_t rubbish(void)
{
    return 0xFFFFFFFFFFFFFF85;  /* a bool or sbyte callee may leave this */
}

static void calls(void)
{
    static const uint32_t args[] = {T_I1, T_R8, T_U2, T_R4, T_I8, T_R4, T_U1, T_R8, 0};
    toy_reset();
    toy_add_native("many", false, 0, T_R8, args, (void *)many);
    uint32_t m = toy_add_method("forward", false, 0, T_R8, args, NONE,
        IL(IL_LDC_I4_3, IL_LDARG_0, IL_LDARG_1, IL_LDARG_2, IL_LDARG_3, IL_LDARG_S, 4, IL_LDARG_S,
            5,
           IL_LDARG_S, 6, IL_LDARG_S, 7, IL_CALL, METHOD(1), IL_STARG_S, 1, IL_POP, IL_LDARG_1,
               IL_RET));
    ABI double (*f)(int8_t, double, uint16_t, float, int64_t, float, uint8_t, double) =
        (ABI double (*)(int8_t, double, uint16_t, float, int64_t, float, uint8_t,
            double))toy_compile(m);
    CHECK(f != NULL, "no code");
    CHECK(f(-3, 2.5, 65535, 1.25f, -7, 2.5f, 255, 0.5) == many(-3, 2.5, 65535, 1.25f, -7, 2.5f,
        255, 0.5),
          "many");
    toy_reset();
    toy_add_native("rubbish", false, 0, T_I1, NONE, (void *)rubbish);
    toy_add_native("rubbish", false, 0, T_U1, NONE, (void *)rubbish);
    m = toy_add_method("f", false, 0, T_I4, NONE, NONE,
                       IL(IL_CALL, METHOD(1), IL_CALL, METHOD(2), IL_ADD, IL_RET));
    CHECK((int32_t)run(m, 0, 0, 0, 0) == 0x85 + (int8_t)0x85, "small returns");
    /* virtual, interface (toy: R10 holds the method), indirect */
    toy_reset();
    uint32_t target = toy_add_method("target", true, T_CLASS, T_I4, ARGS(T_I4), NONE,
                                     IL(IL_LDARG_1, IL_LDC_I4_1, IL_ADD, IL_RET));
    toy_compile(target);
    toy_method(target)->flags = JIT_M_VIRTUAL;
    toy_method(target)->slot = 2;
    toy.types[T_CLASS - 1].method_table[3 + 2] = (uint64_t)(uintptr_t)toy_method(target)->entry;
    void *object[2] = {toy.types[T_CLASS - 1].method_table, NULL};
    m = toy_add_method("v", false, 0, T_I4, ARGS(T_CLASS, T_I4), NONE,
                       IL(IL_LDARG_0, IL_LDARG_1, IL_CALLVIRT, METHOD(1), IL_RET));
    CHECK(run(m, (uint64_t)(uintptr_t)object, 41, 0, 0) == 42, "virtual");
    toy_method(target)->flags = JIT_M_VIRTUAL | JIT_M_INTERFACE;
    m = toy_add_method("i", false, 0, T_I4, ARGS(T_CLASS, T_I4), NONE,
                       IL(IL_LDARG_0, IL_LDARG_1, IL_CALLVIRT, METHOD(1), IL_RET));
    CHECK(run(m, (uint64_t)(uintptr_t)object, 41, 0, 0) == 42, "interface");
    m = toy_add_method("calli", false, 0, T_I4, ARGS(T_CLASS, T_I4), NONE,
                       IL(IL_LDARG_0, IL_LDARG_1, TWO(IL_LDFTN), METHOD(1), IL_CALLI, METHOD(1),
                           IL_RET));
    CHECK(run(m, (uint64_t)(uintptr_t)object, 41, 0, 0) == 42, "calli");
}

static void objects(void)
{
    toy_reset();
    uint32_t ctor, m;
    toy_add_field(T_CLASS, T_I4, 8, NULL);
    toy_add_field(T_CLASS, T_U1, 12, NULL);
    toy_add_field(T_CLASS, T_R8, 16, NULL);
    ctor = toy_add_method(".ctor", true, T_CLASS, 0, ARGS(T_I4, T_I4), NONE,
                          IL(IL_LDARG_0, IL_LDARG_1, IL_LDARG_2, IL_SUB, IL_STFLD, FIELD(1),
                              IL_RET));
    toy_compile(ctor);
    m = toy_add_method("new", false, 0, T_I4, ARGS(T_I4, T_I4), ARGS(T_CLASS),
        IL(IL_LDARG_0, IL_LDARG_1, IL_NEWOBJ, METHOD(1), IL_DUP, IL_LDC_I4, U32(0x1FF), IL_STFLD,
            FIELD(2),
           IL_STLOC_0, IL_LDLOC_0, IL_LDC_R4, 0, 0, 0x20, 0x41, IL_STFLD, FIELD(3),
           IL_LDLOC_0, IL_LDFLD, FIELD(1), IL_LDLOC_0, IL_LDFLD, FIELD(2), IL_ADD,
           IL_LDLOC_0, IL_LDFLDA, FIELD(3), IL_LDIND_R8, IL_CONV_I4, IL_ADD, IL_RET));
    CHECK(run(m, 50, 8, 0, 0) == 50 - 8 + 255 + 10, "newobj");
    CHECK(toy_method(m)->code->saved_registers == (1 << 3), "saved registers");
    CHECK(toy_method(m)->code->store_site_count == 2, "store sites");
    CHECK(toy_method(m)->code->store_sites[0].displacement == 12, "displacement");
    m = toy_add_method("array", false, 0, T_I4, ARGS(T_I4, T_I4), ARGS(T_OBJECT),
        IL(IL_LDC_I4_5, IL_NEWARR, TYPE(T_I4), IL_STLOC_0, IL_LDLOC_0, IL_LDARG_0, IL_LDARG_1,
            IL_STELEM_I4,
           IL_LDLOC_0, IL_LDARG_0, IL_LDELEM_I4, IL_LDLOC_0, IL_LDLEN, IL_CONV_I4, IL_ADD, IL_RET));
    CHECK(run(m, 3, 37, 0, 0) == 42, "array");
    run(m, 5, 37, 0, 0);
    CHECK(toy.thrown == JIT_H_THROW_RANGE, "index 5");
    run(m, (uint64_t)-1, 37, 0, 0);
    CHECK(toy.thrown == JIT_H_THROW_RANGE, "index -1");
    m = toy_add_method("box", false, 0, T_I4, ARGS(T_I4), NONE,
        IL(IL_LDARG_0, IL_BOX, TYPE(T_U2), IL_UNBOX_ANY, TYPE(T_U2), IL_RET));
    CHECK(run(m, 0x12345, 0, 0, 0) == 0x2345, "box");
    /* the value-type array, element size not a power of two */
    toy_add_field(T_S12, T_I4, 4, NULL);
    m = toy_add_method("structs", false, 0, T_I4, ARGS(T_I4), ARGS(T_OBJECT, T_S12),
        IL(IL_LDC_I4_4, IL_NEWARR, TYPE(T_S12), IL_STLOC_0, IL_LDLOCA_S, 1, IL_LDARG_0, IL_STFLD,
            FIELD(4),
           IL_LDLOC_0, IL_LDC_I4_2, IL_LDLOC_1, IL_STELEM, TYPE(T_S12),
           IL_LDLOC_0, IL_LDC_I4_2, IL_LDELEM, TYPE(T_S12), IL_LDFLD, FIELD(4),
           IL_LDLOC_0, IL_LDC_I4_2, IL_LDELEMA, TYPE(T_S12), IL_LDFLD, FIELD(4), IL_ADD, IL_RET));
    CHECK(run(m, 21, 0, 0, 0) == 42, "array of structs");
    uint32_t vctor = toy_add_method(".ctor", true, T_S12, 0, ARGS(T_I4), NONE,
        IL(IL_LDARG_0, IL_LDARG_1, IL_STFLD, FIELD(4), IL_RET));
    toy_compile(vctor);
    m = toy_add_method("newvalue", false, 0, T_I4, ARGS(T_I4), NONE,
        IL(IL_LDC_I4_1, IL_LDARG_0, IL_NEWOBJ, METHOD(6), IL_LDFLD, FIELD(4), IL_ADD, IL_RET));
    CHECK(vctor == 6, "method number");
    CHECK(run(m, 41, 0, 0, 0) == 42, "newobj of a value");
    m = toy_add_method("trace", false, 0, 0, ARGS(T_CLASS, T_I4), NONE,
        IL(IL_LDARG_0, IL_LDARG_1, IL_STFLD, FIELD(1), IL_RET));
    toy_method(m)->traces = JIT_TRACE_STFLD;
    uint64_t object[4] = {0};
    extern uint64_t toy_trace_object[2];
    run(m, (uint64_t)(uintptr_t)object, 7, 0, 0);
    CHECK(object[1] == 7 && toy_trace_object[0] == (uint64_t)(uintptr_t)object && toy_trace_object[1] == 8,
          "trace at run time");
    CHECK(strcmp(toy.trace, "[JIT stfld] token=0x04000001 offset=8 size=4") == 0, "%s", toy.trace);
}

static void flow(void)
{
    toy_reset();
    /* sum 1..n */
    uint32_t m = toy_add_method("loop", false, 0, T_I4, ARGS(T_I4), ARGS(T_I4),
        IL(IL_BR_S, 8, IL_LDLOC_0, IL_LDARG_0, IL_ADD, IL_STLOC_0, IL_LDARG_0, IL_LDC_I4_1, IL_SUB,
            IL_STARG_S, 0,
           IL_LDARG_0, IL_BRTRUE_S, (uint8_t)-12, IL_LDLOC_0, IL_RET));
    toy_method(m)->body.init_locals = true;
    /* br.s 8 would enter in the middle of starg.s: refused */
    CHECK(toy_compile(m) == NULL && strstr(toy.error.message, "inside an instruction"),
        "bad target");
    m = toy_add_method("loop", false, 0, T_I4, ARGS(T_I4), ARGS(T_I4),
        IL(IL_BR_S, 9, IL_LDLOC_0, IL_LDARG_0, IL_ADD, IL_STLOC_0, IL_LDARG_0, IL_LDC_I4_1, IL_SUB,
            IL_STARG_S, 0,
           IL_LDARG_0, IL_BRTRUE_S, (uint8_t)-12, IL_LDLOC_0, IL_RET));
    CHECK(run(m, 10, 0, 0, 0) == 55, "loop");
    m = toy_add_method("conditional", false, 0, T_I4, ARGS(T_I4), NONE,
        IL(IL_LDC_I4_8, IL_LDARG_0, IL_BRTRUE_S, 3, IL_LDC_I4_1, IL_BR_S, 1, IL_LDC_I4_2, IL_MUL,
            IL_RET));
    CHECK(run(m, 0, 0, 0, 0) == 8 && run(m, 9, 0, 0, 0) == 16, "?:");
    uint8_t il[256];
    for (unsigned n = 1; n <= 20; n++) {
        unsigned at = 0;
        il[at++] = IL_LDARG_0;
        il[at++] = IL_SWITCH;
        il[at++] = (uint8_t)n, il[at++] = 0, il[at++] = 0, il[at++] = 0;
        for (unsigned i = 0; i < n; i++) {
            il[at++] = (uint8_t)(3 + 3 * i), il[at++] = 0, il[at++] = 0, il[at++] = 0;
        }
        il[at++] = IL_LDC_I4_S, il[at++] = 99, il[at++] = IL_RET;
        for (unsigned i = 0; i < n; i++)
            il[at++] = IL_LDC_I4_S, il[at++] = (uint8_t)i, il[at++] = IL_RET;
        toy_reset();
        m = toy_add_method("switch", false, 0, T_I4, ARGS(T_I4), NONE, il, at);
        for (unsigned i = 0; i < n; i++)
            CHECK(run(m, i, 0, 0, 0) == i, "switch %u of %u", i, n);
        CHECK(run(m, n, 0, 0, 0) == 99 && run(m, 0xFFFFFFFF, 0, 0, 0) == 99, "default of %u", n);
    }
    static const struct jit_il_clause clauses[] = {{2, 0, 5, 5, 5, 0}, {2, 0, 10, 10, 5, 0}};
    toy_reset();
    m = toy_add_method("finally", false, 0, T_I4, ARGS(T_I4), NONE,
        IL(IL_NOP, IL_LDARG_0, IL_POP, IL_LEAVE_S, 10,
           IL_LDARG_0, IL_LDC_I4_1, IL_ADD, IL_STARG_S, 0));
    (void)m;
    m = toy_add_method("finally", false, 0, T_I4, ARGS(T_I4), NONE,
        IL(IL_NOP, IL_LDARG_0, IL_LDC_I4_5, IL_LEAVE_S, 12,                                  /* 0 */
           IL_LDARG_0, IL_LDC_I4_1, IL_ADD, IL_STARG_S, 0, IL_ENDFINALLY,                    /* 5 */
           /* 11 */
           IL_LDARG_0, IL_LDC_I4_2, IL_MUL, IL_STARG_S, 0, IL_ENDFINALLY,
           /* 17 */
           IL_LDARG_0, IL_RET));
    static const struct jit_il_clause nested[] = {{2, 0, 5, 5, 6, 0}, {2, 0, 11, 11, 6, 0}};
    (void)clauses;
    toy_method(m)->body.clauses = nested;
    toy_method(m)->body.clause_count = 2;
    CHECK(run(m, 20, 0, 0, 0) == 42, "finally");
    m = toy_add_method("localloc", false, 0, T_I4, ARGS(T_I4), ARGS(T_NINT),
        IL(IL_LDARG_0, TWO(IL_LOCALLOC), IL_STLOC_0, IL_LDLOC_0, IL_LDARG_0, IL_ADD, IL_LDC_I4_1,
            IL_SUB,
           IL_LDC_I4_S, 42, IL_STIND_I1, IL_LDLOC_0, IL_LDIND_U1, IL_LDLOC_0, IL_LDARG_0, IL_ADD,
               IL_LDC_I4_1,
           IL_SUB, IL_LDIND_U1, IL_ADD, IL_RET));
    CHECK(run(m, 10000, 0, 0, 0) == 42, "localloc");
}

/* Frames of more than a page, and calls that need more than one. */
static void large_frames(void)
{
    static uint32_t locals[61];
    for (unsigned n = 1; n <= 60; n++) {
        for (unsigned i = 0; i < n; i++)
            locals[i] = T_S200;
        locals[n] = 0;
        toy_reset();
        toy_add_native("native", false, 0, T_S200, (const uint32_t[]){T_I4, T_S200, T_R8, T_S200,
            0},
                       (void *)native_200);
        uint32_t m = toy_add_method("large", false, 0, T_I4, ARGS(T_I4), locals,
            IL(IL_LDARG_0, IL_LDLOC_0, IL_LDC_R8, 0, 0, 0, 0, 0, 0, 0, 0x40, IL_LDLOC_0, IL_CALL,
                METHOD(1),
               IL_STLOC_0, IL_LDLOCA_S, 0, IL_LDIND_U1, IL_RET));
        CHECK(run(m, 40, 0, 0, 0) == 42, "%u large locals", n);
        CHECK(toy_method(m)->code->frame_size >= 40 + 200 * n, "frame of %u", n);
    }
}

static void faults(void)
{
    toy_reset();
    toy_add_field(T_CLASS, T_I4, 8, NULL);
    uint32_t m = toy_add_method("lost", false, 0, 0, ARGS(T_CLASS, T_I4), NONE,
        IL(IL_LDARG_0, IL_LDARG_1, IL_STFLD, FIELD(1), IL_RET));
    uint64_t object[4] = {0}, kept = 0;
    toy_method(m)->faults = JIT_FAULT_CALLEE_SAVED_LOST;
    fn code = (fn)toy_compile(m);
    CHECK(code != NULL, "no code");
    call_checked(code, (uint64_t)(uintptr_t)object, 7, 0, 0, &kept);
    CHECK(object[1] == 7 && kept != 0, "callee-saved-lost");
    m = toy_add_method("over", false, 0, 0, ARGS(T_CLASS, T_I4), ARGS(T_S64),
        IL(IL_LDARG_0, IL_LDARG_1, IL_STFLD, FIELD(1), IL_RET));
    toy_method(m)->faults = JIT_FAULT_LOCAL0_OVER_SAVE_AREA;
    code = (fn)toy_compile(m);
    kept = 0;
    call_checked(code, (uint64_t)(uintptr_t)object, 9, 0, 0, &kept);
    CHECK(object[1] == 9 && kept == 0x11, "local0-over-save-area %llx", (unsigned long long)kept);
    m = toy_add_method("slot", false, 0, 0, NONE, ARGS(T_S64, T_I4), IL(IL_RET));
    toy_method(m)->faults = JIT_FAULT_LOCAL_SLOT_8;
    toy_compile(m);
    CHECK(toy_method(m)->code->locals[0].offset == -48 && toy_method(m)->code->locals[1].offset == -56,
          "local-slot-8");
    m = toy_add_method("width", false, 0, T_I8, ARGS(T_I8, T_I8), NONE,
        IL(IL_LDARG_0, IL_LDARG_1, IL_DIV_UN, IL_RET));
    toy_method(m)->faults = JIT_FAULT_WIDTH_TRUNCATE;
    CHECK(run(m, 0x500000008, 2, 0, 0) == 4, "width-truncate");
    m = toy_add_method("dup", false, 0, T_I8, NONE, ARGS(T_S32, T_S32),
        IL(IL_LDLOCA_S, 0, IL_LDC_I8, 1, 0, 0, 0, 0, 0, 0, 0, IL_STIND_I8,
           IL_LDLOCA_S, 0, IL_LDC_I4_8, IL_ADD, IL_LDC_I8, 2, 0, 0, 0, 0, 0, 0, 0, IL_STIND_I8,
           IL_LDLOC_0, IL_DUP, IL_STLOC_1, IL_POP, IL_LDLOCA_S, 1, IL_LDC_I4_8, IL_ADD,
               IL_LDIND_I8, IL_RET));
    toy_method(m)->faults = JIT_FAULT_DUP_LARGE_VT;
    CHECK(run(m, 0, 0, 0, 0) == 1, "dup-large-vt");
    m = toy_add_method("this", true, T_CLASS, T_I8, NONE, NONE, IL(IL_LDARG_0, IL_CONV_I,
        IL_CONV_I8, IL_RET));
    toy_method(m)->faults = JIT_FAULT_THIS_NOT_HOMED;
    code = (fn)toy_compile(m);
    kept = 0;
    CHECK(call_checked(code, 0x1234, 0, 0, 0, &kept) != 0x1234, "this-not-homed");
}

static void refuse(const char *what, const uint8_t *il, uint32_t size)
{
    toy_reset();
    uint32_t m = toy_add_method("bad", false, 0, T_I4, ARGS(T_I4), ARGS(T_R8), il, size);
    CHECK(toy_compile(m) == NULL, "%s was accepted", what);
    CHECK(toy.error.set && toy.error.message[0] != 0, "%s without message", what);
}

static void malformed(void)
{
    refuse("empty body", (const uint8_t[1]){0}, 0);
    refuse("falls off", IL(IL_NOP));
    refuse("underflow", IL(IL_ADD, IL_RET));
    refuse("truncated operand", IL(IL_LDC_I4, 1, 2));
    refuse("undefined", IL(0x24));
    refuse("truncated opcode", IL(0xFE));
    refuse("branch out", IL(IL_BR_S, 100));
    refuse("switch of 2^31", IL(IL_LDC_I4_0, IL_SWITCH, U32(0x80000001), IL_RET));
    refuse("depths", IL(IL_LDARG_0, IL_BRTRUE_S, 1, IL_LDC_I4_0, IL_LDC_I4_1, IL_RET));
    refuse("kinds at merge", IL(IL_LDARG_0, IL_BRTRUE_S, 3, IL_LDC_I4_0, IL_BR_S, 1, IL_LDNULL,
        IL_POP, IL_LDC_I4_0, IL_RET));
    refuse("local", IL(IL_LDLOC_S, 9, IL_RET));
    refuse("argument", IL(IL_LDARG_1, IL_RET));
    refuse("kinds", IL(IL_LDARG_0, IL_LDLOC_0, IL_ADD, IL_RET));
    refuse("returns a float", IL(IL_LDLOC_0, IL_RET));
    refuse("endfinally", IL(IL_ENDFINALLY));
    refuse("token", IL(IL_CALL, U32(0x06000077), IL_RET));
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--dump") == 0) {
        dump_methods(argc > 2 ? (unsigned)atoi(argv[2]) : 20);
        return 0;
    }
    unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 20000;
    arithmetic();
    floats();
    conversions();
#define RUN(n) struct_##n();
    SIZES(RUN)
    calls();
    objects();
    flow();
    large_frames();
    faults();
    malformed();
    fields_of_values();
    pinned_locals();
    srand(1);
    random_garbage(rounds);
    for (unsigned i = 0; i < rounds / 500; i++)
        random_method(rand() % 2 ? 0 : (uint32_t)rand());
    toy_reset();
    printf("%d checks, %d failures\n", checks, failures);
    return failures != 0;
}
