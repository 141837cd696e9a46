/* IL that is broken is refused, with a message. */
#include "check.h"

static void refuse(const char *what, const uint8_t *il, uint32_t size)
{
    toy_reset();
    uint32_t m = toy_add_method("bad", false, 0, T_I4, ARGS(T_I4), ARGS(T_R8), il, size);
    CHECK(toy_compile(m) == NULL, "%s was accepted", what);
    CHECK(toy.error.set && toy.error.message[0] != 0, "%s without message", what);
}

void malformed(void)
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
