/* Which method of a type stands for an interface's method (ECMA-335 II.12.2). */
#include "types.h"

enum { METHOD_FLAGS_COLUMN = 2, MA_ACCESS_MASK = 7, MA_PUBLIC = 6 };

static bool is_public(const struct method_desc *method)
{
    struct md_error ignored = { 0 };    /* the row was read when the method was made */
    return (md_column(&method->assembly->md, MD_METHODDEF, MD_TOKEN_ROW(method->token),
                      METHOD_FLAGS_COLUMN, &ignored) & MA_ACCESS_MASK) == MA_PUBLIC;
}

static struct method_desc *match(struct type_desc *type, struct method_desc *wanted)
{
    struct md_error ignored = { 0 };    /* a signature that cannot be read matches nothing */
    struct md_blob blob = rt_method_blob(wanted, &ignored);
    for (struct type_desc *t = type; t; t = t->parent) {
        for (uint32_t i = 0; i < t->method_count; i++) {
            struct method_desc *method = &t->methods[i];
            if (!(method->flags & METHOD_VIRTUAL) || strcmp(method->name, wanted->name) ||
                !is_public(method))
                continue;
            struct md_blob own = rt_method_blob(method, &ignored);
            if (rt_sig_equal(method->assembly, own, wanted->assembly, blob, false))
                return method;
        }
    }
    return NULL;
}

static struct method_desc *explicit_body(const struct type_desc *type,
                                         const struct method_desc *method)
{
    for (uint32_t i = 0; i < type->method_impl_count; i++)
        if (type->method_impls[i].declaration == method)
            return type->method_impls[i].body;
    return NULL;
}

static bool declares(const struct type_desc *type, const struct type_desc *interface)
{
    for (uint32_t i = 0; i < type->declared_interface_count; i++)
        if (type->interfaces[i] == interface)
            return true;
    return false;
}

/* From the type upwards: the first class that lists the interface (again) decides; an override
 * further down replaces what it chose through the vtable. */
struct method_desc *rt_interface_target(struct type_desc *type, struct method_desc *method)
{
    for (struct type_desc *t = type; t; t = t->parent) {
        struct method_desc *found = explicit_body(t, method);
        if (!found && declares(t, method->owner))
            found = match(t, method);
        if (found)
            return found->slot < type->vtable_count ? type->vtable_methods[found->slot] : found;
    }
    return NULL;
}
