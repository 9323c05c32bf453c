/* SPDX-License-Identifier: MIT
 *
 * hypercall_page: 32 bytes for each hypercall, as Xen fills the guest's page:
 * called with the arguments in rdi, rsi, rdx, r10, r8, the answer is in rax.
 * Xen keeps all other registers; a C function would not.
 */
        .text
        .balign 4096
        .globl  hypercall_page
        .type   hypercall_page, @object
hypercall_page:
        .set    number, 0
        .rept   128
        .balign 32
        movl    $number, %eax
        jmp     pinfold_enter
        .set    number, number + 1
        .endr
        .balign 4096
        .size   hypercall_page, . - hypercall_page

        .globl  pinfold_enter
        .type   pinfold_enter, @function
pinfold_enter:
        .cfi_startproc
        pushq   %rbp
        .cfi_adjust_cfa_offset 8
        .cfi_offset %rbp, -16
        movq    %rsp, %rbp
        .cfi_def_cfa_register %rbp
        pushq   %rdi
        pushq   %rsi
        pushq   %rdx
        pushq   %rcx
        pushq   %r8
        pushq   %r9
        pushq   %r10
        pushq   %r11
        movq    %r8, %r9                /* a5 */
        movq    %r10, %r8               /* a4 */
        movq    %rdx, %rcx              /* a3 */
        movq    %rsi, %rdx              /* a2 */
        movq    %rdi, %rsi              /* a1 */
        movl    %eax, %edi              /* number */
        /* The flags of arithmetic, in ah and al: popfq would be slow. */
        lahf
        seto    %al
        pushq   %rax
        /*
         * Of the registers for vectors what all processors have. (A C function
         * leaves the x87 stack and the control words as it has found them.)
         */
        andq    $-16, %rsp
        subq    $256, %rsp
        .set    n, 0
        .irp    x, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        movaps  %xmm\x, n(%rsp)
        .set    n, n + 16
        .endr
        call    pinfold_hypercall@PLT
        .set    n, 0
        .irp    x, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        movaps  n(%rsp), %xmm\x
        .set    n, n + 16
        .endr
        leaq    -72(%rbp), %rsp
        movq    %rax, %r11
        popq    %rax
        addb    $127, %al               /* overflows, if it did */
        sahf
        movq    %r11, %rax
        popq    %r11
        popq    %r10
        popq    %r9
        popq    %r8
        popq    %rcx
        popq    %rdx
        popq    %rsi
        popq    %rdi
        popq    %rbp
        .cfi_def_cfa %rsp, 8
        ret
        .cfi_endproc
        .size   pinfold_enter, . - pinfold_enter

/*
 * In place of a syscall instruction (inline.c): the return address lies below
 * the red zone of who made it.
 */
        .globl  pinfold_inline
        .type   pinfold_inline, @function
pinfold_inline:
        .cfi_startproc
        .cfi_def_cfa %rsp, 136
        .cfi_offset %rip, -136
        subq    $8, %rsp
        .cfi_adjust_cfa_offset 8
        call    pinfold_enter
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        ret     $128
        .cfi_endproc
        .globl  pinfold_inline_end
pinfold_inline_end:
        .size   pinfold_inline, . - pinfold_inline

        .section .note.GNU-stack, "", @progbits
