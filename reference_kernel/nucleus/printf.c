/* The subset of printf that platform.h promises. */
#include "nucleus.h"

struct sink {
    char *out;
    size_t size;        /* of out, terminator included */
    size_t length;      /* of the whole text */
};

static void put(struct sink *s, char c)
{
    if (s->length + 1 < s->size)
        s->out[s->length] = c;
    s->length++;
}

struct spec {
    bool left, zero;
    int width;
    int precision;      /* -1: none */
};

static void put_padded(struct sink *s, const struct spec *spec, const char *prefix,
                       const char *text, size_t n)
{
    size_t total = strlen(prefix) + n;
    size_t pad = spec->width > 0 && (size_t)spec->width > total ? (size_t)spec->width - total : 0;
    if (!spec->left && !spec->zero)
        for (; pad; pad--)
            put(s, ' ');
    while (*prefix)
        put(s, *prefix++);
    if (!spec->left)
        for (; pad; pad--)
            put(s, '0');
    for (size_t i = 0; i < n; i++)
        put(s, text[i]);
    for (; pad; pad--)
        put(s, ' ');
}

static void put_number(struct sink *s, const struct spec *spec, const char *prefix, uint64_t value,
                       unsigned base, const char *digits)
{
    char text[20];
    size_t at = sizeof text;
    do {
        text[--at] = digits[value % base];
        value /= base;
    } while (value);
    put_padded(s, spec, prefix, text + at, sizeof text - at);
}

static int parse_number(const char **format, va_list *args)
{
    if (**format == '*') {
        (*format)++;
        return va_arg(*args, int);
    }
    int n = 0;
    while (**format >= '0' && **format <= '9')
        n = n * 10 + (*(*format)++ - '0');
    return n;
}

static size_t bounded_length(const char *text, int precision)
{
    size_t n = 0;
    while ((precision < 0 || n < (size_t)precision) && text[n])
        n++;
    return n;
}

static void put_conversion(struct sink *s, const char **format, va_list *args)
{
    struct spec spec = {.precision = -1};
    bool wide = false;
    for (;; (*format)++) {
        if (**format == '-')
            spec.left = true;
        else if (**format == '0')
            spec.zero = true;
        else
            break;
    }
    spec.width = parse_number(format, args);
    if (**format == '.') {
        (*format)++;
        spec.precision = parse_number(format, args);
    }
    for (; **format == 'l' || **format == 'z'; (*format)++)
        wide = true;

    char c = **format;
    if (c)
        (*format)++;
    switch (c) {
    case 'd':
    case 'i': {
        int64_t v = wide ? va_arg(*args, int64_t) : va_arg(*args, int);
        put_number(s, &spec, v < 0 ? "-" : "", v < 0 ? -(uint64_t)v : (uint64_t)v, 10,
                   "0123456789");
        break;
    }
    case 'u':
    case 'x':
    case 'X': {
        uint64_t v = wide ? va_arg(*args, uint64_t) : va_arg(*args, unsigned);
        put_number(s, &spec, "", v, c == 'u' ? 10 : 16,
                   c == 'X' ? "0123456789ABCDEF" : "0123456789abcdef");
        break;
    }
    case 'p':
        put_number(s, &spec, "0x", (uintptr_t)va_arg(*args, void *), 16, "0123456789abcdef");
        break;
    case 'c': {
        char text = (char)va_arg(*args, int);
        spec.zero = false;
        put_padded(s, &spec, "", &text, 1);
        break;
    }
    case 's': {
        const char *text = va_arg(*args, const char *);
        if (!text)
            text = "(null)";
        spec.zero = false;
        put_padded(s, &spec, "", text, bounded_length(text, spec.precision));
        break;
    }
    case '%':
        put(s, '%');
        break;
    default:                    /* shown as it stands: a wrong format must be seen */
        put(s, '%');
        if (c)
            put(s, c);
    }
}

int plat_vsnprintf(char *out, size_t size, const char *format, va_list args)
{
    struct sink s = {out, size, 0};
    va_list copy;
    va_copy(copy, args);
    while (*format) {
        if (*format != '%') {
            put(&s, *format++);
            continue;
        }
        format++;
        put_conversion(&s, &format, &copy);
    }
    va_end(copy);
    if (size)
        out[s.length < size ? s.length : size - 1] = 0;
    return (int)s.length;
}

int plat_snprintf(char *out, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = plat_vsnprintf(out, size, format, args);
    va_end(args);
    return n;
}
