/* The calling convention: structs of each size and mixed arguments, with gcc's ms_abi on the other
 * side; calls of each kind; large frames. */
#include "check.h"

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

void calls(void)
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

/* Frames of more than a page, and calls that need more than one. */
void large_frames(void)
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

void structs(void)
{
#define RUN(n) struct_##n();
    SIZES(RUN)
}
