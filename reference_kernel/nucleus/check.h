/* Failed checks, and C's view of managed strings. */
#ifndef CLR_CHECK_H
#define CLR_CHECK_H

#include <stddef.h>

struct rt_string;

/* Prints the check-failed event, calls clr_check_failed_hook, ends the run. UTF-8 texts. */
_Noreturn void check_failed_text(const char *expected, const char *actual, const char *what);

/* UTF-16 to UTF-8, cut to fit, always terminated; "" for null. A lone surrogate becomes U+FFFD. */
void string_to_utf8(const struct rt_string *string, char *out, size_t size);

#endif
