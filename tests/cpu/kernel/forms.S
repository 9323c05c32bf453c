/* SPDX-License-Identifier: MIT
 *
 * Instructions, each run by itself. They find: rdi the middle of a page that is
 * not there, rsi the end of what is mapped, rbx a page of memory, rsp the
 * middle of another (Xen writes a frame there: it must not be absent), rbp as rdi, rax 0x1122334455667788, rcx 5, rdx 3.
 */
    .macro form name, a, b, c, d, e, f, g, h, i
    .pushsection .forms, "a"
    .quad 1f, 2f
    .popsection
    .pushsection .rodata
2:  .asciz "\name"
    .popsection
    .balign 64
1:  \a
    \b
    \c
    \d
    \e
    \f
    \g
    \h
    \i
    jmp form_done
    .endm

    .text
    form "nothing", "nop"
    form "load 1", "movb (%rdi), %al"
    form "load 8", "mov 8(%rdi), %rax"
    form "load 8, index", "mov 16(%rdi,%rcx,4), %rax"
    form "load 4, zero-extended", "movzbl 3(%rdi), %eax"
    form "store 1", "movb %al, 1(%rdi)"
    form "store 4, immediate", "movl $1, 7(%rdi)"
    form "store 8", "mov %rax, (%rdi)"
    form "load 8 across the end", "mov -3(%rsi), %rax"
    form "load 2 across the end", "mov -1(%rsi), %ax"
    form "store 8 across the end", "mov %rax, -5(%rsi)"
    form "load 8 up to the end", "mov -8(%rsi), %rcx"
    form "read, modify, write", "add %eax, 4(%rdi)"
    form "locked", "lock incl 12(%rdi)"
    form "exchange", "xchg %rax, 24(%rdi)"
    form "compare and exchange", "lock cmpxchg %rdx, 32(%rdi)"
    form "16 bytes", "lock cmpxchg16b 48(%rdi)"
    form "16 bytes, not aligned", "cmpxchg16b 8(%rbx)"
    form "exchange and add", "xadd %ecx, 40(%rdi)"
    form "bit, immediate", "btsl $3, 8(%rdi)"
    form "bit, register", "bts %rax, (%rbx)"
    form "bit, small register", "btl %ecx, (%rdi)"
    form "bit, negative", "mov $-65, %rax", "bt %rax, (%rdi)"
    form "push", "lea 8(%rsi), %rsp", "push %rax"
    form "push, not aligned", "lea 15(%rsi), %rsp", "push %rax"
    form "push memory", "push 8(%rdi)"
    form "pushf", "lea 8(%rsi), %rsp", "pushf"
    form "pop", "mov %rsi, %rsp", "pop %rax"
    form "pop to memory", "pop 16(%rdi)"
    form "call, no stack", "lea 8(%rsi), %rsp", "call form_done"
    form "call by memory", "call *8(%rdi)"
    form "jump by memory", "jmp *16(%rdi)"
    form "ret, no stack", "mov %rsi, %rsp", "ret"
    form "leave", "leave"
    form "enter", "lea 8(%rsi), %rsp", "enter $16, $0"
    form "movs from", "mov %rdi, %rsi", "mov %rbx, %rdi", "movsq"
    form "movs to", "mov %rbx, %rsi", "movsq"
    form "rep movs up to the end", "mov %rsi, %rdi", "sub $20, %rdi", \
        "mov %rbx, %rsi", "rep movsq"
    form "rep stos down", "lea 4(%rsi), %rdi", "std", "rep stosb"
    form "rep stos, none", "xor %ecx, %ecx", "rep stosq"
    form "cmps", "mov %rbx, %rsi", "cmpsb"
    form "scas", "scasl"
    form "lods", "mov %rdi, %rsi", "lodsw"
    form "xlat", "mov %rdi, %rbx", "xlat"
    form "fs", "mov %rdi, %rax", "movb %fs:5(%rax), %cl"
    form "gs", "movb %gs:5, %cl"
    form "32-bit address", "mov 0x1234(%eax), %edx"
    form "sse load", "movups (%rdi), %xmm0"
    form "sse store", "movups %xmm0, 5(%rdi)"
    form "sse across the end", "movups -7(%rsi), %xmm0"
    form "scalar double", "movsd 24(%rdi), %xmm1"
    form "x87 load", "fldt 3(%rdi)"
    form "x87 store", "fld1", "fstpt 6(%rdi)"
    form "fxsave", "fxsave 16(%rbx)"
    form "prefetch", "prefetcht0 (%rdi)"
    form "lea", "lea (%rdi), %rax"
    form "cmov, not taken", "cmp %rax, %rax", "cmovne (%rdi), %rdx"
    form "divide by memory", "divl (%rdi)"
    form "jump there", "jmp *%rdi"
    form "call there", "call *%rdi"
    form "not canonical, load", "mov $1, %rax", "shl $63, %rax", \
        "mov (%rax), %rcx"
    form "not canonical, jump", "mov $1, %rax", "shl $63, %rax", "jmp *%rax"
    form "Xen's part, load", "mov $0xffff830000000000, %rax", \
        "mov (%rax), %rcx"
    form "Xen's part, store", "mov $0xffff830000000000, %rax", \
        "mov %rcx, (%rax)"
    form "Xen's part, jump", "mov $0xffff830000000000, %rax", "jmp *%rax"
    form "M2P, store", "mov $0xffff800000000000, %rax", "mov %rcx, 8(%rax)"
    form "M2P, jump", "mov $0xffff800000000000, %rax", "jmp *%rax"
    form "breakpoint", "int3"
    form "undefined", "ud2"
    form "divide by zero", "xor %ecx, %ecx", "div %ecx"
    form "overflow of divide", "mov $-1, %edx", "div %ecx"
    form "breakpoint, long", ".byte 0xcd, 3"
    form "int 4", "int $4"
    form "icebp", ".byte 0xf1"
    form "ud1", "ud1 (%rdi), %eax"
    form "xgetbv", "xor %ecx, %ecx", "xgetbv"
    form "xsetbv", "xsetbv"
    form "rdtscp", "rdtscp"
    form "rdfsbase", "rdfsbase %rax"
    form "monitor", "monitor"
    form "mwait", "mwait"
    form "vmcall", "vmcall"
    form "vmmcall", "vmmcall"
    form "rsm", "rsm"
    form "smsw", "smsw %eax"
    form "lmsw", "lmsw %ax"
    form "str", "str %eax"
    form "sldt", "sldt %eax"
    form "sgdt", "sgdt (%rbx)", "movzwl (%rbx), %eax"
    form "sidt", "sidt (%rbx)", "movzwl (%rbx), %eax"
    form "sidt, nowhere", "sidt (%rdi)"
    form "clflush", "clflush (%rbx)"
    form "clflush, nowhere", "clflush (%rdi)"
    form "nop with an operand", "nopw (%rdi)"
    form "8 bytes", "cmpxchg8b 8(%rdi)"
    form "store past caches", "movnti %rax, (%rdi)"
    form "nested enter", "lea 16(%rbx), %rbp", "enter $16, $2"
    form "popf, all but a step", "pushq $~0x100", "popf", "pushf", "pop %rcx", "pushq $2", \
        "popf"
    form "iretd", "iretl"
    form "ss and a step", "mov %ss, %eax", "pushf", "orl $0x100, (%rsp)", \
        "popf", "mov %eax, %ss", "nop", "nop"
    form "hlt", "hlt"
    form "cli", "cli"
    form "sti", "sti"
    form "wbinvd", "wbinvd"
    form "invd", "invd"
    form "invlpg", "invlpg (%rbx)"
    form "lgdt", "lgdt (%rbx)"
    form "lidt", "lidt (%rbx)"
    form "ltr", "ltr %cx"
    form "rdpmc", "rdpmc"
    form "swapgs", "swapgs"
    form "sysret", "sysretq"
    form "sysenter", "sysenter"
    form "clts", "clts"
    form "read cr0", "mov %cr0, %rax"
    form "read cr2", "mov %cr2, %rax"
    form "read cr8", "mov %cr8, %rax"
    form "write cr0, as it is", "mov %cr0, %rax", "mov %rax, %cr0"
    form "write cr0, no paging", "mov %cr0, %rax", "btr $31, %rax", \
        "mov %rax, %cr0"
    form "read dr7", "mov %dr7, %rax"
    form "read dr4", "mov %dr4, %rax"
    form "write dr4", "mov $0x1234, %eax", "mov %rax, %dr4", "mov %dr6, %rdx"
    form "write dr7, detect", "mov $0x2400, %eax", "mov %rax, %dr7"
    form "msr, none", "mov $0x12345, %ecx", "rdmsr"
    form "msr, write none", "mov $0x12345, %ecx", "wrmsr"
    form "msr efer", "mov $0xc0000080, %ecx", "rdmsr"
    form "msr pat", "mov $0x277, %ecx", "rdmsr"
    form "msr apic base", "mov $0x1b, %ecx", "rdmsr"
    form "msr mcg cap", "mov $0x179, %ecx", "rdmsr"
    form "msr mcg status", "mov $0x17a, %ecx", "rdmsr"
    form "msr mc0 ctl", "mov $0x400, %ecx", "rdmsr"
    form "msr mc2 ctl", "mov $0x408, %ecx", "rdmsr"
    form "msr patch level", "mov $0x8b, %ecx", "rdmsr"
    form "msr fs base", "mov $0xc0000100, %ecx", "rdmsr"
    form "msr fs base, not canonical", "mov $0xc0000100, %ecx", \
        "mov $0x80000000, %edx", "wrmsr"
    form "msr lstar", "mov $0xc0000082, %ecx", "rdmsr"
    form "msr misc enable", "mov $0x1a0, %ecx", "rdmsr"
    form "msr hwcr", "mov $0xc0010015, %ecx", "rdmsr"
    form "ds, none", "xor %eax, %eax", "mov %eax, %ds"
    form "ds, behind the end", "mov $0xf003, %eax", "mov %eax, %ds"
    form "ds, nothing there", "mov $0x5b, %eax", "mov %eax, %ds"
    form "ds, ldt", "mov $0x17, %eax", "mov %eax, %ds"
    form "ds, Xen's data", "mov $0xe02b, %eax", "mov %eax, %ds", \
        "xor %ecx, %ecx", "mov %ecx, %ds"
    form "ds, Xen's own", "mov $0xe010, %eax", "mov %eax, %ds"
    form "es, Xen's code", "mov $0xe033, %eax", "mov %eax, %es", \
        "xor %ecx, %ecx", "mov %ecx, %es"
    form "ss, none", "xor %eax, %eax", "mov %eax, %ss"
    form "ss, nothing there", "mov $0x5b, %eax", "mov %eax, %ss"
    form "far return, nothing there", "push $0x5b", "push $0", "lretq"
    form "iretq, nothing there", "push $0xe02b", "push %rsp", "push $0x202", \
        "push $0x5b", "push $0", "iretq"
    form "iretq", "mov %rsp, %rax", "push $0xe02b", "push %rax", "push $0x202", \
        "push $0xe033", "lea 9f(%rip), %rdx", "push %rdx", "iretq", "9: nop"
    form "lar", "mov $0xe033, %eax", "lar %eax, %ecx"
    form "lsl", "mov $0xe02b, %eax", "lsl %eax, %ecx"
    form "verr", "mov $0xe02b, %eax", "verr %ax", "mov $0, %ecx", "setz %cl"
    form "flags", "pushf", "pop %rcx"
    form "popf does not", "pushf", "pop %rcx", "mov %rcx, %rdx", \
        "and $~0x200, %rdx", "push %rdx", "popf", "pushf", "pop %rcx"
    form "step", "pushf", "orl $0x100, (%rsp)", "popf", "nop", "nop"
    form "step over what is emulated", "pushf", "orl $0x100, (%rsp)", "popf", \
        "mov %cr0, %rax", "nop"
    form "step over a store", "pushf", "orl $0x100, (%rsp)", "popf", \
        "mov %rax, (%rbx)", "nop"
    form "alignment", "pushf", "orl $0x40000, (%rsp)", "popf", \
        "mov 1(%rbx), %eax"
    form "x87 exception", "fninit", "pushq $0x0340", "fldcw (%rsp)", "fldz", \
        "fld1", "fdivp", "fwait", "fninit"
    form "sse exception", "pushq $0x1d80", "ldmxcsr (%rsp)", \
        "xorps %xmm0, %xmm0", "rcpss %xmm0, %xmm1", "movl $0x3f800000, (%rsp)", \
        "movss (%rsp), %xmm1", "divss %xmm0, %xmm1"
    form "in", "in $0x60, %al", "nop"
    form "in, then undefined", "mov $0x2f0, %edx", "in %dx, %ax", "ud2"
    form "in, 2 bytes", "mov $0x2f0, %edx", "in %dx, %ax"
    form "in, 4 bytes", "mov $0x2f0, %edx", "in %dx, %eax"
    form "out", "xor %eax, %eax", "out %al, $0x80"
    form "out, 4 bytes", "mov $0x2f0, %edx", "out %eax, %dx"
    form "ins", "mov %rbx, %rdi", "insb"
    form "outs", "mov %rbx, %rsi", "rep outsl"
    form "ins, port", "mov $0x2f0, %edx", "mov %rbx, %rdi", "insw"
    form "rep ins up to the end", "mov $0x2f0, %edx", "lea -7(%rsi), %rdi", \
        "rep insl"
    form "rep ins down", "mov $0x2f0, %edx", "mov %rbx, %rdi", "std", \
        "add $9, %rdi", "rep insb"
    form "rep ins, none", "mov $0x2f0, %edx", "xor %ecx, %ecx", "rep insl"
    form "rep ins, none, 32-bit address", "mov $0x2f0, %edx", "mov $1, %ecx", \
        "shl $32, %rcx", "addr32 rep insl"
    form "ins, 32-bit address", "mov $0x2f0, %edx", "addr32 insb"
    form "ins to Xen's part", "mov $0x2f0, %edx", \
        "mov $0xffff830000000000, %rdi", "insb"
    form "rep outs, port", "mov $0x2f0, %edx", "mov %rbx, %rsi", "rep outsw"
    form "outs, fs", "mov $0x2f0, %edx", "mov %rdi, %rsi", "fs outsl"
    form "rep outs up to the end", "mov $0x2f0, %edx", "sub $9, %rsi", \
        "rep outsl"
    form "rep ins, step", "mov $0x2f0, %edx", "mov %rbx, %rdi", "pushf", \
        "orl $0x100, (%rsp)", "popf", "rep insb", "nop"
    form "cr4, FSGSBASE", "mov %cr4, %rax", "bts $16, %rax", \
        "mov %rax, %cr4", "mov %cr4, %rcx"
    form "cr4, DE", "mov %cr4, %rax", "bts $3, %rax", "mov %rax, %cr4", \
        "mov %cr4, %rcx", "btr $3, %rax", "mov %rax, %cr4"
    form "int 0x80", "int $0x80"
    form "call", "syscall"
    form "syscall registers", "mov $17, %eax", "xor %edi, %edi", \
        "xor %esi, %esi", "syscall", "mov %rcx, %rdx", "lea 9f(%rip), %rcx", \
        "sub %rcx, %rdx", "9: nop"

    .section .note.GNU-stack, "", @progbits
