/* One method from IL to code: the scan, the pass over the instructions, the ends. */
#include "compiler.h"

static void check_instruction(struct jc *c)
{
    if (c->in.pop > 0 && c->depth < (uint32_t)c->in.pop)
        jc_fail(c, "evaluation stack underflow: needs %u entries, has %u", (unsigned)c->in.pop,
                c->depth);
}

static void compile_body(struct jc *c)
{
    c->reachable = true;
    for (uint32_t at = 0; at < c->body.il_size && !c->failed; at = c->in.next) {
        il_decode_again(c->body.il, c->body.il_size, at, &c->in);
        if (c->il_flags[at] & (JC_IL_LEADER | JC_IL_EDGE))
            jc_enter(c);
        c->native_at[at] = c->x.size;
        if (!c->reachable || c->failed)
            continue;
        jc_map_instruction(c);
        check_instruction(c);
        if (c->failed)
            return;
        c->made_call = false;
        jc_visit(c);
        if (c->first_temp != c->temp_count)
            jc_end_temps(c);
        if (c->made_call)
            c->map[c->map_count - 1].flags |= JIT_MAP_CALL_SITE;
    }
    c->native_at[c->body.il_size] = c->x.size;
    if (c->reachable)
        jc_fail(c, "control falls off the end of the method body");
}

static bool start(struct jc *c)
{
    const struct jit_runtime *rt = c->rt;
    uint32_t guess;
    if (!jc_resolved(c, rt->method_sig(rt->context, c->request->method, &c->sig, c->error)) ||
        !jc_resolved(c, rt->method_body(rt->context, c->request->method, &c->body, c->error)))
        return false;
    if (c->body.max_stack > JC_MAX_DEPTH) {
        jc_fail(c, "method declares an evaluation stack of %u entries; at most %u are supported",
                c->body.max_stack, (unsigned)JC_MAX_DEPTH);
        return false;
    }
    jc_scan(c);
    if (c->failed)
        return false;
    c->in.offset = 0;
    c->in.opcode = 0;
    c->max_depth = c->body.max_stack;
    c->stack = jc_alloc_raw(c, c->max_depth + 1u, sizeof *c->stack);
    c->map_capacity = c->instruction_count + 8;
    c->map = jc_alloc_raw(c, c->map_capacity, sizeof *c->map);
    guess = jc_align(c->body.il_size * 8 + 256, 256);
    x64_init(&c->x, rt->arena_raw != NULL ? rt->arena_raw : rt->arena, rt->context, guess, JC_MAX_CODE);
    jc_layout_frame(c);
    return !c->failed;
}

struct jit_code *jit_compile(const struct jit_runtime *runtime, const struct jit_request *request,
                             struct jit_error *error)
{
    struct jc c = {.rt = runtime, .request = request, .error = error};
    struct jit_range epilogue;
    error->set = false;
    error->message[0] = 0;
    if (!start(&c))
        return NULL;
    compile_body(&c);
    if (c.failed)
        return NULL;
    jc_resolve_branches(&c);
    if (jc_fault(&c, JIT_FAULT_CALLEE_SAVED_LOST))
        c.saved = 0;            /* neither prologue nor epilogue knows of them */
    jc_epilogue(&c, &epilogue);
    jc_throw_blocks(&c);
    return jc_finish(&c, &epilogue);
}
