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

/* Length of instructions that are nothing special: no branch, switch or prefix byte; 0 for the
 * others and for undefined opcodes. */
extern const uint8_t il_plain_length[256];
/* Entries that a one-byte opcode pops and pushes. */
extern const int8_t il_stack_effect[256][2];

/* Decodes the instruction at `offset` (below size). Returns NULL, or the reason why it is
 * broken. */
const char *il_decode(const uint8_t *il, uint32_t size, uint32_t offset,
                      struct il_instruction *out);

/* il_decode of what was decoded once before, and so is sound. */
static inline void il_decode_again(const uint8_t *il, uint32_t size, uint32_t offset,
                                   struct il_instruction *out)
{
    uint8_t byte = il[offset];
    if (il_plain_length[byte] != 1) {
        il_decode(il, size, offset, out);
        return;
    }
    out->offset = offset;
    out->next = offset + 1;
    out->opcode = byte;
    out->operand_kind = IL_OPERAND_NONE;
    out->pop = il_stack_effect[byte][0];
    out->push = il_stack_effect[byte][1];
    out->operand = 0;
}

/* Target of case `index` of a switch; false when it is outside of the body. */
bool il_case_target(const struct il_instruction *instruction, uint32_t size, uint32_t index,
                    uint32_t *target);

#endif
