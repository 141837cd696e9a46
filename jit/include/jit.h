/* The Tier-0 JIT: IL in, x64 code and its debug records out.
 *
 * The JIT knows nothing of metadata tables, files or the heap: it asks one callback interface,
 * struct jit_runtime, and hands back one struct jit_code (jit_code.h). The same sources run in
 * ring 0 and on the host, there built for System V; only what generated code calls is CLR_ABI.
 *
 * Frame, registers and calling convention: docs/frame.md (Microsoft x64, rbp frames, RSP-based
 * evaluation stack with the top cached in RAX). */
#ifndef CLR_JIT_H
#define CLR_JIT_H

#include "jit_code.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Owned by the runtime; the JIT only passes the pointers on (into code and records). */
struct type_desc;
struct method_desc;
struct field_desc;

/* What a value is to the code generator. Small integers are distinct in memory and signatures;
 * on the evaluation stack they are JIT_I4. bool is U1, char is U2, an enum is its underlying
 * kind, pointers and function pointers are NINT. */
enum jit_kind {
    JIT_VOID, JIT_I1, JIT_U1, JIT_I2, JIT_U2, JIT_I4, JIT_U4, JIT_I8, JIT_U8,
    JIT_NINT, JIT_NUINT, JIT_R4, JIT_R8,
    JIT_REF,        /* object reference */
    JIT_BYREF,      /* managed pointer */
    JIT_STRUCT,     /* value type that is none of the above */
};

enum jit_type_flags { JIT_TYPE_PINNED = 1 << 0 };     /* a pinned local */

struct jit_type {
    uint8_t kind;               /* enum jit_kind */
    uint8_t align;              /* bytes: 1, 2, 4, 8 */
    uint16_t flags;             /* enum jit_type_flags */
    uint32_t size;              /* bytes in memory, unboxed; 8 for references */
    /* exact type when known (byrefs and pointers have descriptors too); NULL for null */
    struct type_desc *desc;
};

struct jit_sig {
    bool has_this;              /* `this` comes first and is not in args */
    uint16_t arg_count;         /* without this */
    struct jit_type ret;
    const struct jit_type *args;/* compile-time arena */
    struct jit_type this_type;  /* REF for classes, BYREF for value types; valid when has_this */
};

struct jit_body {
    const uint8_t *il;
    uint32_t il_size;
    uint16_t max_stack;
    bool init_locals;
    uint16_t local_count;
    const struct jit_type *locals;      /* compile-time arena */
    uint32_t clause_count;
    const struct jit_il_clause *clauses;
};

struct jit_il_clause {
    uint32_t flags;             /* MD_EH_*: 0 catch, 1 filter, 2 finally, 4 fault */
    uint32_t try_offset, try_length, handler_offset, handler_length;
    uint32_t class_token_or_filter;
};

/* How a call to a method is made. */
enum jit_method_flags {
    JIT_M_STATIC = 1 << 0,
    JIT_M_VIRTUAL = 1 << 1,         /* has a vtable slot */
    JIT_M_FINAL = 1 << 2,           /* callvirt may call directly (after the null check) */
    /* owner is an interface: dispatch through JIT_H_INTERFACE_CALL */
    JIT_M_INTERFACE = 1 << 3,
    JIT_M_CTOR = 1 << 4,
    JIT_M_VALUETYPE_OWNER = 1 << 5, /* `this` is a byref to raw fields */
    JIT_M_STRING_CTOR = 1 << 6,     /* newobj calls `factory` below (static, returns the string) */
    JIT_M_ARRAY_GET = 1 << 7,       /* accessors of multi-dimensional arrays: done by helper */
    JIT_M_ARRAY_SET = 1 << 8,
    JIT_M_ARRAY_ADDRESS = 1 << 9,
    JIT_M_ARRAY_CTOR = 1 << 10,
    JIT_M_NATIVE = 1 << 11,         /* implemented by the kernel, same convention */
    JIT_M_NO_INSTANCES = 1 << 12,   /* the owner is abstract or an interface: newobj is refused */
};

struct jit_method_ref {
    struct method_desc *method;
    uint32_t flags;
    uint16_t vtable_slot;           /* index, valid with JIT_M_VIRTUAL and not JIT_M_INTERFACE */
    struct jit_sig sig;
    struct jit_type owner;          /* the declaring type (for array accessors the array type) */
    struct method_desc *factory;    /* JIT_M_STRING_CTOR */
    /* Static constructor of the owner that a call must trigger first; NULL when it already ran,
     * does not exist or is beforefieldinit (then only field accesses trigger it). */
    struct type_desc *cctor;
    void *owner_method_table;       /* newobj of a class: what JIT_H_NEW gets */
};

struct jit_field_ref {
    struct field_desc *field;
    struct jit_type type;           /* of the field */
    struct jit_type owner;
    uint32_t offset;                /* from the start of the object for reference types, of the raw
                                     * fields for value types */
    bool is_static;
    void *static_address;           /* storage of a static (or RVA data); stable */
    struct type_desc *cctor;        /* as above; for statics */
};

struct jit_type_ref {
    struct jit_type type;
    void *method_table;             /* NULL for byref, pointer, void */
    bool is_interface;
    bool is_array;
    struct jit_type element;        /* of an array */
    void *array_method_table;       /* MethodTable of type[] (asked for by newarr only) */
    struct type_desc *nullable_of;  /* reserved: Nullable<T>, not NULL then */
    struct type_desc *array_type;   /* type[] itself (asked for by newarr only); for the records */
};

/* What ldtoken pushes (an address-sized handle). */
struct jit_token_ref {
    struct jit_type handle_type;    /* RuntimeTypeHandle & co: an 8-byte struct */
    void *value;
};

/* Helpers, all CLR_ABI. Those marked * are assembly stubs with a convention of their own. */
enum jit_helper {
    JIT_H_NEW,              /* object *(method_table *) zeroed */
    JIT_H_NEWARR,           /* array *(array_method_table *, int64_t length) */
    /* array *(type_desc *array, uint32_t n, const int32_t *values): ctor args in order */
    JIT_H_NEW_MDARRAY,
    /* void *(array *, type_desc *array, uint32_t rank, const int32_t *index,
     * type_desc *exact or NULL) */
    JIT_H_MDARRAY_ADDRESS,
    JIT_H_BOX,              /* object *(method_table *, const void *fields) */
    JIT_H_UNBOX,            /* void *(type_desc *, object *): address of the fields, checks */
    JIT_H_CASTCLASS,        /* object *(type_desc *, object *) */
    JIT_H_ISINST,           /* object *(type_desc *, object *) */
    JIT_H_STELEM_REF,       /* void(array *, int64_t index, object *): bounds and covariance */
    JIT_H_LDELEMA_CHECK,    /* void(array *, type_desc *element): exact type or throws */
    JIT_H_CCTOR,            /* void(type_desc *): runs the static constructor once */
    JIT_H_LDVIRTFTN,        /* void *(object *, method_desc *): code address to call */
    /* * R10 = interface method_desc, arguments in place: resolves and jumps */
    JIT_H_INTERFACE_CALL,
    JIT_H_THROW,            /* noreturn void(object *) */
    JIT_H_RETHROW,          /* noreturn void(void) */
    JIT_H_THROW_RANGE,      /* noreturn void(void): IndexOutOfRangeException */
    JIT_H_THROW_OVERFLOW,   /* noreturn void(void) */
    JIT_H_THROW_DIV_ZERO,   /* noreturn void(void) */
    JIT_H_THROW_ARITHMETIC, /* noreturn void(void): ckfinite; MIN / -1 is OVERFLOW */
    /* noreturn void(void): NullReferenceException where no access can fault */
    JIT_H_THROW_NULL,
    JIT_H_MEMCPY,           /* void(void *, const void *, uint64_t) */
    JIT_H_MEMSET,           /* void(void *, int32_t, uint64_t) */
    JIT_H_F64_REM,          /* double(double, double): IL rem */
    JIT_H_F32_REM,          /* float(float, float) */
    /* * R10 = object address, R11 = offset; preserves every register and flags */
    JIT_H_TRACE_STFLD,
    JIT_H_COUNT,
};

/* Faults that the JIT can be asked to make (bits of jit_request.faults). Layout faults are the type
 * loader's (rt_faults.h keeps the one table of names and default scopes). */
enum jit_fault {
    JIT_FAULT_ARRAY_MT_ELEMENT = 1 << 0,
    JIT_FAULT_THIS_NOT_HOMED = 1 << 1,
    JIT_FAULT_LOCAL_SLOT_8 = 1 << 2,
    JIT_FAULT_CALLEE_SAVED_LOST = 1 << 3,
    JIT_FAULT_LOCAL0_OVER_SAVE_AREA = 1 << 4,
    JIT_FAULT_SHADOW_SPACE_MISSING = 1 << 5,
    JIT_FAULT_STACK_ARG_SHIFT = 1 << 6,
    JIT_FAULT_HIDDEN_BUFFER_NOT_HOMED = 1 << 7,
    JIT_FAULT_DUP_LARGE_VT = 1 << 8,
    JIT_FAULT_WIDTH_TRUNCATE = 1 << 9,
};

enum jit_trace { JIT_TRACE_STFLD = 1 << 0 };

struct jit_error {
    bool set;
    uint32_t il_offset;
    uint16_t opcode;                /* as in the IL: 0xFExx for two-byte ones */
    char message[200];              /* feature or reason, without method name */
};

/* Every callback that returns bool fills `error->message` and returns false when it cannot; the
 * JIT adds IL offset and opcode and gives up on the method. `from` is the method being
 * compiled: tokens are its. */
struct jit_runtime {
    void *context;

    /* zeroed, 16-aligned, freed after the compile; NULL: out of memory */
    void *(*arena)(void *context, size_t size);
    /* zeroed, 16-aligned, for ever; NULL: out of memory */
    void *(*keep)(void *context, size_t size);

    bool (*method_body)(void *context, struct method_desc *method, struct jit_body *out,
                        struct jit_error *error);
    bool (*method_sig)(void *context, struct method_desc *method, struct jit_sig *out,
                       struct jit_error *error);
    bool (*resolve_method)(void *context, struct method_desc *from, uint32_t token,
                           struct jit_method_ref *out, struct jit_error *error);
    /* constrained. T callvirt M: the method of T itself (call it with the byref), or
     * out->method NULL when T inherits it: then load/box and callvirt. */
    bool (*resolve_constrained)(void *context, struct method_desc *from, uint32_t type_token,
                                uint32_t method_token, struct jit_method_ref *out,
                                struct jit_error *error);
    bool (*resolve_field)(void *context, struct method_desc *from, uint32_t token,
                          struct jit_field_ref *out, struct jit_error *error);
    bool (*resolve_type)(void *context, struct method_desc *from, uint32_t token,
                         bool want_array_mt, struct jit_type_ref *out, struct jit_error *error);
    bool (*resolve_token)(void *context, struct method_desc *from, uint32_t token,
                          struct jit_token_ref *out, struct jit_error *error);
    /* Address of a cell that holds the interned string object. */
    bool (*resolve_string)(void *context, struct method_desc *from, uint32_t token, void ***cell,
                           struct jit_error *error);
    bool (*resolve_standalone_sig)(void *context, struct method_desc *from, uint32_t token,
                                   struct jit_sig *out, struct jit_error *error);
    /* Types made from others: the byref to `type`, Object, String (for the records' exact
     * types). */
    struct type_desc *(*byref_to)(void *context, struct type_desc *type);
    struct type_desc *(*pointer_to)(void *context, struct type_desc *type);
    struct type_desc *object_type, *string_type;
    /* Is `type` assignable to `target` (merge of evaluation stacks)? NULL types are null
     * literals. */
    bool (*assignable)(void *context, struct type_desc *type, struct type_desc *target);

    void *helpers[JIT_H_COUNT];

    /* Code memory: `rx` is where it will run, `rw` its writable alias. Space that is not used
     * is given back by code_commit, which makes the rest int3. */
    bool (*code_reserve)(void *context, size_t size, uint8_t **rx, uint8_t **rw);
    void (*code_commit)(void *context, uint8_t *rx, size_t used);

    /* One line of compile-time trace output. */
    void (*trace_line)(void *context, const char *text);

    /* Published constants, so that no number stands in two places. */
    uint32_t method_entry_offset;   /* of the code pointer in method_desc */
    uint32_t vtable_offset;         /* of slot 0 in a MethodTable: 24 */
    uint32_t array_length_offset;   /* 8 */
    uint32_t array_data_offset;     /* 16 */
    uint32_t box_data_offset;       /* 8 */
    /* code address that stays valid for ever: what ldftn pushes; NULL when code memory is full */
    void *(*method_thunk)(void *context, struct method_desc *method);
    /* Element type of an array type; false when `array` is none. May be NULL: ldelem.ref then
     * records Object. */
    bool (*array_element)(void *context, struct type_desc *array, struct jit_type *out);
    /* As arena, but with rubbish in it; may be NULL: arena then serves. */
    void *(*arena_raw)(void *context, size_t size);
};

struct jit_request {
    struct method_desc *method;
    uint32_t faults;                /* enum jit_fault */
    uint32_t traces;                /* enum jit_trace */
    bool is_static_ctor;
};

/* Compiles. NULL with *error filled when the method needs something that is not there yet or
 * its IL is broken; then nothing was committed. Deterministic: same request, same bytes (but
 * for addresses). */
struct jit_code *jit_compile(const struct jit_runtime *runtime, const struct jit_request *request,
                             struct jit_error *error);

/* "ldarg.0", "constrained." ... for messages; NULL for undefined opcodes. */
const char *jit_opcode_name(uint16_t opcode);

#endif
