/* Objects, arrays, the checks on them, traced field stores. */
#include "check.h"

void objects(void)
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
