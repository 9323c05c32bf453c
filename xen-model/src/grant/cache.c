/* SPDX-License-Identifier: MIT
 *
 * Flushing the caches of a part of a page that is one's own or mapped by a
 * grant; nothing changes but that a search may go on later. Mirrors
 * _cache_flush(), grant_map_exists(). Rules GNT-97..99.
 */
#include "grant.h"

#define SEARCH_STEP 4096u /* entries looked at between two questions */

/*
 * D uses MFN by an entry of OWNER, from *REF on. 1: not found yet, go on from
 * the new *REF.
 */
static int grant_map_exists(struct xm_cpu *c, const struct xm_domain *d,
                            const struct xm_domain *owner, xm_mfn mfn,
                            uint32_t *ref)
{
    const uint32_t n = xm__nr_grant_entries(owner);
    const uint32_t end = *ref + SEARCH_STEP < n ? *ref + SEARCH_STEP : n;

    for (; *ref < end; ++*ref) {
        const struct xm_grant_active *act = xm__active_entry(c, owner, *ref);

        if (act->pin != 0 && act->domid == d->domid && act->mfn == mfn)
            return 0;
    }
    return *ref < n ? 1 : -XEN_EINVAL;
}

static struct xm_result check_arguments(const struct gnttab_cache_flush *op,
                                        uint32_t ref, bool *done)
{
    *done = false;
    if (op->offset >= XM_PAGE_SIZE ||
        (uint32_t)op->offset + op->length > XM_PAGE_SIZE ||
        (op->op & ~(GNTTAB_CACHE_INVAL | GNTTAB_CACHE_CLEAN)))
        return xm__deny(XM_R_GNT_CACHE_ARGUMENTS, op->op, op->length);
    if (op->length != 0 && op->op != 0)
        return xm__ok();
    *done = true;
    return ref == 0 ? xm__ok() : xm__deny(XM_R_GNT_CACHE_PLACE, ref, 0);
}

struct xm_result xm__grant_cache_flush(struct xm_cpu *c,
                                       const struct gnttab_cache_flush *op,
                                       uint32_t *ref, bool *again)
{
    const xm_mfn mfn = op->a.dev_bus_addr >> XM_PAGE_SHIFT;
    struct xm_frame *f = xm__frame(c, mfn);
    const struct xm_domain *d = xm__domain(c), *owner;
    struct xm_result r;
    bool done;
    int found = 0;

    *again = false;
    r = check_arguments(op, *ref, &done);
    if (r.rc != 0 || done)
        return r;
    if (!f)
        return xm__deny(XM_R_GNT_CACHE_FRAME, mfn, 0);
    owner = (f->count_info & XM_PGC_COUNT_MASK) != 0
                ? xm__grant_domain(c, f->owner)
                : NULL;
    if (!owner)
        return xm__deny(XM_R_GNT_CACHE_OWNER, mfn, f->owner);
    if (owner != d)
        found = grant_map_exists(c, d, owner, mfn, ref);
    *again = found > 0;
    if (found < 0)
        return xm__deny(XM_R_GNT_CACHE_NOT_MAPPED, mfn, owner->domid);
    /* Of a page that is mapped by a grant, this answer gets lost. */
    if (owner == d && op->op == GNTTAB_CACHE_INVAL)
        return xm__deny(XM_R_GNT_CACHE_INVALIDATE, mfn, op->op);
    return xm__ok();
}
