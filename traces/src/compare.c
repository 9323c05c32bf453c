/* SPDX-License-Identifier: MIT
 *
 * The model against the other machine: answers, entries, frame states.
 */
#include "run.h"

#include <string.h>

static void compare(struct run *r, enum pvt_kind kind,
                    const struct pvt_watched *w, uint32_t slot, uint64_t model,
                    uint64_t other)
{
    struct pvt_difference *d;

    if (model == other)
        return;
    d = run_differ(r, kind, "model", model, run_side_name(r, SIDE_OTHER),
                   other);
    d->slot = slot;
    if (w) {
        snprintf(d->frame, sizeof(d->frame), "%s", w->name);
        d->mfn = w->mfn;
    }
}

void run_compare_outcomes(struct run *r, enum pvt_call call,
                          const struct pvt_outcome *a,
                          const struct pvt_outcome *b)
{
    if (pvt_is_access(call) || a->vector || b->vector) {
        compare(r, PVT_KIND_FAULT, NULL, PVT_NO_SLOT, a->vector, b->vector);
        if (a->vector && a->vector == b->vector) {
            compare(r, PVT_KIND_ERROR_CODE, NULL, PVT_NO_SLOT, a->error_code,
                    b->error_code);
            compare(r, PVT_KIND_CR2, NULL, PVT_NO_SLOT, a->cr2, b->cr2);
        } else if (pvt_is_load(call) && !a->vector && !b->vector) {
            compare(r, PVT_KIND_VALUE, NULL, PVT_NO_SLOT, a->value, b->value);
        }
        return;
    }
    compare(r, PVT_KIND_RC, NULL, PVT_NO_SLOT, (uint64_t)a->rc,
            (uint64_t)b->rc);
    if (call == PVT_MMU_UPDATE || call == PVT_MMUEXT_OP)
        compare(r, PVT_KIND_DONE, NULL, PVT_NO_SLOT, a->done, b->done);
}

void run_compare_arguments(struct run *r, const uint8_t *a, const uint8_t *b,
                           uint32_t size)
{
    for (uint32_t i = 0; i < size; i += 8) {
        const uint32_t n = size - i < 8 ? size - i : 8;
        uint64_t x = 0, y = 0;

        memcpy(&x, a + i, n);
        memcpy(&y, b + i, n);
        if (x == y)
            continue;
        snprintf(run_differ(r, PVT_KIND_ARGUMENT, "model", x,
                            run_side_name(r, SIDE_OTHER), y)
                     ->detail,
                 100, "argument bytes from %u", i);
    }
}

static bool is_free(const struct xm_frame *f)
{
    return (f->count_info & XM_PGC_STATE_MASK) == XM_PGC_STATE_FREE;
}

/*
 * The small fields share their bytes with the time stamp of TLB flushes: they
 * mean something in a live table only.
 */
static bool has_linear_count(const struct xm_frame *f)
{
    return xm_pgt_level(f->type_info) != 0 &&
           (f->type_info & XM_PGT_COUNT_MASK) != 0;
}

/*
 * Of a table that is validated in whole these are left over from when Xen was
 * last interrupted while it did that, which is a matter of the clock.
 */
static bool has_progress(const struct xm_frame *f)
{
    return has_linear_count(f) && (f->type_info & XM_PGT_PARTIAL);
}

bool pvt_frames_agree(const struct xm_frame *a, const struct xm_frame *b)
{
    /* Of a free frame, the rest of these words is the allocator's. */
    if (is_free(a) && is_free(b))
        return true;
    if (a->count_info != b->count_info || a->type_info != b->type_info)
        return false;
    if (has_linear_count(a) && a->linear_count != b->linear_count)
        return false;
    return !has_progress(a) || (a->nr_validated == b->nr_validated &&
                                a->partial_set == b->partial_set);
}

static void compare_frame(struct run *r, const struct pvt_watched *w)
{
    const struct xm_frame *a = &w->model, *b = &w->other;

    if (pvt_frames_agree(a, b))
        return;
    compare(r, PVT_KIND_COUNT_INFO, w, PVT_NO_SLOT, a->count_info,
            b->count_info);
    compare(r, PVT_KIND_TYPE_INFO, w, PVT_NO_SLOT, a->type_info, b->type_info);
    if (a->type_info != b->type_info || !has_linear_count(a))
        return;
    compare(r, PVT_KIND_LINEAR, w, PVT_NO_SLOT,
            (uint64_t)(int64_t)a->linear_count,
            (uint64_t)(int64_t)b->linear_count);
    if (!has_progress(a))
        return;
    compare(r, PVT_KIND_NR_VALIDATED, w, PVT_NO_SLOT, a->nr_validated,
            b->nr_validated);
    compare(r, PVT_KIND_PARTIAL, w, PVT_NO_SLOT, a->partial_set,
            b->partial_set);
}

/* Xen keeps something of its own there, which is not modelled. */
static bool is_private(const struct xm_frame *f)
{
    return f->owner == XM_DOMID_NONE && !is_free(f);
}

/* A vcpu_info is in it: Xen writes time and events there. */
static bool is_info_frame(const struct run *r, xm_mfn mfn)
{
    struct xm_machine *m = pvt_model_cpu(r->sides[SIDE_MODEL])->machine;

    for (uint32_t i = 0; i < XM_MAX_DOMAINS; i++) {
        const struct xm_domain *d = xm_domain_at(m, i);

        for (uint32_t n = 0; d && n < XM_MAX_VCPUS; n++)
            if (d->vcpu[n].has_info && d->vcpu[n].info_frame == mfn)
                return true;
    }
    return false;
}

static int compare_entries(struct run *r, uint32_t page)
{
    const struct pvt_watched *w = &r->watched[page];
    const uint64_t *words[NR_SIDES];

    for (enum side s = SIDE_MODEL; s < NR_SIDES; s++) {
        words[s] = r->sides[s]->ops->page(r->sides[s], w->mfn);
        if (!words[s])
            return -1;
    }
    if (memcmp(words[SIDE_MODEL], words[SIDE_OTHER], XM_PAGE_SIZE) == 0 ||
        is_info_frame(r, w->mfn))
        return 0;
    for (uint32_t i = 0; i < XM_ENTRIES; i++)
        compare(r, PVT_KIND_ENTRY, w, i, words[SIDE_MODEL][i],
                words[SIDE_OTHER][i]);
    return 0;
}

static bool is_table(const struct xm_frame *f)
{
    return (f->type_info & XM_PGT_COUNT_MASK) != 0 &&
           ((f->type_info & XM_PGT_TYPE_MASK) == XM_PGT_SEG_DESC ||
            xm_pgt_level(f->type_info) != 0);
}

/*
 * Of big traces, reading all pages after each step would take a second: of
 * those that are no tables and that the step does not name, so many are looked
 * at, by turns, and all of them at the end.
 */
static void take_turns(struct run *r)
{
    const uint32_t n = r->trace->nr_pages;
    const bool all = n <= PVT_MANY_PAGES || r->whole;
    const uint32_t first =
        all ? 0 : (uint32_t)((uint64_t)r->step * PVT_BY_TURNS % n);

    for (uint32_t i = 0; i < (all ? n : PVT_BY_TURNS); i++)
        run_mark(r->read, (first + i) % n);
}

static void mark_named(struct run *r)
{
    const struct pvt_step *s = r->current;

    for (uint32_t i = 0; s && i < s->count; i++) {
        const struct pvt_frame_ref *ref =
            s->updates ? &s->updates[i].slot.frame : &s->exts[i].arg1.frame;

        if (ref->kind == PVT_FRAME_PAGE)
            run_mark(r->read, ref->page);
    }
}

static void mark_dirty(struct run *r)
{
    if (r->changes)
        changes_find(r->changes, r, r->dirty);
    for (uint32_t i = 0; (!r->changes || r->whole) && i < r->nr_watched; i++)
        run_mark(r->dirty, i);
}

static int look_at_state(struct run *r, uint32_t i)
{
    struct pvt_backend *model = r->sides[SIDE_MODEL];
    struct pvt_backend *other = r->sides[SIDE_OTHER];
    struct pvt_watched *w = &r->watched[i];

    if (model->ops->read_frame(model, w->mfn, &w->model) != 0)
        return -1;
    if (!other)
        return 0;
    if (other->ops->read_frame(other, w->mfn, &w->other) != 0)
        return -1;
    compare_frame(r, w);
    r->tables[i / 64] &= ~(1ull << (i % 64));
    if (is_table(&w->model) || is_table(&w->other))
        run_mark(r->tables, i);
    return 0;
}

static int look_at(struct run *r, uint32_t i)
{
    const struct pvt_watched *w = &r->watched[i];

    if (w->mfn == PVT_NO_MFN)
        return 0;
    if (run_is_marked(r->dirty, i) && look_at_state(r, i) != 0)
        return -1;
    if (i >= r->trace->nr_pages || !r->sides[SIDE_OTHER] ||
        is_private(&w->other) ||
        !(run_is_marked(r->tables, i) || run_is_marked(r->read, i)))
        return 0;
    return compare_entries(r, i);
}

int run_compare_whole_state(struct run *r)
{
    r->whole = true;
    return run_compare_state(r);
}

int run_compare_state(struct run *r)
{
    int rc = 0;

    mark_dirty(r);
    if (r->sides[SIDE_OTHER] && r->trace->nr_pages != 0) {
        take_turns(r);
        mark_named(r);
    }
    for (uint32_t at = 0; rc == 0 && at <= r->nr_watched / 64; at++) {
        uint64_t bits = r->dirty[at] | r->tables[at] | r->read[at];

        for (; rc == 0 && bits != 0; bits &= bits - 1)
            rc = look_at(r, at * 64 + (uint32_t)__builtin_ctzll(bits));
        r->dirty[at] = r->read[at] = 0;
    }
    return rc;
}

int run_compare_m2p(struct run *r)
{
    struct pvt_backend *model = r->sides[SIDE_MODEL];
    struct pvt_backend *other = r->sides[SIDE_OTHER];

    for (uint32_t i = 0; other && i < r->trace->nr_pages; i++) {
        uint64_t a, b;

        if (r->pages[i] == PVT_NO_MFN || r->trace->pages[i].value)
            continue;
        if (model->ops->read_m2p(model, r->pages[i], &a) != 0 ||
            other->ops->read_m2p(other, r->pages[i], &b) != 0)
            return -1;
        compare(r, PVT_KIND_M2P, &r->watched[i], PVT_NO_SLOT, a, b);
    }
    return 0;
}
