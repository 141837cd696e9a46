/* Random IL: garbage that the JIT must refuse with a reason, and methods grown from what it
 * accepts, whose code and records test_jit.py reads with capstone. */
#include "check.h"

/* Instructions with sound operands most of the time, so that many get past the first check. */
static unsigned random_instruction(uint8_t *il)
{
    static const uint8_t kinds[] = {0x02, 0x04, 0x06};
    struct il_instruction in;
    unsigned at = 0;
    uint32_t number;
    for (unsigned i = 0; i < 16; i++)
        il[i] = (uint8_t)(rand() % 4 ? rand() % 8 : rand());
    il[0] = (uint8_t)(rand() % 3 ? rand() % 0x27 : rand() % 0xE1);
    if (rand() % 20 == 0)
        il[0] = 0xFE, il[1] = (uint8_t)(rand() % 0x16);     /* no constrained. */
    if (il_decode(il, 16, 0, &in) != NULL)
        return rand() % 200 == 0 ? 1 : 0;
    at = in.next - (in.operand_kind == IL_OPERAND_SWITCH ? 4 * (uint32_t)in.operand : 0);
    if (in.operand_kind == IL_OPERAND_TOKEN) {
        number = (uint32_t)kinds[rand() % 3] << 24 | (uint32_t)(rand() % 30 + 1);
        if (in.opcode >= IL_LDFLD && in.opcode <= IL_STSFLD)
            number = 0x04000000u + (uint32_t)(rand() % 4 + 1);
        else if (in.opcode == IL_CALL || in.opcode == IL_CALLVIRT || in.opcode == IL_NEWOBJ)
            number = 0x06000000u + (uint32_t)(rand() % 5 + 1);
        else if (rand() % 8)
            number = 0x02000000u + (uint32_t)(rand() % T_LAST + 1);
        il[at - 4] = (uint8_t)number;
        il[at - 3] = (uint8_t)(number >> 8);
        il[at - 2] = (uint8_t)(number >> 16);
        il[at - 1] = (uint8_t)(number >> 24);
    }
    return in.next;
}

/* Fills the toy with a few things to name. Field 4 is static. */
static uint32_t random_setting(const uint8_t *il, unsigned size, uint32_t ret)
{
    static const uint32_t args[] = {T_I4, T_S12, T_R8, T_OBJECT, T_NINT, T_S64, 0};
    static const uint32_t locals[] = {T_R8, T_I4, T_S32, T_OBJECT, T_S3, T_NINT, T_I8, 0};
    static uint8_t storage[16];
    toy_reset();
    toy_add_field(T_CLASS, T_I4, 8, NULL);
    toy_add_field(T_S32, T_S3, 5, NULL);
    toy_add_field(T_CLASS, T_OBJECT, 5000, NULL);
    toy_add_field(T_CLASS, T_S12, 0, storage);
    toy_add_method(".ctor", true, T_CLASS, 0, ARGS(T_I4), NONE, IL(IL_RET));
    toy_add_method(".ctor", true, T_S12, 0, ARGS(T_S7, T_R4), NONE, IL(IL_RET));
    toy_add_method("get", false, 0, T_S200, ARGS(T_R4, T_S24), NONE, IL(IL_RET));
    toy_add_method("Get", true, T_CLASS, T_I4, ARGS(T_I4, T_I4), NONE, IL(IL_RET));
    toy_method(4)->flags = JIT_M_ARRAY_GET;
    return toy_add_method("random", true, T_CLASS, ret, args, locals, il, size);
}

/* Broken from the start or soon: whatever happens, the JIT says why. */
void random_garbage(unsigned rounds)
{
    static struct jit_il_clause clause[2];
    uint8_t il[400];
    for (unsigned i = 0; i < rounds; i++) {
        unsigned size = 0, wanted = 1 + (unsigned)rand() % 60;
        while (size < wanted)
            size += random_instruction(il + size);
        uint32_t m = random_setting(il, size, rand() % 2 ? T_I4 : 0);
        toy_method(m)->body.max_stack = (uint16_t)(rand() % 12);
        toy_method(m)->faults = rand() % 2 ? 0 : (uint32_t)rand();
        for (unsigned k = 0; k < 2; k++)
            clause[k] = (struct jit_il_clause){2, (uint32_t)rand() % size, (uint32_t)rand() % 20,
                                               (uint32_t)rand() % size, (uint32_t)rand() % 20, 0};
        toy_method(m)->body.clauses = clause;
        toy_method(m)->body.clause_count = rand() % 3 ? 0 : 2;
        if (toy_compile(m) == NULL)
            CHECK(toy.error.set && toy.error.message[0] != 0, "no reason");
    }
}

/* Grows a method instruction by instruction: one that the JIT refuses is replaced by another. */
uint32_t random_method(uint32_t faults)
{
    uint8_t il[600];
    unsigned size = 0, wanted = 20 + (unsigned)rand() % 400, length;
    uint32_t m;
    for (unsigned tries = 0; tries < 2000 && size < wanted; tries++) {
        length = random_instruction(il + size);
        m = random_setting(il, size + length, T_S24);
        toy_method(m)->faults = faults;
        if (length != 0 && toy_compile(m) == NULL && strstr(toy.error.message, "falls off"))
            size += length;
    }
    il[size++] = IL_LDNULL;
    il[size++] = IL_THROW;
    m = random_setting(il, size, T_S24);
    toy_method(m)->faults = faults;
    toy_method(m)->traces = rand() % 2 ? 0 : JIT_TRACE_STFLD;
    toy_method(m)->body.max_stack++;
    CHECK(toy_compile(m) != NULL, "grown method");
    return m;
}

static void dump(uint32_t m)
{
    const struct jit_code *code = toy_method(m)->code;
    printf("{\"name\": \"%s\", \"frame\": %u, \"prologue\": %u, \"saved\": %u, \"calls\": [",
           toy_method(m)->name, code->frame_size, code->prologue_size, code->saved_registers);
    for (uint32_t i = 0; i < code->call_site_count; i++)
        printf("%s[%u, %u]", i ? ", " : "", code->call_sites[i].native,
            code->call_sites[i].native_return);
    printf("], \"localloc\": %s, \"epilogue\": [%u, %u], \"map\": [",
           code->flags & JIT_CODE_LOCALLOC ? "true" : "false", code->epilogues[0].start,
           code->epilogues[0].end);
    for (uint32_t i = 0; i < code->map_count; i++)
        printf("%s[%u, %u, %u, %u, %u]", i ? ", " : "", code->map[i].native, code->map[i].il,
               code->map[i].stack_bytes, code->map[i].depth, code->map[i].flags);
    printf("], \"code\": \"");
    for (uint32_t i = 0; i < code->code_size; i++)
        printf("%02x", ((const uint8_t *)(uintptr_t)code->code_start)[i]);
    printf("\"}\n");
}

void dump_methods(unsigned random_methods)
{
    static const uint32_t wide[] = {T_I4, T_S12, T_R8, T_S200, T_I8, T_S3, 0};
    toy_reset();
    toy_add_field(T_CLASS, T_I4, 8, NULL);
    toy_add_method(".ctor", true, T_CLASS, 0, ARGS(T_I4), NONE,
                   IL(IL_LDARG_0, IL_LDARG_1, IL_STFLD, FIELD(1), IL_RET));
    toy_add_method("wide", false, 0, T_S24, wide, ARGS(T_S24, T_S200), IL(IL_LDLOC_0, IL_RET));
    toy_add_method("caller", true, T_CLASS, T_I4, wide + 1, ARGS(T_OBJECT, T_S7),
        IL(IL_LDC_I4_1, IL_LDC_I4_2, IL_LDARG_1, IL_LDARG_2, IL_LDARG_3, IL_LDARG_S, 4, IL_LDARG_S,
            5,
           IL_CALL, METHOD(2), IL_POP, IL_NEWOBJ, METHOD(1), IL_STLOC_0, IL_LDC_I4_3, IL_LDLOC_0,
               IL_LDFLD,
           FIELD(1), IL_DIV, IL_RET));
    for (uint32_t m = 1; m <= 3; m++) {
        if (toy_compile(m) == NULL) {
            printf("FAIL %s\n", toy.error.message);
            exit(1);
        }
        dump(m);
    }
    srand(7);
    for (unsigned i = 0; i < random_methods; i++)
        dump(random_method(0));
}

