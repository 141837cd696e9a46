/* Coming up, finding Main, running it. */
#include "../contract/contract.h"
#include "exec.h"

struct rt_thread *g_threads;
static struct rt_thread s_boot_thread;

static void start_thread_record(void)
{
    struct plat_range stack = plat_current_stack();
    s_boot_thread = (struct rt_thread){
        .id = 1, .stack_low = stack.base, .stack_high = stack.base + stack.size, .name = "boot",
    };
    g_threads = &s_boot_thread;
}

bool rt_init(struct md_error *error)
{
    __asm__ volatile("fninit");         /* x87 at full precision, exceptions masked */
    contract_init();
    start_thread_record();
    rt_heap_init();
    rt_code_init();
    g_korlib = rt_find_assembly("korlib");
    if (!g_korlib) {
        md_fail(error, "korlib.dll is not among the modules (or does not load: see the log)");
        return false;
    }
    if (!rt_types_init(error))
        return false;
    rt_callbacks_init();
    return true;
}

/* Every pointer into the runtime dies: the host library starts over. */
void rt_reset(void)
{
    rt_assemblies_reset();
    rt_types_reset();
    rt_layout_reset();
    rt_heap_reset();
    rt_strings_reset();
    rt_code_reset();
    rt_registry_reset();
    rt_throw_reset();
    g_threads = NULL;
    g_trace_flags = 0;
    rt_memory_reset();
}

struct method_desc *rt_entry_point(struct assembly *assembly, struct md_error *error)
{
    md_token token = assembly->md.entry_point;
    if (MD_TOKEN_TABLE(token) != MD_METHODDEF || !MD_TOKEN_ROW(token)) {
        md_fail(error, "%s: the assembly has no entry point; compile it as an .exe",
                assembly->file);
        return NULL;
    }
    struct method_desc *method = rt_method_of_def(assembly, MD_TOKEN_ROW(token), error);
    struct jit_sig sig;
    if (!method || !rt_type_load(method->owner, error) ||
        !rt_method_signature(method, &sig, error))
        return NULL;
    bool takes_args = sig.arg_count == 1 && sig.args[0].desc == rt_array_of(g_string_type);
    bool returns = sig.ret.kind == JIT_VOID || sig.ret.kind == JIT_I4 || sig.ret.kind == JIT_U4;
    if (sig.has_this || (sig.arg_count && !takes_args) || !returns) {
        md_fail(error,
                "%s: MethodDef row %u: Main must be static, take nothing or string[] and return "
                "nothing or int", assembly->file, MD_TOKEN_ROW(token));
        return NULL;
    }
    return method;
}

int32_t rt_run_main(struct method_desc *main, const char *const *args, size_t arg_count)
{
    struct md_error error = { 0 };
    struct jit_sig sig;
    if (!rt_method_signature(main, &sig, &error))
        plat_panic("%s", error.text);
    struct rt_array *array = NULL;
    if (sig.arg_count) {
        struct type_desc *type = rt_array_of(g_string_type);
        if (!rt_type_load(type, &error))
            plat_panic("%s", error.text);
        array = rt_new_array(type->method_table, (int64_t)arg_count);
        for (size_t i = 0; i < arg_count; i++)
            ((struct rt_string **)array_data(array))[i] = rt_string_from_utf8(args[i]);
    }
    void *code = rt_call_address(main);
    int32_t status = ((int32_t (CLR_ABI *)(struct rt_array *))(uintptr_t)code)(array);
    return sig.ret.kind == JIT_VOID ? 0 : status;
}

void *rt_method_pointer(const char *assembly_name, const char *type_name, const char *method_name)
{
    struct md_error error = { 0 };
    struct assembly *assembly = rt_find_assembly(assembly_name);
    struct type_desc *type = NULL;
    struct method_desc *method = NULL;
    if (!assembly)
        md_fail(&error, "assembly '%s' is not among the modules", assembly_name);
    else
        type = rt_find_type(assembly, type_name, &error);
    if (type && rt_type_load(type, &error))
        method = rt_find_method(type, method_name);
    if (!method) {
        plat_log("[runtime] %s!%s::%s is not there%s%s\n", assembly_name, type_name, method_name,
                 error.set ? ": " : "", error.set ? error.text : "");
        return NULL;
    }
    return rt_call_address(method);
}

/* ---- the kernel's own run ---- */

static _Noreturn void load_failed(const char *text)
{
    char json[480], line[600];
    rt_json_text(json, sizeof json, text);
    int n = plat_snprintf(line, sizeof line,
                          "@@clr {\"event\":\"load-failed\",\"message\":\"%s\"}\n",
                          json);
    plat_write(PLAT_LOG, line, (size_t)n);
    plat_log("!!! LOAD FAILED: %s\n", text);
    g_last_fault.vector = FAULT_COMPILE;
    g_last_fault.message = rt_keep_text(text);
    plat_fatal_stop(EXIT_LOAD_FAILED);
}

/* "@args": arguments one behind the other, each ended by a NUL. */
static const char *const *read_args(size_t *count)
{
    const char *text = NULL;
    size_t size = 0, at = 0;
    for (size_t i = 0; i < plat_module_count(); i++)
        if (!strcmp(plat_module(i)->name, "@args")) {
            text = (const char *)plat_module(i)->bytes;
            size = plat_module(i)->size;
        }
    *count = 0;
    for (size_t i = 0; i < size; i++)
        *count += !text[i];
    const char **args = rt_keep(*count * sizeof *args);
    for (size_t i = 0; i < *count; i++) {
        args[i] = text + at;
        at += strlen(text + at) + 1;
    }
    return args;
}

_Noreturn void rt_main(void)
{
    char message[900];
    struct md_error error = { 0 };
    const char *trace = plat_option("jit.trace");
    if (!faults_parse(plat_option("jit.fault"), message, sizeof message))
        load_failed(message);
    if (trace && strcmp(trace, "stfld")) {
        plat_snprintf(message, sizeof message,
                      "jit.trace: there is no trace '%s'; known is: stfld", trace);
        load_failed(message);
    }
    if (!rt_init(&error))
        load_failed(error.text);
    if (trace)
        g_trace_flags = JIT_TRACE_STFLD;

    const char *program = plat_option("program");
    const struct plat_module *module = NULL;
    const char *file = program ? program : "init.dll";
    for (size_t i = 0; i < plat_module_count(); i++)
        if (!strcmp(plat_module(i)->name, file))
            module = plat_module(i);
    if (!module) {
        plat_snprintf(message, sizeof message, "%s is not among the modules", file);
        load_failed(message);
    }
    struct assembly *assembly = rt_load_assembly(file, module->bytes, module->size, &error);
    if (!assembly)
        load_failed(error.text);
    struct method_desc *main;
    if (program) {
        main = rt_entry_point(assembly, &error);
    } else {
        struct type_desc *type = rt_find_type(assembly, "Kernel.Init", &error);
        main = type && rt_type_load(type, &error) ? rt_find_method(type, "Main") : NULL;
        if (!main)
            md_fail(&error, "init.dll has no Kernel.Init::Main");
    }
    if (!main)
        load_failed(error.text);
    size_t count;
    const char *const *args = read_args(&count);
    int32_t status = rt_run_main(main, args, count);
    plat_exit(program ? "program" : "kernel", status);
}
