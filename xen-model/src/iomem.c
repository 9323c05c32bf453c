/* SPDX-License-Identifier: MIT
 *
 * Rights to memory-mapped I/O. Mirrors iomem_access_permitted(),
 * iomem_permit_access(), iomem_deny_access(). Rules L1-03, PRV-02, PRV-16,
 * OTH-10.
 */
#include "internal.h"

bool xm__in_ranges(const struct xm_mfn_range ranges[XM_MAX_RANGES], xm_mfn mfn)
{
    for (unsigned int i = 0; i < XM_MAX_RANGES; i++)
        if (ranges[i].last != 0 && mfn >= ranges[i].first &&
            mfn <= ranges[i].last)
            return true;
    return false;
}

/* A null D is dom_io or dom_xen, which have rights to nothing themselves. */
bool xm__iomem_access(const struct xm_machine *m, const struct xm_domain *d,
                      xm_mfn mfn)
{
    if (!d)
        return false;
    return xm__in_ranges(d->iomem, mfn) ||
           (d->privileged && mfn < m->config.iomem_limit &&
            !xm__in_ranges(m->config.iomem_denied, mfn));
}

bool xm__has_iomem(const struct xm_domain *d)
{
    for (unsigned int i = 0; i < XM_MAX_RANGES; i++)
        if (d->iomem[i].last != 0)
            return true;
    return false;
}

/* Of dom0, which has all rights but some. */
bool xm__iomem_access_range(const struct xm_machine *m,
                            const struct xm_domain *d, struct xm_mfn_range r)
{
    const struct xm_mfn_range *denied = m->config.iomem_denied;

    if (!d->privileged || r.last >= m->config.iomem_limit)
        return false;
    for (unsigned int i = 0; i < XM_MAX_RANGES; i++)
        if (denied[i].last != 0 && r.first <= denied[i].last &&
            r.last >= denied[i].first)
            return false;
    return true;
}

static bool add(struct xm_domain *d, struct xm_mfn_range r)
{
    for (unsigned int i = 0; i < XM_MAX_RANGES; i++)
        if (d->iomem[i].last == 0) {
            d->iomem[i] = r;
            return true;
        }
    return false;
}

/* What is left of a range lies below R, above it, or on both sides. */
bool xm__deny_iomem(struct xm_domain *d, struct xm_mfn_range r)
{
    bool ok = true;

    for (unsigned int i = 0; i < XM_MAX_RANGES; i++) {
        struct xm_mfn_range *const x = &d->iomem[i];
        const struct xm_mfn_range was = *x;

        if (was.last == 0 || r.last < was.first || r.first > was.last)
            continue;
        *x = (struct xm_mfn_range){ .last = 0 };
        if (was.first < r.first)
            ok = add(d, (struct xm_mfn_range){ was.first, r.first - 1 });
        if (was.last > r.last)
            ok = add(d, (struct xm_mfn_range){ r.last + 1, was.last }) && ok;
    }
    return ok;
}

bool xm__permit_iomem(struct xm_domain *d, struct xm_mfn_range r)
{
    d->had_hardware = true;
    return xm__deny_iomem(d, r) && add(d, r);
}
