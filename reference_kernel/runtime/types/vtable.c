/* Interface lists, vtable slots (ECMA-335 II.12.2, II.10.3) and the MethodTable made of them. */
#include "types.h"

enum { INTERFACEIMPL_CLASS = 0, INTERFACEIMPL_INTERFACE = 1 };
enum { METHODIMPL_CLASS = 0, METHODIMPL_BODY = 1, METHODIMPL_DECLARATION = 2 };
enum { MEMBERREF_CLASS = 0, TYPESPEC_SIGNATURE = 0 };
#define MAX_INTERFACES 4096
#define MAX_COMPARISONS (1u << 20)      /* of one type's virtual methods: more is an attack */

/* ---- interfaces ---- */

struct interface_list {
    struct type_desc **items;
    uint32_t count, capacity;
};

static bool add_interface(struct type_desc *type, struct interface_list *list,
                          struct type_desc *interface, struct md_error *error)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->items[i] == interface)
            return true;
    if (list->count == MAX_INTERFACES) {
        md_fail(error, "%s: TypeDef row %u: '%s' implements more than %u interfaces",
                type->assembly->md.name, MD_TOKEN_ROW(type->token), type->name, MAX_INTERFACES);
        return false;
    }
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity ? 2 * list->capacity : 8;
        struct type_desc **items = rt_try_arena(capacity * sizeof *items,
                                                type->assembly->md.name, error);
        if (!items)
            return false;
        for (uint32_t i = 0; i < list->count; i++)
            items[i] = list->items[i];
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = interface;
    return true;
}

static bool is_generic_spec(struct assembly *assembly, md_token token, struct md_error *error)
{
    if (MD_TOKEN_TABLE(token) != MD_TYPESPEC || !MD_TOKEN_ROW(token))
        return false;
    struct md_blob blob = md_column_blob(&assembly->md, MD_TYPESPEC, MD_TOKEN_ROW(token),
                                         TYPESPEC_SIGNATURE, error);
    return !error->set && blob.size && blob.bytes[0] == ET_GENERICINST;
}

static bool add_declared(struct type_desc *type, uint32_t row, struct interface_list *list,
                         struct md_error *error)
{
    const struct md_image *md = &type->assembly->md;
    md_token token = md_column_token(md, MD_INTERFACEIMPL, row, INTERFACEIMPL_INTERFACE, error);
    /* Instances of generic interfaces cannot be named by any code that compiles yet. */
    if (error->set || is_generic_spec(type->assembly, token, error))
        return !error->set;
    struct type_desc *interface = rt_type_of_token(type->assembly, token, error);
    if (!interface)
        return false;
    if (!(interface->flags & TYPE_INTERFACE)) {
        md_fail(error, "%s: InterfaceImpl row %u: '%s' implements '%s', which is no interface",
                md->name, row, type->name, interface->name ? interface->name : "an array");
        return false;
    }
    if (!rt_type_load(interface, error) || !add_interface(type, list, interface, error))
        return false;
    for (uint32_t i = 0; i < interface->interface_count; i++)
        if (!add_interface(type, list, interface->interfaces[i], error))
            return false;
    return true;
}

static bool collect_interfaces(struct type_desc *type, struct md_error *error)
{
    struct interface_list list = { 0 };
    const struct md_image *md = &type->assembly->md;
    uint32_t row = type->token ? md_find_token(md, MD_INTERFACEIMPL, INTERFACEIMPL_CLASS,
                                               type->token)
                               : 0;
    for (; row && row <= md_rows(md, MD_INTERFACEIMPL); row++) {
        md_token class = md_column_token(md, MD_INTERFACEIMPL, row, INTERFACEIMPL_CLASS, error);
        if (error->set)
            return false;
        if (class == type->token) {
            if (!add_declared(type, row, &list, error))
                return false;
        } else if (md->tables[MD_INTERFACEIMPL].sorted) {
            break;
        }
    }
    type->declared_interface_count = list.count;
    if (type->parent)
        for (uint32_t i = 0; i < type->parent->interface_count; i++)
            if (!add_interface(type, &list, type->parent->interfaces[i], error))
                return false;
    type->interfaces = rt_try_keep(list.count * sizeof *type->interfaces, md->name, error);
    if (!type->interfaces)
        return false;
    for (uint32_t i = 0; i < list.count; i++)
        type->interfaces[i] = list.items[i];
    type->interface_count = list.count;
    return true;
}

bool rt_type_interfaces(struct type_desc *type, struct md_error *error)
{
    struct arena_mark mark = rt_arena_mark();
    bool ok = collect_interfaces(type, error);
    rt_arena_release(mark);
    return ok;
}

/* ---- vtable ---- */

struct slots {
    struct method_desc **methods;
    uint32_t count;
    uint32_t inherited;
    uint32_t *buckets;                  /* slot + 1 by hash of the name */
    uint32_t *next;                     /* by slot: older slot + 1 of the same bucket */
    uint32_t bucket_mask;
    uint32_t comparisons;
};

static uint32_t hash_text(const char *text)
{
    uint32_t hash = 2166136261u;
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 16777619u;
    return hash ^ hash >> 16;
}

static void add_to_bucket(struct slots *slots, uint32_t slot)
{
    uint32_t bucket = hash_text(slots->methods[slot]->name) & slots->bucket_mask;
    slots->next[slot] = slots->buckets[bucket];
    slots->buckets[bucket] = slot + 1;
}

/* The newest slot with this name (and, when asked for, signature) below `end`; NO_SLOT when
 * none. */
static uint32_t find_slot(struct slots *slots, const struct method_desc *method, uint32_t from,
                          bool compare_signature, struct md_error *error)
{
    struct md_blob blob = rt_method_blob(method, error);
    if (error->set)
        return NO_SLOT;
    uint32_t bucket = hash_text(method->name) & slots->bucket_mask;
    for (uint32_t link = slots->buckets[bucket]; link &&
         link > from; link = slots->next[link - 1]) {
        struct method_desc *other = slots->methods[link - 1];
        if (++slots->comparisons > MAX_COMPARISONS) {
            md_fail(error, "%s: TypeDef row %u: '%s' has too many virtual methods of one name",
                    method->assembly->md.name, MD_TOKEN_ROW(method->owner->token),
                    method->owner->name);
            return NO_SLOT;
        }
        if (other == method || strcmp(other->name, method->name))
            continue;
        if (!compare_signature)
            return link - 1;
        struct md_blob other_blob = rt_method_blob(other, error);
        if (error->set)
            return NO_SLOT;
        if (rt_sig_equal(method->assembly, blob, other->assembly, other_blob, false))
            return link - 1;
    }
    return NO_SLOT;
}

static bool assign_slot(struct type_desc *type, struct slots *slots, struct method_desc *method,
                        bool collide, struct md_error *error)
{
    const char *where = type->assembly->md.name;
    if (method->flags & METHOD_STATIC) {
        md_fail(error, "%s: MethodDef row %u: '%s' is virtual and static", where,
                MD_TOKEN_ROW(method->token), method->name);
        return false;
    }
    if (!(method->flags & METHOD_NEWSLOT)) {
        uint32_t slot = find_slot(slots, method, 0, true, error);
        if (error->set)
            return false;
        if (slot != NO_SLOT) {
            if (slots->methods[slot]->flags & METHOD_FINAL) {
                md_fail(error, "%s: MethodDef row %u: '%s' overrides a final method of '%s'", where,
                        MD_TOKEN_ROW(method->token), method->name,
                        slots->methods[slot]->owner->name);
                return false;
            }
            method->slot = (uint16_t)slot;
            slots->methods[slot] = method;
            return true;
        }
    } else if (collide) {
        uint32_t slot = find_slot(slots, method, slots->inherited, false, error);
        if (error->set)
            return false;
        if (slot != NO_SLOT) {
            method->slot = (uint16_t)slot;
            slots->methods[slot] = method;
            return true;
        }
    }
    if (slots->count >= NO_SLOT - 1) {
        md_fail(error, "%s: TypeDef row %u: '%s' has more than %u virtual methods", where,
                MD_TOKEN_ROW(type->token), type->name, NO_SLOT - 1);
        return false;
    }
    method->slot = (uint16_t)slots->count;
    slots->methods[slots->count] = method;
    add_to_bucket(slots, slots->count++);
    return true;
}

static bool is_ancestor(const struct type_desc *type, const struct type_desc *of)
{
    for (; of; of = of->parent)
        if (of == type)
            return true;
    return false;
}

static bool apply_method_impl(struct type_desc *type, struct slots *slots, uint32_t row,
                              struct method_impl *out, struct md_error *error)
{
    struct assembly *assembly = type->assembly;
    const struct md_image *md = &assembly->md;
    md_token body_token = md_column_token(md, MD_METHODIMPL, row, METHODIMPL_BODY, error);
    md_token token = md_column_token(md, MD_METHODIMPL, row, METHODIMPL_DECLARATION, error);
    if (error->set)
        return false;
    if (MD_TOKEN_TABLE(token) == MD_MEMBERREF && MD_TOKEN_ROW(token)) {
        md_token class = md_column_token(md, MD_MEMBERREF, MD_TOKEN_ROW(token), MEMBERREF_CLASS,
                                         error);
        if (error->set || is_generic_spec(assembly, class, error))
            return !error->set;         /* see add_declared */
    }
    struct array_accessor accessor = { 0 };
    struct method_desc *body = rt_method_of_token(assembly, body_token, &accessor, error);
    struct method_desc *declaration = body ? rt_method_of_token(assembly, token, &accessor, error)
                                           : NULL;
    if (!body || !declaration) {
        md_fail(error, "%s: MethodImpl row %u: a method of an array cannot stand here", md->name,
                row);
        return false;
    }
    struct md_blob left = rt_method_blob(body, error), right = rt_method_blob(declaration, error);
    if (error->set)
        return false;
    bool in_interface = (declaration->owner->flags & TYPE_INTERFACE) != 0;
    const char *wrong = !is_ancestor(body->owner, type)
        ? "its body is a method of an unrelated type"
        : !(body->flags & METHOD_VIRTUAL) || !(declaration->flags & METHOD_VIRTUAL)
            ? "its body or declaration is not virtual"
        : !rt_sig_equal(body->assembly, left, declaration->assembly, right, false)
            ? "body and declaration have different signatures"
        : !in_interface && (!is_ancestor(declaration->owner, type) || declaration->slot == NO_SLOT)
            ? "its declaration is in an unrelated type"
        : !in_interface && slots->methods[declaration->slot]->flags & METHOD_FINAL &&
          slots->methods[declaration->slot] != body ? "it overrides a final method" : NULL;
    if (wrong) {
        md_fail(error, "%s: MethodImpl row %u: %s", md->name, row, wrong);
        return false;
    }
    if (!in_interface)
        slots->methods[declaration->slot] = body;
    *out = (struct method_impl){ declaration, body };
    return true;
}

static bool apply_method_impls(struct type_desc *type, struct slots *slots, struct md_error *error)
{
    const struct md_image *md = &type->assembly->md;
    uint32_t rows = md_rows(md, MD_METHODIMPL), count = 0;
    uint32_t first = md_find_token(md, MD_METHODIMPL, METHODIMPL_CLASS, type->token);
    struct method_impl *impls = NULL;
    for (unsigned pass = 0; first && pass < 2; pass++) {
        if (pass) {
            impls = rt_try_keep(count * sizeof *impls, md->name, error);
            if (!impls)
                return false;
            count = 0;
        }
        for (uint32_t row = first; row <= rows; row++) {
            md_token class = md_column_token(md, MD_METHODIMPL, row, METHODIMPL_CLASS, error);
            if (error->set)
                return false;
            if (class != type->token) {
                if (md->tables[MD_METHODIMPL].sorted)
                    break;
                continue;
            }
            struct method_impl impl = { 0 };
            if (pass && !apply_method_impl(type, slots, row, &impl, error))
                return false;
            if (!pass || impl.body) {
                if (pass)
                    impls[count] = impl;
                count++;
            }
        }
    }
    type->method_impls = impls;
    type->method_impl_count = count;
    return true;
}

static bool build_vtable(struct type_desc *type, struct md_error *error)
{
    struct slots slots = { 0 };
    uint32_t parent_slots = type->parent ? type->parent->method_table->num_vtable_slots : 0;
    uint32_t most = parent_slots + type->method_count, buckets = 16;
    while (buckets < most)
        buckets *= 2;
    const char *where = type->assembly->md.name;
    slots.methods = rt_try_arena(most * sizeof *slots.methods, where, error);
    slots.next = rt_try_arena(most * sizeof *slots.next, where, error);
    slots.buckets = rt_try_arena(buckets * sizeof *slots.buckets, where, error);
    if (error->set)
        return false;
    slots.bucket_mask = buckets - 1;
    slots.count = slots.inherited = parent_slots;
    for (uint32_t i = 0; i < parent_slots; i++) {
        slots.methods[i] = type->parent->vtable_methods[i];
        add_to_bucket(&slots, i);
    }
    bool collide = type_fault(type, FAULT_VTABLE_SLOT_COLLISION);
    for (uint32_t i = 0; i < type->method_count; i++)
        if (type->methods[i].flags & METHOD_VIRTUAL &&
            !assign_slot(type, &slots, &type->methods[i], collide, error))
            return false;
    if (type->token && !apply_method_impls(type, &slots, error))
        return false;
    type->vtable_methods = rt_try_keep(slots.count * sizeof *type->vtable_methods, where, error);
    if (!type->vtable_methods)
        return false;
    for (uint32_t i = 0; i < slots.count; i++)
        type->vtable_methods[i] = slots.methods[i];
    type->vtable_count = slots.count;
    return true;
}

static bool number_interface(struct type_desc *type, struct md_error *error)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < type->method_count; i++) {
        struct method_desc *method = &type->methods[i];
        if (!(method->flags & METHOD_VIRTUAL) || method->flags & METHOD_STATIC)
            continue;
        if (count >= NO_SLOT - 1) {
            md_fail(error, "%s: TypeDef row %u: interface '%s' has too many methods",
                    type->assembly->md.name, MD_TOKEN_ROW(type->token), type->name);
            return false;
        }
        method->slot = (uint16_t)count++;
    }
    return true;
}

bool rt_type_vtable(struct type_desc *type, struct md_error *error)
{
    if (type->flags & TYPE_INTERFACE)
        return number_interface(type, error);
    struct arena_mark mark = rt_arena_mark();
    bool ok = build_vtable(type, error);
    rt_arena_release(mark);
    return ok;
}

/* ---- MethodTable ---- */

static bool array_sizes(struct type_desc *type, struct method_table *mt, struct md_error *error)
{
    struct type_desc *element = type->element;
    uint32_t stride = element->flags & TYPE_VALUETYPE ? element->instance_size : 8;
    if (type_fault(element, FAULT_ARRAY_STRIDE_UNALIGNED) && element->flags & TYPE_VALUETYPE)
        stride = (uint32_t)align_up(element->field_bytes, 8) - 8;
    if (stride > 0xFFFF) {
        char name[TYPE_NAME_SIZE];
        md_fail(error, "%s: an array of %s needs elements of %u bytes, more than 65535",
                element->assembly->md.name, rt_type_name(element, name, sizeof name), stride);
        return false;
    }
    mt->component_size = (uint16_t)stride;
    mt->base_size = type->element_type == ET_SZARRAY ? 16 : 16 + 8u * type->rank;
    mt->flags = type->element_type == ET_SZARRAY ? MT_KIND_SZARRAY : MT_KIND_MDARRAY;
    mt->flags |= MT_HAS_COMPONENT_SIZE;
    if (type_is_reference(element) || element->flags & TYPE_HAS_POINTERS)
        mt->flags |= MT_HAS_POINTERS;
    return true;
}

static void object_sizes(struct type_desc *type, struct method_table *mt)
{
    mt->flags = type->flags & TYPE_INTERFACE ? MT_KIND_INTERFACE
        : type->flags & TYPE_ENUM ? MT_KIND_ENUM
        : type->flags & TYPE_PRIMITIVE ? MT_KIND_PRIMITIVE
        : type->flags & TYPE_VALUETYPE ? MT_KIND_VALUETYPE : MT_KIND_CLASS;
    uint32_t size = (uint32_t)align_up(8 + type->instance_size, 8);
    mt->base_size = size < 16 ? 16 : size;
    if (type == g_string_type) {
        mt->flags = MT_KIND_STRING | MT_HAS_COMPONENT_SIZE;
        mt->base_size = 14;
        mt->component_size = 2;
    }
    if (type->flags & TYPE_HAS_POINTERS)
        mt->flags |= MT_HAS_POINTERS;
    if (type->flags & TYPE_ABSTRACT)
        mt->flags |= MT_ABSTRACT;
    if (type->parent && type->parent->method_table->flags & MT_HAS_FINALIZER)
        mt->flags |= MT_HAS_FINALIZER;
    for (uint32_t i = 0; type->parent && i < type->method_count; i++)
        if (type->methods[i].flags & METHOD_VIRTUAL && !(type->methods[i].flags & METHOD_NEWSLOT) &&
            !strcmp(type->methods[i].name, "Finalize"))
            mt->flags |= MT_HAS_FINALIZER;
}

bool rt_type_method_table(struct type_desc *type, struct md_error *error)
{
    uint32_t slots = type->vtable_count;
    struct method_table *mt =
        rt_try_keep(sizeof *mt + (slots + type->interface_count + 1) * sizeof(void *),
                    type->assembly->md.name, error);
    if (!mt)
        return false;
    if (type_is_array(type)) {
        if (!array_sizes(type, mt, error))
            return false;
        mt->related = type->element->method_table;
    } else {
        object_sizes(type, mt);
        mt->related = type->parent ? type->parent->method_table : NULL;
    }
    char name[TYPE_NAME_SIZE];
    mt->hash_code = hash_text(rt_type_name(type, name, sizeof name));
    mt->num_vtable_slots = (uint16_t)slots;
    mt->num_interfaces = (uint16_t)type->interface_count;
    for (uint32_t i = 0; i < slots; i++) {
        struct method_desc *method = type->vtable_methods[i];
        mt->vtable[i] = method->owner->flags & TYPE_VALUETYPE ? rt_unbox_thunk(method)
                                                               : rt_method_thunk(method);
        if (!mt->vtable[i]) {
            md_fail(error, "%s: out of memory: no room for the code of a vtable",
                    type->assembly->md.name);
            return false;
        }
    }
    for (uint32_t i = 0; i < type->interface_count; i++)
        mt->vtable[slots + i] = type->interfaces[i]->method_table;
    mt->vtable[slots + type->interface_count] = type;
    __atomic_store_n(&type->method_table, mt, __ATOMIC_RELEASE);
    return true;
}
