/* Elements of arrays as objects: System.Array's GetValue, SetValue and Copy. A number goes into an
 * element of a wider type as mono and .NET Framework have it (the table of Array.Copy's and
 * SetValue's documentation): every value that fits is kept, integers also go to floats. */
#include "exec.h"

static uint8_t *element_address(struct rt_array *array, int32_t index)
{
    return array_data(array) + (uint64_t)(uint32_t)index * array->mt->component_size;
}

static _Noreturn void no_element(void)
{
    rt_throw_named("System.NotSupportedException", "an array of pointers has no boxed elements");
}

CLR_ABI struct rt_object *rt_load_element(struct rt_array *array, int32_t index)
{
    struct type_desc *element = mt_type(array->mt)->element;
    void *at = element_address(array, index);
    if (element->flags & TYPE_VALUETYPE)
        return rt_box(element->method_table, at);
    if (type_is_reference(element))
        return *(struct rt_object **)at;
    no_element();
}

/* ---- widening ---- */

static uint8_t number_code(const struct type_desc *type)
{
    uint8_t code = type->flags & TYPE_ENUM ? type->element->element_type : type->element_type;
    return code == ET_BOOLEAN || (code >= ET_CHAR && code <= ET_R8) ? code : 0;
}

/* One bit per element type. Two-byte characters are numbers too. */
#define TO(code) (1u << (code))
#define FLOATS (TO(ET_R4) | TO(ET_R8))
static const uint32_t wider[ET_R8 + 1] = {
    [ET_CHAR] = TO(ET_U2) | TO(ET_I4) | TO(ET_U4) | TO(ET_I8) | TO(ET_U8) | FLOATS,
    [ET_I1] = TO(ET_I2) | TO(ET_I4) | TO(ET_I8) | FLOATS,
    [ET_U1] = TO(ET_CHAR) | TO(ET_I2) | TO(ET_U2) | TO(ET_I4) | TO(ET_U4) | TO(ET_I8) | TO(ET_U8)
        | FLOATS,
    [ET_I2] = TO(ET_I4) | TO(ET_I8) | FLOATS,
    [ET_U2] = TO(ET_CHAR) | TO(ET_I4) | TO(ET_U4) | TO(ET_I8) | TO(ET_U8) | FLOATS,
    [ET_I4] = TO(ET_I8) | FLOATS,
    [ET_U4] = TO(ET_I8) | TO(ET_U8) | FLOATS,
    [ET_I8] = FLOATS,
    [ET_U8] = FLOATS,
    [ET_R4] = TO(ET_R8),
};

static int64_t read_integer(uint8_t code, const void *at)
{
    switch (code) {
    case ET_I1: return *(const int8_t *)at;
    case ET_U1: return *(const uint8_t *)at;
    case ET_I2: return *(const int16_t *)at;
    case ET_U2: case ET_CHAR: return *(const uint16_t *)at;
    case ET_I4: return *(const int32_t *)at;
    case ET_U4: return *(const uint32_t *)at;
    default: return *(const int64_t *)at;
    }
}

static void write_widened(uint8_t from, const void *value, uint8_t to, void *at, uint32_t size)
{
    if (from == ET_R4) {
        *(double *)at = *(const float *)value;
        return;
    }
    int64_t integer = read_integer(from, value);
    if (to == ET_R8)
        *(double *)at = from == ET_U8 ? (double)(uint64_t)integer : (double)integer;
    else if (to == ET_R4)
        *(float *)at = from == ET_U8 ? (float)(uint64_t)integer : (float)integer;
    else
        memcpy(at, &integer, size);
}

enum stored { STORED, NO_CAST, NO_WIDENING };

static enum stored store(struct rt_array *array, int32_t index, struct rt_object *value)
{
    struct type_desc *element = mt_type(array->mt)->element;
    void *at = element_address(array, index);
    if (type_is_reference(element)) {
        if (value && !rt_isinst(element, value))
            return NO_CAST;
        *(struct rt_object **)at = value;
        return STORED;
    }
    if (!(element->flags & TYPE_VALUETYPE))
        no_element();
    if (!value) {
        memset(at, 0, array->mt->component_size);
        return STORED;
    }
    struct type_desc *actual = mt_type(value->mt);
    if (!(actual->flags & TYPE_VALUETYPE))
        return NO_CAST;
    if (rt_same_value_type(actual, element)) {
        memcpy(at, box_data(value), element->instance_size);
        return STORED;
    }
    uint8_t from = number_code(actual), to = number_code(element);
    if (!from || !to)
        return NO_CAST;
    if (!(wider[from] & TO(to)))
        return NO_WIDENING;
    write_widened(from, box_data(value), to, at, element->instance_size);
    return STORED;
}

CLR_ABI void rt_store_element(struct rt_array *array, int32_t index, struct rt_object *value)
{
    enum stored result = store(array, index, value);
    if (result == NO_CAST)
        rt_throw_system("InvalidCastException");
    if (result == NO_WIDENING)
        rt_throw_named("System.ArgumentException", "not a widening conversion\n"
                       "Parameter name: value");
}

/* Whether some element of the one type may go into an array of the other. */
static bool may_fit(struct type_desc *from, struct type_desc *to)
{
    if (from->flags & TYPE_VALUETYPE)
        return rt_assignable(from, to);
    if (from->flags & TYPE_INTERFACE)
        return !(to->flags & TYPE_VALUETYPE);
    return to->flags & TYPE_INTERFACE || rt_assignable(from, to) || rt_assignable(to, from);
}

CLR_ABI void rt_copy_elements(struct rt_array *from, int32_t from_index, struct rt_array *to,
                              int32_t to_index, int32_t count)
{
    struct type_desc *source = mt_type(from->mt)->element, *target = mt_type(to->mt)->element;
    if (source == target || rt_assignable(rt_array_of(source), rt_array_of(target))) {
        memmove(element_address(to, to_index), element_address(from, from_index),
                (uint64_t)(uint32_t)count * from->mt->component_size);
        return;
    }
    for (int32_t i = 0; i < count; i++) {
        struct rt_object *value = rt_load_element(from, from_index + i);
        if (target->flags & TYPE_VALUETYPE && !value)
            rt_throw_system("InvalidCastException");
        enum stored result = store(to, to_index + i, value);
        if (result == NO_WIDENING || (result == NO_CAST && !may_fit(source, target)))
            rt_throw_system("ArrayTypeMismatchException");
        if (result == NO_CAST)
            rt_throw_system("InvalidCastException");
    }
}
