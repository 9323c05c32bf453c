/* SPDX-License-Identifier: MIT
 *
 * Lists of requests. Rules MMU-01..04, MMU-50..54, EXT-01..04, PRE-10..14.
 */
#include "batch.h"

struct batch xm__batch_of_registers(uint64_t arg[6])
{
    return (struct batch){ .guest_requests = arg[0],
                           .count = (uint32_t)arg[1],
                           .guest_done = arg[2],
                           .foreigndom = (uint32_t)arg[3],
                           .arg = arg };
}

bool xm__batch_resume(struct xm_cpu *c, struct batch *b, struct xm_result *r)
{
    if (xm__put_old_guest_table(c) != 0) {
        *r = xm__finish(c, xm__interrupted(-XEN_ERESTART));
        return false;
    }
    if (b->count == XM_PREEMPTED && !b->requests && !b->guest_requests) {
        *r = (struct xm_result){ .rc = (int)b->foreigndom };
        return false;
    }
    if (b->count & XM_PREEMPTED) {
        b->count &= ~XM_PREEMPTED;
        if (b->done)
            b->before = *b->done;
        else if (b->guest_done)
            (void)xm__copy_from_guest(c, &b->before, b->guest_done,
                                      sizeof(b->before));
    }
    if (!b->requests && !xm__guest_address(b->guest_requests)) {
        *r = xm__finish(c, xm__deny(XM_R_CALL_ADDRESS, b->guest_requests, 0));
        return false;
    }
    return true;
}

/* Xen's hypercall_create_continuation(): the registers to go on with. */
static void continue_requests(const struct batch *b, size_t size)
{
    if (!b->arg)
        return;
    b->arg[0] = b->guest_requests + (uint64_t)b->i * size;
    b->arg[1] = (b->count - b->i) | XM_PREEMPTED;
}

static void continue_last_put(const struct batch *b, int64_t answer)
{
    if (!b->arg)
        return;
    b->arg[0] = b->arg[2] = 0;
    b->arg[1] = XM_PREEMPTED;
    b->arg[3] = (uint32_t)answer;
}

bool xm__batch_check(struct xm_cpu *c, const struct batch *b, size_t size,
                     struct xm_result *why)
{
    /* A deferred put is finished here, in Xen by a continuation (MUL-05). */
    if (b->vcpu->has_old)
        continue_requests(b, size);
    if (xm__between_requests(c, b->i == 0) == 0)
        return true;
    *why = xm__interrupted(-XEN_ERESTART);
    return false;
}

bool xm__batch_fetch_from_guest(struct xm_cpu *c, struct batch *b, void *buffer,
                                size_t size, struct xm_result *why)
{
    const xm_vaddr va = b->guest_requests + (uint64_t)b->i * size;
    const uint32_t left = b->count - b->i;

    b->ahead = b->i;
    b->nr_ahead = left < XM_AHEAD ? left : XM_AHEAD;
    if (xm__copy_from_own(c, buffer, va, b->nr_ahead * size))
        return true;
    b->nr_ahead = 0;
    return xm__copy_from_guest(c, buffer, va, size) ||
           xm__refuse(why, XM_R_CALL_FAULT, va, 0);
}

struct xm_result xm__batch_stop(struct xm_cpu *c, const struct batch *b,
                                const struct xm_result *why, size_t size)
{
    const uint32_t done = b->before + b->i;
    struct xm_result r = why ? *why : xm__ok();

    if (r.rc == -XEN_EINTR)
        r.rc = -XEN_ERESTART;
    if (b->done)
        *b->done = done;
    else if (b->guest_done) /* a fault here is of no consequence */
        (void)xm__copy_to_guest(c, b->guest_done, &done, sizeof(done));
    if (r.rc == -XEN_ERESTART)
        continue_requests(b, size);
    else if (b->vcpu->has_old)
        continue_last_put(b, r.rc);
    return xm__end_of_call(c, r);
}
