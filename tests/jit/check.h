/* What the C tests share: a check that prints one line when it fails, and hand-assembled IL. */
#ifndef CHECK_H
#define CHECK_H

#include "il_decode.h"
#include "il_opcodes.h"
#include "toy.h"

extern int failures, checks;

#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        checks++;                                                                                  \
        if (!(condition)) {                                                                        \
            failures++;                                                                            \
            printf("FAIL %s:%d %s: ", __func__, __LINE__, #condition);                             \
            printf(__VA_ARGS__);                                                                   \
            printf(" [%s]\n", toy.error.message);                                                  \
        }                                                                                          \
    } while (0)
#define IL(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define ARGS(...) (const uint32_t[]){__VA_ARGS__, 0}
#define NONE ((const uint32_t[]){0})
#define TWO(op) 0xFE, (op) & 0xFF

/* random_methods.c */
void random_garbage(unsigned rounds);
uint32_t random_method(uint32_t faults);
/* One JSON object per method: records and code, for the checks in test_jit.py. */
void dump_methods(unsigned random_methods);

/* values.c */
void fields_of_values(void);
void pinned_locals(void);

#endif
