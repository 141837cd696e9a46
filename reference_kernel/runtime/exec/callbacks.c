/* struct jit_runtime: what the JIT asks while it compiles, answered from metadata and the type
 * loader. */
#include "exec.h"

struct jit_runtime g_jit_runtime;

enum { STANDALONESIG_SIGNATURE = 0, MEMBERREF_SIGNATURE = 2, SIG_FIELD = 6, SIG_LOCALS = 7 };

static bool give_up(const struct md_error *from, struct jit_error *to)
{
    plat_snprintf(to->message, sizeof to->message, "%s", from->text);
    return false;
}

static void *arena(void *context, size_t size)
{
    (void)context;
    return rt_arena(size);
}

static void *arena_raw(void *context, size_t size)
{
    (void)context;
    return rt_arena_raw(size);
}

static void *keep(void *context, size_t size)
{
    (void)context;
    return rt_try_keep(size, "", NULL); /* the JIT says so itself */
}

/* ---- the method itself ---- */

static bool decode_locals(struct assembly *assembly, md_token token, struct jit_body *out,
                          struct md_error *error)
{
    const struct md_image *md = &assembly->md;
    if (MD_TOKEN_TABLE(token) != MD_STANDALONESIG || !MD_TOKEN_ROW(token) ||
        MD_TOKEN_ROW(token) > md_rows(md, MD_STANDALONESIG)) {
        md_fail(error, "%s: a method's local signature token 0x%08X is none", md->name, token);
        return false;
    }
    struct md_blob blob = md_column_blob(md, MD_STANDALONESIG, MD_TOKEN_ROW(token),
                                         STANDALONESIG_SIGNATURE, error);
    if (error->set)
        return false;
    struct md_sig sig = md_sig_open(md, blob);
    uint8_t header = md_sig_byte(&sig, error);
    uint32_t count = md_sig_unsigned(&sig, error);
    if (!error->set &&
        (header != SIG_LOCALS || count > (uint32_t)(sig.end - sig.at) || count > 0xFFFF))
        md_fail(error, "%s: StandAloneSig row %u: not the signature of at most 65535 locals",
                md->name,
                MD_TOKEN_ROW(token));
    if (error->set)
        return false;
    struct jit_type *locals = rt_try_arena(count * sizeof *locals, md->name, error);
    if (!locals)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        struct type_desc *type;
        uint32_t flags;
        if (!rt_sig_type(&sig, assembly, &type, &flags, error) ||
            !rt_jit_type(type, &locals[i], error))
            return false;
        locals[i].flags = flags & SIG_PINNED ? JIT_TYPE_PINNED : 0;
        if (type->element_type == ET_VOID) {
            md_fail(error, "%s: StandAloneSig row %u: local %u is void", md->name,
                    MD_TOKEN_ROW(token), i);
            return false;
        }
    }
    out->locals = locals;
    out->local_count = (uint16_t)count;
    return true;
}

static bool method_body(void *context, struct method_desc *method, struct jit_body *out,
                        struct jit_error *jit_error)
{
    (void)context;
    struct md_error error = { 0 };
    struct md_body body;
    if (!md_body(&method->assembly->md, MD_TOKEN_ROW(method->token), &body, &error))
        return give_up(&error, jit_error);
    memset(out, 0, sizeof *out);
    out->il = body.il;
    out->il_size = body.il_size;
    out->max_stack = body.max_stack;
    out->init_locals = body.init_locals;
    if (body.local_sig && !decode_locals(method->assembly, body.local_sig, out, &error))
        return give_up(&error, jit_error);
    struct jit_il_clause *clauses = rt_try_arena(body.eh_count * sizeof *clauses,
                                                 method->assembly->md.name, &error);
    if (!clauses)
        return give_up(&error, jit_error);
    for (uint32_t i = 0; i < body.eh_count; i++) {
        struct md_eh_clause clause;
        if (!md_body_clause(&body, i, &clause)) {
            md_fail(&error, "%s: MethodDef row %u: exception clause %u cannot be read",
                    method->assembly->md.name, MD_TOKEN_ROW(method->token), i);
            return give_up(&error, jit_error);
        }
        clauses[i] = (struct jit_il_clause){
            .flags = clause.flags,
            .try_offset = clause.try_offset, .try_length = clause.try_length,
            .handler_offset = clause.handler_offset, .handler_length = clause.handler_length,
            .class_token_or_filter = clause.class_or_filter,
        };
    }
    out->clauses = clauses;
    out->clause_count = body.eh_count;
    return true;
}

static bool method_sig(void *context, struct method_desc *method, struct jit_sig *out,
                       struct jit_error *jit_error)
{
    (void)context;
    struct md_error error = { 0 };
    return rt_method_signature(method, out, &error) || give_up(&error, jit_error);
}

/* ---- methods ---- */

/* The type whose static constructor an access to its statics in `from` must trigger (II.10.5.3).
 * Methods of the type itself run only after the prestub did that, unless the type is
 * beforefieldinit. A call needs nothing: see rt_prestub_resolve. */
static struct type_desc *cctor_to_trigger(struct method_desc *from, struct type_desc *owner)
{
    if (owner->cctor_state != CCTOR_PENDING && owner->cctor_state != CCTOR_RUNNING)
        return NULL;
    bool inside = from->owner == owner &&
                  (!(owner->flags & TYPE_BEFOREFIELDINIT) || from == owner->cctor);
    return inside ? NULL : owner;
}

static struct method_desc *string_factory(struct method_desc *constructor, struct md_error *error)
{
    struct type_desc *type = constructor->owner;
    struct md_blob wanted = rt_method_blob(constructor, error);
    for (uint32_t i = 0; i < type->method_count && !error->set; i++) {
        struct method_desc *method = &type->methods[i];
        if (strcmp(method->name, "Ctor") || !(method->flags & METHOD_STATIC))
            continue;
        struct md_blob own = rt_method_blob(method, error);
        if (!error->set && rt_sig_equal(type->assembly, wanted, type->assembly, own, true))
            return method;
    }
    md_fail(error, "%s: there is no static String::Ctor for this constructor",
            type->assembly->file);
    return NULL;
}

static bool describe_method(struct method_desc *method, struct jit_method_ref *out,
                            struct md_error *error)
{
    struct type_desc *owner = method->owner;
    memset(out, 0, sizeof *out);
    if (!rt_type_load(owner, error) || !rt_method_signature(method, &out->sig, error) ||
        !rt_jit_type(owner, &out->owner, error))
        return false;
    if (method->flags & METHOD_RUNTIME) {
        char name[TYPE_NAME_SIZE];
        md_fail(error, "%s is provided by the runtime: delegates are not supported yet",
                rt_method_name(method, name, sizeof name));
        return false;
    }
    out->method = method;
    out->owner_method_table = owner->method_table;
    if (method->flags & METHOD_STATIC)
        out->flags |= JIT_M_STATIC;
    if (method->flags & METHOD_VIRTUAL && method->slot != NO_SLOT) {
        out->flags |= JIT_M_VIRTUAL;
        out->vtable_slot = method->slot;
    }
    if (method->flags & METHOD_FINAL || owner->flags & TYPE_SEALED)
        out->flags |= JIT_M_FINAL;
    if (owner->flags & TYPE_INTERFACE && method->flags & METHOD_VIRTUAL)
        out->flags |= JIT_M_INTERFACE;
    if (method->flags & METHOD_CTOR)
        out->flags |= JIT_M_CTOR;
    if (owner->flags & TYPE_VALUETYPE)
        out->flags |= JIT_M_VALUETYPE_OWNER;
    if (method->flags & METHOD_NATIVE)
        out->flags |= JIT_M_NATIVE;
    if (owner->flags & (TYPE_ABSTRACT | TYPE_INTERFACE))
        out->flags |= JIT_M_NO_INSTANCES;
    if (owner == g_string_type && method->flags & METHOD_CTOR) {
        out->flags |= JIT_M_STRING_CTOR;
        out->factory = string_factory(method, error);
        if (!out->factory)
            return false;
    }
    return true;
}

static bool describe_accessor(struct method_desc *from, md_token token,
                              const struct array_accessor *accessor, struct jit_method_ref *out,
                              struct md_error *error)
{
    struct assembly *assembly = from->assembly;
    memset(out, 0, sizeof *out);
    struct md_blob blob = md_column_blob(&assembly->md, MD_MEMBERREF, MD_TOKEN_ROW(token),
                                         MEMBERREF_SIGNATURE, error);
    if (error->set || !rt_type_load(accessor->array, error) ||
        !rt_decode_method_sig(assembly, blob, &out->sig, false, error) ||
        !rt_jit_type(accessor->array, &out->owner, error))
        return false;
    uint32_t rank = accessor->array->rank, count = out->sig.arg_count;
    bool fits = accessor->jit_flags & JIT_M_ARRAY_SET ? count == rank + 1
        : accessor->jit_flags & JIT_M_ARRAY_CTOR ? count == rank || count == 2 * rank
        : count == rank;
    struct type_desc *element = accessor->array->element;
    if (accessor->jit_flags & JIT_M_ARRAY_GET)
        fits &= out->sig.ret.desc == element;
    else if (accessor->jit_flags & JIT_M_ARRAY_SET)
        fits = fits && out->sig.args[rank].desc == element;
    else if (accessor->jit_flags & JIT_M_ARRAY_ADDRESS)
        fits &= out->sig.ret.desc == rt_byref_of(element);
    else
        fits &= out->sig.ret.kind == JIT_VOID;
    for (uint32_t i = 0; fits && i < count - !!(accessor->jit_flags & JIT_M_ARRAY_SET); i++)
        fits = out->sig.args[i].kind == JIT_I4 || out->sig.args[i].kind == JIT_U4;
    if (!fits || !out->sig.has_this ||
        (accessor->array->element_type == ET_SZARRAY)) {
        md_fail(error,
                "%s: MemberRef row %u: not the signature of this method of an array of rank %u",
                assembly->md.name, MD_TOKEN_ROW(token), rank);
        return false;
    }
    out->sig.this_type = out->owner;
    out->flags = accessor->jit_flags;
    out->owner_method_table = accessor->array->method_table;
    return true;
}

static bool resolve_method(void *context, struct method_desc *from, uint32_t token,
                           struct jit_method_ref *out, struct jit_error *jit_error)
{
    (void)context;
    struct md_error error = { 0 };
    struct array_accessor accessor = { 0 };
    struct method_desc *method = rt_method_of_token(from->assembly, token, &accessor, &error);
    bool ok = method ? describe_method(method, out, &error)
        : accessor.array ? describe_accessor(from, token, &accessor, out, &error) : false;
    return ok || give_up(&error, jit_error);
}

static bool resolve_constrained(void *context, struct method_desc *from, uint32_t type_token,
                                uint32_t method_token, struct jit_method_ref *out,
                                struct jit_error *jit_error)
{
    (void)context;
    struct md_error error = { 0 };
    struct array_accessor accessor = { 0 };
    memset(out, 0, sizeof *out);
    struct type_desc *type = rt_type_of_token(from->assembly, type_token, &error);
    if (!type || !rt_type_load(type, &error))
        return give_up(&error, jit_error);
    struct method_desc *method = rt_method_of_token(from->assembly, method_token, &accessor,
                                                    &error);
    if (!method || !rt_type_load(method->owner, &error))
        return accessor.array || give_up(&error, jit_error);
    if (!(type->flags & TYPE_VALUETYPE))
        return true;
    struct method_desc *target = NULL;
    if (method->owner->flags & TYPE_INTERFACE)
        target = rt_interface_target(type, method);
    else if (method->slot < type->vtable_count && method->flags & METHOD_VIRTUAL &&
             rt_assignable(type, method->owner))
        target = type->vtable_methods[method->slot];
    if (!target || target->owner != type)
        return true;
    return describe_method(target, out, &error) || give_up(&error, jit_error);
}

/* ---- fields, types, tokens, strings ---- */

static bool resolve_field(void *context, struct method_desc *from, uint32_t token,
                          struct jit_field_ref *out, struct jit_error *jit_error)
{
    (void)context;
    struct md_error error = { 0 };
    memset(out, 0, sizeof *out);
    struct field_desc *field = rt_field_of_token(from->assembly, token, &error);
    if (!field)
        return give_up(&error, jit_error);
    struct type_desc *owner = field->owner;
    struct type_desc *type = rt_field_type(field, &error);
    if (!type || !rt_jit_type(type, &out->type, &error) || !rt_type_load(owner, &error) ||
        !rt_jit_type(owner, &out->owner, &error))
        return give_up(&error, jit_error);
    out->field = field;
    out->offset = field->offset;
    out->is_static = (field->flags & FIELD_STATIC) != 0;
    if (field->flags & FIELD_LITERAL) {
        md_fail(&error, "%s: Field row %u: '%s' is literal: it has no storage",
                owner->assembly->md.name,
                MD_TOKEN_ROW(field->token), field->name);
        return give_up(&error, jit_error);
    }
    if (out->is_static) {
        out->static_address = owner->statics + field->offset;
        out->cctor = cctor_to_trigger(from, owner);
    }
    return true;
}

static bool describe_type(struct type_desc *type, bool want_array_mt, struct jit_type_ref *out,
                          struct md_error *error)
{
    if (!rt_type_load(type, error) || !rt_jit_type(type, &out->type, error))
        return false;
    out->method_table = type->method_table;
    out->is_interface = (type->flags & TYPE_INTERFACE) != 0;
    out->is_array = type_is_array(type);
    if (out->is_array && !rt_jit_type(type->element, &out->element, error))
        return false;
    if (want_array_mt) {
        if (type->element_type == ET_BYREF || type->element_type == ET_VOID) {
            md_fail(error, "an array of references or void is not possible");
            return false;
        }
        struct type_desc *array = rt_array_of(type);
        if (!rt_type_load(array, error))
            return false;
        out->array_method_table = array->method_table;
        out->array_type = array;
    }
    return true;
}

static bool resolve_type(void *context, struct method_desc *from, uint32_t token,
                         bool want_array_mt,
                         struct jit_type_ref *out, struct jit_error *jit_error)
{
    (void)context;
    struct md_error error = { 0 };
    memset(out, 0, sizeof *out);
    struct type_desc *type = rt_type_of_token(from->assembly, token, &error);
    return (type && describe_type(type, want_array_mt, out, &error)) || give_up(&error, jit_error);
}

static bool is_field_token(struct assembly *assembly, md_token token)
{
    if (MD_TOKEN_TABLE(token) != MD_MEMBERREF)
        return MD_TOKEN_TABLE(token) == MD_FIELD;
    struct md_error ignored = { 0 };    /* reported when it is resolved as a method */
    struct md_blob blob = md_column_blob(&assembly->md, MD_MEMBERREF, MD_TOKEN_ROW(token),
                                         MEMBERREF_SIGNATURE, &ignored);
    return !ignored.set && blob.size && blob.bytes[0] == SIG_FIELD;
}

static bool resolve_token(void *context, struct method_desc *from, uint32_t token,
                          struct jit_token_ref *out, struct jit_error *jit_error)
{
    (void)context;
    struct md_error error = { 0 };
    struct assembly *assembly = from->assembly;
    enum md_table table = MD_TOKEN_TABLE(token);
    const char *handle;
    memset(out, 0, sizeof *out);
    if (table == MD_TYPEDEF || table == MD_TYPEREF || table == MD_TYPESPEC) {
        struct type_desc *type = rt_type_of_token(assembly, token, &error);
        if (!type || !rt_type_load(type, &error))
            return give_up(&error, jit_error);
        if (!type->method_table) {
            md_fail(&error, "%s: ldtoken of a pointer type is not supported yet",
                    assembly->md.name);
            return give_up(&error, jit_error);
        }
        handle = "RuntimeTypeHandle";
        out->value = type->method_table;
    } else if (is_field_token(assembly, token)) {
        struct field_desc *field = rt_field_of_token(assembly, token, &error);
        if (!field || !rt_type_load(field->owner, &error))
            return give_up(&error, jit_error);
        handle = "RuntimeFieldHandle";
        out->value = field;
    } else {
        struct array_accessor accessor = { 0 };
        struct method_desc *method = rt_method_of_token(assembly, token, &accessor, &error);
        if (!method) {
            md_fail(&error, "%s: ldtoken of an array's method is not supported", assembly->md.name);
            return give_up(&error, jit_error);
        }
        handle = "RuntimeMethodHandle";
        out->value = method;
    }
    struct type_desc *handle_type = rt_korlib_type("System", handle, &error);
    return (handle_type && rt_jit_type(handle_type, &out->handle_type, &error)) ||
           give_up(&error, jit_error);
}

static bool resolve_string(void *context, struct method_desc *from, uint32_t token, void ***cell,
                           struct jit_error *jit_error)
{
    (void)context;
    struct md_error error = { 0 };
    uint32_t count;
    if (MD_TOKEN_TABLE(token) != 0x70) {
        md_fail(&error, "%s: token 0x%08X is not a string", from->assembly->md.name, token);
        return give_up(&error, jit_error);
    }
    const uint8_t *units = md_user_string(&from->assembly->md, MD_TOKEN_ROW(token), &count, &error);
    if (!units || error.set)
        return give_up(&error, jit_error);
    *cell = (void **)rt_intern_utf16(units, count);
    return true;
}

static bool resolve_standalone_sig(void *context, struct method_desc *from, uint32_t token,
                                   struct jit_sig *out, struct jit_error *jit_error)
{
    (void)context;
    struct md_error error = { 0 };
    const struct md_image *md = &from->assembly->md;
    if (MD_TOKEN_TABLE(token) != MD_STANDALONESIG) {
        md_fail(&error, "%s: token 0x%08X is not a signature", md->name, token);
        return give_up(&error, jit_error);
    }
    struct md_blob blob = md_column_blob(md, MD_STANDALONESIG, MD_TOKEN_ROW(token),
                                         STANDALONESIG_SIGNATURE, &error);
    memset(out, 0, sizeof *out);
    return (!error.set && rt_decode_method_sig(from->assembly, blob, out, false, &error)) ||
           give_up(&error, jit_error);
}

static struct type_desc *byref_to(void *context, struct type_desc *type)
{
    (void)context;
    return rt_byref_of(type);
}

static struct type_desc *pointer_to(void *context, struct type_desc *type)
{
    (void)context;
    return rt_pointer_of(type);
}

static bool assignable(void *context, struct type_desc *type, struct type_desc *target)
{
    (void)context;
    return rt_assignable(type, target);
}

static bool array_element(void *context, struct type_desc *array, struct jit_type *out)
{
    (void)context;
    struct md_error ignored = { 0 };    /* an element that has no layout is none to the JIT */
    return array && type_is_array(array) && rt_jit_type(array->element, out, &ignored);
}

static bool code_reserve(void *context, size_t size, uint8_t **rx, uint8_t **rw)
{
    (void)context;
    return rt_code_reserve(size, rx, rw);
}

static void code_commit(void *context, uint8_t *rx, size_t used)
{
    (void)context;
    rt_code_commit(rx, used);
}

static void trace_line(void *context, const char *text)
{
    (void)context;
    plat_log("%s\n", text);
}

static void *method_thunk(void *context, struct method_desc *method)
{
    (void)context;
    return rt_method_thunk(method);
}

void rt_callbacks_init(void)
{
    g_jit_runtime = (struct jit_runtime){
        .arena = arena, .arena_raw = arena_raw, .keep = keep,
        .method_body = method_body, .method_sig = method_sig, .resolve_method = resolve_method,
        .resolve_constrained = resolve_constrained, .resolve_field = resolve_field,
        .resolve_type = resolve_type, .resolve_token = resolve_token,
        .resolve_string = resolve_string, .resolve_standalone_sig = resolve_standalone_sig,
        .byref_to = byref_to, .pointer_to = pointer_to,
        .object_type = g_object_type, .string_type = g_string_type, .assignable = assignable,
        .array_element = array_element,
        .code_reserve = code_reserve, .code_commit = code_commit, .trace_line = trace_line,
        .method_thunk = method_thunk,
        .method_entry_offset = offsetof(struct method_desc, entry),
        .vtable_offset = offsetof(struct method_table, vtable),
        .array_length_offset = offsetof(struct rt_array, length),
        .array_data_offset = offsetof(struct rt_array, data),
        .box_data_offset = sizeof(struct rt_object),
    };
    rt_helpers_init(g_jit_runtime.helpers);
}
