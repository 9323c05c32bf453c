/* SPDX-License-Identifier: MIT
 *
 * The event callback: Xen comes here in the middle of whatever was running,
 * and masks events.
 */
    .text
    .global event_upcall

/*
 * Xen pushes, from the top: ss rsp rflags cs rip r11 rcx. Together with what is
 * pushed here it is a struct shim_upcall. What C keeps needs no saving.
 */
event_upcall:
    push %rax
    push %rdi
    push %rsi
    push %rdx
    push %r8
    push %r9
    push %r10
    cld
    mov %rsp, %rdi
    call shim_upcall
    pop %r10
    pop %r9
    pop %r8
    pop %rdx
    pop %rsi
    pop %rdi
    pop %rax
    pop %rcx
    pop %r11
    orl $3, 8(%rsp)         /* Xen shows the kernel as ring 0 */
    orl $3, 32(%rsp)
    iretq

    .section .note.GNU-stack, "", @progbits
