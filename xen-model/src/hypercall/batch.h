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
    uint32_t before; /* completed by earlier parts of the call */
    uint32_t i;      /* completed by this part */
};

/* The registers (requests, count, pdone, foreigndom) of a raw call. */
struct batch xm__batch_of_registers(const uint64_t arg[6], uint32_t size);

/*
 * The checks with which both calls begin; *R is 0. False: *R is the answer
 * (which may be 0 too), nothing more is to be done.
 */
bool xm__batch_begin(struct xm_cpu *c, struct batch *b, struct xm_result *r);

/* Fetches request b->i, after Xen asked whether to stop. */
struct xm_result xm__batch_fetch(struct xm_cpu *c, const struct batch *b,
                                 void *request);

/*
 * The end of the call with answer R: stores the done count if WRITE_DONE. ARG:
 * the registers, which become those of the continuation; may be NULL.
 */
struct xm_result xm__batch_end(struct xm_cpu *c, const struct batch *b,
                               struct xm_result r, bool write_done,
                               uint64_t arg[6]);

#endif
