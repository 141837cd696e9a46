/* Native methods of System.RuntimeType: reflection as far as ToString, Enum and typeof need it. */
#include "exec.h"

enum { TYPEDEF_FLAGS = 0, TD_VISIBILITY = 7, TD_PUBLIC = 1, TD_NESTED_PUBLIC = 2 };
enum { CONSTANT_PARENT = 1, CONSTANT_VALUE = 2 };
enum { ATTRIBUTE_PARENT = 0, ATTRIBUTE_TYPE = 1, MEMBERREF_CLASS = 0, TYPEREF_NAME = 1,
       TYPEREF_NAMESPACE = 2 };

static CLR_ABI struct rt_object *from_handle(struct method_table *mt)
{
    return mt ? rt_runtime_type(mt_type(mt)) : NULL;
}

static CLR_ABI struct rt_string *type_name(struct method_table *mt)
{
    const char *name = mt_type(mt)->name;
    return name ? rt_string_from_utf8(name) : NULL;
}

static CLR_ABI struct rt_string *type_namespace(struct method_table *mt)
{
    const char *name_space = mt_type(mt)->name_space;
    return name_space && *name_space ? rt_string_from_utf8(name_space) : NULL;
}

static struct method_table *loaded(struct type_desc *type)
{
    struct md_error error = { 0 };
    if (type && !rt_type_load(type, &error))
        rt_throw_named("System.TypeLoadException", error.text);
    return type ? type->method_table : NULL;
}

static CLR_ABI struct method_table *type_declaring(struct method_table *mt)
{
    return loaded(rt_enclosing_type(mt_type(mt)));
}

static CLR_ABI struct method_table *type_base(struct method_table *mt)
{
    return loaded(mt_type(mt)->parent);
}

static CLR_ABI struct method_table *type_element(struct method_table *mt)
{
    struct type_desc *type = mt_type(mt);
    return type_is_array(type) ? loaded(type->element) : NULL;
}

static CLR_ABI int32_t type_rank(struct method_table *mt)
{
    return mt_type(mt)->rank;
}

static CLR_ABI int32_t type_flags(struct method_table *mt)
{
    struct type_desc *type = mt_type(mt);
    struct md_error ignored = { 0 };    /* the row was read when the type was made */
    int32_t flags = 0;
    flags |= type->flags & TYPE_VALUETYPE ? 1 : 0;
    flags |= type->flags & TYPE_INTERFACE ? 2 : 0;
    flags |= type->flags & TYPE_ENUM ? 4 : 0;
    flags |= type_is_array(type) ? 8 : 0;
    flags |= type->flags & TYPE_PRIMITIVE ? 16 : 0;
    flags |= type->flags & TYPE_SEALED ? 32 : 0;
    flags |= type->flags & TYPE_ABSTRACT ? 64 : 0;
    uint32_t visibility = TD_PUBLIC;
    if (type->token)
        visibility = md_column(&type->assembly->md, MD_TYPEDEF, MD_TOKEN_ROW(type->token),
                               TYPEDEF_FLAGS, &ignored) & TD_VISIBILITY;
    flags |= visibility == TD_PUBLIC || visibility == TD_NESTED_PUBLIC ? 128 : 0;
    return flags;
}

static CLR_ABI int32_t type_code(struct method_table *mt)
{
    struct type_desc *type = mt_type(mt);
    if (type->flags & TYPE_ENUM)
        type = type->element;
    return type->element_type == ET_OBJECT ? ET_CLASS : type->element_type;
}

static CLR_ABI bool type_assignable(struct method_table *to, struct method_table *from)
{
    return rt_assignable(mt_type(from), mt_type(to));
}

/* Does the constructor that `token` names belong to a type of this full name? Resolves nothing:
 * attribute types need not be there. */
static bool constructor_of(struct assembly *assembly, md_token token, const char *full_name)
{
    const struct md_image *md = &assembly->md;
    /* an attribute that cannot be read is not the one asked for */
    struct md_error ignored = { 0 };
    char name[TYPE_NAME_SIZE];
    if (MD_TOKEN_TABLE(token) == MD_METHODDEF) {
        struct method_desc *method = rt_method_of_def(assembly, MD_TOKEN_ROW(token), &ignored);
        return method && !strcmp(rt_type_name(method->owner, name, sizeof name), full_name);
    }
    if (MD_TOKEN_TABLE(token) != MD_MEMBERREF)
        return false;
    md_token class = md_column_token(md, MD_MEMBERREF, MD_TOKEN_ROW(token), MEMBERREF_CLASS,
                                     &ignored);
    if (ignored.set || MD_TOKEN_TABLE(class) != MD_TYPEREF)
        return false;
    plat_snprintf(name, sizeof name, "%s.%s",
                  md_column_string(md, MD_TYPEREF, MD_TOKEN_ROW(class), TYPEREF_NAMESPACE,
                                   &ignored),
                  md_column_string(md, MD_TYPEREF, MD_TOKEN_ROW(class), TYPEREF_NAME, &ignored));
    return !ignored.set && !strcmp(name, full_name);
}

static CLR_ABI bool type_has_attribute(struct method_table *mt, struct rt_string *full_name)
{
    struct type_desc *type = mt_type(mt);
    if (!type->token)
        return false;
    char wanted[TYPE_NAME_SIZE];
    rt_string_to_utf8(full_name, wanted, sizeof wanted);
    const struct md_image *md = &type->assembly->md;
    struct md_error ignored = { 0 };
    uint32_t row = md_find_token(md, MD_CUSTOMATTRIBUTE, ATTRIBUTE_PARENT, type->token);
    for (; row && row <= md_rows(md, MD_CUSTOMATTRIBUTE); row++) {
        md_token parent = md_column_token(md, MD_CUSTOMATTRIBUTE, row, ATTRIBUTE_PARENT, &ignored);
        if (parent != type->token)
            break;
        md_token constructor =
            md_column_token(md, MD_CUSTOMATTRIBUTE, row, ATTRIBUTE_TYPE, &ignored);
        if (!ignored.set && MD_TOKEN_ROW(constructor) &&
            constructor_of(type->assembly, constructor, wanted))
            return true;
    }
    return false;
}

/* ---- fields ---- */

static int32_t own_field_count(const struct type_desc *type)
{
    int32_t count = 0;
    for (uint32_t i = 0; i < type->field_count; i++)
        count += !(type->fields[i].flags & FIELD_STATIC);
    return count;
}

static CLR_ABI int32_t type_field_count(struct method_table *mt)
{
    int32_t count = 0;
    for (struct type_desc *type = mt_type(mt); type; type = type->parent)
        count += own_field_count(type);
    return count;
}

/* Instance field `index`, base class first. */
static struct field_desc *instance_field(struct type_desc *type, int32_t index)
{
    int32_t total = type_field_count(type->method_table);
    if (index < 0 || index >= total)
        rt_throw_system("IndexOutOfRangeException");
    int32_t from_end = total - 1 - index;
    while (from_end >= own_field_count(type)) {
        from_end -= own_field_count(type);
        type = type->parent;
    }
    for (uint32_t i = type->field_count;; i--)
        if (!(type->fields[i - 1].flags & FIELD_STATIC) && from_end-- == 0)
            return &type->fields[i - 1];
}

static CLR_ABI struct rt_object *type_get_field(struct rt_object *owner, struct method_table *mt,
                                                int32_t index)
{
    struct type_desc *type = mt_type(mt);
    struct field_desc *field = instance_field(type, index);
    struct md_error error = { 0 };
    uint8_t *at = (uint8_t *)owner + field->offset + (type->flags & TYPE_VALUETYPE ? 8 : 0);
    if (field->value_kind == JIT_REF)
        return *(struct rt_object **)at;
    struct type_desc *field_type = rt_field_type(field, &error);
    if (field_type && (field_type->element_type == ET_PTR || field_type->element_type == ET_FNPTR))
        field_type = rt_primitive(ET_I);
    if (!field_type || !rt_type_load(field_type, &error))
        rt_throw_named("System.TypeLoadException", error.text);
    return rt_box(field_type->method_table, at);
}

/* ---- enums ---- */

static struct field_desc *enum_literal(struct type_desc *type, int32_t index)
{
    for (uint32_t i = 0; i < type->field_count; i++)
        if (type->fields[i].flags & FIELD_LITERAL && index-- == 0)
            return &type->fields[i];
    rt_throw_system("IndexOutOfRangeException");
}

static CLR_ABI int32_t enum_count(struct method_table *mt)
{
    struct type_desc *type = mt_type(mt);
    int32_t count = 0;
    for (uint32_t i = 0; i < type->field_count; i++)
        count += (type->fields[i].flags & FIELD_LITERAL) != 0;
    return count;
}

static CLR_ABI struct rt_string *enum_name(struct method_table *mt, int32_t index)
{
    return rt_string_from_utf8(enum_literal(mt_type(mt), index)->name);
}

static CLR_ABI int64_t enum_value(struct method_table *mt, int32_t index)
{
    struct type_desc *type = mt_type(mt);
    struct field_desc *field = enum_literal(type, index);
    const struct md_image *md = &type->assembly->md;
    struct md_error error = { 0 };
    uint32_t row = md_find_token(md, MD_CONSTANT, CONSTANT_PARENT, field->token);
    struct md_blob blob = { 0 };
    if (row)
        blob = md_column_blob(md, MD_CONSTANT, row, CONSTANT_VALUE, &error);
    uint32_t size = type->instance_size;
    if (error.set || blob.size < size)
        rt_throw_named("System.BadImageFormatException", "an enum's literal has no value");
    uint64_t value = 0;
    for (uint32_t i = 0; i < size; i++)
        value |= (uint64_t)blob.bytes[i] << 8 * i;
    uint8_t code = type->element->element_type;
    bool is_signed = code == ET_I1 || code == ET_I2 || code == ET_I4 || code == ET_I8 ||
        code == ET_I;
    if (is_signed && size < 8 && value >> (8 * size - 1))
        value |= ~0ull << 8 * size;
    return (int64_t)value;
}

#define TYPE(name) "System.RuntimeType::" name
const struct rt_export rt_icalls_type[] = {
    { TYPE("FromHandle"), (void *)from_handle },
    { TYPE("NativeName"), (void *)type_name },
    { TYPE("NativeNamespace"), (void *)type_namespace },
    { TYPE("NativeDeclaring"), (void *)type_declaring },
    { TYPE("NativeBase"), (void *)type_base },
    { TYPE("NativeElement"), (void *)type_element },
    { TYPE("NativeRank"), (void *)type_rank },
    { TYPE("NativeFlags"), (void *)type_flags },
    { TYPE("NativeTypeCode"), (void *)type_code },
    { TYPE("NativeIsAssignableFrom"), (void *)type_assignable },
    { TYPE("NativeHasAttribute"), (void *)type_has_attribute },
    { TYPE("NativeFieldCount"), (void *)type_field_count },
    { TYPE("NativeGetField"), (void *)type_get_field },
    { TYPE("NativeEnumCount"), (void *)enum_count },
    { TYPE("NativeEnumName"), (void *)enum_name },
    { TYPE("NativeEnumValue"), (void *)enum_value },
};
const size_t rt_icall_type_count = sizeof rt_icalls_type / sizeof *rt_icalls_type;
