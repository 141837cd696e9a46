/* Managed exceptions end here until there are handlers: nobody unwinds, so the stack of the thrower
 * is still there for a debugger when the fatal hook runs. */
#include "exec.h"

static unsigned s_throwing;             /* a throw while the exception for a throw is made */
static char s_message[512];

void rt_throw_reset(void)
{
    s_throwing = 0;
}

bool rt_is_throwing(void)
{
    return s_throwing != 0;
}

static _Noreturn void unhandled(const char *type, const char *message)
{
    char json[2][600], line[1400];
    rt_json_text(json[0], sizeof json[0], type);
    rt_json_text(json[1], sizeof json[1], message);
    int n = plat_snprintf(line, sizeof line,
                          "@@clr {\"event\":\"unhandled\",\"type\":\"%s\",\"message\":\"%s\"}\n",
                          json[0], json[1]);
    plat_write(PLAT_LOG, line, (size_t)n);
    n = plat_snprintf(line, sizeof line, "\nUnhandled Exception:\n%s: %s\n", type, message);
    plat_write(PLAT_ERR, line, (size_t)n);
    plat_snprintf(s_message, sizeof s_message, "%s: %s", type, message);
    g_last_fault.vector = FAULT_UNHANDLED;
    g_last_fault.message = s_message;
    s_throwing = 0;                     /* where the host library goes on */
    plat_fatal_stop(EXIT_UNHANDLED);
}

static const char *message_of(struct rt_object *exception, char *out, size_t size)
{
    struct type_desc *base = rt_well_known("System", "Exception");
    if (!rt_assignable(mt_type(exception->mt), base))
        return "";
    struct rt_string *message = *(struct rt_string **)((uint8_t *)exception + 8);
    struct method_desc *getter = message ? NULL : rt_find_method(base, "get_Message");
    if (getter && getter->slot != NO_SLOT)
        message = ((struct rt_string *(CLR_ABI *)(struct rt_object *))(uintptr_t)
                   exception->mt->vtable[getter->slot])(exception);
    return rt_string_to_utf8(message, out, size);
}

CLR_ABI _Noreturn void rt_throw_object(struct rt_object *object)
{
    char type[TYPE_NAME_SIZE], message[400] = "";
    rt_type_name(mt_type(object->mt), type, sizeof type);
    if (s_throwing++ < 2)               /* get_Message itself may throw, once */
        message_of(object, message, sizeof message);
    unhandled(type, message);
}

/* The exception object that the machine raises: allocated, its parameterless constructor run. */
static struct rt_object *make_exception(const char *name)
{
    uint32_t row = rt_find_typedef(g_korlib, "System", name, 0);
    struct md_error error = { 0 };
    struct type_desc *type = row ? rt_type_of_def(g_korlib, row, &error) : NULL;
    if (!type || !rt_type_load(type, &error))
        return NULL;
    for (uint32_t i = 0; i < type->method_count; i++) {
        struct method_desc *method = &type->methods[i];
        struct jit_sig sig;
        if (!(method->flags & METHOD_CTOR) || !rt_method_signature(method, &sig, &error) ||
            sig.arg_count)
            continue;
        struct rt_object *object = rt_new(type->method_table);
        ((void (CLR_ABI *)(struct rt_object *))(uintptr_t)rt_call_address(method))(object);
        return object;
    }
    return NULL;
}

_Noreturn void rt_throw_system(const char *name)
{
    char type[TYPE_NAME_SIZE];
    plat_snprintf(type, sizeof type, "System.%s", name);
    if (s_throwing++)
        unhandled(type, "raised while another exception was being made");
    struct rt_object *object = make_exception(name);
    s_throwing = 0;
    if (!object)
        unhandled(type, "(korlib has no such exception)");
    rt_throw_object(object);
}

_Noreturn void rt_out_of_memory(size_t size, const char *what)
{
    char message[200];
    plat_snprintf(message, sizeof message, "the runtime needs %zu more bytes for %s: give the "
                  "machine more memory", size, what);
    unhandled("System.OutOfMemoryException", message);
}

CLR_ABI _Noreturn void rt_throw_named(const char *type, const char *message)
{
    unhandled(type, message);
}

CLR_ABI _Noreturn void rt_check_failed(struct rt_string *expected, struct rt_string *actual,
                                       struct rt_string *what)
{
    char text[3][256], json[3][320], line[1100];
    struct rt_string *strings[3] = { expected, actual, what };
    for (int i = 0; i < 3; i++)
        rt_json_text(json[i], sizeof json[i],
                     rt_string_to_utf8(strings[i], text[i], sizeof text[i]));
    int n = plat_snprintf(line, sizeof line,
                          "@@clr {\"event\":\"check-failed\",\"expected\":\"%s\","
                          "\"actual\":\"%s\",\"what\":\"%s\"}\n", json[0], json[1], json[2]);
    plat_write(PLAT_LOG, line, (size_t)n);
    plat_log("!!! CHECK FAILED: %s: expected %s, actual %s\n", text[2], text[0], text[1]);
    struct check_record record = { expected, actual, what };
    g_last_fault.vector = FAULT_CHECK;
    g_last_fault.message = NULL;
    g_last_fault.check = &record;
    plat_fatal_stop(EXIT_CHECK_FAILED);
}
