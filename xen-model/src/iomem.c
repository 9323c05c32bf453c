/* SPDX-License-Identifier: MIT
 *
 * Rights to memory-mapped I/O. Mirrors iomem_access_permitted(),
 * iomem_permit_access(), iomem_deny_access(). Rules L1-03, PRV-02, PRV-16,
 * OTH-10.
 */
#include "internal.h"

static bool overlap(const struct xm_mfn_range ranges[XM_MAX_RANGES],
                    struct xm_mfn_range r)
{
    for (unsigned int i = 0; i < XM_MAX_RANGES; i++)
        if (r.first < ranges[i].end && r.end > ranges[i].first)
            return true;
    return false;
}

bool xm__in_ranges(const struct xm_mfn_range ranges[XM_MAX_RANGES], xm_mfn mfn)
{
    return overlap(ranges, (struct xm_mfn_range){ mfn, mfn + 1 });
}

/* Of dom0: all that there is, but for what even it may not have. */
static bool dom0_has(const struct xm_machine *m, const struct xm_domain *d,
                     struct xm_mfn_range r)
{
    return r.first < r.end && r.end <= m->config.iomem_limit &&
           !overlap(m->config.iomem_denied, r) && !overlap(d->iomem, r);
}

/* A null D is dom_io or dom_xen, which have rights to nothing themselves. */
bool xm__iomem_access(const struct xm_machine *m, const struct xm_domain *d,
                      xm_mfn mfn)
{
    if (!d)
        return false;
    return d->privileged ? dom0_has(m, d, (struct xm_mfn_range){ mfn, mfn + 1 })
                         : xm__in_ranges(d->iomem, mfn);
}

bool xm__has_iomem(const struct xm_domain *d)
{
    for (unsigned int i = 0; i < XM_MAX_RANGES; i++)
        if (d->iomem[i].end != 0)
            return true;
    return false;
}

bool xm__iomem_access_range(const struct xm_machine *m,
                            const struct xm_domain *d, struct xm_mfn_range r)
{
    return d->privileged && dom0_has(m, d, r);
}

static bool add(struct xm_domain *d, struct xm_mfn_range r)
{
    for (unsigned int i = 0; i < XM_MAX_RANGES; i++)
        if (d->iomem[i].end == 0) {
            d->iomem[i] = r;
            return true;
        }
    return false;
}

/* What is left of a range lies below R, above it, or on both sides. */
static bool cut(struct xm_domain *d, struct xm_mfn_range r)
{
    bool ok = true;

    for (unsigned int i = 0; i < XM_MAX_RANGES; i++) {
        struct xm_mfn_range *const x = &d->iomem[i];
        const struct xm_mfn_range was = *x;

        if (r.end <= was.first || r.first >= was.end)
            continue;
        *x = (struct xm_mfn_range){ .end = 0 };
        if (was.first < r.first)
            ok = add(d, (struct xm_mfn_range){ was.first, r.first });
        if (was.end > r.end)
            ok = add(d, (struct xm_mfn_range){ r.end, was.end }) && ok;
    }
    return ok;
}

/* Only dom0 takes rights from dom0, and can never give them back. */
bool xm__deny_iomem(struct xm_domain *d, struct xm_mfn_range r)
{
    return cut(d, r) && (!d->privileged || add(d, r));
}

bool xm__permit_iomem(struct xm_domain *d, struct xm_mfn_range r)
{
    if (d->privileged)
        return true; /* who gives them has them */
    d->had_hardware = true;
    return cut(d, r) && add(d, r);
}
