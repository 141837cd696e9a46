/* Errors, compile-time memory, trace text. */
#include "compiler.h"

#include <stdarg.h>

static size_t put_text(char *out, size_t at, size_t size, const char *text)
{
    while (*text != 0 && at + 1 < size)
        out[at++] = *text++;
    return at;
}

static size_t put_number(char *out, size_t at, size_t size, uint64_t value)
{
    char digits[24];
    size_t n = sizeof digits;
    digits[--n] = 0;
    do {
        digits[--n] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    return put_text(out, at, size, digits + n);
}

static size_t put_hex(char *out, size_t at, size_t size, uint32_t value)
{
    char digits[9];
    for (int i = 0; i < 8; i++)
        digits[i] = "0123456789ABCDEF"[value >> (28 - 4 * i) & 15];
    digits[8] = 0;
    return put_text(out, at, size, digits);
}

static void locate(struct jc *c)
{
    c->failed = true;
    c->error->set = true;
    c->error->il_offset = c->in.offset;
    c->error->opcode = c->in.opcode;
}

void jc_fail(struct jc *c, const char *format, ...)
{
    char *out = c->error->message;
    size_t at = 0, size = sizeof c->error->message;
    va_list args;
    if (c->failed)
        return;
    va_start(args, format);
    for (const char *p = format; *p != 0; p++) {
        if (*p == '%' && p[1] == 's') {
            at = put_text(out, at, size, va_arg(args, const char *));
            p++;
        } else if (*p == '%' && p[1] == 'u') {
            at = put_number(out, at, size, va_arg(args, unsigned));
            p++;
        } else if (at + 1 < size) {
            out[at++] = *p;
        }
    }
    va_end(args);
    out[at] = 0;
    locate(c);
}

bool jc_resolved(struct jc *c, bool ok)
{
    if (c->failed)
        return false;
    if (!ok)
        locate(c);
    return ok;
}

static void *allocate(struct jc *c, void *(*arena)(void *, size_t), uint64_t count, uint32_t size)
{
    void *memory;
    if (c->failed)
        return NULL;
    memory = arena(c->rt->context, count == 0 ? size : count * size);
    if (memory == NULL)
        jc_fail(c, "out of memory for compiling");
    return memory;
}

void *jc_alloc(struct jc *c, uint64_t count, uint32_t size)
{
    return allocate(c, c->rt->arena, count, size);
}

void *jc_alloc_raw(struct jc *c, uint64_t count, uint32_t size)
{
    return allocate(c, c->rt->arena_raw != NULL ? c->rt->arena_raw : c->rt->arena, count, size);
}

bool jc_grow_slow(struct jc *c, void *array_pointer, uint32_t *capacity, uint32_t count,
                  uint32_t size)
{
    void **array = array_pointer;
    uint32_t bigger;
    void *memory;
    bigger = *capacity == 0 ? 16 : *capacity * 2;
    memory = jc_alloc_raw(c, bigger, size);
    if (memory == NULL)
        return false;
    if (count != 0)
        __builtin_memcpy(memory, *array, (size_t)count * size);
    *array = memory;
    *capacity = bigger;
    return true;
}

const char *jc_kind_name(unsigned kind)
{
    static const char *const names[] = {
        "void", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
        "native int", "native uint", "float32", "float64", "object reference", "managed pointer",
        "value type",
    };
    return kind < sizeof names / sizeof *names ? names[kind] : "unknown kind";
}

void jc_trace_stfld(struct jc *c, uint32_t token, uint32_t offset, uint32_t size)
{
    char text[96];
    size_t at = put_text(text, 0, sizeof text, "[JIT stfld] token=0x");
    at = put_hex(text, at, sizeof text, token);
    at = put_text(text, at, sizeof text, " offset=");
    at = put_number(text, at, sizeof text, offset);
    at = put_text(text, at, sizeof text, " size=");
    at = put_number(text, at, sizeof text, size);
    text[at] = 0;
    c->rt->trace_line(c->rt->context, text);
}
