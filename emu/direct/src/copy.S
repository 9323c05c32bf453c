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
direct__copy_in:
direct__copy_out:
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
