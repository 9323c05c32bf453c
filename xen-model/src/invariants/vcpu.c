/* SPDX-License-Identifier: MIT
 *
 * What vCPUs hold: bases, descriptor tables, the vcpu_info, and a put that is
 * still to come. Rules INV-16, INV-17.
 */
#include "invariants.h"

/* A use of MFN as table or descriptor page. */
static void count_use(struct check *k, xm_mfn mfn)
{
    if (!xm__checked_frame(k, mfn))
        return;
    k->r[mfn].general++;
    k->r[mfn].type++;
}

static void check_base(struct check *k, const struct xm_domain *d, xm_mfn mfn)
{
    const struct xm_frame *f = xm__checked_frame(k, mfn);
    const uint64_t mask =
        XM_PGT_TYPE_MASK | XM_PGT_VALIDATED | XM_PGT_PARTIAL | XM_PGT_LOCKED;

    if (!f || f->owner != d->domid)
        xm__violated(k, "INV-16", "a base is a frame of its domain", mfn,
                     XM_NO_SLOT, d->domid, f ? f->owner : XM_DOMID_NONE);
    else if ((f->type_info & mask) != (XM_PGT_L4 | XM_PGT_VALIDATED) ||
             xm__count(f) == 0)
        xm__violated(k, "INV-16", "a base is a live L4", mfn, XM_NO_SLOT,
                     XM_PGT_L4 | XM_PGT_VALIDATED | 1, f->type_info);
    count_use(k, mfn);
}

static void check_bases(struct check *k, const struct xm_domain *d,
                        const struct xm_vcpu *v)
{
    if (v->has_base)
        check_base(k, d, v->guest_table);
    else if (v->initialised && !d->dying && !v->has_old) {
        xm__violated(k, "INV-16", "a vCPU has a base", XM_NO_FRAME, XM_NO_SLOT,
                     1, 0);
        k->v.domid = d->domid;
    }
    if (v->has_user_base)
        check_base(k, d, v->guest_table_user);
}

/*
 * A put that was left to the vCPU has its references still, and the linear
 * counts of the entry that is gone, until it was begun. Between a call that is
 * preempted and what goes on with it another vCPU may run: so only that of the
 * last caller tells. After a move to CR3 that was refused it may be there.
 */
static void check_deferred(struct check *k, const struct xm_domain *d,
                           const struct xm_vcpu *v)
{
    const xm_mfn mfn = v->old_guest_table, ptpg = v->old_guest_ptpg;
    const struct xm_frame *f = xm__checked_frame(k, mfn);
    const struct xm_frame *from = xm__checked_frame(k, ptpg);

    if (!v->has_old)
        return;
    if (!k->c->preempted && !v->old_waits && d->domid == k->c->domid &&
        v == &d->vcpu[k->c->vcpu])
        xm__violated(k, "INV-17", "a call leaves no put to the next one", mfn,
                     XM_NO_SLOT, 0, 1);
    if (!f)
        return;
    k->r[mfn].general++;
    if (v->old_partial)
        return;
    k->r[mfn].type++;
    if (v->has_old_ptpg && from &&
        xm_pgt_level(f->type_info) == xm_pgt_level(from->type_info)) {
        k->r[mfn].linear--;
        k->r[ptpg].linear++;
    }
}

/* What Xen itself writes to, for as long as the domain is there. */
static void count_kept(struct check *k, xm_mfn mfn)
{
    if (!xm__checked_frame(k, mfn))
        return;
    k->r[mfn].general++;
    k->r[mfn].writable++;
}

static void check_vcpu(struct check *k, const struct xm_domain *d,
                       const struct xm_vcpu *v)
{
    check_bases(k, d, v);
    check_deferred(k, d, v);
    if (v->has_info)
        count_kept(k, v->info_frame);
    for (uint32_t i = 0; i < v->nr_gdt && i < XM_MAX_GDT_FRAMES; i++)
        count_use(k, v->gdt[i]);
    for (uint32_t i = 0; v->ldt.mapped && i < XM_MAX_LDT_PAGES; i++)
        if (v->ldt.mapped & 1u << i)
            count_use(k, v->ldt.frame[i]);
}

void xm__check_vcpus(struct check *k)
{
    for (uint32_t i = 0; i < XM_MAX_DOMAINS; i++) {
        const struct xm_domain *d = xm_domain_at(k->c->machine, i);

        if (d && d->has_pirq_eoi)
            count_kept(k, d->pirq_eoi);
        for (uint32_t n = 0; d && n < XM_MAX_VCPUS; n++)
            check_vcpu(k, d, &d->vcpu[n]);
    }
}
