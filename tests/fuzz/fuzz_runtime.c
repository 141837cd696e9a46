/* One input: an assembly to be loaded beside korlib, every type of it laid out and every method
 * compiled; nothing is run. What it must show: code, or an error that says which file or method and
 * why. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../reference_kernel/runtime/exec/exec.h"
#include "check_records.h"
#include "plat_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool s_faults;                       /* a fault is switched on in this run */

static void require(bool condition, const char *what, const char *text)
{
    if (!condition) {
        fprintf(stderr, "ERROR: %s: \"%s\"\n", what, text == NULL ? "" : text);
        abort();
    }
}

static void say(const char *text)
{
    if (getenv("CLR_FUZZ_LOG") != NULL) {
        fprintf(stderr, "%s\n", text);
    }
}

static void check_error(bool ok, const struct md_error *error)
{
    require(ok != error->set, "result and error disagree", error->text);
    require(ok || strstr(error->text, ".dll") != NULL, "an error names no file", error->text);
    if (!ok) {
        say(error->text);
    }
}

static void compile(struct assembly *assembly, uint32_t row)
{
    struct md_error error = {0};
    struct method_desc *method = rt_method_of_def(assembly, row, &error);
    check_error(method != NULL, &error);
    if (method == NULL) {
        return;
    }
    bool loaded = rt_type_load(method->owner, &error);
    check_error(loaded, &error);
    if (!loaded) {
        return;
    }
    if (rt_compile(method) != NULL) {
        if (s_faults) {                     /* records are claims: with a fault on they are wrong */
            return;
        }
        struct plat_code_region region = plat_code_region();
        if (method->code != NULL) {         /* a native function has none */
            check_code(method->code, region.rx, region.size);
        }
    } else {
        require((method->flags & METHOD_FAILED) && method->failure != NULL,
                "a method without code has no failure", method->name);
        require(strstr(method->failure, "fuzz.dll") != NULL
                    || strstr(method->failure, "out of memory") != NULL,
                "a failure names no file", method->failure);
        say(method->failure);
    }
}

/* CLR_FUZZ_FAULTS: a fault's name, or "mixed" for one by input (as often none), in every scope. Only
 * what is loaded from here on is concerned: the class library's basic types are right. */
static void switch_faults(const uint8_t *data, size_t size)
{
    const char *name = getenv("CLR_FUZZ_FAULTS");
    char option[64], message[1000];
    size_t count = 0;
    uint32_t hash = 2166136261u;
    if (name != NULL && strcmp(name, "mixed") == 0) {
        for (size_t i = 0; i < size; i++) {
            hash = (hash ^ data[i]) * 16777619u;
        }
        hash ^= hash >> 15;
        while (faults_name(count) != NULL) {
            count++;
        }
        name = hash % (2 * count) < count ? faults_name(hash % (2 * count)) : NULL;
    }
    s_faults = name != NULL;
    if (s_faults) {
        snprintf(option, sizeof option, "%s@*!*::*", name);
        require(faults_parse(option, message, sizeof message), "no such fault", message);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    if (!started) {
        plat_fuzz_start();
        started = true;
    }
    struct md_error error = {0};
    char nothing[8];
    faults_parse(NULL, nothing, sizeof nothing);
    require(rt_init(&error), "korlib does not load", error.text);
    switch_faults(data, size);
    plat_fuzz_limit();
    struct assembly *assembly = rt_load_assembly("fuzz.dll", data, size, &error);
    check_error(assembly != NULL, &error);
    if (assembly != NULL) {
        for (uint32_t row = 1; row <= md_rows(&assembly->md, MD_TYPEDEF); row++) {
            struct md_error type_error = {0};
            struct type_desc *type = rt_type_of_def(assembly, row, &type_error);
            bool loaded = type != NULL && rt_type_load(type, &type_error);
            check_error(loaded, &type_error);
            if (loaded && !s_faults) {
                check_type(type);
            }
        }
        for (uint32_t row = 1; row <= md_rows(&assembly->md, MD_METHODDEF); row++) {
            compile(assembly, row);
        }
        struct md_error entry_error = {0};
        check_error(rt_entry_point(assembly, &entry_error) != NULL, &entry_error);
    }
    rt_reset();
    plat_fuzz_unlimited();
    return 0;
}
