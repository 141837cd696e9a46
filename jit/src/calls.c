/* Calls: outgoing area, arguments, the call itself, its record; throw blocks.
 *
 * Arguments are on the evaluation stack when a call starts. The outgoing area below them holds
 * shadow space, stack arguments and the copies of structs that travel by reference; the
 * originals stay where they are until the callee has returned, so a reference among them can be
 * found. */
#include "compiler.h"

static const uint8_t argument_order[] = {RCX, RDX, R8, R9};

uint32_t jc_area(struct jc *c, uint32_t need)
{
    uint32_t total = jc_align(c->stack_bytes + need, 16);
    if (total > c->deepest)
        c->deepest = total;
    if (total > JC_MAX_FRAME)
        jc_fail(c, "call needs more than %u bytes of stack", (unsigned)JC_MAX_FRAME);
    return total - c->stack_bytes;
}

static uint32_t live_bytes(const struct jc *c, uint32_t live)
{
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < live && i < c->depth; i++)
        bytes += c->stack[i].slot;
    return bytes;
}

void jc_call_helper(struct jc *c, enum jit_helper helper, uint32_t live)
{
    x64_mov_ptr(&c->x, RAX, c->rt->helpers[helper]);    /* mov rax, helper */
    jc_call_site(c, c->x.size, 0, NULL, live_bytes(c, live), JIT_CALL_HELPER, helper);
    x64_call(&c->x, RAX);                               /* call rax */
    if (!c->failed)
        c->calls[c->call_count - 1].native_return = c->x.size;
}

void jc_simple_helper(struct jc *c, enum jit_helper helper, uint32_t live)
{
    uint32_t area = jc_area(c, JC_SHADOW);
    x64_alu_imm(&c->x, 8, ALU_SUB, RSP, (int32_t)area); /* sub rsp, area */
    jc_call_helper(c, helper, live);
    x64_alu_imm(&c->x, 8, ALU_ADD, RSP, (int32_t)area); /* add rsp, area */
}

void jc_cctor(struct jc *c, struct type_desc *type)
{
    if (type == NULL)
        return;
    jc_flush(c);
    x64_mov_ptr(&c->x, RCX, type);                      /* mov rcx, type */
    jc_simple_helper(c, JIT_H_CCTOR, c->depth);
}

void jc_throw_if(struct jc *c, enum x64_cc cc, enum jit_helper helper)
{
    if (!jc_grow(c, &c->cold, &c->cold_capacity, c->cold_count, sizeof *c->cold))
        return;
    c->cold[c->cold_count++] = (struct jc_cold){
        .patch = x64_jcc(&c->x, cc), .il = c->in.offset, .stack_bytes = c->stack_bytes,
        .entries_index = c->map[c->map_count - 1].entries_index, .depth = (uint16_t)c->depth,
        .helper = (uint16_t)helper};
}

/* Behind the epilogue, one block for each check, so that its return address tells the IL offset. */
void jc_throw_blocks(struct jc *c)
{
    for (uint32_t i = 0; i < c->cold_count && !c->failed; i++) {
        const struct jc_cold *k = &c->cold[i];
        uint32_t area;
        x64_patch(&c->x, k->patch, c->x.size);
        if (!jc_grow(c, &c->map, &c->map_capacity, c->map_count, sizeof *c->map))
            return;
        c->map[c->map_count++] = (struct jit_map_entry){
            .native = c->x.size, .il = k->il, .stack_bytes = k->stack_bytes,
            .entries_index = k->entries_index, .depth = k->depth,
            .flags = (uint16_t)(JIT_MAP_CALL_SITE | (k->depth == 0 ? JIT_MAP_STACK_EMPTY : 0))};
        c->in.offset = k->il;
        c->stack_bytes = k->stack_bytes;
        area = jc_area(c, JC_SHADOW);
        x64_alu_imm(&c->x, 8, ALU_SUB, RSP, (int32_t)area);     /* sub rsp, area */
        x64_mov_ptr(&c->x, RAX, c->rt->helpers[k->helper]);     /* mov rax, helper */
        jc_call_site(c, c->x.size, 0, NULL, k->stack_bytes, JIT_CALL_HELPER, k->helper);
        x64_call(&c->x, RAX);                                   /* call rax */
        if (!c->failed)
            c->calls[c->call_count - 1].native_return = c->x.size;
        x64_int3(&c->x);                                        /* int3: helpers do not return */
    }
}

struct argument {
    const struct jit_type *type;
    uint32_t position;
    struct x64_mem from;
    enum jc_coercion coercion;
};

static void load_float(struct jc *c, const struct argument *a, unsigned xmm)
{
    bool is_double = a->type->kind == JIT_R8;
    bool was_double = is_double ? a->coercion != JC_TO_R8 : a->coercion == JC_TO_R4;
    x64_fload(&c->x, was_double ? 8 : 4, xmm, a->from); /* movss/movsd xmm, [entry] */
    if (was_double != is_double)
        x64_cvtf2f(&c->x, was_double ? 8 : 4, xmm, xmm);/* cvtss2sd / cvtsd2ss */
}

/* A register argument of fewer bytes than its slot takes the padding along: its upper bits mean
 * nothing. */
static void load_scalar(struct jc *c, const struct argument *a, unsigned reg)
{
    if (a->coercion == JC_SIGN_EXTEND)
        x64_load_sxd(&c->x, reg, a->from);              /* movsxd reg, dword [entry] */
    else
        x64_load(&c->x, 8, reg, a->from);               /* mov reg, [entry] */
}

static void place_argument(struct jc *c, const struct argument *a, uint32_t *copies,
                           uint32_t shadow)
{
    bool is_float = a->type->kind == JIT_R4 || a->type->kind == JIT_R8;
    uint32_t slot = a->position;
    if (slot == 4 && jc_fault(c, JIT_FAULT_STACK_ARG_SHIFT))
        slot = 5;
    struct x64_mem to = x64_at(RSP, (int32_t)(8 * slot + shadow) - JC_SHADOW);
    if (a->type->kind == JIT_STRUCT && !jc_struct_by_value(a->type->size)) {
        struct x64_mem copy = x64_at(RSP, (int32_t)*copies);
        unsigned reg = a->position < 4 ? argument_order[a->position] : RAX;
        jc_copy(c, copy, a->from, a->type->size);
        *copies += jc_align(a->type->size, 16);
        x64_lea(&c->x, reg, copy);                      /* lea reg, [copy] */
        if (a->position >= 4)
            x64_store(&c->x, 8, to, reg);               /* mov [slot], rax */
    } else if (is_float && a->position < 4) {
        load_float(c, a, a->position);
    } else if (is_float && a->coercion != JC_AS_IS) {
        load_float(c, a, XMM5);
        /* movss/movsd [slot], xmm5 */
        x64_fstore(&c->x, a->type->kind == JIT_R8 ? 8 : 4, to, XMM5);
    } else if (a->position < 4) {
        load_scalar(c, a, argument_order[a->position]);
    } else {
        load_scalar(c, a, RAX);
        x64_store(&c->x, 8, to, RAX);                   /* mov [slot], rax */
    }
}

static void call_target(struct jc *c, const struct jc_call *call, uint32_t area, uint32_t live)
{
    struct x64 *x = &c->x;
    if (call->null_check)
        x64_cmp_mem(x, 4, x64_at(RCX, 0), RCX);         /* cmp [rcx], ecx */
    switch (call->kind) {
    case JIT_CALL_VIRTUAL:
        x64_load(x, 8, RAX, x64_at(RCX, 0));            /* mov rax, [rcx]: the MethodTable */
        break;
    case JIT_CALL_INTERFACE:
        x64_mov_ptr(x, R10, call->method);              /* mov r10, method */
        x64_mov_ptr(x, RAX, c->rt->helpers[JIT_H_INTERFACE_CALL]);      /* mov rax, dispatch */
        break;
    case JIT_CALL_INDIRECT:
        x64_load(x, 8, RAX, x64_at(RSP, (int32_t)area));/* mov rax, [pointer's entry] */
        break;
    default:
        x64_mov_ptr(x, R10, call->method);              /* mov r10, method */
        break;
    }
    jc_call_site(c, x->size, call->token, call->method, live, call->kind,
                 call->kind == JIT_CALL_INTERFACE ? JIT_H_INTERFACE_CALL : JIT_H_NEW);
    if (call->kind == JIT_CALL_VIRTUAL)
        x64_call_mem(x, x64_at(RAX, (int32_t)(c->rt->vtable_offset + 8 * call->vtable_slot)));
                                                        /* call [rax + vtable + 8*slot] */
    else if (call->kind == JIT_CALL_DIRECT)
        /* call [r10 + entry] */
        x64_call_mem(x, x64_at(R10, (int32_t)c->rt->method_entry_offset));
    else
        x64_call(x, RAX);                               /* call rax */
    if (!c->failed)
        c->calls[c->call_count - 1].native_return = x->size;
}

/* The result arrives in RAX or XMM0; native callees leave rubbish above small integers. */
static void push_result(struct jc *c, const struct jit_type *type, int32_t buffer)
{
    struct x64 *x = &c->x;
    struct jc_value value = jc_of_type(type);
    switch (type->kind) {
    case JIT_VOID:
        return;
    case JIT_I1: case JIT_I2:
        x64_sx(x, 4, type->kind == JIT_I1 ? 1 : 2, RAX, RAX);   /* movsx eax, al/ax */
        break;
    case JIT_U1: case JIT_U2:
        x64_zx(x, type->kind == JIT_U1 ? 1 : 2, RAX, RAX);      /* movzx eax, al/ax */
        break;
    case JIT_R4: case JIT_R8:
        x64_movd_from(x, type->kind == JIT_R8 ? 8 : 4, RAX, XMM0);  /* movd/movq rax, xmm0 */
        break;
    case JIT_STRUCT:
        if (jc_struct_by_value(type->size)) {
            jc_push_memory(c, value);
            x64_push(x, RAX);                           /* push rax */
        } else {
            jc_push_from(c, x64_at(RBP, buffer), type);
        }
        return;
    default:
        break;
    }
    jc_push_rax(c, value);
}

static bool fits(struct jc *c, struct argument *a, const struct jc_value *entry, uint32_t number)
{
    a->coercion = jc_coercion(entry, a->type);
    if (a->coercion != JC_MISFIT)
        return true;
    jc_fail(c, "argument %u needs a %s of %u bytes, the stack has a %s of %u", number,
            jc_kind_name(a->type->kind), a->type->size, jc_kind_name(entry->kind), entry->size);
    return false;
}

void jc_emit_call(struct jc *c, const struct jc_call *call)
{
    const struct jit_sig *sig = call->sig;
    struct x64 *x = &c->x;
    uint32_t on_stack = sig->arg_count + (call->from == JC_THIS_ON_STACK ? 1u : 0u);
    uint32_t on_top = call->pointer_on_top || call->from == JC_THIS_NEW ? 1u : 0u;
    bool by_buffer = sig->ret.kind == JIT_STRUCT && !jc_struct_by_value(sig->ret.size);
    uint32_t first = (call->from != JC_THIS_NONE ? 1u : 0u) + (by_buffer ? 1u : 0u);
    uint32_t positions = first + sig->arg_count, shadow = JC_SHADOW;
    uint32_t slots, need, copies, area, live;
    int32_t buffer = by_buffer ? jc_temp(c, &sig->ret) : 0;
    uint32_t offset;
    if (c->failed || on_stack + on_top > c->depth) {
        jc_fail(c, "evaluation stack underflow: the call takes %u entries", on_stack);
        return;
    }
    if (call->from == JC_THIS_NEW && jc_fault(c, JIT_FAULT_SHADOW_SPACE_MISSING))
        shadow = 0;
    slots = positions > 4 ? positions - 4 : 0;
    if (slots != 0 && jc_fault(c, JIT_FAULT_STACK_ARG_SHIFT))
        slots++;
    copies = jc_align(shadow + 8 * slots, 16);
    need = copies;
    for (uint32_t i = 0; i < sig->arg_count; i++) {
        const struct jit_type *type = &sig->args[i];
        if (type->kind == JIT_VOID || type->size > JC_MAX_FRAME || need > JC_MAX_FRAME) {
            jc_fail(c, "call needs more than %u bytes of stack", (unsigned)JC_MAX_FRAME);
            return;
        }
        if (type->kind == JIT_STRUCT && !jc_struct_by_value(type->size))
            need += jc_align(type->size, 16);
    }
    if (copies == need)
        need = shadow + 8 * slots;
    area = jc_area(c, need);
    if (c->failed)
        return;
    jc_grow_stack(c, area);
    live = live_bytes(c, c->depth - on_top - on_stack);
    offset = area + (on_top != 0 ? c->stack[c->depth - 1].slot : 0);
    for (uint32_t i = sig->arg_count; i-- != 0;) {
        const struct jc_value *entry =
            &c->stack[c->depth - on_top - (sig->arg_count - i)];
        struct argument a = {.type = &sig->args[i], .position = first + i,
                             .from = x64_at(RSP, (int32_t)offset)};
        if (!fits(c, &a, entry, i))
            return;
        place_argument(c, &a, &copies, shadow);
        offset += entry->slot;
    }
    if (call->from == JC_THIS_ON_STACK) {
        const struct jc_value *entry = &c->stack[c->depth - on_top - on_stack];
        if (jc_coercion(entry, &call->this_type) != JC_AS_IS) {
            jc_fail(c, "`this` needs a %s, the stack has a %s", jc_kind_name(call->this_type.kind),
                    jc_kind_name(entry->kind));
            return;
        }
        x64_load(x, 8, RCX, x64_at(RSP, (int32_t)offset));      /* mov rcx, [this' entry] */
        offset += entry->slot;
    } else if (call->from == JC_THIS_NEW) {
        x64_mov(x, 8, RCX, jc_saved(c, RBX));           /* mov rcx, rbx: the new object */
    } else if (call->from == JC_THIS_TEMP) {
        x64_lea(x, RCX, x64_at(RBP, call->temp));       /* lea rcx, [temporary] */
    }
    if (by_buffer)
        x64_lea(x, argument_order[first - 1], x64_at(RBP, buffer));     /* lea reg, [buffer] */
    call_target(c, call, area, live);
    if (call->from == JC_THIS_NEW)
        x64_load(x, 8, RAX, x64_at(RSP, (int32_t)area));/* mov rax, [object's entry] */
    if (offset != 0)
        x64_alu_imm(x, 8, ALU_ADD, RSP, (int32_t)offset);       /* add rsp, area and entries */
    jc_forget(c, on_stack + on_top);
    push_result(c, &sig->ret, buffer);
}
