/* SPDX-License-Identifier: MIT
 *
 * The generator, of grants and of pages that are given back: entries that are
 * there, handles that are in use.
 */
#include "choose.h"
#include "grants.h"

#include <xen/xen.h>

#include <xen/grant_table.h>

#define REFERENCES 8u /* entries that are used */

/* Among the flags of an operation. */
#define FLAG_AVAIL0 (1u << 6)

void fz_choose_grant(struct fz_random *r, const struct fz_session *s,
                     uint32_t domain, struct fz_op *op)
{
    const uint32_t who = fz_whose(r, s, domain);

    op->mode |= FZ_GRANT;
    op->cmd = MMU_NORMAL_PT_UPDATE;
    op->table = (uint8_t)fz_own_frame(who, FZ_GRANT_TABLE);
    op->fd = who != domain ? (uint8_t)((FZ_FD_D0 + who) << 4) : 0;
    op->slot = (uint16_t)fz_below(r, REFERENCES);
    op->target =
        fz_frame_for(r, s, who, fz_chance(r, 60) ? 0 : 1u + fz_below(r, 4));
    op->extra = (uint8_t)(fz_chance(r, 97) ? fz_some_domain(r, s) : 3u);
    op->flags = GTF_permit_access;
    if (fz_chance(r, 25))
        op->flags |= GTF_readonly;
    if (fz_chance(r, 8))
        op->flags ^= 1u << fz_below(r, 10);
}

/* An entry that lets DOMAIN map something, if there is one. */
static uint64_t find_entry(struct fz_random *r, const struct fz_session *s,
                           uint32_t domain, uint32_t granter, uint8_t *ref)
{
    const xm_mfn table =
        fz_mfn(&s->world, fz_own_frame(granter, FZ_GRANT_TABLE));
    const uint32_t first = fz_below(r, REFERENCES);

    for (uint32_t i = 0; i < REFERENCES; i++) {
        const uint32_t at = (first + i) % REFERENCES;
        const uint64_t entry = xm_ram_frame(pvt_model_cpu(s->model), table)[at];

        *ref = (uint8_t)at;
        if ((entry & GTF_type_mask) == GTF_permit_access &&
            (entry >> 16 & 0xffffu) == domain)
            return entry;
    }
    return 0;
}

static bool is_in_use(const struct fz_session *s, uint32_t domain,
                      const struct fz_handle *h)
{
    struct xm_machine *m = pvt_model_cpu(s->model)->machine;
    const struct xm_domain *d = xm_domain_find(m, (xm_domid)domain);

    return h->known && h->number < d->grant.maptrack_limit &&
           xm_grant_maptrack(m, d)[h->number].flags != 0;
}

/* The number of a handle that is in use, or not; else any. */
static uint8_t some_handle(struct fz_random *r, const struct fz_session *s,
                           uint32_t domain, bool in_use)
{
    const uint32_t first = fz_below(r, FZ_HANDLES);

    for (uint32_t i = 0; i < FZ_HANDLES; i++) {
        const uint32_t at = (first + i) % FZ_HANDLES;

        if (is_in_use(s, domain, &s->world.handles[domain][at]) == in_use)
            return (uint8_t)at;
    }
    return (uint8_t)first;
}

/* A slot of the window, or one of a table. */
static void choose_place(struct fz_random *r, const struct fz_session *s,
                         uint32_t domain, struct fz_op *op)
{
    op->table = fz_frame_for(r, s, domain, 1);
    op->slot = (uint16_t)fz_below(r, FZ_WINDOW_PAGES);
    op->extra = (uint8_t)(fz_chance(r, 96)   ? 0
                          : fz_chance(r, 50) ? fz_below(r, 8)
                                             : 0xf0u + fz_below(r, 16));
}

void fz_choose_map(struct fz_random *r, const struct fz_session *s,
                   uint32_t domain, struct fz_op *op)
{
    const uint32_t granter = fz_some_domain(r, s);
    const uint64_t entry = find_entry(r, s, domain, granter, &op->cmd);
    const struct xm_frame *f =
        xm_machine_frame_const(pvt_model_cpu(s->model)->machine, entry >> 32);
    const bool readonly =
        (entry & GTF_readonly) || (f && xm_pgt_level(f->type_info) != 0);

    choose_place(r, s, domain, op);
    op->fd = (uint8_t)(FZ_FD_D0 + granter);
    op->target = some_handle(r, s, domain, false);
    op->flags = fz_chance(r, 85) ? GNTMAP_host_map : GNTMAP_device_map;
    if (fz_chance(r, 10))
        op->flags |= GNTMAP_host_map | GNTMAP_device_map;
    if (fz_chance(r, readonly ? 92 : 30))
        op->flags |= GNTMAP_readonly;
    if (fz_chance(r, 30))
        op->flags |= GNTMAP_application_map;
    if (fz_chance(r, 30))
        op->flags |= GNTMAP_contains_pte;
    if (fz_chance(r, 10))
        op->flags |= FLAG_AVAIL0 << fz_below(r, 3);
    if (fz_chance(r, 4))
        op->flags ^= 1u << fz_below(r, 6);
    if (fz_chance(r, 2))
        op->cmd = (uint8_t)fz_next(r);
    if (fz_chance(r, 2))
        op->fd = (uint8_t)fz_below(r, FZ_NR_FDS);
}

void fz_choose_unmap(struct fz_random *r, const struct fz_session *s,
                     uint32_t domain, struct fz_op *op)
{
    const struct fz_handle *h;

    op->target = some_handle(r, s, domain, fz_chance(r, 95));
    h = &s->world.handles[domain][op->target];
    choose_place(r, s, domain, op);
    op->fd = (uint8_t)fz_below(r, FZ_WINDOW_PAGES);
    op->flags = h->known ? h->op.flags : 0;
    if (op->flags & GNTMAP_host_map)
        op->cmd |= FZ_UNMAP_HOST;
    if (op->flags & GNTMAP_device_map)
        op->cmd |= FZ_UNMAP_DEVICE;
    if (fz_chance(r, 20)) {
        op->cmd |= FZ_UNMAP_REPLACE;
        if ((op->flags & GNTMAP_contains_pte) && fz_chance(r, 80))
            op->cmd |= FZ_UNMAP_BY_NONE;
    }
    if (fz_chance(r, 10))
        op->cmd ^= (uint8_t)(1u << fz_below(r, 6));
}

static bool is_pinned(const struct fz_session *s, uint32_t domain, xm_mfn mfn)
{
    struct xm_machine *m = pvt_model_cpu(s->model)->machine;
    const struct xm_domain *d = xm_domain_find(m, (xm_domid)domain);
    const struct xm_grant_active *active = xm_grant_active(m, d);

    for (uint32_t i = 0; i < d->grant.nr_frames * XM_GRANTS_PER_FRAME_V1; i++)
        if (active[i].pin != 0 && active[i].mfn == mfn)
            return true;
    return false;
}

/* Of what is mapped by a grant, little: nothing takes such mappings down. */
static uint8_t page_to_give(struct fz_random *r, const struct fz_session *s,
                            uint32_t domain)
{
    uint8_t page = fz_frame_for(r, s, domain, fz_below(r, 5));

    if (is_pinned(s, domain, fz_mfn(&s->world, page)) && fz_chance(r, 98))
        page = (uint8_t)FZ_FREE;
    return page;
}

void fz_choose_decrease(struct fz_random *r, const struct fz_session *s,
                        uint32_t domain, struct fz_op *op)
{
    const uint32_t whose = fz_whose(r, s, domain);

    op->cmd = (uint8_t)(fz_chance(r, 80) ? 0 : fz_below(r, 3));
    op->target = page_to_give(r, s, whose);
    op->table = page_to_give(r, s, whose);
    op->extra = page_to_give(r, s, whose);
    op->fd = whose == domain    ? (uint8_t)FZ_FD_NONE
             : fz_chance(r, 90) ? (uint8_t)(FZ_FD_D0 + whose)
                                : (uint8_t)fz_below(r, FZ_NR_FDS);
}
