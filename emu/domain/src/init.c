/* SPDX-License-Identifier: MIT
 *
 * A domain's surroundings as its toolstack leaves them. Rules BLD-30, BLD-52.
 */
#include "internal.h"

#define TICK (10 * DOMAIN_MS) /* what a PV guest begins with */

static uint32_t bind_backend(struct domain *d)
{
    const uint32_t port = domain__new_port(d, DOMAIN_PORT_INTERDOMAIN, 0);

    d->port[port].remote = DOMAIN_BACKEND;
    d->port[port].other = port; /* over there: any number will do */
    return port;
}

static void init_vcpu(struct domain_vcpu *v)
{
    v->timer = v->poll_timeout = DOMAIN_NEVER;
    v->period = TICK;
    v->debug[6] = 0xffff0ff0;
    v->debug[7] = 0x400;
}

void domain_init(struct domain *d, struct xm_cpu *c,
                 const struct domain_setup *setup)
{
    struct shared_info *s = domain__shared_info(c);

    __builtin_memset(d, 0, sizeof(*d));
    d->domid = c->domid;
    d->nr_ports = DOMAIN_PORTS_STEP;
    d->store_changed = true;
    d->wall_clock = setup->wall_clock;
    d->console_mfn = setup->console;
    d->store_mfn = setup->store;
    d->port[0].state = DOMAIN_PORT_RESERVED;
    for (uint32_t i = 0; i < XM_MAX_VCPUS; i++)
        init_vcpu(&d->vcpu[i]);
    for (uint32_t i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        s->vcpu_info[i].evtchn_upcall_mask = 1;
    if (setup->store != DOMAIN_NO_MFN)
        d->store_port = bind_backend(d);
    if (setup->console != DOMAIN_NO_MFN)
        d->console_port = bind_backend(d);
    domain__seed_store(d, xm_domain_find(c->machine, c->domid), setup->name);
    domain__show_wall_clock(d, c);
    for (uint32_t i = 0; i < domain__nr_vcpus(c); i++)
        domain__show_time(d, c, i);
}
