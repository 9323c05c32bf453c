/* SPDX-License-Identifier: MIT
 *
 * Handles: which number a new mapping gets. Each vCPU has a list of free ones,
 * taken at its head and given back at its tail; one always stays in it.
 * Mirrors get_maptrack_handle(), steal_maptrack_handle(),
 * put_maptrack_handle(). Rules GNT-04, GNT-70..72.
 */
#include "grant.h"

static uint32_t take(struct xm_cpu *c, const struct xm_domain *d,
                     struct xm_vcpu *v)
{
    const uint32_t head = v->maptrack_head;
    uint32_t next;

    if (head == XM_MAPTRACK_TAIL)
        return XM_NO_HANDLE;
    next = xm__maptrack_entry(c, d, head)->ref;
    if (next == XM_MAPTRACK_TAIL)
        return XM_NO_HANDLE;
    v->maptrack_head = next;
    return head;
}

/* From another vCPU's list, for good; Xen begins with any of them. */
static uint32_t steal_maptrack_handle(struct xm_cpu *c, struct xm_domain *d)
{
    for (unsigned int i = 0; i < XM_MAX_VCPUS; i++) {
        struct xm_vcpu *v = &d->vcpu[(c->random + i) % XM_MAX_VCPUS];
        const uint32_t handle = take(c, d, v);

        if (handle == XM_NO_HANDLE)
            continue;
        xm__maptrack_entry(c, d, handle)->vcpu = c->vcpu;
        xm__note(c, XM_R_GNT_STOLEN_HANDLE);
        return handle;
    }
    return XM_NO_HANDLE;
}

/*
 * 256 new handles, if there may be more: the first is taken, the others go in
 * front of the list.
 */
static uint32_t add_frame(struct xm_cpu *c, struct xm_domain *d,
                          struct xm_vcpu *v)
{
    const uint32_t first = d->grant.maptrack_limit;
    const uint32_t last = first + XM_MAPTRACK_PER_FRAME - 1;
    const uint32_t n = first / XM_MAPTRACK_PER_FRAME;

    if (n >= d->grant.max_maptrack_frames ||
        !xm__alloc_xenheap_pages(c, xm_grant_maptrack_frames(c->machine, d), n,
                                 n + 1))
        return XM_NO_HANDLE;
    d->grant.maptrack_limit += XM_MAPTRACK_PER_FRAME;
    for (uint32_t h = first; h <= last; h++)
        *xm__maptrack_entry(c, d, h) =
            (struct xm_grant_mapping){ .ref = h + 1, .vcpu = c->vcpu };
    xm__maptrack_entry(c, d, last)->ref = v->maptrack_head;
    v->maptrack_head = first + 1;
    if (v->maptrack_tail == XM_MAPTRACK_TAIL)
        v->maptrack_tail = last;
    return first;
}

uint32_t xm__get_maptrack_handle(struct xm_cpu *c)
{
    struct xm_domain *d = xm__domain(c);
    struct xm_vcpu *v = xm__vcpu(c);
    uint32_t handle = take(c, d, v);

    if (handle != XM_NO_HANDLE)
        return handle;
    handle = add_frame(c, d, v);
    if (handle != XM_NO_HANDLE)
        return handle;
    if (v->maptrack_tail == XM_MAPTRACK_TAIL) { /* its list needs an end */
        handle = steal_maptrack_handle(c, d);
        if (handle == XM_NO_HANDLE)
            return handle;
        xm__maptrack_entry(c, d, handle)->ref = XM_MAPTRACK_TAIL;
        v->maptrack_head = v->maptrack_tail = handle;
    }
    return steal_maptrack_handle(c, d);
}

void xm__put_maptrack_handle(struct xm_cpu *c, uint32_t handle)
{
    struct xm_domain *d = xm__domain(c);
    struct xm_grant_mapping *const entry = xm__maptrack_entry(c, d, handle);
    struct xm_vcpu *const v = &d->vcpu[entry->vcpu];

    entry->ref = XM_MAPTRACK_TAIL;
    xm__maptrack_entry(c, d, v->maptrack_tail)->ref = handle;
    v->maptrack_tail = handle;
}
