/* The toy runtime. */
#define _GNU_SOURCE
#include "toy.h"

#include <math.h>
#include <sys/mman.h>
#include <unistd.h>

struct toy toy;

enum { CODE_SIZE = 1 << 22 };
static uint8_t *code_rx, *code_rw;
static size_t code_used;
static void *chunks[1 << 16];
static size_t chunk_count;

static void *allocate(void *context, size_t size)
{
    (void)context;
    void *p = aligned_alloc(16, (size + 15) & ~(size_t)15);
    if (p == NULL || chunk_count == sizeof chunks / sizeof *chunks)
        abort();
    memset(p, 0, (size + 15) & ~(size_t)15);
    chunks[chunk_count++] = p;
    return p;
}

static bool fail(struct jit_error *error, const char *text)
{
    snprintf(error->message, sizeof error->message, "%s", text);
    return false;
}

static bool body(void *context, struct method_desc *method, struct jit_body *out,
                 struct jit_error *error)
{
    (void)context;
    *out = method->body;
    return method->body.il != NULL || fail(error, "no body");
}

static bool sig(void *context, struct method_desc *method, struct jit_sig *out,
                struct jit_error *error)
{
    (void)context;
    (void)error;
    *out = method->sig;
    return true;
}

static bool resolve_method(void *context, struct method_desc *from, uint32_t token,
                           struct jit_method_ref *out, struct jit_error *error)
{
    (void)context;
    (void)from;
    uint32_t n = token - 0x06000000u;
    if (n == 0 || n > toy.method_count)
        return fail(error, "no such method");
    struct method_desc *m = &toy.methods[n - 1];
    *out = (struct jit_method_ref){
        .method = m, .flags = m->flags, .vtable_slot = m->slot, .sig = m->sig,
        .owner = m->owner ? toy_type(m->owner) : (struct jit_type){.kind = JIT_VOID},
        .owner_method_table = m->owner ? toy.types[m->owner - 1].method_table : NULL,
        .factory = m->factory};
    return true;
}

static bool resolve_constrained(void *context, struct method_desc *from, uint32_t type_token,
                                uint32_t method_token, struct jit_method_ref *out,
                                struct jit_error *error)
{
    (void)type_token;
    (void)context;
    (void)from;
    (void)method_token;
    (void)error;
    out->method = NULL;
    return true;
}

static bool resolve_field(void *context, struct method_desc *from, uint32_t token,
                          struct jit_field_ref *out, struct jit_error *error)
{
    (void)context;
    (void)from;
    uint32_t n = token - 0x04000000u;
    if (n == 0 || n > toy.field_count)
        return fail(error, "no such field");
    struct field_desc *f = &toy.fields[n - 1];
    *out = (struct jit_field_ref){
        .field = f, .type = toy_type(f->type), .owner = toy_type(f->owner), .offset = f->offset,
        .is_static = f->address != NULL, .static_address = f->address};
    return true;
}

static bool resolve_type(void *context, struct method_desc *from, uint32_t token, bool want_array,
                         struct jit_type_ref *out, struct jit_error *error)
{
    (void)context;
    (void)from;
    uint32_t n = token - 0x02000000u;
    if (n == 0 || n > toy.type_count)
        return fail(error, "no such type");
    struct type_desc *t = &toy.types[n - 1];
    *out = (struct jit_type_ref){.type = toy_type(n), .method_table = t->method_table};
    if (want_array) {
        out->array_type = &toy.types[T_ARRAY_I4 - 1];
        out->array_method_table = toy.types[T_ARRAY_I4 - 1].method_table;
        toy.types[T_ARRAY_I4 - 1].method_table[0] = t->type.size;
    }
    return true;
}

static bool resolve_token(void *context, struct method_desc *from, uint32_t token,
                          struct jit_token_ref *out, struct jit_error *error)
{
    (void)context;
    (void)from;
    (void)error;
    *out = (struct jit_token_ref){.handle_type = toy_type(T_S8),
                                  .value = (void *)(uintptr_t)token};
    return true;
}

static bool resolve_string(void *context, struct method_desc *from, uint32_t token, void ***cell,
                           struct jit_error *error)
{
    static void *text = (void *)0x1234;
    (void)context;
    (void)from;
    (void)token;
    (void)error;
    *cell = &text;
    return true;
}

static bool resolve_sig(void *context, struct method_desc *from, uint32_t token,
                        struct jit_sig *out, struct jit_error *error)
{
    struct jit_method_ref ref;
    bool ok = resolve_method(context, from, token, &ref, error);
    *out = ref.sig;
    return ok;
}

static struct type_desc *same(void *context, struct type_desc *type)
{
    (void)context;
    return type;
}

static bool assignable(void *context, struct type_desc *type, struct type_desc *target)
{
    (void)context;
    return type == target;
}

static bool reserve(void *context, size_t size, uint8_t **rx, uint8_t **rw)
{
    (void)context;
    if (size > CODE_SIZE - code_used)
        return false;
    *rx = code_rx + code_used;
    *rw = code_rw + code_used;
    return true;
}

static void commit(void *context, uint8_t *rx, size_t used)
{
    (void)context;
    (void)rx;
    code_used += (used + 15) & ~(size_t)15;
}

static void trace_line(void *context, const char *text)
{
    (void)context;
    snprintf(toy.trace, sizeof toy.trace, "%s", text);
}

static void *thunk(void *context, struct method_desc *method)
{
    (void)context;
    return method->entry;
}

/* ---- helpers that generated code calls ---- */
#define THROWER(name, what)                                                                        \
    static ABI void name(void) { toy.thrown = what; longjmp(toy.catcher, 1); }
THROWER(throw_range, JIT_H_THROW_RANGE)
THROWER(throw_overflow, JIT_H_THROW_OVERFLOW)
THROWER(throw_zero, JIT_H_THROW_DIV_ZERO)
THROWER(throw_arithmetic, JIT_H_THROW_ARITHMETIC)
THROWER(throw_null, JIT_H_THROW_NULL)
THROWER(throw_object, JIT_H_THROW)
THROWER(rethrow, JIT_H_RETHROW)

static ABI void *new_object(uint64_t *method_table)
{
    uint64_t *object = allocate(NULL, 256);
    object[0] = (uint64_t)(uintptr_t)method_table;
    return object;
}

static ABI void *new_array(uint64_t *method_table, int64_t length)
{
    uint64_t *array = allocate(NULL, 16 + (size_t)length * (size_t)method_table[0]);
    array[0] = (uint64_t)(uintptr_t)method_table;
    ((uint32_t *)array)[2] = (uint32_t)length;
    return array;
}

static ABI void *box(uint64_t *method_table, const void *fields)
{
    uint64_t *object = new_object(method_table);
    struct type_desc *t = (struct type_desc *)((char *)method_table - offsetof(struct type_desc,
        method_table));
    memcpy(object + 1, fields, t->type.size);
    return object;
}

static ABI void *unbox(struct type_desc *type, void *object)
{
    (void)type;
    return (char *)object + 8;
}

static ABI void *cast(struct type_desc *type, void *object)
{
    (void)type;
    return object;
}

static ABI void stelem_ref(uint64_t *array, int64_t index, void *object)
{
    ((void **)array)[2 + index] = object;
}

static ABI void ldelema_check(void *array, struct type_desc *type)
{
    (void)array;
    (void)type;
}

static ABI void cctor(struct type_desc *type)
{
    (void)type;
}

static ABI void *ldvirtftn(void *object, struct method_desc *method)
{
    (void)object;
    return method->entry;
}

static ABI void copy(void *to, const void *from, uint64_t size)
{
    memcpy(to, from, size);
}

static ABI void set(void *to, int32_t value, uint64_t size)
{
    memset(to, value, size);
}

static ABI double rem64(double a, double b)
{
    return fmod(a, b);
}

static ABI float rem32(float a, float b)
{
    return fmodf(a, b);
}

static ABI void *new_md(struct type_desc *type, uint32_t n, const int32_t *values)
{
    uint64_t *array = allocate(NULL, 64 + 8u * (uint32_t)(values[0] * values[1]));
    (void)type;
    (void)n;
    ((uint32_t *)array)[2] = (uint32_t)values[1];
    return array;
}

static ABI void *md_address(uint64_t *array, struct type_desc *type, uint32_t rank,
                            const int32_t *index, struct type_desc *exact)
{
    (void)type;
    (void)rank;
    (void)exact;
    return (int32_t *)(array + 2) + index[0] * (int32_t)((uint32_t *)array)[2] + index[1];
}

/* The stubs with a convention of their own. */
__asm__(".text\n"
        "toy_interface: mov 8(%r10), %rax\n jmp *(%r10)\n"
        "toy_trace: pushf\n push %rax\n push %rcx\n"
        "mov toy_trace_object@GOTPCREL(%rip), %rcx\n mov %r10, (%rcx)\n mov %r11, 8(%rcx)\n"
        "pop %rcx\n pop %rax\n popf\n ret\n");
extern char toy_interface[], toy_trace[];
uint64_t toy_trace_object[2];

static void map_code(void)
{
    int fd = memfd_create("code", 0);
    if (fd < 0 || ftruncate(fd, CODE_SIZE) != 0)
        abort();
    code_rw = mmap(NULL, CODE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    code_rx = mmap(NULL, CODE_SIZE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    close(fd);
}

static void make_types(void)
{
    static const struct { const char *name; uint8_t kind; uint32_t size; } basic[] = {
        {"I1", JIT_I1, 1}, {"U1", JIT_U1, 1}, {"I2", JIT_I2, 2}, {"U2", JIT_U2, 2},
        {"I4", JIT_I4, 4}, {"U4", JIT_U4, 4}, {"I8", JIT_I8, 8}, {"U8", JIT_U8, 8},
        {"NINT", JIT_NINT, 8}, {"R4", JIT_R4, 4}, {"R8", JIT_R8, 8}, {"Object", JIT_REF, 8},
        {"String", JIT_REF, 8}, {"S1", JIT_STRUCT, 1}, {"S2", JIT_STRUCT, 2},
        {"S3", JIT_STRUCT, 3}, {"S4", JIT_STRUCT, 4}, {"S5", JIT_STRUCT, 5}, {"S6", JIT_STRUCT, 6},
        {"S7", JIT_STRUCT, 7}, {"S8", JIT_STRUCT, 8}, {"S12", JIT_STRUCT, 12},
        {"S16", JIT_STRUCT, 16}, {"S24", JIT_STRUCT, 24}, {"S32", JIT_STRUCT, 32},
        {"S64", JIT_STRUCT, 64}, {"S200", JIT_STRUCT, 200}, {"I4[]", JIT_REF, 8},
        {"Class", JIT_REF, 8},
    };
    for (unsigned i = 0; i < sizeof basic / sizeof *basic; i++)
        toy_add_type(basic[i].name, basic[i].kind, basic[i].size);
}

void toy_reset(void)
{
    while (chunk_count != 0)
        free(chunks[--chunk_count]);
    if (code_rw == NULL)
        map_code();
    memset(code_rw, 0xCC, code_used);
    code_used = 0;
    memset(&toy, 0, sizeof toy);
    make_types();
    toy.runtime = (struct jit_runtime){
        .arena = allocate, .keep = allocate, .method_body = body, .method_sig = sig,
        .resolve_method = resolve_method, .resolve_constrained = resolve_constrained,
        .resolve_field = resolve_field, .resolve_type = resolve_type,
        .resolve_token = resolve_token, .resolve_string = resolve_string,
        .resolve_standalone_sig = resolve_sig, .byref_to = same, .pointer_to = same,
        .object_type = &toy.types[T_OBJECT - 1], .string_type = &toy.types[T_STRING - 1],
        .assignable = assignable, .code_reserve = reserve, .code_commit = commit,
        .trace_line = trace_line, .method_entry_offset = offsetof(struct method_desc, entry),
        .vtable_offset = 24, .array_length_offset = 8, .array_data_offset = 16,
        .box_data_offset = 8, .method_thunk = thunk,
        .helpers = {
            [JIT_H_NEW] = (void *)new_object, [JIT_H_NEWARR] = (void *)new_array,
            [JIT_H_NEW_MDARRAY] = (void *)new_md, [JIT_H_MDARRAY_ADDRESS] = (void *)md_address,
            [JIT_H_BOX] = (void *)box, [JIT_H_UNBOX] = (void *)unbox,
            [JIT_H_CASTCLASS] = (void *)cast, [JIT_H_ISINST] = (void *)cast,
            [JIT_H_STELEM_REF] = (void *)stelem_ref,
            [JIT_H_LDELEMA_CHECK] = (void *)ldelema_check, [JIT_H_CCTOR] = (void *)cctor,
            [JIT_H_LDVIRTFTN] = (void *)ldvirtftn, [JIT_H_INTERFACE_CALL] = toy_interface,
            [JIT_H_THROW] = (void *)throw_object, [JIT_H_RETHROW] = (void *)rethrow,
            [JIT_H_THROW_RANGE] = (void *)throw_range,
            [JIT_H_THROW_OVERFLOW] = (void *)throw_overflow,
            [JIT_H_THROW_DIV_ZERO] = (void *)throw_zero,
            [JIT_H_THROW_ARITHMETIC] = (void *)throw_arithmetic,
            [JIT_H_THROW_NULL] = (void *)throw_null, [JIT_H_MEMCPY] = (void *)copy,
            [JIT_H_MEMSET] = (void *)set, [JIT_H_F64_REM] = (void *)rem64,
            [JIT_H_F32_REM] = (void *)rem32, [JIT_H_TRACE_STFLD] = toy_trace,
        }};
}

struct jit_type toy_type(uint32_t number)
{
    struct jit_type type = toy.types[number - 1].type;
    type.desc = &toy.types[number - 1];
    return type;
}

uint32_t toy_add_type(const char *name, unsigned kind, uint32_t size)
{
    struct type_desc *t = &toy.types[toy.type_count++];
    uint8_t align = kind == JIT_STRUCT ? (size % 8 == 0 ? 8 : size % 4 == 0 ? 4 : 1) : (uint8_t)size;
    *t = (struct type_desc){.name = name,
                            .type = {.kind = (uint8_t)kind, .align = align, .size = size}};
    return toy.type_count;
}

uint32_t toy_add_field(uint32_t owner, uint32_t type, uint32_t offset, void *address)
{
    toy.fields[toy.field_count++] = (struct field_desc){type, owner, offset, address};
    return toy.field_count;
}

static struct jit_type *types_of(const uint32_t *numbers, uint16_t *count)
{
    struct jit_type *types = allocate(NULL, MAX_ITEMS * sizeof *types);
    *count = 0;
    for (; numbers != NULL && numbers[*count] != 0; (*count)++)
        types[*count] = toy_type(numbers[*count]);
    return types;
}

uint32_t toy_add_method(const char *name, bool has_this, uint32_t owner, uint32_t ret,
                        const uint32_t *args, const uint32_t *locals, const uint8_t *il,
                            uint32_t size)
{
    struct method_desc *m = &toy.methods[toy.method_count++];
    *m = (struct method_desc){.name = name, .owner = owner};
    m->sig.has_this = has_this;
    m->sig.args = types_of(args, &m->sig.arg_count);
    if (ret != 0)
        m->sig.ret = toy_type(ret);
    if (has_this) {
        m->sig.this_type = toy_type(owner);
        if (m->sig.this_type.kind != JIT_REF)
            m->sig.this_type = (struct jit_type){.kind = JIT_BYREF, .align = 8, .size = 8};
    }
    /* a copy of exact size, so that ASAN sees reads past the end */
    uint8_t *copy_of_il = allocate(NULL, 16);
    if (il != NULL) {
        copy_of_il = malloc(size != 0 ? size : 1);
        memcpy(copy_of_il, il, size);
        chunks[chunk_count++] = copy_of_il;
        m->body.il = copy_of_il;
    }
    m->body.il_size = size;
    m->body.max_stack = 32;
    m->body.init_locals = true;
    m->body.locals = types_of(locals, &m->body.local_count);
    return toy.method_count;
}

uint32_t toy_add_native(const char *name, bool has_this, uint32_t owner, uint32_t ret,
                        const uint32_t *args, void *function)
{
    uint32_t n = toy_add_method(name, has_this, owner, ret, args, NULL, NULL, 0);
    toy.methods[n - 1].entry = function;
    toy.methods[n - 1].flags |= JIT_M_NATIVE;
    return n;
}

struct method_desc *toy_method(uint32_t number)
{
    return &toy.methods[number - 1];
}

void *toy_compile(uint32_t number)
{
    struct method_desc *m = toy_method(number);
    struct jit_request request = {.method = m, .faults = m->faults, .traces = m->traces};
    m->code = jit_compile(&toy.runtime, &request, &toy.error);
    if (m->code == NULL)
        return NULL;
    m->entry = (void *)(uintptr_t)m->code->code_start;
    return m->entry;
}
