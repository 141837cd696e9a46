/* One input: an assembly to be opened and read to its last cell by the metadata reader. What it
 * must show: an error that names the file, or an image every accessor of which is safe to call. */
#include <stdlib.h>
#include <string.h>

#include "exercise.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition, const char *what, const char *text)
{
    if (!condition) {
        fprintf(stderr, "ERROR: %s: \"%s\"\n", what, text);
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct md_error error = {0};
    struct md_image md;
    bool ok = md_open(&md, "fuzz.dll", data, size, &error);
    require(ok != error.set, "md_open and its error disagree", error.text);
    if (ok) {
        exercise(&md, NULL, true);
    } else {
        require(strstr(error.text, "fuzz.dll: ") != NULL, "an error does not name the file",
                error.text);
    }
    return 0;
}
