/* SPDX-License-Identifier: MIT
 *
 * Entry of the PV kernel, its ELF notes, the page-fault entry, and what may
 * fault: two probes, and the place of instructions that a host sends.
 */
#include <xen/elfnote.h>

#define VIRT_BASE 0xffffffff80000000

    .macro note type, value:vararg
    .pushsection .note.Xen, "a", @note
    .balign 4
    .long 2f - 1f, 4f - 3f, \type
1:  .asciz "Xen"
2:  .balign 4
3:  \value
4:  .balign 4
    .popsection
    .endm

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
    cld
    lea stack_end(%rip), %rsp
    xor %ebp, %ebp
    mov %rsi, %rdi          /* struct start_info */
    call shim_main
1:  jmp 1b

    .global shim_secondary_entry
shim_secondary_entry:
    cld
    lea secondary_stack_end(%rip), %rsp
    xor %ebp, %ebp
    call shim_secondary     /* rdi: its mailbox */
1:  jmp 1b

/*
 * Xen pushes, from the top: ss rsp rflags cs rip error_code r11 rcx. A fault
 * of a probe is noted and the probe left with 1 in rax; one of a host's
 * instruction is noted and goes where the instruction would have gone; any
 * other is final.
 */
    .global page_fault
page_fault:
    pop %rcx
    pop %r11
    push %rax
    push %rdx
    mov 24(%rsp), %rax      /* rip */
    lea code_slots(%rip), %rdx
    cmp %rdx, %rax
    jb 1f
    lea code_slots_end(%rip), %rdx
    cmp %rdx, %rax
    jae 1f
    mov %rax, probe_rip(%rip)
    lea shim_run_done(%rip), %rdx
    jmp 3f
1:  lea probe_load(%rip), %rdx
    cmp %rdx, %rax
    je 2f
    lea probe_store(%rip), %rdx
    cmp %rdx, %rax
    je 2f
    ud2                     /* a bug of the shim: Xen reports and stops */
2:  lea probe_faulted(%rip), %rdx
3:  mov %rdx, 24(%rsp)
    mov 16(%rsp), %rax
    mov %rax, probe_error_code(%rip)
    mov %cr2, %rax          /* emulated by Xen */
    mov %rax, probe_cr2(%rip)
    orl $3, 32(%rsp)        /* Xen shows the kernel as ring 0 */
    orl $3, 56(%rsp)
    pop %rdx
    pop %rax
    add $8, %rsp
    iretq

/* int shim_probe_load(uint64_t va, uint64_t *value): 0, or 1 if it faulted */
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

probe_faulted:
    mov $1, %eax
    ret

    .section .text.hypercall_page, "ax"
    .balign 4096
    .global hypercall_page
hypercall_page:
    .skip 4096

    .section .bss
    .balign 16
    .skip 32768
stack_end:
    .skip 8192
secondary_stack_end:
    .global probe_error_code, probe_cr2, probe_rip
probe_error_code: .skip 8
probe_cr2: .skip 8
probe_rip: .skip 8

    .balign 4096
    .global code_slots, code_slots_end
code_slots:
    .skip 65536
code_slots_end:

    .section .note.GNU-stack, "", @progbits
