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

        .type   pinfold_enter, @function
pinfold_enter:
        pushq   %rbp
        movq    %rsp, %rbp
        pushq   %rdi
        pushq   %rsi
        pushq   %rdx
        pushq   %rcx
        pushq   %r8
        pushq   %r9
        pushq   %r10
        pushq   %r11
        pushfq
        /* Inline callers may have data below the stack pointer. */
        andq    $-16, %rsp
        subq    $512, %rsp
        fxsave64 (%rsp)
        movq    %r8, %r9                /* a5 */
        movq    %r10, %r8               /* a4 */
        movq    %rdx, %rcx              /* a3 */
        movq    %rsi, %rdx              /* a2 */
        movq    %rdi, %rsi              /* a1 */
        movl    %eax, %edi              /* number */
        call    pinfold_hypercall@PLT
        fxrstor64 (%rsp)
        leaq    -72(%rbp), %rsp
        popfq
        popq    %r11
        popq    %r10
        popq    %r9
        popq    %r8
        popq    %rcx
        popq    %rdx
        popq    %rsi
        popq    %rdi
        popq    %rbp
        ret
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
        .size   pinfold_inline, . - pinfold_inline

        .section .note.GNU-stack, "", @progbits
