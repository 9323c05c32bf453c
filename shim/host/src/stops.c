/* SPDX-License-Identifier: MIT
 *
 * Hypercalls that stop in the middle. Xen looks at certain points whether an
 * event is pending for the vCPU and not masked; if so it makes the call one
 * that is to be continued, and the guest takes the event first. These two
 * flags are words in the shared_info: the host sets them, so the call stops
 * where Xen looks next, every time, whatever the clock says.
 */
#include "internal.h"

#define ENTRY_SIZE 32u /* of the hypercall page, an entry a number */
#define SYSCALL_SIZE 2u

static void set_pending(struct shim_vcpu *v, bool pending)
{
    struct shared_info *const si =
        (void *)shim__page(v->domain->shim, v->domain->shared_info);
    struct vcpu_info *const info = &si->vcpu_info[v->number];

    v->pending = pending;
    __atomic_store_n(&info->evtchn_upcall_mask, !pending, __ATOMIC_RELEASE);
    __atomic_store_n(&info->evtchn_upcall_pending, pending, __ATOMIC_RELEASE);
}

void shim__begin_stops(struct shim_vcpu *v, const struct pvt_op *op)
{
    v->stops = op->stops;
    v->calling = op->number;
    set_pending(v, true);
}

void shim__end_stops(struct shim_vcpu *v)
{
    v->stops = NULL;
    set_pending(v, false);
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
        pending = v->stops->stopped(v->stops->context, u.rax, arg, m->data);
    else if (in_call(v, u.rip) && u.rcx == u.rip)
        pending = false;
    set_pending(v, pending);
    __atomic_store_n(&m->resumed, n, __ATOMIC_RELEASE);
}
