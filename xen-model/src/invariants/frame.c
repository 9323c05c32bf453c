/* SPDX-License-Identifier: MIT
 *
 * What a frame says of itself: a possible combination (FRM-51 to FRM-58), an
 * owner as long as something refers to it (INV-14), and the counts that the
 * recount comes to (INV-01 to INV-06, INV-08, INV-20).
 */
#include "invariants.h"

static void violated(struct check *k, xm_mfn mfn, const char *invariant,
                     const char *sentence, uint64_t expected, uint64_t actual)
{
    xm__violated(k, invariant, sentence, mfn, XM_NO_SLOT, expected, actual);
}

static void check_table_state(struct check *k, xm_mfn mfn,
                              const struct xm_frame *f)
{
    const uint64_t x = f->type_info;
    const uint64_t live = x & (XM_PGT_VALIDATED | XM_PGT_PARTIAL);

    if ((x & XM_PGT_PARTIAL) && xm__count(f) != 1)
        violated(k, mfn, "FRM-56", "a partial table has the flag's T alone", 1,
                 xm__count(f));
    else if ((x & XM_PGT_PINNED) && xm__count(f) == 0)
        violated(k, mfn, "FRM-57", "what is pinned has a T", 1, 0);
    else if (live == (XM_PGT_VALIDATED | XM_PGT_PARTIAL))
        violated(k, mfn, "FRM-58", "validated in part, or entirely",
                 x & ~XM_PGT_PARTIAL, x);
    else if (xm_pgt_level(x) != 0 && xm__count(f) == 0 && live)
        violated(k, mfn, "FRM-51", "an idle table is not validated", 0, x);
    else if (live == 0 && xm__count(f) != 0 && (x & XM_PGT_TYPE_MASK))
        violated(k, mfn, "FRM-52", "what is in use was validated",
                 x | XM_PGT_VALIDATED, x);
    else if (live == XM_PGT_PARTIAL && f->nr_validated > XM_ENTRIES)
        violated(k, mfn, "FRM-55", "a table has 512 entries", XM_ENTRIES,
                 f->nr_validated);
}

/* T by what the type is for. That it is at most C (FRM-59) follows. */
static void check_type_count(struct check *k, xm_mfn mfn,
                             const struct xm_frame *f)
{
    /* Xen's own use of what it shares. */
    const uint64_t fixed = (f->count_info & XM_PGC_XEN_HEAP) ? 1 : 0;
    const struct recount *r = &k->r[mfn];
    const unsigned int level = xm_pgt_level(f->type_info);
    const char *invariant = level == 4 ? "INV-04" : "INV-03";
    const char *sentence = "T is the number of uses as a table";
    uint64_t expected = r->type + ((f->type_info & XM_PGT_PINNED) ? 1u : 0u) +
                        ((f->type_info & XM_PGT_PARTIAL) ? 1u : 0u);

    switch (f->type_info & XM_PGT_TYPE_MASK) {
    case XM_PGT_NONE:
        invariant = "INV-20";
        sentence = "no type, no type count";
        expected = 0;
        break;
    case XM_PGT_WRITABLE:
        invariant = "INV-02";
        sentence = "T is the number of writable mappings";
        expected = r->writable + fixed;
        break;
    case XM_PGT_SEG_DESC:
        invariant = "INV-05";
        sentence = "T is the number of uses as descriptors";
        break;
    default:
        break;
    }
    if (xm__count(f) != expected)
        violated(k, mfn, invariant, sentence, expected, xm__count(f));
}

static void check_general(struct check *k, xm_mfn mfn, const struct xm_frame *f)
{
    const uint64_t count = f->count_info & XM_PGC_COUNT_MASK;
    const uint64_t expected = k->r[mfn].general +
                              ((f->count_info & XM_PGC_ALLOCATED) ? 1u : 0u) +
                              ((f->type_info & XM_PGT_PINNED) ? 1u : 0u) +
                              ((f->type_info & XM_PGT_PARTIAL) ? 1u : 0u);

    if (count != expected)
        violated(k, mfn, "INV-01", "C is the sum of all references", expected,
                 count);
}

static void check_counts(struct check *k, xm_mfn mfn, const struct xm_frame *f)
{
    const struct recount *r = &k->r[mfn];

    if (r->writable != 0 && xm__is_protected(f))
        violated(k, mfn, "INV-06",
                 "no table or descriptor page in use is mapped writable", 0,
                 r->writable);
    check_general(k, mfn, f);
    check_type_count(k, mfn, f);
    if (xm_pgt_level(f->type_info) != 0 && xm__count(f) != 0 &&
        r->linear != f->linear_count)
        violated(k, mfn, "INV-08", "linear entries are counted",
                 (uint64_t)(int64_t)r->linear,
                 (uint64_t)(int64_t)f->linear_count);
}

/* Free, or Xen's own. */
static void check_unowned(struct check *k, xm_mfn mfn, const struct xm_frame *f)
{
    const struct recount *r = &k->r[mfn];
    const uint64_t count = f->count_info & XM_PGC_COUNT_MASK;

    if (r->general != 0)
        violated(k, mfn, "INV-14", "what is free is not referred to", 0,
                 r->general);
    else if (count != 0)
        violated(k, mfn, "INV-14", "what is referred to has an owner", 0,
                 count);
}

static void check_owned(struct check *k, xm_mfn mfn, const struct xm_frame *f,
                        const struct xm_domain *d)
{
    const bool heap = f->count_info & XM_PGC_XEN_HEAP;

    if ((f->count_info & XM_PGC_COUNT_MASK) == 0 && !heap)
        violated(k, mfn, "INV-14", "what nothing refers to is free", 1, 0);
    if (!(f->count_info & (XM_PGC_XEN_HEAP | XM_PGC_EXTRA)))
        k->owned[d - k->c->machine->domains]++;
    check_table_state(k, mfn, f);
    check_counts(k, mfn, f);
}

/* Allocated and nothing else: no use of any kind, claimed or counted. */
static bool is_idle(const struct check *k, xm_mfn mfn, const struct xm_frame *f)
{
    const struct recount *r = &k->r[mfn];

    return f->count_info == (XM_PGC_ALLOCATED | 1) &&
           (f->type_info & ~XM_PGT_TYPE_MASK) == 0 &&
           (r->general | r->type | r->writable) == 0;
}

void xm__check_frames(struct check *k)
{
    const struct xm_frame *const frames = xm__frames(k->c->machine);
    const struct xm_domain *d = NULL; /* the owner of the last frame */

    for (xm_mfn mfn = 0; mfn < k->nr_frames && !k->v.found; mfn++) {
        const struct xm_frame *f = &frames[mfn];

        if (f->owner == XM_DOMID_NONE) {
            check_unowned(k, mfn, f);
        } else if (f->owner == DOMID_XEN) {
            check_general(k, mfn, f);
        } else if (f->owner < DOMID_FIRST_RESERVED) {
            if (!d || d->domid != f->owner)
                d = xm_domain_find(k->c->machine, f->owner);
            if (!d || d->dying == XM_DYING)
                continue; /* it is being taken to pieces */
            if (is_idle(k, mfn, f))
                k->owned[d - k->c->machine->domains]++;
            else
                check_owned(k, mfn, f, d);
        } /* else dom_io's, which have no counts */
    }
}
