/* A toy runtime for the JIT's own tests: methods, types and fields are C tables, tokens index
 * them.
 *
 * Token N of a kind is element N-1 of its table: 0x06 methods, 0x02 types, 0x04 fields. Code is
 * compiled eagerly into memory that is mapped twice, as in the kernel. */
#ifndef TOY_H
#define TOY_H

#include "jit.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ABI __attribute__((ms_abi))
#define U32(x) (uint8_t)(x), (uint8_t)((uint32_t)(x) >> 8), (uint8_t)((uint32_t)(x) >> 16), \
               (uint8_t)((uint32_t)(x) >> 24)
#define METHOD(n) U32(0x06000000u + (n))
#define TYPE(n) U32(0x02000000u + (n))
#define FIELD(n) U32(0x04000000u + (n))

struct type_desc {
    const char *name;
    struct jit_type type;
    uint64_t method_table[8];   /* BaseSize in [0] high half, vtable from +24 */
    struct type_desc *element;  /* arrays */
};

struct method_desc {
    void *entry;
    const char *name;
    uint32_t flags;
    struct jit_sig sig;
    struct jit_body body;
    uint32_t owner;             /* type number, 0: none */
    struct method_desc *factory;
    uint16_t slot;
    uint32_t faults, traces;
    struct jit_code *code;
};

struct field_desc {
    uint32_t type, owner, offset;
    void *address;
};

enum { MAX_ITEMS = 64 };
struct toy {
    struct type_desc types[MAX_ITEMS];
    struct method_desc methods[MAX_ITEMS];
    struct field_desc fields[MAX_ITEMS];
    uint32_t type_count, method_count, field_count;
    struct jit_runtime runtime;
    struct jit_error error;
    /* what happened */
    int thrown;                 /* enum jit_helper of the throw */
    jmp_buf catcher;
    char trace[512];
    uint64_t trace_object, trace_offset;
};
extern struct toy toy;

enum {                          /* type numbers that toy_reset makes */
    T_I1 = 1, T_U1, T_I2, T_U2, T_I4, T_U4, T_I8, T_U8, T_NINT, T_R4, T_R8, T_OBJECT, T_STRING,
    T_S1, T_S2, T_S3, T_S4, T_S5, T_S6, T_S7, T_S8, T_S12, T_S16, T_S24, T_S32, T_S64, T_S200,
    T_ARRAY_I4, T_CLASS, T_LAST = T_CLASS,
};

void toy_reset(void);
struct jit_type toy_type(uint32_t number);
uint32_t toy_add_type(const char *name, unsigned kind, uint32_t size);
uint32_t toy_add_field(uint32_t owner, uint32_t type, uint32_t offset, void *address);
/* `args` are type numbers, 0-terminated; ret 0: void. Returns the method number. */
uint32_t toy_add_method(const char *name, bool has_this, uint32_t owner, uint32_t ret,
                        const uint32_t *args, const uint32_t *locals, const uint8_t *il,
                            uint32_t size);
/* A method that is a C function. */
uint32_t toy_add_native(const char *name, bool has_this, uint32_t owner, uint32_t ret,
                        const uint32_t *args, void *function);
struct method_desc *toy_method(uint32_t number);
/* Compiles; NULL (and toy.error) when the JIT refuses. */
void *toy_compile(uint32_t number);

#endif
