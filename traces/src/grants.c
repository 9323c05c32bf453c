/* SPDX-License-Identifier: MIT
 *
 * Comparing what the machines keep of each domain's grant table: its sizes and
 * version, and how every entry is in use. What the guest sees of it is in the
 * frames that they share.
 */
#include "run.h"

#include <string.h>

struct place {
    xm_domid domid;
    uint32_t ref;
};

static void compare(struct run *r, struct place at, const char *what,
                    uint64_t model, uint64_t other)
{
    struct pvt_difference *d;

    if (model == other)
        return;
    d = run_differ(r, PVT_KIND_GRANTS, "model", model,
                   run_side_name(r, SIDE_OTHER), other);
    snprintf(d->detail, sizeof(d->detail), "domain %u, entry %u: %s", at.domid,
             at.ref, what);
}

static void compare_entry(struct run *r, struct place at,
                          const struct xm_grant_active *a,
                          const struct xm_grant_active *b)
{
    compare(r, at, "pin counts", a->pin, b->pin);
    if (a->pin == 0 || b->pin == 0)
        return;
    compare(r, at, "used by", a->domid, b->domid);
    compare(r, at, "frame", a->mfn, b->mfn);
    compare(r, at, "start", a->start, b->start);
    compare(r, at, "length", a->length, b->length);
    compare(r, at, "part of a page", a->is_sub_page, b->is_sub_page);
    compare(r, at, "by way of domain", a->trans_domid, b->trans_domid);
    compare(r, at, "by way of entry", a->trans_gref, b->trans_gref);
}

static void compare_table(struct run *r, xm_domid domid,
                          const struct xm_grant_table *a,
                          const struct xm_grant_table *b)
{
    const struct place at = { domid, 0 };

    compare(r, at, "version", a->version, b->version);
    compare(r, at, "frames", a->nr_frames, b->nr_frames);
    compare(r, at, "most frames", a->max_frames, b->max_frames);
    compare(r, at, "status frames", a->nr_status_frames, b->nr_status_frames);
    compare(r, at, "copies of version 2", a->nr_v2_ops, b->nr_v2_ops);
    compare(r, at, "handles", a->maptrack_limit, b->maptrack_limit);
}

static int compare_domain(struct run *r, xm_domid domid)
{
    const struct pvt_grants *a = &r->grants[SIDE_MODEL];
    const struct pvt_grants *b = &r->grants[SIDE_OTHER];

    for (enum side s = SIDE_MODEL; s < NR_SIDES; s++)
        if (r->sides[s]->ops->read_grants(r->sides[s], domid, &r->grants[s]) !=
            0)
            return -1;
    compare_table(r, domid, &a->table, &b->table);
    for (uint32_t ref = 0; ref < PVT_MAX_GRANTS; ref++)
        compare_entry(r, (struct place){ domid, ref }, &a->active[ref],
                      &b->active[ref]);
    return 0;
}

int run_compare_grants(struct run *r)
{
    const struct pvt_backend *other = r->sides[SIDE_OTHER];

    if (!other || other->without_grants)
        return 0;
    for (uint32_t i = 0; i < r->trace->nr_domains; i++)
        if (compare_domain(r, r->trace->domains[i].domid) != 0)
            return -1;
    return 0;
}
