/* Calls every accessor of the metadata reader on every cell of an image. Shared by the dump tool
 * and the fuzzer. */
#ifndef CLR_TEST_EXERCISE_H
#define CLR_TEST_EXERCISE_H

#include <stdio.h>

#include "md.h"

/* Prints one fact a line to `out` (formats: mddump.c). `quiet` prints problems only; `out` NULL
 * prints nothing. Returns the number of problems. */
unsigned exercise(const struct md_image *md, FILE *out, bool quiet);

#endif
