/* Fault switches: each makes its own wrong code. */
#include "check.h"

void faults(void)
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
