/* SPDX-License-Identifier: MIT
 *
 * The bits of event channels, which guest and Xen both set and clear. Mirrors
 * the two-level ABI: evtchn_2l_set_pending(), evtchn_2l_unmask(),
 * vcpu_mark_events_pending(), evtchn_check_pollers(), get_free_port().
 */
#include "internal.h"

static bool test_and_set(xen_ulong_t *words, uint32_t bit)
{
    xen_ulong_t *word = &words[bit / 64];
    const xen_ulong_t mask = 1ul << (bit % 64);
    const bool was = (*word & mask) != 0;

    *word |= mask;
    return was;
}

static bool test(const xen_ulong_t *words, uint32_t bit)
{
    return words[bit / 64] >> (bit % 64) & 1;
}

struct domain_port *domain__port(struct domain *d, uint32_t port)
{
    return port < d->nr_ports ? &d->port[port] : NULL;
}

uint32_t domain__new_port(struct domain *d, enum domain_port_state state,
                          uint32_t vcpu)
{
    for (uint32_t i = 1; i < DOMAIN_PORTS; i++) {
        if (i >= d->nr_ports)
            d->nr_ports += DOMAIN_PORTS_STEP;
        if (d->port[i].state != DOMAIN_PORT_FREE)
            continue;
        d->port[i] = (struct domain_port){ .state = (uint8_t)state,
                                           .vcpu = (uint8_t)vcpu };
        return i;
    }
    return 0;
}

bool domain__is_pending(struct xm_cpu *c, uint32_t port)
{
    return test(domain__shared_info(c)->evtchn_pending, port);
}

void domain__clear_pending(struct xm_cpu *c, uint32_t port)
{
    domain__shared_info(c)->evtchn_pending[port / 64] &= ~(1ul << (port % 64));
}

static void tell(struct domain *d, struct xm_cpu *c, uint32_t port)
{
    const uint32_t vcpu = d->port[port].vcpu;
    struct vcpu_info *v = domain__vcpu_info(d, c, vcpu);

    if (test_and_set(&v->evtchn_pending_sel, port / 64) ||
        v->evtchn_upcall_pending)
        return;
    v->evtchn_upcall_pending = 1;
    domain__wake(d, c, vcpu);
}

/* Who polls for PORT, or for several ports, goes on. */
static void check_pollers(struct domain *d, struct xm_cpu *c, uint32_t port)
{
    for (uint32_t i = 0; i < domain__nr_vcpus(c); i++)
        if (d->vcpu[i].polled == -1 || d->vcpu[i].polled == port)
            domain__wake(d, c, i);
}

void domain__set_pending(struct domain *d, struct xm_cpu *c, uint32_t port)
{
    struct shared_info *s = domain__shared_info(c);

    if (test_and_set(s->evtchn_pending, port))
        return;
    if (!test(s->evtchn_mask, port))
        tell(d, c, port);
    check_pollers(d, c, port);
}

void domain__unmask(struct domain *d, struct xm_cpu *c, uint32_t port)
{
    struct shared_info *s = domain__shared_info(c);
    const bool was = test(s->evtchn_mask, port);

    s->evtchn_mask[port / 64] &= ~(1ul << (port % 64));
    if (was && test(s->evtchn_pending, port))
        tell(d, c, port);
}

void domain__raise(struct domain *d, struct xm_cpu *c, uint32_t vcpu,
                   uint32_t virq)
{
    const uint32_t port = d->vcpu[vcpu].virq[virq];

    if (port != 0)
        domain__set_pending(d, c, port);
}

bool domain_upcall_due(const struct domain *d, const struct xm_cpu *c,
                       uint32_t vcpu)
{
    /* Looking writes nothing. */
    struct xm_cpu looking = *c;
    const struct vcpu_info *v;

    looking.written = NULL;
    v = domain__vcpu_info(d, &looking, vcpu);
    return v->evtchn_upcall_pending && !v->evtchn_upcall_mask;
}

void domain_begin_upcall(const struct domain *d, struct xm_cpu *c,
                         uint32_t vcpu)
{
    domain__vcpu_info(d, c, vcpu)->evtchn_upcall_mask = 1;
}

void domain_end_upcall(const struct domain *d, struct xm_cpu *c, uint32_t vcpu)
{
    domain__vcpu_info(d, c, vcpu)->evtchn_upcall_mask = 0;
}
