/* The execution engine's inside. */
#ifndef CLR_EXEC_H
#define CLR_EXEC_H

#include "../types/types.h"

#define METHOD_THUNK_SIZE 16
#define UNBOX_THUNK_SIZE 32
#define MAX_ARRAY_LENGTH 0x7FFFFFC7

/* Exit codes of plat_fatal_stop. */
enum {
    EXIT_CHECK_FAILED = 0x12, EXIT_UNHANDLED = 0x13, EXIT_COMPILE_FAILED = 0x14,
    EXIT_LOAD_FAILED = 0x15,
};

/* ---- heap.c ---- */
void rt_heap_init(void);
void rt_heap_reset(void);
/* Zeroed block with its MethodTable set, and its length where it has components (else 0): complete
 * before the heap owns it, since a debugger may look at any moment. Throws OutOfMemory. */
struct rt_object *rt_alloc(struct method_table *mt, uint32_t length);
struct rt_object *rt_new(struct method_table *mt);
/* Negative length throws OverflowException, a huge one OutOfMemoryException. */
struct rt_array *rt_new_array(struct method_table *mt, int64_t length);
uint64_t rt_object_size(const struct rt_object *object);
/* A cell that keeps what it holds alive and never moves. */
struct rt_object **rt_handle(struct rt_object *object);
uint64_t rt_heap_used(void);

static inline uint8_t *array_data(struct rt_array *array)
{
    return (uint8_t *)array + array->mt->base_size;
}
static inline void *box_data(struct rt_object *object)
{
    return (uint8_t *)object + 8;
}

/* ---- strings.c ---- */
struct rt_string *rt_new_string(int32_t length);
struct rt_string *rt_string_from_utf8(const char *text);
/* UTF-8, always terminated, cut to fit. Returns out. */
const char *rt_string_to_utf8(const struct rt_string *string, char *out, size_t size);
/* The literal pool's cell for this content; NULL when `add` is false and it is not there. */
struct rt_object **rt_intern(struct rt_string *string, bool add);
struct rt_object **rt_intern_utf16(const uint8_t *units, uint32_t count);
void rt_strings_reset(void);
void rt_json_text(char *out, size_t size, const char *text);

/* ---- code.c ---- */
void rt_code_init(void);
void rt_code_reset(void);
bool rt_code_reserve(size_t size, uint8_t **rx, uint8_t **rw);
void rt_code_commit(uint8_t *rx, size_t used);
uint8_t *rt_code_alias(const uint8_t *rx);
/* A method's thunk, and the one to call it on an object through; out of memory ends the run. */
void *rt_call_address(struct method_desc *method);
void *rt_object_call_address(struct method_desc *method);
void rt_register_code(uint64_t start, uint32_t size, enum code_kind kind, void *record);

/* ---- prestub.c ---- */
/* Code address to run; compiles when needed. NULL when it cannot (method->failure says why). */
void *rt_compile(struct method_desc *method);
void *rt_find_native(struct method_desc *method);
extern uint32_t g_trace_flags;          /* enum jit_trace */
void rt_registry_reset(void);

/* ---- callbacks.c ---- */
extern struct jit_runtime g_jit_runtime;
void rt_callbacks_init(void);

/* ---- entry_x64.S ---- */
extern const uint8_t rt_prestub_end[], rt_interface_call_end[], rt_failed_entry_end[],
    rt_trace_stfld_end[];
void rt_interface_call(void);
void rt_failed_entry(void);
void rt_trace_stfld(void);

/* One line of the dispatch cache; known to entry_x64.S. */
struct dispatch_line {
    struct method_table *mt;
    struct method_desc *method;
    void *target;
    void *unused;
};
#define DISPATCH_LINES 1024
extern struct dispatch_line g_dispatch_cache[DISPATCH_LINES];

/* ---- helpers ---- */
CLR_ABI struct rt_object *rt_castclass(struct type_desc *type, struct rt_object *object);
CLR_ABI struct rt_object *rt_isinst(struct type_desc *type, struct rt_object *object);
CLR_ABI void rt_run_cctor(struct type_desc *type);
CLR_ABI void *rt_unbox(struct type_desc *type, struct rt_object *object);
CLR_ABI struct rt_object *rt_box(struct method_table *mt, const void *fields);
CLR_ABI double rt_f64_rem(double x, double y);
CLR_ABI struct rt_array *rt_new_mdarray(struct type_desc *type, uint32_t count,
                                        const int32_t *values);
CLR_ABI void *rt_mdarray_address(struct rt_array *array, struct type_desc *type, uint32_t rank,
                                 const int32_t *index, struct type_desc *exact);
bool rt_same_value_type(const struct type_desc *left, const struct type_desc *right);
void rt_helpers_init(void **helpers);

/* ---- elements.c: what System.Array calls; indices are checked already ---- */
CLR_ABI struct rt_object *rt_load_element(struct rt_array *array, int32_t index);
CLR_ABI void rt_store_element(struct rt_array *array, int32_t index, struct rt_object *value);
CLR_ABI void rt_copy_elements(struct rt_array *from, int32_t from_index, struct rt_array *to,
                              int32_t to_index, int32_t count);

/* ---- throw.c ---- */
CLR_ABI _Noreturn void rt_throw_object(struct rt_object *object);
_Noreturn void rt_throw_system(const char *name);   /* "IndexOutOfRangeException" of System */
void rt_throw_reset(void);
bool rt_is_throwing(void);               /* an exception object is being made or asked for its text */

/* ---- icalls ---- */
extern const struct rt_export rt_icalls[];
extern const size_t rt_icall_count;
extern const struct rt_export rt_icalls_type[], rt_icalls_math[];
extern const size_t rt_icall_type_count, rt_icall_math_count;
/* The one System.RuntimeType of a type. */
struct rt_object *rt_runtime_type(struct type_desc *type);

/* ---- main.c ---- */
/* Main's result; array from "@args" when the method takes one. */
int32_t rt_run_main(struct method_desc *main, const char *const *args, size_t arg_count);
struct method_desc *rt_entry_point(struct assembly *assembly, struct md_error *error);
void rt_reset(void);

#endif
