/* SPDX-License-Identifier: MIT
 *
 * Making a trace plain: flags, owners, commands and ranges that matter not.
 */
#include "shrink.h"

#include <xen-model/pte.h>

#include <string.h>

/* *E becomes CANDIDATE if that holds. */
static bool try_entry(struct shrinking *s, struct pvt_entry *e,
                      struct pvt_entry candidate)
{
    const struct pvt_entry was = *e;

    *e = candidate;
    if (memcmp(e, &was, sizeof(was)) != 0 && shrink_holds(s))
        return true;
    *e = was;
    return false;
}

static bool plainer_entry(struct shrinking *s, struct pvt_entry *e)
{
    const uint64_t usual = XM_PTE_P | XM_PTE_RW | XM_PTE_US;
    struct pvt_entry candidate = *e;
    bool any = false;

    if (!e->has_frame || e->kind != PVT_ENTRY_PAGE_TABLE)
        return false;
    candidate.flags &= usual;
    candidate.raw = 0;
    any = try_entry(s, e, candidate);
    for (uint64_t bits = e->flags; bits; bits &= bits - 1) {
        candidate = *e;
        candidate.flags &= ~(bits & -bits);
        any |= try_entry(s, e, candidate);
    }
    return any;
}

/* To nothing at all, which is the plainest. */
static bool empty_entry(struct shrinking *s, struct pvt_entry *e)
{
    struct pvt_entry candidate;

    memset(&candidate, 0, sizeof(candidate));
    return e->kind == PVT_ENTRY_PAGE_TABLE && try_entry(s, e, candidate);
}

static bool plainer_range(struct shrinking *s, struct pvt_fill *f)
{
    bool any = false;

    while (f->last > f->slot.index) {
        const struct pvt_fill was = *f;
        const uint32_t middle = f->slot.index + (f->last - f->slot.index) / 2;

        f->last = middle;
        if (!shrink_holds(s)) {
            *f = was;
            f->slot.index = middle + 1;
            if (!shrink_holds(s)) {
                *f = was;
                break;
            }
        }
        any = true;
    }
    f->range = f->last > f->slot.index;
    return any;
}

typedef void plain(struct pvt_step *s);

static void first_vcpu(struct pvt_step *s)
{
    s->vcpu = 0;
}

static void no_owner(struct pvt_step *s)
{
    s->fd.kind = PVT_FD_NONE;
}

static void own_tables(struct pvt_step *s)
{
    s->has_pt = false;
}

static void no_flush(struct pvt_step *s)
{
    s->flush = 0;
}

static void flushed(struct pvt_step *s)
{
    s->unflushed = s->stale;
}

static void by_kernel(struct pvt_step *s)
{
    s->user = false;
}

static bool plainer_step(struct shrinking *s, struct pvt_step *step)
{
    static plain *const plains[] = { first_vcpu, no_owner, own_tables,
                                     no_flush,   flushed,  by_kernel };
    bool any = false;

    for (size_t i = 0; i < sizeof(plains) / sizeof(plains[0]); i++) {
        const struct pvt_step was = *step;

        plains[i](step);
        if (memcmp(step, &was, sizeof(was)) == 0)
            continue;
        if (shrink_holds(s))
            any = true;
        else
            *step = was;
    }
    for (uint32_t i = 0; i < step->count && step->updates; i++) {
        const uint32_t was = step->updates[i].command;

        any |= empty_entry(s, &step->updates[i].entry);
        any |= plainer_entry(s, &step->updates[i].entry);
        step->updates[i].command = MMU_NORMAL_PT_UPDATE;
        if (was != MMU_NORMAL_PT_UPDATE && shrink_holds(s))
            any = true;
        else
            step->updates[i].command = was;
    }
    if (step->call == PVT_UPDATE_VA_MAPPING || step->call == PVT_STORE) {
        any |= empty_entry(s, &step->entry);
        any |= plainer_entry(s, &step->entry);
    }
    /* A list of one is that one; but many commands alone take no owner. */
    if (step->count == 1 && (step->updates || step->fd.kind == PVT_FD_NONE))
        step->batch = false;
    return any;
}

bool shrink_make_plainer(struct shrinking *s)
{
    bool any = false;

    for (uint32_t i = 0; i < s->t->nr_fills; i++) {
        any |= plainer_range(s, &s->t->fills[i]);
        any |= plainer_entry(s, &s->t->fills[i].entry);
    }
    for (uint32_t i = 0; i < s->t->nr_steps; i++)
        any |= plainer_step(s, &s->t->steps[i]);
    return any;
}
