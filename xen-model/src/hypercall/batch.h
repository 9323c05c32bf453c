/* SPDX-License-Identifier: MIT
 *
 * What mmu_update and mmuext_op share: a list of requests, in the embedder's
 * memory or in the guest's, a done count, and how a preempted call goes on.
 * Inline is the ordinary case: nothing deferred, nothing to resume.
 */
#ifndef XM_HYPERCALL_BATCH_H
#define XM_HYPERCALL_BATCH_H

#include <xen-model/hypercall.h>

#include "../internal.h"

#define XM_AHEAD 32u /* requests that are fetched at a time */

struct batch {
    const void *requests; /* NULL: they are in guest memory */
    xm_vaddr guest_requests;
    uint32_t *done; /* NULL: it is in guest memory, if anywhere */
    xm_vaddr guest_done;
    uint32_t count;
    uint32_t foreigndom;
    uint32_t before;          /* completed by earlier parts of the call */
    uint32_t i;               /* completed by this part */
    uint32_t ahead, nr_ahead; /* which have been fetched: so many from there */
    struct xm_domain *domain; /* the caller */
    const struct xm_vcpu *vcpu;
    uint64_t
        *arg; /* registers, those of the continuation in the end; or NULL */
};

/* The registers (requests, count, pdone, foreigndom) of a raw call. */
struct batch xm__batch_of_registers(uint64_t arg[6]);

/*
 * The beginning of a call that resumes another, or of one whose requests are
 * nowhere. False: *R is the answer (which may be 0 too).
 */
bool xm__batch_resume(struct xm_cpu *c, struct batch *b, struct xm_result *r);
/* A deferred put or the wish to preempt. False: *WHY is -ERESTART. */
bool xm__batch_check(struct xm_cpu *c, const struct batch *b, size_t size,
                     struct xm_result *why);
/*
 * Request b->i, through the guest's tables; from memory of the embedder's,
 * which no request changes, those behind it, too. They go to BUFFER.
 */
bool xm__batch_fetch_from_guest(struct xm_cpu *c, struct batch *b, void *buffer,
                                size_t size, struct xm_result *why);
/*
 * The end of the call: stores the done count. *WHY: why the request at hand
 * was not done; NULL: all are done.
 */
struct xm_result xm__batch_stop(struct xm_cpu *c, const struct batch *b,
                                const struct xm_result *why, size_t size);

/*
 * The checks with which both calls begin. False: *R is the answer (which may
 * be 0), nothing more is to be done.
 */
static inline bool xm__batch_begin(struct xm_cpu *c, struct batch *b,
                                   struct xm_result *r)
{
    c->preempted = false;
    b->domain = xm__domain(c);
    b->vcpu = &b->domain->vcpu[c->vcpu];
    return ((b->requests || xm__guest_address(b->guest_requests)) &&
            !(b->count & XM_PREEMPTED) && !b->vcpu->has_old) ||
           xm__batch_resume(c, b, r);
}

/*
 * Request b->i of SIZE bytes, in the embedder's memory or in BUFFER, which has
 * room for XM_AHEAD, after Xen asked whether to stop. NULL: *WHY says why not.
 */
static inline const void *xm__batch_fetch(struct xm_cpu *c, struct batch *b,
                                          void *buffer, size_t size,
                                          struct xm_result *why)
{
    if ((b->vcpu->has_old || c->preempt_after >= 0) &&
        !xm__batch_check(c, b, size, why))
        return NULL;
    if (b->requests)
        return (const uint8_t *)b->requests + b->i * size;
    if (b->i - b->ahead < b->nr_ahead)
        return (const uint8_t *)buffer + (b->i - b->ahead) * size;
    return xm__batch_fetch_from_guest(c, b, buffer, size, why) ? buffer : NULL;
}

/* The same, all requests done. */
static inline struct xm_result xm__batch_end(struct xm_cpu *c,
                                             const struct batch *b, size_t size)
{
    if (b->vcpu->has_old || b->guest_done)
        return xm__batch_stop(c, b, NULL, size);
    if (b->done)
        *b->done = b->before + b->i;
    return xm__ok();
}

#endif
