/* SPDX-License-Identifier: MIT
 *
 * Entry of the kernel, its notes, and what Xen enters: every vector and
 * callback notes what it found, and goes back to whoever runs a form.
 */
#include <xen/elfnote.h>

#include <shim/note.inc>

#define SCHED_OP 29 /* hypercalls, and their commands */
#define YIELD 0
#define VCPU_OP 24
#define DOWN 2

#define VIRT_BASE 0xffffffff80000000

    note XEN_ELFNOTE_GUEST_OS, .asciz "Pinfold processor test"
    note XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
    note XEN_ELFNOTE_LOADER, .asciz "generic"
    note XEN_ELFNOTE_VIRT_BASE, .quad VIRT_BASE
    note XEN_ELFNOTE_PADDR_OFFSET, .quad VIRT_BASE
    note XEN_ELFNOTE_ENTRY, .quad _start
    note XEN_ELFNOTE_HYPERCALL_PAGE, .quad hypercall_page

    .text
    .global _start
_start:
    cld
    lea stack_end(%rip), %rsp
    xor %ebp, %ebp
    mov %rsi, %rdi
    call kernel_main
1:  jmp 1b

/* Xen's frame is on the stack; ERROR: with an error code in it. */
    .macro entry number, error
    .balign 128
    movq $\number, seen_vector(%rip)
    mov %rcx, seen_now(%rip)
    mov %r11, seen_now+8(%rip)
    mov %rsp, seen_now+16(%rip)
    popq seen_rcx(%rip)
    popq seen_r11(%rip)
    .if \error
    popq seen_error(%rip)
    .else
    movq $-1, seen_error(%rip)
    .endif
    jmp common_entry
    .endm

    .global vectors
    .balign 128
vectors:
    .set i, 0
    .rept 256
    .if i == 8 || (i >= 10 && i <= 14) || i == 17
    entry i, 1
    .else
    entry i, 0
    .endif
    .set i, i + 1
    .endr
    .balign 128
    .global on_event, on_failsafe, on_syscall
on_event:
    entry 256, 0
    .balign 128
on_syscall:
    entry 258, 0
    .balign 128
on_failsafe: /* ds, es, fs, gs lie behind rcx and r11 */
    mov %rcx, seen_now(%rip)
    mov %r11, seen_now+8(%rip)
    mov %rsp, seen_now+16(%rip)
    popq seen_rcx(%rip)
    popq seen_r11(%rip)
    popq seen_segments(%rip)
    popq seen_segments+8(%rip)
    popq seen_segments+16(%rip)
    popq seen_segments+24(%rip)
    movq $-1, seen_error(%rip)
    movq $257, seen_vector(%rip)

common_entry:
    popq seen_rip(%rip)
    popq seen_cs(%rip)
    popq seen_rflags(%rip)
    popq seen_rsp(%rip)
    popq seen_ss(%rip)
    jmp form_back

    /* run_form(form, registers): registers in the order of struct regs */
    .global run_form
run_form:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsi, form_registers(%rip)
    mov %rsp, form_stack(%rip)
    movq $-1, seen_vector(%rip)
    movq $0, seen_error(%rip)
    mov %rdi, form_jump(%rip)
    mov %rsi, %r15
    mov (%r15), %rax
    mov 8(%r15), %rcx
    mov 16(%r15), %rdx
    mov 24(%r15), %rbx
    mov 32(%r15), %rsi
    mov 40(%r15), %rdi
    mov 48(%r15), %rbp
    mov 56(%r15), %rsp
    jmp *form_jump(%rip)

    .global form_done
form_done:
form_back:
    mov form_registers(%rip), %r15
    mov %rax, (%r15)
    mov %rcx, 8(%r15)
    mov %rdx, 16(%r15)
    mov %rbx, 24(%r15)
    mov %rsi, 32(%r15)
    mov %rdi, 40(%r15)
    mov %rbp, 48(%r15)
    mov form_stack(%rip), %rsp
    cld
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

    /* The second vCPU: what its failsafe callback finds, then turns. */
    .global second_start, second_failsafe
second_failsafe:
    mov %rsp, %rsi
    lea second_frame(%rip), %rdi
    mov $11, %ecx
    rep movsq
second_start:
    mov $SCHED_OP, %eax
    mov $YIELD, %edi
    syscall
    incq second_turns(%rip)
    cmpq $0, second_ends(%rip)
    je second_start
    mov $VCPU_OP, %eax
    mov $DOWN, %edi
    mov $1, %esi
    syscall
    ud2

    .section .text.hypercall_page, "ax"
    .balign 4096
    .global hypercall_page
hypercall_page:
    .skip 4096

    .bss
    .balign 16
    .skip 32768
stack_end:
form_registers: .skip 8
form_stack: .skip 8
form_jump: .skip 8
    .global seen_vector, seen_error, seen_rip, seen_cs, seen_rflags
    .global seen_rsp, seen_ss, seen_rcx, seen_r11, seen_now, seen_segments
seen_vector: .skip 8
seen_error: .skip 8
seen_rip: .skip 8
seen_cs: .skip 8
seen_rflags: .skip 8
seen_rsp: .skip 8
seen_ss: .skip 8
seen_rcx: .skip 8
seen_r11: .skip 8
seen_now: .skip 24
seen_segments: .skip 32
    .global second_turns, second_ends, second_frame, second_stack_end
second_turns: .skip 8
second_ends: .skip 8
second_frame: .skip 88
    .balign 16
    .skip 4096
second_stack_end:

    .section .note.GNU-stack, "", @progbits
