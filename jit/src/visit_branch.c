/* Comparisons, branches, switch, leave and endfinally, ret, throw.
 *
 * A finally handler is code of the same frame that `leave` enters with a jump: it puts the
 * address to go on at into the handler's slot, and endfinally jumps through the slot. RSP does
 * not move for it. */
#include "compiler.h"

struct comparison {
    bool is_float;
    enum x64_cc cc;             /* taken when the comparison holds */
    /* and what a NaN gives, where cc alone does not say it (ceq, beq, bne) */
    bool unordered;
    bool parity;                /* PF has to be looked at */
};

enum relation { REL_EQ, REL_GE, REL_GT, REL_LE, REL_LT, REL_NE, REL_GE_UN, REL_GT_UN, REL_LE_UN,
                REL_LT_UN };

static bool is_float(unsigned kind)
{
    return kind == JIT_R4 || kind == JIT_R8;
}

/* III.1.5 table 4; 0: not comparable. */
static unsigned compare_width(const struct jc_value *a, const struct jc_value *b)
{
    bool a_native = a->kind == JIT_NINT || a->kind == JIT_BYREF;
    bool b_native = b->kind == JIT_NINT || b->kind == JIT_BYREF;
    if (a->kind == JIT_I4 && b->kind == JIT_I4)
        return 4;
    if (a->kind == b->kind && (a->kind == JIT_I8 || a->kind == JIT_REF))
        return 8;
    if ((a_native && b_native) || (a_native && b->kind == JIT_I4) ||
        (a->kind == JIT_I4 && b_native))
        return 8;
    return 0;
}

/* For floats "above" looks the right way round for NaN: greater is compared left with right,
 * less right with left; the .un forms are the opposite of the opposite relation. */
static struct comparison compare_floats(struct jc *c, enum relation relation, unsigned kind)
{
    static const struct { uint8_t cc; bool swap; } how[] = {
        [REL_EQ] = {CC_E, false},     [REL_NE] = {CC_NE, false},
        [REL_GT] = {CC_A, false},     [REL_GE] = {CC_AE, false},
        [REL_LT] = {CC_A, true},      [REL_LE] = {CC_AE, true},
        [REL_GT_UN] = {CC_B, true},   [REL_GE_UN] = {CC_BE, true},
        [REL_LT_UN] = {CC_B, false},  [REL_LE_UN] = {CC_BE, false},
    };
    struct x64 *x = &c->x;
    unsigned width = kind == JIT_R4 ? 4 : 8;
    if (how[relation].swap)
        x64_ucomis(x, width, XMM1, XMM0);               /* ucomisd xmm1, xmm0 */
    else
        x64_ucomis(x, width, XMM0, XMM1);               /* ucomisd xmm0, xmm1 */
    return (struct comparison){.is_float = true, .cc = (enum x64_cc)how[relation].cc,
                               .unordered = relation == REL_NE,
                               .parity = relation == REL_EQ || relation == REL_NE};
}

/* Pops two and sets the flags. */
static struct comparison compare(struct jc *c, enum relation relation)
{
    static const uint8_t cc[] = {
        [REL_EQ] = CC_E, [REL_NE] = CC_NE, [REL_GE] = CC_GE, [REL_GT] = CC_G, [REL_LE] = CC_LE,
        [REL_LT] = CC_L, [REL_GE_UN] = CC_AE, [REL_GT_UN] = CC_A, [REL_LE_UN] = CC_BE,
        [REL_LT_UN] = CC_B,
    };
    struct jc_value right, left;
    unsigned width, floats = jc_pop_floats(c);
    if (floats != JIT_VOID)
        return compare_floats(c, relation, floats);
    right = jc_pop_rax(c);
    left = jc_pop_to(c, RCX);
    if (c->failed)
        return (struct comparison){.cc = CC_E};
    width = compare_width(&left, &right);
    if (width == 0)
        jc_fail(c, "%s cannot compare a %s with a %s", jit_opcode_name(c->in.opcode),
                jc_kind_name(left.kind), jc_kind_name(right.kind));
    if (width == 8 && right.kind == JIT_I4)
        x64_sx(&c->x, 8, 4, RAX, RAX);                  /* movsxd rax, eax */
    if (width == 8 && left.kind == JIT_I4)
        x64_sx(&c->x, 8, 4, RCX, RCX);                  /* movsxd rcx, ecx */
    x64_alu(&c->x, width, ALU_CMP, RCX, RAX);           /* cmp rcx, rax */
    return (struct comparison){.cc = (enum x64_cc)cc[relation]};
}

void jc_visit_compare(struct jc *c)
{
    static const uint8_t relation[] = {REL_EQ, REL_GT, REL_GT_UN, REL_LT, REL_LT_UN};
    struct x64 *x = &c->x;
    struct comparison k = compare(c, (enum relation)relation[c->in.opcode - IL_CEQ]);
    x64_setcc(x, k.cc, RAX);                            /* setcc al */
    if (k.parity) {
        x64_setcc(x, CC_NP, RCX);                       /* setnp cl */
        x64_alu(x, 4, ALU_AND, RAX, RCX);               /* and eax, ecx */
    }
    x64_zx(x, 1, RAX, RAX);                             /* movzx eax, al */
    jc_push_kind(c, JIT_I4);
}

void jc_visit_compare_branch(struct jc *c)
{
    uint16_t op = c->in.opcode;
    enum relation relation =
        (enum relation)(op >= IL_BEQ ? op - IL_BEQ : op - IL_BEQ_S);
    struct comparison k = compare(c, relation);
    if (k.parity && k.unordered) {
        jc_branch(c, CC_P, c->in.target);               /* jp target */
        jc_branch(c, CC_NE, c->in.target);              /* jne target */
    } else if (k.parity) {
        uint32_t skip = x64_jcc_short(&c->x, CC_P);     /* jp skip */
        jc_branch(c, CC_E, c->in.target);               /* je target */
        x64_patch_short(&c->x, skip);
    } else {
        jc_branch(c, k.cc, c->in.target);               /* jcc target */
    }
}

void jc_visit_test_branch(struct jc *c)
{
    uint16_t op = c->in.opcode;
    struct jc_value value = jc_pop_rax(c);
    if (c->failed)
        return;
    if (is_float(value.kind)) {
        jc_fail(c, "%s cannot test a %s", jit_opcode_name(op), jc_kind_name(value.kind));
        return;
    }
    x64_test(&c->x, value.kind == JIT_I4 ? 4 : 8, RAX, RAX);    /* test rax, rax */
    jc_branch(c, op == IL_BRTRUE || op == IL_BRTRUE_S ? CC_NE : CC_E, c->in.target);
}

/* Binary search over the cases [low, high): no table, so that code is all that lies in code
 * memory. */
static void switch_range(struct jc *c, uint32_t low, uint32_t high)
{
    struct x64 *x = &c->x;
    uint32_t middle, upper;
    if (high - low > 4) {
        middle = low + (high - low) / 2;
        x64_alu_imm(x, 4, ALU_CMP, RAX, (int32_t)middle);       /* cmp eax, middle */
        upper = x64_jcc(x, CC_AE);                              /* jae upper */
        switch_range(c, low, middle);
        x64_patch(x, upper, x->size);
        switch_range(c, middle, high);
        return;
    }
    for (uint32_t i = low; i < high; i++) {
        uint32_t target = 0;
        il_case_target(&c->in, c->body.il_size, i, &target);
        if (i + 1 == high) {
            jc_branch(c, -1, target);                           /* jmp case: nothing else is left */
        } else {
            x64_alu_imm(x, 4, ALU_CMP, RAX, (int32_t)i);        /* cmp eax, i */
            jc_branch(c, CC_E, target);                         /* je case */
        }
    }
}

void jc_visit_switch(struct jc *c)
{
    uint32_t count = (uint32_t)c->in.operand, past;
    struct jc_value value = jc_pop_rax(c);
    if (c->failed)
        return;
    if (value.kind != JIT_I4) {
        jc_fail(c, "switch cannot be applied to a %s", jc_kind_name(value.kind));
        return;
    }
    if (count == 0)
        return;
    x64_alu_imm(&c->x, 4, ALU_CMP, RAX, (int32_t)count);        /* cmp eax, count */
    past = x64_jcc(&c->x, CC_AE);                               /* jae behind the switch */
    switch_range(c, 0, count);
    x64_patch(&c->x, past, c->x.size);
}

static bool inside(uint32_t il, uint32_t offset, uint32_t length)
{
    return il - offset < length;
}

/* leave and endfinally discard what is on the evaluation stack. */
static void empty_stack(struct jc *c)
{
    c->tos_in_rax = false;
    if (c->stack_bytes != 0)
        x64_alu_imm(&c->x, 8, ALU_ADD, RSP, (int32_t)c->stack_bytes);   /* add rsp, entries */
    c->stack_bytes = 0;
    c->depth = 0;
    c->snapshot_same = 0;
}

void jc_visit_leave(struct jc *c)
{
    struct x64 *x = &c->x;
    uint32_t from = c->in.offset, to = c->in.target;
    uint32_t next = 0;
    bool chained = false;
    empty_stack(c);
    for (uint32_t i = 0; i < c->body.clause_count; i++) {
        const struct jit_il_clause *k = &c->body.clauses[i];
        if (k->flags != 2 || !inside(from, k->try_offset, k->try_length) ||
            inside(to, k->try_offset, k->try_length))
            continue;
        if (chained)
            x64_patch(x, next, x->size);
        chained = true;
        next = x64_lea_rip(x, RAX);                     /* lea rax, [behind the handler] */
        x64_store(x, 8, x64_at(RBP, c->continuations[i]), RAX);     /* mov [slot], rax */
        if (!jc_grow(c, &c->fixups, &c->fixup_capacity, c->fixup_count, sizeof *c->fixups))
            return;
        c->fixups[c->fixup_count++] = (struct jc_fixup){x64_jmp(x), k->handler_offset};
                                                        /* jmp handler */
    }
    if (chained)
        x64_patch(x, next, x->size);
    jc_branch(c, -1, to);                               /* jmp target */
    c->reachable = false;
}

/* Clauses are listed innermost first, so the first handler around an instruction is its own. */
void jc_visit_endfinally(struct jc *c)
{
    for (uint32_t i = 0; i < c->body.clause_count; i++) {
        const struct jit_il_clause *k = &c->body.clauses[i];
        if (!inside(c->in.offset, k->handler_offset, k->handler_length))
            continue;
        empty_stack(c);
        x64_jmp_mem(&c->x, x64_at(RBP, c->continuations[i]));       /* jmp [slot] */
        c->reachable = false;
        return;
    }
    jc_fail(c, "endfinally outside of a handler");
}

static void return_value(struct jc *c, const struct jit_type *type)
{
    struct x64 *x = &c->x;
    struct jc_value value, *top = jc_top(c, 0);
    if (top == NULL)
        return;
    if (type->kind == JIT_STRUCT) {
        if (jc_coercion(top, type) != JC_AS_IS) {
            jc_fail(c, "the method returns a value type of %u bytes, the stack has a %s of %u",
                    type->size, jc_kind_name(top->kind), top->size);
        } else if (jc_struct_by_value(type->size)) {
            x64_load(x, 8, RAX, x64_at(RSP, 0));        /* mov rax, [rsp] */
        } else {
            x64_load(x, 8, RAX, x64_at(RBP, c->retbuf_home));       /* mov rax, [buffer's home] */
            jc_copy(c, x64_at(RAX, 0), x64_at(RSP, 0), type->size);
        }
        jc_drop(c, 1);
        return;
    }
    value = jc_pop_rax(c);
    jc_coerce_rax(c, &value, type, "the return value");
    switch (type->kind) {
    case JIT_I1: case JIT_I2:
        x64_sx(x, 4, type->kind == JIT_I1 ? 1 : 2, RAX, RAX);       /* movsx eax, al/ax */
        break;
    case JIT_U1: case JIT_U2:
        x64_zx(x, type->kind == JIT_U1 ? 1 : 2, RAX, RAX);          /* movzx eax, al/ax */
        break;
    case JIT_R4: case JIT_R8:
        x64_movd_to(x, type->kind == JIT_R8 ? 8 : 4, XMM0, RAX);    /* movd/movq xmm0, rax */
        break;
    default:
        break;
    }
}

void jc_visit_ret(struct jc *c)
{
    uint32_t expected = c->sig.ret.kind == JIT_VOID ? 0 : 1;
    if (c->depth != expected) {
        jc_fail(c, "ret with %u entries on the evaluation stack instead of %u", c->depth, expected);
        return;
    }
    for (uint32_t i = 0; i < c->body.clause_count; i++) {
        const struct jit_il_clause *k = &c->body.clauses[i];
        if (inside(c->in.offset, k->try_offset, k->try_length) ||
            inside(c->in.offset, k->handler_offset, k->handler_length)) {
            jc_fail(c, "ret inside a protected block or handler");
            return;
        }
    }
    if (expected)
        return_value(c, &c->sig.ret);
    c->reachable = false;
    if (c->in.next == c->body.il_size)
        return;                                         /* the epilogue is what follows */
    if (jc_grow(c, &c->exits, &c->exit_capacity, c->exit_count, sizeof *c->exits))
        c->exits[c->exit_count++] = x64_jmp(&c->x);     /* jmp epilogue */
}

void jc_visit_throw(struct jc *c)
{
    if (c->in.opcode == IL_THROW) {
        struct jc_value value = jc_pop_rax(c);
        if (value.kind != JIT_REF)
            jc_fail(c, "throw needs an object, the stack has a %s", jc_kind_name(value.kind));
        jc_push_rax(c, value);
        /* a reference must be in memory at a call */
        jc_flush(c);
        x64_load(&c->x, 8, RCX, x64_at(RSP, 0));        /* mov rcx, [rsp] */
        jc_simple_helper(c, JIT_H_THROW, c->depth);
    } else {
        jc_flush(c);
        jc_simple_helper(c, JIT_H_RETHROW, c->depth);
    }
    x64_int3(&c->x);                                    /* int3: helpers do not return */
    c->reachable = false;
}
