/* mddump FILE...: everything that the metadata reader can say about an assembly, one fact a line.
 * The tests compare it with dnfile's view of the same file.
 *
 *   open NAME ok | error TEXT
 *   table ID NAME ROWS SORTED
 *   row ID ROW RAW...               raw column values, in order
 *   token ID ROW COLUMN TOKEN       coded and simple indices
 *   string ID ROW COLUMN HEX        UTF-8 bytes
 *   blob ID ROW COLUMN SIZE FNV1A   of the blob's bytes
 *   list ID ROW COLUMN FIRST END
 *   body ROW ILSIZE MAXSTACK INIT LOCALS FNV1A
 *   clause ROW INDEX FLAGS TRY LEN HANDLER LEN TOKEN
 *   sig ID ROW KIND PARAMS GENERIC  a parsed signature, to its last byte
 *   problem TEXT                    an accessor's error
 *
 * Status 0 when every file opened. With -q only "open" lines and problems. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exercise.h"

static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        exit(2);
    }
    long length = ftell(file);
    rewind(file);
    /* Exactly the file's size, so that the sanitizer sees a read one byte too far. */
    uint8_t *bytes = malloc(length > 0 ? (size_t)length : 1);
    *size = (size_t)length;
    if (bytes == NULL || fread(bytes, 1, *size, file) != *size) {
        perror(path);
        exit(2);
    }
    fclose(file);
    return bytes;
}

int main(int argc, char **argv)
{
    bool all = true, quiet = argc > 1 && strcmp(argv[1], "-q") == 0;
    for (int i = quiet ? 2 : 1; i < argc; i++) {
        size_t size;
        uint8_t *bytes = read_file(argv[i], &size);
        struct md_error error = {0};
        struct md_image md;
        const char *slash = strrchr(argv[i], '/');
        const char *name = slash != NULL ? slash + 1 : argv[i];
        if (md_open(&md, name, bytes, size, &error)) {
            printf("open %s ok\n", name);
            exercise(&md, stdout, quiet);
        } else {
            printf("open %s error %s\n", name, error.text);
            all = false;
        }
        free(bytes);
    }
    return all ? 0 : 1;
}
