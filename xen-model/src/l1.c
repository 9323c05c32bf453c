/* SPDX-License-Identifier: MIT
 *
 * The parts of get_page_from_l1e() that few entries need, and whole L1
 * tables: mirrors promote_l1_table() and demote_l1_table(). The ordinary entry
 * is in l1.h. Rules L1-*, VAL-10..14, VAL-61.
 *
 * GAP: frames of HVM domains, memory sharing, the mmio-relax boot option.
 */
#include "internal.h"

static bool refuse_mmio(struct xm_result *why, xm_mfn mfn, xm_domid domid)
{
    return xm__refuse(
        why, mfn == XM_MFN_ALL_ONES ? XM_R_L1E_MFN_ALL_ONES : XM_R_L1E_NO_IOMEM,
        mfn, domid);
}

/* Memory-mapped I/O: rights, no references, never cacheable. L1-02..09. */
static bool get_mmio(struct xm_cpu *c, struct l1e e,
                     const struct xm_domain *table_owner, xm_domid pg_owner,
                     uint64_t *flip, struct xm_result *why)
{
    const xm_mfn mfn = xm_pte_mfn(e.v);
    const xm_domid who = pg_owner == DOMID_IO ? c->domid : pg_owner;

    if (!xm__iomem_access(c->machine, xm_domain_find(c->machine, who), mfn) &&
        !xm__broken(c, XM_FAULT_L1_IOMEM))
        return refuse_mmio(why, mfn, who);
    if (who != table_owner->domid &&
        !xm__iomem_access(c->machine, table_owner, mfn))
        return refuse_mmio(why, mfn, table_owner->domid);

    if ((e.v & XM_PTE_RW) &&
        xm__in_ranges(c->machine->config.iomem_read_only, mfn)) {
        *flip |= XM_PTE_RW;
        xm__note(c, XM_R_L1E_MMIO_READ_ONLY);
    }
    switch (e.v & XM_CACHE_BITS) {
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
        return true;
    }
    xm__note(c, XM_R_L1E_MMIO_UNCACHED);
    return true;
}

/* PG_OWNER passes on its rights over other domains' frames. L1-11, L1-12. */
static bool stands_for_others(struct xm_cpu *c,
                              const struct xm_domain *table_owner,
                              xm_domid pg_owner)
{
    const struct xm_domain *pg = xm_domain_find(c->machine, pg_owner);

    return pg_owner != table_owner->domid && pg && pg->privileged;
}

/* F, held as E says, shall have other cache attributes. L1-16, L1-17. */
static bool set_cache_attributes(struct xm_cpu *c, struct l1e e,
                                 struct xm_frame *f, struct xm_result *why)
{
    const xm_mfn mfn = xm_pte_mfn(e.v);

    if (f->count_info & (XM_PGC_XEN_HEAP | XM_PGC_EXTRA)) {
        if (e.v & XM_PTE_RW)
            (void)xm__put_page_type(c, mfn, 0, XM_NO_MFN);
        xm__put_page(c, mfn);
        return xm__refuse(why, XM_R_L1E_SPECIAL_CACHE, mfn,
                          e.v & XM_CACHE_BITS);
    }
    if (!c->machine->config.self_snoop && (e.v & XM_PTE_RW) &&
        (e.v & XM_CACHE_BITS) == XM_PTE_PAT)
        f->type_info |= XM_PGT_NON_COHERENT;
    return true;
}

bool xm__get_page_from_l1e(struct xm_cpu *c, struct l1e e,
                           const struct xm_domain *table_owner,
                           xm_domid pg_owner, uint64_t *flip,
                           struct xm_result *why)
{
    const xm_mfn mfn = xm_pte_mfn(e.v);
    struct xm_frame *f = xm__frame(c, mfn);

    *flip = 0;
    if ((e.v & XM_RARE_BITS) && (e.v & xm__l1_disallowed(c, table_owner)))
        return xm__refuse(why, XM_R_L1E_FLAGS,
                          e.v & xm__l1_disallowed(c, table_owner), e.v);
    if (!f || f->owner == DOMID_IO)
        return get_mmio(c, e, table_owner, pg_owner, flip, why);
    if (!xm__page_get_owner_and_reference(f))
        return xm__refuse(why, XM_R_L1E_OWNERLESS, mfn, f->count_info);
    if (f->owner != pg_owner && !stands_for_others(c, table_owner, pg_owner) &&
        !xm__broken(c, XM_FAULT_L1_FOREIGN)) {
        xm__put_page(c, mfn);
        return xm__refuse(why, XM_R_L1E_FOREIGN, mfn, f->owner);
    }
    if ((e.v & XM_PTE_RW) &&
        xm__get_page_type(c, mfn, XM_PGT_WRITABLE, false).rc != 0) {
        if (!xm__broken(c, XM_FAULT_WRITABLE_TYPED)) {
            xm__put_page(c, mfn);
            return xm__refuse(why, XM_R_L1E_WRITABLE_TYPED, mfn, f->type_info);
        }
        f->type_info++;
    }
    return !(e.v & XM_CACHE_BITS) || set_cache_attributes(c, e, f, why);
}

bool xm__replace_l1_entry(struct xm_cpu *c, uint64_t *p, struct l1e e,
                          bool preserve_ad, const struct xm_domain *table_owner,
                          xm_domid pg_owner, struct xm_result *why)
{
    const struct l1e old = { *p };
    uint64_t flip;

    if (!xm__get_page_from_l1e(c, e, table_owner, pg_owner, &flip, why))
        return false;
    xm__update_intpte(p, e.v ^ flip, preserve_ad);
    xm__put_page_from_l1e(c, old);
    return true;
}

/* Entry I was refused: those before it are released. */
static struct xm_result stop_promotion(struct xm_cpu *c, const uint64_t *t,
                                       unsigned int i, struct xm_result why)
{
    (void)xm__in_slot(&why, i);
    while (i-- > 0)
        xm__put_page_from_l1e(c, (struct l1e){ t[i] });
    return why;
}

/*
 * Takes the entries of T from I to END, as long as they are ordinary ones. The
 * first that is not, or END. A loop that calls nothing.
 */
__attribute__((noinline)) static unsigned int
get_own_pages(struct xm_cpu *c, uint64_t *t, unsigned int i, unsigned int end,
              xm_domid owner)
{
    struct xm_frame *const frames = xm__frames(c->machine);
    const xm_mfn nr_frames = c->machine->config.nr_frames;
    uint64_t *p;

    for (p = t + i; p < t + end; p++) {
        const struct l1e e = { *p };
        const xm_mfn mfn = xm_pte_mfn(e.v);
        uint64_t adjusted;

        if (!(e.v & XM_PTE_P))
            continue;
        if (mfn >= nr_frames || !xm__get_own_page(c, &frames[mfn], e, owner))
            break;
        adjusted = xm__adjust_guest_l1e(c, e.v);
        if (adjusted != e.v)
            *p = adjusted;
    }
    return (unsigned int)(p - t);
}

/* Where an entry stops the validation, however good the others are. */
static unsigned int end_of_promotion(const struct xm_cpu *c, const uint64_t *t,
                                     const struct xm_domain *d)
{
    unsigned int i = d->check_l1tf ? 0 : XM_ENTRIES;

    while (i < XM_ENTRIES &&
           ((t[i] & XM_PTE_P) || !xm__l1tf_vulnerable(c, 1, t[i])))
        i++;
    return i;
}

struct xm_result xm__promote_l1_table(struct xm_cpu *c, xm_mfn table)
{
    uint64_t *const t = xm__ram_to_write(c, table);
    const xm_domid owner = xm__frame(c, table)->owner;
    const struct xm_domain *d = xm_domain_find(c->machine, owner);
    const unsigned int end = end_of_promotion(c, t, d);

    for (unsigned int i = 0;; i++) {
        struct xm_result why;
        uint64_t flip;

        i = get_own_pages(c, t, i, end, owner);
        if (i == XM_ENTRIES)
            return xm__ok();
        if (i == end) {
            (void)xm__l1tf_check(c, d, 1, t[i], &why);
            why.rc = -XEN_EINTR;
            return stop_promotion(c, t, i, why);
        }
        if (!xm__get_page_from_l1e(c, (struct l1e){ t[i] }, d, owner, &flip,
                                   &why))
            return stop_promotion(c, t, i, why);
        t[i] = xm__adjust_guest_l1e(c, t[i] ^ flip);
    }
}

void xm__demote_l1_table(struct xm_cpu *c, xm_mfn table)
{
    const uint64_t *const t = xm__ram(c, table);

    for (unsigned int i = 0; i < XM_ENTRIES; i++)
        xm__put_page_from_l1e(c, (struct l1e){ t[i] });
}
