/* A check that failed: the run ends here, with a record that a debugger can read. */
#include "check.h"
#include "nucleus.h"
#include "rt.h"
#include "trap.h"

#define EXIT_CHECK_FAILED 0x12

/* What clr_check_failed_hook gets when the check compares texts. */
struct text_check_record {
    const char *what, *expected, *actual;
};

static char what_text[256], expected_text[256], actual_text[256];

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

void check_failed_text(const char *expected, const char *actual, const char *what)
{
    char e[320], a[320], w[320], line[1100];
    write_json_text(e, sizeof e, expected);
    write_json_text(a, sizeof a, actual);
    write_json_text(w, sizeof w, what);
    int n = plat_snprintf(line, sizeof line, "@@clr {\"event\":\"check-failed\",\"expected\":\"%s\","
                          "\"actual\":\"%s\",\"what\":\"%s\"}\n", e, a, w);
    plat_write(PLAT_LOG, line, (size_t)n);
    plat_log("!!! CHECK FAILED: %s: expected %s, actual %s\n", what, expected, actual);
    plat_snprintf(expected_text, sizeof expected_text, "%s", expected);
    plat_snprintf(actual_text, sizeof actual_text, "%s", actual);
    plat_snprintf(what_text, sizeof what_text, "%s", what);
    struct text_check_record record = {what_text, expected_text, actual_text};
    clr_check_failed_hook(&record);
    g_last_fault.vector = FAULT_CHECK;
    g_last_fault.message = what_text;
    plat_fatal_stop(EXIT_CHECK_FAILED);
}
