/* A method's first call: find or compile its code, then let `entry` lead there. Interface
 * dispatch. */
#include "exec.h"

#define REGISTRY_BUCKETS 1024

uint32_t g_trace_flags;
struct dispatch_line g_dispatch_cache[DISPATCH_LINES];

enum { IMPLMAP_FORWARDED = 1, IMPLMAP_NAME = 2 };

/* ---- the method registry: which methods have code, by (assembly, token, instantiation) ---- */

struct registered {
    struct registered *next;
    struct method_desc *method;
};
static struct registered *s_registry[REGISTRY_BUCKETS];

static struct method_desc *registry_find(const struct method_desc *method)
{
    /* Fault token-only-registry: the assembly does not count. */
    bool token_only = (faults_for(method->owner, method) & FAULT_TOKEN_ONLY_REGISTRY) != 0;
    if (!token_only && !method->instantiation)
        return NULL;            /* no other method has its key, and it has no code yet */
    for (struct registered *r = s_registry[method->token % REGISTRY_BUCKETS]; r; r = r->next)
        if (r->method->token == method->token &&
            r->method->instantiation == method->instantiation &&
            (r->method->assembly == method->assembly || token_only))
            return r->method;
    return NULL;
}

static void registry_add(struct method_desc *method)
{
    struct registered *r = rt_keep(sizeof *r);
    struct registered **bucket = &s_registry[method->token % REGISTRY_BUCKETS];
    r->method = method;
    r->next = *bucket;
    *bucket = r;
}

void rt_registry_reset(void)
{
    memset(s_registry, 0, sizeof s_registry);
    memset(g_dispatch_cache, 0, sizeof g_dispatch_cache);
}

/* ---- native methods ---- */

static void *search_exports(const struct rt_export *exports, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(exports[i].key, key))
            return exports[i].function;
    return NULL;
}

static void *search_all(const char *key)
{
    void *found = search_exports(rt_icalls, rt_icall_count, key);
    if (!found)
        found = search_exports(rt_icalls_type, rt_icall_type_count, key);
    if (!found)
        found = search_exports(rt_icalls_math, rt_icall_math_count, key);
    if (!found)
        found = search_exports(plat_exports, plat_export_count, key);
    return found;
}

/* The name that a DllImport gives, or "Namespace.Type::Method", with "/COUNT" of parameters tried
 * first. */
void *rt_find_native(struct method_desc *method)
{
    char key[256];
    const struct md_image *md = &method->assembly->md;
    struct md_error ignored = { 0 };    /* not found is reported by the caller */
    uint32_t row = md_find_token(md, MD_IMPLMAP, IMPLMAP_FORWARDED, method->token);
    if (row) {
        const char *name = md_column_string(md, MD_IMPLMAP, row, IMPLMAP_NAME, &ignored);
        return ignored.set ? NULL : search_all(name);
    }
    struct jit_sig sig;
    if (!rt_method_signature(method, &sig, &ignored))
        return NULL;
    size_t length = strlen(rt_method_name(method, key, sizeof key - 8));
    plat_snprintf(key + length, sizeof key - length, "/%u", sig.arg_count);
    void *found = search_all(key);
    key[length] = 0;
    return found ? found : search_all(key);
}

/* ---- failures ---- */

#define TOLD_CALLS 8                    /* a loop must not fill the console */

struct failed_calls {
    uint32_t count;
    const char *event;                  /* the line for programs */
};

static void report_failure(struct method_desc *method, uint32_t il, const char *opcode,
                           const char *message)
{
    char name[TYPE_NAME_SIZE], text[480], json[3][400], line[1400];
    rt_method_name(method, name, sizeof name);
    plat_snprintf(text, sizeof text, "%s %s at IL_%04x%s%s: %s", method->assembly->file, name, il,
                  *opcode ? " " : "", opcode, message);
    method->failure = rt_keep_text(text);
    method->flags |= METHOD_FAILED;
    rt_json_text(json[0], sizeof json[0], method->assembly->name);
    rt_json_text(json[1], sizeof json[1], name);
    rt_json_text(json[2], sizeof json[2], message);
    int n = plat_snprintf(line, sizeof line,
                          "@@clr {\"event\":\"compile-failed\",\"assembly\":\"%s\","
                          "\"method\":\"%s\",\"il\":%u,\"opcode\":\"%s\",\"message\":\"%s\"}\n",
                          json[0], json[1], il, opcode, json[2]);
    (void)n;
    struct failed_calls *calls = rt_keep(sizeof *calls);
    calls->event = rt_keep_text(line);
    method->failed_calls = calls;
}

static void tell_failed_call(struct method_desc *method)
{
    uint32_t count = ++method->failed_calls->count;
    if (count <= TOLD_CALLS) {
        plat_write(PLAT_LOG, method->failed_calls->event, strlen(method->failed_calls->event));
        plat_log("!!! COMPILE FAILED: %s\n", method->failure);
    }
    if (count == TOLD_CALLS)
        plat_log("    further calls of this method are not told\n");
}

/* Called by rt_failed_entry at each call of a method that did not compile. */
CLR_ABI void *rt_failed_call(struct method_desc *method, void *rcx, void *rdx);
CLR_ABI void *rt_failed_call(struct method_desc *method, void *rcx, void *rdx)
{
    tell_failed_call(method);
    const char *choice = plat_option("oncompilefail");
    if (!choice || strcmp(choice, "continue")) {
        g_last_fault.vector = FAULT_COMPILE;
        g_last_fault.message = method->failure;
        plat_fatal_stop(EXIT_COMPILE_FAILED);
    }
    struct jit_sig sig;
    struct md_error ignored = { 0 };    /* a signature that cannot be read has no buffer either */
    if (!rt_method_signature(method, &sig, &ignored) || sig.ret.kind != JIT_STRUCT)
        return NULL;
    uint32_t size = sig.ret.size;
    if (size == 1 || size == 2 || size == 4 || size == 8)
        return NULL;
    void *buffer = sig.has_this ? rdx : rcx;
    memset(buffer, 0, size);
    return buffer;
}

/* ---- compiling ---- */

static void *set_entry(struct method_desc *method, void *code)
{
    __atomic_store_n(&method->entry, code, __ATOMIC_RELEASE);
    return code;
}

static const char *not_compilable(const struct method_desc *method)
{
    if (method->flags & METHOD_RUNTIME)
        return "a method that the runtime provides: delegates are not supported yet";
    if (method->flags & METHOD_ABSTRACT)
        return "an abstract method has no code to run";
    if (method->assembly->index->generic_method[MD_TOKEN_ROW(method->token) - 1])
        return "a generic method: generics are not supported yet";
    return NULL;
}

void *rt_compile(struct method_desc *method)
{
    if (method->code)
        return (void *)(uintptr_t)method->code->code_start;
    if (method->flags & METHOD_FAILED)
        return NULL;
    const char *refused = not_compilable(method);
    if (refused) {
        report_failure(method, 0, "", refused);
        return NULL;
    }
    if (method->flags & METHOD_NATIVE) {
        void *native = rt_find_native(method);
        if (!native)
            report_failure(method, 0, "",
                           "neither kernel nor runtime has a native function of this name");
        return native;
    }
    struct method_desc *same = registry_find(method);
    if (same)
        return (void *)(uintptr_t)same->code->code_start;

    struct jit_request request = {
        .method = method,
        .faults = faults_for(method->owner, method) & 0xFFFF,
        .traces = g_trace_flags,
        .is_static_ctor = (method->flags & METHOD_CCTOR) != 0,
    };
    struct arena_mark mark = rt_arena_mark();
    struct jit_error error = { 0 };
    uint64_t start = plat_ticks();
    struct jit_code *code = jit_compile(&g_jit_runtime, &request, &error);
    rt_arena_release(mark);
    if (!code) {
        const char *opcode = error.opcode || error.il_offset ? jit_opcode_name(error.opcode) : "";
        report_failure(method, error.il_offset, opcode ? opcode : "?", error.message);
        return NULL;
    }
    uint64_t ticks = plat_ticks() - start;
    code->compile_ticks = ticks > UINT32_MAX ? UINT32_MAX : (uint32_t)ticks;
    method->compile_count++;
    __atomic_store_n(&method->code, code, __ATOMIC_RELEASE);
    registry_add(method);
    rt_register_code(code->code_start, code->code_size, CODE_METHOD, code);
    clr_method_compiled_hook(method);
    return (void *)(uintptr_t)code->code_start;
}

/* What rt_prestub_entry calls: the address to go on at. */
CLR_ABI void *rt_prestub_resolve(struct method_desc *method);
CLR_ABI void *rt_prestub_resolve(struct method_desc *method)
{
    struct md_error error = { 0 };
    if (!(method->flags & METHOD_FAILED) && !rt_type_load(method->owner, &error))
        report_failure(method, 0, "", error.text);
    void *code = rt_compile(method);
    if (!code)
        return set_entry(method, (void *)rt_failed_entry);
    /* The first call of any method of a type triggers its static constructor (II.10.5.3.1), so that
     * call sites need not; beforefieldinit leaves it to the accesses to fields. */
    struct type_desc *owner = method->owner;
    if (owner->cctor_state == CCTOR_PENDING && !(owner->flags & TYPE_BEFOREFIELDINIT))
        rt_run_cctor(owner);
    return set_entry(method, code);
}

/* What rt_interface_call calls on a cache miss. */
CLR_ABI void *rt_interface_resolve(struct rt_object *object, struct method_desc *method,
                                   struct dispatch_line *line);
CLR_ABI void *rt_interface_resolve(struct rt_object *object, struct method_desc *method,
                                   struct dispatch_line *line)
{
    struct type_desc *type = mt_type(object->mt);
    struct method_desc *target = rt_interface_target(type, method);
    if (!target) {
        char text[2 * TYPE_NAME_SIZE + 40], name[TYPE_NAME_SIZE], wanted[TYPE_NAME_SIZE];
        plat_snprintf(text, sizeof text, "%s does not implement %s",
                      rt_type_name(type, name, sizeof name),
                      rt_method_name(method, wanted, sizeof wanted));
        rt_throw_named("System.EntryPointNotFoundException", text);
    }
    void *thunk = rt_object_call_address(target);
    line->mt = NULL;                    /* never a line that pairs old and new */
    line->method = method;
    line->target = thunk;
    __atomic_store_n(&line->mt, object->mt, __ATOMIC_RELEASE);
    return thunk;
}
