/* The C interface of libclrhost.so. */
#define _GNU_SOURCE
#include "host.h"
#include "../runtime/exec/exec.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char s_error[1024];
static struct host_text s_failures, s_dump;
static bool s_created;

static int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(s_error, sizeof s_error, format, args);
    va_end(args);
    return -1;
}

const char *clrhost_error(void) { return s_error; }
const char *clrhost_failures(void) { return s_failures.text ? s_failures.text : ""; }

int clrhost_add_module(const char *name, const void *bytes, size_t size)
{
    return host_add_module(name, bytes, size) ? 0 : fail("too many modules");
}

int clrhost_add_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return fail("%s: %m", path);
    uint8_t *bytes = NULL;
    size_t size = 0, room = 0;
    for (;;) {
        if (size == room) {
            room = room ? 2 * room : 1 << 16;
            uint8_t *more = realloc(bytes, room);
            if (!more) {
                free(bytes);
                fclose(file);
                return fail("%s: out of memory", path);
            }
            bytes = more;
        }
        size_t got = fread(bytes + size, 1, room - size, file);
        if (!got)
            break;
        size += got;
    }
    bool broken = ferror(file);
    fclose(file);
    const char *slash = strrchr(path, '/');
    int result = broken ? fail("%s: cannot be read", path)
                        : clrhost_add_module(slash ? slash + 1 : path, bytes, size);
    free(bytes);
    return result;
}

int clrhost_option(const char *key, const char *value)
{
    return host_set_option(key, value) ? 0 : fail("too many options");
}

/* Runs the rest of the caller's block; a fatal end inside comes back here and gives true. */
#define FATAL_END() (g_host_run.active = true, sigsetjmp(g_host_run.back, 1))

static int ended(void)
{
    g_host_run.active = false;
    return fail("%s", g_host_run.text);
}

int clrhost_create(void)
{
    char message[1000];
    struct md_error error = { 0 };
    if (s_created)
        return fail("there is a runtime already; destroy it first");
    if (!faults_parse(plat_option("jit.fault"), message, sizeof message))
        return fail("%s", message);
    if (FATAL_END())
        return ended();
    s_created = true;
    bool ok = rt_init(&error);
    g_host_run.active = false;
    if (!ok)
        return fail("%s", error.text);
    if (plat_option("jit.trace"))
        g_trace_flags = JIT_TRACE_STFLD;
    return 0;
}

void clrhost_destroy(void)
{
    rt_reset();
    host_memory_reset();
    host_clear();
    free(s_failures.text);
    free(s_dump.text);
    memset(&s_failures, 0, sizeof s_failures);
    memset(&s_dump, 0, sizeof s_dump);
    s_created = false;
}

static struct assembly *find_loaded(const char *module)
{
    for (struct assembly *a = g_assemblies; a; a = a->next)
        if (!strcmp(a->file, module))
            return a;
    return NULL;
}

int clrhost_load(const char *name)
{
    struct md_error error = { 0 };
    if (find_loaded(name))
        return 0;
    for (size_t i = 0; i < plat_module_count(); i++) {
        const struct plat_module *module = plat_module(i);
        if (strcmp(module->name, name))
            continue;
        if (FATAL_END())
            return ended();
        struct assembly *assembly = rt_load_assembly(name, module->bytes, module->size, &error);
        g_host_run.active = false;
        return assembly ? 0 : fail("%s", error.text);
    }
    return fail("%s is not among the modules", name);
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void compile_type(struct type_desc *type, struct clrhost_statistics *statistics)
{
    struct md_error error = { 0 };
    statistics->types++;
    if (!rt_type_load(type, &error)) {
        statistics->types_failed++;
        host_print(&s_failures, "%s\n", error.text);
        return;
    }
    for (uint32_t i = 0; i < type->method_count; i++) {
        struct method_desc *method = &type->methods[i];
        if (method->flags & (METHOD_NATIVE | METHOD_RUNTIME | METHOD_ABSTRACT))
            continue;
        uint64_t start = now();
        bool compiled = rt_compile(method) != NULL;
        statistics->nanoseconds += now() - start;
        statistics->methods++;
        if (!compiled) {
            statistics->methods_failed++;
            host_print(&s_failures, "%s\n", method->failure);
        } else if (method->code) {
            statistics->il_bytes += method->code->il_size;
            statistics->code_bytes += method->code->code_size;
        }
    }
}

int clrhost_compile_all(const char *module, struct clrhost_statistics *statistics)
{
    memset(statistics, 0, sizeof *statistics);
    if (!s_created || clrhost_load(module) < 0)
        return s_created ? -1 : fail("there is no runtime");
    if (FATAL_END())
        return ended();
    struct assembly *assembly = find_loaded(module);
    s_failures.size = 0;
    host_print(&s_failures, "%s", "");
    for (uint32_t row = 1; row <= md_rows(&assembly->md, MD_TYPEDEF); row++) {
        struct md_error error = { 0 };
        struct type_desc *type = rt_type_of_def(assembly, row, &error);
        if (type) {
            compile_type(type, statistics);
        } else {
            statistics->types++;
            statistics->types_failed++;
            host_print(&s_failures, "%s\n", error.text);
        }
    }
    g_host_run.active = false;
    return 0;
}

int clrhost_run(const char *module, int argc, const char *const *argv, int *status)
{
    struct md_error error = { 0 };
    if (!s_created || clrhost_load(module) < 0)
        return s_created ? -1 : fail("there is no runtime");
    s_error[0] = 0;
    if (FATAL_END()) {
        g_host_run.active = false;
        *status = g_host_run.status;
        if (!g_host_run.exited)
            fail("%s", g_host_run.text);
        return 0;
    }
    struct method_desc *main = rt_entry_point(find_loaded(module), &error);
    if (!main) {
        g_host_run.active = false;
        return fail("%s", error.text);
    }
    *status = rt_run_main(main, argv, (size_t)argc);
    g_host_run.active = false;
    fflush(stdout);
    return 0;
}

const char *clrhost_dump_types(const char *module)
{
    if (!s_created || clrhost_load(module) < 0) {
        if (!s_created)
            fail("there is no runtime");
        return NULL;
    }
    if (FATAL_END()) {
        ended();
        return NULL;
    }
    s_dump.size = 0;
    host_dump_types(find_loaded(module), &s_dump);
    g_host_run.active = false;
    return s_dump.text;
}
