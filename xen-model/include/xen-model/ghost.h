/* SPDX-License-Identifier: MIT
 *
 * Translations that a processor may still have cached although the tables do
 * not say so any more: hidden on hardware, and the reason why guests that
 * forget a flush work nearly always. The embedder says which translations a
 * vCPU has used and that their entries have changed; here they are remembered
 * until something flushes them. Rules TLB-*.
 *
 * No more than XM_GHOSTS are: the oldest go first.
 */
#ifndef XEN_MODEL_GHOST_H
#define XEN_MODEL_GHOST_H

#include <xen-model/machine.h>

#define XM_GHOSTS 1024u

struct xm_ghost {
    xm_vaddr va;            /* of the page */
    uint64_t before, after; /* its L1 entry as it was used; as it is */
    uint64_t cause;         /* the embedder's word for what has changed it */
    uint32_t vcpus;         /* that may have it: a bit each */
    bool owned;             /* the frame was the domain's own */
};

struct xm_ghosts {
    uint32_t nr;   /* places in use, some of them empty: vcpus is 0 */
    uint32_t next; /* the oldest, when all are in use */
    uint64_t lost; /* that had to go */
    struct xm_ghost ghost[XM_GHOSTS];
};

/*
 * VCPUS have used the page VA by the L1 entry BEFORE, which is AFTER now (0:
 * the tables above it changed). False: all that they could do they still may,
 * and nothing is remembered.
 */
bool xm_ghosts_changed(struct xm_ghosts *g, const struct xm_cpu *c, xm_vaddr va,
                       uint64_t before, uint64_t after, uint32_t vcpus,
                       uint64_t cause);

/*
 * A hypercall of the domain is over, its registers were NUMBER and ARG: what it
 * has flushed is forgotten. Clears cpu.flushed.
 */
void xm_ghosts_flushed(struct xm_ghosts *g, struct xm_cpu *c, uint64_t number,
                       const uint64_t arg[6]);
/* The guest kernel has executed INVLPG, or has loaded CR3, on its vCPU. */
void xm_ghosts_flush_page(struct xm_ghosts *g, xm_vaddr va, uint32_t vcpus);
void xm_ghosts_flush_all(struct xm_ghosts *g, uint32_t vcpus);

/* What VCPU may still see at VA; NULL: what the tables say. */
struct xm_ghost *xm_ghosts_find(struct xm_ghosts *g, xm_vaddr va,
                                uint32_t vcpu);

/*
 * The domain has given a frame back to Xen, or away, that may still be cached:
 * one such ghost is moved to *OUT. False: there are no more.
 */
bool xm_ghosts_given_back(struct xm_ghosts *g, const struct xm_cpu *c,
                          struct xm_ghost *out);

#endif
