/* SPDX-License-Identifier: MIT
 *
 * Frames that come and go: Xen's allocator as a domain sees it. Which frames
 * it delivers is a matter of the surroundings (struct xm_cpu). Mirrors
 * alloc_domheap_pages(), assign_pages(), free_domheap_pages(), steal_page().
 * Rules REF-07 to REF-16.
 */
#include "internal.h"

static bool is_free(const struct xm_cpu *c, xm_mfn first, uint64_t count)
{
    for (xm_mfn mfn = first; mfn < first + count; mfn++) {
        const struct xm_frame *f = xm__frame(c, mfn);

        if (!f || (f->count_info & XM_PGC_STATE_MASK) != XM_PGC_STATE_FREE)
            return false;
    }
    return true;
}

/* The lowest run of free frames below LIMIT, aligned to its size. */
static xm_mfn find_free(const struct xm_cpu *c, uint64_t count, xm_mfn limit)
{
    for (xm_mfn mfn = 0; mfn + count <= limit; mfn += count)
        if (is_free(c, mfn, count))
            return mfn;
    return XM_NO_MFN;
}

xm_mfn xm__alloc_pages(struct xm_cpu *c, unsigned int order, xm_mfn limit)
{
    const xm_mfn all = c->machine->config.nr_frames;
    const xm_mfn end = limit < all ? limit : all;
    const uint64_t count = 1ull << order;

    c->flushed |= XM_FLUSH_TYPE; /* TLB-24 */
    while (c->nr_alloc != 0) {
        const xm_mfn mfn = *c->alloc++;

        c->nr_alloc--;
        /* In an answer there are also frames that were there before. */
        if (mfn < end && end - mfn >= count && is_free(c, mfn, count))
            return mfn;
    }
    return find_free(c, count, end);
}

bool xm__assign_pages(struct xm_cpu *c, struct xm_domain *d, xm_mfn first,
                      unsigned int order)
{
    const uint64_t count = 1ull << order;

    /* REF-15 */
    if (first == XM_NO_MFN || d->dying || d->tot_pages + count > d->max_pages)
        return false;
    for (xm_mfn mfn = first; mfn < first + count; mfn++)
        xm_frame_assign(c->machine, mfn, d->domid);
    return true;
}

void xm__scrub(struct xm_cpu *c, xm_mfn mfn)
{
    const uint64_t *const words = xm__ram(c, mfn);

    /* Most are zero anyway, and a write is remembered. */
    for (unsigned int i = 0; i < XM_ENTRIES; i++) {
        if (words[i] == 0)
            continue;
        __builtin_memset(xm__ram_to_write(c, mfn), 0, XM_PAGE_SIZE);
        return;
    }
}

void xm__free_page(struct xm_cpu *c, xm_mfn mfn)
{
    const struct xm_frame *f = xm__frame(c, mfn);
    struct xm_domain *d = xm_domain_find(c->machine, f->owner);

    assert(d);
    /* REF-16: of what it shared Xen keeps the memory, and what it says. */
    if (!(f->count_info & XM_PGC_XEN_HEAP)) {
        assert(xm__count(f) == 0);
        d->tot_pages--;
        if (d->dying)
            xm__scrub(c, mfn);
        xm_frame_set_kind(c->machine, mfn, XM_FRAME_FREE);
    }
    xm__bury(c, d);
}

bool xm__is_stealable(const struct xm_cpu *c, const struct xm_domain *d,
                      xm_mfn mfn)
{
    const struct xm_frame *f = xm__frame(c, mfn);

    return f && f->owner == d->domid && f->count_info == (XM_PGC_ALLOCATED | 1);
}
