/* Members by token: MethodDef, Field, and MemberRef by name and signature across assemblies. */
#include "types.h"

enum { MEMBERREF_CLASS = 0, MEMBERREF_NAME = 1, MEMBERREF_SIGNATURE = 2, FIELD_SIGNATURE = 2 };

static struct type_desc *memberref_parent(struct assembly *assembly, uint32_t row,
                                          struct md_error *error)
{
    const struct md_image *md = &assembly->md;
    md_token class = md_column_token(md, MD_MEMBERREF, row, MEMBERREF_CLASS, error);
    if (error->set)
        return NULL;
    switch (MD_TOKEN_TABLE(class)) {
    case MD_TYPEDEF:
    case MD_TYPEREF:
    case MD_TYPESPEC:
        return rt_type_of_token(assembly, class, error);
    case MD_METHODDEF:
        md_fail(error, "%s: MemberRef row %u: a call with vararg arguments, which is not supported",
                md->name, row);
        return NULL;
    default:
        md_fail(error, "%s: MemberRef row %u: its parent is a %s, which is not supported", md->name,
                row, md_table_name(MD_TOKEN_TABLE(class)));
        return NULL;
    }
}

static void no_member(struct assembly *assembly, uint32_t row, const char *what,
                      struct type_desc *type, const char *name, struct md_error *error)
{
    char text[TYPE_NAME_SIZE];
    rt_type_name(type, text, sizeof text);
    md_fail(error, "%s: MemberRef row %u: there is no %s %s::%s with this signature in %s",
            assembly->md.name, row, what, text, name, type->assembly->file);
}

/* II.14.2: Get, Set, Address and constructors of arrays are known by name. */
static bool array_method(struct type_desc *array, const char *name,
                         struct array_accessor *accessor)
{
    static const struct { const char *name; uint32_t flag; } names[] = {
        { "Get", JIT_M_ARRAY_GET }, { "Set", JIT_M_ARRAY_SET }, { "Address", JIT_M_ARRAY_ADDRESS },
        { ".ctor", JIT_M_ARRAY_CTOR },
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!strcmp(name, names[i].name)) {
            accessor->array = array;
            accessor->jit_flags = names[i].flag;
            return true;
        }
    }
    return false;
}

static struct method_desc *search_methods(struct assembly *assembly, struct md_blob blob,
                                          struct type_desc *type, const char *name,
                                          struct md_error *error)
{
    for (uint32_t i = 0; i < type->method_count; i++) {
        struct method_desc *method = &type->methods[i];
        if (strcmp(method->name, name))
            continue;
        struct md_blob own = rt_method_blob(method, error);
        if (error->set)
            return NULL;
        if (rt_sig_equal(assembly, blob, method->assembly, own, false))
            return method;
    }
    return NULL;
}

static struct method_desc *method_of_memberref(struct assembly *assembly, uint32_t row,
                                               struct array_accessor *accessor,
                                               struct md_error *error)
{
    const struct md_image *md = &assembly->md;
    if (assembly->index->memberrefs[row - 1].method)
        return assembly->index->memberrefs[row - 1].method;
    const char *name = md_column_string(md, MD_MEMBERREF, row, MEMBERREF_NAME, error);
    struct md_blob blob = md_column_blob(md, MD_MEMBERREF, row, MEMBERREF_SIGNATURE, error);
    if (error->set)
        return NULL;
    struct type_desc *type = memberref_parent(assembly, row, error);
    if (!type)
        return NULL;
    if (type_is_array(type)) {
        if (array_method(type, name, accessor))
            return NULL;
        if (!rt_type_load(type, error))     /* Array's own, named through an array type */
            return NULL;
    }
    if (!rt_type_parents(type, error))
        return NULL;
    for (struct type_desc *t = type; t; t = t->parent) {
        if (!rt_type_members(t, error))
            return NULL;
        struct method_desc *method = search_methods(assembly, blob, t, name, error);
        if (error->set)
            return NULL;
        if (method)
            return assembly->index->memberrefs[row - 1].method = method;
    }
    no_member(assembly, row, "method", type, name, error);
    return NULL;
}

struct method_desc *rt_method_of_token(struct assembly *assembly, md_token token,
                                       struct array_accessor *accessor, struct md_error *error)
{
    uint32_t row = MD_TOKEN_ROW(token);
    switch (MD_TOKEN_TABLE(token)) {
    case MD_METHODDEF:
        return rt_method_of_def(assembly, row, error);
    case MD_MEMBERREF:
        if (row && row <= md_rows(&assembly->md, MD_MEMBERREF))
            return method_of_memberref(assembly, row, accessor, error);
        break;
    case MD_METHODSPEC:
        md_fail(error, "%s: MethodSpec token 0x%08X: an instance of a generic method: generics are "
                "not supported yet", assembly->md.name, token);
        return NULL;
    default:
        break;
    }
    md_fail(error, "%s: token 0x%08X is not a method", assembly->md.name, token);
    return NULL;
}

static struct field_desc *field_of_memberref(struct assembly *assembly, uint32_t row,
                                             struct md_error *error)
{
    const struct md_image *md = &assembly->md;
    if (assembly->index->memberrefs[row - 1].field)
        return assembly->index->memberrefs[row - 1].field;
    const char *name = md_column_string(md, MD_MEMBERREF, row, MEMBERREF_NAME, error);
    struct md_blob blob = md_column_blob(md, MD_MEMBERREF, row, MEMBERREF_SIGNATURE, error);
    if (error->set)
        return NULL;
    struct type_desc *type = memberref_parent(assembly, row, error);
    if (!type || !rt_type_parents(type, error))
        return NULL;
    for (struct type_desc *t = type; t; t = t->parent) {
        if (!rt_type_members(t, error))
            return NULL;
        for (uint32_t i = 0; i < t->field_count; i++) {
            struct field_desc *field = &t->fields[i];
            if (strcmp(field->name, name))
                continue;
            struct md_blob own = md_column_blob(&t->assembly->md, MD_FIELD,
                                                MD_TOKEN_ROW(field->token), FIELD_SIGNATURE, error);
            if (error->set)
                return NULL;
            if (rt_field_sig_equal(assembly, blob, t->assembly, own))
                return assembly->index->memberrefs[row - 1].field = field;
        }
    }
    no_member(assembly, row, "field", type, name, error);
    return NULL;
}

struct field_desc *rt_field_of_token(struct assembly *assembly, md_token token,
                                     struct md_error *error)
{
    uint32_t row = MD_TOKEN_ROW(token);
    if (MD_TOKEN_TABLE(token) == MD_FIELD)
        return rt_field_of_def(assembly, row, error);
    if (MD_TOKEN_TABLE(token) == MD_MEMBERREF && row &&
        row <= md_rows(&assembly->md, MD_MEMBERREF))
        return field_of_memberref(assembly, row, error);
    md_fail(error, "%s: token 0x%08X is not a field", assembly->md.name, token);
    return NULL;
}

struct method_desc *rt_find_method(struct type_desc *type, const char *name)
{
    struct md_error ignored = { 0 };    /* members that cannot be read are not found */
    if (!rt_type_parents(type, &ignored))
        return NULL;
    for (struct type_desc *t = type; t; t = t->parent) {
        if (!rt_type_members(t, &ignored))
            return NULL;
        for (uint32_t i = 0; i < t->method_count; i++)
            if (!strcmp(t->methods[i].name, name))
                return &t->methods[i];
    }
    return NULL;
}

struct type_desc *rt_find_type(struct assembly *assembly, const char *full_name,
                               struct md_error *error)
{
    char text[256];
    size_t length = strlen(full_name);
    if (length >= sizeof text) {
        md_fail(error, "%s: the type name '%.100s...' is too long", assembly->md.name, full_name);
        return NULL;
    }
    memcpy(text, full_name, length + 1);
    uint32_t row = 0;
    char *part = text;
    while (part) {
        char *plus = part, *dot = NULL;
        for (; *plus && *plus != '+'; plus++)
            if (*plus == '.' && plus != part)
                dot = plus;
        char *following = *plus ? plus + 1 : NULL;
        *plus = 0;
        if (dot && !row)
            *dot = 0;
        row = rt_find_typedef(assembly, dot && !row ? part : "", dot && !row ? dot + 1 : part, row);
        if (!row) {
            md_fail(error, "%s: there is no type '%.100s'", assembly->md.name, full_name);
            return NULL;
        }
        part = following;
    }
    return rt_type_of_def(assembly, row, error);
}
