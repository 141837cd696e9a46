/* Debug records (jit_code.h): written while code is emitted, moved into kept memory at the end. */
#include "compiler.h"

void jc_map_instruction(struct jc *c)
{
    uint32_t index = c->depth <= c->snapshot_same ? c->snapshot_index : jc_snapshot(c);
    struct jit_map_entry *entry;
    if (!jc_grow(c, &c->map, &c->map_capacity, c->map_count, sizeof *c->map))
        return;
    entry = &c->map[c->map_count++];
    entry->native = c->x.size;
    entry->il = c->in.offset;
    entry->stack_bytes = c->stack_bytes;
    entry->entries_index = index;
    entry->depth = (uint16_t)c->depth;
    entry->flags = (uint16_t)((c->tos_in_rax ? JIT_MAP_TOS_IN_RAX : 0) |
                              (c->depth == 0 ? JIT_MAP_STACK_EMPTY : 0));
}

void jc_store_site(struct jc *c, uint32_t native, const struct jit_field_ref *field, uint32_t token,
                   int32_t displacement, unsigned base, unsigned value)
{
    if (!jc_grow(c, &c->stores, &c->store_capacity, c->store_count, sizeof *c->stores))
        return;
    c->stores[c->store_count++] = (struct jit_store_site){
        .native = native, .native_end = c->x.size, .il = c->in.offset, .token = token,
        .field = field->field, .displacement = displacement, .size = field->type.size,
        .base_register = (uint8_t)base, .value_register = (uint8_t)value,
        .is_static = field->is_static};
}

void jc_call_site(struct jc *c, uint32_t native, uint32_t token, void *target, uint32_t live_bytes,
                  enum jit_call_kind kind, enum jit_helper helper)
{
    c->made_call = true;
    if (!jc_grow(c, &c->calls, &c->call_capacity, c->call_count, sizeof *c->calls))
        return;
    c->calls[c->call_count++] = (struct jit_call_site){
        .native = native, .il = c->in.offset, .token = token, .target = target,
        .stack_bytes = live_bytes, .helper = (uint16_t)helper, .kind = (uint8_t)kind};
}

static void *take(uint8_t **at, const void *from, uint32_t count, uint32_t size)
{
    void *to = *at;
    uint64_t bytes = (uint64_t)count * size;
    if (bytes != 0)
        __builtin_memcpy(to, from, bytes);
    *at += (bytes + 15) & ~15ull;
    return to;
}

/* The same for the map, which is the longest, with the prologue's length added. */
static struct jit_map_entry *take_map(uint8_t **at, const struct jit_map_entry *from,
                                      uint32_t count, uint32_t by)
{
    struct jit_map_entry *to = (struct jit_map_entry *)*at;
    for (uint32_t i = 0; i < count; i++) {
        to[i] = from[i];
        to[i].native += by;
    }
    *at += ((uint64_t)count * sizeof *to + 15) & ~15ull;
    return to;
}

static uint64_t room(uint32_t count, uint32_t size)
{
    return ((uint64_t)count * size + 15) & ~15ull;
}

static void shift(struct jc *c, uint32_t by)
{
    for (uint32_t i = 0; i < c->call_count; i++) {
        c->calls[i].native += by;
        c->calls[i].native_return += by;
    }
    for (uint32_t i = 0; i < c->store_count; i++) {
        c->stores[i].native += by;
        c->stores[i].native_end += by;
    }
    for (uint32_t i = c->body.clause_count; i < c->temp_count; i++) {
        c->temps[i].live_from += by;
        c->temps[i].live_to += by;
    }
}

static void fill_clauses(struct jc *c, struct jit_code *code, uint32_t by)
{
    for (uint32_t i = 0; i < code->clause_count; i++) {
        const struct jit_il_clause *k = &c->body.clauses[i];
        code->clauses[i] = (struct jit_clause){
            .flags = k->flags,
            .try_start = c->native_at[k->try_offset] + by,
            .try_end = c->native_at[k->try_offset + k->try_length] + by,
            .handler_start = c->native_at[k->handler_offset] + by,
            .handler_end = c->native_at[k->handler_offset + k->handler_length] + by,
            .class_token_or_filter = k->class_token_or_filter,
            .il_try_offset = k->try_offset, .il_handler_offset = k->handler_offset};
    }
}

static void fill_counts(struct jc *c, struct jit_code *code)
{
    const struct jit_sig *sig = &c->sig;
    bool buffer = c->retbuf_home != 0 && !jc_fault(c, JIT_FAULT_HIDDEN_BUFFER_NOT_HOMED);
    code->method = c->request->method;
    code->il_size = c->body.il_size;
    code->saved_registers = c->saved;
    code->locals_low = c->locals_low;
    code->locals_high = c->locals_high;
    code->arg_count = c->arg_slot_count;
    code->local_count = c->body.local_count;
    code->temp_count = c->temp_count;
    code->map_count = c->map_count;
    code->stack_entry_count = c->entry_count;
    code->call_site_count = c->call_count;
    code->store_site_count = c->store_count;
    code->clause_count = c->body.clause_count;
    code->epilogue_count = 1;
    code->flags = (c->body.init_locals ? JIT_CODE_INIT_LOCALS : 0u) |
                  (sig->has_this ? JIT_CODE_HAS_THIS : 0u) | (buffer ? JIT_CODE_HAS_RETBUF : 0u) |
                  (c->has_localloc ? JIT_CODE_LOCALLOC : 0u);
}

struct jit_code *jc_finish(struct jc *c, const struct jit_range *epilogue)
{
    struct x64 prologue;
    struct jit_code *code;
    uint8_t *memory, *rx, *rw;
    uint32_t by, frame_size = jc_frame_size(c);
    uint64_t total;
    if (c->failed)
        return NULL;
    if (frame_size + c->deepest > JC_MAX_FRAME) {
        jc_fail(c, "frame of more than %u bytes", (unsigned)JC_MAX_FRAME);
        return NULL;
    }
    x64_init(&prologue, c->rt->arena, c->rt->context, 512, JC_MAX_CODE);
    jc_prologue(c, &prologue, frame_size);
    if (c->x.failed || prologue.failed) {
        jc_fail(c, "code of more than %u bytes, or out of memory", (unsigned)JC_MAX_CODE);
        return NULL;
    }
    by = prologue.size;
    total = room(1, sizeof *code) + room(c->arg_slot_count + c->body.local_count, 32) + 16 +
            room(c->temp_count, sizeof *c->temps) + room(c->map_count, sizeof *c->map) +
            room(c->entry_count, sizeof *c->entries) + room(c->call_count, sizeof *c->calls) +
            room(c->store_count, sizeof *c->stores) +
            room(c->body.clause_count, sizeof(struct jit_clause)) + room(1, sizeof *epilogue);
    memory = c->rt->keep(c->rt->context, total);
    if (memory == NULL) {
        jc_fail(c, "out of memory for debug records");
        return NULL;
    }
    if (!c->rt->code_reserve(c->rt->context, by + c->x.size, &rx, &rw)) {
        jc_fail(c, "out of memory for code");
        return NULL;
    }
    __builtin_memcpy(rw, prologue.code, by);
    __builtin_memcpy(rw + by, c->x.code, c->x.size);
    c->rt->code_commit(c->rt->context, rx, by + c->x.size);
    shift(c, by);
    code = (struct jit_code *)memory;
    memory += room(1, sizeof *code);
    fill_counts(c, code);
    code->code_start = (uint64_t)(uintptr_t)rx;
    code->code_size = by + c->x.size;
    code->frame_size = frame_size;
    code->prologue_size = by;
    code->args = take(&memory, c->arg_slots, code->arg_count, sizeof *code->args);
    code->locals = take(&memory, c->local_slots, code->local_count, sizeof *code->locals);
    code->temps = take(&memory, c->temps, code->temp_count, sizeof *code->temps);
    code->map = take_map(&memory, c->map, code->map_count, by);
    code->stack_entries = take(&memory, c->entries, code->stack_entry_count,
                               sizeof *code->stack_entries);
    code->call_sites = take(&memory, c->calls, code->call_site_count, sizeof *code->call_sites);
    code->store_sites = take(&memory, c->stores, code->store_site_count, sizeof *code->store_sites);
    code->clauses = (struct jit_clause *)memory;
    memory += room(code->clause_count, sizeof *code->clauses);
    fill_clauses(c, code, by);
    code->epilogues = (struct jit_range *)memory;
    code->epilogues[0] = (struct jit_range){epilogue->start + by, epilogue->end + by};
    return code;
}
