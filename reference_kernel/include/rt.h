/* The runtime's records: what the type loader builds, the JIT points at and the debug contract
 * publishes. A field that a debugger reads is listed in runtime/contract/contract_fields.h; its
 * name there is the public one. */
#ifndef CLR_RT_H
#define CLR_RT_H

#include "md.h"
#include "platform.h"
#include "jit.h"
#include "trap.h"

/* ---- objects ---- */

/* ECMA-335 II.23.1.16. Also the kinds of type_desc. */
enum element_type {
    ET_END = 0x00, ET_VOID = 0x01, ET_BOOLEAN = 0x02, ET_CHAR = 0x03, ET_I1 = 0x04, ET_U1 = 0x05,
    ET_I2 = 0x06, ET_U2 = 0x07, ET_I4 = 0x08, ET_U4 = 0x09, ET_I8 = 0x0A, ET_U8 = 0x0B,
    ET_R4 = 0x0C,
    ET_R8 = 0x0D, ET_STRING = 0x0E, ET_PTR = 0x0F, ET_BYREF = 0x10, ET_VALUETYPE = 0x11,
    ET_CLASS = 0x12, ET_VAR = 0x13, ET_ARRAY = 0x14, ET_GENERICINST = 0x15, ET_TYPEDBYREF = 0x16,
    ET_I = 0x18, ET_U = 0x19, ET_FNPTR = 0x1B, ET_OBJECT = 0x1C, ET_SZARRAY = 0x1D, ET_MVAR = 0x1E,
    ET_CMOD_REQD = 0x1F, ET_CMOD_OPT = 0x20, ET_SENTINEL = 0x41, ET_PINNED = 0x45,
};

enum mt_flags {
    MT_KIND_MASK = 0x000F,
    MT_KIND_CLASS = 0, MT_KIND_VALUETYPE = 1, MT_KIND_INTERFACE = 2, MT_KIND_SZARRAY = 3,
    MT_KIND_MDARRAY = 4, MT_KIND_STRING = 5, MT_KIND_FREE = 6, MT_KIND_ENUM = 7,
    MT_KIND_PRIMITIVE = 8,
    MT_HAS_COMPONENT_SIZE = 0x0010,
    MT_HAS_POINTERS = 0x0020,
    MT_HAS_FINALIZER = 0x0040,
    MT_ABSTRACT = 0x0080,
};

/* Followed by vtable[num_vtable_slots], then interfaces[num_interfaces] (MethodTable pointers),
 * then one pointer: the type_desc that it belongs to. */
struct method_table {
    uint16_t component_size;
    uint16_t flags;
    uint32_t base_size;
    struct method_table *related;       /* parent; element type of an array */
    uint16_t num_vtable_slots;
    uint16_t num_interfaces;
    uint32_t hash_code;
    void *vtable[];                     /* thunk addresses */
};

struct rt_object {
    struct method_table *mt;
};
struct rt_array {
    struct method_table *mt;
    uint32_t length;
    uint32_t padding;
    uint8_t data[];
};
/* Multi-dimensional: `length` is the product, data starts behind rank (length, lower bound) pairs
 * of int32, rounded up to 8: base_size = 16 + 8 * rank. */
struct rt_string {
    struct method_table *mt;
    int32_t length;
    uint16_t chars[];                   /* one zero behind the last */
};
/* 8 bytes in front of every object, and the bits of each half that this runtime ever sets. */
struct object_header {
    uint32_t gc_bits;
    uint32_t hash_lock;
};
enum { OBJECT_GC_MASK = 0, OBJECT_HASH_MASK = 0x7FFFFFFF };

/* ---- descriptors ---- */

struct assembly;
struct instantiation;                   /* generic arguments; NULL until generics exist */

enum type_state { TYPE_NAMED, TYPE_LOADING, TYPE_LOADED, TYPE_FAILED };
enum cctor_state { CCTOR_NONE, CCTOR_PENDING, CCTOR_RUNNING, CCTOR_DONE };

enum type_flags {
    TYPE_VALUETYPE = 1 << 0, TYPE_ENUM = 1 << 1, TYPE_INTERFACE = 1 << 2, TYPE_ABSTRACT = 1 << 3,
    TYPE_SEALED = 1 << 4, TYPE_BEFOREFIELDINIT = 1 << 5, TYPE_EXPLICIT_LAYOUT = 1 << 6,
    TYPE_HAS_POINTERS = 1 << 7, TYPE_PRIMITIVE = 1 << 8, TYPE_DELEGATE = 1 << 9,
};

struct type_desc {
    struct method_table *method_table;  /* NULL: byref, pointer, function pointer, void */
    struct assembly *assembly;
    struct type_desc *next;             /* every type ever made, newest first */
    struct type_desc *parent;
    struct type_desc *element;          /* array, pointer, byref; underlying type of an enum */
    struct instantiation *instantiation;
    md_token token;                     /* TypeDef; 0 for constructed types */
    uint8_t element_type;               /* enum element_type: CLASS, VALUETYPE, I4, SZARRAY, ... */
    uint8_t rank;                       /* of ET_ARRAY */
    uint8_t state;                      /* enum type_state */
    uint8_t cctor_state;
    uint32_t flags;
    /* unboxed field bytes, rounded up to `align`; >= 1 for value types */
    uint32_t instance_size;
    uint32_t align;
    uint32_t field_count;               /* declared here, statics included */
    struct field_desc *fields;
    uint32_t method_count;              /* declared here */
    struct method_desc *methods;
    uint8_t *statics;                   /* storage of declared statics */
    uint32_t statics_size;
    uint32_t interface_count;
    struct type_desc **interfaces;      /* all, inherited ones included */
    struct type_desc *array_of;         /* made on demand */
    struct type_desc *byref_of;
    struct type_desc *pointer_of;
    const char *name;                   /* in the #Strings heap; NULL for constructed types */
    const char *name_space;
    struct method_desc *cctor;
    /* The loader's own from here on. */
    const char *failure;                /* TYPE_FAILED: the sentence */
    uint32_t field_bytes;               /* sum of the instance fields' sizes, no padding counted */
    uint8_t layout_state;               /* enum layout_state */
    uint8_t members_made;               /* fields and methods arrays are there */
    uint8_t parent_made;                /* `parent` is resolved */
    uint8_t interfaces_made;
    uint32_t declared_interface_count;  /* the first ones of `interfaces` */
    struct method_desc **vtable_methods;/* by slot */
    uint32_t vtable_count;
    struct method_impl *method_impls;
    uint32_t method_impl_count;
    /* multi-dimensional arrays of this one, chained by sibling */
    struct type_desc *mdarrays;
    struct type_desc *sibling;
    struct rt_object *runtime_type;     /* System.RuntimeType, kept by a handle */
};

enum layout_state { LAYOUT_NONE, LAYOUT_RUNNING, LAYOUT_DONE };

/* MethodImpl row (ECMA-335 II.22.27): `body` stands in for `declaration`. */
struct method_impl {
    struct method_desc *declaration;
    struct method_desc *body;
};

enum field_flags {
    FIELD_STATIC = 1 << 0, FIELD_LITERAL = 1 << 1, FIELD_RVA = 1 << 2, FIELD_INITONLY = 1 << 3,
    FIELD_THREADSTATIC = 1 << 4,
};

struct field_desc {
    struct type_desc *owner;
    struct type_desc *type;             /* NULL until needed for reference-typed fields */
    md_token token;
    /* object-relative (MethodTable pointer at 0) for classes, raw for value types; into `statics`
     * for statics */
    uint32_t offset;
    uint32_t size;
    uint16_t flags;
    uint8_t value_kind;                 /* enum jit_kind */
    uint8_t reserved;
    const char *name;
};

enum method_flags {
    METHOD_STATIC = 1 << 0, METHOD_VIRTUAL = 1 << 1, METHOD_ABSTRACT = 1 << 2,
    METHOD_FINAL = 1 << 3,
    METHOD_NEWSLOT = 1 << 4, METHOD_CTOR = 1 << 5, METHOD_CCTOR = 1 << 6, METHOD_NATIVE = 1 << 7,
    METHOD_RUNTIME = 1 << 8,            /* made by the runtime: array accessors, delegate Invoke */
    METHOD_FAILED = 1 << 9,             /* its compile failed; failure text in `failure` */
};

struct method_desc {
    void *entry;                        /* prestub until compiled; METHOD_ENTRY_OFFSET */
    struct type_desc *owner;
    struct assembly *assembly;
    md_token token;
    uint32_t flags;
    struct instantiation *instantiation;
    struct jit_code *code;              /* set before `entry` moves */
    /* 16 bytes of executable memory, made on demand, NULL before */
    uint8_t *thunk;
    uint16_t slot;                      /* vtable slot; 0xFFFF none */
    uint16_t reserved;
    uint32_t compile_count;
    const char *name;
    const char *failure;
    struct jit_sig *sig;                /* decoded on demand */
    struct failed_calls *failed_calls;  /* METHOD_FAILED: what is told at its calls */
    uint8_t *unbox_thunk;               /* 32 bytes: what a value type's vtable slot holds */
};

struct assembly {
    struct assembly *next;              /* in load order, first loaded first */
    const char *name;                   /* simple name */
    const char *file;                   /* module name as handed over */
    uint64_t image_base;                /* raw file bytes in memory */
    uint64_t image_size;
    uint8_t mvid[16];
    struct md_image md;
    struct type_desc **types;           /* by TypeDef row - 1; NULL: not loaded yet */
    struct method_desc **methods;       /* by MethodDef row - 1 */
    struct field_desc **fields;         /* by Field row - 1 */
    struct assembly_index *index;       /* loader's own: names, caches by row */
};

/* ---- the code registry: what lies where in executable memory ---- */
enum code_kind {
    CODE_METHOD = 1,                    /* record: jit_code */
    CODE_THUNKS = 2,                    /* 16-byte method thunks, record: NULL */
    CODE_STUB = 3,                      /* record: zero-terminated name */
    /* 32-byte thunks that step from a box to its fields, record: NULL */
    CODE_UNBOX_THUNKS = 4,
};
struct code_entry {
    uint64_t start;
    uint32_t size;
    uint32_t kind;
    void *record;
};
#define CODE_CHUNK_CAPACITY 500
/* Published by raising `count` after the entry is complete. */
struct code_chunk {
    struct code_chunk *next;            /* newest last */
    uint32_t count;
    uint32_t capacity;
    struct code_entry entries[CODE_CHUNK_CAPACITY];
};

/* ---- heap ---- */
struct heap_segment {
    struct heap_segment *next;
    uint8_t *start;                     /* address of the first block's header */
    uint8_t *allocated;                 /* first byte not handed out */
    uint8_t *committed;
    uint8_t *reserved;
};

/* Cells that keep objects alive: interned strings, RuntimeType objects. Newest block first; cells
 * are filled from 0 on and never move. */
#define HANDLE_BLOCK_CAPACITY 253
struct handle_block {
    struct handle_block *next;
    uint32_t count;
    uint32_t capacity;
    struct rt_object *cells[HANDLE_BLOCK_CAPACITY];
};

/* ---- threads ---- */
struct rt_thread {
    struct rt_thread *next;
    uint64_t id;
    uint8_t *stack_low;
    uint8_t *stack_high;
    const char *name;
};

/* A failed check: what clr_check_failed_hook gets. */
struct check_record {
    struct rt_string *expected;
    struct rt_string *actual;
    struct rt_string *what;
};

/* ---- what the contract's globals point at ---- */
extern struct assembly *g_assemblies;
extern struct type_desc *g_types;
extern struct code_chunk *g_code_registry;
extern struct heap_segment *g_heap_segments;
extern struct rt_thread *g_threads;
extern uint64_t g_generation;           /* raised after every compiled method and loaded type */
extern struct handle_block *g_handle_roots;
extern struct method_table *g_free_object_mt;
extern struct type_desc *g_object_type;
extern struct type_desc *g_string_type;
extern const char g_layout_policy[];
extern char g_build_id[];               /* hex digits of the kernel's ELF build id */

/* ---- the table of faults: reference_kernel/runtime/types/faults.c ---- */
enum layout_fault {                     /* beside enum jit_fault, from bit 16 up */
    FAULT_ARRAY_STRIDE_UNALIGNED = 1 << 16,
    FAULT_VT_FIELD_OFFSET = 1 << 17,
    FAULT_EMBEDDED_VT_FIELD_8 = 1 << 18,
    FAULT_VTABLE_SLOT_COLLISION = 1 << 19,
    FAULT_TOKEN_ONLY_REGISTRY = 1 << 20,
};
/* Parses the option jit.fault; false and a sentence (with the list of names) when a name is
 * unknown. */
bool faults_parse(const char *option, char *message, size_t size);
/* Bits that are on for this method / this type (method NULL). */
uint32_t faults_for(const struct type_desc *type, const struct method_desc *method);
/* The table's names in order, NULL behind the last. */
const char *faults_name(size_t index);

/* ---- runtime entry points ---- */

/* What the C entry of the kernel calls after the nucleus is up: loads the modules, runs init.dll or
 * the program, ends through plat_exit. The host library calls the pieces instead. */
_Noreturn void rt_main(void);

/* Loads korlib and sets everything up; false with a sentence in *error. */
bool rt_init(struct md_error *error);
struct assembly *rt_load_assembly(const char *file, const uint8_t *image, size_t size,
                                  struct md_error *error);
struct assembly *rt_find_assembly(const char *simple_name);
/* "Namespace.Type" ("Outer+Inner" for nested ones); NULL with error. */
struct type_desc *rt_find_type(struct assembly *assembly, const char *full_name,
                               struct md_error *error);
/* A method's stable code address (its thunk), for C code that calls managed code through a plain
 * function pointer; NULL and a log line when it is not there. */
void *rt_method_pointer(const char *assembly, const char *type, const char *method);

/* Ends with the unhandled-exception event and the fatal hook. Managed exceptions come later: this
 * is the one place. `type` is "System.IndexOutOfRangeException" or the object's own. */
CLR_ABI _Noreturn void rt_throw_named(const char *type, const char *message);
CLR_ABI _Noreturn void rt_check_failed(struct rt_string *expected, struct rt_string *actual,
                                       struct rt_string *what);

#endif
