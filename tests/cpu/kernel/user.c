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

static uint64_t l4[PAGE / 8] __attribute__((aligned(4096)));

/* HOW: the flags of iret's frame. */
static void run_by(const char *name, const char *form, uint64_t rflags,
                   uint64_t how)
{
    uint64_t *const frame = make_iret(rflags);
    struct regs r = first;

    running = find(form);
    r.rax = __HYPERVISOR_iret;
    r.rsi = end_of_map;
    r.rsp = (uintptr_t)frame;
    frame[0] = first.rax;
    frame[1] = 0x3300; /* r11 */
    frame[2] = first.rcx;
    frame[3] = how;
    frame[4] = (uintptr_t)running->code;
    frame[5] = FLAT_USER_CS;
    frame[7] = (uintptr_t)stack + PAGE;
    frame[8] = FLAT_USER_SS;
    run_form(find("call")->code, &r);
    print(name);
    print(form);
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
    run_user("no callback, ", "call", 0x202);
    callback(CALLBACKTYPE_syscall, 0, on_syscall);
    run_user("callback, ", "call", 0x202);
    callback(CALLBACKTYPE_syscall, CALLBACKF_mask_events, on_syscall);
    run_user("callback that masks, ", "call", 0x202);
    run_user("after it, ", "undefined", 0x202);
    run_by("by sysret, ", "undefined", 0x202, VGCF_in_syscall);
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

    l4[511] = ((const uint64_t *)si->pt_base)[511];
    map(l4, frame, READABLE);
    mmuext(MMUEXT_PIN_L4_TABLE, frame);
    mmuext(MMUEXT_NEW_USER_BASEPTR, frame);
    (void)hypercall(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS,
                    (uintptr_t)kernel_stack + PAGE - 8, 0, 0);
    base(SEGBASE_GS_USER, USER_GS);
    base(SEGBASE_GS_KERNEL, KERNEL_GS);
    print_exceptions();
    print_syscalls();
    print_breakpoint();
    print_ports();
    print_interrupts();
    mmuext(MMUEXT_NEW_USER_BASEPTR, 0);
    mmuext(MMUEXT_UNPIN_TABLE, frame);
    map(l4, frame, WRITABLE);
}
