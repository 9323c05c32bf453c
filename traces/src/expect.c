/* SPDX-License-Identifier: MIT
 *
 * What a trace says will happen, against what did.
 */
#include "run.h"

static void expect(struct run *r, enum pvt_kind kind, enum side side,
                   uint64_t expected, uint64_t got)
{
    if (expected != got)
        run_differ(r, kind, "expected", expected, run_side_name(r, side), got);
}

static void expect_access(struct run *r, const struct pvt_expect *e,
                          enum side side, const struct pvt_outcome *got)
{
    const uint32_t vector = e->kind == PVT_EXPECT_FAULT ? e->vector : 0;

    expect(r, PVT_KIND_FAULT, side, vector, got->vector);
    if (vector != got->vector)
        return;
    if (vector)
        expect(r, PVT_KIND_ERROR_CODE, side, e->error_code, got->error_code);
    if (e->has_at)
        expect(r, PVT_KIND_CR2, side, run_va(e->at), got->cr2);
    if (e->kind == PVT_EXPECT_VALUE)
        expect(r, PVT_KIND_VALUE, side, run_entry(r, &e->value), got->value);
    if (e->by != XM_R_NONE && side == SIDE_MODEL &&
        !xm_rule_set_has(&got->fired, e->by))
        expect(r, PVT_KIND_BY, side, e->by, got->why.rule);
}

void run_expect(struct run *r, const struct pvt_expect *e, enum side side,
                const struct pvt_outcome *got)
{
    if (e->kind != PVT_EXPECT_RC || got->vector == PVT_CRASH) {
        expect_access(r, e, side, got);
        return;
    }
    if (!e->any)
        expect(r, PVT_KIND_RC, side, (uint64_t)e->rc, (uint64_t)got->rc);
    if (e->has_done)
        expect(r, PVT_KIND_DONE, side, e->done, got->done);
    /* Actual Xen gives no reasons. A success has no deciding rule. */
    if (e->by == XM_R_NONE || side != SIDE_MODEL ||
        (e->rc == 0 && xm_rule_set_has(&got->fired, e->by)))
        return;
    expect(r, PVT_KIND_BY, side, e->by, got->why.rule);
}

static void expect_type(struct run *r, const struct pvt_final *f,
                        enum side side, uint64_t type_info)
{
    const uint64_t mask = XM_PGT_TYPE_MASK | XM_PGT_PINNED | XM_PGT_VALIDATED |
                          XM_PGT_PARTIAL | XM_PGT_COUNT_MASK;

    expect(r, PVT_KIND_TYPE_INFO, side, f->type | (uint64_t)f->number,
           type_info & mask);
}

static int expect_entry(struct run *r, const struct pvt_final *f,
                        enum side side, xm_mfn mfn)
{
    const uint64_t *words = r->sides[side]->ops->page(r->sides[side], mfn);

    if (!words)
        return -1;
    expect(r, PVT_KIND_ENTRY, side, run_entry(r, &f->entry),
           words[f->slot.index]);
    return 0;
}

static bool is_live_table(const struct xm_frame *f)
{
    return xm_pgt_level(f->type_info) != 0 &&
           (f->type_info & XM_PGT_COUNT_MASK) != 0;
}

static int expect_statement(struct run *r, const struct pvt_final *f,
                            enum side side)
{
    struct pvt_backend *b = r->sides[side];
    const xm_mfn mfn = run_frame(r, f->slot.frame);
    struct xm_frame frame;
    uint64_t m2p;

    if (f->kind == PVT_FINAL_INVARIANTS)
        return 0; /* looked at after every step */
    if (f->kind == PVT_FINAL_PTE)
        return expect_entry(r, f, side, mfn);
    if (f->kind == PVT_FINAL_M2P) {
        if (b->ops->read_m2p(b, mfn, &m2p) != 0)
            return -1;
        expect(r, PVT_KIND_M2P, side, f->value, m2p);
        return 0;
    }
    if (b->ops->read_frame(b, mfn, &frame) != 0)
        return -1;
    if (f->kind == PVT_FINAL_TYPE)
        expect_type(r, f, side, frame.type_info);
    else if (f->kind == PVT_FINAL_GENERAL)
        expect(r, PVT_KIND_GENERAL, side, (uint64_t)f->number,
               frame.count_info & XM_PGC_COUNT_MASK);
    else if (side == SIDE_MODEL || is_live_table(&frame))
        expect(r, PVT_KIND_LINEAR, side, (uint64_t)f->number,
               (uint64_t)(int64_t)frame.linear_count);
    return 0;
}

/* The record, if there is a new one, is about the frame of F. */
static void name_frame(struct run *r, const struct pvt_final *f,
                       uint32_t before)
{
    struct pvt_difference *d;

    if (r->report->nr_differences == before || before >= PVT_MAX_DIFFERENCES)
        return;
    d = &r->report->differences[before];
    d->mfn = run_frame(r, f->slot.frame);
    if (f->kind == PVT_FINAL_PTE)
        d->slot = f->slot.index;
    run_frame_name(r, f->slot.frame, d->frame, sizeof(d->frame));
}

int run_expect_final(struct run *r)
{
    for (uint32_t i = 0; i < r->trace->nr_finals; i++) {
        const struct pvt_final *f = &r->trace->finals[i];

        r->line = f->line;
        for (enum side s = SIDE_MODEL; s < NR_SIDES; s++) {
            const uint32_t before = r->report->nr_differences;

            if (r->sides[s] && expect_statement(r, f, s) != 0)
                return -1;
            name_frame(r, f, before);
        }
    }
    r->line = 0;
    return 0;
}

void run_expect_rules(struct run *r)
{
    for (uint32_t i = 0; i < r->trace->nr_rules; i++)
        if (!xm_rule_set_has(&r->fired, r->trace->rules[i]))
            run_differ(r, PVT_KIND_SILENT, "expected", r->trace->rules[i],
                       "model", XM_R_NONE);
    for (uint32_t i = 0; i < r->trace->nr_silenced; i++)
        if (xm_rule_set_has(&r->fired, r->trace->silenced[i]))
            run_differ(r, PVT_KIND_NOT_SILENT, "expected", XM_R_NONE, "model",
                       r->trace->silenced[i]);
}

/* They cost as much as the machine is big. */
void run_check_invariants(struct run *r)
{
    const uint32_t n = r->trace->nr_steps;
    const bool whole =
        n < PVT_MANY_STEPS || r->step % PVT_ONE_IN == 0 || r->step >= n;
    const struct xm_violation v = pvt_model_check(r->sides[SIDE_MODEL], whole);
    struct pvt_difference *d;

    if (!v.found)
        return;
    d = run_differ(r, PVT_KIND_INVARIANT, "expected", v.expected, "model",
                   v.actual);
    if (v.mfn == XM_NO_FRAME) {
        snprintf(d->detail, sizeof(d->detail), "%s: %s: domain %u", v.invariant,
                 v.sentence, v.domid);
        return;
    }
    d->mfn = v.mfn;
    d->slot = v.slot == XM_NO_SLOT ? PVT_NO_SLOT : v.slot;
    snprintf(d->detail, sizeof(d->detail), "%s: %s", v.invariant, v.sentence);
    for (uint32_t i = 0; i < r->nr_watched; i++)
        if (r->watched[i].mfn == v.mfn)
            snprintf(d->frame, sizeof(d->frame), "%s", r->watched[i].name);
    if (!d->frame[0])
        snprintf(d->frame, sizeof(d->frame), "mfn:0x%llx",
                 (unsigned long long)v.mfn);
}
