/* SPDX-License-Identifier: MIT
 *
 * Entries of L2, L3 and L4 tables. Mirrors get_page_from_l2e() to l4e(),
 * put_page_from_l2e() to l4e(), and mod_l2_entry() to mod_l4_entry(), which
 * differ by the level and by little else. Rules L2-*, L3-*, L4-*.
 */
#include "internal.h"

#define DISALLOW (XM_PTE_PWT | XM_PTE_PCD | XM_PTE_PSE | XM_PTE_G)

static const struct {
    enum xm_rule flags, not_own, type, fast;
} rules[] = {
    [2] = { XM_R_L2E_FLAGS, XM_R_L2E_NOT_OWN, XM_R_L2E_TYPE, XM_R_L2E_FAST },
    [3] = { XM_R_L3E_FLAGS, XM_R_L3E_NOT_OWN, XM_R_L3E_TYPE, XM_R_L3E_FAST },
    [4] = { XM_R_L4E_FLAGS, XM_R_L4E_NOT_OWN, XM_R_L4E_TYPE, XM_R_L4E_FAST },
};

/* Bits whose change makes Xen take the references anew. L2-12. */
static uint64_t slow_path_mask(const struct xm_cpu *c)
{
    uint64_t mask =
        XM_PTE_MFN_MASK | XM_PTE_P | XM_PTE_PWT | XM_PTE_PCD | XM_PTE_PSE;

    if (c->machine->config.pv_linear_pt &&
        !xm__broken(c, XM_FAULT_FAST_PATH_RW))
        mask |= XM_PTE_RW;
    return mask;
}

struct xm_result xm__get_page_from_lxe(struct xm_cpu *c, unsigned int level,
                                       struct lxe e, xm_mfn table,
                                       xm_domid owner, unsigned int flags)
{
    const xm_mfn mfn = xm_pte_mfn(e.v);
    const struct xm_frame *f = xm__frame(c, mfn);
    struct xm_result r, linear;

    if ((e.v & DISALLOW) && !xm__broken(c, XM_FAULT_UPPER_FLAGS))
        return xm__deny(rules[level].flags, e.v & DISALLOW, e.v);
    /* An L1 is validated in one go. */
    if (level > 2)
        flags |= XM_PTF_PREEMPTIBLE;
    r = xm__get_page_and_type_from_mfn(c, mfn, level - 1, owner, flags,
                                       rules[level].not_own);
    if (r.rc != -XEN_EINVAL)
        return r;

    linear = xm__get_linear_pagetable(c, level, e, table, owner);
    if (linear.rc == 0)
        return linear;
    if (r.rule != XM_R_TYPE_CONFLICT)
        return r; /* not own, or what the child itself contains */
    /* Meant as a linear entry: say why not. */
    if (xm_pgt_level(f->type_info) == level &&
        linear.rule != XM_R_TYPE_CONFLICT)
        return linear;
    return xm__deny(rules[level].type, mfn, f->type_info);
}

/* A superpage of the dom0 builder's P2M: each small frame has references. */
static void put_data_pages(struct xm_cpu *c, struct lxe e, unsigned int level)
{
    const xm_mfn first = xm_pte_mfn(e.v);
    const xm_mfn n = level == 2 ? 512 : 512 * 512;

    for (xm_mfn mfn = first; mfn < first + n; mfn++)
        xm__put_page_from_l1e(
            c, (struct l1e){ xm_pte(mfn, e.v & (XM_PTE_P | XM_PTE_RW)) });
}

int xm__put_page_from_lxe(struct xm_cpu *c, unsigned int level, struct lxe e,
                          xm_mfn table, unsigned int flags)
{
    const xm_mfn mfn = xm_pte_mfn(e.v);
    int rc;

    if (!(e.v & XM_PTE_P) || mfn == table)
        return 0;
    if (level < 4 && (e.v & XM_PTE_PSE)) {
        put_data_pages(c, e, level);
        return 0;
    }
    if (flags & XM_PTF_DEFER) {
        xm__defer_put(c, mfn, table, false);
        return 0;
    }
    rc = xm__put_page_type(c, mfn, flags, table);
    if (rc == 0)
        xm__put_page(c, mfn);
    return rc;
}

struct xm_result xm__mod_lxe_entry(struct xm_cpu *c, unsigned int level,
                                   xm_mfn table, unsigned int slot,
                                   struct lxe e, bool preserve_ad)
{
    uint64_t *const p = &xm__ram_to_write(c, table)[slot];
    const struct lxe old = { *p };
    struct xm_result r;

    if (level == 4 && xm_l4_slot_is_xen(slot)) {
        r = xm__deny(XM_R_L4E_XEN_SLOT, slot, e.v);
        r.index = slot;
        return r;
    }
    if (e.v & XM_PTE_P) {
        if (e.v & DISALLOW) {
            r = xm__deny(rules[level].flags, e.v & DISALLOW, e.v);
            r.index = slot;
            return r;
        }
        e.v = xm__adjust_guest_lxe(c, level, e.v);
        if (((old.v ^ e.v) & slow_path_mask(c)) == 0) {
            xm__note(c, rules[level].fast);
            xm__update_intpte(p, e.v, preserve_ad);
            return xm__ok();
        }
        r = xm__get_page_from_lxe(c, level, e, table,
                                  xm__frame(c, table)->owner, 0);
        if (r.rc != 0) {
            if (r.rule == rules[level].type || r.rule == rules[level].not_own)
                r.index = slot;
            return r;
        }
    } else {
        const struct xm_domain *d =
            xm_domain_find(c->machine, xm__frame(c, table)->owner);

        if (d->check_l1tf && xm__l1tf_check(c, d, level, e.v, &r))
            return r;
    }
    xm__update_intpte(p, e.v, preserve_ad);
    (void)xm__put_page_from_lxe(c, level, old, table, XM_PTF_DEFER);
    return xm__ok();
}
