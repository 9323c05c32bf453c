/* SPDX-License-Identifier: MIT
 *
 * L1 entries and whole L1 tables. Mirrors get_page_from_l1e(),
 * put_page_from_l1e(), mod_l1_entry(), promote_l1_table() and
 * demote_l1_table(). Rules L1-*, VAL-10..14, VAL-61.
 *
 * GAP: frames of HVM domains, memory sharing, the mmio-relax boot option, and
 * the L1TF check of not-present entries (off for dom0 and on CPUs that are
 * not vulnerable).
 */
#include "internal.h"

#define CACHE_BITS (XM_PTE_PWT | XM_PTE_PCD | XM_PTE_PAT)

/* Bits whose change needs new references: frame, P, RW, cache attributes. */
#define FAST_PATH_MASK (XM_PTE_MFN_MASK | XM_PTE_P | XM_PTE_RW | CACHE_BITS)

bool xm__domain_has_hardware(const struct xm_domain *d)
{
    return d->privileged;
}

static bool in_ranges(const struct xm_mfn_range ranges[XM_MAX_RANGES],
                      xm_mfn mfn)
{
    for (unsigned int i = 0; i < XM_MAX_RANGES; i++)
        if (ranges[i].last != 0 && mfn >= ranges[i].first &&
            mfn <= ranges[i].last)
            return true;
    return false;
}

/* A null D is dom_io or dom_xen, which have rights to nothing themselves. */
static bool iomem_access(const struct xm_machine *m, const struct xm_domain *d,
                         xm_mfn mfn)
{
    return d && xm__domain_has_hardware(d) && mfn < m->config.iomem_limit &&
           !in_ranges(m->config.iomem_denied, mfn);
}

static struct xm_result deny_mmio(xm_mfn mfn, xm_domid domid)
{
    return xm__deny(mfn == XM_MFN_ALL_ONES ? XM_R_L1E_MFN_ALL_ONES
                                           : XM_R_L1E_NO_IOMEM,
                    mfn, domid);
}

/* Memory-mapped I/O: rights, no references, never cacheable. L1-02..09. */
static struct xm_result get_mmio(struct xm_cpu *c, struct l1e e,
                                 const struct xm_domain *table_owner,
                                 xm_domid pg_owner, uint64_t *flip)
{
    const xm_mfn mfn = xm_pte_mfn(e.v);
    const xm_domid who = pg_owner == DOMID_IO ? c->domid : pg_owner;

    if (!iomem_access(c->machine, xm_domain_find(c->machine, who), mfn))
        return deny_mmio(mfn, who);
    if (who != table_owner->domid &&
        !iomem_access(c->machine, table_owner, mfn))
        return deny_mmio(mfn, table_owner->domid);

    if ((e.v & XM_PTE_RW) &&
        in_ranges(c->machine->config.iomem_read_only, mfn)) {
        *flip |= XM_PTE_RW;
        xm__note(c, XM_R_L1E_MMIO_READ_ONLY);
    }
    switch (e.v & CACHE_BITS) {
    case 0: /* write-back */
        *flip |= XM_PTE_PWT | XM_PTE_PCD;
        break;
    case XM_PTE_PWT: /* write-through */
        *flip |= XM_PTE_PCD;
        break;
    case XM_PTE_PWT | XM_PTE_PAT: /* write-protected */
        *flip |= XM_PTE_PCD | XM_PTE_PAT;
        break;
    default: /* uncacheable or write-combining already */
        return xm__ok();
    }
    xm__note(c, XM_R_L1E_MMIO_UNCACHED);
    return xm__ok();
}

struct xm_result xm__get_page_from_l1e(struct xm_cpu *c, struct l1e e,
                                       const struct xm_domain *table_owner,
                                       xm_domid pg_owner, uint64_t *flip)
{
    const xm_mfn mfn = xm_pte_mfn(e.v);
    struct xm_frame *f = xm__frame(c, mfn);
    const struct xm_domain *pg;

    *flip = 0;
    if ((e.v & CACHE_BITS) && !xm__domain_has_hardware(table_owner))
        return xm__deny(XM_R_L1E_FLAGS, e.v & CACHE_BITS, e.v);
    if (!f || f->owner == DOMID_IO)
        return get_mmio(c, e, table_owner, pg_owner, flip);

    if (!xm__page_get_owner_and_reference(f))
        return xm__deny(XM_R_L1E_OWNERLESS, mfn, f->count_info);
    if (f->owner != pg_owner) {
        pg = xm_domain_find(c->machine, pg_owner);
        if (pg_owner == table_owner->domid || !pg || !pg->privileged) {
            xm__put_page(c, mfn);
            return xm__deny(XM_R_L1E_FOREIGN, mfn, f->owner);
        }
    }

    if ((e.v & XM_PTE_RW) &&
        xm__get_page_type(c, mfn, XM_PGT_WRITABLE, false).rc != 0) {
        if (!(c->machine->config.faults & XM_FAULT_WRITABLE_TYPED)) {
            xm__put_page(c, mfn);
            return xm__deny(XM_R_L1E_WRITABLE_TYPED, mfn, f->type_info);
        }
        f->type_info++;
    }

    if ((e.v & CACHE_BITS) &&
        (f->count_info & (XM_PGC_XEN_HEAP | XM_PGC_EXTRA))) {
        if (e.v & XM_PTE_RW)
            (void)xm__put_page_type(c, mfn, 0, XM_NO_MFN);
        xm__put_page(c, mfn);
        return xm__deny(XM_R_L1E_SPECIAL_CACHE, mfn, e.v & CACHE_BITS);
    }
    if (!c->machine->config.self_snoop && (e.v & XM_PTE_RW) &&
        (e.v & CACHE_BITS) == XM_PTE_PAT)
        f->type_info |= XM_PGT_NON_COHERENT;
    return xm__ok();
}

void xm__put_page_from_l1e(struct xm_cpu *c, struct l1e e)
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

struct xm_result xm__mod_l1_entry(struct xm_cpu *c, xm_mfn table,
                                  unsigned int slot, struct l1e e,
                                  bool preserve_ad,
                                  const struct xm_domain *table_owner,
                                  xm_domid pg_owner)
{
    uint64_t *const p = &xm_ram_frame(c, table)[slot];
    const struct l1e old = { *p };
    struct xm_result r;
    uint64_t flip = 0;

    if (e.v & XM_PTE_P) {
        if ((e.v & CACHE_BITS) && !xm__domain_has_hardware(table_owner)) {
            r = xm__deny(XM_R_L1E_FLAGS, e.v & CACHE_BITS, e.v);
            r.index = slot;
            return r;
        }
        e.v = xm__adjust_guest_l1e(c, e.v);
        if (((old.v ^ e.v) & FAST_PATH_MASK) == 0) {
            xm__note(c, XM_R_L1E_FAST);
            xm__update_intpte(p, e.v, preserve_ad);
            return xm__ok();
        }
        r = xm__get_page_from_l1e(c, e, table_owner, pg_owner, &flip);
        if (r.rc != 0) {
            r.index = slot;
            return r;
        }
    }
    xm__update_intpte(p, e.v ^ flip, preserve_ad);
    xm__put_page_from_l1e(c, old);
    return xm__ok();
}

struct xm_result xm__promote_l1_table(struct xm_cpu *c, xm_mfn table)
{
    uint64_t *const t = xm_ram_frame(c, table);
    const xm_domid owner = xm__frame(c, table)->owner;
    const struct xm_domain *d = xm_domain_find(c->machine, owner);

    for (unsigned int i = 0; i < XM_ENTRIES; i++) {
        struct xm_result r;
        uint64_t flip;

        if (!(t[i] & XM_PTE_P))
            continue;
        r = xm__get_page_from_l1e(c, (struct l1e){ t[i] }, d, owner, &flip);
        if (r.rc != 0) {
            r.index = i;
            while (i-- > 0)
                xm__put_page_from_l1e(c, (struct l1e){ t[i] });
            return r;
        }
        t[i] = xm__adjust_guest_l1e(c, t[i] ^ flip);
    }
    return xm__ok();
}

void xm__demote_l1_table(struct xm_cpu *c, xm_mfn table)
{
    const uint64_t *const t = xm_ram_frame(c, table);

    for (unsigned int i = 0; i < XM_ENTRIES; i++)
        xm__put_page_from_l1e(c, (struct l1e){ t[i] });
}
