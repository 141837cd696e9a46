/* As much of x86-64 decoding as instrumentation needs (Intel SDM volume 2, chapter 2 and appendix A). */
#ifndef CLRTRACE_X86_H
#define CLRTRACE_X86_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum insn_kind { INSN_OTHER, INSN_CALL, INSN_RET, INSN_BRANCH, INSN_INDIRECT_JUMP };

struct insn_facts {
    enum insn_kind kind;
    bool never_stores;      /* known not to write memory; false when in doubt */
    bool frame_store;       /* a push, a call, or a memory operand based on RSP or RBP */
    bool pushes_rbp;        /* as a function does that makes itself a frame */
    int32_t displacement;   /* of a conditional branch, from the next instruction */
};

/* Facts about the instruction of 64-bit code in bytes[0..size). */
struct insn_facts x86_facts(const uint8_t *bytes, size_t size);

#endif
