/* What the JIT leaves behind for each method: the debug records that the contract publishes.
 *
 * These are CLAIMS of the JIT: with a fault switched on they say what the JIT believed. All
 * offsets of code are relative to code_start, all frame offsets to RBP. Every array is complete
 * before the record is linked into the registry. */
#ifndef CLR_JIT_CODE_H
#define CLR_JIT_CODE_H

#include <stdint.h>

struct type_desc;
struct method_desc;
struct field_desc;

enum jit_slot_kind {
    JIT_SLOT_ARG, JIT_SLOT_THIS, JIT_SLOT_RETBUF, JIT_SLOT_GENERIC_CONTEXT,
    JIT_SLOT_LOCAL, JIT_SLOT_TEMP,
};
enum jit_slot_flags {
    JIT_SLOT_INDIRECT = 1 << 0,     /* slot holds the address of a copy that the caller made */
    JIT_SLOT_PINNED = 1 << 1,
};

/* An argument's home, a local or a temporary. 32 bytes. */
struct jit_slot {
    int32_t offset;                 /* from RBP */
    uint32_t size;                  /* bytes of the value (8 for an indirect one's pointer) */
    struct type_desc *type;
    uint16_t index;                 /* argument index counting this and hidden ones / local index */
    uint8_t slot_kind;              /* enum jit_slot_kind */
    uint8_t value_kind;             /* enum jit_kind */
    uint8_t flags;
    uint8_t reserved[3];
    /* native range in which a temporary holds its value; 0,0: whole method */
    uint32_t live_from, live_to;
};

/* One evaluation-stack entry's type. 16 bytes. */
struct jit_stack_entry {
    struct type_desc *type;         /* NULL: null literal or not known */
    uint32_t size;                  /* bytes that the entry takes on the stack, multiple of 8 */
    uint8_t value_kind;
    uint8_t reserved[3];
};

enum jit_map_flags {
    JIT_MAP_TOS_IN_RAX = 1 << 0,    /* the top entry is in RAX, not in memory */
    JIT_MAP_STACK_EMPTY = 1 << 1,
    JIT_MAP_CALL_SITE = 1 << 2,
};

/* State at the first native instruction of an IL instruction. Sorted by native offset. 20 bytes: a
 * method has one for each of its instructions. */
struct jit_map_entry {
    uint32_t native;
    uint32_t il;
    uint32_t stack_bytes;           /* bytes below the temporaries that entries in memory take */
    uint32_t entries_index;         /* first of `depth` elements in stack_entries, deepest first */
    uint16_t depth;                 /* entries, the cached one included */
    uint16_t flags;
};

enum jit_call_kind {
    JIT_CALL_DIRECT, JIT_CALL_VIRTUAL, JIT_CALL_INTERFACE, JIT_CALL_INDIRECT, JIT_CALL_HELPER,
};

/* One call instruction. 32 bytes. */
struct jit_call_site {
    uint32_t native;                /* offset of the call instruction */
    uint32_t native_return;         /* offset behind it */
    uint32_t il;
    uint32_t token;                 /* 0 for helpers */
    void *target;                   /* method_desc, or NULL */
    /* evaluation-stack bytes of entries that live across the call */
    uint32_t stack_bytes;
    uint16_t helper;                /* enum jit_helper */
    uint8_t kind;                   /* enum jit_call_kind */
    uint8_t reserved;
};

/* One store to a field, at the machine instruction that writes (the first one for a struct). 40
 * bytes. */
struct jit_store_site {
    uint32_t native;
    uint32_t native_end;
    uint32_t il;
    uint32_t token;
    struct field_desc *field;
    int32_t displacement;           /* that the store adds to its base register */
    uint32_t size;
    uint8_t base_register;          /* x64 encoding 0..15 */
    uint8_t value_register;         /* 0..15 general, 16..31 XMM, 255: memory copy from [R11] on */
    uint8_t is_static;
    uint8_t reserved[5];
};

/* Exception clause with native ranges. 32 bytes. */
struct jit_clause {
    uint32_t flags;
    uint32_t try_start, try_end;
    uint32_t handler_start, handler_end;
    uint32_t class_token_or_filter;
    uint32_t il_try_offset, il_handler_offset;
};

struct jit_range {
    uint32_t start, end;
};

enum jit_code_flags {
    JIT_CODE_INIT_LOCALS = 1 << 0,
    JIT_CODE_HAS_THIS = 1 << 1,
    JIT_CODE_HAS_RETBUF = 1 << 2,
    JIT_CODE_LOCALLOC = 1 << 3,     /* RSP is not constant outside the evaluation stack */
};

struct jit_code {
    uint64_t code_start;            /* executable address */
    uint32_t code_size;
    /* RBP minus RSP with an empty evaluation stack, after the prologue */
    uint32_t frame_size;
    uint32_t prologue_size;         /* the first byte behind the prologue */
    uint32_t flags;
    struct method_desc *method;
    uint32_t il_size;
    uint32_t saved_registers;       /* bit n: register n (x64 encoding) saved; slots as documented:
                                     * RBX -8, R12 -16, R13 -24, R14 -32, R15 -40 */
    int32_t locals_low, locals_high;/* RBP offsets: [low, high) holds locals */
    uint32_t arg_count;             /* elements of args: this and hidden ones included */
    uint32_t local_count;
    uint32_t temp_count;
    uint32_t map_count;
    uint32_t stack_entry_count;
    uint32_t call_site_count;
    uint32_t store_site_count;
    uint32_t clause_count;
    uint32_t epilogue_count;
    uint32_t compile_ticks;         /* filled by the runtime */
    struct jit_slot *args;
    struct jit_slot *locals;
    struct jit_slot *temps;
    struct jit_map_entry *map;
    struct jit_stack_entry *stack_entries;
    struct jit_call_site *call_sites;
    struct jit_store_site *store_sites;
    struct jit_clause *clauses;
    struct jit_range *epilogues;
};

#endif
