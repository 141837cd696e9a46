/* Every exception and interrupt enters here. The CFI says where each register of the interrupted code
 * lies, so that a debugger's backtrace goes on behind the handler. No SSE before it is saved.
 *
 * CFA = the byte behind what the processor pushed: ss at CFA-8, rsp -16, rflags -24, cs -32,
 * rip -40, error -48, vector -56. */

    .cfi_sections .eh_frame

    .section .text.entry, "ax"
    .balign 16
    .global trap_entries
    .type trap_entries, @function
trap_entries:
    .cfi_startproc simple
    .cfi_signal_frame
    .cfi_def_cfa rsp, 40
    .cfi_offset rip, -40
    .cfi_offset rsp, -16
    .set vector, 0
    .rept 256
    .balign 16, 0xCC
    /* 8, 10-14, 17, 21, 29, 30: the processor pushes an error code */
    .if (vector == 8) || ((vector >= 10) && (vector <= 14)) || (vector == 17) || (vector == 21) || (vector == 29) || (vector == 30)
    .cfi_def_cfa_offset 48
    .else
    .cfi_def_cfa_offset 40
    pushq $0
    .cfi_adjust_cfa_offset 8
    .endif
    pushq $vector
    .cfi_adjust_cfa_offset 8
    jmp trap_common
    .set vector, vector + 1
    .endr
    .cfi_endproc
    .size trap_entries, . - trap_entries

    .macro save register
    pushq %\register
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset \register, 0
    .endm

    .macro restore register
    popq %\register
    .cfi_adjust_cfa_offset -8
    .cfi_restore \register
    .endm

    .balign 16
    .global trap_common
    .type trap_common, @function
trap_common:
    .cfi_startproc simple
    .cfi_signal_frame
    .cfi_def_cfa rsp, 56
    .cfi_offset rip, -40
    .cfi_offset rsp, -16
    save rax
    save rbx
    save rcx
    save rdx
    save rsi
    save rdi
    save rbp
    save r8
    save r9
    save r10
    save r11
    save r12
    save r13
    save r14
    save r15
    movq %cr3, %rax
    pushq %rax
    .cfi_adjust_cfa_offset 8
    movq %cr2, %rax
    pushq %rax
    .cfi_adjust_cfa_offset 8
    subq $512, %rsp
    .cfi_adjust_cfa_offset 512
    fxsave64 (%rsp)
    .set register, 0
    .irp name, xmm0, xmm1, xmm2, xmm3, xmm4, xmm5, xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15
    .cfi_rel_offset \name, 160 + 16 * register
    .set register, register + 1
    .endr
    cld
    fninit
    pushq $0x1F80                           /* the handler's own MXCSR: everything masked */
    .cfi_adjust_cfa_offset 8
    ldmxcsr (%rsp)
    addq $8, %rsp
    .cfi_adjust_cfa_offset -8

    movq %rsp, %rcx
    subq $32, %rsp                          /* shadow space */
    .cfi_adjust_cfa_offset 32
    call trap_dispatch
    addq $32, %rsp
    .cfi_adjust_cfa_offset -32

    fxrstor64 (%rsp)
    addq $528, %rsp                         /* fx, cr2, cr3 */
    .cfi_adjust_cfa_offset -528
    restore r15
    restore r14
    restore r13
    restore r12
    restore r11
    restore r10
    restore r9
    restore r8
    restore rbp
    restore rdi
    restore rsi
    restore rdx
    restore rcx
    restore rbx
    restore rax
    addq $16, %rsp                          /* vector, error */
    .cfi_adjust_cfa_offset -16
    iretq
    .cfi_endproc
    .size trap_common, . - trap_common

    .section .note.GNU-stack, "", @progbits
