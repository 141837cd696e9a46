/* Which text goes out of which device, and the log's line discipline: a machine-readable `@@clr`
 * line always starts at the beginning of a line, whatever a program left half-written. */
#include "nucleus.h"
#include "x86.h"

#define DEBUGCON 0xE9

static bool program_mode;
static bool at_line_start = true;

void console_set_program_mode(bool on)
{
    program_mode = on;
}

static void log_write(const char *text, size_t size)
{
    if (!size)
        return;
    serial_write(SERIAL_COM1, text, size);
    at_line_start = text[size - 1] == '\n';
}

void console_line_start(void)
{
    if (!at_line_start)
        log_write("\n", 1);
}

void plat_write(enum plat_stream stream, const char *text, size_t size)
{
    if (program_mode && stream == PLAT_OUT) {
        serial_write(SERIAL_COM2, text, size);
    } else if (program_mode && stream == PLAT_ERR) {
        outsb(DEBUGCON, text, size);
    } else {
        if (size >= 6 && !memcmp(text, "@@clr ", 6))
            console_line_start();
        log_write(text, size);
    }
}

void plat_log(const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int n = plat_vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0)
        return;
    plat_write(PLAT_LOG, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
    if ((size_t)n >= sizeof text)
        plat_write(PLAT_LOG, "[truncated]\n", 12);
}
