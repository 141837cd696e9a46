/* The state of one compilation and what its parts offer each other.
 *
 * One scan of the IL (blocks.c) finds instruction boundaries and branch targets, one pass emits
 * code, prologue and throw blocks come last. Nothing here is static: compilations may nest.
 *
 * After jc_fail nothing that is emitted counts any more; functions go on harmlessly until the
 * main loop looks at c->failed. */
#ifndef JIT_COMPILER_H
#define JIT_COMPILER_H

#include "il_decode.h"
#include "il_opcodes.h"
#include "jit.h"
#include "x64.h"

enum {
    JC_MAX_IL = 1 << 20,                /* bytes */
    JC_MAX_CODE = 1 << 24,              /* bytes */
    JC_MAX_FRAME = 1 << 20,             /* bytes, evaluation stack included */
    /* bytes of a type, field offsets; keeps displacements in int32 */
    JC_MAX_VALUE = 1 << 28,
    JC_MAX_DEPTH = 1024,                /* evaluation-stack entries */
    JC_MAX_CLAUSES = 256,
    JC_MAX_RECORDED = 1 << 20,          /* entries of recorded stacks */
    JC_SAVE_AREA = 40,
    JC_PAGE = 4096,
    /* RSP moves less than this without a touch: two such moves and a call cannot step over a
     * guard page */
    JC_UNPROBED = 1024,
    JC_SHADOW = 32,
    JC_SEEN = 64,                       /* a power of two */
    JC_SEEN_DEPTH = 8,                  /* deeper stacks are not looked up */
};

/* An evaluation-stack entry: where it lives follows from its place (the top one may be in RAX). */
struct jc_value {
    uint8_t kind;                       /* JIT_I4 I8 NINT R4 R8 REF BYREF STRUCT only */
    bool null;                          /* the literal */
    uint32_t size;                      /* bytes of the value in memory */
    uint32_t slot;                      /* bytes on the stack, multiple of 8 */
    uint32_t hash;                      /* of the stack up to this entry, as it was pushed */
    struct type_desc *desc;
};

/* The evaluation stack that a block starts with; all of it in memory. */
struct jc_state {
    uint32_t depth;
    struct jc_value *values;
};

/* An argument as IL numbers them. */
struct jc_arg {
    struct jit_type type;
    int32_t home;                       /* from RBP */
    bool indirect;                      /* the home holds the address of the caller's copy */
};

enum jc_il_flags {
    JC_IL_START = 1 << 0,               /* an instruction starts here */
    JC_IL_LEADER = 1 << 1,              /* branch target or handler */
    JC_IL_BACKWARD = 1 << 2,            /* target of a branch that stands behind it */
    JC_IL_EDGE = 1 << 3,                /* a try block or handler begins or ends here */
    JC_IL_HANDLER = 1 << 4,             /* first instruction of a handler */
};

/* A jump to a throw helper, made when the body is done. */
struct jc_cold {
    uint32_t patch, il, stack_bytes, entries_index;
    uint16_t depth, helper;
};

/* A recorded stack: `depth` entries from `index` on. Depth 0: none yet. */
struct jc_seen {
    uint32_t index, depth;
};

struct jc_fixup {
    uint32_t patch, target;             /* of a rel32; target is an IL offset */
};

struct jc {
    const struct jit_runtime *rt;
    const struct jit_request *request;
    struct jit_error *error;
    bool failed;
    struct jit_body body;
    struct jit_sig sig;
    struct x64 x;

    struct il_instruction in;           /* the one being compiled */
    bool reachable;
    bool has_localloc;
    bool made_call;                     /* this instruction holds a call */
    /* prefixes of the next instruction */
    bool readonly;
    uint32_t constrained;               /* type token, 0: none */

    struct jc_value *stack;
    uint32_t depth, max_depth;
    uint32_t stack_bytes;               /* of entries in memory: RSP = RBP - frame - stack_bytes */
    uint32_t deepest;                   /* most bytes so far, call areas included */
    bool tos_in_rax;
    uint32_t snapshot_index, snapshot_same; /* last recorded stack and how much of it still holds */
    uint32_t snapshot_depth;                /* entries recorded from snapshot_index on */
    struct jc_seen seen[JC_SEEN];           /* by hash: stacks recorded before */

    uint8_t *il_flags;                  /* by IL offset */
    uint32_t *native_at;                /* by IL offset, body-relative */
    struct jc_state **states;           /* by IL offset */
    struct jc_state empty;              /* what most targets start with */
    uint32_t instruction_count;

    struct jc_arg *args;
    uint32_t arg_count;                 /* `this` included, hidden ones not */
    int32_t retbuf_home;                /* 0: none */
    struct jc_value *ret;               /* unused for void */
    uint32_t home_count;                /* register arguments that the prologue homes */
    uint32_t xmm_homes;                 /* bit i: argument i arrives in XMMi */
    uint32_t xmm_double;                /* bit i: it is a double */
    int32_t locals_low, locals_high;
    int32_t temp_base, temp_now, temp_low;
    uint32_t first_temp;                /* of this instruction */
    int32_t *continuations;             /* per clause: slot that endfinally jumps through */
    uint32_t saved;                     /* callee-saved registers in use, one bit each */

    struct jit_slot *arg_slots, *local_slots, *temps;
    uint32_t arg_slot_count, temp_count, temp_capacity;
    struct jit_map_entry *map;
    uint32_t map_count, map_capacity;
    struct jit_stack_entry *entries;
    uint32_t entry_count, entry_capacity;
    struct jit_call_site *calls;
    uint32_t call_count, call_capacity;
    struct jit_store_site *stores;
    uint32_t store_count, store_capacity;
    struct jc_cold *cold;
    uint32_t cold_count, cold_capacity;
    struct jc_fixup *fixups;
    uint32_t fixup_count, fixup_capacity;
    uint32_t *exits;                    /* rel32 of jumps to the epilogue */
    uint32_t exit_count, exit_capacity;
};

/* ---- support.c ---- */
/* %s and %u only. Keeps the first failure. */
void jc_fail(struct jc *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Zeroed compile-time memory, NULL after jc_fail. */
void *jc_alloc(struct jc *c, uint64_t count, uint32_t size);
void *jc_alloc_raw(struct jc *c, uint64_t count, uint32_t size);    /* the same, not zeroed */
/* Room for one more element; false after jc_fail. */
bool jc_grow_slow(struct jc *c, void *array_pointer, uint32_t *capacity, uint32_t count,
                  uint32_t size);
static inline bool jc_grow(struct jc *c, void *array_pointer, uint32_t *capacity, uint32_t count,
                           uint32_t size)
{
    return count < *capacity ? !c->failed
                             : jc_grow_slow(c, array_pointer, capacity, count, size);
}
const char *jc_kind_name(unsigned kind);
void jc_trace_stfld(struct jc *c, uint32_t token, uint32_t offset, uint32_t size);

static inline uint32_t jc_align(uint32_t value, uint32_t to)
{
    return (value + to - 1) & ~(to - 1);
}

static inline bool jc_fault(const struct jc *c, enum jit_fault fault)
{
    return (c->request->faults & fault) != 0;
}

/* ---- stack.c: the evaluation stack ---- */
static inline struct jc_value jc_of_kind(unsigned kind, struct type_desc *desc)
{
    uint32_t size = kind == JIT_I4 || kind == JIT_R4 ? 4 : 8;
    return (struct jc_value){.kind = (uint8_t)kind, .size = size, .slot = 8, .desc = desc};
}
struct jc_value jc_of_type(const struct jit_type *type);
void jc_flush(struct jc *c);                            /* FlushTOS */
void jc_push_rax(struct jc *c, struct jc_value value);  /* what RAX holds; flush first */
void jc_push_kind(struct jc *c, unsigned kind);         /* the same */
struct jc_value jc_pop_rax(struct jc *c);               /* scalars */
struct jc_value jc_pop_to(struct jc *c, unsigned reg);  /* scalars; any register but RSP and RBP */
/* Two floats on top: pops them, left into XMM0 and right into XMM1, both as what it returns:
 * JIT_R4 when both are, else JIT_R8. JIT_VOID, and nothing popped, when they are not two
 * floats. */
unsigned jc_pop_floats(struct jc *c);
struct jc_value *jc_top(struct jc *c, uint32_t below);  /* entry that many below the top, or NULL */
void jc_push_space(struct jc *c, struct jc_value value);/* an entry in memory, not filled */
/* entry whose bytes are there already */
void jc_push_memory(struct jc *c, struct jc_value value);
/* all in memory: discards them and their bytes */
void jc_drop(struct jc *c, uint32_t count);
void jc_forget(struct jc *c, uint32_t count);           /* only the model; the caller moved RSP */
void jc_grow_stack(struct jc *c, uint32_t bytes);       /* RSP down, each page probed */
uint32_t jc_snapshot(struct jc *c);                     /* index of the recorded entries */

/* What has to be done so that a stack value can stand in a place of another kind. */
enum jc_coercion { JC_AS_IS, JC_SIGN_EXTEND, JC_TO_R4, JC_TO_R8, JC_MISFIT };
enum jc_coercion jc_coercion(const struct jc_value *from, const struct jit_type *to);
/* Applies it to RAX; fails the method when there is none. `what` for the message. */
void jc_coerce_rax(struct jc *c, const struct jc_value *from, const struct jit_type *to,
                   const char *what);

/* ---- memory.c: values in memory ---- */
bool jc_struct_by_value(uint32_t size);                 /* travels in a register */
void jc_load(struct jc *c, unsigned reg, struct x64_mem m, unsigned kind);
void jc_store(struct jc *c, struct x64_mem m, unsigned reg, unsigned kind);
void jc_push_from(struct jc *c, struct x64_mem m, const struct jit_type *type); /* base not RSP */
void jc_pop_into(struct jc *c, struct x64_mem m, const struct jit_type *type, const char *what);
/* Exactly `size` bytes; uses R10 and XMM5. */
void jc_copy(struct jc *c, struct x64_mem dst, struct x64_mem src, uint32_t size);
void jc_zero(struct x64 *x, struct x64_mem dst, uint32_t size);    /* uses R10 and XMM5 */

/* ---- blocks.c ---- */
void jc_scan(struct jc *c);
void jc_branch(struct jc *c, int cc, uint32_t target);  /* cc < 0: always; the stack is in memory */
void jc_enter(struct jc *c);                            /* at each instruction: joins states */
void jc_resolve_branches(struct jc *c);

/* ---- frame.c ---- */
void jc_layout_frame(struct jc *c);
int32_t jc_temp(struct jc *c, const struct jit_type *type);     /* for this instruction; from RBP */
void jc_end_temps(struct jc *c);
void jc_epilogue(struct jc *c, struct jit_range *range);
void jc_prologue(struct jc *c, struct x64 *x, uint32_t frame_size);
uint32_t jc_frame_size(const struct jc *c);
static inline unsigned jc_saved(struct jc *c, unsigned reg)     /* reg, noted as used */
{
    c->saved |= 1u << reg;
    return reg;
}

/* ---- calls.c ---- */
/* Bytes to take off RSP for a call that needs `need` of them and leaves it 16-aligned. */
uint32_t jc_area(struct jc *c, uint32_t need);
/* call helper with its arguments loaded and the area made; `live` entries stay across it */
void jc_call_helper(struct jc *c, enum jit_helper helper, uint32_t live);
/* both: area of 32, call, area given back */
void jc_simple_helper(struct jc *c, enum jit_helper helper, uint32_t live);
void jc_cctor(struct jc *c, struct type_desc *type);    /* NULL: nothing to do. Flushes. */
void jc_throw_if(struct jc *c, enum x64_cc cc, enum jit_helper helper);
void jc_throw_blocks(struct jc *c);

enum jc_this { JC_THIS_NONE, JC_THIS_ON_STACK, JC_THIS_NEW, JC_THIS_TEMP };
struct jc_call {
    const struct jit_sig *sig;
    enum jc_this from;
    struct jit_type this_type;          /* JC_THIS_ON_STACK */
    int32_t temp;                       /* JC_THIS_TEMP: from RBP */
    bool pointer_on_top;                /* calli */
    bool null_check;
    enum jit_call_kind kind;
    struct method_desc *method;
    uint32_t vtable_slot;
    uint32_t token;
};
void jc_emit_call(struct jc *c, const struct jc_call *call);

/* ---- records.c ---- */
void jc_map_instruction(struct jc *c);
void jc_store_site(struct jc *c, uint32_t native, const struct jit_field_ref *field, uint32_t token,
                   int32_t displacement, unsigned base, unsigned value);
void jc_call_site(struct jc *c, uint32_t native, uint32_t token, void *target, uint32_t live_bytes,
                  enum jit_call_kind kind, enum jit_helper helper);
struct jit_code *jc_finish(struct jc *c, const struct jit_range *epilogue);

/* ---- visit*.c ---- */
void jc_visit(struct jc *c);
void jc_visit_arithmetic(struct jc *c);
void jc_visit_divide(struct jc *c);
void jc_visit_shift(struct jc *c);
void jc_visit_unary(struct jc *c);
void jc_visit_compare(struct jc *c);
void jc_visit_compare_branch(struct jc *c);
void jc_visit_test_branch(struct jc *c);
void jc_visit_switch(struct jc *c);
void jc_visit_leave(struct jc *c);
void jc_visit_endfinally(struct jc *c);
void jc_visit_ret(struct jc *c);
void jc_visit_throw(struct jc *c);
void jc_visit_conv(struct jc *c);
void jc_visit_conv_ovf(struct jc *c);
void jc_visit_ckfinite(struct jc *c);
void jc_visit_dup(struct jc *c);
void jc_visit_pop(struct jc *c);
void jc_visit_load_field(struct jc *c);
void jc_visit_store_field(struct jc *c);
void jc_visit_load_static(struct jc *c);
void jc_visit_store_static(struct jc *c);
void jc_visit_newarr(struct jc *c);
void jc_visit_ldlen(struct jc *c);
void jc_visit_load_element(struct jc *c, const struct jit_type *type, bool reference);
void jc_visit_store_element(struct jc *c, const struct jit_type *type);
void jc_visit_ldelema(struct jc *c);
void jc_visit_load_indirect(struct jc *c, const struct jit_type *type);
void jc_visit_store_indirect(struct jc *c, const struct jit_type *type);
void jc_visit_cpobj(struct jc *c);
void jc_visit_initobj(struct jc *c);
void jc_visit_cpblk(struct jc *c);
void jc_visit_initblk(struct jc *c);
void jc_visit_localloc(struct jc *c);
void jc_visit_call(struct jc *c);
void jc_visit_calli(struct jc *c);
void jc_visit_newobj(struct jc *c);
void jc_visit_md_array(struct jc *c, const struct jit_method_ref *ref);
void jc_visit_new_md_array(struct jc *c, const struct jit_method_ref *ref);
void jc_visit_ldftn(struct jc *c);
void jc_visit_box(struct jc *c);
void jc_visit_unbox(struct jc *c);
void jc_visit_cast(struct jc *c);
bool jc_type_token(struct jc *c, bool want_array, struct jit_type_ref *out);
bool jc_resolved(struct jc *c, bool ok);    /* notes a callback's failure */

#endif
