/* Failed checks, and C's view of managed strings. */
#ifndef CLR_CHECK_H
#define CLR_CHECK_H

#include <stddef.h>

struct rt_string;

/* rt_check_failed for C: prints the event, calls clr_check_failed_hook, ends the run. ASCII texts of
 * at most 120 characters. */
_Noreturn void check_failed_text(const char *expected, const char *actual, const char *what);

/* UTF-16 to UTF-8, cut to fit, always terminated; "" for null. A lone surrogate becomes U+FFFD. */
void string_to_utf8(const struct rt_string *string, char *out, size_t size);

#endif
