/* SPDX-License-Identifier: MIT
 *
 * An entry used for a copy: pinned while the copy lasts, possibly a part of a
 * page only, possibly by way of a third domain. Mirrors
 * acquire_grant_for_copy(), release_grant_for_copy(). Rules GNT-62, GNT-92..96.
 */
#include "grant.h"

static uint32_t pin_of(bool readonly)
{
    return readonly ? XM_PIN_HOST_READ : XM_PIN_HOST_WRITE;
}

/* What the entry says is to be copied. */
static struct xm_grant_active wanted(const struct xm_domain *rd, uint32_t ref,
                                     xm_domid ldom,
                                     const union grant_entry_v2 *e)
{
    const bool part = rd->grant.version == 2 && (e->hdr.flags & GTF_sub_page);

    return (struct xm_grant_active){
        .domid = ldom,
        .start = part ? e->sub_page.page_off & 0x7fff : 0,
        .is_sub_page = part,
        .length = part ? e->sub_page.length : XM_PAGE_SIZE,
        .trans_domid = rd->domid,
        .trans_gref = ref,
        .mfn = e->full_page.frame, /* in the same place if it is a part */
    };
}

/* The entry has been changed while it is in use. */
static bool differs(const struct xm_grant_active *act,
                    const struct xm_grant_active *now)
{
    return act->mfn != now->mfn || act->trans_domid != now->trans_domid ||
           act->trans_gref != now->trans_gref ||
           (act->is_sub_page &&
            (!now->is_sub_page || act->start != now->start ||
             act->length != now->length));
}

/* It is the first use, or the first to write. */
static bool needs_permission(const struct xm_grant_active *act, bool readonly)
{
    return act->pin == 0 || !(readonly || xm__pinned_writable(act));
}

static int16_t acquire_page(struct xm_cpu *c, const struct grant_use *use,
                            const union grant_entry_v2 *e,
                            struct xm_grant_active *act)
{
    const struct xm_grant_active now =
        wanted(use->rd, use->ref, use->ldomid, e);
    int16_t rc = xm__set_grant_use(c, use, act);

    if (rc != GNTST_okay)
        return rc;
    if (!xm__get_page_from_mfn(c, now.mfn, use->rd->domid)) {
        rc = xm__grant_refuse(c, XM_R_GNT_NOT_OWN, GNTST_bad_page);
    } else if (act->pin == 0) {
        use->rd->grant.nr_v2_ops += now.is_sub_page;
        *act = now;
    } else if (differs(act, &now)) {
        xm__put_page(c, now.mfn);
        rc = xm__grant_refuse(c, XM_R_GNT_CHANGED, GNTST_general_error);
    }
    if (rc != GNTST_okay)
        xm__reduce_status_for_pin(c, use->rd, use->ref, use->readonly);
    return rc;
}

/* It is in use already: one more reference to what it was then. */
static int16_t acquire_again(struct xm_cpu *c, const struct grant_use *use,
                             const struct xm_grant_active *act)
{
    if (xm__get_page_from_mfn(c, act->mfn, use->rd->domid))
        return GNTST_okay;
    xm__reduce_status_for_pin(c, use->rd, use->ref, use->readonly);
    return xm__grant_refuse(c, XM_R_GNT_OWNER, GNTST_bad_domain);
}

/* Why the third domain of a transitive entry cannot be asked. */
static enum xm_rule no_third(struct xm_cpu *c, const struct grant_use *use,
                             xm_domid third, bool allow_transitive)
{
    if (!allow_transitive)
        return XM_R_GNT_TRANSITIVE_TWICE;
    if (third == use->rd->domid)
        return XM_R_GNT_TRANSITIVE_SELF;
    return xm__grant_domain(c, third) ? XM_R_NONE : XM_R_GNT_TRANSITIVE_DOMAIN;
}

static int16_t acquire_transitive(struct xm_cpu *c, const struct grant_use *use,
                                  const union grant_entry_v2 *e,
                                  struct xm_grant_active *act,
                                  bool allow_transitive)
{
    struct xm_domain *const rd = use->rd;
    struct grant_use third = *use;
    struct xm_grant_active got;
    enum xm_rule why;
    int16_t rc;

    if (needs_permission(act, use->readonly)) {
        rc = xm__set_grant_use(c, use, act);
        if (rc != GNTST_okay)
            return rc;
    }
    why = no_third(c, use, e->transitive.trans_domid, allow_transitive);
    if (why != XM_R_NONE) {
        xm__reduce_status_for_pin(c, rd, use->ref, use->readonly);
        return xm__grant_refuse(c, why, GNTST_general_error);
    }
    third.rd = xm__grant_domain(c, e->transitive.trans_domid);
    third.ref = e->transitive.gref;
    third.ldomid = rd->domid;
    rc = xm__acquire_grant_for_copy(c, &third, false, &got);
    if (rc != GNTST_okay) {
        xm__reduce_status_for_pin(c, rd, use->ref, use->readonly);
        return rc;
    }
    got = (struct xm_grant_active){ .domid = use->ldomid,
                                    .start = got.start,
                                    .is_sub_page = true,
                                    .length = got.length,
                                    .trans_domid = third.rd->domid,
                                    .trans_gref = third.ref,
                                    .mfn = got.mfn };
    if (act->pin == 0) {
        rd->grant.nr_v2_ops++;
        *act = got;
    } else if (!act->is_sub_page || differs(act, &got)) {
        xm__release_grant_for_copy(c, third.rd, third.ref, use->readonly);
        xm__reduce_status_for_pin(c, rd, use->ref, use->readonly);
        xm__put_page(c, got.mfn);
        xm__note(c, XM_R_GNT_TRANSITIVE_CHANGED);
        return XM_GRANT_RESTART;
    }
    return GNTST_okay;
}

int16_t xm__acquire_grant_for_copy(struct xm_cpu *c,
                                   const struct grant_use *use,
                                   bool allow_transitive,
                                   struct xm_grant_active *got)
{
    const uint32_t incr = pin_of(use->readonly);
    struct xm_grant_active *act;
    union grant_entry_v2 e;
    int16_t rc;

    if (use->ref >= xm__nr_grant_entries(use->rd))
        return xm__grant_refuse(c, XM_R_GNT_REF, GNTST_bad_gntref);
    act = xm__active_entry(c, use->rd, use->ref);
    if (act->pin != 0 &&
        (act->domid != use->ldomid || (act->pin & (incr << 7))))
        return xm__grant_refuse(c, XM_R_GNT_PINNED, GNTST_general_error);
    xm__get_shared_entry(c, use->rd, use->ref, &e);
    if (use->rd->grant.version == 2 &&
        (e.hdr.flags & GTF_type_mask) == GTF_transitive)
        rc = acquire_transitive(c, use, &e, act, allow_transitive);
    else if (needs_permission(act, use->readonly))
        rc = acquire_page(c, use, &e, act);
    else
        rc = acquire_again(c, use, act);
    if (rc != GNTST_okay)
        return rc;
    act->pin += incr;
    *got = *act;
    return rc;
}

void xm__release_grant_for_copy(struct xm_cpu *c, struct xm_domain *rd,
                                uint32_t ref, bool readonly)
{
    struct xm_grant_active *act = xm__active_entry(c, rd, ref);

    act->pin -= pin_of(readonly);
    xm__reduce_status_for_pin(c, rd, ref, readonly);
    if (act->pin == 0 && act->is_sub_page)
        rd->grant.nr_v2_ops--;
    if (rd->grant.version == 2 && act->trans_domid != rd->domid)
        xm__release_grant_for_copy(c, xm__grant_domain(c, act->trans_domid),
                                   act->trans_gref, readonly);
}
