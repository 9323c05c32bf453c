/* SPDX-License-Identifier: MIT
 *
 * The guest's user: instructions that run there, and how Xen enters the kernel
 * from them. Its tables are the kernel's, by an L4 of its own.
 */
#include "kernel.h"

#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/physdev.h>
#include <xen/vcpu.h>

#define USER_GS NOT_THERE
#define KERNEL_GS 0x5678000u

#define LOW 0x80000000u /* where a 32-bit program can be */

/* The user's L4, and what lies below its first entry. */
static uint64_t l4[PAGE / 8] __attribute__((aligned(4096)));
static uint64_t low[3][PAGE / 8] __attribute__((aligned(4096)));
static uint8_t program[PAGE] __attribute__((aligned(4096))) = {
    [0x00] = 0x0f, 0x05,                   /* syscall */
    [0x10] = 0xcd, 0x80,                   /* int 0x80 */
    [0x20] = 0x0f, 0x0b,                   /* ud2 */
    [0x30] = 0xa1, 0x78, 0x56, 0x34, 0x12, /* mov 0x12345678, %eax */
    [0x40] = 0x0f, 0x34,                   /* sysenter */
    [0x50] = 0x40, 0x0f, 0x0b,             /* inc %eax; ud2 */
    [0x60] = 0x50,                         /* push %eax */
    [0x70] = 0xf4,                         /* hlt */
};

static void enter_user(const char *name, uint64_t *frame)
{
    struct regs r = first;

    r.rax = __HYPERVISOR_iret;
    r.rsi = end_of_map;
    r.rsp = (uintptr_t)frame;
    frame[0] = first.rax;
    frame[1] = 0x3300; /* r11 */
    frame[2] = first.rcx;
    frame[8] = FLAT_USER_SS;
    run_form(find("call")->code, &r);
    print(name);
    print(":");
    print_frame();
    print_named("rcx", seen_rcx);
    print_named("r11", seen_r11 & ~0x8d5ull); /* without the status */
    print_named("frame at", seen_now[2]);
    print_named("mask", info->evtchn_upcall_mask);
    print_named("gs base", read_msr(MSR_GS_BASE));
    end_line();
    frame[1] = frame[3] = 0;
}

/* HOW: the flags of iret's frame. */
static void run_by(const char *name, const char *form, uint64_t rflags,
                   uint64_t how)
{
    uint64_t *const frame = make_iret(rflags);

    running = find(form);
    frame[3] = how;
    frame[4] = (uintptr_t)running->code;
    frame[5] = FLAT_USER_CS;
    frame[7] = (uintptr_t)stack + PAGE;
    print(name);
    enter_user(form, frame);
}

/* A 32-bit one, from OFFSET of its page on. */
static void run_32(const char *name, unsigned int offset, uint64_t how)
{
    uint64_t *const frame = make_iret(0x202);

    frame[3] = how;
    frame[4] = LOW + offset;
    frame[5] = FLAT_USER_CS32;
    frame[7] = LOW + PAGE;
    enter_user(name, frame);
}

static void run_user(const char *name, const char *form, uint64_t rflags)
{
    run_by(name, form, rflags, 0);
}

static void callback(uint16_t type, uint16_t flags, const uint8_t *address)
{
    struct callback_register r = { .type = type,
                                   .flags = flags,
                                   .address = (uintptr_t)address };

    (void)hypercall(__HYPERVISOR_callback_op, CALLBACKOP_register,
                    (uintptr_t)&r, 0, 0);
}

static void print_exceptions(void)
{
    static const char *const forms[] = {
        "load 8",
        "store 8",
        "push",
        "jump there",
        "Xen's part, load",
        "M2P, store",
        "breakpoint",
        "undefined",
        "hlt",
        "cli",
        "swapgs",
        "clts",
        "read cr0",
        "read dr7",
        "write dr4",
        "msr efer",
        "wbinvd",
        "in",
        "ss, nothing there",
        "int 0x80",
        "step",
        "gs",
        "divide by zero",
        "iretq, nothing there",
    };

    for (unsigned int i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        run_user("user, ", forms[i], 0x202);
}

static void print_syscalls(void)
{
    callback(CALLBACKTYPE_syscall, 0, 0);
    run_user("no callback, ", "call", 0x202);
    callback(CALLBACKTYPE_syscall, 0, on_syscall);
    run_user("callback, ", "call", 0x202);
    callback(CALLBACKTYPE_syscall, CALLBACKF_mask_events, on_syscall);
    run_user("callback that masks, ", "call", 0x202);
    run_user("after it, ", "undefined", 0x202);
    run_by("by sysret, ", "undefined", 0x202, VGCF_in_syscall);
}

static void print_32(void)
{
    struct regs r = first;

    run_32("32-bit, undefined", 0x20, 0);
    run_32("32-bit, load", 0x30, 0);
    run_32("32-bit, int 0x80", 0x10, 0);
    run_32("32-bit, sysenter", 0x40, 0);
    run_32("32-bit, inc", 0x50, 0);
    run_32("32-bit, push", 0x60, 0);
    run_32("32-bit, hlt", 0x70, 0);
    run_32("32-bit, no callback, syscall", 0, 0);
    callback(CALLBACKTYPE_syscall, 0, on_event);
    callback(CALLBACKTYPE_syscall32, CALLBACKF_mask_events, on_syscall);
    run_32("32-bit, syscall", 0, 0);
    callback(CALLBACKTYPE_syscall, CALLBACKF_mask_events, on_event);
    callback(CALLBACKTYPE_syscall32, 0, on_syscall);
    run_32("32-bit, syscall that masks", 0, 0);
    run_32("32-bit, by sysret", 0x50, VGCF_in_syscall);
    r.rdi = LOW;
    print_run("the kernel does not see it", find("load 1"), &r);
    end_line();
}

static void print_breakpoint(void)
{
    (void)hypercall(__HYPERVISOR_set_debugreg, 0,
                    (uintptr_t)find("undefined")->code, 0, 0);
    (void)hypercall(__HYPERVISOR_set_debugreg, 7, 1, 0, 0);
    run_user("breakpoint, ", "undefined", 0x202);
    run_user("breakpoint, RF, ", "undefined", 0x10202);
    (void)hypercall(__HYPERVISOR_set_debugreg, 7, 0, 0, 0);
}

static void print_ports(void)
{
    struct physdev_set_iopl level = { .iopl = 1 };

    (void)hypercall(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl,
                    (uintptr_t)&level, 0, 0);
    run_user("user, level 1, ", "in, 2 bytes", 0x202);
    level.iopl = 3;
    (void)hypercall(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl,
                    (uintptr_t)&level, 0, 0);
    run_user("user, level 3, ", "in, then undefined", 0x202);
    run_user("user, level 3, ", "ins, 32-bit address", 0x202);
    level.iopl = 0;
    (void)hypercall(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl,
                    (uintptr_t)&level, 0, 0);
}

/* What waits for the guest when it goes to its user. */
static void print_interrupts(void)
{
    struct evtchn_send event;
    struct regs r = first;

    /* One is begun, and the next waits for an iret. */
    r.rax = __HYPERVISOR_vcpu_op;
    r.rdi = VCPUOP_send_nmi;
    r.rsi = r.rdx = 0;
    run_form(find("call")->code, &r);
    (void)hypercall(__HYPERVISOR_vcpu_op, VCPUOP_send_nmi, 0, 0, 0);
    run_user("NMI, ", "undefined", 0x202);
    run_user("no NMI, ", "undefined", 0x202);
    event.port = open_port();
    (void)hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send,
                    (uintptr_t)&event, 0, 0);
    run_user("event, masked, ", "undefined", 2);
    run_user("event, ", "undefined", 0x202);
    close_port(event.port);
}

static void base(unsigned int which, uint64_t value)
{
    (void)hypercall(__HYPERVISOR_set_segment_base, which, value, 0, 0);
}

static void mmuext(unsigned int cmd, uint64_t frame)
{
    struct mmuext_op op = { .cmd = cmd, .arg1.mfn = frame };

    (void)hypercall(__HYPERVISOR_mmuext_op, (uintptr_t)&op, 1, 0, DOMID_SELF);
}

void print_user(const struct start_info *si)
{
    const uint64_t frame = frame_of(si, l4);

    low[0][0] = frame_of(si, program) * PAGE | READABLE;
    low[1][0] = frame_of(si, low[0]) * PAGE | WRITABLE;
    low[2][LOW >> 30] = frame_of(si, low[1]) * PAGE | WRITABLE;
    l4[0] = frame_of(si, low[2]) * PAGE | WRITABLE;
    l4[511] = ((const uint64_t *)si->pt_base)[511];
    for (unsigned int i = 0; i < 3; i++)
        map(low[i], frame_of(si, low[i]), READABLE);
    map(l4, frame, READABLE);
    mmuext(MMUEXT_PIN_L4_TABLE, frame);
    mmuext(MMUEXT_NEW_USER_BASEPTR, frame);
    (void)hypercall(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS,
                    (uintptr_t)kernel_stack + PAGE - 8, 0, 0);
    base(SEGBASE_GS_USER, USER_GS);
    base(SEGBASE_GS_KERNEL, KERNEL_GS);
    print_exceptions();
    print_32();
    print_syscalls();
    print_breakpoint();
    print_ports();
    print_interrupts();
    mmuext(MMUEXT_NEW_USER_BASEPTR, 0);
    mmuext(MMUEXT_UNPIN_TABLE, frame);
    map(l4, frame, WRITABLE);
}
