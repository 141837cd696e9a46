/* Exceptions: tables, entry and the end of the road. trap.h has what debuggers see of it. */
#ifndef CLR_TRAPS_H
#define CLR_TRAPS_H

#include <stdbool.h>
#include <stddef.h>

#include "trap.h"

/* What trap_entry.S leaves on the exception stack. `fx` is the FXSAVE64 image (Intel SDM volume 1,
 * table 10-2): MXCSR at 24, XMM0-15 at 160, 16 bytes each. Debuggers find it 512 bytes before the
 * frame that the last-fault record points to. */
struct trap_record {
    uint8_t fx[512];
    struct trap_frame frame;
} __attribute__((aligned(16)));
_Static_assert(offsetof(struct trap_record, frame) == 512, "trap_entry.S: FXSAVE image");
_Static_assert(offsetof(struct trap_frame, rip) == 152, "trap_entry.S: the processor's part");
_Static_assert(sizeof(struct trap_frame) == 192, "trap_entry.S: the whole frame");

enum trap_vector {
    VECTOR_NMI = 2, VECTOR_DOUBLE_FAULT = 8, VECTOR_STACK = 12, VECTOR_PROTECTION = 13,
    VECTOR_PAGE_FAULT = 14,
};

/* traps.c */
void traps_init(void);
bool trap_stack_guard(uint64_t address);    /* is it the unmapped page of an exception stack? */
void trap_dispatch(struct trap_record *record);

/* trap_entry.S: 256 entries, 16 bytes each */
extern uint8_t trap_entries[];

/* fatal.c */
_Noreturn void fatal_trap(struct trap_frame *frame);

#endif
