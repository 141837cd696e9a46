/* The type loader's inside: shared by runtime/types and runtime/exec. */
#ifndef CLR_TYPES_H
#define CLR_TYPES_H

#include "clr_libc.h"
#include "rt.h"

#define TYPE_NAME_SIZE 160
#define MAX_NESTING 64                  /* types within types, in signatures and hierarchies */
#define MAX_INSTANCE_SIZE (1u << 20)
#define MAX_STATICS_SIZE (64u << 20)    /* bytes of all types' static fields together */
#define NO_SLOT 0xFFFF
#define VTABLE_OFFSET 24

/* ---- memory.c ---- */
/* Zeroed, 16-aligned, for ever: small records whose maker cannot fail; panics when even the
 * reserve for them is used up. Everything whose size an assembly decides takes rt_try_keep. */
void *rt_keep(size_t size);
/* The same; NULL with an error that names `where` (a file) when memory is exhausted. */
void *rt_try_keep(size_t size, const char *where, struct md_error *error);
const char *rt_keep_text(const char *text);
/* Scratch of one compile: zeroed, 16-aligned; NULL when memory is exhausted. */
void *rt_arena(size_t size);
void *rt_arena_raw(size_t size);        /* not zeroed */
void *rt_try_arena(size_t size, const char *where, struct md_error *error);
struct arena_mark { void *chunk; size_t used; };
struct arena_mark rt_arena_mark(void);
void rt_arena_release(struct arena_mark mark);
/* Gives everything back; every pointer into either dies. For the host library. */
void rt_memory_reset(void);

/* ---- assembly.c ---- */
extern struct assembly *g_korlib;
/* How deep loads and layouts are nested: hostile assemblies nest without end. */
extern unsigned g_load_depth, g_layout_depth;
/* Per assembly: names hashed once, and what each row resolved to. */
struct assembly_index {
    uint32_t bucket_count;              /* power of two */
    uint32_t *buckets;                  /* TypeDef row, 0: empty */
    uint32_t *next_in_bucket;           /* by TypeDef row - 1 */
    uint32_t *enclosing;                /* by TypeDef row - 1: row of the outer type or 0 */
    uint8_t *generic_type;              /* by TypeDef row - 1 */
    uint8_t *generic_method;            /* by MethodDef row - 1 */
    struct type_desc **typerefs;        /* by TypeRef row - 1 */
    struct type_desc **typespecs;
    struct assembly **references;       /* by AssemblyRef row - 1 */
    struct memberref_cache *memberrefs; /* by MemberRef row - 1 */
};
struct memberref_cache {
    struct method_desc *method;
    struct field_desc *field;
};
struct assembly *rt_resolve_assemblyref(struct assembly *from, uint32_t row,
                                        struct md_error *error);
/* TypeDef row by name; enclosing 0 for a type that is not nested. 0 when there is none. */
uint32_t rt_find_typedef(const struct assembly *assembly, const char *name_space, const char *name,
                         uint32_t enclosing);
void rt_assemblies_reset(void);

/* ---- typedesc.c ---- */
struct type_desc *rt_primitive(uint8_t element_type);
struct type_desc *rt_type_of_def(struct assembly *assembly, uint32_t row, struct md_error *error);
/* TypeDef, TypeRef or TypeSpec. */
struct type_desc *rt_type_of_token(struct assembly *assembly, md_token token,
                                   struct md_error *error);
struct type_desc *rt_array_of(struct type_desc *element);
struct type_desc *rt_mdarray_of(struct type_desc *element, uint32_t rank);
struct type_desc *rt_byref_of(struct type_desc *element);
struct type_desc *rt_pointer_of(struct type_desc *element);
struct type_desc *rt_fnptr_type(void);
/* "Namespace.Outer+Inner[]"; cut off with "..." when it does not fit. Returns out. */
const char *rt_type_name(const struct type_desc *type, char *out, size_t size);
const char *rt_method_name(const struct method_desc *method, char *out, size_t size);
struct type_desc *rt_enclosing_type(const struct type_desc *type);
/* A loaded type of korlib; NULL with the error when there is none, or panics. */
struct type_desc *rt_korlib_type(const char *name_space, const char *name,
                                 struct md_error *error);
struct type_desc *rt_well_known(const char *name_space, const char *name);
bool rt_types_init(struct md_error *error);
void rt_types_reset(void);

static inline bool type_is_array(const struct type_desc *type)
{
    return type->element_type == ET_SZARRAY || type->element_type == ET_ARRAY;
}

static inline bool type_is_reference(const struct type_desc *type)
{
    return !(type->flags & TYPE_VALUETYPE) && type->element_type != ET_PTR &&
           type->element_type != ET_BYREF && type->element_type != ET_FNPTR &&
           type->element_type != ET_VOID;
}

static inline struct type_desc *mt_type(const struct method_table *mt)
{
    void *const *tail = mt->vtable + mt->num_vtable_slots + mt->num_interfaces;
    return *tail;
}

/* ---- load.c ---- */
/* Fields and methods of a TypeDef, undecoded. */
bool rt_type_members(struct type_desc *type, struct md_error *error);
/* Resolves `parent` of the type and of all its ancestors; the chain ends and is not too long. */
bool rt_type_parents(struct type_desc *type, struct md_error *error);
/* True, with the error, when the type is a generic definition. */
bool rt_refuse_generic(struct type_desc *type, struct md_error *error);
/* MethodTable with vtable and interfaces, statics. Types that have no MethodTable load
 * trivially. */
bool rt_type_load(struct type_desc *type, struct md_error *error);
struct method_desc *rt_method_of_def(struct assembly *assembly, uint32_t row,
                                     struct md_error *error);
struct field_desc *rt_field_of_def(struct assembly *assembly, uint32_t row,
                                   struct md_error *error);

/* ---- layout.c ---- */
/* Instance fields' offsets and the type's size; loads nothing. */
bool rt_type_layout(struct type_desc *type, struct md_error *error);
bool rt_type_statics(struct type_desc *type, struct md_error *error);
void rt_layout_reset(void);

/* ---- overlap.c ---- */
/* An explicit layout puts no reference where other data lies; the first `size` bytes are used. */
bool rt_check_overlaps(struct type_desc *type, uint32_t size, struct md_error *error);
/* The field's exact type, resolved when first asked for. */
struct type_desc *rt_field_type(struct field_desc *field, struct md_error *error);

/* ---- vtable.c ---- */
bool rt_type_interfaces(struct type_desc *type, struct md_error *error);
bool rt_type_vtable(struct type_desc *type, struct md_error *error);
bool rt_type_method_table(struct type_desc *type, struct md_error *error);

/* ---- interface.c ---- */
/* What `method` of an interface is in `type`; NULL when the type does not implement it. */
struct method_desc *rt_interface_target(struct type_desc *type, struct method_desc *method);

/* ---- sig.c ---- */
enum sig_type_flags { SIG_PINNED = 1 << 0 };
bool rt_sig_type(struct md_sig *sig, struct assembly *assembly, struct type_desc **out,
                 uint32_t *flags, struct md_error *error);
/* Fills a jit_type; makes sure that a value type's layout is there. */
bool rt_jit_type(struct type_desc *type, struct jit_type *out, struct md_error *error);
/* Method signature (MethodDef, MemberRef, StandAloneSig blob). Arguments are kept for ever when
 * `keep`. */
bool rt_decode_method_sig(struct assembly *assembly, struct md_blob blob, struct jit_sig *out,
                          bool keep, struct md_error *error);
bool rt_method_signature(struct method_desc *method, struct jit_sig *out, struct md_error *error);
struct md_blob rt_method_blob(const struct method_desc *method, struct md_error *error);
/* Same parameters, return type and convention across assemblies (II.23.2); params_only ignores
 * HASTHIS and the return type. */
bool rt_sig_equal(struct assembly *left_assembly, struct md_blob left,
                  struct assembly *right_assembly, struct md_blob right, bool params_only);
bool rt_field_sig_equal(struct assembly *left_assembly, struct md_blob left,
                        struct assembly *right_assembly, struct md_blob right);

/* ---- members.c ---- */
struct array_accessor {                 /* method of an array type (II.14.2) */
    struct type_desc *array;
    uint32_t jit_flags;
};
/* MethodDef or MemberRef. For an array's own method returns NULL with accessor->array set. */
struct method_desc *rt_method_of_token(struct assembly *assembly, md_token token,
                                       struct array_accessor *accessor, struct md_error *error);
struct field_desc *rt_field_of_token(struct assembly *assembly, md_token token,
                                     struct md_error *error);
/* Declared in `type` or a parent, by name alone (the first one); NULL when there is none. */
struct method_desc *rt_find_method(struct type_desc *type, const char *name);

/* ---- cast.c ---- */
bool rt_assignable(struct type_desc *from, struct type_desc *to);

/* ---- faults.c ---- */
static inline bool type_fault(const struct type_desc *type, uint32_t bit)
{
    return (faults_for(type, NULL) & bit) != 0;
}

/* ---- exec side that the loader needs ---- */
/* NULL: out of memory for code. */
uint8_t *rt_method_thunk(struct method_desc *method);
uint8_t *rt_unbox_thunk(struct method_desc *method);
/* What the runtime cannot do without could not be had: ends as a System.OutOfMemoryException. */
_Noreturn void rt_out_of_memory(size_t size, const char *what);
extern void rt_prestub_entry(void);     /* assembly: what an uncompiled method's entry is */

static inline uint64_t align_up(uint64_t value, uint64_t align)
{
    return (value + align - 1) & ~(align - 1);
}

#endif
