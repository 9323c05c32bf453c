/* SPDX-License-Identifier: MIT
 *
 * Making a trace small: in place, one change at a time, which is taken back
 * if the trace does not show any more what it should.
 */
#include "shrink.h"

#include "edit.h"

#include <stdlib.h>
#include <string.h>

bool shrink_holds(struct shrinking *s)
{
    if (!s->stopped && s->s->go_on &&
        !s->s->go_on(s->s->context, s->t, s->trials))
        s->stopped = true;
    if (s->stopped)
        return false;
    s->trials++;
    return s->s->holds(s->s->context, s->t);
}

bool shrink_without(struct shrinking *s, void *array, uint32_t *n, size_t size,
                    uint32_t first, uint32_t count, void (*destroy)(void *))
{
    char *at = (char *)array + first * size, *gone = malloc(count * size);
    const size_t behind = (*n - first - count) * size;
    bool good;

    if (!gone) {
        s->stopped = true;
        return false;
    }
    memcpy(gone, at, count * size);
    memmove(at, at + count * size, behind);
    *n -= count;
    good = shrink_holds(s);
    if (!good) {
        memmove(at + count * size, at, behind);
        memcpy(at, gone, count * size);
        *n += count;
    }
    for (uint32_t i = 0; good && destroy && i < count; i++)
        destroy(gone + i * size);
    free(gone);
    return good;
}

/* Steps: the last may be what all is about. */
static uint32_t count_steps(void *context)
{
    const struct shrinking *s = context;

    return s->t->nr_steps - (s->s->keep_last && s->t->nr_steps ? 1u : 0u);
}

static void destroy_step(void *step)
{
    edit_free_step(step);
}

static bool without_steps(void *context, uint32_t first, uint32_t count)
{
    struct shrinking *s = context;

    return shrink_without(s, s->t->steps, &s->t->nr_steps, sizeof(*s->t->steps),
                          first, count, destroy_step);
}

static uint32_t count_fills(void *context)
{
    const struct shrinking *s = context;

    return s->t->nr_fills;
}

static bool without_fills(void *context, uint32_t first, uint32_t count)
{
    struct shrinking *s = context;

    return shrink_without(s, s->t->fills, &s->t->nr_fills, sizeof(*s->t->fills),
                          first, count, NULL);
}

/* The trace becomes CANDIDATE, if that holds; takes CANDIDATE. */
static bool become(struct shrinking *s, struct pvt_trace *candidate)
{
    struct pvt_trace *const was = s->t;
    bool good;

    s->t = candidate;
    good = shrink_holds(s);
    if (!good)
        s->t = was;
    pvt_trace_free(good ? was : candidate);
    return good;
}

/* Frames get other numbers by it, which nothing should depend on. */
static bool drop_unused(struct shrinking *s)
{
    struct pvt_trace *candidate = edit_copy(s->t);

    if (candidate && edit_drop_unused(candidate))
        return become(s, candidate);
    pvt_trace_free(candidate);
    return false;
}

static bool drop_windows(struct shrinking *s)
{
    bool any = false;

    for (uint32_t i = 0; i < s->t->nr_domains; i++) {
        struct pvt_domain *d = &s->t->domains[i];
        const struct pvt_domain was = *d;

        if (!d->has_window)
            continue;
        d->has_window = d->window_declared = false;
        if (shrink_holds(s))
            any = true;
        else
            *d = was;
    }
    return any;
}

uint32_t pvt_shrink(const struct pvt_shrink *how, struct pvt_trace **t)
{
    struct shrinking s = { .s = how, .t = *t };
    const struct pvt_parts steps = { count_steps, without_steps, &s };
    const struct pvt_parts fills = { count_fills, without_fills, &s };
    bool again = true;

    drop_unused(&s);
    while (again && !s.stopped) {
        again = pvt_parts_reduce(&steps);
        again |= pvt_parts_reduce(&fills);
        drop_unused(&s); /* the trials that follow are quicker */
        for (uint32_t i = 0; i < s.t->nr_steps; i++)
            again |= shrink_requests(&s, &s.t->steps[i]);
        again |= drop_windows(&s);
        again |= shrink_make_plainer(&s);
    }
    drop_unused(&s);
    *t = s.t;
    return s.trials;
}
