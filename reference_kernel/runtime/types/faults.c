/* The one table of the faults that can be switched on at boot: name, bit, default scope. What each
 * scope breaks: managed/scenarios/SCOPES.md. */
#include "types.h"

#define MAX_SWITCHES 32
#define MAX_SCOPE 128

static const struct fault {
    const char *name;
    uint32_t bit;
    const char *scope;                  /* ASSEMBLY!TYPE::METHOD globs; several with '|' */
} s_faults[] = {
    { "array-mt-element", JIT_FAULT_ARRAY_MT_ELEMENT, "scenarios!Scenarios.ArrayMtElement::*" },
    { "array-stride-unaligned", FAULT_ARRAY_STRIDE_UNALIGNED,
      "scenarios!Scenarios.ArrayStrideUnaligned+Bar::*" },
    { "this-not-homed", JIT_FAULT_THIS_NOT_HOMED, "ddk!Ddk.PciDeviceInfo::ReadProgIf" },
    { "vt-field-offset", FAULT_VT_FIELD_OFFSET, "scenarios!Scenarios.VtFieldOffset+Address::*" },
    { "local-slot-8", JIT_FAULT_LOCAL_SLOT_8, "scenarios!Scenarios.LocalSlot8::Fill" },
    { "callee-saved-lost", JIT_FAULT_CALLEE_SAVED_LOST,
      "virtioblk!VirtioBlk.VirtioBlkEntry::Bind" },
    { "local0-over-save-area", JIT_FAULT_LOCAL0_OVER_SAVE_AREA,
      "scenarios!Scenarios.Local0OverSaveArea::Bind" },
    { "embedded-vt-field-8", FAULT_EMBEDDED_VT_FIELD_8, "ddk!Ddk.PciDeviceInfo::*" },
    { "shadow-space-missing", JIT_FAULT_SHADOW_SPACE_MISSING,
      "scenarios!Scenarios.ShadowSpaceMissing::*" },
    { "stack-arg-shift", JIT_FAULT_STACK_ARG_SHIFT, "scenarios!Scenarios.StackArgShift::*" },
    { "hidden-buffer-not-homed", JIT_FAULT_HIDDEN_BUFFER_NOT_HOMED,
      "scenarios!Scenarios.HiddenBufferNotHomed*::*" },
    { "dup-large-vt", JIT_FAULT_DUP_LARGE_VT, "scenarios!Scenarios.DupLargeVt::*" },
    { "vtable-slot-collision", FAULT_VTABLE_SLOT_COLLISION,
      "scenarios!Scenarios.VtableSlotCollision+Device::*" },
    { "width-truncate", JIT_FAULT_WIDTH_TRUNCATE, "scenarios!Scenarios.WidthTruncate::*" },
    { "token-only-registry", FAULT_TOKEN_ONLY_REGISTRY,
      "scenarios!Scenarios.TokenOnlyRegistry::Value" },
};
#define FAULT_COUNT (sizeof s_faults / sizeof *s_faults)

struct switched {
    uint32_t bit;
    char scope[MAX_SCOPE];
};
static struct switched s_on[MAX_SWITCHES];
static size_t s_on_count;

/* `*` any text, `?` one character, [pattern, end) against zero-terminated text. */
static bool glob(const char *pattern, const char *end, const char *text)
{
    const char *star = NULL, *resume = NULL;
    for (;;) {
        if (pattern < end && *pattern == '*') {
            star = pattern++;
            resume = text;
        } else if (pattern < end && *text && (*pattern == '?' || *pattern == *text)) {
            pattern++;
            text++;
        } else if (pattern == end && !*text) {
            return true;
        } else if (star && *resume) {
            pattern = star + 1;
            text = ++resume;
        } else {
            return false;
        }
    }
}

static const char *find(const char *text, const char *end, const char *what)
{
    size_t length = strlen(what);
    for (; text + length <= end; text++)
        if (!strncmp(text, what, length))
            return text;
    return NULL;
}

/* ASSEMBLY!TYPE::METHOD; a missing part matches everything. */
static bool in_scope(const char *scope, const char *end, const struct type_desc *type,
                     const char *method)
{
    char name[256];
    const char *bang = find(scope, end, "!");
    if (bang) {
        if (!glob(scope, bang, type->assembly->name))
            return false;
        scope = bang + 1;
    }
    const char *colons = find(scope, end, "::");
    if (!glob(scope, colons ? colons : end, rt_type_name(type, name, sizeof name)))
        return false;
    return !colons || !method || glob(colons + 2, end, method);
}

uint32_t faults_for(const struct type_desc *type, const struct method_desc *method)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < s_on_count; i++) {
        const char *at = s_on[i].scope, *end = at + strlen(at);
        while (at < end && !(bits & s_on[i].bit)) {
            const char *bar = find(at, end, "|");
            if (in_scope(at, bar ? bar : end, type, method ? method->name : NULL))
                bits |= s_on[i].bit;
            at = bar ? bar + 1 : end;
        }
    }
    return bits;
}

static bool unknown(const char *name, const char *end, char *message, size_t size)
{
    int at = plat_snprintf(message, size, "jit.fault: there is no fault '%.*s'; known are:",
                           (int)(end - name), name);
    for (size_t i = 0; i < FAULT_COUNT && at > 0 && (size_t)at < size; i++)
        at += plat_snprintf(message + at, size - (size_t)at, " %s", s_faults[i].name);
    return false;
}

static bool switch_on(const char *name, const char *end, char *message, size_t size)
{
    const char *at = find(name, end, "@");
    const char *name_end = at ? at : end;
    for (size_t i = 0; i < FAULT_COUNT; i++) {
        const struct fault *fault = &s_faults[i];
        if (strlen(fault->name) != (size_t)(name_end - name) ||
            strncmp(fault->name, name, strlen(fault->name)))
            continue;
        const char *scope = at ? at + 1 : fault->scope;
        size_t length = at ? (size_t)(end - scope) : strlen(scope);
        if (length >= MAX_SCOPE || !length || s_on_count == MAX_SWITCHES) {
            plat_snprintf(message, size,
                          "jit.fault: %s: the scope must have 1 to %d characters, and "
                          "at most %d faults can be on", fault->name, MAX_SCOPE - 1, MAX_SWITCHES);
            return false;
        }
        s_on[s_on_count].bit = fault->bit;
        memcpy(s_on[s_on_count].scope, scope, length);
        s_on[s_on_count++].scope[length] = 0;
        return true;
    }
    return unknown(name, name_end, message, size);
}

bool faults_parse(const char *option, char *message, size_t size)
{
    s_on_count = 0;
    while (option && *option) {
        const char *end = option;
        while (*end && *end != ',')
            end++;
        if (!switch_on(option, end, message, size)) {
            s_on_count = 0;
            return false;
        }
        option = *end ? end + 1 : end;
    }
    return true;
}

const char *faults_name(size_t index)
{
    return index < FAULT_COUNT ? s_faults[index].name : NULL;
}
