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
/* Bits that not every domain, or not every build of Xen, allows. */
#define XM_GRANT_MARK (1ull << 62)
#define XM_RARE_BITS (XM_CACHE_BITS | XM_GRANT_MARK)

/* Bits whose change needs new references: frame, P, RW, cache attributes. */
#define XM_L1_SLOW_MASK (XM_PTE_MFN_MASK | XM_PTE_P | XM_PTE_RW | XM_CACHE_BITS)

bool xm__has_iomem(const struct xm_domain *d);

static inline bool xm__domain_has_hardware(const struct xm_domain *d)
{
    return d->privileged || xm__has_iomem(d);
}

/* Which of the rare bits a table of TABLE_OWNER must not have. MSK-03..06. */
static inline uint64_t xm__l1_disallowed(const struct xm_cpu *c,
                                         const struct xm_domain *table_owner)
{
    const bool cache = xm__domain_has_hardware(table_owner) ||
                       xm__broken(c, XM_FAULT_L1_CACHE);

    return (cache ? 0 : XM_CACHE_BITS) |
           (c->machine->config.debug ? XM_GRANT_MARK : 0);
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

/*
 * References for one present L1 entry of a table of TABLE_OWNER; PG_OWNER is
 * whose frames it may name. *FLIP: bits to toggle before it is stored. False:
 * *WHY says why not.
 */
bool xm__get_page_from_l1e(struct xm_cpu *c, struct l1e e,
                           const struct xm_domain *table_owner,
                           xm_domid pg_owner, uint64_t *flip,
                           struct xm_result *why);

/*
 * What xm__get_page_from_l1e() comes to for nearly all entries: E names the
 * frame F, a page of PG_OWNER's RAM, with ordinary caching, and which is of
 * type writable already if E maps it so (L1-18, TYP-07). PG_OWNER is a guest.
 * False: it is not so, and nothing was done.
 */
static inline bool xm__get_own_page(struct xm_cpu *c, struct xm_frame *f,
                                    struct l1e e, xm_domid pg_owner)
{
    if (f->owner != pg_owner || (e.v & XM_RARE_BITS) || !xm__get_ram_page(f))
        return false;
    if (!(e.v & XM_PTE_RW) || xm__get_type_again(c, f, XM_PGT_WRITABLE))
        return true;
    f->count_info--;
    return false;
}

static inline void xm__put_page_from_l1e(struct xm_cpu *c, struct l1e e)
{
    const xm_mfn mfn = xm_pte_mfn(e.v);

    if (!(e.v & XM_PTE_P) || mfn >= c->machine->config.nr_frames ||
        xm__mfn_to_page(c, mfn)->owner == DOMID_IO)
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

/*
 * The end of xm__mod_l1_entry() for entries of any kind: references for E,
 * which is present, then *P becomes E.
 */
bool xm__replace_l1_entry(struct xm_cpu *c, uint64_t *p, struct l1e e,
                          bool preserve_ad, const struct xm_domain *table_owner,
                          xm_domid pg_owner, struct xm_result *why);

/* Entry *P of a live L1 becomes E. False: *WHY says why not. */
static inline bool xm__mod_l1_entry(struct xm_cpu *c, uint64_t *p, struct l1e e,
                                    bool preserve_ad,
                                    const struct xm_domain *table_owner,
                                    xm_domid pg_owner, struct xm_result *why)
{
    const struct l1e old = { *p };

    if (e.v & XM_PTE_P) {
        const xm_mfn mfn = xm_pte_mfn(e.v);

        if ((e.v & XM_RARE_BITS) && (e.v & xm__l1_disallowed(c, table_owner)))
            return xm__refuse(why, XM_R_L1E_FLAGS,
                              e.v & xm__l1_disallowed(c, table_owner), e.v);
        e.v = xm__adjust_guest_l1e(c, e.v);
        if (((old.v ^ e.v) & XM_L1_SLOW_MASK) == 0) {
            xm__note(c, XM_R_L1E_FAST);
            xm__update_intpte(p, e.v, preserve_ad);
            return true;
        }
        if (mfn >= c->machine->config.nr_frames || pg_owner == DOMID_IO ||
            !xm__get_own_page(c, xm__mfn_to_page(c, mfn), e, pg_owner))
            return xm__replace_l1_entry(c, p, e, preserve_ad, table_owner,
                                        pg_owner, why);
    } else if (table_owner->check_l1tf &&
               xm__l1tf_check(c, table_owner, 1, e.v, why)) {
        return false;
    }
    xm__update_intpte(p, e.v, preserve_ad);
    xm__put_page_from_l1e(c, old);
    return true;
}

#endif
