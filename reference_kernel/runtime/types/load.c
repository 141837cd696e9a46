/* Bringing a type up: members, layout, interfaces, vtable, MethodTable, statics, in that order. */
#include "types.h"

enum { TYPEDEF_EXTENDS = 3, TYPEDEF_FIELDS = 4, TYPEDEF_METHODS = 5 };
enum { FIELD_FLAGS_COLUMN = 0, FIELD_NAME = 1 };
enum { METHOD_RVA = 0, METHOD_IMPLFLAGS = 1, METHOD_FLAGS_COLUMN = 2, METHOD_NAME = 3 };

/* II.23.1.5, II.23.1.10, II.23.1.11 */
enum { FA_STATIC = 0x10, FA_INITONLY = 0x20, FA_LITERAL = 0x40, FA_HASRVA = 0x100 };
enum { MA_STATIC = 0x10, MA_FINAL = 0x20, MA_VIRTUAL = 0x40, MA_NEWSLOT = 0x100,
    MA_ABSTRACT = 0x400,
       MA_RTSPECIAL = 0x1000, MA_PINVOKE = 0x2000 };
enum { MI_CODETYPE = 3, MI_RUNTIME = 3, MI_INTERNALCALL = 0x1000 };

static uint32_t method_flags(uint32_t flags, uint32_t impl, const char *name)
{
    uint32_t out = 0;
    if (flags & MA_STATIC)
        out |= METHOD_STATIC;
    if (flags & MA_VIRTUAL)
        out |= METHOD_VIRTUAL;
    if (flags & MA_ABSTRACT)
        out |= METHOD_ABSTRACT;
    if (flags & MA_FINAL)
        out |= METHOD_FINAL;
    if (flags & MA_NEWSLOT)
        out |= METHOD_NEWSLOT;
    if (flags & MA_PINVOKE || impl & MI_INTERNALCALL)
        out |= METHOD_NATIVE;
    else if ((impl & MI_CODETYPE) == MI_RUNTIME)
        out |= METHOD_RUNTIME;
    if (flags & MA_RTSPECIAL && !strcmp(name, ".ctor") && !(flags & MA_STATIC))
        out |= METHOD_CTOR;
    if (flags & MA_RTSPECIAL && !strcmp(name, ".cctor") && flags & MA_STATIC)
        out |= METHOD_CCTOR;
    return out;
}

static bool make_methods(struct type_desc *type, struct md_error *error)
{
    const struct md_image *md = &type->assembly->md;
    uint32_t row = MD_TOKEN_ROW(type->token), first, end;
    if (!md_column_list(md, MD_TYPEDEF, row, TYPEDEF_METHODS, &first, &end, error))
        return false;
    struct method_desc *methods = rt_try_keep((end - first) * sizeof *methods, md->name, error);
    if (!methods)
        return false;
    for (uint32_t m = first; m < end; m++) {
        struct method_desc *method = &methods[m - first];
        uint32_t flags = md_column(md, MD_METHODDEF, m, METHOD_FLAGS_COLUMN, error);
        uint32_t impl = md_column(md, MD_METHODDEF, m, METHOD_IMPLFLAGS, error);
        method->name = md_column_string(md, MD_METHODDEF, m, METHOD_NAME, error);
        if (error->set)
            return false;
        method->flags = method_flags(flags, impl, method->name);
        method->entry = (void *)rt_prestub_entry;
        method->owner = type;
        method->assembly = type->assembly;
        method->token = MD_TOKEN(MD_METHODDEF, m);
        method->slot = NO_SLOT;
        if (method->flags & METHOD_CCTOR)
            type->cctor = method;
    }
    for (uint32_t m = first; m < end; m++)
        type->assembly->methods[m - 1] = &methods[m - first];
    type->methods = methods;
    type->method_count = end - first;
    type->cctor_state = type->cctor ? CCTOR_PENDING : CCTOR_NONE;
    return true;
}

static bool make_fields(struct type_desc *type, struct md_error *error)
{
    const struct md_image *md = &type->assembly->md;
    uint32_t row = MD_TOKEN_ROW(type->token), first, end;
    if (!md_column_list(md, MD_TYPEDEF, row, TYPEDEF_FIELDS, &first, &end, error))
        return false;
    struct field_desc *fields = rt_try_keep((end - first) * sizeof *fields, md->name, error);
    if (!fields)
        return false;
    for (uint32_t f = first; f < end; f++) {
        struct field_desc *field = &fields[f - first];
        uint32_t flags = md_column(md, MD_FIELD, f, FIELD_FLAGS_COLUMN, error);
        field->name = md_column_string(md, MD_FIELD, f, FIELD_NAME, error);
        if (error->set)
            return false;
        field->owner = type;
        field->token = MD_TOKEN(MD_FIELD, f);
        if (flags & FA_STATIC)
            field->flags |= FIELD_STATIC;
        if (flags & FA_LITERAL)
            field->flags |= FIELD_LITERAL;
        if (flags & FA_HASRVA)
            field->flags |= FIELD_RVA;
        if (flags & FA_INITONLY)
            field->flags |= FIELD_INITONLY;
        if (flags & FA_LITERAL && !(flags & FA_STATIC)) {
            md_fail(error, "%s: Field row %u: '%s' is literal but not static", md->name, f,
                    field->name);
            return false;
        }
    }
    for (uint32_t f = first; f < end; f++)
        type->assembly->fields[f - 1] = &fields[f - first];
    type->fields = fields;
    type->field_count = end - first;
    return true;
}

bool rt_type_members(struct type_desc *type, struct md_error *error)
{
    if (type->members_made)
        return true;
    if (!make_methods(type, error) || !make_fields(type, error))
        return false;
    type->members_made = 1;
    return true;
}

static bool resolve_parent(struct type_desc *type, struct md_error *error)
{
    const struct md_image *md = &type->assembly->md;
    uint32_t row = MD_TOKEN_ROW(type->token);
    md_token extends = md_column_token(md, MD_TYPEDEF, row, TYPEDEF_EXTENDS, error);
    if (error->set)
        return false;
    if (!MD_TOKEN_ROW(extends)) {
        if (!(type->flags & TYPE_INTERFACE) && type != g_object_type &&
            strcmp(type->name, "<Module>")) {
            md_fail(error, "%s: TypeDef row %u: '%s' has no parent", md->name, row, type->name);
            return false;
        }
        type->parent_made = 1;
        return true;
    }
    struct type_desc *parent = rt_type_of_token(type->assembly, extends, error);
    if (!parent)
        return false;
    const char *what = type->flags & TYPE_INTERFACE ? "something, though it is an interface"
        : parent->flags & TYPE_INTERFACE ? "an interface"
        : parent->flags & TYPE_VALUETYPE ? "a value type"
        : !parent->token ? "an array or pointer"
        : parent->flags & TYPE_SEALED ? "a sealed class"
        /* the layout of what belongs to it is the runtime's own */
        : parent->assembly == g_korlib && !strcmp(parent->name, "Array") &&
          !strcmp(parent->name_space, "System") ? "System.Array" : NULL;
    if (what) {
        md_fail(error, "%s: TypeDef row %u: '%s' extends %s", md->name, row, type->name, what);
        return false;
    }
    type->parent = parent;
    type->parent_made = 1;
    return true;
}

bool rt_type_parents(struct type_desc *type, struct md_error *error)
{
    unsigned depth = 0;
    for (struct type_desc *t = type; t; t = t->parent) {
        if (!t->parent_made && t->token && !resolve_parent(t, error))
            return false;
        if (++depth > MAX_NESTING) {
            md_fail(error, "%s: TypeDef row %u: '%s' has more than %u ancestors, or is its own",
                    type->assembly->md.name, MD_TOKEN_ROW(type->token), type->name, MAX_NESTING);
            return false;
        }
    }
    return true;
}

bool rt_refuse_generic(struct type_desc *type, struct md_error *error)
{
    char name[TYPE_NAME_SIZE];
    if (!type->token || !type->assembly->index->generic_type[MD_TOKEN_ROW(type->token) - 1])
        return false;
    md_fail(error, "%s: TypeDef row %u: generic type %s: generics are not supported yet",
            type->assembly->md.name, MD_TOKEN_ROW(type->token),
            rt_type_name(type, name, sizeof name));
    return true;
}

static bool load_def(struct type_desc *type, struct md_error *error)
{
    return !rt_refuse_generic(type, error) && rt_type_parents(type, error) &&
           (!type->parent || rt_type_load(type->parent, error)) &&
           rt_type_members(type, error) && rt_type_layout(type, error) &&
           rt_type_interfaces(type, error) && rt_type_vtable(type, error) &&
           rt_type_method_table(type, error) && rt_type_statics(type, error);
}

static bool load_constructed(struct type_desc *type, struct md_error *error)
{
    if (!type_is_array(type))
        return true;
    if (!rt_type_load(type->element, error))
        return false;
    type->parent = rt_korlib_type("System", "Array", error);
    return type->parent && rt_type_interfaces(type, error) && rt_type_vtable(type, error) &&
           rt_type_method_table(type, error);
}

/* A failure is kept with the type, so that each later use says the same. */
bool rt_type_load(struct type_desc *type, struct md_error *error)
{
    char name[TYPE_NAME_SIZE];
    if (type->state == TYPE_LOADED)
        return true;
    if (type->state == TYPE_FAILED) {
        md_fail(error, "%s", type->failure);
        return false;
    }
    if (type->state == TYPE_LOADING || g_load_depth > MAX_NESTING) {
        md_fail(error, "%s: type %s %s", type->assembly->md.name,
                rt_type_name(type, name, sizeof name),
                type->state == TYPE_LOADING ? "needs itself to be loaded first"
                                            : "needs too long a chain of other types");
        return false;
    }
    type->state = TYPE_LOADING;
    g_load_depth++;
    struct md_error own = { 0 };
    bool ok = type->token ? load_def(type, &own) : load_constructed(type, &own);
    g_load_depth--;
    if (!ok) {
        if (!own.set)
            md_fail(&own, "%s: type %s does not load", type->assembly->md.name,
                    rt_type_name(type, name, sizeof name));
        type->failure = rt_keep_text(own.text);
        type->state = TYPE_FAILED;
        md_fail(error, "%s", own.text);
        return false;
    }
    type->state = TYPE_LOADED;
    g_generation++;
    return true;
}

struct method_desc *rt_method_of_def(struct assembly *assembly, uint32_t row,
                                     struct md_error *error)
{
    const struct md_image *md = &assembly->md;
    if (!row || row > md_rows(md, MD_METHODDEF)) {
        md_fail(error, "%s: MethodDef row %u: there are only %u rows", md->name, row,
                md_rows(md, MD_METHODDEF));
        return NULL;
    }
    if (!assembly->methods[row - 1]) {
        uint32_t owner = md_list_owner(md, MD_TYPEDEF, TYPEDEF_METHODS, row, error);
        struct type_desc *type = owner ? rt_type_of_def(assembly, owner, error) : NULL;
        if (!type || !rt_type_members(type, error))
            return NULL;
    }
    if (!assembly->methods[row - 1])
        md_fail(error, "%s: MethodDef row %u: no type owns it", md->name, row);
    return assembly->methods[row - 1];
}

struct field_desc *rt_field_of_def(struct assembly *assembly, uint32_t row,
                                   struct md_error *error)
{
    const struct md_image *md = &assembly->md;
    if (!row || row > md_rows(md, MD_FIELD)) {
        md_fail(error, "%s: Field row %u: there are only %u rows", md->name, row,
                md_rows(md, MD_FIELD));
        return NULL;
    }
    if (!assembly->fields[row - 1]) {
        uint32_t owner = md_list_owner(md, MD_TYPEDEF, TYPEDEF_FIELDS, row, error);
        struct type_desc *type = owner ? rt_type_of_def(assembly, owner, error) : NULL;
        if (!type || !rt_type_members(type, error))
            return NULL;
    }
    if (!assembly->fields[row - 1])
        md_fail(error, "%s: Field row %u: no type owns it", md->name, row);
    return assembly->fields[row - 1];
}
