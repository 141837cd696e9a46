/* x64 emitter: one function per instruction form (Intel SDM volume 2).
 *
 * The error is sticky: once the buffer cannot grow, nothing is written any more and `failed`
 * stays set; the caller looks once, at the end. `width` is 4 or 8 (operand size in bytes),
 * `bytes` 1, 2, 4 or 8. */
#ifndef JIT_X64_H
#define JIT_X64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum x64_reg {
    RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15,
    NO_REG = 0xFF,
};
enum x64_xmm { XMM0, XMM1, XMM2, XMM3, XMM4, XMM5 };

/* Condition codes as the hardware encodes them; cc ^ 1 is the opposite. */
enum x64_cc {
    CC_O, CC_NO, CC_B, CC_AE, CC_E, CC_NE, CC_BE, CC_A,
    CC_S, CC_NS, CC_P, CC_NP, CC_L, CC_GE, CC_LE, CC_G,
};

enum x64_alu { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP };
enum x64_unary { UNARY_NOT = 2, UNARY_NEG, UNARY_MUL, UNARY_IMUL, UNARY_DIV, UNARY_IDIV };
enum x64_shift { SHIFT_SHL = 4, SHIFT_SHR = 5, SHIFT_SAR = 7 };
enum x64_sse { SSE_ADD = 0x58, SSE_MUL = 0x59, SSE_SUB = 0x5C, SSE_DIV = 0x5E };

struct x64_mem {
    uint8_t base, index;        /* index NO_REG: none */
    uint8_t scale;              /* 1, 2, 4, 8 */
    int32_t disp;
};

static inline struct x64_mem x64_at(unsigned base, int32_t disp)
{
    return (struct x64_mem){(uint8_t)base, NO_REG, 1, disp};
}

static inline struct x64_mem x64_indexed(unsigned base, unsigned index, unsigned scale,
                                         int32_t disp)
{
    return (struct x64_mem){(uint8_t)base, (uint8_t)index, (uint8_t)scale, disp};
}

struct x64 {
    uint8_t *code;
    uint32_t size, capacity, limit;
    bool failed;
    void *(*arena)(void *context, size_t size);
    void *context;
};

void x64_init(struct x64 *e, void *(*arena)(void *, size_t), void *context, uint32_t capacity,
              uint32_t limit);

/* moves */
void x64_mov(struct x64 *e, unsigned width, unsigned dst, unsigned src);
void x64_mov_imm(struct x64 *e, unsigned dst, uint64_t value);   /* shortest form; changes flags */
void x64_mov_ptr(struct x64 *e, unsigned dst, const void *value);/* always mov r64, imm64 */
void x64_load(struct x64 *e, unsigned width, unsigned dst, struct x64_mem m);
void x64_load_zx(struct x64 *e, unsigned bytes, unsigned dst, struct x64_mem m);   /* 1, 2 */
void x64_load_sx(struct x64 *e, unsigned bytes, unsigned dst, struct x64_mem m);   /* 1, 2 -> 32 */
void x64_load_sxd(struct x64 *e, unsigned dst, struct x64_mem m);                  /* 4 -> 64 */
void x64_store(struct x64 *e, unsigned bytes, struct x64_mem m, unsigned src);
void x64_store_imm(struct x64 *e, unsigned width, struct x64_mem m, int32_t value);
void x64_zx(struct x64 *e, unsigned bytes, unsigned dst, unsigned src);            /* 1, 2, 4 */
void x64_sx(struct x64 *e, unsigned width, unsigned bytes, unsigned dst, unsigned src);
void x64_lea(struct x64 *e, unsigned dst, struct x64_mem m);
uint32_t x64_lea_rip(struct x64 *e, unsigned dst);               /* returns where rel32 lies */
void x64_push(struct x64 *e, unsigned reg);
void x64_pop(struct x64 *e, unsigned reg);
/* RAX to RDI. Written always, kept when told so: whether the top of the stack is in RAX is a branch
 * that no processor predicts. */
void x64_pop_if(struct x64 *e, unsigned reg, bool yes);
void x64_push_mem(struct x64 *e, struct x64_mem m);

/* integer arithmetic */
void x64_alu(struct x64 *e, unsigned width, enum x64_alu op, unsigned dst, unsigned src);
void x64_alu_imm(struct x64 *e, unsigned width, enum x64_alu op, unsigned dst, int32_t value);
void x64_alu_load(struct x64 *e, unsigned width, enum x64_alu op, unsigned dst, struct x64_mem m);
void x64_cmp_mem(struct x64 *e, unsigned width, struct x64_mem m, unsigned src);
void x64_test(struct x64 *e, unsigned width, unsigned a, unsigned b);
void x64_test_mem(struct x64 *e, unsigned width, struct x64_mem m, unsigned reg);
void x64_imul(struct x64 *e, unsigned width, unsigned dst, unsigned src);
void x64_imul_imm(struct x64 *e, unsigned width, unsigned dst, unsigned src, int32_t value);
void x64_unary(struct x64 *e, unsigned width, enum x64_unary op, unsigned reg);
void x64_shift_cl(struct x64 *e, unsigned width, enum x64_shift op, unsigned reg);
void x64_shift_imm(struct x64 *e, unsigned width, enum x64_shift op, unsigned reg, uint8_t count);
void x64_xchg_rax(struct x64 *e, unsigned reg);
void x64_cdq(struct x64 *e, unsigned width);
void x64_setcc(struct x64 *e, enum x64_cc cc, unsigned reg);

/* control flow; jumps and short jumps return where their displacement lies */
uint32_t x64_jmp(struct x64 *e);
uint32_t x64_jcc(struct x64 *e, enum x64_cc cc);
uint32_t x64_jmp_short(struct x64 *e);
uint32_t x64_jcc_short(struct x64 *e, enum x64_cc cc);
void x64_patch(struct x64 *e, uint32_t at, uint32_t target);         /* rel32 */
void x64_patch_short(struct x64 *e, uint32_t at);                    /* rel8, to here */
void x64_jcc_back(struct x64 *e, enum x64_cc cc, uint32_t target);   /* rel8, backwards */
void x64_call(struct x64 *e, unsigned reg);
void x64_call_mem(struct x64 *e, struct x64_mem m);
void x64_jmp_mem(struct x64 *e, struct x64_mem m);
void x64_ret(struct x64 *e);
void x64_leave(struct x64 *e);
void x64_int3(struct x64 *e);

/* SSE2 scalars: `width` 4 is single, 8 double */
void x64_movd_to(struct x64 *e, unsigned width, unsigned xmm, unsigned reg);
void x64_movd_from(struct x64 *e, unsigned width, unsigned reg, unsigned xmm);
void x64_fload(struct x64 *e, unsigned width, unsigned xmm, struct x64_mem m);
void x64_fstore(struct x64 *e, unsigned width, struct x64_mem m, unsigned xmm);
void x64_fop(struct x64 *e, unsigned width, enum x64_sse op, unsigned dst, unsigned src);
void x64_ucomis(struct x64 *e, unsigned width, unsigned a, unsigned b);
void x64_cvtsi2f(struct x64 *e, unsigned width, unsigned int_width, unsigned xmm, unsigned reg);
void x64_cvttf2si(struct x64 *e, unsigned width, unsigned int_width, unsigned reg, unsigned xmm);
void x64_cvtf2f(struct x64 *e, unsigned from_width, unsigned dst, unsigned src);
void x64_movups_load(struct x64 *e, unsigned xmm, struct x64_mem m);
void x64_movups_store(struct x64 *e, struct x64_mem m, unsigned xmm);
void x64_xorps(struct x64 *e, unsigned dst, unsigned src);

#endif
