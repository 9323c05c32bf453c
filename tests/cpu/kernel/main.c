/* SPDX-License-Identifier: MIT
 *
 * A PV kernel that tells how its processor behaves: a line for each
 * instruction, with what it found when Xen told it of a fault. It runs on the
 * cpu engine, and as dom0 on actual Xen: what it prints must be the same, so
 * that it prints no addresses but in relation to what it knows.
 */
#include "kernel.h"

#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/physdev.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#define MTRR (1u << 12) /* of CPUID: dom0 alone sees it */

static uint8_t shared[PAGE] __attribute__((aligned(4096)));

const struct regs first = {
    .rax = 0x1122334455667788,
    .rcx = 5,
    .rdx = 3,
    .rbx = (uintptr_t)memory,
    .rdi = NOT_THERE + 0x800,
    .rbp = NOT_THERE + 0x800,
    .rsp = (uintptr_t)stack + PAGE,
};

static void print_changed(const struct regs *r, const struct regs *before)
{
    const char *const names[] = { "rax", "rcx", "rdx", "rbx",
                                  "rsi", "rdi", "rbp" };
    const uint64_t *a = &before->rax, *b = &r->rax;

    for (unsigned int i = 0; i < 7; i++)
        if (a[i] != b[i] && !(i == 1 && (long)seen_vector >= 0))
            print_named(names[i], b[i]);
}

void print_frame(void)
{
    print(" vector ");
    print_hex(seen_vector);
    if ((long)seen_error != -1)
        print_named("error", seen_error);
    if (seen_vector == 14)
        print_named("cr2", info->arch.cr2);
    print_named("rip", seen_rip);
    print_named("cs", seen_cs);
    print_named("rflags", seen_rflags & ~0x8d5ull); /* without the status */
    print_named("rsp", seen_rsp);
    print_named("ss", seen_ss);
}

void print_trap(void)
{
    if ((long)seen_vector < 0) {
        print(" done");
        return;
    }
    print_frame();
    print_named("rcx", seen_rcx);
    if (seen_now[0] - (uintptr_t)vectors >= 259 * 128)
        print(" rcx is not the handler's address");
    print_named("r11", seen_now[1] & ~0x8d5ull);
    print_named("frame at", seen_now[2]);
}

void run_one(const struct form *f)
{
    struct regs before = first, r;

    before.rsi = end_of_map;
    r = before;
    running = f;
    for (unsigned int i = 0; i < PAGE; i++)
        memory[i] = (uint8_t)i;
    info->arch.cr2 = 0xdead;
    run_form(f->code, &r);
    print(f->name);
    print(":");
    print_trap();
    print_changed(&r, &before);
    end_line();
}

/* -- what Xen can be asked ------------------------------------------------- */

/* Handlers of all exceptions, and of software interrupts from FROM on. */
static void set_traps(unsigned int from)
{
    static struct trap_info traps[257];
    unsigned int n = 0;

    for (unsigned int i = 0; i < 256; i++)
        if (i < 32 || i >= from)
            traps[n++] = (struct trap_info){
                .vector = (uint8_t)i,
                .flags = i == 3 || i == 4 || i == 0x81 ? 3 : 0,
                .cs = FLAT_KERNEL_CS,
                .address = (uintptr_t)vectors + 128 * i,
            };
    traps[n].address = 0;
    (void)hypercall(__HYPERVISOR_set_trap_table, 0, 0, 0, 0);
    (void)hypercall(__HYPERVISOR_set_trap_table, (uintptr_t)traps, 0, 0, 0);
    (void)hypercall(__HYPERVISOR_set_callbacks, (uintptr_t)on_event,
                    (uintptr_t)on_failsafe, 0, 0);
}

static void print_cpuid(uint32_t leaf, uint32_t sub)
{
    uint32_t a = leaf, b, c = sub, d;

    __asm__ volatile("ud2; .ascii \"xen\"; cpuid"
                     : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    if (leaf == 1 || leaf == 0x80000001)
        d &= ~MTRR;
    print("cpuid ");
    print_hex(leaf);
    print(":");
    print_named("eax", a);
    print_named("ebx", b);
    print_named("ecx", c);
    print_named("edx", d);
    end_line();
}

const struct form *find(const char *name)
{
    const struct form *f = forms;

    for (; f < forms_end; f++) {
        unsigned int i = 0;

        while (name[i] && f->name[i] == name[i])
            i++;
        if (f->name[i] == name[i])
            break;
    }
    return f;
}

void print_run(const char *name, const struct form *f, struct regs *r)
{
    running = f;
    run_form(f->code, r);
    print(name);
    print(":");
    print_trap();
}

uint32_t open_port(void)
{
    struct evtchn_bind_ipi ipi = { .vcpu = 0 };
    struct evtchn_unmask unmask;

    (void)hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi,
                    (uintptr_t)&ipi, 0, 0);
    unmask.port = ipi.port;
    (void)hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_unmask,
                    (uintptr_t)&unmask, 0, 0);
    info->evtchn_upcall_mask = 1;
    info->evtchn_upcall_pending = 0;
    info->evtchn_pending_sel = 0;
    return ipi.port;
}

void close_port(uint32_t port)
{
    struct evtchn_close close = { .port = port };

    (void)hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_close,
                    (uintptr_t)&close, 0, 0);
    info->evtchn_upcall_pending = 0;
    info->evtchn_pending_sel = 0;
    info->evtchn_upcall_mask = 1;
}

/* A port of its own: the upcall comes at the end of the call. */
static void print_event(void)
{
    struct evtchn_send send = { .port = open_port() };
    struct regs r = first;

    r.rax = __HYPERVISOR_event_channel_op;
    r.rdi = EVTCHNOP_send;
    r.rsi = (uintptr_t)&send;
    info->evtchn_upcall_mask = 0;
    print_run("event", find("call"), &r);
    print_named("mask", info->evtchn_upcall_mask);
    print_named("pending", info->evtchn_upcall_pending);
    end_line();
    close_port(send.port);
}

uint64_t *make_iret(uint64_t rflags)
{
    static uint64_t frame[9];

    frame[4] = (uintptr_t)memory;
    frame[5] = FLAT_KERNEL_CS & ~3; /* ring 0, as a kernel has it */
    frame[6] = rflags;
    frame[7] = (uintptr_t)stack + PAGE;
    frame[8] = FLAT_KERNEL_SS;
    return frame;
}

static void print_task_switched(void)
{
    struct regs r = first;

    (void)hypercall(__HYPERVISOR_fpu_taskswitch, 1, 0, 0, 0);
    print_run("task switched", find("sse store"), &r);
    end_line();
}

/* iret with segments that cannot be loaded: the fault is at where it leads. */
static void print_bad_iret(void)
{
    static uint64_t frame[9];
    struct regs r = first;

    frame[0] = 0x11;
    frame[1] = 0x22;
    frame[2] = 0x33;
    frame[4] = (uintptr_t)memory;
    frame[5] = 0x58; /* ring 0, as a kernel has it */
    frame[6] = 0x202;
    frame[7] = (uintptr_t)stack + 64;
    frame[8] = FLAT_KERNEL_SS;
    r.rax = __HYPERVISOR_iret;
    r.rsp = (uintptr_t)frame;
    print_run("bad iret", find("call"), &r);
    end_line();
}

/* The end of a list: what comes behind it is not done. */
static void print_listed_iret(void)
{
    uint64_t *const frame = make_iret(0x202);
    static struct multicall_entry list[2] = {
        { .op = __HYPERVISOR_iret, .result = 1 },
        { .op = __HYPERVISOR_xen_version, .result = 2 },
    };
    struct regs r = first;

    frame[0] = 0xdeadbeef80000001;
    memory[0] = 0x0f; /* ud2 */
    memory[1] = 0x0b;
    r.rax = __HYPERVISOR_multicall;
    r.rdi = (uintptr_t)list;
    r.rsi = 2;
    r.rsp = (uintptr_t)frame;
    print_run("iret in a multicall", find("call"), &r);
    print_named("rax", r.rax);
    print_named("results", list[0].result);
    print_named("and", list[1].result);
    end_line();
}

static void set_io_level(uint32_t level)
{
    struct physdev_set_iopl set = { .iopl = level };

    (void)hypercall(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl,
                    (uintptr_t)&set, 0, 0);
}

static long set_bitmap(struct physdev_set_iobitmap *set)
{
    return hypercall(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iobitmap,
                     (uintptr_t)set, 0, 0);
}

static void print_word(uint64_t v)
{
    print(" ");
    print_hex(v);
}

static void print_strings(void)
{
    static const char *const forms[] = {
        "ins, port",
        "rep ins up to the end",
        "rep ins down",
        "rep ins, none",
        "rep ins, none, 32-bit address",
        "ins, 32-bit address",
        "ins to Xen's part",
        "rep outs, port",
        "outs, fs",
        "rep outs up to the end",
        "rep ins, step",
    };

    for (unsigned int i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        run_one(find(forms[i]));
        print("there:"); /* memory, and the end of what is mapped */
        for (unsigned int at = 0; at < 12; at += 2)
            print_word(*(uint16_t *)(memory + at));
        print_word(*(uint64_t *)(end_of_map - 8));
        *(uint64_t *)(end_of_map - 8) = 0;
        end_line();
    }
}

/* Where no device is. */
static void print_ports(void)
{
    static uint8_t bitmap[8192];
    struct physdev_set_iobitmap set = { .nr_ports = 0x2f3 };

    set_xen_guest_handle(set.bitmap, bitmap);
    print("I/O level 1, ");
    flush();
    set_io_level(1);
    run_one(find("in, 2 bytes"));
    run_one(find("in, 4 bytes"));
    run_one(find("out, 4 bytes"));
    print_strings();
    set_io_level(0);
    print("a bitmap of ports to 0x2f2, ");
    flush();
    (void)set_bitmap(&set);
    run_one(find("in, 2 bytes"));
    run_one(find("in, 4 bytes"));
    bitmap[0x2f1 / 8] = 1u << (0x2f1 % 8);
    print("not port 0x2f1, ");
    flush();
    run_one(find("in, 2 bytes"));
    set.nr_ports = 0;
    (void)set_bitmap(&set);
    set.nr_ports = 65537;
    print_answer("bitmap: of more ports", set_bitmap(&set));
    set.nr_ports = 65536;
    set_xen_guest_handle(set.bitmap, (uint8_t *)0xffff830000000000);
    print_answer("of Xen's", set_bitmap(&set));
    set_xen_guest_handle(set.bitmap, (uint8_t *)NOT_THERE);
    print_answer("nowhere", set_bitmap(&set));
    end_line();
    print("a bitmap that is not there, ");
    flush();
    run_one(find("in, 2 bytes"));
    set.nr_ports = 0;
    (void)set_bitmap(&set);
}

/* The boot map ends on a 4 MiB boundary, 512 KiB or more behind the stack. */
static uint64_t find_end(const struct start_info *si)
{
    const uint64_t mib4 = 4u << 20;
    const uint64_t tables_end = si->pt_base + si->nr_pt_frames * PAGE;

    return (tables_end + PAGE + (512u << 10) + mib4 - 1) & ~(mib4 - 1);
}

void kernel_main(const struct start_info *si)
{
    static const uint32_t leaves[] = { 0,          1,          2,
                                       4,          7,          0x80000000,
                                       0x80000001, 0x80000008, 0x40000000,
                                       0x40000001, 0x40000002 };
    struct sched_shutdown down = { .reason = SHUTDOWN_reboot };

    find_console(si);
    end_of_map = find_end(si);
    (void)hypercall(__HYPERVISOR_update_va_mapping, (uintptr_t)shared,
                    si->shared_info | 7, UVMF_INVLPG, 0);
    info = &((struct shared_info *)shared)->vcpu_info[0];
    /* The console's, which only one of both machines has. */
    for (unsigned int i = 0; i < 64; i++)
        ((struct shared_info *)shared)->evtchn_mask[i] = ~0ul;
    info->evtchn_upcall_pending = 0;
    set_traps(0x80);
    for (const struct form *f = forms; f < forms_end; f++)
        run_one(f);
    for (unsigned int i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
        print_cpuid(leaves[i], 0);
    print_task_switched();
    print_bad_iret();
    print_listed_iret();
    print_ports();
    print_event();
    print_old_calls();
    print_nmis();
    print_debug(si);
    print_failsafe(si);
    print_user(si);
    set_traps(0x81);
    print("without a handler, ");
    flush();
    run_one(find("int 0x80"));
    print("end of the test\n");
    flush();
    (void)hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (uintptr_t)&down,
                    0, 0);
}
