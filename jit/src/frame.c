/* The frame: homes, locals, temporaries, prologue and epilogue (docs/frame.md).
 *
 * Locals have their places before the body is compiled; the prologue is written after it, when
 * the used callee-saved registers and the lowest temporary are known. */
#include "compiler.h"

static const uint8_t saved_order[] = {RBX, R12, R13, R14, R15};
static const uint8_t argument_order[] = {RCX, RDX, R8, R9};

static void add_arg_slot(struct jc *c, enum jit_slot_kind kind, const struct jit_type *type,
                         bool indirect, uint32_t position)
{
    c->arg_slots[c->arg_slot_count++] = (struct jit_slot){
        .offset = 16 + 8 * (int32_t)position, .size = indirect ? 8 : type->size,
        .type = type->desc, .index = (uint16_t)position, .slot_kind = (uint8_t)kind,
        .value_kind = type->kind, .flags = indirect ? JIT_SLOT_INDIRECT : 0};
}

static bool sound_type(struct jc *c, const struct jit_type *type)
{
    if (type->kind > JIT_STRUCT || type->kind == JIT_VOID || type->size == 0 ||
        type->size > JC_MAX_VALUE || type->align == 0 || type->align > 8 ||
        (type->align & (type->align - 1)) != 0) {
        jc_fail(c, "type of kind %s with size %u and alignment %u cannot be laid out",
                jc_kind_name(type->kind), type->size, type->align);
        return false;
    }
    return true;
}

static void layout_args(struct jc *c)
{
    const struct jit_sig *sig = &c->sig;
    bool by_buffer = sig->ret.kind == JIT_STRUCT && !jc_struct_by_value(sig->ret.size);
    uint32_t total = sig->arg_count + (sig->has_this ? 1u : 0u), position = 0, n = 0;
    c->args = jc_alloc(c, total, sizeof *c->args);
    c->arg_slots = jc_alloc(c, total + 1, sizeof *c->arg_slots);
    if (c->failed || (sig->ret.kind != JIT_VOID && !sound_type(c, &sig->ret)))
        return;
    c->arg_count = total;
    if (sig->has_this) {
        add_arg_slot(c, JIT_SLOT_THIS, &sig->this_type, false, 0);
        c->args[n++] = (struct jc_arg){.type = sig->this_type, .home = 16};
        position++;
    }
    if (by_buffer) {
        static const struct jit_type buffer = {.kind = JIT_NINT, .align = 8, .size = 8};
        c->retbuf_home = 16 + 8 * (int32_t)position;
        if (!jc_fault(c, JIT_FAULT_HIDDEN_BUFFER_NOT_HOMED)) {
            add_arg_slot(c, JIT_SLOT_RETBUF, &buffer, false, position);
            position++;
        }
    }
    for (uint32_t i = 0; i < sig->arg_count; i++, position++) {
        const struct jit_type *type = &sig->args[i];
        bool indirect = type->kind == JIT_STRUCT && !jc_struct_by_value(type->size);
        if (!sound_type(c, type))
            return;
        if (position < 4 && (type->kind == JIT_R4 || type->kind == JIT_R8)) {
            c->xmm_homes |= 1u << position;
            c->xmm_double |= type->kind == JIT_R8 ? 1u << position : 0;
        }
        add_arg_slot(c, JIT_SLOT_ARG, type, indirect, position);
        c->args[n++] = (struct jc_arg){
            .type = *type, .home = 16 + 8 * (int32_t)position, .indirect = indirect};
    }
    if (jc_fault(c, JIT_FAULT_THIS_NOT_HOMED) && sig->has_this)
        position--;
    c->home_count = position < 4 ? position : 4;
}

static void layout_locals(struct jc *c)
{
    uint32_t low = JC_SAVE_AREA;
    c->locals_high = -JC_SAVE_AREA;
    if (jc_fault(c, JIT_FAULT_LOCAL0_OVER_SAVE_AREA) && c->body.local_count != 0) {
        c->locals_high = 0;
        low = 0;
    }
    c->local_slots = jc_alloc(c, c->body.local_count, sizeof *c->local_slots);
    for (uint32_t i = 0; i < c->body.local_count && !c->failed; i++) {
        const struct jit_type *type = &c->body.locals[i];
        if (!sound_type(c, type))
            return;
        if (jc_fault(c, JIT_FAULT_LOCAL_SLOT_8))
            low += 8;
        else if (jc_fault(c, JIT_FAULT_LOCAL0_OVER_SAVE_AREA))
            low += 64;
        else
            low = jc_align(low + type->size, type->align);
        if (low > JC_MAX_FRAME) {
            jc_fail(c, "locals need more than %u bytes", (unsigned)JC_MAX_FRAME);
            return;
        }
        c->local_slots[i] = (struct jit_slot){
            .offset = -(int32_t)low, .size = type->size, .type = type->desc, .index = (uint16_t)i,
            .slot_kind = JIT_SLOT_LOCAL, .value_kind = type->kind,
            .flags = type->flags & JIT_TYPE_PINNED ? JIT_SLOT_PINNED : 0};
    }
    c->locals_low = -(int32_t)low;
}

/* Each finally handler has a slot for the address that its endfinally goes on at. */
static void layout_continuations(struct jc *c)
{
    static const struct jit_type address = {.kind = JIT_NINT, .align = 8, .size = 8};
    int32_t low = -(int32_t)jc_align((uint32_t)-c->locals_low, 8);
    if (low > -JC_SAVE_AREA)
        low = -JC_SAVE_AREA;
    c->continuations = jc_alloc(c, c->body.clause_count, sizeof *c->continuations);
    for (uint32_t i = 0; i < c->body.clause_count && !c->failed; i++) {
        low -= 8;
        c->continuations[i] = low;
        if (!jc_grow(c, &c->temps, &c->temp_capacity, c->temp_count, sizeof *c->temps))
            return;
        c->temps[c->temp_count++] = (struct jit_slot){
            .offset = low, .size = 8, .index = (uint16_t)i, .slot_kind = JIT_SLOT_TEMP,
            .value_kind = address.kind};
    }
    c->first_temp = c->temp_count;
    c->temp_base = -(int32_t)jc_align((uint32_t)-low, 16);
    c->temp_now = c->temp_low = c->temp_base;
}

void jc_layout_frame(struct jc *c)
{
    layout_args(c);
    if (!c->failed)
        layout_locals(c);
    if (!c->failed)
        layout_continuations(c);
}

/* Temporaries live within one instruction, so those of different instructions share their place. */
int32_t jc_temp(struct jc *c, const struct jit_type *type)
{
    if (!sound_type(c, type) ||
        !jc_grow(c, &c->temps, &c->temp_capacity, c->temp_count, sizeof *c->temps))
        return 0;
    if (type->size > JC_MAX_FRAME || c->temp_now < -JC_MAX_FRAME) {
        jc_fail(c, "temporaries need more than %u bytes", (unsigned)JC_MAX_FRAME);
        return 0;
    }
    c->temp_now -= (int32_t)jc_align(type->size, 16);
    if (c->temp_now < c->temp_low)
        c->temp_low = c->temp_now;
    c->temps[c->temp_count++] = (struct jit_slot){
        .offset = c->temp_now, .size = type->size, .type = type->desc,
        .index = (uint16_t)(c->temp_count - 1), .slot_kind = JIT_SLOT_TEMP,
        .value_kind = type->kind, .live_from = c->x.size};
    return c->temp_now;
}

void jc_end_temps(struct jc *c)
{
    for (; c->first_temp < c->temp_count; c->first_temp++)
        c->temps[c->first_temp].live_to = c->x.size;
    c->temp_now = c->temp_base;
}

uint32_t jc_frame_size(const struct jc *c)
{
    return jc_align((uint32_t)-c->temp_low, 16);
}

static void make_room(struct x64 *x, uint32_t frame_size)
{
    uint32_t pages = frame_size / JC_PAGE, rest = frame_size % JC_PAGE, top;
    if (pages != 0) {
        x64_mov_imm(x, RAX, pages);                     /* mov eax, pages */
        top = x->size;
        x64_alu_imm(x, 8, ALU_SUB, RSP, JC_PAGE);       /* sub rsp, 4096 */
        x64_test_mem(x, 4, x64_at(RSP, 0), RAX);        /* test [rsp], eax */
        x64_alu_imm(x, 4, ALU_SUB, RAX, 1);             /* sub eax, 1 */
        x64_jcc_back(x, CC_NE, top);                    /* jnz top */
    }
    if (rest != 0)
        x64_alu_imm(x, 8, ALU_SUB, RSP, (int32_t)rest); /* sub rsp, rest */
    if (rest >= JC_UNPROBED)
        x64_test_mem(x, 4, x64_at(RSP, 0), RAX);        /* test [rsp], eax */
}

void jc_prologue(struct jc *c, struct x64 *x, uint32_t frame_size)
{
    x64_push(x, RBP);                                   /* push rbp */
    x64_mov(x, 8, RBP, RSP);                            /* mov rbp, rsp */
    make_room(x, frame_size);
    for (unsigned i = 0; i < sizeof saved_order; i++)
        if (c->saved & 1u << saved_order[i])
            x64_store(x, 8, x64_at(RBP, -8 - 8 * (int32_t)i), saved_order[i]);
                                                        /* mov [rbp - 8 - 8*i], saved */
    for (uint32_t i = 0; i < c->home_count; i++) {
        struct x64_mem home = x64_at(RBP, 16 + 8 * (int32_t)i);
        if (c->xmm_homes & 1u << i)
            x64_fstore(x, c->xmm_double & 1u << i ? 8 : 4, home, i);   /* movss/movsd [home], xmm */
        else
            x64_store(x, 8, home, argument_order[i]);   /* mov [home], reg */
    }
    if (c->body.init_locals && c->locals_low < c->locals_high)
        jc_zero(x, x64_at(RBP, c->locals_low), (uint32_t)(c->locals_high - c->locals_low));
}

void jc_epilogue(struct jc *c, struct jit_range *range)
{
    struct x64 *x = &c->x;
    for (uint32_t i = 0; i < c->exit_count; i++)
        x64_patch(x, c->exits[i], x->size);
    range->start = x->size;
    for (unsigned i = 0; i < sizeof saved_order; i++)
        if (c->saved & 1u << saved_order[i])
            x64_load(x, 8, saved_order[i], x64_at(RBP, -8 - 8 * (int32_t)i));
                                                        /* mov saved, [rbp - 8 - 8*i] */
    x64_leave(x);                                       /* leave */
    x64_ret(x);                                         /* ret */
    range->end = x->size;
}
