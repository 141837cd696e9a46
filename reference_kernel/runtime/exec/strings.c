/* Strings: allocation, UTF-8 both ways, and the pool of literals. */
#include "exec.h"

static struct rt_object ***s_pool;      /* open addressing; cells of handles */
static uint32_t s_pool_size, s_pool_count;

void rt_strings_reset(void)
{
    s_pool = NULL;
    s_pool_size = s_pool_count = 0;
}

struct rt_string *rt_new_string(int32_t length)
{
    struct method_table *mt = g_string_type->method_table;
    if (length < 0 || length > 0x3FFFFFDF)
        rt_throw_system("OutOfMemoryException");
    return (struct rt_string *)rt_alloc(mt, (uint32_t)length);
}

/* One code point; a malformed sequence gives U+FFFD and consumes one byte. */
static uint32_t next_code_point(const uint8_t **at)
{
    const uint8_t *p = *at;
    uint32_t c = *p++;
    unsigned more = c < 0xC2 || c >= 0xF5 ? 0 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
    *at = p;
    if (c < 0x80)
        return c;
    if (!more)
        return 0xFFFD;
    c &= 0x3Fu >> more;
    for (unsigned i = 0; i < more; i++) {
        if ((*p & 0xC0) != 0x80)
            return 0xFFFD;
        c = c << 6 | (*p++ & 0x3F);
    }
    if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000) || (more == 2 && c < 0x800) ||
        (more == 3 && c < 0x10000))
        return 0xFFFD;
    *at = p;
    return c;
}

struct rt_string *rt_string_from_utf8(const char *text)
{
    int32_t length = 0;
    for (const uint8_t *at = (const uint8_t *)text; *at;)
        length += next_code_point(&at) >= 0x10000 ? 2 : 1;
    struct rt_string *string = rt_new_string(length);
    uint16_t *out = string->chars;
    for (const uint8_t *at = (const uint8_t *)text; *at;) {
        uint32_t c = next_code_point(&at);
        if (c >= 0x10000) {
            *out++ = (uint16_t)(0xD7C0 + (c >> 10));
            c = 0xDC00 | (c & 0x3FF);
        }
        *out++ = (uint16_t)c;
    }
    return string;
}

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = { 0, 0xC0, 0xE0, 0xF0 };
    out[0] = (char)(lead[more] | c >> 6 * more);
    for (size_t i = 1; i <= more; i++)
        out[i] = (char)(0x80 | (c >> 6 * (more - i) & 0x3F));
    return more + 1;
}

const char *rt_string_to_utf8(const struct rt_string *string, char *out, size_t size)
{
    size_t at = 0;
    for (int32_t i = 0; string && i < string->length && at + 5 <= size; i++) {
        uint32_t c = string->chars[i];
        if (c >= 0xD800 && c < 0xE000) {
            uint32_t low = c < 0xDC00 && i + 1 < string->length ? string->chars[i + 1] : 0;
            bool pair = low >= 0xDC00 && low < 0xE000;
            c = pair ? 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00) : 0xFFFD;
            i += pair;
        }
        at += put_utf8(out + at, c);
    }
    out[at] = 0;
    return out;
}

/* JSON string body (RFC 8259, section 7), cut to fit. */
void rt_json_text(char *out, size_t size, const char *text)
{
    size_t at = 0;
    for (; *text && at + 7 < size; text++) {
        uint8_t c = (uint8_t)*text;
        if (c == '"' || c == '\\') {
            out[at++] = '\\';
            out[at++] = (char)c;
        } else if (c < 0x20) {
            at += (size_t)plat_snprintf(out + at, size - at, "\\u%04x", c);
        } else {
            out[at++] = (char)c;
        }
    }
    out[at] = 0;
}

/* ---- literals ---- */

static uint32_t hash_units(const uint8_t *units, uint32_t count)
{
    uint32_t hash = 2166136261u ^ count;
    for (uint32_t i = 0; i < 2 * count; i++)
        hash = (hash ^ units[i]) * 16777619u;
    return hash ^ hash >> 15;
}

static struct rt_object ***find_place(const uint8_t *units, uint32_t count)
{
    for (uint32_t i = hash_units(units, count);; i++) {
        struct rt_object ***place = &s_pool[i & (s_pool_size - 1)];
        if (!*place)
            return place;
        struct rt_string *string = (struct rt_string *)**place;
        if (string->length == (int32_t)count && !memcmp(string->chars, units, 2 * (size_t)count))
            return place;
    }
}

static void grow_pool(void)
{
    struct rt_object ***old = s_pool;
    uint32_t old_size = s_pool_size;
    s_pool_size = old_size ? 2 * old_size : 1024;
    s_pool = rt_keep(s_pool_size * sizeof *s_pool);
    for (uint32_t i = 0; i < old_size; i++) {
        if (old[i]) {
            struct rt_string *string = (struct rt_string *)*old[i];
            *find_place((uint8_t *)string->chars, (uint32_t)string->length) = old[i];
        }
    }
}

static struct rt_object **intern(const uint8_t *units, uint32_t count, struct rt_string *string,
                                 bool add)
{
    if (2 * s_pool_count >= s_pool_size)
        grow_pool();
    struct rt_object ***place = find_place(units, count);
    if (*place || !add)
        return *place;
    if (!string) {
        string = rt_new_string((int32_t)count);
        memcpy(string->chars, units, 2 * (size_t)count);
    }
    s_pool_count++;
    return *place = rt_handle((struct rt_object *)string);
}

struct rt_object **rt_intern(struct rt_string *string, bool add)
{
    return intern((uint8_t *)string->chars, (uint32_t)string->length, string, add);
}

struct rt_object **rt_intern_utf16(const uint8_t *units, uint32_t count)
{
    return intern(units, count, NULL, true);
}
