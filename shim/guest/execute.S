/* SPDX-License-Identifier: MIT
 *
 * Runs one instruction with all its registers given, and gives them back. No
 * stack is needed on the way out: the instruction may have any.
 */
    .text
    .global shim_run, shim_run_done

/* void shim_run(struct shim_registers *r, const void *slot) */
shim_run:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, run_stack(%rip)
    mov %rdi, run_registers(%rip)
    mov %rsi, run_slot(%rip)

    pushfq
    pop %rax
    and $~0xcd5, %rax       /* status flags and DF */
    or 128(%rdi), %rax
    push %rax
    mov 0(%rdi), %rax
    mov 8(%rdi), %rcx
    mov 16(%rdi), %rdx
    mov 24(%rdi), %rbx
    mov 40(%rdi), %rbp
    mov 48(%rdi), %rsi
    mov 64(%rdi), %r8
    mov 72(%rdi), %r9
    mov 80(%rdi), %r10
    mov 88(%rdi), %r11
    mov 96(%rdi), %r12
    mov 104(%rdi), %r13
    mov 112(%rdi), %r14
    mov 120(%rdi), %r15
    cmpq $0, 32(%rdi)
    je 1f
    popfq
    mov 32(%rdi), %rsp
    mov 56(%rdi), %rdi
    jmp *run_slot(%rip)
1:  popfq
    mov 56(%rdi), %rdi
    jmp *run_slot(%rip)

/* No mov changes a flag. */
shim_run_done:
    mov %rdi, run_rdi(%rip)
    mov run_registers(%rip), %rdi
    mov %rax, 0(%rdi)
    mov %rcx, 8(%rdi)
    mov %rdx, 16(%rdi)
    mov %rbx, 24(%rdi)
    mov %rsp, 32(%rdi)
    mov %rbp, 40(%rdi)
    mov %rsi, 48(%rdi)
    mov run_rdi(%rip), %rax
    mov %rax, 56(%rdi)
    mov %r8, 64(%rdi)
    mov %r9, 72(%rdi)
    mov %r10, 80(%rdi)
    mov %r11, 88(%rdi)
    mov %r12, 96(%rdi)
    mov %r13, 104(%rdi)
    mov %r14, 112(%rdi)
    mov %r15, 120(%rdi)
    mov run_stack(%rip), %rsp
    pushfq
    pop 128(%rdi)
    cld
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

    .bss
    .balign 8
run_stack: .skip 8
run_registers: .skip 8
run_slot: .skip 8
run_rdi: .skip 8

    .section .note.GNU-stack, "", @progbits
