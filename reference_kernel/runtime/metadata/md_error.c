#include "md_internal.h"
#include "platform.h"

void md_fail(struct md_error *error, const char *format, ...)
{
    /* The first error is the cause, later ones are its consequences. */
    if (error == NULL || error->set) {
        return;
    }
    va_list args;
    va_start(args, format);
    plat_vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    error->set = true;
}
