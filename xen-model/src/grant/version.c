/* SPDX-License-Identifier: MIT
 *
 * Changing the version of one's own table: the entries are written anew, the
 * first eight (xenstore's and the console's) keep what they say. Mirrors
 * gnttab_set_version(), swap_grant_ref(). Rules GNT-76..82, GNT-86.
 */
#include "grant.h"

#define STATUS_BITS (GTF_reading | GTF_writing)

struct reserved {
    union grant_entry_v2 entry;
    uint16_t status;
};

static bool in_use(struct xm_cpu *c, const struct xm_domain *d)
{
    for (uint32_t ref = GNTTAB_NR_RESERVED_ENTRIES;
         ref < xm__nr_grant_entries(d); ref++)
        if (xm__active_entry(c, d, ref)->pin != 0)
            return true;
    return false;
}

/* Entry REF of version 2 says nothing that version 1 cannot. */
static bool has_version_1(struct xm_cpu *c, const struct xm_domain *d,
                          uint32_t ref)
{
    union grant_entry_v2 e;

    xm__get_shared_entry(c, d, ref, &e);
    switch (e.hdr.flags & GTF_type_mask) {
    case GTF_permit_access:
        return e.full_page.frame >> 32 == 0;
    case GTF_transitive:
        return false;
    default:
        return true;
    }
}

/*
 * Version 1 goes over as it is, of version 2 only what permits access, with
 * all that is in the status word, which the guest can write.
 */
static struct reserved save(struct xm_cpu *c, const struct xm_domain *d,
                            uint32_t ref)
{
    struct reserved r;

    xm__get_shared_entry(c, d, ref, &r.entry);
    r.status = xm__get_grant_status(c, d, ref);
    if (d->grant.version == 1)
        r.status &= STATUS_BITS;
    else if ((r.entry.hdr.flags & GTF_type_mask) != GTF_permit_access)
        return (struct reserved){ .status = 0 };
    return r;
}

static void restore(struct xm_cpu *c, const struct xm_domain *d, uint32_t ref,
                    struct reserved r)
{
    if (d->grant.version == 1) {
        r.entry.hdr.flags |= r.status;
    } else {
        r.entry.hdr.flags &= (uint16_t)~STATUS_BITS;
        xm__set_grant_status(c, d, ref, r.status);
    }
    xm__set_shared_entry(c, d, ref, &r.entry);
}

/* The frames of the version that is left, and those of the next. */
static struct xm_result exchange_status_frames(struct xm_cpu *c,
                                               struct xm_domain *d)
{
    if (d->grant.version == 1)
        return xm__populate_status_frames(c, d, d->grant.nr_frames)
                   ? xm__ok()
                   : xm__deny(XM_R_GNT_VERSION_MEMORY, d->grant.nr_frames, 0);
    if (d->grant.nr_v2_ops != 0)
        return xm__deny(XM_R_GNT_VERSION_BUSY, d->grant.nr_v2_ops, 0);
    for (uint32_t ref = 0; ref < GNTTAB_NR_RESERVED_ENTRIES; ref++)
        if (!has_version_1(c, d, ref))
            return xm__deny(XM_R_GNT_VERSION_RANGE, ref, 0);
    return xm__ok();
}

static struct xm_result change(struct xm_cpu *c, struct xm_domain *d,
                               uint32_t version)
{
    struct reserved saved[GNTTAB_NR_RESERVED_ENTRIES];
    struct xm_result r;

    if (in_use(c, d))
        return xm__deny(XM_R_GNT_VERSION_IN_USE, version, 0);
    r = exchange_status_frames(c, d);
    if (r.rc != 0)
        return r;
    for (uint32_t ref = 0; ref < GNTTAB_NR_RESERVED_ENTRIES; ref++)
        saved[ref] = save(c, d, ref);
    if (version == 1 && !xm__unpopulate_status_frames(c, d))
        return xm__deny(XM_R_GNT_STATUS_MAPPED, version, 0);
    for (uint32_t i = 0; i < d->grant.nr_frames; i++)
        __builtin_memset(
            xm__ram_to_write(c, xm_grant_shared_frames(c->machine, d)[i]), 0,
            XM_PAGE_SIZE);
    d->grant.version = version;
    for (uint32_t ref = 0; ref < GNTTAB_NR_RESERVED_ENTRIES; ref++)
        restore(c, d, ref, saved[ref]);
    return xm__ok();
}

struct xm_result xm__set_grant_version(struct xm_cpu *c, uint32_t version)
{
    struct xm_domain *d = xm__domain(c);

    if (version != 1 && version != 2)
        return xm__deny(XM_R_GNT_VERSION, version, 0);
    if (version > d->grant.max_version)
        return xm__deny(XM_R_GNT_VERSION_MAX, version, d->grant.max_version);
    return version == d->grant.version ? xm__ok() : change(c, d, version);
}

int16_t xm__swap_grant_ref(struct xm_cpu *c, uint32_t a, uint32_t b)
{
    const struct xm_domain *d = xm__domain(c);
    union grant_entry_v2 ea, eb;
    uint16_t sa, sb;

    if (a >= xm__nr_grant_entries(d) || b >= xm__nr_grant_entries(d))
        return xm__grant_refuse(c, XM_R_GNT_REF, GNTST_bad_gntref);
    if (a == b)
        return GNTST_okay;
    if (xm__active_entry(c, d, a)->pin != 0 ||
        xm__active_entry(c, d, b)->pin != 0)
        return xm__grant_refuse(c, XM_R_GNT_SWAP_BUSY, GNTST_eagain);
    xm__get_shared_entry(c, d, a, &ea);
    xm__get_shared_entry(c, d, b, &eb);
    sa = xm__get_grant_status(c, d, a);
    sb = xm__get_grant_status(c, d, b);
    xm__set_shared_entry(c, d, a, &eb);
    xm__set_shared_entry(c, d, b, &ea);
    xm__set_grant_status(c, d, a, sb);
    xm__set_grant_status(c, d, b, sa);
    return GNTST_okay;
}
