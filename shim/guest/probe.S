/* SPDX-License-Identifier: MIT
 *
 * What may fault: one instruction each, in the kernel or as the guest's user,
 * and the entries of the exceptions they end in.
 *
 * Every probe answers 0, or 1 if there was an exception: its vector, error
 * code and address are in probe_vector, probe_error_code and probe_cr2.
 */
#define USER_CS 0xe033
#define USER_SS 0xe02b
#define HYPERVISOR_iret 23

    .text

    .macro exception name, vector
    .global \name
\name:
    movq $\vector, probe_vector(%rip)
    jmp exception
    .endm

    exception segment_not_present, 11
    exception general_protection, 13
    exception page_fault, 14

/*
 * Xen pushes, from the top: ss rsp rflags cs rip error_code r11 rcx. That of a
 * probe is noted and the probe left; that of a host's instruction is noted and
 * goes where the instruction would have gone; any other is final.
 */
exception:
    pop %rcx
    pop %r11
    push %rax
    push %rdx
    mov 16(%rsp), %rax
    mov %rax, probe_error_code(%rip)
    mov 24(%rsp), %rax      /* rip */
    lea code_slots(%rip), %rdx
    cmp %rdx, %rax
    jb 1f
    lea code_slots_end(%rip), %rdx
    cmp %rdx, %rax
    jae 1f
    mov %rax, probe_rip(%rip)
    lea shim_run_done(%rip), %rdx
    jmp 4f
1:  lea probes(%rip), %rdx
2:  cmpq $0, (%rdx)
    jne 3f
    ud2                     /* a bug of the shim: Xen reports and stops */
3:  cmp %rax, (%rdx)
    lea 16(%rdx), %rdx
    jne 2b
    mov -8(%rdx), %rdx
4:  mov %rdx, 24(%rsp)
    mov %cr2, %rax          /* emulated by Xen */
    mov %rax, probe_cr2(%rip)
    orl $3, 32(%rsp)        /* Xen shows the kernel as ring 0 */
    orl $3, 56(%rsp)
    pop %rdx
    pop %rax
    add $8, %rsp
    iretq

    .section .rodata
    .balign 8
probes: /* where it may happen, and where to go then */
    .quad probe_load, probe_faulted
    .quad probe_store, probe_faulted
    .quad probe_segment, probe_faulted
    .quad probe_write_cr3, probe_faulted
    .quad probe_invlpg, probe_faulted
    .quad user_load, user_faulted
    .quad user_store, user_faulted
    .quad user_segment, user_faulted
    .quad 0

    .text
/* int shim_probe_load(uint64_t va, uint64_t *value) */
    .global shim_probe_load
shim_probe_load:
probe_load:
    mov (%rdi), %rax
    mov %rax, (%rsi)
    xor %eax, %eax
    ret

/* int shim_probe_store(uint64_t va, uint64_t value) */
    .global shim_probe_store
shim_probe_store:
probe_store:
    mov %rsi, (%rdi)
    xor %eax, %eax
    ret

/* int shim_probe_segment(uint64_t selector); nothing stays in fs */
    .global shim_probe_segment
shim_probe_segment:
probe_segment:
    mov %edi, %fs
    xor %eax, %eax
    mov %eax, %fs
    ret

/* int shim_probe_write_cr3(uint64_t value) */
    .global shim_probe_write_cr3
shim_probe_write_cr3:
probe_write_cr3:
    mov %rdi, %cr3          /* emulated by Xen */
    xor %eax, %eax
    ret

/* int shim_probe_invlpg(uint64_t va) */
    .global shim_probe_invlpg
shim_probe_invlpg:
probe_invlpg:
    invlpg (%rdi)
    xor %eax, %eax
    ret

probe_faulted:
    mov $1, %eax
    ret

/*
 * The same as the guest's user: iret there, and back by a system call or an
 * exception. For Xen rsp is the frame of iret, with rcx, r11 and rax on top.
 */
    .global shim_user_load, shim_user_store, shim_user_segment
shim_user_load:
    lea user_load(%rip), %rax
    jmp to_user
shim_user_store:
    lea user_store(%rip), %rax
    jmp to_user
shim_user_segment:
    lea user_segment(%rip), %rax
to_user:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, user_stack(%rip)
    pushq $USER_SS
    push %rsp
    pushq $2                /* rflags: events stay masked */
    pushq $USER_CS
    push %rax
    pushq $0
    jmp hypercall_page + HYPERVISOR_iret * 32

user_load:
    mov (%rdi), %rax
    syscall
user_store:
    mov %rsi, (%rdi)
    syscall
user_segment:
    mov %edi, %fs
    syscall

/* The callback of system calls, on the stack that Xen switched to. */
    .global system_call
system_call:
    mov %rax, probe_value(%rip)
    xor %eax, %eax
    mov %eax, %fs
1:  mov user_stack(%rip), %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

user_faulted:
    mov $1, %eax
    jmp 1b

    .bss
    .balign 8
    .global probe_vector, probe_error_code, probe_cr2, probe_rip, probe_value
probe_vector: .skip 8
probe_error_code: .skip 8
probe_cr2: .skip 8
probe_rip: .skip 8
probe_value: .skip 8
user_stack: .skip 8
    .balign 16
    .skip 4096
    .global exception_stack_end
exception_stack_end:

    .section .note.GNU-stack, "", @progbits
