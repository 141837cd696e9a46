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
        struct plat_code_region region = plat_code_region();
        if (method->code != NULL) {         /* a native function has none */
            check_code(method->code, region.rx, region.size);
        }
    } else {
        require((method->flags & METHOD_FAILED) && method->failure != NULL,
                "a method without code has no failure", method->name);
        require(strstr(method->failure, "fuzz.dll") != NULL, "a failure names no file",
                method->failure);
        say(method->failure);
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
    require(rt_init(&error), "korlib does not load", error.text);
    struct assembly *assembly = rt_load_assembly("fuzz.dll", data, size, &error);
    check_error(assembly != NULL, &error);
    if (assembly != NULL) {
        for (uint32_t row = 1; row <= md_rows(&assembly->md, MD_TYPEDEF); row++) {
            struct md_error type_error = {0};
            struct type_desc *type = rt_type_of_def(assembly, row, &type_error);
            bool loaded = type != NULL && rt_type_load(type, &type_error);
            check_error(loaded, &type_error);
            if (loaded) {
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
    return 0;
}
