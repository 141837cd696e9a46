/* One IL instruction at a time, never past the end of the body. */
#ifndef JIT_IL_DECODE_H
#define JIT_IL_DECODE_H

#include <stdbool.h>
#include <stdint.h>

enum il_operand {
    IL_OPERAND_UNDEFINED,   /* no such opcode */
    IL_OPERAND_NONE, IL_OPERAND_I8, IL_OPERAND_I32, IL_OPERAND_I64, IL_OPERAND_R4, IL_OPERAND_R8,
    IL_OPERAND_TOKEN, IL_OPERAND_BR8, IL_OPERAND_BR32, IL_OPERAND_SWITCH, IL_OPERAND_VAR8,
    IL_OPERAND_VAR16,
};

struct il_instruction {
    uint32_t offset, next;      /* of this instruction and of the one behind it */
    uint16_t opcode;            /* 0xFExx for two-byte ones */
    uint8_t operand_kind;       /* enum il_operand */
    int8_t pop, push;           /* entries, -1: depends on the operand */
    int64_t operand;            /* integer, token, variable index, float bits, case count */
    uint32_t target;            /* branches: IL offset, checked to lie inside the body */
    const uint8_t *cases;       /* switch: `operand` little-endian int32, relative to next */
};

/* Decodes the instruction at `offset` (below size). Returns NULL, or the reason why it is broken. */
const char *il_decode(const uint8_t *il, uint32_t size, uint32_t offset,
                      struct il_instruction *out);

/* Target of case `index` of a switch; false when it is outside of the body. */
bool il_case_target(const struct il_instruction *instruction, uint32_t size, uint32_t index,
                    uint32_t *target);

#endif
