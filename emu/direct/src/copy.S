/* SPDX-License-Identifier: MIT
 *
 * Memory of the program itself, outside of the guest's addresses, where a
 * linked guest keeps arguments of its hypercalls:
 *
 *      bool direct__copy_in(void *to, xm_vaddr from, size_t n)
 *      bool direct__copy_out(xm_vaddr to, const void *from, size_t n)
 *
 * False: it is not there. Then fault.c has sent this to direct__copy_failed.
 * Nothing else of the engine touches what may not be there.
 */
        .text
        .globl  direct__copy_in, direct__copy_out
        .globl  direct__copy_end, direct__copy_failed
        .type   direct__copy_in, @function
        .type   direct__copy_out, @function
direct__copy_in: /* of lists, so 32 bytes at a time */
        movq    %rdx, %rcx
        andl    $31, %edx
        shrq    $5, %rcx
        jz      direct__copy_out
0:      movups  (%rsi), %xmm0
        movups  16(%rsi), %xmm1
        movups  %xmm0, (%rdi)
        movups  %xmm1, 16(%rdi)
        addq    $32, %rsi
        addq    $32, %rdi
        decq    %rcx
        jnz     0b
direct__copy_out: /* all up to a fault */
        movq    %rdx, %rcx
        andl    $7, %edx
        shrq    $3, %rcx
        jz      2f
1:      movq    (%rsi), %rax
        movq    %rax, (%rdi)
        addq    $8, %rsi
        addq    $8, %rdi
        decq    %rcx
        jnz     1b
2:      testl   %edx, %edx
        jz      4f
3:      movb    (%rsi), %al
        movb    %al, (%rdi)
        incq    %rsi
        incq    %rdi
        decl    %edx
        jnz     3b
4:      movl    $1, %eax
        ret
direct__copy_end:
direct__copy_failed:
        xorl    %eax, %eax
        ret
        .size   direct__copy_in, . - direct__copy_in
        .size   direct__copy_out, . - direct__copy_out

        .section .note.GNU-stack, "", @progbits
