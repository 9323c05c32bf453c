/* SPDX-License-Identifier: MIT
 *
 * Time as the guest sees it: the clock of each vCPU and the wall clock in
 * shared_info, how a vCPU has spent its time. Mirrors
 * __update_vcpu_system_time(), update_domain_wallclock_time(),
 * vcpu_runstate_change(). A reader trusts what it has read if the version was
 * even, and the same afterwards.
 *
 * The rate of the time stamp counter is left to the embedder, who runs the
 * processor: here it is 0, so that the clock is system_time and nothing else.
 */
#include "internal.h"

#include <xen/vcpu.h>

#define SECOND 1000000000ull

static void write_time(const struct domain *d, struct vcpu_time_info *t)
{
    t->version = (t->version + 1) | 1;
    t->system_time = d->now;
    t->tsc_timestamp = d->has_tsc ? d->now : 0;
    t->tsc_to_system_mul = d->has_tsc ? 0x80000000u : 0;
    t->tsc_shift = d->has_tsc ? 1 : 0;
    t->version++;
}

static void enter_state(struct domain *d, uint32_t vcpu, bool blocked)
{
    struct domain_vcpu *v = &d->vcpu[vcpu];

    v->state_time[v->blocked ? RUNSTATE_blocked : RUNSTATE_running] +=
        d->now - v->state_since;
    v->state_since = d->now;
    v->blocked = blocked;
}

void domain__block(struct domain *d, struct xm_cpu *c, uint32_t vcpu)
{
    enter_state(d, vcpu, true);
    domain__show_time(d, c, vcpu);
}

/* Its ticks begin again where they were, and one may be due at once. */
void domain__wake(struct domain *d, struct xm_cpu *c, uint32_t vcpu)
{
    struct domain_vcpu *v = &d->vcpu[vcpu];

    v->polled = 0;
    v->poll_timeout = DOMAIN_NEVER;
    if (!v->blocked)
        return;
    enter_state(d, vcpu, false);
    domain__show_time(d, c, vcpu);
    if (v->period && d->now >= v->last_tick + v->period) {
        v->last_tick = d->now;
        domain__raise(d, c, vcpu, VIRQ_TIMER);
    }
}

static void write_runstate(const struct domain_vcpu *v, struct xm_cpu *c)
{
    struct vcpu_runstate_info r = { .state = v->blocked ? RUNSTATE_blocked
                                                        : RUNSTATE_running,
                                    .state_entry_time = v->state_since };

    __builtin_memcpy(r.time, v->state_time, sizeof(r.time));
    (void)xm_copy_to_guest(c, v->runstate_area, &r, sizeof(r));
}

void domain__show_time(struct domain *d, struct xm_cpu *c, uint32_t vcpu)
{
    domain__show_time_of(d, c, xm_domain_find(c->machine, c->domid), vcpu);
}

void domain__show_time_of(struct domain *d, struct xm_cpu *c,
                          const struct xm_domain *m, uint32_t vcpu)
{
    struct domain_vcpu *v = &d->vcpu[vcpu];
    struct vcpu_time_info *t = &domain__info_of(d, c, m, vcpu)->time;

    write_time(d, t);
    /* Addresses are translated when they are used: now they may not be there.
     */
    if (v->time_area)
        (void)xm_copy_to_guest(c, v->time_area, t, sizeof(*t));
    if (v->runstate_area)
        write_runstate(v, c);
}

void domain__show_wall_clock(struct domain *d, struct xm_cpu *c)
{
    struct shared_info *s = domain__shared_info(c);

    s->wc_version = (s->wc_version + 1) | 1;
    s->wc_sec = (uint32_t)(d->wall_clock / SECOND);
    s->wc_sec_hi = (uint32_t)(d->wall_clock / SECOND >> 32);
    s->wc_nsec = (uint32_t)(d->wall_clock % SECOND);
    s->wc_version++;
}
