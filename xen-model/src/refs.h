/* SPDX-License-Identifier: MIT
 *
 * Frames, their words in RAM and their general references, inline: every entry
 * that is taken or dropped comes through here. Mirrors mfn_to_page(),
 * get_page(), put_page(). Rules REF-*. Part of internal.h.
 */
#ifndef XM_REFS_H
#define XM_REFS_H

static inline struct xm_frame *xm__frames(const struct xm_machine *m)
{
    return (struct xm_frame *)(uintptr_t)(m + 1);
}

static inline struct xm_frame *xm__frame(const struct xm_cpu *c, xm_mfn mfn)
{
    return mfn < c->machine->config.nr_frames ? &xm__frames(c->machine)[mfn]
                                              : NULL;
}

/* The same for a frame that is known to exist. */
static inline struct xm_frame *xm__mfn_to_page(const struct xm_cpu *c,
                                               xm_mfn mfn)
{
    assert(mfn < c->machine->config.nr_frames);
    return &xm__frames(c->machine)[mfn];
}

/* The words of a frame in guest RAM. */
static inline const uint64_t *xm__ram(const struct xm_cpu *c, xm_mfn mfn)
{
    return c->ram + mfn * XM_ENTRIES;
}

/* MFN's words are about to change: snapshots hear of it. */
static inline void xm__write_ram(const struct xm_cpu *c, xm_mfn mfn)
{
    xm_mark_written(c, mfn);
}

static inline uint64_t *xm__ram_to_write(const struct xm_cpu *c, xm_mfn mfn)
{
    return xm_ram_to_write(c, mfn);
}

static inline uint64_t xm__count(const struct xm_frame *f)
{
    return f->type_info & XM_PGT_COUNT_MASK;
}

/* One more general reference whoever the owner is; false: there is none. */
static inline bool xm__page_get_owner_and_reference(struct xm_frame *f)
{
    const uint64_t count = f->count_info & XM_PGC_COUNT_MASK;

    /* 0: free or Xen's own. One value below the maximum stays in reserve. */
    if (((count + 2) & XM_PGC_COUNT_MASK) <= 2)
        return false;
    f->count_info++;
    return true;
}

/*
 * The same where F is a domain's ordinary RAM: allocated (one of the counted
 * references), no other flag. False: it is not, or there is none; nothing was
 * done.
 */
static inline bool xm__get_ram_page(struct xm_frame *f)
{
    const unsigned int count_bits = 57;

    if ((f->count_info + 2) >> count_bits != XM_PGC_ALLOCATED >> count_bits)
        return false;
    f->count_info++;
    return true;
}

/* The frame MFN if OWNER owns it, with one more general reference, or NULL. */
static inline struct xm_frame *xm__get_page_from_mfn(const struct xm_cpu *c,
                                                     xm_mfn mfn, xm_domid owner)
{
    struct xm_frame *f = xm__frame(c, mfn);

    if (!f || f->owner != owner || !xm__page_get_owner_and_reference(f))
        return NULL;
    return f;
}

/* The last reference of MFN is gone. */
XM_COLD void xm__free_page(struct xm_cpu *c, xm_mfn mfn);

static inline void xm__put_page(struct xm_cpu *c, xm_mfn mfn)
{
    struct xm_frame *f = xm__mfn_to_page(c, mfn);

    assert((f->count_info & XM_PGC_COUNT_MASK) != 0);
    f->count_info--;
    if ((f->count_info & XM_PGC_COUNT_MASK) == 0)
        xm__free_page(c, mfn);
}

/* What was allocated is given back; once is enough (REF-08). */
static inline void xm__put_page_alloc_ref(struct xm_cpu *c, xm_mfn mfn)
{
    struct xm_frame *f = xm__mfn_to_page(c, mfn);

    if (!(f->count_info & XM_PGC_ALLOCATED))
        return;
    f->count_info &= ~XM_PGC_ALLOCATED;
    xm__put_page(c, mfn);
}

#endif
