/* SPDX-License-Identifier: MIT
 *
 * Taking a mapping down: first what the guest sees, and, when the TLB has been
 * flushed, what Xen counts. Mirrors unmap_common(), unmap_common_complete(),
 * gnttab_release_mappings(). Rules GNT-30..39, GNT-53.
 */
#include "grant.h"

static bool is_dev_addr(const struct gnttab_unmap_common *op,
                        const struct xm_grant_active *act)
{
    return op->dev_bus_addr == act->mfn << XM_PAGE_SHIFT;
}

/* The halves that OP names, as far as MAP has them. */
static int16_t unmap_halves(struct xm_cpu *c, struct gnttab_unmap_common *op,
                            struct xm_grant_mapping *map)
{
    const uint16_t flags = map->flags;
    const bool host = op->host_addr != 0 && (flags & GNTMAP_host_map);
    const bool device = op->dev_bus_addr != 0 && (flags & GNTMAP_device_map);

    if (device && !is_dev_addr(op, xm__active_entry(c, op->rd, op->ref)))
        return xm__grant_refuse(c, XM_R_GNT_DEV_ADDR, GNTST_bad_dev_addr);
    if (host) {
        if (xm__replace_grant_pv_mapping(c, op->host_addr, op->mfn,
                                         op->new_addr, flags) != GNTST_okay)
            return GNTST_general_error;
        map->flags &= (uint16_t)~GNTMAP_host_map;
        op->done |= GNTMAP_host_map | (flags & GNTMAP_readonly);
    }
    if (device) {
        map->flags &= (uint16_t)~GNTMAP_device_map;
        op->done |= GNTMAP_device_map | (flags & GNTMAP_readonly);
    }
    if (map->flags & (GNTMAP_device_map | GNTMAP_host_map)) {
        xm__note(c, XM_R_GNT_HALF);
        return GNTST_okay;
    }
    map->flags = 0;
    xm__put_maptrack_handle(c, op->handle);
    return GNTST_okay;
}

bool xm__unmap_common(struct xm_cpu *c, struct gnttab_unmap_common *op)
{
    struct xm_domain *const ld = xm__domain(c);
    struct xm_grant_mapping *map;

    if (op->handle >= ld->grant.maptrack_limit ||
        xm__maptrack_entry(c, ld, op->handle)->flags == 0) {
        op->status = xm__grant_refuse(c, XM_R_GNT_HANDLE, GNTST_bad_handle);
        return true;
    }
    map = xm__maptrack_entry(c, ld, op->handle);
    op->rd = xm__grant_domain(c, map->domid);
    if (!op->rd) {
        xm__note(c, XM_R_GNT_GRANTER_GONE);
        ld->crashed = true;
        return false;
    }
    op->ref = map->ref;
    if (op->ref >= xm__nr_grant_entries(op->rd)) {
        op->status =
            xm__grant_refuse(c, XM_R_GNT_HANDLE_STALE, GNTST_bad_handle);
        return true;
    }
    op->mfn = xm__active_entry(c, op->rd, op->ref)->mfn;
    op->status = unmap_halves(c, op, map);
    return true;
}

/* One half of OP is gone: its references and its pin. */
static void complete(struct xm_cpu *c, const struct gnttab_unmap_common *op,
                     uint32_t pin_write, uint32_t pin_read)
{
    struct xm_grant_active *act = xm__active_entry(c, op->rd, op->ref);

    if (op->done & GNTMAP_readonly) {
        xm__put_page(c, op->mfn);
        act->pin -= pin_read;
    } else {
        xm__put_page_and_type(c, op->mfn);
        act->pin -= pin_write;
    }
}

void xm__unmap_common_complete(struct xm_cpu *c,
                               const struct gnttab_unmap_common *op)
{
    if (op->done == 0)
        return;
    if (op->done & GNTMAP_device_map)
        complete(c, op, XM_PIN_DEVICE_WRITE, XM_PIN_DEVICE_READ);
    if (op->done & GNTMAP_host_map)
        complete(c, op, XM_PIN_HOST_WRITE, XM_PIN_HOST_READ);
    xm__reduce_status_for_pin(c, op->rd, op->ref, op->done & GNTMAP_readonly);
}

/* MAP of a dying domain: what is in page tables goes with those (GNT-53). */
static void release(struct xm_cpu *c, struct xm_grant_mapping *map)
{
    const bool ro = map->flags & GNTMAP_readonly;
    struct xm_domain *rd = xm__grant_domain(c, map->domid);
    struct xm_grant_active *act;

    if (!rd || !(map->flags & (GNTMAP_device_map | GNTMAP_host_map)))
        return;
    act = xm__active_entry(c, rd, map->ref);
    assert(act->pin != 0);
    if (map->flags & GNTMAP_device_map) {
        act->pin -= ro ? XM_PIN_DEVICE_READ : XM_PIN_DEVICE_WRITE;
        if (ro)
            xm__put_page(c, act->mfn);
        else
            xm__put_page_and_type(c, act->mfn);
    }
    if (map->flags & GNTMAP_host_map)
        act->pin -= ro ? XM_PIN_HOST_READ : XM_PIN_HOST_WRITE;
    xm__reduce_status_for_pin(c, rd, map->ref, ro);
}

/* Handles from LIMIT on are not in use any more, nor are their frames. */
static void cut_maptrack(struct xm_cpu *c, struct xm_domain *d, uint32_t limit)
{
    xm__free_xenheap_pages(c, xm_grant_maptrack_frames(c->machine, d),
                           limit / XM_MAPTRACK_PER_FRAME,
                           d->grant.maptrack_limit / XM_MAPTRACK_PER_FRAME);
    d->grant.maptrack_limit = limit;
}

int xm_grant_release_mappings(struct xm_cpu *c, struct xm_domain *d)
{
    struct xm_grant_mapping *const maptrack = xm_grant_maptrack(c->machine, d);

    for (uint32_t handle = d->grant.maptrack_limit; handle != 0;) {
        if (handle % XM_MAPTRACK_PER_FRAME == 0 &&
            handle < d->grant.maptrack_limit) {
            cut_maptrack(c, d, handle);
            if (xm__preempt_check(c, XM_STOP_GRANT))
                return -XEN_ERESTART;
        }
        release(c, &maptrack[--handle]);
        maptrack[handle] = (struct xm_grant_mapping){ .flags = 0 };
    }
    cut_maptrack(c, d, 0);
    return 0;
}
