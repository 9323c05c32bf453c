/* SPDX-License-Identifier: MIT
 *
 * One L1 entry, inline: what most calls of a guest are about. Mirrors
 * get_page_from_l1e(), put_page_from_l1e(), mod_l1_entry() and
 * adjust_guest_l1e(); what few entries need is in l1.c. Rules L1-*, ADJ-*.
 * Part of internal.h.
 */
#ifndef XM_L1_H
#define XM_L1_H

#define XM_CACHE_BITS (XM_PTE_PWT | XM_PTE_PCD | XM_PTE_PAT)

/* Bits whose change needs new references: frame, P, RW, cache attributes. */
#define XM_L1_SLOW_MASK (XM_PTE_MFN_MASK | XM_PTE_P | XM_PTE_RW | XM_CACHE_BITS)

static inline bool xm__domain_has_hardware(const struct xm_domain *d)
{
    return d->privileged;
}

static inline uint64_t xm__adjust_guest_l1e(struct xm_cpu *c, uint64_t v)
{
    if (!(v & XM_PTE_US)) {
        v |= XM_PTE_US | XM_PTE_GUEST_KERNEL;
        xm__note(c, XM_R_L1E_KERNEL);
    }
    if (!(v & XM_PTE_GUEST_KERNEL) && !(v & XM_PTE_G)) {
        v |= XM_PTE_G;
        xm__note(c, XM_R_L1E_GLOBAL);
    }
    return v;
}

/* Memory-mapped I/O: rights, no references, never cacheable. L1-02..09. */
bool xm__get_mmio(struct xm_cpu *c, struct l1e e,
                  const struct xm_domain *table_owner, xm_domid pg_owner,
                  uint64_t *flip, struct xm_result *why);
/* PG_OWNER passes on its rights over other domains' frames. L1-11, L1-12. */
bool xm__stands_for_others(struct xm_cpu *c,
                           const struct xm_domain *table_owner,
                           xm_domid pg_owner);
/* MFN, held by one reference, is of another type. L1-15. */
bool xm__writable_typed(struct xm_cpu *c, xm_mfn mfn, struct xm_result *why);
/* MFN, held as E says, shall have other cache attributes. L1-16, L1-17. */
bool xm__set_cache_attributes(struct xm_cpu *c, struct l1e e, xm_mfn mfn,
                              struct xm_result *why);

/*
 * References for one present L1 entry of a table of TABLE_OWNER; PG_OWNER is
 * whose frames it may name. *FLIP: bits to toggle before it is stored. False:
 * *WHY says why not.
 */
static inline bool xm__get_page_from_l1e(struct xm_cpu *c, struct l1e e,
                                         const struct xm_domain *table_owner,
                                         xm_domid pg_owner, uint64_t *flip,
                                         struct xm_result *why)
{
    const xm_mfn mfn = xm_pte_mfn(e.v);
    struct xm_frame *f = xm__frame(c, mfn);

    *flip = 0;
    if ((e.v & XM_CACHE_BITS) && !xm__domain_has_hardware(table_owner))
        return xm__refuse(why, XM_R_L1E_FLAGS, e.v & XM_CACHE_BITS, e.v);
    if (!f || f->owner == DOMID_IO)
        return xm__get_mmio(c, e, table_owner, pg_owner, flip, why);
    if (!xm__page_get_owner_and_reference(f))
        return xm__refuse(why, XM_R_L1E_OWNERLESS, mfn, f->count_info);
    if (f->owner != pg_owner &&
        !xm__stands_for_others(c, table_owner, pg_owner)) {
        xm__put_page(c, mfn);
        return xm__refuse(why, XM_R_L1E_FOREIGN, mfn, f->owner);
    }
    if ((e.v & XM_PTE_RW) &&
        xm__get_page_type(c, mfn, XM_PGT_WRITABLE, false).rc != 0 &&
        !xm__writable_typed(c, mfn, why))
        return false;
    return !(e.v & XM_CACHE_BITS) || xm__set_cache_attributes(c, e, mfn, why);
}

static inline void xm__put_page_from_l1e(struct xm_cpu *c, struct l1e e)
{
    const xm_mfn mfn = xm_pte_mfn(e.v);
    const struct xm_frame *f = xm__frame(c, mfn);

    if (!(e.v & XM_PTE_P) || !f || f->owner == DOMID_IO)
        return;
    if (e.v & XM_PTE_RW)
        xm__put_page_and_type(c, mfn);
    else
        xm__put_page(c, mfn);
}

/* The refusal in *WHY is about entry SLOT of its table. */
static inline bool xm__in_slot(struct xm_result *why, unsigned int slot)
{
    why->index = slot;
    return false;
}

/* False: *WHY says why not. */
static inline bool xm__mod_l1_entry(struct xm_cpu *c, xm_mfn table,
                                    unsigned int slot, struct l1e e,
                                    bool preserve_ad,
                                    const struct xm_domain *table_owner,
                                    xm_domid pg_owner, struct xm_result *why)
{
    uint64_t *const p = &xm_ram_frame(c, table)[slot];
    const struct l1e old = { *p };
    uint64_t flip = 0;

    if (e.v & XM_PTE_P) {
        if ((e.v & XM_CACHE_BITS) && !xm__domain_has_hardware(table_owner)) {
            (void)xm__refuse(why, XM_R_L1E_FLAGS, e.v & XM_CACHE_BITS, e.v);
            return xm__in_slot(why, slot);
        }
        e.v = xm__adjust_guest_l1e(c, e.v);
        if (((old.v ^ e.v) & XM_L1_SLOW_MASK) == 0) {
            xm__note(c, XM_R_L1E_FAST);
            xm__update_intpte(p, e.v, preserve_ad);
            return true;
        }
        if (!xm__get_page_from_l1e(c, e, table_owner, pg_owner, &flip, why))
            return xm__in_slot(why, slot);
    }
    xm__update_intpte(p, e.v ^ flip, preserve_ad);
    xm__put_page_from_l1e(c, old);
    return true;
}

#endif
