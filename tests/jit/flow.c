/* Loops, switches, finally handlers, localloc. */
#include "check.h"

void flow(void)
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
