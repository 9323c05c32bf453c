/* SPDX-License-Identifier: MIT
 *
 * Where the state of the grant tables lies: Xen's own in the machine block,
 * one pool a domain, and the entries shared with the guest in its RAM. Mirrors
 * shared_entry_v1(), shared_entry_v2(), status_entry(), nr_grant_entries().
 */
#include "grant.h"

static uint32_t max_active(const struct xm_config *config)
{
    return config->max_grant_frames * XM_GRANTS_PER_FRAME_V1;
}

static uint32_t max_handles(const struct xm_config *config)
{
    return config->max_maptrack_frames * XM_MAPTRACK_PER_FRAME;
}

uint32_t xm__grant_to_status_frames(uint32_t nr_frames)
{
    return (nr_frames + XM_SHARED_PER_STATUS - 1) / XM_SHARED_PER_STATUS;
}

size_t xm__grant_pool_size(const struct xm_config *config)
{
    const uint32_t n = config->max_grant_frames;

    _Static_assert(
        XM_MAPTRACK_PER_FRAME * sizeof(struct xm_grant_mapping) % 8 == 0,
        "pools are aligned");
    return (n + xm__grant_to_status_frames(n) + XM_ACTIVE_FRAMES(n) +
            config->max_maptrack_frames) *
               sizeof(xm_mfn) +
           max_active(config) * sizeof(struct xm_grant_active) +
           max_handles(config) * sizeof(struct xm_grant_mapping);
}

xm_mfn *xm_grant_shared_frames(struct xm_machine *m, const struct xm_domain *d)
{
    const size_t index = (size_t)(d - m->domains);
    uint64_t *const m2p = (uint64_t *)&xm__frames(m)[m->config.nr_frames];
    uint8_t *const pools = (uint8_t *)&m2p[m->config.nr_frames];

    return (xm_mfn *)(void *)(pools + index * xm__grant_pool_size(&m->config));
}

xm_mfn *xm_grant_status_frames(struct xm_machine *m, const struct xm_domain *d)
{
    return xm_grant_shared_frames(m, d) + m->config.max_grant_frames;
}

xm_mfn *xm_grant_active_frames(struct xm_machine *m, const struct xm_domain *d)
{
    return xm_grant_status_frames(m, d) +
           xm__grant_to_status_frames(m->config.max_grant_frames);
}

xm_mfn *xm_grant_maptrack_frames(struct xm_machine *m,
                                 const struct xm_domain *d)
{
    return xm_grant_active_frames(m, d) +
           XM_ACTIVE_FRAMES(m->config.max_grant_frames);
}

struct xm_grant_active *xm_grant_active(struct xm_machine *m,
                                        const struct xm_domain *d)
{
    xm_mfn *const frames = xm_grant_maptrack_frames(m, d);

    return (struct xm_grant_active *)(void *)(frames +
                                              m->config.max_maptrack_frames);
}

struct xm_grant_mapping *xm_grant_maptrack(struct xm_machine *m,
                                           const struct xm_domain *d)
{
    return (struct xm_grant_mapping *)(void *)(xm_grant_active(m, d) +
                                               max_active(&m->config));
}

void xm__clear_grant_pool(struct xm_machine *m, const struct xm_domain *d)
{
    __builtin_memset(xm_grant_shared_frames(m, d), 0,
                     xm__grant_pool_size(&m->config));
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static void copy_pool(struct xm_machine *to, struct xm_machine *from,
                      uint32_t i)
{
    const struct xm_domain *a = &to->domains[i], *b = &from->domains[i];
    const uint32_t frames = larger(a->grant.nr_frames, b->grant.nr_frames);
    const uint32_t handles =
        larger(a->grant.maptrack_limit, b->grant.maptrack_limit);
    const struct xm_grant_active *active = xm_grant_active(from, b);
    const xm_mfn *lists = xm_grant_shared_frames(from, b);

    __builtin_memcpy(
        xm_grant_shared_frames(to, a), lists,
        (size_t)((const uint8_t *)active - (const uint8_t *)lists));
    __builtin_memcpy(xm_grant_active(to, a), active,
                     frames * XM_GRANTS_PER_FRAME_V1 * sizeof(*active));
    __builtin_memcpy(xm_grant_maptrack(to, a), xm_grant_maptrack(from, b),
                     handles * sizeof(struct xm_grant_mapping));
}

void xm__copy_grant_pools(struct xm_machine *to, struct xm_machine *from)
{
    for (uint32_t i = 0; i < XM_MAX_DOMAINS; i++)
        if (to->domains[i].grant.version != 0 ||
            from->domains[i].grant.version != 0)
            copy_pool(to, from, i);
}

struct xm_domain *xm__grant_domain(struct xm_cpu *c, xm_domid domid)
{
    struct xm_domain *d = xm_domain_find(c->machine, domid);

    return d && d->grant.version != 0 ? d : NULL;
}

struct xm_domain *xm__grant_any_domain(struct xm_cpu *c, xm_domid domid)
{
    return xm__grant_domain(c, domid == DOMID_SELF ? c->domid : domid);
}

uint32_t xm__nr_grant_entries(const struct xm_domain *d)
{
    return d->grant.nr_frames * (d->grant.version == 1
                                     ? XM_GRANTS_PER_FRAME_V1
                                     : XM_GRANTS_PER_FRAME_V2);
}

/* Entry REF: the frame it is in, its place there, and its size. */
struct place {
    xm_mfn mfn;
    uint32_t offset, size;
};

static struct place place_of(struct xm_cpu *c, const struct xm_domain *d,
                             uint32_t ref)
{
    const bool v1 = d->grant.version == 1;
    const uint32_t n = v1 ? XM_GRANTS_PER_FRAME_V1 : XM_GRANTS_PER_FRAME_V2;
    const uint32_t size = XM_PAGE_SIZE / n;

    assert(ref < xm__nr_grant_entries(d));
    return (struct place){ xm_grant_shared_frames(c->machine, d)[ref / n],
                           ref % n * size, size };
}

/* Version 1 as if it were version 2: the same header, a frame of 32 bits. */
void xm__get_shared_entry(struct xm_cpu *c, const struct xm_domain *d,
                          uint32_t ref, union grant_entry_v2 *to)
{
    const struct place p = place_of(c, d, ref);
    const uint8_t *from = (const uint8_t *)xm__ram(c, p.mfn) + p.offset;
    struct grant_entry_v1 v1;

    if (p.size == sizeof(*to)) {
        __builtin_memcpy(to, from, sizeof(*to));
        return;
    }
    __builtin_memcpy(&v1, from, sizeof(v1));
    *to = (union grant_entry_v2){ .full_page = { .hdr = { v1.flags, v1.domid },
                                                 .frame = v1.frame } };
}

void xm__set_shared_entry(struct xm_cpu *c, const struct xm_domain *d,
                          uint32_t ref, const union grant_entry_v2 *from)
{
    const struct place p = place_of(c, d, ref);
    uint8_t *to = (uint8_t *)xm__ram_to_write(c, p.mfn) + p.offset;
    const struct grant_entry_v1 v1 = { .flags = from->hdr.flags,
                                       .domid = from->hdr.domid,
                                       .frame =
                                           (uint32_t)from->full_page.frame };

    if (p.size == sizeof(*from))
        __builtin_memcpy(to, from, sizeof(*from));
    else
        __builtin_memcpy(to, &v1, sizeof(v1));
}

/* The frame that has the status of REF, and where it is there. */
static struct place status_of(struct xm_cpu *c, const struct xm_domain *d,
                              uint32_t ref)
{
    const uint32_t n = XM_GRANTS_PER_STATUS_FRAME;

    if (d->grant.version == 1)
        return place_of(c, d, ref);
    assert(ref / n < d->grant.nr_status_frames);
    return (struct place){ xm_grant_status_frames(c->machine, d)[ref / n],
                           ref % n * (uint32_t)sizeof(grant_status_t),
                           sizeof(grant_status_t) };
}

uint16_t xm__get_grant_status(struct xm_cpu *c, const struct xm_domain *d,
                              uint32_t ref)
{
    const struct place p = status_of(c, d, ref);
    uint16_t status;

    __builtin_memcpy(&status, (const uint8_t *)xm__ram(c, p.mfn) + p.offset,
                     sizeof(status));
    return status;
}

void xm__set_grant_status(struct xm_cpu *c, const struct xm_domain *d,
                          uint32_t ref, uint16_t status)
{
    const struct place p = status_of(c, d, ref);

    __builtin_memcpy((uint8_t *)xm__ram_to_write(c, p.mfn) + p.offset, &status,
                     sizeof(status));
}
