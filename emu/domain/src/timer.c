/* SPDX-License-Identifier: MIT
 *
 * Timers: one shot and periodic of each vCPU, the end of a poll, watchdogs;
 * HYPERVISOR_set_timer_op and the commands of HYPERVISOR_vcpu_op about time.
 * Mirrors do_set_timer_op(), vcpu_periodic_timer_work(), common_vcpu_op().
 */
#include "internal.h"

#include <xen/sched.h>
#include <xen/vcpu.h>

#define DELTA_MAX ((uint64_t)INT64_MAX) /* STIME_DELTA_MAX */
#define SHORTEST_PERIOD DOMAIN_MS
#define FAR_AHEAD 50u /* bits: further than that is a mistake of the guest */

/* -- what happens by itself -------------------------------------------------
 */

static void sooner(uint64_t *first, uint64_t other)
{
    if (other < *first)
        *first = other;
}

uint64_t domain_next_timer(const struct domain *d, const struct xm_cpu *c)
{
    uint64_t first = DOMAIN_NEVER;

    for (uint32_t i = 0; i < domain__nr_vcpus(c); i++) {
        const struct domain_vcpu *v = &d->vcpu[i];

        sooner(&first, v->timer);
        sooner(&first, v->poll_timeout);
        /* Ticks are for those that run. */
        if (v->period && !v->blocked)
            sooner(&first, v->last_tick + v->period);
    }
    for (uint32_t i = 0; i < DOMAIN_WATCHDOGS; i++)
        if (d->watchdog[i] != 0)
            sooner(&first, d->watchdog[i]);
    return first;
}

static void fire(struct domain *d, struct xm_cpu *c, uint32_t vcpu)
{
    struct domain_vcpu *v = &d->vcpu[vcpu];

    if (v->timer <= d->now) {
        v->timer = DOMAIN_NEVER;
        domain__raise(d, c, vcpu, VIRQ_TIMER);
    }
    if (v->poll_timeout <= d->now)
        domain__wake(d, c, vcpu);
    if (v->period && !v->blocked && v->last_tick + v->period <= d->now) {
        v->last_tick = d->now;
        domain__raise(d, c, vcpu, VIRQ_TIMER);
    }
}

void domain_set_time(struct domain *d, struct xm_cpu *c, uint64_t now)
{
    const struct xm_domain *m = xm_domain_find(c->machine, c->domid);

    if (now > d->now)
        d->now = now;
    for (uint32_t i = 0; i < m->nr_vcpus; i++)
        if (m->vcpu[i].up && !d->vcpu[i].blocked)
            domain__show_time_of(d, c, m, i);
    for (uint32_t i = 0; i < m->nr_vcpus; i++)
        fire(d, c, i);
    for (uint32_t i = 0; i < DOMAIN_WATCHDOGS; i++)
        if (d->watchdog[i] != 0 && d->watchdog[i] <= d->now) {
            d->down = true;
            d->reason = SHUTDOWN_watchdog;
        }
}

/* -- calls ------------------------------------------------------------------
 */

int domain__set_timer_op(const struct call *k)
{
    struct domain_vcpu *v = &k->d->vcpu[k->c->vcpu];
    const uint64_t at = k->arg[0];

    if (at == 0)
        v->timer = DOMAIN_NEVER;
    else if (at > DELTA_MAX ||
             (at > k->d->now && (at - k->d->now) >> FAR_AHEAD))
        v->timer = k->d->now + 100 * DOMAIN_MS;
    else
        v->timer = at;
    return 0;
}

static int fault(const struct call *k)
{
    return domain__refuse(k->d, XEN_EFAULT, "the argument cannot be reached");
}

static int set_periodic(const struct call *k, struct domain_vcpu *v)
{
    struct vcpu_set_periodic_timer t;

    if (!domain__get(k, &t, k->arg[2]))
        return fault(k);
    if (t.period_ns < SHORTEST_PERIOD || t.period_ns > DELTA_MAX)
        return domain__refuse(k->d, XEN_EINVAL, "a period is 1 ms at least");
    v->period = t.period_ns;
    return 0;
}

static int set_singleshot(const struct call *k, struct domain_vcpu *v)
{
    struct vcpu_set_singleshot_timer t;

    if (v != &k->d->vcpu[k->c->vcpu])
        return domain__refuse(k->d, XEN_EINVAL,
                              "a one-shot timer is set by its own vCPU");
    if (!domain__get(k, &t, k->arg[2]))
        return fault(k);
    if ((t.flags & VCPU_SSHOTTMR_future) && t.timeout_abs_ns < k->d->now)
        return domain__refuse(k->d, XEN_ETIME, "that time is over");
    v->timer = t.timeout_abs_ns;
    return 0;
}

static int stop_singleshot(const struct call *k, struct domain_vcpu *v)
{
    if (v != &k->d->vcpu[k->c->vcpu])
        return domain__refuse(k->d, XEN_EINVAL,
                              "a one-shot timer is stopped by its own vCPU");
    v->timer = DOMAIN_NEVER;
    return 0;
}

static int get_runstate(const struct call *k, uint32_t id)
{
    const struct domain_vcpu *v = &k->d->vcpu[id];
    const bool up = xm_domain_find(k->c->machine, k->c->domid)->vcpu[id].up;
    const int state = !up          ? RUNSTATE_offline
                      : v->blocked ? RUNSTATE_blocked
                                   : RUNSTATE_running;
    struct vcpu_runstate_info r = { .state = state,
                                    .state_entry_time = v->state_since };

    __builtin_memcpy(r.time, v->state_time, sizeof(r.time));
    r.time[state] += k->d->now - v->state_since;
    return domain__put(k, k->arg[2], &r) ? 0 : fault(k);
}

/* The model decides; what it accepts is remembered. */
static struct xm_result registered(const struct call *k, uint32_t id)
{
    struct domain_vcpu *v = &k->d->vcpu[id];
    struct vcpu_register_vcpu_info info = { 0 };
    struct vcpu_info *from = domain__vcpu_info(k->d, k->c, id), *to;
    struct xm_result r;
    uint64_t area = 0;

    /* What the model reads is read here first: it does not write there. */
    if (k->arg[0] == VCPUOP_register_vcpu_info)
        (void)domain__get(k, &info, k->arg[2]);
    else
        (void)domain__get(k, &area, k->arg[2]);
    r = xm_model_hypercall(k->c, __HYPERVISOR_vcpu_op, k->arg);
    if (r.rc != 0)
        return r;
    switch (k->arg[0]) {
    case VCPUOP_register_runstate_memory_area:
        v->runstate_area = area;
        break;
    case VCPUOP_register_vcpu_time_memory_area:
        v->time_area = area;
        break;
    default:
        v->info_offset = (uint16_t)info.offset;
        to = domain__vcpu_info(k->d, k->c, id);
        __builtin_memmove(to, from, sizeof(*to));
        /* Nothing that came meanwhile is lost. */
        to->evtchn_pending_sel = ~0ul;
        if (!to->evtchn_upcall_pending) {
            to->evtchn_upcall_pending = 1;
            domain__wake(k->d, k->c, id);
        }
        break;
    }
    domain__show_time(k->d, k->c, id);
    return r;
}

/* A vCPU that is brought up has what set_trap_table and the like would set. */
static struct xm_result initialise(const struct call *k, struct domain_vcpu *v)
{
    struct vcpu_guest_context x;
    struct xm_result r;
    const bool read = domain__get(k, &x, k->arg[2]);

    r = xm_model_hypercall(k->c, __HYPERVISOR_vcpu_op, k->arg);
    if (r.rc != 0 || !read)
        return r;
    v->kernel_sp = x.kernel_sp;
    v->kernel_ss = (uint16_t)x.kernel_ss;
    v->callback[DOMAIN_ON_EVENT].address = x.event_callback_eip;
    v->callback[DOMAIN_ON_FAILSAFE].address = x.failsafe_callback_eip;
    v->callback[DOMAIN_ON_SYSCALL].address = x.syscall_callback_eip;
    for (uint32_t i = 0; i < DOMAIN_VECTORS; i++)
        v->trap[i] = (struct domain_entry){ .address = x.trap_ctxt[i].address,
                                            .cs = x.trap_ctxt[i].cs,
                                            .flags = x.trap_ctxt[i].flags };
    return r;
}

bool domain__vcpu_op(const struct call *k, struct xm_result *r)
{
    const uint32_t id = (uint32_t)k->arg[1];
    struct domain_vcpu *v = &k->d->vcpu[id % XM_MAX_VCPUS];

    if (id >= domain__nr_vcpus(k->c))
        return false; /* the model says so */
    switch ((uint32_t)k->arg[0]) {
    case VCPUOP_set_periodic_timer:
        r->rc = set_periodic(k, v);
        return true;
    case VCPUOP_stop_periodic_timer:
        v->period = 0;
        return true;
    case VCPUOP_set_singleshot_timer:
        r->rc = set_singleshot(k, v);
        return true;
    case VCPUOP_stop_singleshot_timer:
        r->rc = stop_singleshot(k, v);
        return true;
    case VCPUOP_get_runstate_info:
        r->rc = get_runstate(k, id);
        return true;
    case VCPUOP_send_nmi:
        r->rc = domain__send_nmi(k, id);
        return true;
    case VCPUOP_initialise:
        *r = initialise(k, v);
        return true;
    case VCPUOP_register_runstate_memory_area:
    case VCPUOP_register_vcpu_time_memory_area:
    case VCPUOP_register_vcpu_info:
        *r = registered(k, id);
        return true;
    default:
        return false;
    }
}
