/* x64 emitter: encodings. */
#include "x64.h"

/* an instruction has 15 bytes at most; some are written past their end */
enum { LONGEST = 24 };

/* How an opcode is written: low 16 bits the opcode (0x0Fxx for two-byte ones), high 8 a prefix. */
enum {
    W64 = 1 << 16,              /* REX.W */
    BYTE_REG = 1 << 17,         /* reg is a byte register: SPL..DIL need a REX */
};
#define P66 0x66000000u
#define PF2 0xF2000000u
#define PF3 0xF3000000u
#define INLINE static inline __attribute__((always_inline))

void x64_init(struct x64 *e, void *(*arena)(void *, size_t), void *context, uint32_t capacity,
              uint32_t limit)
{
    *e = (struct x64){.arena = arena, .context = context, .limit = limit};
    e->code = arena(context, capacity);
    e->capacity = capacity;
    e->failed = e->code == NULL;
}

static __attribute__((noinline)) bool grow(struct x64 *e)
{
    uint32_t capacity = e->capacity * 2;
    uint8_t *code = capacity <= e->limit && !e->failed ? e->arena(e->context, capacity) : NULL;
    if (code == NULL) {
        e->failed = true;
        return false;
    }
    __builtin_memcpy(code, e->code, e->size);
    e->code = code;
    e->capacity = capacity;
    return true;
}

/* Where the next instruction goes, with room for it; NULL after an error. */
INLINE uint8_t *room(struct x64 *e)
{
    if (e->failed || (e->capacity - e->size < LONGEST && !grow(e)))
        return NULL;
    return e->code + e->size;
}

INLINE void done(struct x64 *e, const uint8_t *p)
{
    e->size = (uint32_t)(p - e->code);
}

/* x64 only, here and in what is generated: little-endian stores. */
INLINE uint8_t *put32(uint8_t *p, uint32_t value)
{
    __builtin_memcpy(p, &value, 4);
    return p + 4;
}

/* prefix, REX and opcode; `b` is the register or base, `x` the index */
INLINE uint8_t *head(uint8_t *p, uint32_t form, unsigned reg, unsigned x, unsigned b, bool byte_rex)
{
    unsigned rex = (form >> 13 & 8) | (reg >> 3 & 1) << 2 | (x >> 3 & 1) << 1 | (b >> 3 & 1);
    /* written always, kept when needed: this runs for every instruction, and branches mispredict */
    *p = (uint8_t)(form >> 24);
    p += form >> 24 != 0;
    *p = (uint8_t)(0x40 | rex);
    p += (rex != 0) | byte_rex;
    *p = 0x0F;
    p += (form & 0xFF00) != 0;
    *p++ = (uint8_t)form;
    return p;
}

/* Most instructions have one opcode byte and neither prefix nor byte register: these are put
 * together in a register and written at once. `rest` is what stands behind REX and opcode. */
INLINE bool is_plain(uint32_t form)
{
    return (form & (0xFF00FF00u | BYTE_REG)) == 0;
}

INLINE uint8_t *plain(uint8_t *p, uint32_t form, unsigned rex, uint64_t rest, unsigned bytes)
{
    uint64_t all = rest << 16 | (uint64_t)(form & 0xFF) << 8 | 0x40 | rex;
    unsigned skip = rex == 0;
    all >>= 8 * skip;
    __builtin_memcpy(p, &all, 8);
    return p + bytes + 2 - skip;
}

static __attribute__((noinline)) uint8_t *rr_general(struct x64 *e, uint32_t form, unsigned reg,
                                                     unsigned rm)
{
    uint8_t *p = room(e);
    if (p == NULL)
        return NULL;
    p = head(p, form, reg, 0, rm, (form & BYTE_REG) && ((reg & 12) == 4 || (rm & 12) == 4));
    *p++ = (uint8_t)(0xC0 | (reg & 7) << 3 | (rm & 7));
    done(e, p);
    return p;
}

static uint8_t *rr(struct x64 *e, uint32_t form, unsigned reg, unsigned rm)
{
    uint8_t *p;
    if (!is_plain(form) || e->failed || e->capacity - e->size < LONGEST)
        return rr_general(e, form, reg, rm);
    p = plain(e->code + e->size, form, (form >> 13 & 8) | (reg >> 3 & 1) << 2 | (rm >> 3 & 1),
              0xC0 | (reg & 7) << 3 | (rm & 7), 1);
    done(e, p);
    return p;
}

/* ModRM's mod (SDM volume 2, table 2-2): 0 no displacement (not for RBP and R13), 1 one byte, 2 four bytes. */
INLINE unsigned displacement_mod(struct x64_mem m)
{
    return m.disp == 0 && (m.base & 7) != RBP ? 0 : m.disp == (int8_t)m.disp ? 1 : 2;
}

static const uint8_t disp_bytes[3] = {0, 1, 4};

static __attribute__((noinline)) uint8_t *rm_general(struct x64 *e, uint32_t form, unsigned reg,
                                                     struct x64_mem m)
{
    static const uint8_t log2_scale[9] = {[1] = 0, [2] = 1, [4] = 2, [8] = 3};
    uint8_t *p = room(e);
    unsigned mod;
    if (p == NULL)
        return NULL;
    p = head(p, form, reg, m.index == NO_REG ? 0 : m.index, m.base,
             (form & BYTE_REG) && (reg & 12) == 4);
    mod = displacement_mod(m);
    if (m.index != NO_REG || (m.base & 7) == RSP) {
        unsigned index = m.index != NO_REG ? m.index & 7u : RSP;
        *p++ = (uint8_t)(mod << 6 | (reg & 7) << 3 | 4);
        *p++ = (uint8_t)(log2_scale[m.scale] << 6 | index << 3 | (m.base & 7));
    } else {
        *p++ = (uint8_t)(mod << 6 | (reg & 7) << 3 | (m.base & 7));
    }
    put32(p, (uint32_t)m.disp);
    p += disp_bytes[mod];
    done(e, p);
    return p;
}

static uint8_t *rm(struct x64 *e, uint32_t form, unsigned reg, struct x64_mem m)
{
    uint64_t rest;
    uint8_t *p;
    unsigned mod, bytes;
    if (!is_plain(form) || m.index != NO_REG || e->failed || e->capacity - e->size < LONGEST)
        return rm_general(e, form, reg, m);
    mod = displacement_mod(m);
    rest = mod << 6 | (reg & 7) << 3 | (m.base & 7);
    bytes = 1u + disp_bytes[mod];
    if ((m.base & 7) == RSP) {                  /* RSP and R12 need a SIB byte */
        rest |= (uint64_t)(uint32_t)m.disp << 16 | (4 << 3 | 4) << 8;
        bytes++;
    } else {
        rest |= (uint64_t)(uint32_t)m.disp << 8;
    }
    p = plain(e->code + e->size, form, (form >> 13 & 8) | (reg >> 3 & 1) << 2 | (m.base >> 3 & 1),
              rest, bytes);
    done(e, p);
    return p;
}

static void byte(struct x64 *e, unsigned value)
{
    uint8_t *p = room(e);
    if (p == NULL)
        return;
    *p++ = (uint8_t)value;
    done(e, p);
}

static void imm8(struct x64 *e, uint8_t *p, unsigned value)
{
    if (p == NULL)
        return;
    *p++ = (uint8_t)value;
    done(e, p);
}

static void imm32(struct x64 *e, uint8_t *p, uint32_t value)
{
    if (p != NULL)
        done(e, put32(p, value));
}

static uint32_t w(unsigned width)
{
    return width == 8 ? W64 : 0;
}

void x64_mov(struct x64 *e, unsigned width, unsigned dst, unsigned src)
{
    rr(e, w(width) | 0x8B, dst, src);                   /* mov dst, src */
}

void x64_mov_imm(struct x64 *e, unsigned dst, uint64_t value)
{
    uint8_t *p;
    if (value == 0) {
        rr(e, 0x33, dst, dst);                          /* xor dst32, dst32 */
    } else if (value <= 0xFFFFFFFFu) {
        p = room(e);
        if (p == NULL)
            return;
        p = head(p, 0xB8u + (dst & 7), 0, 0, dst, false);   /* mov dst32, imm32 */
        done(e, put32(p, (uint32_t)value));
    } else if ((int64_t)value >= INT32_MIN && (int64_t)value < 0) {
        imm32(e, rr(e, W64 | 0xC7, 0, dst), (uint32_t)value);   /* mov dst, simm32 */
    } else {
        x64_mov_ptr(e, dst, (const void *)(uintptr_t)value);
    }
}

void x64_mov_ptr(struct x64 *e, unsigned dst, const void *pointer)
{
    uint64_t value = (uint64_t)(uintptr_t)pointer;
    uint8_t *p = room(e);
    if (p == NULL)
        return;
    p = head(p, W64 | (0xB8u + (dst & 7)), 0, 0, dst, false);   /* mov dst, imm64 */
    p = put32(p, (uint32_t)value);
    done(e, put32(p, (uint32_t)(value >> 32)));
}

void x64_load(struct x64 *e, unsigned width, unsigned dst, struct x64_mem m)
{
    rm(e, w(width) | 0x8B, dst, m);                     /* mov dst, [m] */
}

void x64_load_zx(struct x64 *e, unsigned bytes, unsigned dst, struct x64_mem m)
{
    rm(e, bytes == 1 ? 0x0FB6 : 0x0FB7, dst, m);        /* movzx dst32, byte/word [m] */
}

void x64_load_sx(struct x64 *e, unsigned bytes, unsigned dst, struct x64_mem m)
{
    rm(e, bytes == 1 ? 0x0FBE : 0x0FBF, dst, m);        /* movsx dst32, byte/word [m] */
}

void x64_load_sxd(struct x64 *e, unsigned dst, struct x64_mem m)
{
    rm(e, W64 | 0x63, dst, m);                          /* movsxd dst, dword [m] */
}

void x64_store(struct x64 *e, unsigned bytes, struct x64_mem m, unsigned src)
{
    if (bytes == 1)
        rm(e, BYTE_REG | 0x88, src, m);                 /* mov byte [m], src8 */
    else if (bytes == 2)
        rm(e, P66 | 0x89, src, m);                      /* mov word [m], src16 */
    else
        rm(e, w(bytes) | 0x89, src, m);                 /* mov [m], src */
}

void x64_store_imm(struct x64 *e, unsigned width, struct x64_mem m, int32_t value)
{
    imm32(e, rm(e, w(width) | 0xC7, 0, m), (uint32_t)value);    /* mov [m], simm32 */
}

void x64_zx(struct x64 *e, unsigned bytes, unsigned dst, unsigned src)
{
    if (bytes == 4)
        x64_mov(e, 4, dst, src);                        /* mov dst32, src32 */
    else
        rr(e, bytes == 1 ? BYTE_REG | 0x0FB6 : 0x0FB7, dst, src);   /* movzx dst32, src8/16 */
}

void x64_sx(struct x64 *e, unsigned width, unsigned bytes, unsigned dst, unsigned src)
{
    if (bytes == 4)
        rr(e, W64 | 0x63, dst, src);                    /* movsxd dst, src32 */
    else
        rr(e, w(width) | (bytes == 1 ? BYTE_REG | 0x0FBE : 0x0FBF), dst, src);  /* movsx */
}

void x64_lea(struct x64 *e, unsigned dst, struct x64_mem m)
{
    rm(e, W64 | 0x8D, dst, m);                          /* lea dst, [m] */
}

uint32_t x64_lea_rip(struct x64 *e, unsigned dst)
{
    uint8_t *p = room(e);
    if (p == NULL)
        return 0;
    p = head(p, W64 | 0x8D, dst, 0, 0, false);          /* lea dst, [rip + rel32] */
    *p++ = (uint8_t)((dst & 7) << 3 | 5);
    done(e, put32(p, 0));
    return e->size - 4;
}

void x64_push(struct x64 *e, unsigned reg)
{
    uint8_t *p = room(e);
    if (p != NULL)
        done(e, head(p, 0x50u + (reg & 7), 0, 0, reg, false));  /* push reg */
}

void x64_pop(struct x64 *e, unsigned reg)
{
    uint8_t *p = room(e);
    if (p != NULL)
        done(e, head(p, 0x58u + (reg & 7), 0, 0, reg, false));  /* pop reg */
}

void x64_pop_if(struct x64 *e, unsigned reg, bool yes)
{
    uint8_t *p = room(e);
    if (p == NULL)
        return;
    *p = (uint8_t)(0x58 + reg);                         /* pop reg */
    done(e, p + yes);
}

void x64_push_mem(struct x64 *e, struct x64_mem m)
{
    rm(e, 0xFF, 6, m);                                  /* push qword [m] */
}

void x64_alu(struct x64 *e, unsigned width, enum x64_alu op, unsigned dst, unsigned src)
{
    rr(e, w(width) | (op << 3 | 3), dst, src);          /* op dst, src */
}

void x64_alu_imm(struct x64 *e, unsigned width, enum x64_alu op, unsigned dst, int32_t value)
{
    if (value >= -128 && value <= 127)
        imm8(e, rr(e, w(width) | 0x83, op, dst), (uint8_t)value);   /* op dst, simm8 */
    else
        imm32(e, rr(e, w(width) | 0x81, op, dst), (uint32_t)value); /* op dst, simm32 */
}

void x64_alu_load(struct x64 *e, unsigned width, enum x64_alu op, unsigned dst, struct x64_mem m)
{
    rm(e, w(width) | (op << 3 | 3), dst, m);            /* op dst, [m] */
}

void x64_cmp_mem(struct x64 *e, unsigned width, struct x64_mem m, unsigned src)
{
    rm(e, w(width) | 0x39, src, m);                     /* cmp [m], src */
}

void x64_test(struct x64 *e, unsigned width, unsigned a, unsigned b)
{
    rr(e, w(width) | 0x85, b, a);                       /* test a, b */
}

void x64_test_mem(struct x64 *e, unsigned width, struct x64_mem m, unsigned reg)
{
    rm(e, w(width) | 0x85, reg, m);                     /* test [m], reg */
}

void x64_imul(struct x64 *e, unsigned width, unsigned dst, unsigned src)
{
    rr(e, w(width) | 0x0FAF, dst, src);                 /* imul dst, src */
}

void x64_imul_imm(struct x64 *e, unsigned width, unsigned dst, unsigned src, int32_t value)
{
    imm32(e, rr(e, w(width) | 0x69, dst, src), (uint32_t)value);    /* imul dst, src, simm32 */
}

void x64_unary(struct x64 *e, unsigned width, enum x64_unary op, unsigned reg)
{
    rr(e, w(width) | 0xF7, op, reg);                    /* not/neg/mul/imul/div/idiv reg */
}

void x64_shift_cl(struct x64 *e, unsigned width, enum x64_shift op, unsigned reg)
{
    rr(e, w(width) | 0xD3, op, reg);                    /* shl/shr/sar reg, cl */
}

void x64_shift_imm(struct x64 *e, unsigned width, enum x64_shift op, unsigned reg, uint8_t count)
{
    imm8(e, rr(e, w(width) | 0xC1, op, reg), count);    /* shl/shr/sar reg, imm8 */
}

void x64_xchg_rax(struct x64 *e, unsigned reg)
{
    uint8_t *p = room(e);
    if (p != NULL)
        done(e, head(p, W64 | (0x90u + (reg & 7)), 0, 0, reg, false));  /* xchg rax, reg */
}

void x64_cdq(struct x64 *e, unsigned width)
{
    if (width == 8)
        byte(e, 0x48);                                  /* cqo */
    byte(e, 0x99);                                      /* cdq */
}

void x64_setcc(struct x64 *e, enum x64_cc cc, unsigned reg)
{
    rr(e, BYTE_REG | (0x0F90u + cc), 0, reg);           /* setcc reg8 */
}

uint32_t x64_jmp(struct x64 *e)
{
    uint8_t *p = room(e);
    if (p == NULL)
        return 0;
    *p++ = 0xE9;                                        /* jmp rel32 */
    done(e, put32(p, 0));
    return e->size - 4;
}

uint32_t x64_jcc(struct x64 *e, enum x64_cc cc)
{
    uint8_t *p = room(e);
    if (p == NULL)
        return 0;
    *p++ = 0x0F;                                        /* jcc rel32 */
    *p++ = (uint8_t)(0x80 + cc);
    done(e, put32(p, 0));
    return e->size - 4;
}

uint32_t x64_jmp_short(struct x64 *e)
{
    byte(e, 0xEB);                                      /* jmp rel8 */
    byte(e, 0);
    return e->size - 1;
}

uint32_t x64_jcc_short(struct x64 *e, enum x64_cc cc)
{
    byte(e, 0x70u + cc);                                /* jcc rel8 */
    byte(e, 0);
    return e->size - 1;
}

void x64_patch(struct x64 *e, uint32_t at, uint32_t target)
{
    if (!e->failed)
        put32(e->code + at, target - (at + 4));
}

void x64_patch_short(struct x64 *e, uint32_t at)
{
    uint32_t distance = e->size - (at + 1);
    if (e->failed)
        return;
    if (distance > 127) {
        e->failed = true;                               /* a bug here, never an input's fault */
        return;
    }
    e->code[at] = (uint8_t)distance;
}

void x64_jcc_back(struct x64 *e, enum x64_cc cc, uint32_t target)
{
    uint32_t at = x64_jcc_short(e, cc);
    if (!e->failed)
        e->code[at] = (uint8_t)(target - (at + 1));
}

void x64_call(struct x64 *e, unsigned reg)
{
    rr(e, 0xFF, 2, reg);                                /* call reg */
}

void x64_call_mem(struct x64 *e, struct x64_mem m)
{
    rm(e, 0xFF, 2, m);                                  /* call [m] */
}

void x64_jmp_mem(struct x64 *e, struct x64_mem m)
{
    rm(e, 0xFF, 4, m);                                  /* jmp [m] */
}

void x64_ret(struct x64 *e)
{
    byte(e, 0xC3);                                      /* ret */
}

void x64_leave(struct x64 *e)
{
    byte(e, 0xC9);                                      /* leave */
}

void x64_int3(struct x64 *e)
{
    byte(e, 0xCC);                                      /* int3 */
}

static uint32_t scalar(unsigned width)
{
    return width == 8 ? PF2 : PF3;
}

void x64_movd_to(struct x64 *e, unsigned width, unsigned xmm, unsigned reg)
{
    rr(e, P66 | w(width) | 0x0F6E, xmm, reg);           /* movd/movq xmm, reg */
}

void x64_movd_from(struct x64 *e, unsigned width, unsigned reg, unsigned xmm)
{
    rr(e, P66 | w(width) | 0x0F7E, xmm, reg);           /* movd/movq reg, xmm */
}

void x64_fload(struct x64 *e, unsigned width, unsigned xmm, struct x64_mem m)
{
    rm(e, scalar(width) | 0x0F10, xmm, m);              /* movss/movsd xmm, [m] */
}

void x64_fstore(struct x64 *e, unsigned width, struct x64_mem m, unsigned xmm)
{
    rm(e, scalar(width) | 0x0F11, xmm, m);              /* movss/movsd [m], xmm */
}

void x64_fop(struct x64 *e, unsigned width, enum x64_sse op, unsigned dst, unsigned src)
{
    rr(e, scalar(width) | 0x0F00 | op, dst, src);       /* addss/addsd... dst, src */
}

void x64_ucomis(struct x64 *e, unsigned width, unsigned a, unsigned b)
{
    rr(e, (width == 8 ? P66 : 0) | 0x0F2E, a, b);       /* ucomiss/ucomisd a, b */
}

void x64_cvtsi2f(struct x64 *e, unsigned width, unsigned int_width, unsigned xmm, unsigned reg)
{
    rr(e, scalar(width) | w(int_width) | 0x0F2A, xmm, reg);     /* cvtsi2ss/sd xmm, reg */
}

void x64_cvttf2si(struct x64 *e, unsigned width, unsigned int_width, unsigned reg, unsigned xmm)
{
    rr(e, scalar(width) | w(int_width) | 0x0F2C, reg, xmm);     /* cvttss/sd2si reg, xmm */
}

void x64_cvtf2f(struct x64 *e, unsigned from_width, unsigned dst, unsigned src)
{
    rr(e, scalar(from_width) | 0x0F5A, dst, src);       /* cvtss2sd / cvtsd2ss dst, src */
}

void x64_movups_load(struct x64 *e, unsigned xmm, struct x64_mem m)
{
    rm(e, 0x0F10, xmm, m);                              /* movups xmm, [m] */
}

void x64_movups_store(struct x64 *e, struct x64_mem m, unsigned xmm)
{
    rm(e, 0x0F11, xmm, m);                              /* movups [m], xmm */
}

void x64_xorps(struct x64 *e, unsigned dst, unsigned src)
{
    rr(e, 0x0F57, dst, src);                            /* xorps dst, src */
}
