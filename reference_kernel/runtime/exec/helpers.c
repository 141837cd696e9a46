/* What generated code calls for objects: allocation, casts, boxing, array stores, static
 * constructors. */
#include "exec.h"

static CLR_ABI struct rt_object *help_new(struct method_table *mt)
{
    return rt_new(mt);
}

static CLR_ABI struct rt_array *help_new_array(struct method_table *mt, int64_t length)
{
    return rt_new_array(mt, length);
}

/* ---- casts ---- */

static bool is_instance(struct type_desc *type, struct rt_object *object)
{
    return object->mt == type->method_table || rt_assignable(mt_type(object->mt), type);
}

CLR_ABI struct rt_object *rt_isinst(struct type_desc *type, struct rt_object *object)
{
    return object && is_instance(type, object) ? object : NULL;
}

static _Noreturn void bad_cast(struct type_desc *to, struct type_desc *from)
{
    char text[2 * TYPE_NAME_SIZE + 48], a[TYPE_NAME_SIZE], b[TYPE_NAME_SIZE];
    plat_snprintf(text, sizeof text, "Unable to cast object of type '%s' to type '%s'.",
                  rt_type_name(from, a, sizeof a), rt_type_name(to, b, sizeof b));
    rt_throw_named("System.InvalidCastException", text);
}

CLR_ABI struct rt_object *rt_castclass(struct type_desc *type, struct rt_object *object)
{
    if (object && !is_instance(type, object))
        bad_cast(type, mt_type(object->mt));
    return object;
}

/* An enum and its underlying type unbox as each other (III.4.32). */
bool rt_same_value_type(const struct type_desc *left, const struct type_desc *right)
{
    if (left->flags & TYPE_ENUM)
        left = left->element;
    if (right->flags & TYPE_ENUM)
        right = right->element;
    return left == right;
}

CLR_ABI void *rt_unbox(struct type_desc *type, struct rt_object *object)
{
    if (!object)
        rt_throw_system("NullReferenceException");
    struct type_desc *actual = mt_type(object->mt);
    if (actual != type && !(actual->flags & TYPE_VALUETYPE && rt_same_value_type(actual, type)))
        bad_cast(type, actual);
    return box_data(object);
}

CLR_ABI struct rt_object *rt_box(struct method_table *mt, const void *fields)
{
    struct rt_object *object = rt_new(mt);
    memcpy(box_data(object), fields, mt_type(mt)->instance_size);
    return object;
}

/* ---- arrays ---- */

static CLR_ABI void help_store_element(struct rt_array *array, int64_t index,
                                       struct rt_object *object)
{
    if (!array)
        rt_throw_system("NullReferenceException");
    if ((uint64_t)index >= array->length)
        rt_throw_system("IndexOutOfRangeException");
    struct type_desc *element = mt_type(array->mt)->element;
    if (object && element != g_object_type && !is_instance(element, object))
        rt_throw_system("ArrayTypeMismatchException");
    ((struct rt_object **)array_data(array))[index] = object;
}

static CLR_ABI void help_check_element(struct rt_array *array, struct type_desc *element)
{
    if (!array)
        rt_throw_system("NullReferenceException");
    if (mt_type(array->mt)->element != element)
        rt_throw_system("ArrayTypeMismatchException");
}

/* Static constructors (II.10.5.3): once; whoever comes while it runs sees what is there so far. */

CLR_ABI void rt_run_cctor(struct type_desc *type)
{
    if (type->cctor_state != CCTOR_PENDING)
        return;
    type->cctor_state = CCTOR_RUNNING;
    ((void (CLR_ABI *)(void))(uintptr_t)rt_call_address(type->cctor))();
    type->cctor_state = CCTOR_DONE;
}

/* ---- calls ---- */

static CLR_ABI void *help_virtual_address(struct rt_object *object, struct method_desc *method)
{
    if (!object)
        rt_throw_system("NullReferenceException");
    struct type_desc *type = mt_type(object->mt);
    struct method_desc *target = method;
    if (method->owner->flags & TYPE_INTERFACE)
        target = rt_interface_target(type, method);
    else if (method->flags & METHOD_VIRTUAL)
        return object->mt->vtable[method->slot];
    if (!target)
        rt_throw_system("EntryPointNotFoundException");
    return rt_object_call_address(target);
}

/* ---- throwing ---- */

static CLR_ABI _Noreturn void help_throw(struct rt_object *object)
{
    if (!object)
        rt_throw_system("NullReferenceException");
    rt_throw_object(object);
}

static CLR_ABI _Noreturn void help_rethrow(void)
{
    plat_panic("rethrow without exception handling");
}

static CLR_ABI _Noreturn void help_range(void) { rt_throw_system("IndexOutOfRangeException"); }
static CLR_ABI _Noreturn void help_overflow(void) { rt_throw_system("OverflowException"); }
static CLR_ABI _Noreturn void help_div_zero(void) { rt_throw_system("DivideByZeroException"); }
static CLR_ABI _Noreturn void help_arithmetic(void) { rt_throw_system("ArithmeticException"); }
static CLR_ABI _Noreturn void help_null(void) { rt_throw_system("NullReferenceException"); }

/* ---- memory and numbers ---- */

static CLR_ABI void help_memcpy(void *to, const void *from, uint64_t size)
{
    memmove(to, from, size);
}

static CLR_ABI void help_memset(void *to, int32_t value, uint64_t size)
{
    memset(to, value, size);
}

static CLR_ABI float help_f32_rem(float x, float y)
{
    return (float)rt_f64_rem(x, y);
}

/* What rt_trace_stfld calls. at: where it returns to, by which a reader of the line finds the method. */
CLR_ABI void rt_trace_stfld_line(uint64_t object, uint32_t offset, uint64_t at);
CLR_ABI void rt_trace_stfld_line(uint64_t object, uint32_t offset, uint64_t at)
{
    plat_log("[stfld RT] obj=0x%016lX off=%u at=0x%016lX\n", object, offset, at);
}

void rt_helpers_init(void **helpers)
{
    helpers[JIT_H_NEW] = (void *)help_new;
    helpers[JIT_H_NEWARR] = (void *)help_new_array;
    helpers[JIT_H_NEW_MDARRAY] = (void *)rt_new_mdarray;
    helpers[JIT_H_MDARRAY_ADDRESS] = (void *)rt_mdarray_address;
    helpers[JIT_H_BOX] = (void *)rt_box;
    helpers[JIT_H_UNBOX] = (void *)rt_unbox;
    helpers[JIT_H_CASTCLASS] = (void *)rt_castclass;
    helpers[JIT_H_ISINST] = (void *)rt_isinst;
    helpers[JIT_H_STELEM_REF] = (void *)help_store_element;
    helpers[JIT_H_LDELEMA_CHECK] = (void *)help_check_element;
    helpers[JIT_H_CCTOR] = (void *)rt_run_cctor;
    helpers[JIT_H_LDVIRTFTN] = (void *)help_virtual_address;
    helpers[JIT_H_INTERFACE_CALL] = (void *)rt_interface_call;
    helpers[JIT_H_THROW] = (void *)help_throw;
    helpers[JIT_H_RETHROW] = (void *)help_rethrow;
    helpers[JIT_H_THROW_RANGE] = (void *)help_range;
    helpers[JIT_H_THROW_OVERFLOW] = (void *)help_overflow;
    helpers[JIT_H_THROW_DIV_ZERO] = (void *)help_div_zero;
    helpers[JIT_H_THROW_ARITHMETIC] = (void *)help_arithmetic;
    helpers[JIT_H_THROW_NULL] = (void *)help_null;
    helpers[JIT_H_MEMCPY] = (void *)help_memcpy;
    helpers[JIT_H_MEMSET] = (void *)help_memset;
    helpers[JIT_H_F64_REM] = (void *)rt_f64_rem;
    helpers[JIT_H_F32_REM] = (void *)help_f32_rem;
    helpers[JIT_H_TRACE_STFLD] = (void *)rt_trace_stfld;
}
