/* SPDX-License-Identifier: MIT
 *
 * What the invariants share: a count of everything that refers to a frame,
 * made from scratch, and the first violation.
 *
 * An entry is active if its table has a page-table type in use and is
 * validated, or, in a partial table, if it lies below nr_validated; the one at
 * nr_validated has a general reference with partial_set.
 */
#ifndef XM_INVARIANTS_H
#define XM_INVARIANTS_H

#include <xen-model/invariants.h>

#include "../internal.h"

struct recount {
    uint32_t general;  /* general references that can be accounted for */
    uint32_t type;     /* type references as a table or descriptor page */
    uint32_t writable; /* type references as a writable frame */
    int32_t linear : 28;
    /* A guest's stores get here, as to a table of level N: bit N - 1. */
    uint32_t reached : 4;
};

_Static_assert(sizeof(struct recount) == 16, "what the caller gives a frame");

struct check {
    const struct xm_cpu *c;
    struct recount *r; /* one a frame */
    xm_mfn nr_frames;
    uint32_t owned[XM_MAX_DOMAINS]; /* frames of each domain, as INV-13 */
    struct xm_violation v;          /* the first */
};

/* About entry SLOT of frame MFN, or XM_NO_SLOT. */
XM_COLD void xm__violated(struct check *k, const char *invariant,
                          const char *sentence, xm_mfn mfn, uint32_t slot,
                          uint64_t expected, uint64_t actual);

/* NULL: the machine has no such frame. */
static inline const struct xm_frame *xm__checked_frame(const struct check *k,
                                                       xm_mfn mfn)
{
    return mfn < k->nr_frames ? &xm__frames(k->c->machine)[mfn] : NULL;
}

/* In use as a table or a descriptor page: nothing a guest may write. */
static inline bool xm__is_protected(const struct xm_frame *f)
{
    return xm__count(f) != 0 &&
           (xm_pgt_level(f->type_info) != 0 ||
            (f->type_info & XM_PGT_TYPE_MASK) == XM_PGT_SEG_DESC);
}

/* One of T[0..7] is present: most of a table is empty. */
static inline bool xm__any_present(const uint64_t *t)
{
    return (t[0] | t[1] | t[2] | t[3] | t[4] | t[5] | t[6] | t[7]) & XM_PTE_P;
}

/* vcpu.c: uses by vCPUs are counted; INV-16, INV-17. */
void xm__check_vcpus(struct check *k);
/* path.c: INV-06, of what can be written through the bases. */
void xm__check_paths(struct check *k);
/* table.c: uses by the entries of MFN are counted; INV-07, INV-09..12, 15. */
void xm__check_table(struct check *k, xm_mfn mfn);
/* device.c: uses by mappings for devices are counted. */
void xm__count_device_maps(struct check *k);
/* frame.c: what was counted is what frames say; INV-01..06, 08, 14, 20. */
void xm__check_frames(struct check *k);
/* domain.c: of the domains; INV-13. */
void xm__check_domains(struct check *k);

#endif
