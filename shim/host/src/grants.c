/* SPDX-License-Identifier: MIT
 *
 * Reading Xen's own grant tables in the machine's RAM: what the model begins
 * with, and which frames a call has added. What is assumed of Xen's layout is
 * here. A domain's struct grant_table is whatever one of the pointers in its
 * struct domain points to that looks like one and points back.
 */
#include "internal.h"

#include <string.h>
#include <xen/memory.h>

#define DIRECT_MAP 0xffff830000000000ull

/* struct grant_table of Xen 4.17, release build. */
struct grant_table {
    uint64_t locks[3];
    uint32_t max_version, version;
    uint32_t max_frames, max_maptrack_frames;
    uint32_t nr_frames, nr_status_frames;
    uint32_t nr_v2_ops, maptrack_limit;
    uint64_t shared, status, active, maptrack; /* arrays of pages */
    uint64_t rest[8]; /* the pointer to the domain is among these */
};

/* struct active_grant_entry. */
struct active_entry {
    uint32_t pin;
    uint16_t domid;
    uint16_t start : 15;
    uint16_t is_sub_page : 1;
    uint16_t length;
    uint32_t trans_gref;
    uint64_t trans_domain;
    uint64_t mfn;
    uint64_t lock;
};

/* struct grant_mapping. */
struct mapping {
    uint32_t ref;
    uint16_t flags, domid;
    uint32_t vcpu, pad;
};

#define ACTIVE_PER_PAGE (XM_PAGE_SIZE / sizeof(struct active_entry))

_Static_assert(sizeof(struct active_entry) == 40 &&
                   sizeof(struct mapping) * XM_MAPTRACK_PER_FRAME ==
                       XM_PAGE_SIZE,
               "layout of Xen");

/* What is at Xen's address VA; NULL: not in RAM. */
static const void *at(const struct shim *s, uint64_t va)
{
    const uint64_t machine = shim__translate(s, va);

    return machine < s->ram_size ? s->ram + machine : NULL;
}

static uint64_t word_at(const struct shim *s, uint64_t va)
{
    const void *p = at(s, va);
    uint64_t word = 0;

    if (p)
        memcpy(&word, p, sizeof(word));
    return word;
}

/* Page I of an array of pointers to pages. */
static uint64_t page_address(const struct shim *s, uint64_t array, uint32_t i)
{
    return word_at(s, array + i * sizeof(uint64_t));
}

static xm_mfn page_mfn(const struct shim *s, uint64_t array, uint32_t i)
{
    return shim__translate(s, page_address(s, array, i)) / XM_PAGE_SIZE;
}

/* Does Xen's VA lead into its heap? */
static bool is_heap(const struct shim *s, uint64_t va)
{
    return va % 8 == 0 && va - DIRECT_MAP < s->ram_size;
}

static bool looks_right(const struct shim *s, const struct grant_table *t,
                        uint64_t domain)
{
    if (t->max_version != 2 || t->version - 1 > 1 || t->nr_frames == 0 ||
        t->nr_frames > t->max_frames || !is_heap(s, t->shared) ||
        !is_heap(s, t->status) || !is_heap(s, t->active))
        return false;
    for (size_t i = 0; i < sizeof(t->rest) / sizeof(t->rest[0]); i++)
        if (t->rest[i] == domain)
            return true;
    return false;
}

static const struct grant_table *find_table(struct shim_domain *d)
{
    const struct shim *s = d->shim;
    const uint64_t machine = shim__owner_address(s, d->boot_l4);
    const uint64_t *words = (const void *)(s->ram + machine);

    for (uint32_t i = 0; i < XM_PAGE_SIZE / sizeof(uint64_t); i++) {
        const uint64_t to = words[i] - DIRECT_MAP;

        if (to % 8 == 0 && to + sizeof(struct grant_table) <= s->ram_size &&
            looks_right(s, (const void *)(s->ram + to), DIRECT_MAP + machine))
            return (const void *)(s->ram + to);
    }
    (void)shim__fail(d->shim,
                     "the grant table of domain %u is not where 4.17 has it",
                     d->domid);
    return NULL;
}

static void list_frames(const struct shim *s, uint64_t array, uint32_t n,
                        xm_mfn *to)
{
    for (uint32_t i = 0; i < n; i++)
        to[i] = page_mfn(s, array, i);
}

/* The same, with what is in them. */
static void export_frames(const struct shim *s, uint64_t array, uint32_t n,
                          xm_mfn *to, uint64_t *ram)
{
    list_frames(s, array, n, to);
    for (uint32_t i = 0; i < n; i++)
        memcpy(ram + to[i] * XM_ENTRIES, shim__page(s, to[i]), XM_PAGE_SIZE);
}

static const struct active_entry *
active_at(const struct shim *s, const struct grant_table *t, uint32_t ref)
{
    return at(s, page_address(s, t->active, ref / ACTIVE_PER_PAGE) +
                     ref % ACTIVE_PER_PAGE * sizeof(struct active_entry));
}

static const struct mapping *
mapping_at(const struct shim *s, const struct grant_table *t, uint32_t handle)
{
    return at(s, page_address(s, t->maptrack, handle / XM_MAPTRACK_PER_FRAME) +
                     handle % XM_MAPTRACK_PER_FRAME * sizeof(struct mapping));
}

static void export_active(const struct shim *s, const struct grant_table *t,
                          struct xm_grant_active *to)
{
    const uint32_t n = t->nr_frames * XM_GRANTS_PER_FRAME_V1;

    for (uint32_t i = 0; i < n; i++) {
        const struct active_entry *e = active_at(s, t, i);

        if (!e || e->pin == 0)
            continue;
        to[i] = (struct xm_grant_active){
            .pin = e->pin,
            .domid = e->domid,
            .start = e->start,
            .is_sub_page = e->is_sub_page,
            .length = e->length,
            .trans_domid = (xm_domid)word_at(s, e->trans_domain),
            .trans_gref = e->trans_gref,
            .mfn = e->mfn,
        };
    }
}

/* The lists' ends: a head is what no other free handle comes before. */
static void find_lists(struct xm_domain *d, const struct xm_grant_mapping *m,
                       uint32_t n)
{
    for (uint32_t i = 0; i < XM_MAX_VCPUS; i++) {
        struct xm_vcpu *v = &d->vcpu[i];

        v->maptrack_head = v->maptrack_tail = XM_MAPTRACK_TAIL;
        for (uint32_t h = 0; h < n; h++) {
            bool first = true;

            if (m[h].flags != 0 || m[h].vcpu != i)
                continue;
            if (m[h].ref == XM_MAPTRACK_TAIL)
                v->maptrack_tail = h;
            for (uint32_t k = 0; k < n && first; k++)
                first = m[k].flags != 0 || m[k].vcpu != i || m[k].ref != h;
            if (first)
                v->maptrack_head = h;
        }
    }
}

static void export_maptrack(const struct shim *s, const struct grant_table *t,
                            struct xm_domain *d, struct xm_grant_mapping *to)
{
    for (uint32_t h = 0; h < t->maptrack_limit; h++) {
        const struct mapping *m = mapping_at(s, t, h);

        if (m)
            to[h] = (struct xm_grant_mapping){ .ref = m->ref,
                                               .flags = m->flags,
                                               .domid = m->domid,
                                               .vcpu = m->vcpu };
    }
    find_lists(d, to, t->maptrack_limit);
}

static struct xm_grant_table sizes_of(const struct grant_table *t)
{
    return (struct xm_grant_table){
        .version = t->version,
        .max_version = t->max_version,
        .max_frames = t->max_frames,
        .nr_frames = t->nr_frames,
        .nr_status_frames = t->nr_status_frames,
        .nr_v2_ops = t->nr_v2_ops,
        .max_maptrack_frames = t->max_maptrack_frames,
        .maptrack_limit = t->maptrack_limit,
    };
}

int shim__read_grants(struct shim_domain *d, struct pvt_grants *to)
{
    const struct grant_table *t = find_table(d);

    *to = (struct pvt_grants){ .table = { 0 } };
    if (!t)
        return -1;
    to->table = sizes_of(t);
    if (t->nr_frames * XM_GRANTS_PER_FRAME_V1 > PVT_MAX_GRANTS)
        return shim__fail(d->shim, "domain %u has %u grant frames", d->domid,
                          t->nr_frames);
    export_active(d->shim, t, to->active);
    return 0;
}

int shim__export_grants(struct shim_domain *d, struct xm_machine *m,
                        uint64_t *ram)
{
    const struct shim *s = d->shim;
    const struct xm_config *config = xm_machine_config(m);
    struct xm_domain *to = xm_domain_find(m, d->domid);
    const struct grant_table *t;

    if (s->backend.without_grants)
        return 0;
    t = find_table(d);
    if (!t) {
        /* Another build of that version, as one with debugging on. */
        d->shim->backend.without_grants = true;
        return 0;
    }
    if (t->max_frames > config->max_grant_frames ||
        t->max_maptrack_frames > config->max_maptrack_frames)
        return shim__fail(d->shim,
                          "domain %u may have %u grant frames and %u of "
                          "handles, the model has room for %u and %u",
                          d->domid, t->max_frames, t->max_maptrack_frames,
                          config->max_grant_frames,
                          config->max_maptrack_frames);
    to->grant = sizes_of(t);
    export_frames(s, t->shared, t->nr_frames, xm_grant_shared_frames(m, to),
                  ram);
    export_frames(s, t->status, t->nr_status_frames,
                  xm_grant_status_frames(m, to), ram);
    list_frames(s, t->active, XM_ACTIVE_FRAMES(t->nr_frames),
                xm_grant_active_frames(m, to));
    list_frames(s, t->maptrack, t->maptrack_limit / XM_MAPTRACK_PER_FRAME,
                xm_grant_maptrack_frames(m, to));
    export_active(s, t, xm_grant_active(m, to));
    export_maptrack(s, t, to, xm_grant_maptrack(m, to));
    return 0;
}

int shim__count_grants(struct shim *s, struct shim_grants *g)
{
    for (uint32_t i = 0; i < SHIM_DOMAINS; i++) {
        const struct grant_table *t;

        if (!s->domains[i].exists)
            continue;
        t = find_table(&s->domains[i]);
        if (!t)
            return -1;
        g->frames[i] = t->nr_frames;
        g->maptrack_frames[i] = t->maptrack_limit / XM_MAPTRACK_PER_FRAME;
        g->status_frames[i] = t->nr_status_frames;
    }
    return 0;
}

static void add_frames(const struct shim *s, uint64_t array, uint32_t first,
                       uint32_t n, struct pvt_outcome *out)
{
    for (uint32_t i = first; i < n && out->nr_alloc < PVT_MAX_ALLOC; i++)
        out->alloc[out->nr_alloc++] = page_mfn(s, array, i);
}

int shim__new_grants(struct shim *s, const struct shim_grants *before,
                     struct pvt_outcome *out)
{
    for (uint32_t i = 0; i < SHIM_DOMAINS; i++) {
        const struct grant_table *t;

        if (!s->domains[i].exists)
            continue;
        t = find_table(&s->domains[i]);
        if (!t)
            return -1;
        add_frames(s, t->active, XM_ACTIVE_FRAMES(before->frames[i]),
                   XM_ACTIVE_FRAMES(t->nr_frames), out);
        add_frames(s, t->shared, before->frames[i], t->nr_frames, out);
        add_frames(s, t->status, before->status_frames[i], t->nr_status_frames,
                   out);
        add_frames(s, t->maptrack, before->maptrack_frames[i],
                   t->maptrack_limit / XM_MAPTRACK_PER_FRAME, out);
    }
    return 0;
}

static bool is_pinned(const struct shim *s, const struct grant_table *t)
{
    for (uint32_t i = 0; i < t->nr_frames * XM_GRANTS_PER_FRAME_V1; i++) {
        const struct active_entry *e = active_at(s, t, i);

        if (e && e->pin != 0)
            return true;
    }
    return false;
}

static bool maps_anything(const struct shim *s, const struct grant_table *t)
{
    for (uint32_t h = 0; h < t->maptrack_limit; h++) {
        const struct mapping *m = mapping_at(s, t, h);

        if (m && m->flags != 0)
            return true;
    }
    return false;
}

int shim__clear_grants(struct shim_domain *d)
{
    const struct shim *s = d->shim;
    const struct grant_table *t;

    if (s->backend.without_grants)
        return 0;
    t = find_table(d);
    if (!t)
        return -1;
    if (t->version != 1 || t->nr_v2_ops != 0 || is_pinned(s, t) ||
        maps_anything(s, t)) {
        (void)shim__fail(d->shim,
                         "domain %u is left with grants in use, or with "
                         "version 2: that cannot be undone from outside",
                         d->domid);
        return 1;
    }
    for (uint32_t i = 0; i < t->nr_frames; i++)
        memset(shim__page(s, page_mfn(s, t->shared, i)), 0, XM_PAGE_SIZE);
    return d->domid != 0 && t->nr_frames > 1; /* it began with one */
}
