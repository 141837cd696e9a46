/* Signatures (ECMA-335 II.23.2): to type descriptors, to what the JIT wants, and compared. */
#include "types.h"

enum { SIG_CONVENTION = 0x0F, SIG_VARARG = 0x05, SIG_GENERIC = 0x10, SIG_HASTHIS = 0x20,
       SIG_EXPLICITTHIS = 0x40 };
enum { METHODDEF_SIGNATURE = 4 };
#define MAX_RANK 32

static bool decode(struct md_sig *sig, struct assembly *assembly, struct type_desc **out,
                   uint32_t *flags, unsigned depth, struct md_error *error);

static bool decode_generic(struct md_sig *sig, struct assembly *assembly, struct md_error *error)
{
    char name[TYPE_NAME_SIZE];
    md_sig_byte(sig, error);
    md_token token = md_sig_typedef_or_ref(sig, error);
    if (error->set)
        return false;
    struct md_error unresolved = { 0 };
    struct type_desc *type = rt_type_of_token(assembly, token, &unresolved);
    if (type)
        md_fail(error, "%s: instantiation of generic type %s: generics are not supported yet",
                assembly->md.name, rt_type_name(type, name, sizeof name));
    else
        md_fail(error, "%s; generics are not supported yet", unresolved.text);
    return false;
}

static bool can_be_element(struct assembly *assembly, const struct type_desc *element,
                           struct md_error *error)
{
    if (element->element_type != ET_BYREF && element->element_type != ET_VOID)
        return true;
    md_fail(error, "%s: a signature makes an array or reference of a reference or void",
            assembly->md.name);
    return false;
}

static bool decode_mdarray(struct md_sig *sig, struct assembly *assembly, struct type_desc **out,
                           unsigned depth, struct md_error *error)
{
    struct type_desc *element;
    uint32_t flags = 0;
    if (!decode(sig, assembly, &element, &flags, depth + 1, error) ||
        !can_be_element(assembly, element, error))
        return false;
    uint32_t rank = md_sig_unsigned(sig, error);
    if (!error->set && (rank == 0 || rank > MAX_RANK))
        md_fail(error, "%s: an array of rank %u is not possible (1 to %u)", assembly->md.name, rank,
                MAX_RANK);
    uint32_t sizes = md_sig_unsigned(sig, error);
    for (uint32_t i = 0; i < sizes && !error->set; i++)
        md_sig_unsigned(sig, error);
    uint32_t bounds = md_sig_unsigned(sig, error);
    for (uint32_t i = 0; i < bounds && !error->set; i++)
        md_sig_signed(sig, error);
    if (error->set)
        return false;
    *out = rt_mdarray_of(element, rank);
    return true;
}

static bool decode_named(struct md_sig *sig, struct assembly *assembly, uint8_t code,
                         struct type_desc **out, struct md_error *error)
{
    md_token token = md_sig_typedef_or_ref(sig, error);
    if (error->set)
        return false;
    if (MD_TOKEN_TABLE(token) == MD_TYPESPEC) {
        md_fail(error, "%s: a signature names TypeSpec token 0x%08X where a class must stand",
                assembly->md.name, token);
        return false;
    }
    struct type_desc *type = rt_type_of_token(assembly, token, error);
    if (!type)
        return false;
    char name[TYPE_NAME_SIZE];
    bool is_value = (type->flags & TYPE_VALUETYPE) != 0;
    if (is_value != (code == ET_VALUETYPE)) {
        md_fail(error, "%s: a signature calls %s a %s, but it is none", assembly->md.name,
                rt_type_name(type, name, sizeof name), is_value ? "class" : "value type");
        return false;
    }
    if (type->assembly->index->generic_type[MD_TOKEN_ROW(type->token) - 1]) {
        md_fail(error, "%s: generic type %s: generics are not supported yet", assembly->md.name,
                rt_type_name(type, name, sizeof name));
        return false;
    }
    *out = type;
    return true;
}

static bool decode(struct md_sig *sig, struct assembly *assembly, struct type_desc **out,
                   uint32_t *flags, unsigned depth, struct md_error *error)
{
    if (depth > MAX_NESTING) {
        md_fail(error, "%s: a type in a signature is nested more than %u levels", assembly->md.name,
                MAX_NESTING);
        return false;
    }
    struct md_sig start = *sig;
    uint8_t code = md_sig_byte(sig, error);
    while (!error->set && (code == ET_CMOD_OPT || code == ET_CMOD_REQD || code == ET_PINNED)) {
        if (code == ET_PINNED)
            *flags |= SIG_PINNED;
        else
            md_sig_typedef_or_ref(sig, error);
        start = *sig;
        code = md_sig_byte(sig, error);
    }
    if (error->set)
        return false;
    struct type_desc *element;
    switch (code) {
    case ET_CLASS:
    case ET_VALUETYPE:
        return decode_named(sig, assembly, code, out, error);
    case ET_PTR:
    case ET_BYREF:
    case ET_SZARRAY:
        if (!decode(sig, assembly, &element, flags, depth + 1, error))
            return false;
        if ((code != ET_PTR || element->element_type != ET_VOID) &&
            !can_be_element(assembly, element, error))
            return false;
        *out = code == ET_PTR ? rt_pointer_of(element)
             : code == ET_BYREF ? rt_byref_of(element) : rt_array_of(element);
        return true;
    case ET_ARRAY:
        return decode_mdarray(sig, assembly, out, depth, error);
    case ET_FNPTR:
        *sig = start;
        *out = rt_fnptr_type();
        return md_sig_skip_type(sig, error);
    case ET_GENERICINST:
        return decode_generic(sig, assembly, error);
    case ET_VAR:
    case ET_MVAR:
        md_fail(error, "%s: type parameter %s%u: generics are not supported yet", assembly->md.name,
                code == ET_VAR ? "!" : "!!", md_sig_unsigned(sig, error));
        return false;
    default:
        *out = rt_primitive(code);
        if (*out)
            return true;
        md_fail(error, "%s: element type 0x%02X in a signature is %s", assembly->md.name, code,
                code == ET_TYPEDBYREF ? "TypedReference, which is not supported" : "not a type");
        return false;
    }
}

bool rt_sig_type(struct md_sig *sig, struct assembly *assembly, struct type_desc **out,
                 uint32_t *flags, struct md_error *error)
{
    *flags = 0;
    return decode(sig, assembly, out, flags, 0, error);
}

static uint8_t kind_of(uint8_t element_type)
{
    switch (element_type) {
    case ET_VOID: return JIT_VOID;
    case ET_BOOLEAN: case ET_U1: return JIT_U1;
    case ET_I1: return JIT_I1;
    case ET_CHAR: case ET_U2: return JIT_U2;
    case ET_I2: return JIT_I2;
    case ET_I4: return JIT_I4;
    case ET_U4: return JIT_U4;
    case ET_I8: return JIT_I8;
    case ET_U8: return JIT_U8;
    case ET_R4: return JIT_R4;
    case ET_R8: return JIT_R8;
    case ET_I: case ET_PTR: case ET_FNPTR: return JIT_NINT;
    case ET_U: return JIT_NUINT;
    case ET_BYREF: return JIT_BYREF;
    case ET_VALUETYPE: case ET_TYPEDBYREF: return JIT_STRUCT;
    default: return JIT_REF;
    }
}

bool rt_jit_type(struct type_desc *type, struct jit_type *out, struct md_error *error)
{
    out->desc = type;
    out->flags = 0;
    out->kind = kind_of(type->element_type);
    out->size = out->align = 8;
    if (type->element_type == ET_VOID) {
        out->size = 0;
        out->align = 1;
    } else if (type->flags & TYPE_VALUETYPE) {
        if (!rt_type_layout(type, error))
            return false;
        if (type->flags & TYPE_ENUM)
            out->kind = kind_of(type->element->element_type);
        out->size = type->instance_size;
        out->align = (uint8_t)type->align;
    }
    return true;
}

bool rt_decode_method_sig(struct assembly *assembly, struct md_blob blob, struct jit_sig *out,
                          bool keep, struct md_error *error)
{
    struct md_sig sig = md_sig_open(&assembly->md, blob);
    uint8_t header = md_sig_byte(&sig, error);
    const char *refused = header & SIG_GENERIC ? "a generic method: generics are not supported yet"
        : header & SIG_EXPLICITTHIS ? "an explicit this, which is not supported"
        : (header & SIG_CONVENTION) == SIG_VARARG ? "vararg, which is not supported"
        : (header & SIG_CONVENTION) > SIG_VARARG ? "not a method's" : NULL;
    if (!error->set && refused)
        md_fail(error, "%s: a method signature (first byte 0x%02X) is %s", assembly->md.name,
                header,
                refused);
    uint32_t count = md_sig_unsigned(&sig, error);
    if (!error->set && count > (uint32_t)(sig.end - sig.at))
        md_fail(error, "%s: a method signature announces %u parameters in %u bytes",
                assembly->md.name, count, (uint32_t)(sig.end - sig.at));
    if (!error->set && count > 0x3FFF)
        md_fail(error, "%s: a method has %u parameters, more than 16383", assembly->md.name, count);
    struct type_desc *type;
    uint32_t flags;
    if (error->set || !rt_sig_type(&sig, assembly, &type, &flags, error) ||
        !rt_jit_type(type, &out->ret, error))
        return false;
    struct jit_type *args = NULL;
    if (count) {
        args = keep ? rt_try_keep(count * sizeof *args, assembly->md.name, error)
                    : rt_try_arena(count * sizeof *args, assembly->md.name, error);
        if (!args)
            return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!rt_sig_type(&sig, assembly, &type, &flags, error) ||
            !rt_jit_type(type, &args[i], error))
            return false;
        if (type->element_type == ET_VOID) {
            md_fail(error, "%s: parameter %u of a method signature is void", assembly->md.name, i);
            return false;
        }
    }
    out->args = args;
    out->arg_count = (uint16_t)count;
    out->has_this = (header & SIG_HASTHIS) != 0;
    if (out->has_this && !rt_jit_type(g_object_type, &out->this_type, error))
        return false;
    return true;
}

struct md_blob rt_method_blob(const struct method_desc *method, struct md_error *error)
{
    return md_column_blob(&method->assembly->md, MD_METHODDEF, MD_TOKEN_ROW(method->token),
                          METHODDEF_SIGNATURE, error);
}

/* Decoded once, then kept with the method: call sites outnumber methods. */
bool rt_method_signature(struct method_desc *method, struct jit_sig *out, struct md_error *error)
{
    if (!method->sig) {
        struct md_blob blob = rt_method_blob(method, error);
        struct jit_sig sig = { 0 };
        if (error->set || !rt_decode_method_sig(method->assembly, blob, &sig, true, error))
            return false;
        if (sig.has_this == ((method->flags & METHOD_STATIC) != 0)) {
            md_fail(error, "%s: MethodDef row %u: its flags and its signature disagree on `static`",
                    method->assembly->md.name, MD_TOKEN_ROW(method->token));
            return false;
        }
        if (sig.has_this) {
            struct type_desc *owner = method->owner;
            if (owner->flags & TYPE_VALUETYPE)
                owner = rt_byref_of(owner);
            if (!rt_jit_type(owner, &sig.this_type, error))
                return false;
        }
        struct jit_sig *kept = rt_try_keep(sizeof *kept, method->assembly->md.name, error);
        if (!kept)
            return false;
        *kept = sig;
        method->sig = kept;
    }
    *out = *method->sig;
    return true;
}

/* ---- comparison ---- */

struct side {
    struct md_sig sig;
    struct assembly *assembly;
};

static bool equal_types(struct side *left, struct side *right, unsigned depth,
                        struct md_error *error);

static bool equal_tokens(struct side *left, struct side *right, struct md_error *error)
{
    md_token a = md_sig_typedef_or_ref(&left->sig, error);
    md_token b = md_sig_typedef_or_ref(&right->sig, error);
    if (error->set)
        return false;
    if (left->assembly == right->assembly && a == b)
        return true;
    struct type_desc *type = rt_type_of_token(left->assembly, a, error);
    return type && type == rt_type_of_token(right->assembly, b, error);
}

static bool equal_numbers(struct side *left, struct side *right, uint32_t *value,
                          struct md_error *error)
{
    *value = md_sig_unsigned(&left->sig, error);
    return *value == md_sig_unsigned(&right->sig, error) && !error->set;
}

static bool equal_methods(struct side *left, struct side *right, unsigned depth, bool params_only,
                          struct md_error *error)
{
    uint8_t a = md_sig_byte(&left->sig, error), b = md_sig_byte(&right->sig, error);
    uint32_t generic = 0, count;
    uint8_t mask = params_only ? (uint8_t)~SIG_HASTHIS : 0xFF;
    if ((a & mask) != (b & mask) ||
        (a & SIG_GENERIC && !equal_numbers(left, right, &generic, error)) ||
        !equal_numbers(left, right, &count, error))
        return false;
    if (params_only) {
        if (!md_sig_skip_type(&left->sig, error) || !md_sig_skip_type(&right->sig, error))
            return false;
    } else if (!equal_types(left, right, depth + 1, error)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++)
        if (!equal_types(left, right, depth + 1, error))
            return false;
    return true;
}

static bool equal_types(struct side *left, struct side *right, unsigned depth,
                        struct md_error *error)
{
    if (depth > MAX_NESTING)
        return false;
    uint32_t count, value;
    uint8_t code = md_sig_byte(&left->sig, error);
    if (code != md_sig_byte(&right->sig, error) || error->set)
        return false;
    switch (code) {
    case ET_CLASS:
    case ET_VALUETYPE:
        return equal_tokens(left, right, error);
    case ET_CMOD_OPT:
    case ET_CMOD_REQD:
        return equal_tokens(left, right, error) && equal_types(left, right, depth + 1, error);
    case ET_PTR:
    case ET_BYREF:
    case ET_SZARRAY:
    case ET_PINNED:
    case ET_SENTINEL:
        return equal_types(left, right, depth + 1, error);
    case ET_VAR:
    case ET_MVAR:
        return equal_numbers(left, right, &value, error);
    case ET_FNPTR:
        return equal_methods(left, right, depth + 1, false, error);
    case ET_GENERICINST:
        if (md_sig_byte(&left->sig, error) != md_sig_byte(&right->sig, error) ||
            !equal_tokens(left, right, error) || !equal_numbers(left, right, &count, error))
            return false;
        for (uint32_t i = 0; i < count; i++)
            if (!equal_types(left, right, depth + 1, error))
                return false;
        return true;
    case ET_ARRAY:
        if (!equal_types(left, right, depth + 1, error) ||
            !equal_numbers(left, right, &value, error))
            return false;
        for (unsigned list = 0; list < 2; list++) {     /* sizes, then lower bounds */
            if (!equal_numbers(left, right, &count, error))
                return false;
            for (uint32_t i = 0; i < count; i++)
                if (!equal_numbers(left, right, &value, error))
                    return false;
        }
        return true;
    default:
        return true;
    }
}

bool rt_sig_equal(struct assembly *left_assembly, struct md_blob left,
                  struct assembly *right_assembly, struct md_blob right, bool params_only)
{
    if (!params_only && left_assembly == right_assembly && left.size == right.size &&
        !memcmp(left.bytes, right.bytes, left.size))
        return true;
    struct md_error error = { 0 };      /* what cannot be read equals nothing */
    struct side a = { md_sig_open(&left_assembly->md, left), left_assembly };
    struct side b = { md_sig_open(&right_assembly->md, right), right_assembly };
    return equal_methods(&a, &b, 0, params_only, &error);
}

bool rt_field_sig_equal(struct assembly *left_assembly, struct md_blob left,
                        struct assembly *right_assembly, struct md_blob right)
{
    struct md_error error = { 0 };
    struct side a = { md_sig_open(&left_assembly->md, left), left_assembly };
    struct side b = { md_sig_open(&right_assembly->md, right), right_assembly };
    return md_sig_byte(&a.sig, &error) == md_sig_byte(&b.sig, &error) && !error.set &&
           equal_types(&a, &b, 0, &error);
}
