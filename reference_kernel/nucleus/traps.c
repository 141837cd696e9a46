/* GDT, TSS, IDT and the first C code of every exception.
 *
 * All exceptions run on stacks of their own (IST): a wrong rsp is one of the things that broken
 * generated code leaves, and then the frame must still be saved somewhere. While a handler runs its
 * IST pointer is lowered, so that a second exception does not overwrite the first one's frame. */
#include "traps.h"
#include "memory.h"
#include "nucleus.h"
#include "x86.h"

#define ERROR_PRESENT 1             /* page-fault error code, bit 0 */

#define EXCEPTIONS 32
#define STACK_BYTES 32768
#define NESTED_STEP 8192            /* more than a handler needs */

enum ist { IST_DOUBLE_FAULT = 1, IST_PAGE_FAULT, IST_PROTECTION, IST_NMI, IST_STACK, IST_OTHER,
           IST_COUNT = IST_OTHER };

struct guarded_stack {
    uint8_t guard[PAGE_SIZE];       /* never mapped */
    uint8_t bytes[STACK_BYTES];
} __attribute__((aligned(4096)));
static struct guarded_stack stacks[IST_COUNT];

/* Intel SDM volume 3, figure 8-11. The IST counts from 1: ist[0] is a reserved field. */
static struct task_state {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t ist[8];
    uint64_t reserved1;
    uint16_t reserved2;
    uint16_t io_map;
} __attribute__((packed)) tss;
_Static_assert(sizeof tss == 104, "the processor's layout");

static struct gate {
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_middle;
    uint32_t offset_high, reserved;
} idt[256] __attribute__((aligned(16)));

static uint64_t gdt[5] = {
    0,
    0x00AF9A000000FFFF,             /* 64-bit code */
    0x00CF92000000FFFF,             /* data */
};

struct table_pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

static enum ist stack_of(uint64_t vector)
{
    switch (vector) {
    case VECTOR_DOUBLE_FAULT: return IST_DOUBLE_FAULT;
    case VECTOR_PAGE_FAULT: return IST_PAGE_FAULT;
    case VECTOR_PROTECTION: return IST_PROTECTION;
    case VECTOR_NMI: return IST_NMI;
    case VECTOR_STACK: return IST_STACK;
    default: return IST_OTHER;
    }
}

bool trap_stack_guard(uint64_t address)
{
    for (size_t i = 0; i < IST_COUNT; i++)
        if (address - (uint64_t)stacks[i].guard < PAGE_SIZE)
            return true;
    return false;
}

static void load_gdt(void)
{
    uint64_t base = (uint64_t)&tss, limit = sizeof tss - 1;
    gdt[3] = limit | (base & 0xFFFFFF) << 16 | 0x89ull << 40 | (base >> 24 & 0xFF) << 56;
    gdt[4] = base >> 32;
    struct table_pointer pointer = {sizeof gdt - 1, (uint64_t)gdt};
    __asm__ volatile("lgdt %0\n\t"
                     "pushq %1\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "lretq\n"
                     "1:\tmovl %2, %%eax\n\t"
                     "movl %%eax, %%ds\n\t"
                     "movl %%eax, %%es\n\t"
                     "movl %%eax, %%ss\n\t"
                     "movw %3, %%ax\n\t"
                     "ltr %%ax"
                     :
                     : "m"(pointer), "i"(SELECTOR_CODE), "i"(SELECTOR_DATA), "i"(SELECTOR_TSS)
                     : "rax", "memory");
}

void traps_init(void)
{
    for (size_t i = 0; i < IST_COUNT; i++)
        tss.ist[i + 1] = (uint64_t)(stacks[i].bytes + STACK_BYTES);
    tss.io_map = sizeof tss;
    load_gdt();
    for (unsigned vector = 0; vector < 256; vector++) {
        uint64_t entry = (uint64_t)(trap_entries + 16 * vector);
        idt[vector] = (struct gate){
            .offset_low = (uint16_t)entry,
            .selector = SELECTOR_CODE,
            .ist = vector < EXCEPTIONS ? (uint8_t)stack_of(vector) : IST_OTHER,
            .type = 0x8E,           /* present, interrupt gate */
            .offset_middle = (uint16_t)(entry >> 16),
            .offset_high = (uint32_t)(entry >> 32),
        };
    }
    struct table_pointer pointer = {sizeof idt - 1, (uint64_t)idt};
    __asm__ volatile("lidt %0" : : "m"(pointer));

    outb(0x21, 0xFF);               /* both interrupt controllers: every line masked */
    outb(0xA1, 0xFF);
}

/* A page that is not there yet but may come on demand. A violated right never is. */
static bool back_on_demand(const struct trap_frame *frame)
{
    return frame->vector == VECTOR_PAGE_FAULT && !(frame->error & ERROR_PRESENT)
           && stack_fault(frame->cr2);
}

void trap_dispatch(struct trap_record *record)
{
    struct trap_frame *frame = &record->frame;
    enum ist stack = stack_of(frame->vector);
    tss.ist[stack] -= NESTED_STEP;
    if (back_on_demand(frame)) {
        tss.ist[stack] += NESTED_STEP;
        return;
    }
    fatal_trap(frame);
}
