/* Is one type assignable to another (ECMA-335 I.8.7, as isinst and castclass ask it)? */
#include "types.h"

/* I.8.7.1: enums as their underlying type, signed and unsigned alike. Only between array
 * elements. */
static uint8_t reduced(const struct type_desc *type)
{
    uint8_t code = type->flags & TYPE_ENUM ? type->element->element_type : type->element_type;
    switch (code) {
    case ET_U1: return ET_I1;
    case ET_U2: return ET_I2;
    case ET_U4: return ET_I4;
    case ET_U8: return ET_I8;
    case ET_U: return ET_I;
    default: return code;
    }
}

static bool elements_fit(struct type_desc *from, struct type_desc *to)
{
    if (from == to)
        return true;
    if (type_is_reference(from) && type_is_reference(to))
        return rt_assignable(from, to);
    const uint32_t number = TYPE_PRIMITIVE | TYPE_ENUM;
    if (!(from->flags & number) || !(to->flags & number) ||
        (from->flags & TYPE_ENUM && !from->element) || (to->flags & TYPE_ENUM && !to->element))
        return false;
    return reduced(from) == reduced(to) && from->element_type != ET_BOOLEAN &&
           to->element_type != ET_BOOLEAN && from->element_type != ET_CHAR &&
           to->element_type != ET_CHAR;
}

bool rt_assignable(struct type_desc *from, struct type_desc *to)
{
    if (from == to || !from)
        return true;
    if (!to)
        return false;
    if (from->element_type == ET_BYREF || from->element_type == ET_PTR)
        return to->element_type == from->element_type &&
               (from->element == to->element || from->element_type == ET_PTR);
    if (to == g_object_type)
        return true;
    /* a type that does not load is assignable to nothing else */
    struct md_error ignored = { 0 };
    if (!rt_type_load(from, &ignored))
        return false;
    if (to->flags & TYPE_INTERFACE) {
        for (uint32_t i = 0; i < from->interface_count; i++)
            if (from->interfaces[i] == to)
                return true;
        return false;
    }
    if (type_is_array(to))
        return from->element_type == to->element_type && from->rank == to->rank &&
               elements_fit(from->element, to->element);
    for (struct type_desc *t = from->parent; t; t = t->parent)
        if (t == to)
            return true;
    return false;
}
