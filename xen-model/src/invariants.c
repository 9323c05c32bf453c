/* SPDX-License-Identifier: MIT
 *
 * Recounting everything from the tables. Rules INV-01..08.
 *
 * An entry is active if its table has a page-table type in use and is
 * validated, or, in a partial table, if it lies below nr_validated.
 */
#include <xen-model/invariants.h>

#include "internal.h"

struct recount {
    uint32_t general;  /* general references that can be accounted for */
    uint32_t type;     /* type references as a table or descriptor page */
    uint32_t writable; /* type references as a writable frame */
    int32_t linear;
};

static void count_leaf(const struct xm_cpu *c, struct recount *r, uint64_t e)
{
    const xm_mfn mfn = xm_pte_mfn(e);
    const struct xm_frame *f = xm_machine_frame_const(c->machine, mfn);

    if (!f || f->owner == DOMID_IO)
        return;
    r[mfn].general++;
    if (e & XM_PTE_RW)
        r[mfn].writable++;
}

static void count_entry(const struct xm_cpu *c, struct recount *r,
                        unsigned int level, xm_mfn table, uint64_t e,
                        bool general_only)
{
    const xm_mfn mfn = xm_pte_mfn(e);
    const struct xm_frame *f = xm_machine_frame_const(c->machine, mfn);

    if (level == 1) {
        count_leaf(c, r, e);
        return;
    }
    if (mfn == table || !f)
        return;
    if (level < 4 && (e & XM_PTE_PSE)) {
        for (xm_mfn i = 0; i < (level == 2 ? 512u : 512u * 512u); i++)
            count_leaf(c, r, xm_pte(mfn + i, e & XM_PTE_RW));
        return;
    }
    r[mfn].general++;
    if (general_only)
        return;
    r[mfn].type++;
    if (xm_pgt_level(f->type_info) == level) {
        r[mfn].linear--;
        r[table].linear++;
    }
}

static void count_table(const struct xm_cpu *c, struct recount *r, xm_mfn mfn)
{
    const struct xm_frame *f = xm_machine_frame_const(c->machine, mfn);
    const unsigned int level = xm_pgt_level(f->type_info);
    const uint64_t *t = xm__ram(c, mfn);
    unsigned int end = XM_ENTRIES, half_done = XM_ENTRIES;

    if (level == 0 || xm__count(f) == 0)
        return;
    if (f->type_info & XM_PGT_PARTIAL) {
        half_done = f->nr_validated;
        end = half_done + (f->partial_set ? 1u : 0u);
    } else if (!(f->type_info & XM_PGT_VALIDATED)) {
        return; /* NEVER: only while an operation is in progress */
    }
    for (unsigned int i = 0; i < end; i++)
        if ((t[i] & XM_PTE_P) && (level != 4 || !xm_l4_slot_is_xen(i)))
            count_entry(c, r, level, mfn, t[i], i == half_done);
}

static void count_root(struct recount *r, bool set, xm_mfn mfn)
{
    if (!set)
        return;
    r[mfn].general++;
    r[mfn].type++;
}

static void count_vcpus(const struct xm_cpu *c, struct recount *r)
{
    for (uint32_t i = 0; i < XM_MAX_DOMAINS; i++) {
        const struct xm_domain *d = xm_domain_at(c->machine, i);

        for (uint32_t k = 0; d && k < XM_MAX_VCPUS; k++) {
            const struct xm_vcpu *v = &d->vcpu[k];

            count_root(r, v->has_base, v->guest_table);
            count_root(r, v->has_user_base, v->guest_table_user);
            if (v->has_info) {
                r[v->info_frame].general++;
                r[v->info_frame].writable++;
            }
            for (uint32_t g = 0; g < v->nr_gdt; g++)
                count_root(r, true, v->gdt[g]);
            for (uint32_t g = 0; g < XM_MAX_LDT_PAGES; g++)
                count_root(r, v->ldt.mapped & 1u << g, v->ldt.frame[g]);
            if (v->has_old && v->old_partial)
                r[v->old_guest_table].general++;
            else
                count_root(r, v->has_old, v->old_guest_table);
        }
    }
}

/*
 * What is mapped for a device has its references without any entry; those of
 * a mapping for the host are the entry's (GNT-28).
 */
static void count_device_maps(const struct xm_cpu *c, struct recount *r,
                              const struct xm_domain *d)
{
    for (uint32_t h = 0; h < d->grant.maptrack_limit; h++) {
        const struct xm_grant_mapping *map =
            &xm_grant_maptrack(c->machine, d)[h];
        const struct xm_domain *rd = xm_domain_find(c->machine, map->domid);
        xm_mfn mfn;

        if (!(map->flags & XM_GNTMAP_DEVICE) || !rd)
            continue;
        mfn = xm_grant_active(c->machine, rd)[map->ref].mfn;
        r[mfn].general++;
        if (!(map->flags & XM_GNTMAP_READONLY))
            r[mfn].writable++;
    }
}

static struct xm_violation violation(const char *invariant,
                                     const char *sentence, xm_mfn mfn,
                                     uint64_t expected, uint64_t actual)
{
    return (struct xm_violation){ true, invariant, sentence,
                                  mfn,  expected,  actual };
}

static struct xm_violation check_frame(xm_mfn mfn, const struct xm_frame *f,
                                       const struct recount *r)
{
    const unsigned int level = xm_pgt_level(f->type_info);
    const uint64_t fixed = (f->count_info & XM_PGC_XEN_HEAP) ? 1 : 0;
    const uint64_t flags = ((f->type_info & XM_PGT_PINNED) ? 1u : 0u) +
                           ((f->type_info & XM_PGT_PARTIAL) ? 1u : 0u);
    const uint64_t general =
        r->general + flags + ((f->count_info & XM_PGC_ALLOCATED) ? 1 : 0);

    if (r->writable != 0 && xm__count(f) != 0 && level != 0)
        return violation("INV-06", "no live table is mapped writable", mfn, 0,
                         r->writable);
    if (general != (f->count_info & XM_PGC_COUNT_MASK))
        return violation("INV-01", "C is the sum of all references", mfn,
                         general, f->count_info & XM_PGC_COUNT_MASK);
    if ((f->type_info & XM_PGT_TYPE_MASK) == XM_PGT_WRITABLE &&
        r->writable + fixed != xm__count(f))
        return violation("INV-02", "T is the number of writable mappings", mfn,
                         r->writable + fixed, xm__count(f));
    if ((f->type_info & XM_PGT_TYPE_MASK) == XM_PGT_SEG_DESC &&
        r->type != xm__count(f))
        return violation("INV-05", "T is the number of uses as descriptors",
                         mfn, r->type, xm__count(f));
    if (level != 0 && r->type + flags != xm__count(f))
        return violation(level == 4 ? "INV-04" : "INV-03",
                         "T is the number of uses as a table", mfn,
                         r->type + flags, xm__count(f));
    if (level != 0 && xm__count(f) != 0 && r->linear != f->linear_count)
        return violation("INV-08", "linear entries are counted", mfn,
                         (uint64_t)(int64_t)r->linear,
                         (uint64_t)(int64_t)f->linear_count);
    if ((f->type_info & XM_PGT_TYPE_MASK) == XM_PGT_NONE && xm__count(f) != 0)
        return violation("INV-20", "no type, no type count", mfn, 0,
                         xm__count(f));
    return (struct xm_violation){ .found = false };
}

struct xm_violation xm_check_invariants(const struct xm_cpu *c, void *scratch)
{
    const xm_mfn n = xm_machine_config(c->machine)->nr_frames;
    struct recount *r = scratch;
    struct xm_violation v = { .found = false };

    for (xm_mfn mfn = 0; mfn < n; mfn++)
        r[mfn] = (struct recount){ 0 };
    for (xm_mfn mfn = 0; mfn < n; mfn++)
        if (xm_machine_frame_const(c->machine, mfn)->owner != DOMID_XEN)
            count_table(c, r, mfn);
    count_vcpus(c, r);
    for (uint32_t i = 0; i < XM_MAX_DOMAINS; i++)
        if (xm_domain_at(c->machine, i))
            count_device_maps(c, r, xm_domain_at(c->machine, i));
    for (xm_mfn mfn = 0; mfn < n && !v.found; mfn++) {
        const struct xm_frame *f = xm_machine_frame_const(c->machine, mfn);

        if (f->owner < DOMID_FIRST_RESERVED)
            v = check_frame(mfn, f, &r[mfn]);
    }
    return v;
}
