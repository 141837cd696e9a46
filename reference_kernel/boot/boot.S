/* From the multiboot loader (32-bit protected mode, paging off) to C in the higher half.
 *
 * The kernel is a 64-bit ELF, which multiboot1 loaders take only by the header's address fields: the
 * file is copied as it is, so the linker script keeps file offset minus physical address constant.
 * Everything below is linked high and runs low until paging is on: LOW(x) is x's physical address. */
#include "layout.h"

#define LOW(symbol) ((symbol) - KERNEL_BASE)

#define MULTIBOOT_MAGIC     0x1BADB002
#define MULTIBOOT_FLAGS     0x00010003      /* page-aligned modules, memory map, address fields */

    .section .boot.header, "a"
    .balign 4
multiboot_header:
    .long MULTIBOOT_MAGIC
    .long MULTIBOOT_FLAGS
    .long -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)
    .long LOW(multiboot_header)
    .long LOW(__image_start)                /* load address */
    .long LOW(__load_end)
    .long LOW(__image_end)                  /* end of bss */
    .long LOW(_start)

    .cfi_sections .eh_frame

    .section .text.boot, "ax"
    .code32
    .global _start
    .type _start, @function
_start:
    cli
    cld
    movl %eax, %esi                         /* loader's magic */
    movl %ebx, %edi                         /* multiboot information */
    movl $LOW(boot_stack_top), %esp

    /* One page directory maps the first GiB twice: at 0, where we run, and at KERNEL_BASE. The
     * nucleus replaces these tables by its own before anything else happens. */
    movl $LOW(boot_pd), %eax
    movl $0x83, %ebx                        /* present, writable, 2 MiB */
    movl $512, %ecx
1:  movl %ebx, (%eax)
    addl $0x200000, %ebx
    addl $8, %eax
    loop 1b
    movl $LOW(boot_pd) + 3, LOW(boot_pdpt_low)
    movl $LOW(boot_pd) + 3, LOW(boot_pdpt_high) + 510 * 8
    movl $LOW(boot_pdpt_low) + 3, LOW(boot_pml4)
    movl $LOW(boot_pdpt_high) + 3, LOW(boot_pml4) + 511 * 8

    movl $0x6A0, %eax                       /* PAE, PGE, OSFXSR, OSXMMEXCPT */
    movl %eax, %cr4
    movl $LOW(boot_pml4), %eax
    movl %eax, %cr3
    movl $0xC0000080, %ecx                  /* EFER: long mode, no-execute */
    rdmsr
    orl $0x900, %eax
    wrmsr
    movl $0x80010033, %eax                  /* PG, WP, NE, ET, MP, PE; EM and TS clear */
    movl %eax, %cr0
    lgdt LOW(boot_gdt_pointer)
    ljmpl $SELECTOR_CODE, $LOW(long_mode)
    .size _start, . - _start

    .code64
long_mode:
    movabsq $higher_half, %rax
    jmp *%rax

    .global higher_half
    .type higher_half, @function
higher_half:
    .cfi_startproc
    .cfi_undefined rip                      /* nobody called us: backtraces end here */
    movl $SELECTOR_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    movq $boot_stack_top, %rsp
    fninit                                  /* reset leaves x87 exceptions unmasked */
    pushq $0x1F80
    ldmxcsr (%rsp)
    popq %rax
    xorl %ebp, %ebp
    movl %esi, %ecx                         /* kernel_entry(magic, information) */
    movl %edi, %edx
    subq $32, %rsp
    call kernel_entry
    ud2
    .cfi_endproc
    .size higher_half, . - higher_half

/* _Noreturn void call_on_stack(void *top, void (*function)(void)): leaves the boot stack for good. */
    .global call_on_stack
    .type call_on_stack, @function
call_on_stack:
    .cfi_startproc
    .cfi_undefined rip
    movq %rcx, %rsp
    xorl %ebp, %ebp
    pushq $0
    pushq $0
    subq $32, %rsp
    call *%rdx
    ud2
    .cfi_endproc
    .size call_on_stack, . - call_on_stack

    .section .rodata.boot, "a"
    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00AF9A000000FFFF                /* 64-bit code */
    .quad 0x00CF92000000FFFF                /* data */
boot_gdt_pointer:
    .word boot_gdt_pointer - boot_gdt - 1
    .long LOW(boot_gdt)

    .section .bss.boot, "aw", @nobits
    .balign 4096
boot_pml4:      .skip 4096
boot_pdpt_low:  .skip 4096
boot_pdpt_high: .skip 4096
boot_pd:        .skip 4096
boot_stack:     .skip 16384
boot_stack_top:

    .section .note.GNU-stack, "", @progbits
