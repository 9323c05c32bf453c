/* SPDX-License-Identifier: MIT
 *
 * Hypercalls as they were before Xen 3.2, with the command in the argument.
 * Mirrors do_event_channel_op_compat(), do_physdev_op_compat().
 */
#include "internal.h"

#include <xen/event_channel.h>
#include <xen/physdev.h>

static int fault(const struct call *k)
{
    return domain__refuse(k->d, XEN_EFAULT, "the argument cannot be reached");
}

/* The call by its new number, whose argument is behind the command. */
static struct call newer(const struct call *k, uint64_t arg[6],
                         uint32_t command, size_t behind)
{
    struct call n = *k;

    __builtin_memcpy(arg, k->arg, 6 * sizeof(*arg));
    arg[0] = command;
    arg[1] = k->arg[0] + behind;
    n.arg = arg;
    return n;
}

int domain__event_channel_op_compat(const struct call *k)
{
    struct evtchn_op op;
    uint64_t arg[6];
    struct call n;

    if (!domain__get(k, &op, k->arg[0]))
        return fault(k);
    switch (op.cmd) {
    case EVTCHNOP_bind_interdomain:
    case EVTCHNOP_bind_virq:
    case EVTCHNOP_bind_pirq:
    case EVTCHNOP_close:
    case EVTCHNOP_send:
    case EVTCHNOP_status:
    case EVTCHNOP_alloc_unbound:
    case EVTCHNOP_bind_ipi:
    case EVTCHNOP_bind_vcpu:
    case EVTCHNOP_unmask:
        n = newer(k, arg, op.cmd, offsetof(struct evtchn_op, u));
        return domain__event_channel_op(&n);
    default:
        return domain__refuse(k->d, XEN_ENOSYS,
                              "event channels had no such command then");
    }
}

struct xm_result domain__physdev_op_compat(const struct call *k)
{
    struct xm_result r = { .rule = XM_R_NONE };
    struct physdev_op op;
    uint64_t arg[6];
    struct call n;

    if (!domain__get(k, &op, k->arg[0])) {
        r.rc = fault(k);
        return r;
    }
    n = newer(k, arg, op.cmd, offsetof(struct physdev_op, u));
    return domain__physdev_op(&n, &r.rc)
               ? r
               : xm_model_hypercall(k->c, __HYPERVISOR_physdev_op, arg);
}
