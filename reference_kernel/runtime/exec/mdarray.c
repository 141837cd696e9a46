/* Multi-dimensional arrays: behind the array head stand rank pairs (length, lower bound) of
 * int32. */
#include "exec.h"

struct dimension {
    int32_t length;
    int32_t lower;
};

static struct dimension *dimensions(struct rt_array *array)
{
    return (struct dimension *)array->data;
}

/* `values` as the constructor's arguments stand (II.14.2): lengths, or (lower bound, length)
 * pairs. */
CLR_ABI struct rt_array *rt_new_mdarray(struct type_desc *type, uint32_t count,
                                        const int32_t *values)
{
    bool with_bounds = count == 2u * type->rank;
    if (count != type->rank && !with_bounds)
        plat_panic("an array of rank %u was made with %u arguments", type->rank, count);
    uint64_t total = 1;
    for (uint32_t i = 0; i < type->rank; i++) {
        int32_t length = with_bounds ? values[2 * i + 1] : values[i];
        if (length < 0)
            rt_throw_system("OverflowException");
        total *= (uint32_t)length;
        if (total > MAX_ARRAY_LENGTH)
            rt_throw_system("OutOfMemoryException");
    }
    struct rt_array *array = rt_new_array(type->method_table, (int64_t)total);
    for (uint32_t i = 0; i < type->rank; i++) {
        dimensions(array)[i].length = with_bounds ? values[2 * i + 1] : values[i];
        dimensions(array)[i].lower = with_bounds ? values[2 * i] : 0;
    }
    return array;
}

/* `exact` is the element type that the caller will treat the place as (Address), NULL when it only
 * reads or writes through the static type. */
CLR_ABI void *rt_mdarray_address(struct rt_array *array, struct type_desc *type, uint32_t rank,
                                 const int32_t *index, struct type_desc *exact)
{
    if (!array)
        rt_throw_system("NullReferenceException");
    struct type_desc *actual = mt_type(array->mt);
    if (actual->rank != rank || actual->element_type != type->element_type)
        plat_panic("an array of rank %u was accessed as one of rank %u", actual->rank, rank);
    if (exact && actual->element != exact)
        rt_throw_system("ArrayTypeMismatchException");
    uint64_t flat = 0;
    for (uint32_t i = 0; i < rank; i++) {
        const struct dimension *d = &dimensions(array)[i];
        uint32_t offset = (uint32_t)index[i] - (uint32_t)d->lower;
        if (offset >= (uint32_t)d->length)
            rt_throw_system("IndexOutOfRangeException");
        flat = flat * (uint32_t)d->length + offset;
    }
    return array_data(array) + flat * array->mt->component_size;
}
