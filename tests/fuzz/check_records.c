#include "check_records.h"

#include <stdio.h>
#include <stdlib.h>

#define PROMISE(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "ERROR: broken promise, %s line %d: %s\n", __FILE__, __LINE__, \
                    #condition); \
            abort(); \
        } \
    } while (0)

/* A pairwise check over more than this many is left to fewer of them: the work is the square. */
enum { PAIRS_OF = 64 };

static uint32_t fewer(uint32_t count)
{
    return count < PAIRS_OF ? count : PAIRS_OF;
}

static bool is_instance(const struct field_desc *field)
{
    return (field->flags & FIELD_STATIC) == 0;
}

static void check_fields(const struct type_desc *type)
{
    bool is_value = type->flags & TYPE_VALUETYPE;
    uint64_t first = is_value ? 0 : 8, end = first + type->instance_size;
    for (uint32_t i = 0; i < type->field_count; i++) {
        const struct field_desc *field = &type->fields[i];
        if (is_instance(field)) {
            PROMISE(field->offset >= first && (uint64_t)field->offset + field->size <= end);
        } else if ((field->flags & FIELD_LITERAL) == 0) {
            PROMISE((uint64_t)field->offset + field->size <= type->statics_size);
        }
    }
    for (uint32_t i = 0; i < fewer(type->field_count); i++) {
        for (uint32_t j = 0; j < i; j++) {
            const struct field_desc *a = &type->fields[i], *b = &type->fields[j];
            if ((a->flags | b->flags) & FIELD_LITERAL || is_instance(a) != is_instance(b)
                || (is_instance(a) && type->flags & TYPE_EXPLICIT_LAYOUT)) {
                continue;
            }
            PROMISE(a->offset >= b->offset + b->size || b->offset >= a->offset + a->size);
        }
    }
}

void check_type(const struct type_desc *type)
{
    PROMISE(type->state == TYPE_LOADED);
    check_fields(type);
    const struct method_table *mt = type->method_table;
    if (mt == NULL) {
        return;
    }
    PROMISE(mt->num_vtable_slots == type->vtable_count);
    PROMISE(mt->num_interfaces == type->interface_count);
    PROMISE(mt->base_size >= 14 && mt->base_size <= 8 + (1u << 21));
    if ((mt->flags & MT_HAS_COMPONENT_SIZE) == 0) {
        PROMISE(mt->base_size % 8 == 0 && mt->base_size >= 8 + (uint64_t)type->instance_size);
    }
    for (uint32_t slot = 0; slot < mt->num_vtable_slots; slot++) {
        PROMISE((type->flags & (TYPE_ABSTRACT | TYPE_INTERFACE)) || mt->vtable[slot] != NULL);
    }
}

static void check_slots(const struct jit_code *code)
{
    PROMISE(code->locals_low <= code->locals_high);
    PROMISE(code->locals_high <= 0 && -(int64_t)code->frame_size <= code->locals_low);
    for (uint32_t i = 0; i < code->local_count; i++) {
        const struct jit_slot *slot = &code->locals[i];
        PROMISE(slot->offset >= code->locals_low
                && (int64_t)slot->offset + slot->size <= code->locals_high);
        for (uint32_t j = 0; j < i && i < PAIRS_OF; j++) {
            const struct jit_slot *other = &code->locals[j];
            PROMISE((int64_t)slot->offset + slot->size <= other->offset
                    || (int64_t)other->offset + other->size <= slot->offset);
        }
    }
    for (uint32_t i = 0; i < code->arg_count; i++) {
        PROMISE(code->args[i].offset == 16 + 8 * (int32_t)i);
    }
    for (uint32_t i = 0; i < code->temp_count; i++) {
        const struct jit_slot *slot = &code->temps[i];
        PROMISE(slot->offset < 0 && (int64_t)slot->offset >= -(int64_t)code->frame_size);
        PROMISE(slot->live_from <= slot->live_to && slot->live_to <= code->code_size);
    }
}

static void check_map(const struct jit_code *code)
{
    uint32_t previous = 0;
    for (uint32_t i = 0; i < code->map_count; i++) {
        const struct jit_map_entry *entry = &code->map[i];
        PROMISE(entry->native >= previous && entry->native <= code->code_size);
        PROMISE(entry->il < code->il_size);
        PROMISE((uint64_t)entry->entries_index + entry->depth <= code->stack_entry_count);
        PROMISE((entry->depth == 0) == ((entry->flags & JIT_MAP_STACK_EMPTY) != 0));
        uint64_t bytes = 0;
        for (uint32_t e = 0; e < entry->depth; e++) {
            bytes += code->stack_entries[entry->entries_index + e].size;
        }
        bool cached = entry->flags & JIT_MAP_TOS_IN_RAX;
        PROMISE(!cached || entry->depth != 0);
        if (cached) {
            bytes -= code->stack_entries[entry->entries_index + entry->depth - 1].size;
        }
        PROMISE(entry->stack_bytes == bytes);
        previous = entry->native;
    }
}

static void check_range(const struct jit_code *code, uint32_t start, uint32_t end)
{
    PROMISE(start <= end && end <= code->code_size);
}

void check_code(const struct jit_code *code, const uint8_t *region, size_t region_size)
{
    uint64_t base = (uint64_t)(uintptr_t)region;
    PROMISE(code->code_start >= base && code->code_size <= region_size
            && code->code_start - base <= region_size - code->code_size);
    PROMISE(code->code_size != 0 && code->prologue_size <= code->code_size);
    check_slots(code);
    check_map(code);
    for (uint32_t i = 0; i < code->call_site_count; i++) {
        const struct jit_call_site *site = &code->call_sites[i];
        check_range(code, site->native, site->native_return);
        PROMISE(site->native < site->native_return && site->il < code->il_size);
    }
    for (uint32_t i = 0; i < code->store_site_count; i++) {
        const struct jit_store_site *site = &code->store_sites[i];
        check_range(code, site->native, site->native_end);
        PROMISE(site->il < code->il_size);
        PROMISE(site->field != NULL);
    }
    for (uint32_t i = 0; i < code->clause_count; i++) {
        check_range(code, code->clauses[i].try_start, code->clauses[i].try_end);
        check_range(code, code->clauses[i].handler_start, code->clauses[i].handler_end);
    }
    for (uint32_t i = 0; i < code->epilogue_count; i++) {
        check_range(code, code->epilogues[i].start, code->epilogues[i].end);
    }
}
