/* SPDX-License-Identifier: MIT
 *
 * What mmu_update and mmuext_op share: a list of requests, in the embedder's
 * memory or in the guest's, a done count, and how a preempted call goes on.
 */
#ifndef XM_HYPERCALL_BATCH_H
#define XM_HYPERCALL_BATCH_H

#include "../internal.h"

struct batch {
    const void *requests; /* NULL: they are in guest memory */
    xm_vaddr guest_requests;
    uint32_t size; /* of a request */
    uint32_t count;
    uint32_t *done; /* NULL: it is in guest memory, if anywhere */
    xm_vaddr guest_done;
    uint32_t foreigndom;
    uint32_t before;            /* completed by earlier parts of the call */
    uint32_t i;                 /* completed by this part */
    struct xm_result r;         /* of the request at hand */
    const struct xm_vcpu *vcpu; /* the caller */
};

/* The registers (requests, count, pdone, foreigndom) of a raw call. */
struct batch xm__batch_of_registers(const uint64_t arg[6], uint32_t size);

/*
 * The checks with which both calls begin. False: b->r is the answer (which
 * may be 0 too), nothing more is to be done.
 */
bool xm__batch_begin(struct xm_cpu *c, struct batch *b);

/* Xen's check between two requests says stop; or a fault: b->r says which. */
bool xm__batch_interrupted(struct xm_cpu *c, struct batch *b);
bool xm__batch_fetch_from_guest(struct xm_cpu *c, struct batch *b,
                                void *request);

/*
 * Fetches request b->i of SIZE bytes, after Xen asked whether to stop. False:
 * all are done, or the last one failed, or b->r says why not.
 */
static inline bool xm__batch_next(struct xm_cpu *c, struct batch *b,
                                  void *request, size_t size)
{
    if (b->r.rc != 0 || b->i >= b->count)
        return false;
    if ((b->vcpu->has_old || c->preempt_after >= 0) &&
        xm__batch_interrupted(c, b))
        return false;
    if (!b->requests)
        return xm__batch_fetch_from_guest(c, b, request);
    __builtin_memcpy(request, (const uint8_t *)b->requests + b->i * size, size);
    return true;
}

/*
 * The end of the call with answer b->r: stores the done count if WRITE_DONE.
 * ARG: the registers, which become those of the continuation; may be NULL.
 */
struct xm_result xm__batch_end(struct xm_cpu *c, struct batch *b,
                               bool write_done, uint64_t arg[6]);

#endif
