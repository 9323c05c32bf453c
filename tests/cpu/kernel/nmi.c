/* SPDX-License-Identifier: MIT
 *
 * NMIs that a vCPU sends itself. No handler here ends with an iret, so that
 * further ones wait until a test makes one.
 */
#include "kernel.h"

#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/nmi.h>
#include <xen/vcpu.h>

#define NMI 2u

static void set_handler(uint64_t handler)
{
    struct callback_register r = { .type = CALLBACKTYPE_nmi,
                                   .address = handler };

    print_answer("register",
                 hypercall(__HYPERVISOR_callback_op, CALLBACKOP_register,
                           (uintptr_t)&r, 0, 0));
}

static void print_state(void)
{
    print_named("mask", info->evtchn_upcall_mask);
    end_line();
}

/* By a hypercall that the NMI comes at the end of. */
static void send(const char *name)
{
    struct regs r = first;

    r.rax = __HYPERVISOR_vcpu_op;
    r.rdi = VCPUOP_send_nmi;
    r.rsi = 0;
    r.rdx = 0;
    print_run(name, find("call"), &r);
    print_named("rax", r.rax);
    print_state();
}

/* iret to an instruction that is not one, with FLAGS. */
static void leave(const char *name, uint64_t rflags)
{
    struct regs r = first;

    memory[0] = 0x0f; /* ud2 */
    memory[1] = 0x0b;
    r.rsp = (uintptr_t)make_iret(rflags);
    r.rax = __HYPERVISOR_iret;
    print_run(name, find("call"), &r);
    print_state();
}

static void print_refusals(void)
{
    struct callback_register r = { .type = CALLBACKTYPE_nmi,
                                   .address = 1ull << 50 };
    struct xennmi_callback old = { .handler_address = 1ull << 50 };

    print_answer("NMIs: of nobody",
                 hypercall(__HYPERVISOR_vcpu_op, VCPUOP_send_nmi, 99, 0, 0));
    print_answer("with an argument",
                 hypercall(__HYPERVISOR_vcpu_op, VCPUOP_send_nmi, 0,
                           (uintptr_t)memory, 0));
    print_answer("to one that is down",
                 hypercall(__HYPERVISOR_vcpu_op, VCPUOP_send_nmi, 1, 0, 0));
    print_answer("not canonical",
                 hypercall(__HYPERVISOR_callback_op, CALLBACKOP_register,
                           (uintptr_t)&r, 0, 0));
    print_answer("nmi_op, not canonical",
                 hypercall(__HYPERVISOR_nmi_op, XENNMI_register_callback,
                           (uintptr_t)&old, 0, 0));
    print_answer("nowhere",
                 hypercall(__HYPERVISOR_nmi_op, XENNMI_register_callback,
                           NOT_THERE, 0, 0));
    print_answer("no command", hypercall(__HYPERVISOR_nmi_op, 9, 0, 0, 0));
    end_line();
}

/* An event is pending, too: Xen enters the kernel twice. */
static void print_with_event(const char *name)
{
    struct evtchn_send event = { .port = open_port() };

    (void)hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send,
                    (uintptr_t)&event, 0, 0);
    info->evtchn_upcall_mask = 0;
    send(name);
    leave("iret from both", 2);
    close_port(event.port);
}

void print_nmis(void)
{
    const uint64_t handler = (uintptr_t)vectors + 128 * NMI;
    struct callback_unregister u = { .type = CALLBACKTYPE_nmi };
    struct xennmi_callback old = { .handler_address = handler };

    print_refusals();
    send("NMI, by the trap table");
    send("NMI in an NMI");
    leave("iret with an NMI waiting", 0x202);
    leave("iret from an NMI", 0x202);
    print_with_event("NMI and event, by the trap table");
    print_answer("callback: unregister",
                 hypercall(__HYPERVISOR_callback_op, CALLBACKOP_unregister,
                           (uintptr_t)&u, 0, 0));
    end_line();
    send("NMI without a handler");
    set_handler(handler);
    end_line();
    info->evtchn_upcall_mask = 0;
    send("NMI, by the callback");
    leave("iret with flags that mask", 2);
    print_answer(
        "nmi_op: unregister",
        hypercall(__HYPERVISOR_nmi_op, XENNMI_unregister_callback, 0, 0, 0));
    print_answer("register",
                 hypercall(__HYPERVISOR_nmi_op, XENNMI_register_callback,
                           (uintptr_t)&old, 0, 0));
    end_line();
    print_with_event("NMI and event");
}
