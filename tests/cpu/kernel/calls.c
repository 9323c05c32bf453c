/* SPDX-License-Identifier: MIT
 *
 * Hypercalls as they were before Xen 3.2, with the command in the argument:
 * what they answer, and that they do the same.
 */
#include "kernel.h"

#include <xen/event_channel.h>
#include <xen/physdev.h>

static long old_event(uint32_t cmd, struct evtchn_op *op)
{
    op->cmd = cmd;
    return hypercall(__HYPERVISOR_event_channel_op_compat, (uintptr_t)op, 0, 0,
                     0);
}

static void print_old_events(void)
{
    struct evtchn_op op = { .u.bind_ipi.vcpu = 0 };
    uint32_t port;

    print_answer("old event_channel_op: bind_ipi",
                 old_event(EVTCHNOP_bind_ipi, &op));
    port = op.u.bind_ipi.port;
    op.u.status = (struct evtchn_status){ .dom = DOMID_SELF, .port = port };
    print_answer("status", old_event(EVTCHNOP_status, &op));
    print_named("status", op.u.status.status);
    op.u.send.port = port;
    print_answer("send", old_event(EVTCHNOP_send, &op));
    op.u.unmask.port = 1u << 20;
    print_answer("unmask none", old_event(EVTCHNOP_unmask, &op));
    op.u.bind_vcpu = (struct evtchn_bind_vcpu){ .port = port };
    print_answer("bind_vcpu", old_event(EVTCHNOP_bind_vcpu, &op));
    op.u.close.port = port;
    print_answer("close", old_event(EVTCHNOP_close, &op));
    print_answer("closed", old_event(EVTCHNOP_close, &op));
    print_answer("reset", old_event(EVTCHNOP_reset, &op));
    print_answer("init_control", old_event(EVTCHNOP_init_control, &op));
    print_answer("nowhere", hypercall(__HYPERVISOR_event_channel_op_compat,
                                      NOT_THERE, 0, 0, 0));
    end_line();
}

static long old_io_level(uint32_t level)
{
    struct physdev_op op = { .cmd = PHYSDEVOP_set_iopl,
                             .u.set_iopl.iopl = level };

    return hypercall(__HYPERVISOR_physdev_op_compat, (uintptr_t)&op, 0, 0, 0);
}

static void print_old_devices(void)
{
    static struct physdev_op op = { .cmd = 0x1234 };

    print_answer("old physdev_op: level 4", old_io_level(4));
    print_answer("nothing", hypercall(__HYPERVISOR_physdev_op_compat,
                                      (uintptr_t)&op, 0, 0, 0));
    /* All of the argument is read, though the command needs less. */
    *(uint32_t *)(end_of_map - 16) = PHYSDEVOP_set_iopl;
    *(uint32_t *)(end_of_map - 8) = 0;
    print_answer("cut off", hypercall(__HYPERVISOR_physdev_op_compat,
                                      end_of_map - 16, 0, 0, 0));
    print_answer("level 1", old_io_level(1));
    end_line();
    print("old I/O level 1, ");
    flush();
    run_one(find("in, 2 bytes"));
    (void)old_io_level(0);
}

void print_old_calls(void)
{
    print_old_events();
    print_old_devices();
}
