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

/* run.c */
typedef ABI uint64_t (*fn)(uint64_t, uint64_t, uint64_t, uint64_t);
/* Calls f and tells whether it kept the registers that belong to the caller. */
uint64_t call_checked(fn f, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t *kept);
/* Compiles the method when it has no code yet, and calls it; 0xDEAD when it throws. */
uint64_t run(uint32_t method, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
/* The same with a method that is all there is. */
uint64_t once(uint32_t ret, const uint32_t *args, const uint8_t *il, uint32_t size, uint64_t a,
              uint64_t b);

/* numbers.c */
void arithmetic(void);
void floats(void);
void conversions(void);

/* calls.c */
void structs(void);
void calls(void);
void large_frames(void);

void objects(void);             /* objects.c */
void flow(void);                /* flow.c */
void faults(void);              /* faults.c */
void malformed(void);           /* malformed.c */

/* random_methods.c */
void random_garbage(unsigned rounds);
uint32_t random_method(uint32_t faults);
/* One JSON object per method: records and code, for the checks in test_jit.py. */
void dump_methods(unsigned random_methods);

/* values.c */
void fields_of_values(void);
void pinned_locals(void);

#endif
