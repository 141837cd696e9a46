/* What is left of a fault for debuggers: the trap frame and the last-fault record that the contract
 * publishes. The nucleus (and the host platform, from its signal handler) fills them. */
#ifndef CLR_TRAP_H
#define CLR_TRAP_H

#include <stdint.h>

/* As the exception entry pushes it, lowest address first. The tail from `error` on is the
 * processor's own (Intel SDM 3A 6.14.2), with a zero pushed where the vector has no error code. */
struct trap_frame {
    uint64_t cr2, cr3;
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector;
    uint64_t error;
    uint64_t rip, cs, rflags, rsp, ss;
};

/* Vectors above 255 are faults that software raised. */
enum fault_vector {
    FAULT_PANIC = 0x100,            /* a broken assumption of the kernel's own */
    FAULT_UNHANDLED = 0x101,        /* managed exception without a handler */
    FAULT_CHECK = 0x102,            /* a scenario's check failed */
    FAULT_COMPILE = 0x103,          /* a method that does not compile was called */
};

struct last_fault {
    uint64_t sequence;              /* 0: none yet; raised when the record is complete */
    uint64_t vector;
    uint64_t error;
    uint64_t cr2;
    struct trap_frame *frame;       /* NULL for faults that software raised */
    const char *message;            /* zero-terminated, or NULL */
    const struct check_record *check;   /* rt.h; NULL unless the vector is FAULT_CHECK */
};

/* Defined by the platform. */
extern struct last_fault g_last_fault;

#endif
