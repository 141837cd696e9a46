/* A check that failed: the run ends here, with a record that a debugger can read. */
#include "check.h"
#include "nucleus.h"
#include "rt.h"
#include "trap.h"

#define EXIT_CHECK_FAILED 0x12

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 63));
        out[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 63));
    out[2] = (char)(0x80 | (c >> 6 & 63));
    out[3] = (char)(0x80 | (c & 63));
    return 4;
}

void string_to_utf8(const struct rt_string *string, char *out, size_t size)
{
    size_t at = 0;
    for (int32_t i = 0; string && i < string->length && at + 5 <= size; i++) {
        uint32_t c = string->chars[i];
        if (c >= 0xD800 && c < 0xE000) {
            uint32_t low = c < 0xDC00 && i + 1 < string->length ? string->chars[i + 1] : 0;
            if (low >= 0xDC00 && low < 0xE000) {
                c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
                i++;
            } else {
                c = 0xFFFD;
            }
        }
        at += put_utf8(out + at, c);
    }
    out[at] = 0;
}

/* A managed string without the managed heap: what C has to say must reach the same record. */
#define TEXT_CAPACITY 120
struct static_string {
    struct rt_string head;
    uint16_t room[TEXT_CAPACITY + 1];
};

extern struct type_desc *g_string_type __attribute__((weak));

static struct rt_string *make_string(struct static_string *string, const char *ascii)
{
    if (&g_string_type && g_string_type)
        string->head.mt = g_string_type->method_table;
    int32_t n = 0;
    for (; ascii[n] && n < TEXT_CAPACITY; n++)
        string->head.chars[n] = (uint8_t)ascii[n];
    string->head.chars[n] = 0;
    string->head.length = n;
    return &string->head;
}

void check_failed_text(const char *expected, const char *actual, const char *what)
{
    static struct static_string e, a, w;
    rt_check_failed(make_string(&e, expected), make_string(&a, actual), make_string(&w, what));
}

/* The runtime's own takes precedence; this one serves the nucleus alone. */
__attribute__((weak)) void rt_check_failed(struct rt_string *expected, struct rt_string *actual,
                                           struct rt_string *what)
{
    char text[3][256], json[3][320], line[1100];
    struct rt_string *strings[3] = {expected, actual, what};
    for (int i = 0; i < 3; i++) {
        string_to_utf8(strings[i], text[i], sizeof text[i]);
        write_json_text(json[i], sizeof json[i], text[i]);
    }
    int n = plat_snprintf(line, sizeof line, "@@clr {\"event\":\"check-failed\",\"expected\":\"%s\","
                          "\"actual\":\"%s\",\"what\":\"%s\"}\n", json[0], json[1], json[2]);
    plat_write(PLAT_LOG, line, (size_t)n);
    plat_log("!!! CHECK FAILED: %s: expected %s, actual %s\n", text[2], text[0], text[1]);
    struct check_record record = {.expected = expected, .actual = actual, .what = what};
    g_last_fault.vector = FAULT_CHECK;
    g_last_fault.check = &record;
    plat_fatal_stop(EXIT_CHECK_FAILED);
}
