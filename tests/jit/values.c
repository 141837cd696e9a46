/* Where the exact type of an operand or local decides what code is made. */
#include "check.h"

#include "compiler.h"

typedef ABI uint64_t (*unary)(uint64_t);

/* A native int that is an IntPtr is the value of IntPtr's field; one of no known type is an
 * address. */
void fields_of_values(void)
{
    toy_reset();
    toy_add_field(T_NINT, T_NINT, 0, NULL);
    uint32_t m = toy_add_method("value", false, 0, T_NINT, ARGS(T_NINT), NONE,
                                IL(IL_LDARG_0, IL_LDFLD, FIELD(1), IL_RET));
    unary f = (unary)toy_compile(m);
    CHECK(f != NULL && f(42) == 42, "ldfld on a value");
    m = toy_add_method("address", false, 0, T_NINT, ARGS(T_I8), NONE,
                       IL(IL_LDARG_0, IL_CONV_I, IL_LDFLD, FIELD(1), IL_RET));
    uint64_t cell = 43;
    f = (unary)toy_compile(m);
    CHECK(f != NULL && f((uint64_t)(uintptr_t)&cell) == 43, "ldfld through an address");
    m = toy_add_method("lda", false, 0, T_NINT, ARGS(T_NINT), NONE,
                       IL(IL_LDARG_0, IL_LDFLDA, FIELD(1), IL_RET));
    CHECK(toy_compile(m) == NULL, "ldflda on a value was accepted");
    m = toy_add_method("st", false, 0, T_NINT, ARGS(T_NINT), NONE,
                       IL(IL_LDARG_0, IL_LDARG_0, IL_STFLD, FIELD(1), IL_LDARG_0, IL_RET));
    CHECK(toy_compile(m) == NULL, "stfld on a value was accepted");
}

void pinned_locals(void)
{
    toy_reset();
    uint32_t m = toy_add_method("pins", false, 0, T_I4, ARGS(T_I4), ARGS(T_OBJECT, T_STRING),
                                IL(IL_LDARG_0, IL_RET));
    ((struct jit_type *)(uintptr_t)toy_method(m)->body.locals)[1].flags = JIT_TYPE_PINNED;
    CHECK(toy_compile(m) != NULL, "pinned local");
    const struct jit_code *code = toy_method(m)->code;
    CHECK(code->locals[0].flags == 0 && code->locals[1].flags == JIT_SLOT_PINNED, "pinned slots");
}
