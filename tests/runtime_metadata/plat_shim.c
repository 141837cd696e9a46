/* The one platform function that the metadata reader needs, on the host's C library, so that the
 * reader is tested alone. */
#include <stdio.h>

#include "platform.h"

int plat_vsnprintf(char *out, size_t size, const char *format, va_list args)
{
    return vsnprintf(out, size, format, args);
}
