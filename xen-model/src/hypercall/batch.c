/* SPDX-License-Identifier: MIT
 *
 * Lists of requests. Rules MMU-01..04, MMU-50..54, EXT-01..04, PRE-10..14.
 */
#include "batch.h"

#include <xen-model/hypercall.h>

struct batch xm__batch_of_registers(const uint64_t arg[6], uint32_t size)
{
    return (struct batch){ .guest_requests = arg[0],
                           .size = size,
                           .count = (uint32_t)arg[1],
                           .guest_done = arg[2],
                           .foreigndom = (uint32_t)arg[3] };
}

/* XM_PREEMPTED in the count: what earlier parts of the call have done. */
static void resume(struct xm_cpu *c, struct batch *b)
{
    b->count &= ~XM_PREEMPTED;
    if (b->done)
        b->before = *b->done;
    else if (b->guest_done)
        (void)xm__copy_from_guest(c, &b->before, b->guest_done,
                                  sizeof(b->before));
}

bool xm__batch_begin(struct xm_cpu *c, struct batch *b)
{
    c->preempted = false;
    b->vcpu = xm__vcpu(c);
    if (b->vcpu->has_old && xm__put_old_guest_table(c) != 0) {
        b->r = xm__finish(c, xm__interrupted(-XEN_ERESTART));
        return false;
    }
    if (b->count == XM_PREEMPTED && !b->requests && !b->guest_requests) {
        b->r.rc = (int)b->foreigndom;
        return false;
    }
    if (b->count & XM_PREEMPTED)
        resume(c, b);
    if (!b->requests && !xm__guest_address(b->guest_requests)) {
        b->r = xm__finish(c, xm__deny(XM_R_CALL_ADDRESS, b->guest_requests, 0));
        return false;
    }
    return true;
}

bool xm__batch_interrupted(struct xm_cpu *c, struct batch *b)
{
    if (xm__between_requests(c, b->i == 0) == 0)
        return false;
    b->r = xm__interrupted(-XEN_ERESTART);
    return true;
}

bool xm__batch_fetch_from_guest(struct xm_cpu *c, struct batch *b,
                                void *request)
{
    const xm_vaddr va = b->guest_requests + (uint64_t)b->i * b->size;

    if (xm__copy_from_guest(c, request, va, b->size))
        return true;
    b->r = xm__deny(XM_R_CALL_FAULT, va, 0);
    return false;
}

/* Xen's hypercall_create_continuation(): the registers to go on with. */
static void continuation(const struct batch *b, bool last_put, uint64_t arg[6])
{
    if (last_put) {
        arg[0] = arg[2] = 0;
        arg[1] = XM_PREEMPTED;
        arg[3] = b->r.seen[0];
    } else {
        arg[0] += (uint64_t)b->i * b->size;
        arg[1] = (b->count - b->i) | XM_PREEMPTED;
    }
}

struct xm_result xm__batch_end(struct xm_cpu *c, struct batch *b,
                               bool write_done, uint64_t arg[6])
{
    const uint32_t done = b->before + b->i;
    bool in_requests;

    if (b->r.rc == -XEN_EINTR)
        b->r.rc = -XEN_ERESTART;
    if (write_done && b->done)
        *b->done = done;
    else if (write_done && b->guest_done)
        (void)xm__copy_to_guest(c, b->guest_done, &done, sizeof(done));
    in_requests = b->r.rc == -XEN_ERESTART;
    if (b->vcpu->has_old && !in_requests)
        xm__end_of_call(c, &b->r);
    if (b->r.rc == -XEN_ERESTART && arg)
        continuation(b, !in_requests, arg);
    return xm__finish(c, b->r);
}
