/* SPDX-License-Identifier: MIT
 *
 * Making a trace small: the requests in the list of one call, and its fields.
 */
#include "shrink.h"

#include <stdlib.h>

struct list {
    struct shrinking *s;
    struct pvt_step *step;
};

static uint32_t count_requests(void *context)
{
    const struct list *l = context;

    return l->step->count;
}

/* A list has at least one. */
static bool without_requests(void *context, uint32_t first, uint32_t count)
{
    const struct list *l = context;
    struct pvt_step *s = l->step;
    const bool updates = s->updates != NULL;

    return count < s->count &&
           shrink_without(l->s, updates ? (void *)s->updates : (void *)s->exts,
                          &s->count,
                          updates ? sizeof(*s->updates) : sizeof(*s->exts),
                          first, count, NULL);
}

static bool is_in(const struct pvt_step *s, const struct pvt_assign *a,
                  uint32_t first, uint32_t count)
{
    return !s->info->fields[a->field].in_register && a->element >= first &&
           a->element < first + count;
}

/* FROM without some structures; the values stay those of FROM. */
static bool select_fields(const struct pvt_step *s,
                          const struct pvt_assigns *from, uint32_t first,
                          uint32_t count, struct pvt_assigns *to)
{
    to->count = 0;
    to->assigns = calloc(from->count + 1u, sizeof(*to->assigns));
    for (uint32_t i = 0; to->assigns && i < from->count; i++) {
        struct pvt_assign a = from->assigns[i];

        if (is_in(s, &a, first, count))
            continue;
        if (!s->info->fields[a.field].in_register && a.element >= first)
            a.element -= count;
        to->assigns[to->count++] = a;
    }
    return to->assigns != NULL;
}

static void free_fields(const struct pvt_step *s, struct pvt_assigns *a,
                        uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < a->count; i++)
        if (is_in(s, &a->assigns[i], first, count))
            free(a->assigns[i].values);
    free(a->assigns);
}

static uint32_t count_structures(void *context)
{
    const struct list *l = context;

    return l->step->elements;
}

static uint32_t fewer(uint32_t n, uint32_t first, uint32_t count)
{
    return n <= first ? n : n < first + count ? first : n - count;
}

static bool without_structures(void *context, uint32_t first, uint32_t count)
{
    const struct list *l = context;
    struct pvt_step *s = l->step;
    const struct pvt_step was = *s;
    struct pvt_assigns in, out;
    bool good;

    if (count == s->elements)
        return false;
    good = select_fields(s, &s->in, first, count, &in);
    good &= select_fields(s, &s->expect.out, first, count, &out);
    if (good) {
        s->in = in;
        s->expect.out = out;
        s->elements -= count;
        s->expect.elements = fewer(s->expect.elements, first, count);
        good = shrink_holds(l->s);
    } else {
        l->s->stopped = true;
    }
    if (good) {
        struct pvt_assigns old_in = was.in, old_out = was.expect.out;

        free_fields(s, &old_in, first, count);
        free_fields(s, &old_out, first, count);
        return true;
    }
    *s = was;
    free(in.assigns);
    free(out.assigns);
    return false;
}

static uint32_t count_fields(void *context)
{
    const struct list *l = context;

    return l->step->in.count;
}

static void destroy_assign(void *assign)
{
    free(((struct pvt_assign *)assign)->values);
}

/* A field that is not given is zero. */
static bool without_fields(void *context, uint32_t first, uint32_t count)
{
    const struct list *l = context;
    struct pvt_assigns *in = &l->step->in;

    return shrink_without(l->s, in->assigns, &in->count, sizeof(*in->assigns),
                          first, count, destroy_assign);
}

bool shrink_requests(struct shrinking *s, struct pvt_step *step)
{
    struct list l = { s, step };
    const struct pvt_parts requests = { count_requests, without_requests, &l };
    const struct pvt_parts structures = { count_structures, without_structures,
                                          &l };
    const struct pvt_parts fields = { count_fields, without_fields, &l };
    bool any = false;

    if (step->updates || step->exts)
        any = pvt_parts_reduce(&requests);
    if (step->call == PVT_HYPERCALL) {
        any |= pvt_parts_reduce(&structures);
        any |= pvt_parts_reduce(&fields);
    }
    return any;
}
