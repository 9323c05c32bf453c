/* SPDX-License-Identifier: MIT
 *
 * A kernel that does what no kernel should: the first letter of its command
 * line says what. hostile.sh has what is to come of it.
 */
#include <xen/elfnote.h>

#include <shim/note.inc>

#define VIRT_BASE 0xffffffff80000000
#define CMD_LINE 128 /* in struct start_info */
#define SCHED_OP 29
#define YIELD 0
#define BLOCK 1
#define SHUTDOWN 2
#define MMU_UPDATE 1
#define UPDATE_VA_MAPPING 14
#define FREE_ENTRY 0x30003 /* present, writable */
#define DOMID_SELF 0x7ff0

    note XEN_ELFNOTE_GUEST_OS, .asciz "Pinfold hostile"
    note XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
    note XEN_ELFNOTE_LOADER, .asciz "generic"
    note XEN_ELFNOTE_VIRT_BASE, .quad VIRT_BASE
    note XEN_ELFNOTE_PADDR_OFFSET, .quad VIRT_BASE
    note XEN_ELFNOTE_ENTRY, .quad _start

    .macro case letter, place
    cmp $\letter, %al
    je \place
    .endm

    .macro function name
    .type \name, @function
\name:
    .endm

    .text
    .global _start
    function _start
    lea stack_end(%rip), %rsp
    mov CMD_LINE(%rsi), %al
    case 'o', power_off
    case 'c', say_crash
    case 'l', loop
    case 'm', modify
    case 'h', call_for_ever
    case 'y', yield
    case 'w', wait
    case 'n', caller
    case 'j', jump_nowhere
    case 's', no_stack
    case 'r', refused
    case 'f', map_free
    ud2

    function power_off
    movl $0, reason(%rip)
    jmp shut_down
    function say_crash
    movl $3, reason(%rip)
    function shut_down
    mov $SHUTDOWN, %edi
    lea reason(%rip), %rsi
    mov $SCHED_OP, %eax
    syscall
    jmp .

    function loop
    jmp loop

    /* A long block that is translated anew each time, which takes its time. */
    function modify
    incb .Lpatch(%rip)
    jmp 1f
.Lpatch = . + 1
1:  mov $0, %cl
    .rept 500
    add %al, -8(%rsp)
    .endr
    jmp modify

    function call_for_ever
    mov $17, %eax /* xen_version */
    xor %edi, %edi
    syscall
    jmp call_for_ever

    function yield
    mov $SCHED_OP, %eax
    mov $YIELD, %edi
    syscall
    jmp yield

    function wait
    mov $SCHED_OP, %eax
    mov $BLOCK, %edi
    syscall
    jmp wait

    function caller
    call callee
    jmp .
    function callee
    mov 0x10, %rax
    ret

    function jump_nowhere
    mov $0x4000000000000000, %rax
    jmp *%rax

    function no_stack
    xor %esp, %esp
    push %rax
    jmp .

    /* An entry of no table; then a page that is not there. */
    function refused
    lea request(%rip), %rdi
    mov $1, %esi
    xor %edx, %edx
    mov $DOMID_SELF, %r10
    mov $MMU_UPDATE, %eax
    syscall
    jmp callee

    /* A frame of nobody's. */
    function map_free
    lea request(%rip), %rdi
    mov $FREE_ENTRY, %esi
    xor %edx, %edx
    mov $UPDATE_VA_MAPPING, %eax
    syscall
    jmp power_off

    .data
    .balign 8
request: .quad 0, 0
reason: .long 0

    .bss
    .balign 16
    .skip 4096
stack_end:

    .section .note.GNU-stack, "", @progbits
