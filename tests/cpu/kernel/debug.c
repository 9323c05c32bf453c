/* SPDX-License-Identifier: MIT
 *
 * Debug registers: what they take and answer, and where they stop.
 */
#include "kernel.h"

#include <xen/physdev.h>

#define ENABLE(i) (1ull << 2 * (i))
#define KIND(i, kind) ((uint64_t)(kind) << (16 + 4 * (i)))
#define CODE 0u
#define WRITE(len) (1u | (len) << 2)
#define PORT(len) (2u | (len) << 2)
#define ACCESS(len) (3u | (len) << 2)
#define BYTES_1 0u
#define BYTES_2 1u
#define BYTES_8 2u
#define BYTES_4 3u
#define FLAG_RF 0x10000u
#define FLAG_TF 0x100u
#define CR4_DE 8u
#define FRAME 0x000ffffffffff000ull /* of an entry */

static long set(unsigned int reg, uint64_t value)
{
    return hypercall(__HYPERVISOR_set_debugreg, reg, value, 0, 0);
}

static uint64_t get(unsigned int reg)
{
    return (uint64_t)hypercall(__HYPERVISOR_get_debugreg, reg, 0, 0, 0);
}

static void print_registers(void)
{
    print_named("dr6", get(6));
    print_named("dr7", get(7));
    end_line();
}

static void set_extensions(int on)
{
    uint64_t cr4;

    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    cr4 = on ? cr4 | CR4_DE : cr4 & ~(uint64_t)CR4_DE;
    __asm__ volatile("mov %0, %%cr4" : : "r"(cr4));
}

/* What is refused, and what the others say afterwards. */
static void print_values(const char *name)
{
    print(name);
    print(":");
    print_answer("address of Xen's", set(0, 0xffff830000000000));
    print_answer("of no one's", set(1, 0x800000000000));
    print_answer("above Xen's", set(2, 0xffff880000000000));
    print_answer("dr4", set(4, 0xf));
    print_answer("wide dr6", set(6, 1ull << 32));
    print_answer("dr7, detect", set(7, 1u << 13));
    print_answer("wide dr7", set(7, 1ull << 32));
    print_answer("dr5, all", set(5, 0xd800));
    print_answer("port", set(7, ENABLE(1) | KIND(1, PORT(BYTES_2))));
    print_answer("port, disabled", set(7, KIND(1, PORT(BYTES_2))));
    print_answer("dr8", set(8, 0));
    print_named("dr0", get(0));
    print_named("dr1", get(1));
    print_named("dr2", get(2));
    print_named("dr4", get(4));
    print_named("dr5", get(5));
    print_named("dr8", get(8));
    print_registers();
    (void)set(7, 0);
    (void)set(6, 0);
}

/* With DR7 as given, so that what the test does itself is not watched. */
static void print_stop(const char *name, uint64_t control, struct regs *r)
{
    (void)set(7, control);
    print_run(name, running, r);
    print_registers();
    (void)set(7, 0);
    (void)set(6, 0);
}

static struct regs begin(const char *form)
{
    struct regs r = first;

    running = find(form);
    r.rsi = end_of_map;
    r.rdi = (uintptr_t)memory + 0x40;
    for (unsigned int i = 0; i < PAGE; i++)
        memory[i] = 0x90; /* nop */
    return r;
}

/* A breakpoint behind so many bytes of it. */
static struct regs begin_at(const char *form, unsigned int behind)
{
    const struct regs r = begin(form);

    (void)set(0, (uintptr_t)running->code + behind);
    return r;
}

static void print_code(void)
{
    struct regs r = begin_at("iretq", 0);

    (void)set(3, (uintptr_t)running->code + 1);
    print_stop("breakpoint at the beginning", ENABLE(0), &r);
    r = begin_at("step", 9);
    print_stop("in the middle, which steps", ENABLE(0), &r);
    r = begin_at("step", 10);
    print_stop("a step to one that is not enabled", ENABLE(1), &r);
    r = begin_at("call", 2);
    r.rax = __HYPERVISOR_xen_version;
    r.rdi = 0;
    print_stop("behind a hypercall", ENABLE(0) << 1, &r);
    r = begin_at("read cr0", 0);
    print_stop("before what Xen emulates", ENABLE(0), &r);
    r = begin_at("read cr0", 3);
    print_stop("behind it", ENABLE(0), &r);
    r = begin_at("breakpoint", 0);
    print_stop("before int3", ENABLE(0), &r);
}

/* The table that ENTRY leads to: both builders order them in their own way. */
static uint64_t *table_below(const struct start_info *si, uint64_t entry)
{
    const uint64_t *mfns =
        (const uint64_t *)si->mfn_list + (si->pt_base - VIRT_BASE) / PAGE;
    unsigned int i = 0;

    while (i < si->nr_pt_frames && mfns[i] != (entry & FRAME) / PAGE)
        i++;
    return (uint64_t *)(si->pt_base + i * PAGE);
}

/* Of the L1 table that the kernel begins in. */
static uint64_t *first_l1e(const struct start_info *si)
{
    const uint64_t *l4 = (const uint64_t *)si->pt_base;
    const uint64_t *l3 = table_below(si, l4[511]);

    return table_below(si, *table_below(si, l3[510]));
}

/* Xen's emulators see to TF themselves. */
static void print_steps(const struct start_info *si)
{
    uint64_t *const entry = first_l1e(si);
    struct regs r = begin("step over what is emulated");

    print_stop("a step that is emulated", 0, &r);
    (void)hypercall(__HYPERVISOR_vm_assist, VMASST_CMD_enable,
                    VMASST_TYPE_writable_pagetables, 0, 0);
    r = begin("step over a store");
    r.rbx = (uintptr_t)entry;
    r.rax = *entry;
    print_run("a step over a store to a table", running, &r);
    print_named("dr6", get(6));
    end_line();
    (void)hypercall(__HYPERVISOR_vm_assist, VMASST_CMD_disable,
                    VMASST_TYPE_writable_pagetables, 0, 0);
}

/* iret to what is in memory, with FLAGS. */
static void go(const char *name, uint64_t control, uint64_t rflags)
{
    struct regs r = first;
    uint64_t *const frame = make_iret(rflags);

    running = find("call");
    frame[2] = (uintptr_t)memory + 0x10; /* rcx */
    r.rax = __HYPERVISOR_iret;
    r.rsp = (uintptr_t)frame;
    print_stop(name, control, &r);
}

static void put_code(unsigned int at, const char *code)
{
    while (*code)
        memory[at++] = (uint8_t)*code++;
}

/* With RF set an instruction runs: it alone. */
static void print_resume(void)
{
    uint64_t *const frame = (uint64_t *)(stack + PAGE);

    (void)begin("call");
    put_code(2, "\xff\xe1");    /* jmp *%rcx */
    put_code(0x10, "\x0f\x0b"); /* ud2 */
    (void)set(0, (uintptr_t)memory);
    (void)set(1, (uintptr_t)memory + 1);
    go("iret to a breakpoint", ENABLE(0), 0x202);
    go("with RF", ENABLE(0), 0x202 | FLAG_RF);
    go("with RF, to the first of two", ENABLE(0) | ENABLE(1), 0x202 | FLAG_RF);
    go("with RF and TF", ENABLE(0) | ENABLE(1), 0x202 | FLAG_RF | FLAG_TF);
    put_code(1, "\xeb\xfd"); /* jmp to the beginning */
    go("with RF, and around", ENABLE(0), 0x202 | FLAG_RF);
    put_code(0, "\x48\xcf"); /* iretq */
    (void)set(0, (uintptr_t)memory + 0x10);
    frame[0] = (uintptr_t)memory + 0x10;
    frame[1] = FLAT_KERNEL_CS;
    frame[2] = 0x202 | FLAG_RF;
    frame[3] = (uintptr_t)stack + PAGE;
    frame[4] = FLAT_KERNEL_SS;
    go("the processor's iret, with RF", ENABLE(0), 0x202);
    frame[2] = 0x202;
    go("the processor's iret, without", ENABLE(0), 0x202);
}

/*
 * FORM with rdi so far before what is watched. Its stack, if it uses rsi for
 * one, begins there, too: what Xen and the handler do lies below.
 */
struct data_case {
    const char *form;
    int64_t before;
    unsigned int kind;
};

static const struct data_case data_cases[] = {
    { "load 1", -7, ACCESS(BYTES_8) },
    { "load 1", -8, ACCESS(BYTES_8) },
    { "load 8", 8, ACCESS(BYTES_8) },
    { "load 8", 8, WRITE(BYTES_8) },
    { "load 8, index", 36 + 7, ACCESS(BYTES_1) },
    { "load 8, index", 36 + 8, ACCESS(BYTES_1) },
    { "store 8", 7, WRITE(BYTES_1) },
    { "store 8", 8, WRITE(BYTES_1) },
    { "store 1", 0, ACCESS(BYTES_2) },
    { "read, modify, write", 4, WRITE(BYTES_4) },
    { "locked", 12, WRITE(BYTES_4) },
    { "exchange", 24, WRITE(BYTES_4) },
    { "compare and exchange", 32, WRITE(BYTES_4) },
    { "16 bytes", 48, WRITE(BYTES_4) },
    { "exchange and add", 40, ACCESS(BYTES_4) },
    { "bit, immediate", 8, WRITE(BYTES_4) },
    { "bit, negative", -16, ACCESS(BYTES_4) },
    { "push", 0, WRITE(BYTES_8) },
    { "push memory", 8, ACCESS(BYTES_8) },
    { "pushf", 0, WRITE(BYTES_1) },
    { "pop", 0, ACCESS(BYTES_8) },
    { "pop", 0, WRITE(BYTES_8) },
    { "pop to memory", 16, WRITE(BYTES_8) },
    { "leave", 0, ACCESS(BYTES_8) },
    { "enter", 0, WRITE(BYTES_8) },
    { "movs from", 0, ACCESS(BYTES_4) },
    { "rep movs up to the end", 0, WRITE(BYTES_4) },
    { "rep stos down", 0, WRITE(BYTES_4) },
    { "cmps", 0, ACCESS(BYTES_4) },
    { "scas", 0, ACCESS(BYTES_4) },
    { "lods", 0, ACCESS(BYTES_4) },
    { "xlat", 0x88, ACCESS(BYTES_1) },
    { "fs", 5, ACCESS(BYTES_1) },
    { "cmov, not taken", 0, ACCESS(BYTES_4) },
    { "divide by memory", 0, ACCESS(BYTES_4) },
    { "sse load", 15, ACCESS(BYTES_1) },
    { "sse store", 5, WRITE(BYTES_4) },
    { "x87 load", 3 + 9, ACCESS(BYTES_1) },
    { "x87 store", 6 + 8, WRITE(BYTES_1) },
    { "fxsave", 0, WRITE(BYTES_4) },
    { "prefetch", 0, ACCESS(BYTES_4) },
    { "lea", 0, ACCESS(BYTES_4) },
};

static void print_data_cases(uint64_t watched)
{
    struct regs r;

    for (unsigned int i = 0; i < sizeof(data_cases) / sizeof(data_cases[0]);
         i++) {
        const struct data_case *c = &data_cases[i];

        r = begin(c->form);
        r.rdi = watched - (uint64_t)c->before;
        r.rsi = r.rbp = watched;
        if (c->form[0] == 'f' && c->form[1] == 'x')
            r.rbx = watched - 0x40;
        (void)set(2, watched);
        print("watched, ");
        print_stop(c->form, ENABLE(2) | KIND(2, c->kind), &r);
    }
}

static void print_data(void)
{
    const uint64_t control = ENABLE(0) | KIND(0, ACCESS(BYTES_1));
    struct regs r;

    print_data_cases((uintptr_t)memory + 0x800);
    r = begin("store 8");
    r.rdi = NOT_THERE;
    (void)set(0, NOT_THERE);
    print_stop("watched, and not there", control, &r);
    r = begin("step");
    (void)set(0, (uintptr_t)stack + PAGE - 8);
    print_stop("watched by what steps", control, &r);
    (void)begin("call");
    put_code(0, "\x8a\x01"); /* mov (%rcx), %al */
    (void)set(0, (uintptr_t)memory + 0x10);
    (void)set(1, (uintptr_t)memory + 2);
    go("watched, then a breakpoint", control | ENABLE(1), 0x202);
    r = begin("store 8");
    (void)set(0, (uintptr_t)memory + 0x40);
    print_stop("not watched any more", 0, &r);
}

static void set_io_level(uint32_t n)
{
    struct physdev_set_iopl level = { .iopl = n };

    (void)hypercall(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl,
                    (uintptr_t)&level, 0, 0);
}

static void print_ports(void)
{
    const uint64_t both =
        ENABLE(0) | KIND(0, PORT(BYTES_2)) | ENABLE(1) | KIND(1, PORT(BYTES_1));
    struct regs r;

    set_io_level(1);
    set_extensions(1);
    print_values("with CR4.DE");
    run_one(find("read dr4"));
    run_one(find("write dr4"));
    (void)set(0, 0x2f2);
    (void)set(1, 0x2f0);
    r = begin("in, 2 bytes");
    print_stop("port, in", both, &r);
    r = begin("in, 4 bytes");
    print_stop("ports, in", both, &r);
    r = begin("out, 4 bytes");
    print_stop("ports, out", both, &r);
    r = begin("out");
    print_stop("another port", both, &r);
    r = begin("rep ins down");
    print_stop("port, rep ins", both, &r);
    r = begin("rep outs, port");
    print_stop("port, rep outs", both, &r);
    r = begin("in, 4 bytes");
    (void)set(7, both);
    set_extensions(0);
    print_run("ports, CR4.DE taken away", running, &r);
    print_registers();
    (void)set(7, 0);
    set_io_level(0);
}

void print_debug(const struct start_info *si)
{
    print_values("debug registers");
    print_code();
    print_steps(si);
    print_resume();
    print_data();
    print_ports();
}
