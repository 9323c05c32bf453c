/* SPDX-License-Identifier: MIT
 *
 * Taking down all mappings of grants at the end of a program.
 *
 * A mapping goes when an entry that looks like it is taken out, whichever that
 * is. If the program has overwritten the last one, domain 0 makes another, by
 * the ordinary way, in a table of its own behind a slot of boot_l2. Only where
 * the frame itself is gone, or in use as something else, a mapping must stay.
 */
#include "release.h"
#include "tidy.h"

#include <xen-model/pte.h>

#include <string.h>
#include <xen/grant_table.h>

/* Where that table is seen. */
#define SLOT (PVT_WINDOW_SLOT + 1u)
#define SLOT_VA (PVT_WINDOW_VA + XM_ENTRIES * XM_PAGE_SIZE)

static enum fz_outcome unmap(struct fz_session *s, uint32_t domain,
                             uint32_t handle, uint64_t host, uint64_t device)
{
    const struct gnttab_unmap_grant_ref u = { .host_addr = host,
                                              .dev_bus_addr = device,
                                              .handle = handle };
    struct pvt_op op = {
        .call = PVT_HYPERCALL,
        .domid = (xm_domid)domain,
        .number = __HYPERVISOR_grant_table_op,
        .arg = { GNTTABOP_unmap_grant_ref, s->world.known[domain].args, 1 },
        .args = s->world.known[domain].args,
        .data_size = sizeof(u),
    };

    memcpy(s->call.data, &u, sizeof(u));
    return fz_on_both(s, &op);
}

/* A mapping: what its entry looks like. */
struct wanted {
    uint32_t domain, handle;
    xm_mfn mfn;
    bool readonly, in_slot;
    uint32_t owner;
};

static bool fits(const struct wanted *m, uint64_t entry)
{
    return (entry & XM_PTE_P) && xm_pte_mfn(entry) == m->mfn &&
           !(entry & XM_PTE_RW) == m->readonly;
}

/* An entry in a live table of the domain that looks like M. */
static bool find(const struct fz_session *s, const struct wanted *m,
                 xm_mfn *table, uint32_t *slot)
{
    struct xm_cpu *c = pvt_model_cpu(s->model);

    for (uint32_t i = 0; i < FZ_PAGES; i++) {
        const xm_mfn mfn = s->world.mfns[m->domain * FZ_PAGES + i];
        const struct xm_frame *f = xm_machine_frame(c->machine, mfn);

        if (xm_pgt_level(f->type_info) != 1 ||
            (f->type_info & XM_PGT_COUNT_MASK) == 0)
            continue;
        for (uint32_t k = 0; k < XM_ENTRIES; k++) {
            if (!fits(m, xm_ram_frame(c, mfn)[k]))
                continue;
            *table = mfn;
            *slot = k;
            return true;
        }
    }
    return false;
}

/* TABLE is seen behind SLOT while the entry is taken out. */
static enum fz_outcome take_out(struct fz_session *s, const struct wanted *m,
                                xm_mfn table, uint32_t slot)
{
    const xm_mfn l2 = s->world.known[m->domain].boot_l2;
    enum fz_outcome rc;

    if (m->in_slot)
        return unmap(s, m->domain, m->handle,
                     table << XM_PAGE_SHIFT | slot * 8u, 0);
    rc = fz_store_on_both(s, m->domain, l2, SLOT,
                          xm_pte(table, XM_PTE_P | XM_PTE_RW | XM_PTE_US),
                          DOMID_SELF);
    if (rc == FZ_AGREES)
        rc = unmap(s, m->domain, m->handle, SLOT_VA + slot * XM_PAGE_SIZE, 0);
    if (rc == FZ_AGREES)
        rc = fz_store_on_both(s, m->domain, l2, SLOT, 0, DOMID_SELF);
    return rc;
}

/* Into the first slot of TABLE: domain 0 may do that for all. */
static enum fz_outcome store_as_privileged(struct fz_session *s,
                                           const struct wanted *m, xm_mfn table,
                                           uint64_t entry)
{
    const uint32_t owner = m->owner ? m->owner : DOMID_SELF;
    const uint32_t tables = m->domain ? (m->domain + 1u) << 16 : 0;

    return fz_store_on_both(s, 0, table, 0, entry, owner | tables);
}

/* An entry by the ordinary way, in a table that is live behind SLOT. */
static enum fz_outcome map_again(struct fz_session *s, const struct wanted *m,
                                 xm_mfn table)
{
    const xm_mfn l2 = s->world.known[m->domain].boot_l2;
    const uint64_t flags = XM_PTE_P | XM_PTE_US | (m->readonly ? 0 : XM_PTE_RW);
    enum fz_outcome rc;

    rc = fz_store_on_both(s, m->domain, l2, SLOT,
                          xm_pte(table, XM_PTE_P | XM_PTE_RW | XM_PTE_US),
                          DOMID_SELF);
    if (rc == FZ_AGREES)
        rc = store_as_privileged(s, m, table, xm_pte(m->mfn, flags));
    if (rc != FZ_AGREES)
        return rc;
    rc = unmap(s, m->domain, m->handle,
               m->in_slot ? table << XM_PAGE_SHIFT : SLOT_VA, 0);
    if (rc == FZ_AGREES)
        rc = fz_store_on_both(s, m->domain, table, 0, 0, DOMID_SELF);
    if (rc == FZ_AGREES)
        rc = fz_store_on_both(s, m->domain, l2, SLOT, 0, DOMID_SELF);
    return rc;
}

static enum fz_outcome release_one(struct fz_session *s, uint32_t domain,
                                   uint32_t handle, xm_mfn spare)
{
    struct xm_machine *m = pvt_model_cpu(s->model)->machine;
    const struct xm_domain *d = xm_domain_find(m, (xm_domid)domain);
    const struct xm_grant_mapping mapping = xm_grant_maptrack(m, d)[handle];
    const struct xm_domain *granter = xm_domain_find(m, mapping.domid);
    struct wanted w = {
        .domain = domain,
        .handle = handle,
        .mfn = xm_grant_active(m, granter)[mapping.ref].mfn,
        .readonly = mapping.flags & GNTMAP_readonly,
        .in_slot = mapping.flags & GNTMAP_contains_pte,
        .owner = mapping.domid,
    };
    enum fz_outcome rc = FZ_AGREES;
    uint32_t slot = 0;
    xm_mfn table = 0;

    if (mapping.flags & GNTMAP_device_map)
        rc = unmap(s, domain, handle, 0, w.mfn << XM_PAGE_SHIFT);
    if (rc != FZ_AGREES || !(mapping.flags & GNTMAP_host_map))
        return rc;
    if (spare != FZ_NONE)
        return map_again(s, &w, spare);
    return find(s, &w, &table, &slot) ? take_out(s, &w, table, slot) : rc;
}

static bool has_handles(const struct fz_session *s, uint32_t domain)
{
    struct xm_machine *m = pvt_model_cpu(s->model)->machine;
    const struct xm_domain *d = xm_domain_find(m, (xm_domid)domain);

    for (uint32_t h = 0; h < d->grant.maptrack_limit; h++)
        if (xm_grant_maptrack(m, d)[h].flags != 0)
            return true;
    return false;
}

/* AGAIN: by entries of our own, in a fresh page. */
static enum fz_outcome release_all(struct fz_session *s, uint32_t domain,
                                   bool again)
{
    struct xm_machine *m = pvt_model_cpu(s->model)->machine;
    const struct xm_domain *d = xm_domain_find(m, (xm_domid)domain);
    enum fz_outcome rc = FZ_AGREES;
    xm_mfn spare = FZ_NONE;

    if (!has_handles(s, domain))
        return FZ_AGREES;
    if (again &&
        s->other->ops->take_frames(s->other, (xm_domid)domain, 1, &spare) != 0)
        return FZ_LOST;
    for (uint32_t h = 0; rc == FZ_AGREES && h < d->grant.maptrack_limit; h++)
        if (xm_grant_maptrack(m, d)[h].flags != 0)
            rc = release_one(s, domain, h, spare);
    return rc;
}

/*
 * An entry in use, or a handle, of the domain that cannot be built again: the
 * others go when they are.
 */
static bool is_left(const struct fz_session *s)
{
    struct xm_machine *m = pvt_model_cpu(s->model)->machine;
    const struct xm_domain *d = xm_domain_find(m, 0);

    for (uint32_t i = 0; i < d->grant.nr_frames * XM_GRANTS_PER_FRAME_V1; i++)
        if (xm_grant_active(m, d)[i].pin != 0)
            return true;
    return has_handles(s, 0);
}

enum fz_outcome fz_release(struct fz_session *s)
{
    enum fz_outcome rc = FZ_AGREES;
    bool again = false;

    for (uint32_t d = 0; rc == FZ_AGREES && d < FZ_DOMAINS; d++) {
        if (!fz_has_domain(&s->world, d))
            continue;
        rc = release_all(s, d, false);
        again |= has_handles(s, d);
    }
    if (rc == FZ_AGREES)
        rc = fz_clear_boot_tables(s);
    if (rc == FZ_AGREES && again)
        rc = fz_let_go(s);
    for (uint32_t d = 0; again && rc == FZ_AGREES && d < FZ_DOMAINS; d++)
        if (fz_has_domain(&s->world, d))
            rc = release_all(s, d, true);
    if (rc == FZ_AGREES && fz_has_domain(&s->world, 0))
        s->spent = is_left(s);
    return rc;
}
