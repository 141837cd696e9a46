/* A hardware fault in managed code becomes a trap frame, the fault event and the end of the run. */
#define _GNU_SOURCE
#include "host.h"
#include "platform.h"
#include "trap.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

static uint8_t s_stack[64 * 1024];      /* the handler's own: the fault may be a stack overflow */
static struct trap_frame s_frame;

static void fill_frame(struct trap_frame *frame, const ucontext_t *context)
{
    const greg_t *r = context->uc_mcontext.gregs;
    *frame = (struct trap_frame){
        .cr2 = (uint64_t)r[REG_CR2], .r15 = (uint64_t)r[REG_R15], .r14 = (uint64_t)r[REG_R14],
        .r13 = (uint64_t)r[REG_R13], .r12 = (uint64_t)r[REG_R12], .r11 = (uint64_t)r[REG_R11],
        .r10 = (uint64_t)r[REG_R10], .r9 = (uint64_t)r[REG_R9], .r8 = (uint64_t)r[REG_R8],
        .rbp = (uint64_t)r[REG_RBP], .rdi = (uint64_t)r[REG_RDI], .rsi = (uint64_t)r[REG_RSI],
        .rdx = (uint64_t)r[REG_RDX], .rcx = (uint64_t)r[REG_RCX], .rbx = (uint64_t)r[REG_RBX],
        .rax = (uint64_t)r[REG_RAX], .vector = (uint64_t)r[REG_TRAPNO],
        .error = (uint64_t)r[REG_ERR], .rip = (uint64_t)r[REG_RIP],
        .rflags = (uint64_t)r[REG_EFL], .rsp = (uint64_t)r[REG_RSP],
    };
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
    char text[256];
    fill_frame(&s_frame, context);
    if (signal == SIGSEGV && s_frame.vector == 14)
        s_frame.cr2 = (uint64_t)(uintptr_t)info->si_addr;
    g_last_fault = (struct last_fault){ .sequence = g_last_fault.sequence + 1,
        .vector = s_frame.vector, .error = s_frame.error, .cr2 = s_frame.cr2, .frame = &s_frame };
    plat_log("@@clr {\"event\":\"fault\",\"vector\":%lu,\"error\":%lu,\"cr2\":\"0x%016lx\","
             "\"rip\":\"0x%016lx\",\"rsp\":\"0x%016lx\",\"rbp\":\"0x%016lx\",\"module\":\"%s\"}\n",
             s_frame.vector, s_frame.error, s_frame.cr2, s_frame.rip, s_frame.rsp, s_frame.rbp,
             host_code_contains(s_frame.rip) ? "jit" : "host");
    clr_fatal_hook(&g_last_fault);
    snprintf(text, sizeof text, "fault: vector %lu, address 0x%lx, rip 0x%lx (%s)", s_frame.vector,
             s_frame.cr2, s_frame.rip,
             host_code_contains(s_frame.rip) ? "generated code" : "C code");
    host_leave(HOST_FAULT, false, text);
}

void host_signals_install(void)
{
    static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };
    stack_t stack = { .ss_sp = s_stack, .ss_size = sizeof s_stack };
    struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    sigaltstack(&stack, NULL);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
}
