/* IL decoder: tables out of il_opcodes.h. */
#include "il_decode.h"

#include "il_opcodes.h"
#include "jit.h"

struct opcode_info {
    const char *name;
    uint8_t operand;
    int8_t pop, push;
};

/* One-byte opcodes first, 0xFE00..0xFE1F behind them. */
static const struct opcode_info opcodes[256 + 32] = {
#define X(code, id, text, operand, popped, pushed)                                                 \
    [(code) < 0x100 ? (code) : 256 + ((code) & 0x1F)] =                                            \
        {text, IL_OPERAND_##operand, popped, pushed},
    IL_OPCODES(X)
#undef X
};

enum {                          /* by operand kind */
    LENGTH_NONE = 1, LENGTH_I8 = 2, LENGTH_I32 = 5, LENGTH_I64 = 9, LENGTH_R4 = 5, LENGTH_R8 = 9,
    LENGTH_TOKEN = 5, LENGTH_BR8 = 0, LENGTH_BR32 = 0, LENGTH_SWITCH = 0, LENGTH_VAR8 = 2,
    LENGTH_VAR16 = 3,
};

const uint8_t il_plain_length[256] = {
#define X(code, id, text, operand, popped, pushed)                                                 \
    [code] = LENGTH_##operand,
    IL_ONE_BYTE(X)
#undef X
};

const int8_t il_stack_effect[256][2] = {
#define X(code, id, text, operand, popped, pushed) [code] = {popped, pushed},
    IL_ONE_BYTE(X)
#undef X
};

static uint32_t read_u32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

const char *jit_opcode_name(uint16_t opcode)
{
    if (opcode < 0x100)
        return opcodes[opcode].name;
    if (opcode >= 0xFE00 && opcode < 0xFE20)
        return opcodes[256 + (opcode & 0x1F)].name;
    return NULL;
}

static const char *branch(struct il_instruction *out, uint32_t size, int64_t distance)
{
    int64_t target = (int64_t)out->next + distance;
    if (target < 0 || target >= (int64_t)size)
        return "branch target outside of the method body";
    out->target = (uint32_t)target;
    return NULL;
}

const char *il_decode(const uint8_t *il, uint32_t size, uint32_t offset, struct il_instruction *out)
{
    static const uint8_t operand_bytes[] = {
        [IL_OPERAND_I8] = 1, [IL_OPERAND_I32] = 4, [IL_OPERAND_I64] = 8, [IL_OPERAND_R4] = 4,
        [IL_OPERAND_R8] = 8, [IL_OPERAND_TOKEN] = 4, [IL_OPERAND_BR8] = 1, [IL_OPERAND_BR32] = 4,
        [IL_OPERAND_SWITCH] = 4, [IL_OPERAND_VAR8] = 1, [IL_OPERAND_VAR16] = 2,
    };
    uint32_t at = offset;
    const struct opcode_info *info;

    out->offset = offset;
    out->opcode = il[at++];
    if (out->opcode == 0xFE) {
        if (at >= size)
            return "method body ends inside an opcode";
        out->opcode = (uint16_t)(0xFE00 | il[at]);
        if (il[at] >= 0x20)
            return "undefined opcode";
        info = &opcodes[256 + il[at++]];
    } else {
        info = &opcodes[out->opcode];
    }
    if (info->operand == IL_OPERAND_UNDEFINED)
        return "undefined opcode";
    out->operand_kind = info->operand;
    out->pop = info->pop;
    out->push = info->push;
    out->operand = 0;
    if (size - at < operand_bytes[info->operand])
        return "method body ends inside an operand";
    out->next = at + operand_bytes[info->operand];
    switch (info->operand) {
    case IL_OPERAND_I8:
        out->operand = (int8_t)il[at];
        break;
    case IL_OPERAND_VAR8:
        out->operand = il[at];
        break;
    case IL_OPERAND_VAR16:
        out->operand = il[at] | il[at + 1] << 8;
        break;
    case IL_OPERAND_I32:
        out->operand = (int32_t)read_u32(il + at);
        break;
    case IL_OPERAND_TOKEN:
    case IL_OPERAND_R4:
        out->operand = read_u32(il + at);
        break;
    case IL_OPERAND_I64:
    case IL_OPERAND_R8:
        out->operand = (int64_t)(read_u32(il + at) | (uint64_t)read_u32(il + at + 4) << 32);
        break;
    case IL_OPERAND_BR8:
        return branch(out, size, (int8_t)il[at]);
    case IL_OPERAND_BR32:
        return branch(out, size, (int32_t)read_u32(il + at));
    case IL_OPERAND_SWITCH: {
        uint32_t count = read_u32(il + at);
        if (count > (size - out->next) / 4)
            return "switch has more cases than the method body has room for";
        out->operand = count;
        out->cases = il + out->next;
        out->next += 4 * count;
        break;
    }
    default:
        break;
    }
    return NULL;
}

bool il_case_target(const struct il_instruction *instruction, uint32_t size, uint32_t index,
                    uint32_t *target)
{
    int64_t to = (int64_t)instruction->next + (int32_t)read_u32(instruction->cases + 4 * index);
    *target = (uint32_t)to;
    return to >= 0 && to < (int64_t)size;
}
