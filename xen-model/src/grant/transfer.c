/* SPDX-License-Identifier: MIT
 *
 * Giving a page away for good. Mirrors gnttab_transfer(), steal_page(),
 * gnttab_prepare_for_transfer(). Rules GNT-60, GNT-87..90.
 *
 * GAP: a receiver that cannot use frames that high (GNTST_address_too_big
 * needs 16 TiB).
 */
#include "grant.h"

/* Takes MFN from D: it is free, unless somebody gets it at once. */
static bool steal_page(struct xm_cpu *c, struct xm_domain *d, xm_mfn mfn)
{
    if (!xm__is_stealable(c, d, mfn))
        return false;
    xm_frame_set_kind(c->machine, mfn, XM_FRAME_FREE);
    d->tot_pages--;
    return true;
}

/* The receiver waits for a page of this domain, and not yet for another. */
static bool prepare_for_transfer(struct xm_cpu *c, const struct xm_domain *e,
                                 uint32_t ref, union grant_entry_v2 *entry)
{
    if (ref >= xm__nr_grant_entries(e)) {
        xm__note(c, XM_R_GNT_REF);
        return false;
    }
    xm__get_shared_entry(c, e, ref, entry);
    if (entry->hdr.flags != GTF_accept_transfer ||
        entry->hdr.domid != c->domid) {
        xm__note(c, XM_R_GNT_TRANSFER_ENTRY);
        return false;
    }
    return true;
}

/* The page goes to the domain and the entry of OP, or it stays free. */
static int16_t give_page(struct xm_cpu *c, const struct gnttab_transfer *op)
{
    const struct xm_domain *e = xm__grant_domain(c, op->domid);
    const xm_mfn mfn = op->mfn;
    union grant_entry_v2 entry;

    if (!e)
        return xm__grant_refuse(c, XM_R_GNT_TRANSFER_DOMAIN, GNTST_bad_domain);
    if (e->dying || e->tot_pages >= e->max_pages)
        return xm__grant_refuse(c, XM_R_GNT_TRANSFER_ROOM, GNTST_general_error);
    if (!prepare_for_transfer(c, e, op->ref, &entry))
        return GNTST_general_error;
    xm_frame_assign(c->machine, mfn, e->domid);
    *xm_machine_m2p(c->machine, mfn) = entry.full_page.frame;
    entry.full_page.frame = mfn;
    entry.hdr.flags |= GTF_transfer_committed | GTF_transfer_completed;
    xm__set_shared_entry(c, e, op->ref, &entry);
    return GNTST_okay;
}

int16_t xm__grant_transfer(struct xm_cpu *c, const struct gnttab_transfer *op)
{
    int16_t status;

    if (!steal_page(c, xm__domain(c), op->mfn))
        return xm__grant_refuse(c, XM_R_GNT_TRANSFER_FRAME, GNTST_bad_page);
    c->flushed |= XM_FLUSH_DOMAIN;
    status = give_page(c, op);
    if (status != GNTST_okay)
        xm__scrub(c, op->mfn); /* freed without an owner */
    return status;
}
