#include "x86.h"

struct cursor {
    const uint8_t *bytes;
    size_t size, at;
};

static int next(struct cursor *c) { return c->at < c->size ? c->bytes[c->at++] : -1; }

static int32_t tail32(const struct cursor *c)
{
    const uint8_t *p = c->bytes + c->size - 4;
    return (int32_t)((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16
                     | (uint32_t)p[3] << 24);
}

/* The base register of a memory operand, -1 for none (RIP-relative, absolute) or a register operand. */
static int memory_base(struct cursor *c, int rex)
{
    int modrm = next(c);
    if (modrm < 0 || modrm >> 6 == 3)
        return -1;
    int base = modrm & 7;
    if (base == 4) {
        int sib = next(c);
        if (sib < 0)
            return -1;
        base = sib & 7;
        if (base == 5 && modrm >> 6 == 0)
            return -1;
    } else if (base == 5 && modrm >> 6 == 0) {
        return -1;
    }
    return base | (rex & 1) << 3;
}

/* One-byte opcodes whose memory operand is only read. */
static bool only_reads(int opcode)
{
    if (opcode < 0x40)                  /* add or adc sbb and sub xor: r <- r/m; cmp: both ways */
        return (opcode & 7) == 2 || (opcode & 7) == 3 || opcode >= 0x38;
    return (opcode >= 0x58 && opcode <= 0x5F) || opcode == 0x63 || opcode == 0x69 || opcode == 0x6B
           || (opcode >= 0x70 && opcode <= 0x7F) || opcode == 0x84 || opcode == 0x85
           || opcode == 0x8A || opcode == 0x8B || opcode == 0x8D || opcode == 0x90
           || (opcode >= 0xB0 && opcode <= 0xBF) || opcode == 0xC2 || opcode == 0xC3
           || opcode == 0xC9 || opcode == 0xE9 || opcode == 0xEB;
}

/* Two-byte opcodes whose memory operand is only read. */
static bool only_reads_0f(int opcode)
{
    return opcode == 0x10 || opcode == 0x28 || opcode == 0x2A || (opcode >= 0x2C && opcode <= 0x2F)
           || (opcode >= 0x40 && opcode <= 0x4F) || opcode == 0x51 || (opcode >= 0x54 && opcode <= 0x5F)
           || opcode == 0x6E || opcode == 0x6F || (opcode >= 0x80 && opcode <= 0x8F) || opcode == 0xAF
           || opcode == 0xB6 || opcode == 0xB7 || opcode == 0xBE || opcode == 0xBF || opcode == 0xEF;
}

static bool is_prefix(int byte)
{
    return byte == 0x66 || byte == 0x67 || byte == 0xF0 || byte == 0xF2 || byte == 0xF3
           || byte == 0x2E || byte == 0x36 || byte == 0x3E || byte == 0x26 || byte == 0x64
           || byte == 0x65;
}

static void two_byte(struct cursor *c, int rex, struct insn_facts *facts)
{
    int opcode = next(c);
    if (opcode >= 0x80 && opcode <= 0x8F && c->size >= 6) {
        facts->kind = INSN_BRANCH;
        facts->displacement = tail32(c);
    }
    facts->never_stores = only_reads_0f(opcode);
    if (facts->never_stores || opcode == 0x38 || opcode == 0x3A)
        return;
    int base = memory_base(c, rex);
    facts->frame_store = base == 4 || base == 5;
}

static void group5(struct cursor *c, int rex, struct insn_facts *facts)
{
    int modrm = c->at < c->size ? c->bytes[c->at] : 0;
    int base = memory_base(c, rex);
    switch (modrm >> 3 & 7) {
    case 2:
        facts->kind = INSN_CALL;
        facts->frame_store = true;
        break;
    case 4:
        facts->kind = INSN_INDIRECT_JUMP;
        facts->never_stores = true;
        break;
    case 6:
        facts->frame_store = true;
        break;
    default:
        facts->frame_store = base == 4 || base == 5;
    }
}

struct insn_facts x86_facts(const uint8_t *bytes, size_t size)
{
    struct insn_facts facts = {0};
    struct cursor c = {bytes, size, 0};
    int opcode = next(&c), rex = 0;
    while (opcode >= 0 && is_prefix(opcode))
        opcode = next(&c);
    if ((opcode & ~15) == 0x40) {
        rex = opcode;
        opcode = next(&c);
    }
    if (opcode == 0x0F) {
        two_byte(&c, rex, &facts);
        return facts;
    }
    if (opcode == 0xFF) {
        group5(&c, rex, &facts);
        return facts;
    }
    if (opcode == 0xE8)
        facts.kind = INSN_CALL;
    else if (opcode == 0xC2 || opcode == 0xC3)
        facts.kind = INSN_RET;
    else if (opcode >= 0x70 && opcode <= 0x7F) {
        facts.kind = INSN_BRANCH;
        facts.displacement = (int8_t)bytes[size - 1];
    }
    facts.never_stores = only_reads(opcode);
    facts.pushes_rbp = opcode == 0x55 && !(rex & 1);
    if (opcode == 0xE8 || (opcode >= 0x50 && opcode <= 0x57) || opcode == 0x68 || opcode == 0x6A)
        facts.frame_store = true;
    else if (!facts.never_stores
             && (opcode < 0x40 || (opcode >= 0x80 && opcode <= 0x8F) || opcode == 0xC0
                 || opcode == 0xC1 || opcode == 0xC6 || opcode == 0xC7
                 || (opcode >= 0xD0 && opcode <= 0xDF) || opcode == 0xF6 || opcode == 0xF7
                 || opcode == 0xFE)) {
        int base = memory_base(&c, rex);
        facts.frame_store = base == 4 || base == 5;
    }
    return facts;
}
