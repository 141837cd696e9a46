/* Type descriptors: made cheaply by name, constructed types on demand, and their printed names. */
#include "types.h"

struct type_desc *g_types;
struct type_desc *g_object_type;
struct type_desc *g_string_type;

unsigned g_load_depth, g_layout_depth;

static struct type_desc *s_primitives[0x20];
static struct type_desc *s_fnptr;

enum { TYPEDEF_FLAGS = 0, TYPEDEF_NAME = 1, TYPEDEF_NAMESPACE = 2, TYPEDEF_EXTENDS = 3 };
enum { TYPEREF_SCOPE = 0, TYPEREF_NAME = 1, TYPEREF_NAMESPACE = 2 };
enum { TYPESPEC_SIGNATURE = 0 };

/* II.23.1.15 */
enum { TD_LAYOUT_MASK = 0x18, TD_SEQUENTIAL = 0x08, TD_EXPLICIT = 0x10, TD_INTERFACE = 0x20,
       TD_ABSTRACT = 0x80, TD_SEALED = 0x100, TD_BEFOREFIELDINIT = 0x100000 };

static const struct {
    const char *name;
    uint8_t element_type;
} s_system_names[] = {
    { "Void", ET_VOID }, { "Boolean", ET_BOOLEAN }, { "Char", ET_CHAR }, { "SByte", ET_I1 },
    { "Byte", ET_U1 }, { "Int16", ET_I2 }, { "UInt16", ET_U2 }, { "Int32", ET_I4 },
    { "UInt32", ET_U4 }, { "Int64", ET_I8 }, { "UInt64", ET_U8 }, { "Single", ET_R4 },
    { "Double", ET_R8 }, { "String", ET_STRING }, { "Object", ET_OBJECT }, { "IntPtr", ET_I },
    { "UIntPtr", ET_U }, { "TypedReference", ET_TYPEDBYREF },
};

static void link_type(struct type_desc *type)
{
    type->next = g_types;
    __atomic_store_n(&g_types, type, __ATOMIC_RELEASE);
}

static struct type_desc *constructed(struct type_desc *element, uint8_t element_type)
{
    struct type_desc *type = rt_keep(sizeof *type);
    type->assembly = element ? element->assembly : g_korlib;
    type->element = element;
    type->element_type = element_type;
    type->align = 8;
    type->instance_size = 8;
    type->layout_state = LAYOUT_DONE;
    type->members_made = 1;
    link_type(type);
    return type;
}

struct type_desc *rt_array_of(struct type_desc *element)
{
    if (!element->array_of) {
        struct type_desc *type = constructed(element, ET_SZARRAY);
        type->rank = 1;
        type->flags = TYPE_SEALED;
        element->array_of = type;
    }
    return element->array_of;
}

struct type_desc *rt_mdarray_of(struct type_desc *element, uint32_t rank)
{
    for (struct type_desc *type = element->mdarrays; type; type = type->sibling)
        if (type->rank == rank)
            return type;
    struct type_desc *type = constructed(element, ET_ARRAY);
    type->rank = (uint8_t)rank;
    type->flags = TYPE_SEALED;
    type->sibling = element->mdarrays;
    element->mdarrays = type;
    return type;
}

struct type_desc *rt_byref_of(struct type_desc *element)
{
    if (!element->byref_of) {
        element->byref_of = constructed(element, ET_BYREF);
        element->byref_of->state = TYPE_LOADED;
    }
    return element->byref_of;
}

struct type_desc *rt_pointer_of(struct type_desc *element)
{
    if (!element->pointer_of) {
        element->pointer_of = constructed(element, ET_PTR);
        element->pointer_of->state = TYPE_LOADED;
    }
    return element->pointer_of;
}

struct type_desc *rt_fnptr_type(void)
{
    if (!s_fnptr) {
        s_fnptr = constructed(NULL, ET_FNPTR);
        s_fnptr->state = TYPE_LOADED;
    }
    return s_fnptr;
}

struct type_desc *rt_primitive(uint8_t element_type)
{
    return element_type < 0x20 ? s_primitives[element_type] : NULL;
}

/* Is `token` (of Extends) the type System.`name` of korlib? Loads nothing. */
static bool is_system_type(struct assembly *assembly, md_token token, const char *name)
{
    struct md_error ignored = { 0 };    /* a broken token is reported when the parent is resolved */
    const struct md_image *md = &assembly->md;
    uint32_t row = MD_TOKEN_ROW(token);
    if (!row)
        return false;
    enum md_table table = MD_TOKEN_TABLE(token);
    unsigned column = table == MD_TYPEDEF ? TYPEDEF_NAME : TYPEREF_NAME;
    if (table == MD_TYPEDEF ? assembly != g_korlib : table != MD_TYPEREF)
        return false;
    if (strcmp(md_column_string(md, table, row, column, &ignored), name) ||
        strcmp(md_column_string(md, table, row, column + 1, &ignored), "System"))
        return false;
    if (table == MD_TYPEDEF)
        return true;
    md_token scope = md_column_token(md, MD_TYPEREF, row, TYPEREF_SCOPE, &ignored);
    return !ignored.set && MD_TOKEN_TABLE(scope) == MD_ASSEMBLYREF && MD_TOKEN_ROW(scope) &&
           rt_resolve_assemblyref(assembly, MD_TOKEN_ROW(scope), &ignored) == g_korlib;
}

static void classify(struct type_desc *type, md_token extends)
{
    struct assembly *assembly = type->assembly;
    bool in_system = assembly == g_korlib && !strcmp(type->name_space, "System");
    type->element_type = ET_CLASS;
    if (is_system_type(assembly, extends, "Enum")) {
        type->flags |= TYPE_VALUETYPE | TYPE_ENUM;
        type->element_type = ET_VALUETYPE;
    } else if (is_system_type(assembly, extends, "ValueType") &&
               !(in_system && !strcmp(type->name, "Enum"))) {
        type->flags |= TYPE_VALUETYPE;
        type->element_type = ET_VALUETYPE;
    } else if (is_system_type(assembly, extends, "MulticastDelegate")) {
        type->flags |= TYPE_DELEGATE;
    }
    if (!in_system)
        return;
    for (size_t i = 0; i < sizeof s_system_names / sizeof *s_system_names; i++) {
        if (!strcmp(type->name, s_system_names[i].name)) {
            type->element_type = s_system_names[i].element_type;
            if (type->flags & TYPE_VALUETYPE && type->element_type != ET_VOID &&
                type->element_type != ET_TYPEDBYREF)
                type->flags |= TYPE_PRIMITIVE;
        }
    }
}

struct type_desc *rt_type_of_def(struct assembly *assembly, uint32_t row, struct md_error *error)
{
    const struct md_image *md = &assembly->md;
    if (!row || row > md_rows(md, MD_TYPEDEF)) {
        md_fail(error, "%s: TypeDef row %u: there are only %u rows", md->name, row,
                md_rows(md, MD_TYPEDEF));
        return NULL;
    }
    if (assembly->types[row - 1])
        return assembly->types[row - 1];
    uint32_t flags = md_column(md, MD_TYPEDEF, row, TYPEDEF_FLAGS, error);
    md_token extends = md_column_token(md, MD_TYPEDEF, row, TYPEDEF_EXTENDS, error);
    const char *name = md_column_string(md, MD_TYPEDEF, row, TYPEDEF_NAME, error);
    const char *name_space = md_column_string(md, MD_TYPEDEF, row, TYPEDEF_NAMESPACE, error);
    if (error->set)
        return NULL;
    struct type_desc *type = rt_keep(sizeof *type);
    type->assembly = assembly;
    type->token = MD_TOKEN(MD_TYPEDEF, row);
    type->name = name;
    type->name_space = name_space;
    if (flags & TD_INTERFACE)
        type->flags |= TYPE_INTERFACE;
    if (flags & TD_ABSTRACT)
        type->flags |= TYPE_ABSTRACT;
    if (flags & TD_SEALED)
        type->flags |= TYPE_SEALED;
    if (flags & TD_BEFOREFIELDINIT)
        type->flags |= TYPE_BEFOREFIELDINIT;
    if ((flags & TD_LAYOUT_MASK) == TD_EXPLICIT)
        type->flags |= TYPE_EXPLICIT_LAYOUT;
    classify(type, extends);
    assembly->types[row - 1] = type;
    link_type(type);
    return type;
}

static struct type_desc *type_of_ref(struct assembly *assembly, uint32_t row, unsigned depth,
                                     struct md_error *error)
{
    const struct md_image *md = &assembly->md;
    if (assembly->index->typerefs[row - 1])
        return assembly->index->typerefs[row - 1];
    if (depth > MAX_NESTING) {
        md_fail(error, "%s: TypeRef row %u: resolution scopes are nested too deeply", md->name,
                row);
        return NULL;
    }
    const char *name = md_column_string(md, MD_TYPEREF, row, TYPEREF_NAME, error);
    const char *name_space = md_column_string(md, MD_TYPEREF, row, TYPEREF_NAMESPACE, error);
    md_token scope = md_column_token(md, MD_TYPEREF, row, TYPEREF_SCOPE, error);
    if (error->set)
        return NULL;
    struct assembly *where = assembly;
    uint32_t enclosing = 0;
    if (!MD_TOKEN_ROW(scope)) {
        md_fail(error, "%s: TypeRef row %u: '%s' has no resolution scope (exported types are not "
                "supported)", md->name, row, name);
        return NULL;
    }
    switch (MD_TOKEN_TABLE(scope)) {
    case MD_MODULE:
        break;
    case MD_ASSEMBLYREF:
        where = rt_resolve_assemblyref(assembly, MD_TOKEN_ROW(scope), error);
        if (!where)
            return NULL;
        break;
    case MD_TYPEREF: {
        struct type_desc *outer = type_of_ref(assembly, MD_TOKEN_ROW(scope), depth + 1, error);
        if (!outer)
            return NULL;
        where = outer->assembly;
        enclosing = MD_TOKEN_ROW(outer->token);
        break;
    }
    default:
        md_fail(error,
                "%s: TypeRef row %u: '%s' is in another module of a multi-file assembly, which "
                "is not supported", md->name, row, name);
        return NULL;
    }
    uint32_t found = rt_find_typedef(where, name_space, name, enclosing);
    if (!found) {
        md_fail(error, "%s: TypeRef row %u: there is no type '%s%s%s' in %s", md->name, row,
                name_space, *name_space ? "." : "", name, where->file);
        return NULL;
    }
    return assembly->index->typerefs[row - 1] = rt_type_of_def(where, found, error);
}

struct type_desc *rt_type_of_token(struct assembly *assembly, md_token token,
                                   struct md_error *error)
{
    const struct md_image *md = &assembly->md;
    uint32_t row = MD_TOKEN_ROW(token);
    enum md_table table = MD_TOKEN_TABLE(token);
    if ((table != MD_TYPEDEF && table != MD_TYPEREF && table != MD_TYPESPEC) || !row ||
        row > md_rows(md, table)) {
        md_fail(error, "%s: token 0x%08X is not a type", md->name, token);
        return NULL;
    }
    if (table == MD_TYPEDEF)
        return rt_type_of_def(assembly, row, error);
    if (table == MD_TYPEREF)
        return type_of_ref(assembly, row, 0, error);
    struct type_desc **cell = &assembly->index->typespecs[row - 1];
    if (*cell)
        return *cell;
    struct md_blob blob = md_column_blob(md, MD_TYPESPEC, row, TYPESPEC_SIGNATURE, error);
    if (error->set)
        return NULL;
    struct md_sig sig = md_sig_open(md, blob);
    uint32_t flags;
    struct type_desc *type;
    if (!rt_sig_type(&sig, assembly, &type, &flags, error))
        return NULL;
    return *cell = type;
}

struct type_desc *rt_enclosing_type(const struct type_desc *type)
{
    if (!type->token)
        return NULL;
    struct md_error ignored = { 0 };    /* the row was checked when the names were indexed */
    uint32_t outer = type->assembly->index->enclosing[MD_TOKEN_ROW(type->token) - 1];
    return outer ? rt_type_of_def(type->assembly, outer, &ignored) : NULL;
}

/* ---- names ---- */

struct text {
    char *at, *end;
};

static void put(struct text *out, const char *text)
{
    while (*text && out->at < out->end)
        *out->at++ = *text++;
    if (*text)
        memcpy(out->end - 3, "...", 3);
}

static void put_type(struct text *out, const struct type_desc *type, unsigned depth)
{
    if (depth > MAX_NESTING) {
        put(out, "...");
        return;
    }
    switch (type->element_type) {
    case ET_SZARRAY:
        put_type(out, type->element, depth + 1);
        put(out, "[]");
        return;
    case ET_ARRAY:
        put_type(out, type->element, depth + 1);
        put(out, "[");
        for (unsigned i = 1; i < type->rank; i++)
            put(out, ",");
        put(out, type->rank == 1 ? "*]" : "]");
        return;
    case ET_PTR:
        put_type(out, type->element, depth + 1);
        put(out, "*");
        return;
    case ET_BYREF:
        put_type(out, type->element, depth + 1);
        put(out, "&");
        return;
    case ET_FNPTR:
        put(out, "method*");
        return;
    default:
        break;
    }
    struct type_desc *outer = rt_enclosing_type(type);
    if (outer) {
        put_type(out, outer, depth + 1);
        put(out, "+");
    } else if (*type->name_space) {
        put(out, type->name_space);
        put(out, ".");
    }
    put(out, type->name);
}

const char *rt_type_name(const struct type_desc *type, char *out, size_t size)
{
    struct text text = { out, out + size - 1 };
    if (type)
        put_type(&text, type, 0);
    else
        put(&text, "null");
    *text.at = 0;
    return out;
}

const char *rt_method_name(const struct method_desc *method, char *out, size_t size)
{
    struct text text = { out, out + size - 1 };
    put_type(&text, method->owner, 0);
    put(&text, "::");
    put(&text, method->name);
    *text.at = 0;
    return out;
}

/* ---- start ---- */

struct type_desc *rt_korlib_type(const char *name_space, const char *name,
                                 struct md_error *error)
{
    uint32_t row = rt_find_typedef(g_korlib, name_space, name, 0);
    if (!row) {
        md_fail(error, "%s: there is no %s.%s; it does not belong to this kernel", g_korlib->file,
                name_space, name);
        return NULL;
    }
    struct type_desc *type = rt_type_of_def(g_korlib, row, error);
    return type && rt_type_load(type, error) ? type : NULL;
}

struct type_desc *rt_well_known(const char *name_space, const char *name)
{
    struct md_error error = { 0 };
    struct type_desc *type = rt_korlib_type(name_space, name, &error);
    if (!type)
        plat_panic("%s", error.text);
    return type;
}

bool rt_types_init(struct md_error *error)
{
    for (size_t i = 0; i < sizeof s_system_names / sizeof *s_system_names; i++) {
        uint32_t row = rt_find_typedef(g_korlib, "System", s_system_names[i].name, 0);
        if (!row && s_system_names[i].element_type == ET_TYPEDBYREF)
            continue;                   /* signatures that use it are refused */
        if (!row) {
            md_fail(error, "%s: there is no System.%s; it is not a korlib", g_korlib->file,
                    s_system_names[i].name);
            return false;
        }
        struct type_desc *type = rt_type_of_def(g_korlib, row, error);
        if (!type)
            return false;
        s_primitives[s_system_names[i].element_type] = type;
    }
    g_object_type = s_primitives[ET_OBJECT];
    g_string_type = s_primitives[ET_STRING];
    for (size_t i = ET_BOOLEAN; i < 0x20; i++)
        if (s_primitives[i] && !rt_type_load(s_primitives[i], error))
            return false;
    return true;
}

void rt_types_reset(void)
{
    g_types = NULL;
    g_object_type = g_string_type = NULL;
    s_fnptr = NULL;
    g_load_depth = g_layout_depth = 0;
    memset(s_primitives, 0, sizeof s_primitives);
}
