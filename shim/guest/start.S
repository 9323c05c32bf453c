/* SPDX-License-Identifier: MIT
 *
 * Entry of the PV kernel, its ELF notes, its stacks, and the place of
 * instructions that a host sends.
 */
#include <xen/elfnote.h>

#include <shim/note.inc>

#define VIRT_BASE 0xffffffff80000000

    note XEN_ELFNOTE_GUEST_OS, .asciz "Pinfold shim"
    note XEN_ELFNOTE_GUEST_VERSION, .asciz "1"
    note XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
    note XEN_ELFNOTE_LOADER, .asciz "generic"
    note XEN_ELFNOTE_PAE_MODE, .asciz "yes"
    note XEN_ELFNOTE_FEATURES, .asciz "!writable_page_tables|pae_pgdir_above_4gb"
    note XEN_ELFNOTE_VIRT_BASE, .quad VIRT_BASE
    note XEN_ELFNOTE_PADDR_OFFSET, .quad VIRT_BASE
    note XEN_ELFNOTE_ENTRY, .quad _start
    note XEN_ELFNOTE_HYPERCALL_PAGE, .quad hypercall_page

    .section .text
    .global _start
_start:
    /* How we were entered, before it is gone; nothing is pushed yet. */
    or %rbx, %rax
    or %rcx, %rax
    or %rdx, %rax
    or %rdi, %rax
    or %rbp, %rax
    or %r8, %rax
    or %r9, %rax
    or %r10, %rax
    or %r11, %rax
    or %r12, %rax
    or %r13, %rax
    or %r14, %rax
    or %r15, %rax
    mov %rsp, %rdx
    lea stack_end(%rip), %rsp
    pushfq                  /* of the flags, or has changed the status only */
    pop %rcx
    cld
    xor %ebp, %ebp
    mov %rsi, %rdi          /* struct start_info */
    mov %rax, %rsi          /* other registers */
    call shim_main
1:  jmp 1b

    .global shim_secondary_entry
shim_secondary_entry:
    cld
    lea secondary_stack_end(%rip), %rsp
    xor %ebp, %ebp
    call shim_secondary     /* rdi: its mailbox */
1:  jmp 1b

    .section .text.hypercall_page, "ax"
    .balign 4096
    .global hypercall_page
hypercall_page:
    .skip 4096

    .section .bss
    .balign 16
    .skip 32768
    .global stack_end
stack_end:
    .skip 8192
secondary_stack_end:

    .balign 4096
    .global code_slots, code_slots_end
code_slots:
    .skip 65536
code_slots_end:

    .section .note.GNU-stack, "", @progbits
