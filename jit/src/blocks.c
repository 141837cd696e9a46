/* Control flow: instruction boundaries, branch targets, and the stack that blocks start with.
 *
 * At a target the whole stack lies in memory. Code that nothing reaches is not compiled; a
 * target that only a later branch reaches starts with an empty stack (ECMA-335 III.1.7.5).
 * Types merge as III.1.8.1.3 says, with Object where neither side is assignable to the other. */
#include "compiler.h"

static void mark_target(struct jc *c, uint32_t target)
{
    c->il_flags[target] |= JC_IL_LEADER;
    c->states[target] = NULL;
    if (target <= c->in.offset)
        c->il_flags[target] |= JC_IL_BACKWARD;
}

static bool boundary(const struct jc *c, uint32_t il)
{
    return il == c->body.il_size || (c->il_flags[il] & JC_IL_START);
}

static void mark_clauses(struct jc *c)
{
    uint32_t size = c->body.il_size;
    if (c->body.clause_count > JC_MAX_CLAUSES) {
        jc_fail(c, "more than %u exception clauses", (unsigned)JC_MAX_CLAUSES);
        return;
    }
    for (uint32_t i = 0; i < c->body.clause_count; i++) {
        const struct jit_il_clause *k = &c->body.clauses[i];
        if (k->flags == 0 || k->flags == 1) {
            jc_fail(c, "exception clauses of kind %s are not supported yet",
                    k->flags == 0 ? "catch" : "filter");
            return;
        }
        if (k->try_offset > size || k->try_length > size - k->try_offset ||
            k->handler_offset >= size || k->handler_length > size - k->handler_offset ||
            k->try_length == 0 || k->handler_length == 0) {
            jc_fail(c, "exception clause %u lies outside of the method body", i);
            return;
        }
        if (k->try_offset < k->handler_offset + k->handler_length &&
            k->handler_offset < k->try_offset + k->try_length) {
            jc_fail(c, "try block and handler of exception clause %u overlap", i);
            return;
        }
        if (!boundary(c, k->try_offset) || !boundary(c, k->try_offset + k->try_length) ||
            !boundary(c, k->handler_offset) ||
            !boundary(c, k->handler_offset + k->handler_length)) {
            jc_fail(c, "exception clause %u begins or ends inside an instruction", i);
            return;
        }
        c->il_flags[k->handler_offset] |= JC_IL_LEADER | JC_IL_HANDLER | JC_IL_EDGE;
        c->states[k->handler_offset] = NULL;
        c->il_flags[k->handler_offset + k->handler_length] |= JC_IL_EDGE;
        c->il_flags[k->try_offset + k->try_length] |= JC_IL_EDGE;
    }
}

void jc_scan(struct jc *c)
{
    uint32_t size = c->body.il_size;
    if (size == 0 || size > JC_MAX_IL) {
        jc_fail(c, size == 0 ? "method body is empty" : "method body larger than 1 MiB");
        return;
    }
    c->il_flags = jc_alloc(c, size + 1, 1);
    c->native_at = jc_alloc_raw(c, size + 1, sizeof *c->native_at);
    c->states = jc_alloc_raw(c, size + 1, sizeof *c->states);   /* only leaders have one */
    if (c->failed)
        return;
    const uint8_t *il = c->body.il;
    uint8_t *flags = c->il_flags;
    uint32_t at = 0, count = 0;
    while (at < size) {
        uint32_t length = il_plain_length[il[at]];
        const char *reason;
        flags[at] |= JC_IL_START;
        count++;
        if (length != 0 && length <= size - at) {
            at += length;
            continue;
        }
        reason = il_decode(il, size, at, &c->in);
        if (reason != NULL) {
            jc_fail(c, "%s", reason);
            return;
        }
        at = c->in.next;
        if (c->in.operand_kind == IL_OPERAND_BR8 || c->in.operand_kind == IL_OPERAND_BR32)
            mark_target(c, c->in.target);
        if (c->in.operand_kind == IL_OPERAND_SWITCH) {
            for (uint32_t i = 0; i < c->in.operand; i++) {
                uint32_t target;
                if (!il_case_target(&c->in, size, i, &target)) {
                    jc_fail(c, "branch target outside of the method body");
                    return;
                }
                mark_target(c, target);
            }
        }
    }
    c->instruction_count = count;
    mark_clauses(c);
}

/* The innermost handler around an offset, as clause index + 1; 0: none. */
static uint32_t handler_of(const struct jc *c, uint32_t il)
{
    for (uint32_t i = 0; i < c->body.clause_count; i++)
        if (il - c->body.clauses[i].handler_offset < c->body.clauses[i].handler_length)
            return i + 1;
    return 0;
}

static void merge_value(struct jc *c, struct jc_value *old, const struct jc_value *new, bool frozen)
{
    bool pointers = (old->kind == JIT_BYREF && new->kind == JIT_NINT) ||
                    (old->kind == JIT_NINT && new->kind == JIT_BYREF);
    if ((old->kind != new->kind && !pointers) || old->size != new->size || old->slot != new->slot) {
        jc_fail(c, "evaluation stacks differ where control flow meets: %s and %s",
                jc_kind_name(old->kind), jc_kind_name(new->kind));
        return;
    }
    if (frozen)
        return;                 /* its code is there already; kinds are all that it depends on */
    if (pointers)
        old->kind = JIT_BYREF;
    if (old->kind != JIT_REF) {
        if (old->desc != new->desc)
            old->desc = NULL;
    } else if (new->null) {
        return;
    } else if (old->null) {
        *old = *new;
    } else if (old->desc != new->desc) {
        if (c->rt->assignable(c->rt->context, new->desc, old->desc))
            return;
        old->desc = c->rt->assignable(c->rt->context, old->desc, new->desc) ? new->desc
                                                                           : c->rt->object_type;
    }
}

static struct jc_state *new_state(struct jc *c)
{
    struct jc_state *state = jc_alloc(c, 1, sizeof *state + c->depth * sizeof *c->stack);
    if (state == NULL)
        return NULL;
    state->depth = c->depth;
    state->values = (struct jc_value *)(state + 1);
    __builtin_memcpy(state->values, c->stack, c->depth * sizeof *c->stack);
    return state;
}

static void merge(struct jc *c, uint32_t target, bool frozen)
{
    struct jc_state *state = c->states[target];
    if (c->failed)
        return;
    if (state == NULL) {
        c->states[target] = c->depth == 0 ? &c->empty : new_state(c);
        return;
    }
    if (state->depth != c->depth) {
        jc_fail(c, "evaluation stack has %u entries here and %u on the other way to IL offset %u",
                c->depth, state->depth, target);
        return;
    }
    for (uint32_t i = 0; i < c->depth && !c->failed; i++)
        merge_value(c, &state->values[i], &c->stack[i], frozen);
}

void jc_branch(struct jc *c, int cc, uint32_t target)
{
    if (c->failed)
        return;
    if (!(c->il_flags[target] & JC_IL_START)) {
        jc_fail(c, "branch to IL offset %u, which is inside an instruction", target);
        return;
    }
    if (c->body.clause_count != 0 && handler_of(c, c->in.offset) != handler_of(c, target)) {
        jc_fail(c, "branch into or out of a finally handler");
        return;
    }
    merge(c, target, target <= c->in.offset);
    if (!jc_grow(c, &c->fixups, &c->fixup_capacity, c->fixup_count, sizeof *c->fixups))
        return;
    c->fixups[c->fixup_count++] = (struct jc_fixup){
        cc < 0 ? x64_jmp(&c->x) : x64_jcc(&c->x, (enum x64_cc)cc), target};
}

void jc_enter(struct jc *c)
{
    uint32_t at = c->in.offset;
    uint8_t flags = c->il_flags[at];
    struct jc_state *state;
    if (c->reachable && (flags & JC_IL_EDGE)) {
        jc_fail(c, "control falls into or out of a protected block");
        return;
    }
    if (!(flags & JC_IL_LEADER))
        return;
    jc_flush(c);
    if (flags & JC_IL_HANDLER) {
        c->reachable = true;
        c->depth = 0;
        c->stack_bytes = 0;
    }
    if (c->reachable)
        merge(c, at, false);
    state = c->states[at];
    if (c->failed || (state == NULL && !(flags & JC_IL_BACKWARD)))
        return;
    c->reachable = true;
    c->tos_in_rax = false;
    c->snapshot_same = 0;
    c->stack_bytes = 0;
    c->depth = 0;
    if (state == NULL) {
        merge(c, at, false);    /* only a later branch comes here: empty */
        return;
    }
    c->depth = state->depth;
    for (uint32_t i = 0; i < state->depth; i++) {
        c->stack[i] = state->values[i];
        c->stack_bytes += state->values[i].slot;
    }
}

void jc_resolve_branches(struct jc *c)
{
    for (uint32_t i = 0; i < c->fixup_count; i++)
        x64_patch(&c->x, c->fixups[i].patch, c->native_at[c->fixups[i].target]);
}
