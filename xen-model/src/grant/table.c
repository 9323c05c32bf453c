/* SPDX-License-Identifier: MIT
 *
 * A domain's grant table: its frames, and which version they are written in.
 * Mirrors gnttab_grow_table(), gnttab_populate_status_frames(),
 * gnttab_unpopulate_status_frames(),
 * grant_table_init(), grant_table_destroy(). Rules GNT-61, GNT-76..84.
 *
 * GAP: the frames of active entries that Xen takes when it makes a domain.
 */
#include "grant.h"

/* A zeroed frame of Xen's heap. */
static xm_mfn alloc_xenheap_page(struct xm_cpu *c)
{
    const xm_mfn mfn = xm__alloc_pages(c, 0, c->machine->config.nr_frames);

    if (mfn == XM_NO_MFN)
        return mfn;
    *xm__frame(c, mfn) = (struct xm_frame){ .count_info = XM_PGC_XEN_HEAP,
                                            .owner = XM_DOMID_NONE };
    __builtin_memset(xm__ram_to_write(c, mfn), 0, XM_PAGE_SIZE);
    return mfn;
}

static void free_xenheap_page(struct xm_cpu *c, xm_mfn mfn)
{
    xm__scrub(c, mfn);
    xm_frame_set_kind(c->machine, mfn, XM_FRAME_FREE);
}

/* Xen's share_xen_page_with_guest(), writable. */
static void share_with(struct xm_cpu *c, xm_mfn mfn, const struct xm_domain *d)
{
    *xm_machine_m2p(c->machine, mfn) = ~0ull;
    *xm__frame(c, mfn) = (struct xm_frame){
        .count_info = XM_PGC_XEN_HEAP | XM_PGC_ALLOCATED | 1,
        .type_info = XM_PGT_WRITABLE | XM_PGT_VALIDATED | 1,
        .owner = d->domid,
    };
}

bool xm__alloc_xenheap_pages(struct xm_cpu *c, xm_mfn *list, uint32_t first,
                             uint32_t end)
{
    for (uint32_t i = first; i < end; i++) {
        list[i] = alloc_xenheap_page(c);
        if (list[i] != XM_NO_MFN)
            continue;
        while (i-- > first)
            free_xenheap_page(c, list[i]);
        return false;
    }
    return true;
}

void xm__free_xenheap_pages(struct xm_cpu *c, const xm_mfn *list,
                            uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++)
        if (list[i] != XM_NO_MFN)
            free_xenheap_page(c, list[i]);
}

bool xm__populate_status_frames(struct xm_cpu *c, struct xm_domain *d,
                                uint32_t nr_frames)
{
    xm_mfn *const status = xm_grant_status_frames(c->machine, d);
    const uint32_t first = d->grant.nr_status_frames;
    const uint32_t end = xm__grant_to_status_frames(nr_frames);

    if (!xm__alloc_xenheap_pages(c, status, first, end))
        return false;
    for (uint32_t i = first; i < end; i++)
        share_with(c, status[i], d);
    d->grant.nr_status_frames = end;
    return true;
}

bool xm__grow_grant_table(struct xm_cpu *c, struct xm_domain *d,
                          uint32_t nr_frames)
{
    xm_mfn *const shared = xm_grant_shared_frames(c->machine, d);
    xm_mfn *const active = xm_grant_active_frames(c->machine, d);
    const uint32_t first = d->grant.nr_frames;
    const uint32_t first_active = XM_ACTIVE_FRAMES(first);
    const uint32_t nr_active = XM_ACTIVE_FRAMES(nr_frames);

    assert(nr_frames <= d->grant.max_frames);
    if (!xm__alloc_xenheap_pages(c, active, first_active, nr_active))
        return false;
    if (!xm__alloc_xenheap_pages(c, shared, first, nr_frames)) {
        xm__free_xenheap_pages(c, active, first_active, nr_active);
        return false;
    }
    if (d->grant.version > 1 && !xm__populate_status_frames(c, d, nr_frames)) {
        xm__free_xenheap_pages(c, shared, first, nr_frames);
        xm__free_xenheap_pages(c, active, first_active, nr_active);
        return false;
    }
    for (uint32_t i = first; i < nr_frames; i++)
        share_with(c, shared[i], d);
    d->grant.nr_frames = nr_frames;
    return true;
}

bool xm_grant_table_init(struct xm_cpu *c, struct xm_domain *d)
{
    const struct xm_config *config = &c->machine->config;
    xm_mfn *const shared = xm_grant_shared_frames(c->machine, d);

    if (config->max_grant_frames == 0)
        return false;
    d->grant = (struct xm_grant_table){
        .max_version = 2,
        .max_frames = config->max_grant_frames,
        .max_maptrack_frames = config->max_maptrack_frames,
    };
    for (unsigned int i = 0; i < XM_MAX_VCPUS; i++)
        d->vcpu[i].maptrack_head = d->vcpu[i].maptrack_tail = XM_MAPTRACK_TAIL;
    xm__clear_grant_pool(c->machine, d);
    for (uint32_t i = 0; i < XM_ACTIVE_FRAMES(1); i++)
        xm_grant_active_frames(c->machine, d)[i] = XM_NO_MFN;
    if (!xm__alloc_xenheap_pages(c, shared, 0, 1)) {
        xm__clear_grant_pool(c->machine, d);
        return false;
    }
    share_with(c, shared[0], d);
    d->grant.nr_frames = 1;
    d->grant.version = 1;
    return true;
}

void xm_grant_table_destroy(struct xm_cpu *c, struct xm_domain *d)
{
    xm__free_xenheap_pages(c, xm_grant_shared_frames(c->machine, d), 0,
                           d->grant.nr_frames);
    xm__free_xenheap_pages(c, xm_grant_status_frames(c->machine, d), 0,
                           d->grant.nr_status_frames);
    xm__free_xenheap_pages(c, xm_grant_active_frames(c->machine, d), 0,
                           XM_ACTIVE_FRAMES(d->grant.nr_frames));
    d->grant = (struct xm_grant_table){ .version = 0 };
    xm__clear_grant_pool(c->machine, d);
}

bool xm__unpopulate_status_frames(struct xm_cpu *c, struct xm_domain *d)
{
    const xm_mfn *const status = xm_grant_status_frames(c->machine, d);
    const uint32_t n = d->grant.nr_status_frames;

    for (uint32_t i = 0; i < n; i++) {
        struct xm_frame *f = xm__frame(c, status[i]);

        if (f->count_info & XM_PGC_ALLOCATED)
            f->count_info = (f->count_info & ~XM_PGC_ALLOCATED) - 1;
        if (f->count_info != XM_PGC_XEN_HEAP) {
            f->count_info = (f->count_info + 1) | XM_PGC_ALLOCATED;
            while (i-- != 0)
                share_with(c, status[i], d);
            return false;
        }
        f->owner = XM_DOMID_NONE;
    }
    xm__free_xenheap_pages(c, status, 0, n);
    d->grant.nr_status_frames = 0;
    return true;
}
