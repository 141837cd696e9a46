/* Calling what was compiled. */
#include "check.h"

__asm__(".text\n"
        ".globl call_checked\n"
        "call_checked:\n push %rbp\n mov %rsp, %rbp\n push %rbx\n push %r12\n push %r13\n"
        "push %r14\n push %r15\n push %r9\n sub $32, %rsp\n"
        "mov %rdi, %rax\n mov %r8, %r9\n mov %rcx, %r8\n mov %rsi, %rcx\n"
        "mov $0x11, %ebx\n mov $0x22, %r12d\n mov $0x33, %r13d\n mov $0x44, %r14d\n"
        "mov $0x55, %r15d\n mov $0x66, %esi\n mov $0x77, %edi\n"
        "call *%rax\n"
        "mov 32(%rsp), %r9\n"
        "xor $0x11, %rbx\n xor $0x22, %r12\n or %r12, %rbx\n xor $0x33, %r13\n or %r13, %rbx\n"
        "xor $0x44, %r14\n or %r14, %rbx\n xor $0x55, %r15\n or %r15, %rbx\n"
        "xor $0x66, %rsi\n or %rsi, %rbx\n xor $0x77, %rdi\n or %rdi, %rbx\n"
        "mov %rbx, (%r9)\n add $40, %rsp\n pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbx\n"
        "pop %rbp\n ret\n");

uint64_t run(uint32_t method, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    uint64_t kept = 0, result;
    void *code = toy_method(method)->code ? toy_method(method)->entry : toy_compile(method);
    CHECK(code != NULL, "%s does not compile", toy_method(method)->name);
    if (code == NULL)
        return 0xDEAD;
    toy.thrown = 0;
    if (setjmp(toy.catcher) != 0)
        return 0xDEAD;
    result = call_checked((fn)code, a, b, c, d, &kept);
    CHECK(kept == 0, "%s loses callee-saved registers", toy_method(method)->name);
    return result;
}

uint64_t once(uint32_t ret, const uint32_t *args, const uint8_t *il, uint32_t size, uint64_t a,
              uint64_t b)
{
    toy_reset();
    return run(toy_add_method("once", false, 0, ret, args, NONE, il, size), a, b, 0, 0);
}
