/* The descriptor that debuggers look for by its symbol (64-bit layout). */
#ifndef CLR_CONTRACT_H
#define CLR_CONTRACT_H

#include <stdint.h>

struct contract_descriptor {
    uint64_t magic;
    uint32_t flags;                     /* bit 0 always; bit 1: 32-bit pointers */
    uint32_t descriptor_size;           /* bytes of JSON */
    const char *descriptor;
    uint32_t pointer_data_count;
    uint32_t padding;
    const void *const *pointer_data;
};

extern const struct contract_descriptor DotNetRuntimeContractDescriptor;

/* Fills g_build_id. */
void contract_init(void);

#endif
