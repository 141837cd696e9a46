/* Ways into methods that are not compiled code. They keep RCX RDX R8 R9 XMM0-3 (Microsoft x64
 * arguments) in their own frame, never in the caller's homes, and have CFI so that a debugger
 * unwinds them. */

        .text

/* Arguments at [rsp+32], the method at [rsp+128]; the frame is 16-aligned because RSP was at the
 * call. */
.macro SAVE_ARGUMENTS
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        movq    %rsp, %rbp
        .cfi_def_cfa_register %rbp
        subq    $144, %rsp
        movq    %r10, 128(%rsp)
        movq    %rcx, 32(%rsp)
        movq    %rdx, 40(%rsp)
        movq    %r8, 48(%rsp)
        movq    %r9, 56(%rsp)
        movaps  %xmm0, 64(%rsp)
        movaps  %xmm1, 80(%rsp)
        movaps  %xmm2, 96(%rsp)
        movaps  %xmm3, 112(%rsp)
.endm

.macro RESTORE_ARGUMENTS
        movq    32(%rsp), %rcx
        movq    40(%rsp), %rdx
        movq    48(%rsp), %r8
        movq    56(%rsp), %r9
        movaps  64(%rsp), %xmm0
        movaps  80(%rsp), %xmm1
        movaps  96(%rsp), %xmm2
        movaps  112(%rsp), %xmm3
        movq    128(%rsp), %r10
        leave
        .cfi_def_cfa %rsp, 8
        .cfi_restore %rbp
.endm

/* R10 = method_desc: what `entry` of a method holds that has no code yet. */
        .p2align 4
        .globl  rt_prestub_entry, rt_prestub_end
        .type   rt_prestub_entry, @function
rt_prestub_entry:
        .cfi_startproc
        SAVE_ARGUMENTS
        movq    %r10, %rcx
        call    rt_prestub_resolve@PLT
        RESTORE_ARGUMENTS
        jmp     *%rax
        .cfi_endproc
        .size   rt_prestub_entry, . - rt_prestub_entry
rt_prestub_end:

/* R10 = method_desc: the entry of a method whose compilation failed. Reports, and when the kernel
 * is to carry on returns zero (a return buffer's address where there is one). */
        .p2align 4
        .globl  rt_failed_entry, rt_failed_entry_end
        .type   rt_failed_entry, @function
rt_failed_entry:
        .cfi_startproc
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        movq    %rsp, %rbp
        .cfi_def_cfa_register %rbp
        subq    $32, %rsp
        movq    %rdx, %r8
        movq    %rcx, %rdx
        movq    %r10, %rcx
        call    rt_failed_call@PLT
        xorps   %xmm0, %xmm0
        leave
        .cfi_def_cfa %rsp, 8
        .cfi_restore %rbp
        ret
        .cfi_endproc
        .size   rt_failed_entry, . - rt_failed_entry
rt_failed_entry_end:

/* R10 = method_desc of an interface, RCX = this. The cache line is chosen by both (struct
 * dispatch_line). */
        .p2align 4
        .globl  rt_interface_call, rt_interface_call_end
        .type   rt_interface_call, @function
rt_interface_call:
        .cfi_startproc
        movq    (%rcx), %rax                    /* MethodTable; a null `this` faults here */
        leaq    (%rax,%r10), %r11
        shrq    $4, %r11
        andl    $1023, %r11d                    /* DISPATCH_LINES - 1 */
        shlq    $5, %r11                        /* sizeof(struct dispatch_line) */
        addq    g_dispatch_cache@GOTPCREL(%rip), %r11
        cmpq    %rax, (%r11)
        jne     1f
        cmpq    %r10, 8(%r11)
        jne     1f
        jmp     *16(%r11)
1:
        SAVE_ARGUMENTS
        movq    %r10, %rdx
        movq    %r11, %r8
        call    rt_interface_resolve@PLT        /* (this, method, line) */
        RESTORE_ARGUMENTS
        jmp     *%rax
        .cfi_endproc
        .size   rt_interface_call, . - rt_interface_call
rt_interface_call_end:

/* R10 = object address, R11 = offset. Preserves every register and the flags. The stack may be
 * aligned to 8 only: this stands in the middle of an expression. */
        .p2align 4
        .globl  rt_trace_stfld, rt_trace_stfld_end
        .type   rt_trace_stfld, @function
rt_trace_stfld:
        .cfi_startproc
        pushfq
        .cfi_def_cfa_offset 16
        pushq   %rbp
        .cfi_def_cfa_offset 24
        .cfi_offset %rbp, -24
        movq    %rsp, %rbp
        .cfi_def_cfa_register %rbp
        pushq   %rax
        pushq   %rcx
        pushq   %rdx
        pushq   %r8
        pushq   %r9
        pushq   %r10
        pushq   %r11
        subq    $136, %rsp
        andq    $-16, %rsp
        movaps  %xmm0, 32(%rsp)
        movaps  %xmm1, 48(%rsp)
        movaps  %xmm2, 64(%rsp)
        movaps  %xmm3, 80(%rsp)
        movaps  %xmm4, 96(%rsp)
        movaps  %xmm5, 112(%rsp)
        cld
        movq    %r10, %rcx
        movq    %r11, %rdx
        movq    16(%rbp), %r8           /* the return address, above the flags */
        call    rt_trace_stfld_line@PLT
        movaps  32(%rsp), %xmm0
        movaps  48(%rsp), %xmm1
        movaps  64(%rsp), %xmm2
        movaps  80(%rsp), %xmm3
        movaps  96(%rsp), %xmm4
        movaps  112(%rsp), %xmm5
        leaq    -56(%rbp), %rsp
        popq    %r11
        popq    %r10
        popq    %r9
        popq    %r8
        popq    %rdx
        popq    %rcx
        popq    %rax
        popq    %rbp
        .cfi_def_cfa %rsp, 16
        .cfi_restore %rbp
        popfq
        .cfi_def_cfa_offset 8
        ret
        .cfi_endproc
        .size   rt_trace_stfld, . - rt_trace_stfld
rt_trace_stfld_end:

        .section .note.GNU-stack, "", @progbits
