/* SPDX-License-Identifier: MIT
 *
 * Hypercalls that stop in the middle. Xen looks at certain points whether an
 * event is pending for the vCPU and not masked; if so it makes the call one
 * that is to be continued, and the guest takes the event first. These two
 * flags are words in the shared_info: the host sets them, so the call stops
 * where Xen looks next, every time, whatever the clock says.
 */
#include "internal.h"

#include <string.h>
#include <xen/event_channel.h>
#include <xen/vcpu.h>

#define ENTRY_SIZE 32u /* of the hypercall page, an entry a number */
#define SYSCALL_SIZE 2u

static struct shared_info *shared_info(const struct shim_vcpu *v)
{
    return (void *)shim__page(v->domain->shim, v->domain->shared_info);
}

static void set_pending(struct shim_vcpu *v, bool pending)
{
    struct vcpu_info *const info = &shared_info(v)->vcpu_info[v->number];

    v->pending = pending;
    __atomic_store_n(&info->evtchn_upcall_mask, !pending, __ATOMIC_RELEASE);
    __atomic_store_n(&info->evtchn_upcall_pending, pending, __ATOMIC_RELEASE);
}

/*
 * The timer's event gets a port, once, and the periodic timer that every vCPU
 * begins with is stopped.
 */
static int bind_timer(struct shim_vcpu *v)
{
    struct evtchn_bind_virq bind = { .virq = VIRQ_TIMER, .vcpu = v->number };
    const uint64_t arg[5] = { EVTCHNOP_bind_virq, shim__data(v, 0) };
    const uint64_t stop[5] = { VCPUOP_stop_periodic_timer, v->number };
    int64_t rc, stopped;

    if (v->has_timer)
        return 0;
    memcpy(v->mailbox->data, &bind, sizeof(bind));
    if (shim__hypercall(v, __HYPERVISOR_event_channel_op, arg, &rc) != 0 ||
        shim__hypercall(v, __HYPERVISOR_vcpu_op, stop, &stopped) != 0)
        return -1;
    if (rc != 0 || stopped != 0)
        return shim__fail(v->domain->shim,
                          "domain %u does not get its timer: %lld, %lld",
                          v->domain->domid, (long long)rc, (long long)stopped);
    v->has_timer = true;
    return 0;
}

/* Events of the past are not to come again. */
static void forget_events(struct shim_vcpu *v)
{
    struct shared_info *const si = shared_info(v);

    memset(si->evtchn_pending, 0, sizeof(si->evtchn_pending));
    si->vcpu_info[v->number].evtchn_pending_sel = 0;
}

/* By now, as Xen tells it; it does so while the vCPU is in Xen. */
static struct shim_timer timer(const struct shim_vcpu *v, uint64_t delay)
{
    const struct vcpu_time_info t = shared_info(v)->vcpu_info[v->number].time;

    return (struct shim_timer){ .delay = delay,
                                .system_time = t.system_time,
                                .tsc_timestamp = t.tsc_timestamp,
                                .tsc_to_system_mul = t.tsc_to_system_mul,
                                .tsc_shift = t.tsc_shift };
}

int shim__begin_stops(struct shim_vcpu *v, const struct pvt_op *op)
{
    struct vcpu_info *const info = &shared_info(v)->vcpu_info[v->number];

    v->stops = op->stops;
    v->calling = op->number;
    if (op->stops->delay == 0) {
        set_pending(v, true);
        return 0;
    }
    if (bind_timer(v) != 0)
        return -1;
    forget_events(v);
    v->mailbox->timer = timer(v, op->stops->delay);
    info->evtchn_upcall_pending = 0;
    __atomic_store_n(&info->evtchn_upcall_mask, 0, __ATOMIC_RELEASE);
    return 0;
}

void shim__end_stops(struct shim_vcpu *v)
{
    v->stops = NULL;
    v->mailbox->timer.delay = 0;
    set_pending(v, false);
    if (v->has_timer)
        forget_events(v);
}

/* In the code with which the guest makes its call? */
static bool in_call(const struct shim_vcpu *v, uint64_t rip)
{
    return v->stops && rip % XM_PAGE_SIZE / ENTRY_SIZE == v->calling;
}

/*
 * The instruction leaves in rcx where it goes on. Xen has come back to it: the
 * call is to be continued. It is behind it: the call is done. Else the event
 * was there before the call.
 */
void shim__at_upcall(struct shim_vcpu *v)
{
    struct shim_mailbox *m = v->mailbox;
    const uint32_t n = m->upcalls;
    const struct shim_upcall u = m->upcall;
    const uint64_t arg[6] = { u.rdi, u.rsi, u.rdx, u.r10, u.r8, u.r9 };
    bool pending = v->pending;

    if (in_call(v, u.rip) && u.rcx == u.rip + SYSCALL_SIZE)
        pending = v->stops->stopped(v->stops->context, u.rax, arg, m->data) &&
                  v->stops->delay == 0;
    else if (in_call(v, u.rip) && u.rcx == u.rip)
        pending = false;
    set_pending(v, pending);
    __atomic_store_n(&m->resumed, n, __ATOMIC_RELEASE);
}
