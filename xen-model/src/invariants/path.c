/* SPDX-License-Identifier: MIT
 *
 * INV-06, as the processor sees it: from every base of every vCPU through all
 * entries that are present, writable and the user's, whatever the tables are
 * typed as. A table seen through a linear entry is seen one level too high:
 * each frame is followed once for each level, four times at most. Superpages
 * are all their frames.
 *
 * The entries of live L1 tables are counted anyway (table.c), and frame.c has
 * the same rule for them: so this costs what the upper tables cost.
 */
#include "invariants.h"

#define STORES (XM_PTE_P | XM_PTE_RW | XM_PTE_US)

static void check_pages(struct check *k, xm_mfn first, xm_mfn n, uint64_t e)
{
    for (xm_mfn mfn = first; mfn < first + n && mfn < k->nr_frames; mfn++)
        if (xm__is_protected(xm__checked_frame(k, mfn)))
            xm__violated(k, "INV-06",
                         "no path a guest may write through ends at a table "
                         "or descriptor page in use",
                         mfn, XM_NO_SLOT, 0, e);
}

static void follow(struct check *k, unsigned int level, xm_mfn table);

static void follow_entry(struct check *k, unsigned int level, uint64_t e)
{
    const xm_mfn mfn = xm_pte_mfn(e);

    if (level == 1)
        check_pages(k, mfn, 1, e);
    else if (level < 4 && (e & XM_PTE_PSE))
        check_pages(k, mfn, level == 2 ? 512 : 512 * 512, e);
    else
        follow(k, level - 1, mfn);
}

static void follow(struct check *k, unsigned int level, xm_mfn table)
{
    const struct xm_frame *const f = xm__checked_frame(k, table);
    const uint64_t *t;

    if (!f || (k->r[table].reached & 1u << (level - 1)))
        return;
    k->r[table].reached |= 1u << (level - 1);
    if (level == 1 && xm__is_live_l1(f))
        return;
    t = xm__ram(k->c, table);
    for (unsigned int i = 0; i < XM_ENTRIES; i += 8) {
        if (!xm__any_present(&t[i]))
            continue;
        for (unsigned int n = i; n < i + 8; n++)
            if ((t[n] & STORES) == STORES)
                follow_entry(k, level, t[n]);
    }
}

void xm__check_paths(struct check *k)
{
    for (uint32_t i = 0; i < XM_MAX_DOMAINS; i++) {
        const struct xm_domain *d = xm_domain_at(k->c->machine, i);

        for (uint32_t n = 0; d && n < XM_MAX_VCPUS; n++) {
            if (d->vcpu[n].has_base)
                follow(k, 4, d->vcpu[n].guest_table);
            if (d->vcpu[n].has_user_base)
                follow(k, 4, d->vcpu[n].guest_table_user);
        }
    }
}
