/* corrupt truncate STEP FILE...   the file cut off at 0, STEP, 2*STEP ... bytes
 * corrupt flip STEP FILE...       one bit inverted: bits 0, STEP, 2*STEP ... of the file
 *
 * Hands each variant to LLVMFuzzerTestOneInput in memory of exactly its size and prints how many
 * there were. A variant that takes more than ten seconds is a hang: SIGALRM ends the run. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_one(const uint8_t *bytes, size_t size, size_t flipped)
{
    uint8_t *copy = malloc(size != 0 ? size : 1);
    if (copy == NULL) {
        perror("malloc");
        exit(2);
    }
    memcpy(copy, bytes, size);
    if (flipped < size * 8) {
        copy[flipped / 8] ^= (uint8_t)(1u << flipped % 8);
    }
    alarm(10);
    LLVMFuzzerTestOneInput(copy, size);
    alarm(0);
    free(copy);
}

int main(int argc, char **argv)
{
    if (argc < 4 || (strcmp(argv[1], "truncate") != 0 && strcmp(argv[1], "flip") != 0)) {
        fprintf(stderr, "usage: corrupt truncate|flip STEP FILE...\n");
        return 2;
    }
    int flip = argv[1][0] == 'f';
    size_t step = strtoul(argv[2], NULL, 10), count = 0;
    for (int i = 3; i < argc && step > 0; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (file == NULL) {
            perror(argv[i]);
            return 2;
        }
        static uint8_t bytes[1 << 22];
        size_t size = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        size_t limit = flip ? size * 8 : size;
        for (size_t at = 0; at < limit; at += step, count++) {
            if (flip) {
                try_one(bytes, size, at);
            } else {
                try_one(bytes, at, SIZE_MAX);
            }
        }
    }
    printf("%zu variants\n", count);
    return 0;
}
