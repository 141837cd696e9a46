/* The end of a run that went wrong: say it once for programs, once for people, publish the record,
 * call the debuggers' hook, then stand still (or leave, when the command line says onfault=exit). */
#include "memory.h"
#include "nucleus.h"
#include "traps.h"
#include "x86.h"

#define EXIT_FAULT 0x10
#define EXIT_PANIC 0x11

struct last_fault g_last_fault;
static unsigned depth;              /* how many fatal paths were entered */

extern uint8_t __text_start[], __text_end[];

static const char *const names[32] = {
    "Divide Error", "Debug Exception", "NMI", "Breakpoint", "Overflow", "BOUND Range Exceeded",
    "Invalid Opcode", "Device Not Available", "Double Fault", "Coprocessor Segment Overrun",
    "Invalid TSS", "Segment Not Present", "Stack-Segment Fault", "General Protection Fault",
    "Page Fault", "Reserved", "x87 Floating-Point Error", "Alignment Check", "Machine Check",
    "SIMD Floating-Point Exception", "Virtualization Exception", "Control Protection Exception",
    "Reserved", "Reserved", "Reserved", "Reserved", "Reserved", "Reserved",
    "Hypervisor Injection Exception", "VMM Communication Exception", "Security Exception",
    "Reserved",
};

static const char *name_of(uint64_t vector)
{
    return vector < ARRAY_SIZE(names) ? names[vector] : "Interrupt";
}

static const char *place_of(uint64_t rip)
{
    if (rip - (uint64_t)__text_start < (uint64_t)(__text_end - __text_start))
        return "kernel";
    return code_region_contains(rip) ? "jit" : "unknown";
}

static _Noreturn void finish(uint8_t exit_code)
{
    const char *choice = plat_option("onfault");
    if (choice && !strcmp(choice, "exit"))
        machine_exit(exit_code);
    cpu_stop();
}

/* True for the first one. A fault while a fault is reported says so in one line; one within that
 * says nothing any more. */
static bool enter(uint64_t vector, uint64_t rip, uint8_t exit_code)
{
    depth++;
    if (depth == 1)
        return true;
    if (depth == 2) {
        char line[160];
        int n = plat_snprintf(line, sizeof line, "\n@@clr {\"event\":\"fault-in-fault\","
                              "\"vector\":%lu,\"rip\":\"0x%016lx\"}\n", vector, rip);
        plat_write(PLAT_LOG, line, (size_t)n);
    }
    finish(exit_code);
}

static void publish(const struct last_fault *fault)
{
    uint64_t sequence = g_last_fault.sequence + 1;
    g_last_fault = *fault;
    __asm__ volatile("" : : : "memory");
    g_last_fault.sequence = sequence;
}

/* ---- hardware faults ---- */

static void describe_error(const struct trap_frame *f, char *out, size_t size)
{
    uint64_t e = f->error;
    if (f->vector == VECTOR_PAGE_FAULT)
        plat_snprintf(out, size, "%s %s, %s%s%s", e & 4 ? "user" : "supervisor",
                      e & 16 ? "instruction fetch" : e & 2 ? "write" : "read",
                      e & 1 ? "protection violation" : "page not present",
                      e & 8 ? ", reserved bit set" : "", e & 32 ? ", protection key" : "");
    else if (e && f->vector >= 10 && f->vector <= 13)
        plat_snprintf(out, size, "selector index 0x%lx in the %s%s", e >> 3,
                      e & 2 ? "IDT" : e & 4 ? "LDT" : "GDT", e & 1 ? ", external event" : "");
    else
        plat_snprintf(out, size, "none");
}

static void print_machine_line(const struct trap_frame *f)
{
    char line[1400];
    int n = plat_snprintf(line, sizeof line,
        "@@clr {\"event\":\"fault\",\"vector\":%lu,\"error\":%lu,\"cr2\":\"0x%016lx\","
        "\"rip\":\"0x%016lx\",\"cs\":\"0x%lx\",\"rflags\":\"0x%lx\",\"rsp\":\"0x%016lx\","
        "\"ss\":\"0x%lx\",\"rax\":\"0x%016lx\",\"rbx\":\"0x%016lx\",\"rcx\":\"0x%016lx\","
        "\"rdx\":\"0x%016lx\",\"rsi\":\"0x%016lx\",\"rdi\":\"0x%016lx\",\"rbp\":\"0x%016lx\","
        "\"r8\":\"0x%016lx\",\"r9\":\"0x%016lx\",\"r10\":\"0x%016lx\",\"r11\":\"0x%016lx\","
        "\"r12\":\"0x%016lx\",\"r13\":\"0x%016lx\",\"r14\":\"0x%016lx\",\"r15\":\"0x%016lx\","
        "\"cr3\":\"0x%016lx\",\"frame\":\"0x%016lx\",\"module\":\"%s\"}\n",
        f->vector, f->error, f->cr2, f->rip, f->cs, f->rflags, f->rsp, f->ss, f->rax, f->rbx,
        f->rcx, f->rdx, f->rsi, f->rdi, f->rbp, f->r8, f->r9, f->r10, f->r11, f->r12, f->r13,
        f->r14, f->r15, f->cr3, (uint64_t)f, place_of(f->rip));
    plat_write(PLAT_LOG, line, (size_t)n);
}

static void print_human_block(const struct trap_frame *f)
{
    char words[128];
    if (f->vector == VECTOR_PAGE_FAULT)
        plat_log("!!! EXCEPTION %04lX: %s at CR2=0x%lx\n", f->vector, name_of(f->vector), f->cr2);
    else
        plat_log("!!! EXCEPTION %04lX: %s\n", f->vector, name_of(f->vector));
    describe_error(f, words, sizeof words);
    plat_log("    Error code 0x%lX: %s\n", f->error, words);
    plat_log("    RIP=0x%016lX (%s)  CS=0x%04lX  RFLAGS=0x%08lX\n", f->rip, place_of(f->rip), f->cs,
             f->rflags);
    plat_log("    RAX=0x%016lX RBX=0x%016lX RCX=0x%016lX\n", f->rax, f->rbx, f->rcx);
    plat_log("    RDX=0x%016lX RSI=0x%016lX RDI=0x%016lX\n", f->rdx, f->rsi, f->rdi);
    plat_log("    RBP=0x%016lX RSP=0x%016lX R8 =0x%016lX\n", f->rbp, f->rsp, f->r8);
    plat_log("    R9 =0x%016lX R10=0x%016lX R11=0x%016lX\n", f->r9, f->r10, f->r11);
    plat_log("    R12=0x%016lX R13=0x%016lX R14=0x%016lX\n", f->r12, f->r13, f->r14);
    plat_log("    R15=0x%016lX SS =0x%04lX CR3=0x%016lX\n", f->r15, f->ss, f->cr3);
}

void fatal_trap(struct trap_frame *frame)
{
    if (enter(frame->vector, frame->rip, EXIT_FAULT)) {
        publish(&(struct last_fault){.vector = frame->vector, .error = frame->error,
                                     .cr2 = frame->cr2, .frame = frame});
        print_machine_line(frame);
        print_human_block(frame);
        clr_fatal_hook(&g_last_fault);
    }
    finish(EXIT_FAULT);
}

/* ---- software faults ---- */

static char panic_text[512];

__attribute__((noinline)) void plat_panic(const char *format, ...)
{
    void *rip = __builtin_return_address(0);
    if (!enter(FAULT_PANIC, (uint64_t)rip, EXIT_PANIC))
        finish(EXIT_PANIC);
    va_list args;
    va_start(args, format);
    plat_vsnprintf(panic_text, sizeof panic_text, format, args);
    va_end(args);
    publish(&(struct last_fault){.vector = FAULT_PANIC, .message = panic_text});

    char escaped[560], line[720];
    write_json_text(escaped, sizeof escaped, panic_text);
    int n = plat_snprintf(line, sizeof line, "@@clr {\"event\":\"fault\",\"vector\":%d,"
                          "\"rip\":\"0x%016lx\",\"module\":\"kernel\",\"message\":\"%s\"}\n",
                          FAULT_PANIC, (uint64_t)rip, escaped);
    plat_write(PLAT_LOG, line, (size_t)n);
    plat_log("!!! PANIC: %s\n    RIP=0x%016lX (kernel)\n", panic_text, (uint64_t)rip);
    clr_fatal_hook(&g_last_fault);
    finish(EXIT_PANIC);
}

/* Who raised it has said what in g_last_fault (vector, message, check) or leaves that to us. */
__attribute__((noinline)) void plat_fatal_stop(int exit_code)
{
    struct last_fault fault = {.vector = g_last_fault.vector, .message = g_last_fault.message,
                               .check = g_last_fault.check};
    if (fault.vector <= FAULT_PANIC)
        fault = (struct last_fault){.vector = FAULT_UNHANDLED};
    if (enter(fault.vector, (uint64_t)__builtin_return_address(0), (uint8_t)exit_code)) {
        publish(&fault);
        if (fault.vector == FAULT_CHECK)
            clr_check_failed_hook(fault.check);
        clr_fatal_hook(&g_last_fault);
    }
    finish((uint8_t)exit_code);
}
