/* SPDX-License-Identifier: MIT
 *
 * A fuzz target: hostile guests of the cpu engine. The bytes are items of a
 * small kernel's program: hypercalls, accesses, any instructions. Whatever
 * faults goes on with the next item. In the end the machine's invariants hold,
 * and the engine has not failed.
 *
 *   0 NUMBER VALUE*5      a hypercall
 *   1 VALUE VALUE         a store: where, what
 *   2 VALUE SEGMENT       a selector into ds, es, ss, fs, gs
 *   3 VALUE               a load
 *   4 N BYTE*N            instructions
 *   5                     what follows is the guest's user's, until it faults
 *   6                     vCPU 1 begins with what follows, as vCPU 0 waits
 *   7 N VALUE*N           a list in memory; the value that was last is where
 *
 * VALUE: one byte that chooses, and none, one or eight that it takes.
 */
#include "target.h"

#include <cpu/guest.h>
#include <xen-model/invariants.h>

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/elfnote.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#define BASE 0xffffffff80000000ull
#define PAGES 20u
#define BYTES (PAGES * 4096u)
#define TRAPS 0x8000u  /* in the image: the trap table ... */
#define FRAMES 0x9800u /* ... what calls may have as their arguments ... */
#define LISTS 0x9a00u
#define USER_OP 0x9fc0u /* ... the call that gives the user its tables ... */
#define NEXT 0x9ff8u    /* ... where to go on after a fault ... */
#define STACK 0xb000u   /* ... the end of the stack, and pages for tables ... */
#define STACK_1 0x11000u /* ... that of vCPU 1, and how it begins */
#define CONTEXT_1 0x11000u
#define HANDLER 0x7f00u
#define CODE_END 0x7e00u
#define MAX_BLOCKS 1000u
#define MAX_WAITS 100u

struct input {
    const uint8_t *p;
    size_t n;
    uint64_t last; /* value */
};

struct image {
    Elf64_Ehdr header;
    Elf64_Phdr segment, note;
    uint8_t notes[256];
    uint8_t memory[BYTES];
};

static uint8_t take(struct input *in)
{
    return in->n == 0 ? 0 : (in->n--, *in->p++);
}

static uint64_t take_new_value(struct input *in)
{
    const uint8_t kind = take(in);
    uint64_t v = 0;

    switch (kind % 8u) {
    case 0:
        return take(in);
    case 1: /* somewhere in the image */
        return BASE + take(in) * 256ull;
    case 2: /* a page of the boot map: the tables are among them */
        return BASE + take(in) * 4096ull;
    case 3: /* an entry of a table, by machine address */
        return (uint64_t)(1024u + take(in)) * 4096u + (kind >> 3) * 8u;
    case 4:
        return 1024u + take(in) + (uint64_t)(kind >> 3) * 256u;
    case 5: /* an entry for one */
        return (uint64_t)(1024u + take(in)) * 4096u | (kind >> 3) << 1 | 1u;
    case 6:
        return in->last;
    default:
        for (unsigned int i = 0; i < 8; i++)
            v |= (uint64_t)take(in) << 8 * i;
        return v;
    }
}

static uint64_t take_value(struct input *in)
{
    return in->last = take_new_value(in);
}

/* -- the program ----------------------------------------------------------- */

struct code {
    uint8_t *memory;
    uint32_t at, lists;
};

static void emit(struct code *c, const void *bytes, size_t n)
{
    memcpy(c->memory + c->at, bytes, n);
    c->at += (uint32_t)n;
}

/* mov REG, imm64; register 8 to 15 with REX.B */
static void emit_move(struct code *c, unsigned int reg, uint64_t value)
{
    const uint8_t op[2] = { reg >= 8 ? 0x49 : 0x48,
                            (uint8_t)(0xb8 | (reg & 7u)) };

    emit(c, op, sizeof(op));
    emit(c, &value, sizeof(value));
}

static void emit_call(struct code *c, uint32_t number, const uint64_t arg[5])
{
    static const unsigned int reg[5] = { 7, 6, 2, 10, 8 };

    for (unsigned int i = 0; i < 5; i++)
        emit_move(c, reg[i], arg[i]);
    emit_move(c, 0, number);
    emit(c, "\x0f\x05", 2);
}

/* What is an address or a small number, sign-extended from 32 bits. */
static void emit_push(struct code *c, uint64_t value)
{
    emit(c, "\x68", 1);
    emit(c, &value, 4);
}

/* An iret to what follows, in the user's mode. */
static void emit_user(struct code *c)
{
    const uint64_t iret[5] = { 0 };
    uint32_t fix;

    emit_push(c, FLAT_USER_SS64);
    emit_push(c, BASE + STACK);
    emit_push(c, 0x202); /* IF */
    emit_push(c, FLAT_USER_CS64);
    fix = c->at + 1;
    emit_push(c, 0);
    for (unsigned int i = 0; i < 4; i++)
        emit_push(c, 0); /* flags, rcx, r11, rax */
    emit_call(c, __HYPERVISOR_iret, iret);
    memcpy(c->memory + fix, &(uint32_t){ (uint32_t)(BASE + c->at) }, 4);
}

static void emit_vcpu_1(struct code *c)
{
    struct vcpu_guest_context *v = (void *)(c->memory + CONTEXT_1);
    const uint64_t initialise[5] = { VCPUOP_initialise, 1, BASE + CONTEXT_1 };
    const uint64_t up[5] = { VCPUOP_up, 1 };

    emit_call(c, __HYPERVISOR_vcpu_op, initialise);
    emit_call(c, __HYPERVISOR_vcpu_op, up);
    v->user_regs.rip = BASE + c->at;
}

static void write_list(struct code *c, struct input *in)
{
    const uint32_t at = c->lists;

    for (unsigned int n = take(in) % 16u; n > 0 && c->lists < USER_OP; n--) {
        const uint64_t v = take_value(in);

        memcpy(c->memory + c->lists, &v, sizeof(v));
        c->lists += sizeof(v);
    }
    in->last = BASE + at;
}

static void emit_item(struct code *c, struct input *in)
{
    static const uint8_t load[5][2] = {
        { 0x8e, 0xd8 }, { 0x8e, 0xc0 }, { 0x8e, 0xd0 },
        { 0x8e, 0xe0 }, { 0x8e, 0xe8 },
    };
    const uint8_t kind = take(in);
    uint32_t next, fix;
    uint64_t arg[5];

    /* mov qword [NEXT], the next item */
    emit(c, "\x48\xc7\x04\x25", 4);
    next = (uint32_t)(BASE + NEXT);
    emit(c, &next, 4);
    fix = c->at;
    c->at += 4;
    switch (kind % 8u) {
    case 0:
        next = take(in) % 64u;
        for (unsigned int i = 0; i < 5; i++)
            arg[i] = take_value(in);
        emit_call(c, next, arg);
        break;
    case 1:
        emit_move(c, 1, take_value(in));
        emit_move(c, 0, take_value(in));
        emit(c, "\x48\x89\x01", 3);
        break;
    case 2:
        emit_move(c, 0, take_value(in));
        emit(c, load[take(in) % 5u], 2);
        break;
    case 3:
        emit_move(c, 1, take_value(in));
        emit(c, "\x48\x8b\x01", 3);
        break;
    case 4:
        for (unsigned int n = take(in) % 16u; n > 0; n--)
            c->memory[c->at++] = take(in);
        break;
    case 5:
        emit_user(c);
        break;
    case 6:
        emit_vcpu_1(c);
        break;
    default:
        write_list(c, in);
        break;
    }
    next = (uint32_t)(BASE + c->at);
    memcpy(c->memory + fix, &next, 4);
}

static void write_traps(uint8_t *memory)
{
    struct trap_info *t = (struct trap_info *)(memory + TRAPS);
    const uint32_t next = (uint32_t)(BASE + NEXT);
    struct code c = { .memory = memory, .at = HANDLER };

    for (unsigned int i = 0; i < 255; i++)
        t[i] = (struct trap_info){ .vector = (uint8_t)i,
                                   .flags = i & 7u,
                                   .cs = FLAT_KERNEL_CS,
                                   .address = BASE + HANDLER };
    emit_move(&c, 4, BASE + STACK);
    emit(&c, "\xff\x24\x25", 3); /* jmp [NEXT] */
    emit(&c, &next, sizeof(next));
}

/*
 * The user's tables are the kernel's, and so are those of vCPU 1: their frame
 * is found by start_info.
 */
static void emit_tables(struct code *c)
{
    static const uint64_t op[5] = { BASE + USER_OP, 1, 0, DOMID_SELF };
    const uint8_t pt_base = offsetof(struct start_info, pt_base);
    const uint8_t mfn_list = offsetof(struct start_info, mfn_list);
    const uint32_t mfn = (uint32_t)(BASE + USER_OP) +
                         (uint32_t)offsetof(struct mmuext_op, arg1.mfn);
    const uint32_t cr3 =
        (uint32_t)(BASE + CONTEXT_1) +
        (uint32_t)offsetof(struct vcpu_guest_context, ctrlreg[3]);

    /* mov rax, [rsi + PT_BASE]; mov rcx, [rsi + MFN_LIST] */
    emit(c, "\x48\x8b\x46", 3);
    emit(c, &pt_base, 1);
    emit(c, "\x48\x8b\x4e", 3);
    emit(c, &mfn_list, 1);
    /* sub rax, BASE; shr rax, 12; mov rax, [rcx + rax * 8]; mov [MFN], rax */
    emit(c, "\x48\x2d\x00\x00\x00\x80\x48\xc1\xe8\x0c\x48\x8b\x04\xc1", 14);
    emit(c, "\x48\x89\x04\x25", 4);
    emit(c, &mfn, 4);
    /* shl rax, 12; mov [CR3], rax */
    emit(c, "\x48\xc1\xe0\x0c\x48\x89\x04\x25", 8);
    emit(c, &cr3, 4);
    emit_call(c, __HYPERVISOR_mmuext_op, op);
}

static void write_context_1(uint8_t *memory)
{
    struct vcpu_guest_context *v = (void *)(memory + CONTEXT_1);

    v->flags = VGCF_in_kernel;
    v->user_regs.cs = FLAT_KERNEL_CS;
    v->user_regs.ss = v->kernel_ss = FLAT_KERNEL_SS;
    v->user_regs.rsp = v->kernel_sp = BASE + STACK_1;
    memcpy(v->trap_ctxt, memory + TRAPS, sizeof(v->trap_ctxt));
    v->event_callback_eip = v->failsafe_callback_eip = v->syscall_callback_eip =
        BASE + HANDLER;
}

/* All is done: the vCPU waits, again and again. */
static void emit_end(struct code *c)
{
    const uint64_t block[5] = { SCHEDOP_block };
    const uint32_t next = (uint32_t)(BASE + NEXT);
    const uint32_t begin = (uint32_t)(BASE + c->at);
    int32_t back;

    emit(c, "\x48\xc7\x04\x25", 4); /* mov qword [NEXT], BEGIN */
    emit(c, &next, 4);
    emit(c, &begin, 4);
    emit_call(c, __HYPERVISOR_sched_op, block);
    back = (int32_t)(begin - (uint32_t)(BASE + c->at + 5));
    emit(c, "\xe9", 1); /* jmp BEGIN */
    emit(c, &back, 4);
}

static void write_program(uint8_t *memory, struct input *in)
{
    const uint64_t traps[5] = { BASE + TRAPS };
    const uint64_t callbacks[5] = { BASE + HANDLER, BASE + HANDLER,
                                    BASE + HANDLER };
    const uint64_t stack[5] = { FLAT_KERNEL_SS, BASE + STACK };
    struct mmuext_op *user = (struct mmuext_op *)(memory + USER_OP);
    struct code c = { .memory = memory, .lists = LISTS };

    write_traps(memory);
    write_context_1(memory);
    user->cmd = MMUEXT_NEW_USER_BASEPTR;
    emit_tables(&c);
    emit_move(&c, 4, BASE + STACK);
    emit_call(&c, __HYPERVISOR_set_trap_table, traps);
    emit_call(&c, __HYPERVISOR_set_callbacks, callbacks);
    emit_call(&c, __HYPERVISOR_stack_switch, stack);
    while (in->n != 0 && c.at < CODE_END - 384u)
        emit_item(&c, in);
    /* What is left lies there as arguments. */
    emit_end(&c);
    for (unsigned int i = 0; i < 64; i++)
        ((uint64_t *)(memory + FRAMES))[i] = 1024u + i;
}

/* -- the kernel's file ------------------------------------------------------
 */

static uint32_t add_note(uint8_t *to, uint32_t at, uint32_t type,
                         const void *value, uint32_t size)
{
    const Elf64_Nhdr n = { .n_namesz = 4, .n_descsz = size, .n_type = type };

    memcpy(to + at, &n, sizeof(n));
    memcpy(to + at + sizeof(n), "Xen", 4);
    memcpy(to + at + sizeof(n) + 4, value, size);
    return at + (uint32_t)sizeof(n) + 4 + ((size + 3) & ~3u);
}

static void write_file(struct image *f)
{
    const uint64_t base = BASE;
    uint32_t n = 0;

    n = add_note(f->notes, n, XEN_ELFNOTE_GUEST_OS, "fuzz", 5);
    n = add_note(f->notes, n, XEN_ELFNOTE_XEN_VERSION, "xen-3.0", 8);
    n = add_note(f->notes, n, XEN_ELFNOTE_LOADER, "generic", 8);
    n = add_note(f->notes, n, XEN_ELFNOTE_VIRT_BASE, &base, 8);
    n = add_note(f->notes, n, XEN_ELFNOTE_PADDR_OFFSET, &base, 8);
    n = add_note(f->notes, n, XEN_ELFNOTE_ENTRY, &base, 8);
    f->header = (Elf64_Ehdr){
        .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
        .e_type = ET_EXEC,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_entry = BASE,
        .e_phoff = offsetof(struct image, segment),
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = 2,
    };
    f->segment = (Elf64_Phdr){
        .p_type = PT_LOAD,
        .p_flags = PF_R | PF_W | PF_X,
        .p_offset = offsetof(struct image, memory),
        .p_vaddr = BASE,
        .p_paddr = BASE,
        .p_filesz = BYTES,
        .p_memsz = BYTES,
    };
    f->note = (Elf64_Phdr){
        .p_type = PT_NOTE,
        .p_flags = PF_R,
        .p_offset = offsetof(struct image, notes),
        .p_filesz = n,
        .p_memsz = n,
    };
}

/* -- the run -----------------------------------------------------------------
 */

/* A timer may come again and again, and never wake it. */
static enum pvcpu_idle idle(void *context, uint64_t ns)
{
    unsigned int *waited = context;

    return ns == DOMAIN_NEVER || ++*waited > MAX_WAITS ? CPU_IDLE_GIVE_UP
                                                       : CPU_IDLE_SKIP;
}

static void run(struct pvcpu_guest *g)
{
    unsigned int waited = 0;
    const struct pvcpu_config config = {
        .context = &waited,
        .cpu = &g->cpu,
        .host = &g->host,
        .max_blocks = MAX_BLOCKS,
        .idle = idle,
    };
    const char *why = "";
    struct pvcpu *p = pvcpu_open(&config, &why);
    struct xm_violation v;

    if (!p) {
        fprintf(stderr, "the engine cannot be opened: %s\n", why);
        abort();
    }
    if (pvcpu_run(p, &g->start) == CPU_BROKEN) {
        fprintf(stderr, "the engine has failed: %s\n", pvcpu_why(p));
        abort();
    }
    pvcpu_close(p);
    v = xm_check_invariants(&g->cpu, g->scratch);
    if (v.found) {
        fprintf(stderr, "%s: %s\n", v.invariant, v.sentence);
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct image file;
    static char name[32];
    static int fd = -1;
    struct input in = { .p = data, .n = size };
    struct pvcpu_guest_config config = { .mib = CPU_GUEST_MIN_MIB,
                                         .nr_vcpus = 2 };
    char why[CPU_GUEST_WHY];
    struct pvcpu_guest g;

    if (fd < 0) {
        fd = memfd_create("kernel", 0);
        snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    }
    memset(&file, 0, sizeof(file));
    write_program(file.memory, &in);
    write_file(&file);
    if (fd < 0 || pwrite(fd, &file, sizeof(file), 0) != (ssize_t)sizeof(file))
        return 0; /* no memory for it */
    config.kernel = name;
    if (!pvcpu_guest_open(&g, &config, why)) {
        fprintf(stderr, "the guest cannot be made: %s\n", why);
        abort();
    }
    run(&g);
    pvcpu_guest_close(&g);
    return 0;
}
