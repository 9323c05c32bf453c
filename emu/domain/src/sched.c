/* SPDX-License-Identifier: MIT
 *
 * HYPERVISOR_sched_op: the guest waits, or ends. Mirrors do_sched_op(),
 * vcpu_block(), do_poll(), domain_watchdog(). What a call makes of the vCPU
 * shows when it is over: the embedder looks at `blocked` and `down`.
 */
#include "internal.h"

#include <xen/sched.h>

#define MAX_POLLED 128u

static int fault(const struct call *k)
{
    return domain__refuse(k->d, XEN_EFAULT, "the argument cannot be reached");
}

static int block(const struct call *k)
{
    domain__vcpu_info(k->d, k->c, k->c->vcpu)->evtchn_upcall_mask = 0;
    if (!domain_upcall_due(k->d, k->c, k->c->vcpu))
        domain__block(k->d, k->c, k->c->vcpu);
    return 0;
}

static int poll(const struct call *k)
{
    struct domain_vcpu *v = &k->d->vcpu[k->c->vcpu];
    struct sched_poll p;
    evtchn_port_t port = 0;
    xm_vaddr ports;

    if (!domain__get(k, &p, k->arg[1]))
        return fault(k);
    if (p.nr_ports > MAX_POLLED)
        return domain__refuse(k->d, XEN_EINVAL,
                              "at most 128 ports are polled at a time");
    __builtin_memcpy(&ports, &p.ports, sizeof(ports));
    if (domain_upcall_due(k->d, k->c, k->c->vcpu))
        return 0;
    for (uint32_t i = 0; i < p.nr_ports; i++) {
        if (!domain__get(k, &port, ports + i * sizeof(port)))
            return fault(k);
        if (!domain__port(k->d, port))
            return domain__refuse(k->d, XEN_EINVAL,
                                  "there is no such event channel");
        if (domain__is_pending(k->c, port))
            return 0;
    }
    v->polled = p.nr_ports == 1 && port != 0 ? (int64_t)port : -1;
    v->poll_timeout = p.timeout ? p.timeout : DOMAIN_NEVER;
    domain__block(k->d, k->c, k->c->vcpu);
    return 0;
}

static int shut_down(const struct call *k, uint8_t reason)
{
    k->d->down = true;
    k->d->reason = reason;
    return 0;
}

/* Never 0, which is a watchdog that is not in use. */
static uint64_t bites(const struct domain *d, uint32_t seconds)
{
    return d->now + 1 + seconds * 1000ull * DOMAIN_MS;
}

static int watchdog(const struct call *k)
{
    struct sched_watchdog w;
    uint64_t *dogs = k->d->watchdog;

    if (!domain__get(k, &w, k->arg[1]))
        return fault(k);
    if (w.id > DOMAIN_WATCHDOGS)
        return domain__refuse(k->d, XEN_EINVAL, "there is no such watchdog");
    if (w.id != 0 && dogs[w.id - 1] == 0)
        return domain__refuse(k->d, XEN_EINVAL, "that watchdog is not in use");
    for (uint32_t i = 0; w.id == 0 && i < DOMAIN_WATCHDOGS; i++) {
        if (dogs[i] != 0)
            continue;
        dogs[i] = bites(k->d, w.timeout);
        return (int)i + 1;
    }
    /* Xen says 2^32 - 28: it has the number in an unsigned int. */
    if (w.id == 0)
        return domain__refuse(k->d, XEN_ENOSPC, "both watchdogs are in use");
    dogs[w.id - 1] = w.timeout ? bites(k->d, w.timeout) : 0;
    return 0;
}

int domain__sched_op(const struct call *k)
{
    struct sched_shutdown s;

    switch ((int)k->arg[0]) {
    case SCHEDOP_yield:
        return 0;
    case SCHEDOP_block:
        return block(k);
    case SCHEDOP_shutdown:
        return domain__get(k, &s, k->arg[1]) ? shut_down(k, (uint8_t)s.reason)
                                             : fault(k);
    case SCHEDOP_shutdown_code:
        if (!domain__get(k, &s, k->arg[1]))
            return fault(k);
        k->d->reason = (uint8_t)s.reason;
        return 0;
    case SCHEDOP_poll:
        return poll(k);
    case SCHEDOP_watchdog:
        return watchdog(k);
    case SCHEDOP_remote_shutdown:
    case SCHEDOP_pin_override:
        return domain__refuse(k->d, XEN_EPERM,
                              "that is for the control domain");
    default:
        return domain__refuse(k->d, XEN_ENOSYS,
                              "the scheduler has no such command");
    }
}

/* As it was before 2006: the argument is the reason itself. */
int domain__sched_op_compat(const struct call *k)
{
    switch ((int)k->arg[0]) {
    case SCHEDOP_yield:
        return 0;
    case SCHEDOP_block:
        return block(k);
    case SCHEDOP_shutdown:
        return shut_down(k, (uint8_t)k->arg[1]);
    default:
        return domain__refuse(k->d, XEN_ENOSYS,
                              "the scheduler has no such command");
    }
}
