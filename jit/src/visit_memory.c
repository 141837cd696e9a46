/* Access through addresses: ldind, stind, ldobj, stobj, cpobj, initobj, cpblk, initblk,
 * localloc. */
#include "compiler.h"

static bool address_operand(struct jc *c, const struct jc_value *address)
{
    if (c->failed)
        return false;
    if (address->kind == JIT_BYREF || address->kind == JIT_NINT)
        return true;
    jc_fail(c, "%s needs an address, the stack has a %s", jit_opcode_name(c->in.opcode),
            jc_kind_name(address->kind));
    return false;
}

void jc_visit_load_indirect(struct jc *c, const struct jit_type *type)
{
    struct jc_value address = jc_pop_rax(c);
    struct jit_type exact = *type;
    if (!address_operand(c, &address))
        return;
    if (exact.kind == JIT_REF && exact.desc == NULL)
        exact.desc = c->rt->object_type;
    jc_push_from(c, x64_at(RAX, 0), &exact);            /* mov rax, [rax] */
}

void jc_visit_store_indirect(struct jc *c, const struct jit_type *type)
{
    struct x64 *x = &c->x;
    struct jc_value value, address, *top = jc_top(c, 0), *under = jc_top(c, 1);
    if (under == NULL)
        return;
    if (type->kind == JIT_STRUCT) {
        unsigned base = jc_saved(c, R13);
        if (!address_operand(c, under))
            return;
        if (jc_coercion(top, type) != JC_AS_IS) {
            jc_fail(c, "%s needs a value type of %u bytes, the stack has a %s of %u",
                    jit_opcode_name(c->in.opcode), type->size, jc_kind_name(top->kind), top->size);
            return;
        }
        x64_load(x, 8, base, x64_at(RSP, (int32_t)top->slot));  /* mov r13, [address] */
        jc_copy(c, x64_at(base, 0), x64_at(RSP, 0), type->size);
        jc_drop(c, 2);
        return;
    }
    value = jc_pop_rax(c);
    address = jc_pop_to(c, RCX);
    if (!address_operand(c, &address))
        return;
    jc_coerce_rax(c, &value, type, jit_opcode_name(c->in.opcode));
    jc_store(c, x64_at(RCX, 0), RAX, type->kind);       /* mov [rcx], rax */
}

void jc_visit_cpobj(struct jc *c)
{
    struct jit_type_ref ref;
    struct jc_value source, destination;
    if (!jc_type_token(c, false, &ref))
        return;
    source = jc_pop_rax(c);
    destination = jc_pop_to(c, RCX);
    if (!address_operand(c, &source) || !address_operand(c, &destination))
        return;
    jc_copy(c, x64_at(RCX, 0), x64_at(RAX, 0), ref.type.size);
}

void jc_visit_initobj(struct jc *c)
{
    struct jit_type_ref ref;
    struct jc_value address;
    if (!jc_type_token(c, false, &ref))
        return;
    address = jc_pop_rax(c);
    if (address_operand(c, &address))
        jc_zero(&c->x, x64_at(RAX, 0), ref.type.size);
}

/* cpblk and initblk: three operands, of which the last is the size (uint32). */
static void block_helper(struct jc *c, enum jit_helper helper, bool second_is_address)
{
    struct x64 *x = &c->x;
    struct jc_value *size, *second, *first;
    uint32_t area;
    jc_flush(c);
    size = jc_top(c, 0);
    second = jc_top(c, 1);
    first = jc_top(c, 2);
    if (first == NULL || !address_operand(c, first))
        return;
    if (second_is_address && !address_operand(c, second))
        return;
    if ((size->kind != JIT_I4 && size->kind != JIT_NINT) ||
        (!second_is_address && second->kind != JIT_I4)) {
        jc_fail(c, "%s has an operand of a wrong kind", jit_opcode_name(c->in.opcode));
        return;
    }
    area = jc_area(c, JC_SHADOW);
    x64_alu_imm(x, 8, ALU_SUB, RSP, (int32_t)area);     /* sub rsp, area */
    x64_load(x, size->kind == JIT_I4 ? 4 : 8, R8, x64_at(RSP, (int32_t)area));  /* mov r8, [size] */
    /* mov rdx, [second] */
    x64_load(x, 8, RDX, x64_at(RSP, (int32_t)(area + size->slot)));
    /* mov rcx, [first] */
    x64_load(x, 8, RCX, x64_at(RSP, (int32_t)(area + size->slot + second->slot)));
    jc_call_helper(c, helper, c->depth - 3);
    x64_alu_imm(x, 8, ALU_ADD, RSP, (int32_t)area);     /* add rsp, area */
    jc_drop(c, 3);
}

void jc_visit_cpblk(struct jc *c)
{
    block_helper(c, JIT_H_MEMCPY, true);
}

void jc_visit_initblk(struct jc *c)
{
    block_helper(c, JIT_H_MEMSET, false);
}

/* localloc: RSP goes down by a multiple of 16, page by page; nothing else may be on the stack.
 * Zeroed when the method has InitLocals: the pages are written from the top down, which is the
 * probe too. */
void jc_visit_localloc(struct jc *c)
{
    struct x64 *x = &c->x;
    struct jc_value size;
    uint32_t top, end;
    if (c->depth != 1) {
        jc_fail(c, "localloc with other entries on the evaluation stack");
        return;
    }
    size = jc_pop_rax(c);
    if (c->failed || (size.kind != JIT_I4 && size.kind != JIT_NINT)) {
        jc_fail(c, "localloc needs a size, the stack has a %s", jc_kind_name(size.kind));
        return;
    }
    c->has_localloc = true;
    if (size.kind == JIT_I4)
        x64_mov(x, 4, RAX, RAX);                        /* mov eax, eax: the size is unsigned */
    x64_alu_imm(x, 8, ALU_ADD, RAX, 15);                /* add rax, 15 */
    x64_shift_imm(x, 8, SHIFT_SHR, RAX, 4);             /* shr rax, 4: units of 16 bytes */
    end = x64_jcc_short(x, CC_E);                       /* jz end */
    top = x->size;
    if (c->body.init_locals) {
        x64_alu_imm(x, 8, ALU_SUB, RSP, 16);            /* sub rsp, 16 */
        x64_store_imm(x, 8, x64_at(RSP, 8), 0);         /* mov qword [rsp + 8], 0 */
        x64_store_imm(x, 8, x64_at(RSP, 0), 0);         /* mov qword [rsp], 0 */
    } else {
        x64_alu_imm(x, 8, ALU_SUB, RSP, 16);            /* sub rsp, 16 */
        x64_test_mem(x, 4, x64_at(RSP, 0), RAX);        /* test [rsp], eax */
    }
    x64_alu_imm(x, 8, ALU_SUB, RAX, 1);                 /* sub rax, 1 */
    x64_jcc_back(x, CC_NE, top);                        /* jnz top */
    x64_patch_short(x, end);
    x64_mov(x, 8, RAX, RSP);                            /* mov rax, rsp */
    jc_push_kind(c, JIT_NINT);
}
