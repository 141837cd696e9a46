/* Values in memory: loads, stores, copies. Never a byte more than the value has. */
#include "compiler.h"

enum { UNROLL = 128 };          /* bytes; larger copies loop */

bool jc_struct_by_value(uint32_t size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

void jc_load(struct jc *c, unsigned reg, struct x64_mem m, unsigned kind)
{
    switch (kind) {
    case JIT_I1:
        x64_load_sx(&c->x, 1, reg, m);
        break;
    case JIT_U1:
        x64_load_zx(&c->x, 1, reg, m);
        break;
    case JIT_I2:
        x64_load_sx(&c->x, 2, reg, m);
        break;
    case JIT_U2:
        x64_load_zx(&c->x, 2, reg, m);
        break;
    case JIT_I4: case JIT_U4: case JIT_R4:
        x64_load(&c->x, 4, reg, m);
        break;
    default:
        x64_load(&c->x, 8, reg, m);
        break;
    }
}

static unsigned scalar_bytes(unsigned kind)
{
    switch (kind) {
    case JIT_I1: case JIT_U1:
        return 1;
    case JIT_I2: case JIT_U2:
        return 2;
    case JIT_I4: case JIT_U4: case JIT_R4:
        return 4;
    default:
        return 8;
    }
}

void jc_store(struct jc *c, struct x64_mem m, unsigned reg, unsigned kind)
{
    x64_store(&c->x, scalar_bytes(kind), m, reg);
}

static struct x64_mem plus(struct x64_mem m, uint32_t offset)
{
    m.disp += (int32_t)offset;
    return m;
}

void jc_copy(struct jc *c, struct x64_mem dst, struct x64_mem src, uint32_t size)
{
    struct x64 *x = &c->x;
    uint32_t at = 0;
    if (size > UNROLL) {
        uint32_t top;
        at = size & ~15u;
        x64_mov_imm(x, R10, at);                        /* mov r10d, size & ~15 */
        top = x->size;
        x64_movups_load(x, XMM5, x64_indexed(src.base, R10, 1, src.disp - 16));
                                                        /* movups xmm5, [src + r10 - 16] */
        x64_movups_store(x, x64_indexed(dst.base, R10, 1, dst.disp - 16), XMM5);
                                                        /* movups [dst + r10 - 16], xmm5 */
        x64_alu_imm(x, 8, ALU_SUB, R10, 16);            /* sub r10, 16 */
        x64_jcc_back(x, CC_NE, top);                    /* jnz top */
    }
    for (; size - at >= 16; at += 16) {
        x64_movups_load(x, XMM5, plus(src, at));        /* movups xmm5, [src] */
        x64_movups_store(x, plus(dst, at), XMM5);       /* movups [dst], xmm5 */
    }
    for (unsigned bytes = 8; bytes != 0; bytes /= 2) {
        if (!((size - at) & bytes))
            continue;
        if (bytes >= 4)
            x64_load(x, bytes, R10, plus(src, at));     /* mov r10, [src] */
        else
            x64_load_zx(x, bytes, R10, plus(src, at));  /* movzx r10d, [src] */
        x64_store(x, bytes, plus(dst, at), R10);        /* mov [dst], r10 */
        at += bytes;
    }
}

void jc_zero(struct x64 *x, struct x64_mem dst, uint32_t size)
{
    uint32_t at = 0;
    if (size >= 16)
        x64_xorps(x, XMM5, XMM5);                       /* xorps xmm5, xmm5 */
    if (size > UNROLL) {
        uint32_t top;
        at = size & ~15u;
        x64_mov_imm(x, R10, at);                        /* mov r10d, size & ~15 */
        top = x->size;
        x64_movups_store(x, x64_indexed(dst.base, R10, 1, dst.disp - 16), XMM5);
        x64_alu_imm(x, 8, ALU_SUB, R10, 16);            /* sub r10, 16 */
        x64_jcc_back(x, CC_NE, top);                    /* jnz top */
    }
    for (; size - at >= 16; at += 16)
        x64_movups_store(x, plus(dst, at), XMM5);       /* movups [dst], xmm5 */
    if (at != size)
        x64_mov_imm(x, R10, 0);                         /* xor r10d, r10d */
    for (unsigned bytes = 8; bytes != 0; bytes /= 2) {
        if (!((size - at) & bytes))
            continue;
        x64_store(x, bytes, plus(dst, at), R10);        /* mov [dst], r10 */
        at += bytes;
    }
}

void jc_push_from(struct jc *c, struct x64_mem m, const struct jit_type *type)
{
    struct jc_value value = jc_of_type(type);
    if (value.kind == JIT_STRUCT) {
        jc_push_space(c, value);
        jc_copy(c, x64_at(RSP, 0), m, value.size);
    } else {
        jc_flush(c);
        jc_load(c, RAX, m, type->kind);
        jc_push_rax(c, value);
    }
}

void jc_pop_into(struct jc *c, struct x64_mem m, const struct jit_type *type, const char *what)
{
    struct jc_value value, *top = jc_top(c, 0);
    if (top == NULL)
        return;
    if (top->kind == JIT_STRUCT || type->kind == JIT_STRUCT) {
        if (jc_coercion(top, type) != JC_AS_IS) {
            jc_fail(c, "%s needs a %s of %u bytes, the stack has a %s of %u", what,
                    jc_kind_name(type->kind), type->size, jc_kind_name(top->kind), top->size);
            return;
        }
        jc_copy(c, m, x64_at(RSP, 0), type->size);
        jc_drop(c, 1);
        return;
    }
    value = jc_pop_rax(c);
    jc_coerce_rax(c, &value, type, what);
    jc_store(c, m, RAX, type->kind);
}
