/* Types as the loader sees them, as JSON: what tests compare with their own expectation. */
#include "host.h"
#include "../runtime/exec/exec.h"

#include <stdio.h>
#include <stdlib.h>

void host_print(struct host_text *out, const char *format, ...)
{
    va_list args;
    for (;;) {
        va_start(args, format);
        size_t room = out->capacity - out->size;
        int length = vsnprintf(out->text ? out->text + out->size : NULL, room, format, args);
        va_end(args);
        if (length >= 0 && (size_t)length < room) {
            out->size += (size_t)length;
            return;
        }
        size_t capacity = 2 * out->capacity + (size_t)length + 4096;
        char *text = realloc(out->text, capacity);
        if (!text)
            plat_panic("out of memory for %zu bytes of text", capacity);
        out->text = text;
        out->capacity = capacity;
    }
}

static void print_text(struct host_text *out, const char *text)
{
    char json[1024];
    rt_json_text(json, sizeof json, text);
    host_print(out, "\"%s\"", json);
}

static void print_type_name(struct host_text *out, const struct type_desc *type)
{
    char name[TYPE_NAME_SIZE];
    print_text(out, rt_type_name(type, name, sizeof name));
}

static void print_fields(struct host_text *out, struct type_desc *type)
{
    host_print(out, ",\"fields\":[");
    for (uint32_t i = 0; i < type->field_count; i++) {
        struct field_desc *field = &type->fields[i];
        struct md_error ignored = { 0 };
        host_print(out, "%s{\"name\":", i ? "," : "");
        print_text(out, field->name);
        host_print(out, ",\"type\":");
        print_type_name(out, field->flags & FIELD_LITERAL ? NULL : rt_field_type(field, &ignored));
        host_print(out, ",\"offset\":%u,\"size\":%u,\"static\":%s,\"literal\":%s}", field->offset,
                   field->size, field->flags & FIELD_STATIC ? "true" : "false",
                   field->flags & FIELD_LITERAL ? "true" : "false");
    }
    host_print(out, "]");
}

static void print_vtable(struct host_text *out, struct type_desc *type)
{
    char name[TYPE_NAME_SIZE];
    host_print(out, ",\"vtable\":[");
    for (uint32_t i = 0; i < type->vtable_count; i++) {
        host_print(out, i ? "," : "");
        print_text(out, rt_method_name(type->vtable_methods[i], name, sizeof name));
    }
    host_print(out, "],\"interfaces\":[");
    for (uint32_t i = 0; i < type->interface_count; i++) {
        host_print(out, i ? "," : "");
        print_type_name(out, type->interfaces[i]);
    }
    host_print(out, "],\"dispatch\":{");
    bool first = true;
    for (uint32_t i = 0; !(type->flags & TYPE_INTERFACE) && i < type->interface_count; i++) {
        struct type_desc *interface = type->interfaces[i];
        for (uint32_t m = 0; m < interface->method_count; m++) {
            struct method_desc *method = &interface->methods[m];
            if (!(method->flags & METHOD_VIRTUAL))
                continue;
            struct method_desc *target = rt_interface_target(type, method);
            host_print(out, first ? "" : ",");
            first = false;
            print_text(out, rt_method_name(method, name, sizeof name));
            host_print(out, ":");
            print_text(out, target ? rt_method_name(target, name, sizeof name) : "");
        }
    }
    host_print(out, "}");
}

static void print_array(struct host_text *out, struct type_desc *type)
{
    struct md_error error = { 0 };
    struct type_desc *array = rt_array_of(type);
    if (!rt_type_load(array, &error))
        return;
    host_print(out, ",\"array\":{\"base_size\":%u,\"component_size\":%u}",
               array->method_table->base_size, array->method_table->component_size);
}

void host_dump_types(struct assembly *assembly, struct host_text *out)
{
    host_print(out, "[");
    for (uint32_t row = 1; row <= md_rows(&assembly->md, MD_TYPEDEF); row++) {
        struct md_error error = { 0 };
        struct type_desc *type = rt_type_of_def(assembly, row, &error);
        host_print(out, "%s\n{\"token\":%u", row > 1 ? "," : "", MD_TOKEN(MD_TYPEDEF, row));
        if (type) {
            host_print(out, ",\"name\":");
            print_type_name(out, type);
        }
        if (!type || !rt_type_load(type, &error)) {
            host_print(out, ",\"error\":");
            print_text(out, error.text);
        } else {
            struct method_table *mt = type->method_table;
            host_print(out, ",\"parent\":");
            print_type_name(out, type->parent);
            host_print(out, ",\"flags\":%u,\"element_type\":%u,\"instance_size\":%u,\"align\":%u,"
                       "\"base_size\":%u,\"component_size\":%u,\"mt_flags\":%u,\"statics_size\":%u",
                       type->flags, type->element_type, type->instance_size, type->align,
                       mt->base_size, mt->component_size, mt->flags, type->statics_size);
            print_fields(out, type);
            print_vtable(out, type);
            print_array(out, type);
        }
        host_print(out, "}");
    }
    host_print(out, "\n]\n");
}
