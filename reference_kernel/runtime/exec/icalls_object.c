/* Native methods of Object, RuntimeHelpers, String, Array, Buffer, GC: managed/EXPORTS.md,
 * "Runtime". */
#include "exec.h"

static struct rt_object *not_null(struct rt_object *object)
{
    if (!object)
        rt_throw_system("NullReferenceException");
    return object;
}

/* ---- Object ---- */

struct rt_object *rt_runtime_type(struct type_desc *type)
{
    if (!type->runtime_type) {
        struct type_desc *class = rt_well_known("System", "RuntimeType");
        struct rt_object *object = rt_new(class->method_table);
        *(struct method_table **)((uint8_t *)object + 8) = type->method_table;
        rt_handle(object);
        type->runtime_type = object;
    }
    return type->runtime_type;
}

static CLR_ABI struct rt_object *get_type(struct rt_object *self)
{
    return rt_runtime_type(mt_type(not_null(self)->mt));
}

static CLR_ABI struct rt_object *memberwise_clone(struct rt_object *self)
{
    uint64_t size = rt_object_size(not_null(self));
    bool sized = self->mt->flags & MT_HAS_COMPONENT_SIZE;
    struct rt_object *copy = rt_alloc(self->mt, sized ? ((struct rt_array *)self)->length : 0);
    memcpy((uint8_t *)copy + 8, (uint8_t *)self + 8, size - 8);
    return copy;
}

/* ---- RuntimeHelpers ---- */

static CLR_ABI int32_t identity_hash(struct rt_object *object)
{
    static uint32_t s_next = 0x2545F491;
    if (!object)
        return 0;
    struct object_header *header = (struct object_header *)object - 1;
    while (!header->hash_lock) {
        s_next ^= s_next << 13;         /* Marsaglia's xorshift: all values but 0 */
        s_next ^= s_next >> 17;
        s_next ^= s_next << 5;
        header->hash_lock = s_next & OBJECT_HASH_MASK;
    }
    return (int32_t)header->hash_lock;
}

static CLR_ABI void initialize_array(struct rt_array *array, struct field_desc *field)
{
    not_null((struct rt_object *)array);
    uint64_t bytes = (uint64_t)array->length * array->mt->component_size;
    if (!field || !(field->flags & FIELD_RVA) || bytes > field->size ||
        array->mt->flags & MT_HAS_POINTERS)
        rt_throw_named("System.ArgumentException", "the field's data does not fit the array");
    memcpy(array_data(array), field->owner->statics + field->offset, bytes);
}

static CLR_ABI void run_class_constructor(struct method_table *mt)
{
    if (mt)
        rt_run_cctor(mt_type(mt));
}

/* ---- String ---- */

static CLR_ABI struct rt_string *fast_allocate(int32_t length)
{
    return rt_new_string(length);
}

static CLR_ABI struct rt_object *string_intern(struct rt_string *string)
{
    not_null((struct rt_object *)string);
    return *rt_intern(string, true);
}

static CLR_ABI struct rt_object *string_is_interned(struct rt_string *string)
{
    not_null((struct rt_object *)string);
    struct rt_object **cell = rt_intern(string, false);
    return cell ? *cell : NULL;
}

/* ---- Array ---- */

static CLR_ABI int32_t array_rank(struct rt_array *array)
{
    return mt_type(not_null((struct rt_object *)array)->mt)->rank;
}

static int32_t dimension(struct rt_array *array, int32_t index, unsigned part)
{
    struct type_desc *type = mt_type(not_null((struct rt_object *)array)->mt);
    if (index < 0 || index >= type->rank)
        rt_throw_system("IndexOutOfRangeException");
    if (type->element_type == ET_SZARRAY)
        return part ? 0 : (int32_t)array->length;
    return ((int32_t *)array->data)[2 * index + (int32_t)part];
}

static CLR_ABI int32_t array_get_length(struct rt_array *array, int32_t index)
{
    return dimension(array, index, 0);
}

static CLR_ABI int32_t array_get_lower_bound(struct rt_array *array, int32_t index)
{
    return dimension(array, index, 1);
}

static CLR_ABI void array_clear(struct rt_array *array, int32_t index, int32_t count)
{
    uint64_t size = array->mt->component_size;
    memset(array_data(array) + (uint32_t)index * size, 0, (uint32_t)count * size);
}

static CLR_ABI struct rt_array *array_create(struct method_table *element, int32_t length)
{
    struct md_error error = { 0 };
    struct type_desc *array = rt_array_of(mt_type(element));
    if (!rt_type_load(array, &error))
        rt_throw_named("System.TypeLoadException", error.text);
    return rt_new_array(array->method_table, length);
}

/* ---- Buffer, GC ---- */

static CLR_ABI void buffer_memmove(void *to, const void *from, uint64_t size)
{
    memmove(to, from, size);
}

static CLR_ABI void *buffer_data(struct rt_array *array)
{
    not_null((struct rt_object *)array);
    return array->length ? array_data(array) : NULL;
}

static CLR_ABI int64_t allocated_bytes(void)
{
    return (int64_t)rt_heap_used();
}

#define HELPERS "System.Runtime.CompilerServices.RuntimeHelpers::"
const struct rt_export rt_icalls[] = {
    { "System.Object::GetType", (void *)get_type },
    { "System.Object::MemberwiseClone", (void *)memberwise_clone },
    { HELPERS "GetHashCode", (void *)identity_hash },
    { HELPERS "InitializeArray", (void *)initialize_array },
    { HELPERS "RunClassConstructor", (void *)run_class_constructor },
    { "System.String::FastAllocate", (void *)fast_allocate },
    { "System.String::Intern", (void *)string_intern },
    { "System.String::IsInterned", (void *)string_is_interned },
    { "System.Array::get_Rank", (void *)array_rank },
    { "System.Array::GetLength", (void *)array_get_length },
    { "System.Array::GetLowerBound", (void *)array_get_lower_bound },
    { "System.Array::NativeCopy", (void *)rt_copy_elements },
    { "System.Array::NativeClear", (void *)array_clear },
    { "System.Array::NativeGet", (void *)rt_load_element },
    { "System.Array::NativeSet", (void *)rt_store_element },
    { "System.Array::NativeCreate", (void *)array_create },
    { "System.Buffer::Memmove", (void *)buffer_memmove },
    { "System.Buffer::Data", (void *)buffer_data },
    { "System.GC::AllocatedBytes", (void *)allocated_bytes },
};
const size_t rt_icall_count = sizeof rt_icalls / sizeof *rt_icalls;
