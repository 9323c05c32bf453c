/* SPDX-License-Identifier: MIT
 *
 * Traces as programs. A trace is run while it is taken over: so frames and
 * handles that calls return have their places, and what a program would answer
 * differently is noticed. Pages get their places in the order in which they
 * are declared, so that what was a program becomes one like it.
 */
#include "import.h"
#include "forms.h"
#include "hypercalls.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen-model/pte.h>
#include <xen/xen.h>

bool import_fail(struct import *im, const char *format, ...)
{
    va_list args;

    im->error->line = im->line;
    im->error->column = im->column;
    va_start(args, format);
    vsnprintf(im->error->text, sizeof(im->error->text), format, args);
    va_end(args);
    return false;
}

static bool out_of_memory(struct import *im)
{
    im->line = 0;
    return import_fail(im, "out of memory: free some");
}

static bool import_domains(struct import *im)
{
    for (uint32_t i = 0; i < im->t->nr_domains; i++) {
        const struct pvt_domain *d = &im->t->domains[i];

        im->line = d->line;
        im->column = d->column;
        if (d->domid >= FZ_DOMAINS)
            return import_fail(im, "a program has the domains d0, d1 and d2: "
                                   "use one of these");
        if (d->privileged != (d->domid == 0))
            return import_fail(im, "in a program d0 is privileged, and the "
                                   "others are not");
        im->p->domains |= 1u << d->domid;
    }
    return true;
}

/* Windows are the first pages; those that calls return come when they do. */
static bool import_pages(struct import *im)
{
    uint32_t used[FZ_DOMAINS] = { 1, 1, 1 };

    for (uint32_t i = 0; i < im->t->nr_pages; i++) {
        const struct pvt_page *page = &im->t->pages[i];
        const struct pvt_domain *d = &im->t->domains[page->domain];
        const uint32_t first = d->domid * FZ_PAGES;

        im->line = page->line;
        im->column = page->column;
        if (page->new)
            im->pages[i] = IMPORT_UNKNOWN;
        else if (d->has_window && d->window == i)
            im->pages[i] = first;
        else if (used[d->domid] == FZ_FIRST_PAGES)
            return import_fail(im,
                               "a domain of a program has %u pages, and "
                               "one for its window: declare fewer",
                               FZ_FIRST_PAGES - 1);
        else
            im->pages[i] = first + used[d->domid]++;
    }
    return true;
}

static bool import_poke(struct import *im, const struct pvt_fill *fill,
                        uint32_t slot)
{
    struct fz_op op = { .kind = FZ_POKE, .slot = (uint16_t)slot };

    op.table = (uint8_t)im->pages[fill->slot.frame.page];
    if (fz_is_window(op.table))
        return true; /* later */
    if (!fill->entry.has_frame)
        fz_set_raw(&op, fill->entry.raw);
    else if (!import_entry(im, &fill->entry, &op))
        return import_fail(im, "before anything runs, a program has entries "
                               "of frames that have names: store this one by "
                               "a step");
    return fz_append(im->p, &op) || out_of_memory(im);
}

static bool import_fills(struct import *im)
{
    for (uint32_t i = 0; i < im->t->nr_fills; i++) {
        const struct pvt_fill *fill = &im->t->fills[i];

        im->line = fill->line;
        im->column = fill->column;
        for (uint32_t k = fill->slot.index; k <= fill->last; k++)
            if (!import_poke(im, fill, k))
                return false;
    }
    return true;
}

/*
 * The step with which printed programs get to know the first frame of a grant
 * table: a program knows it from the beginning.
 */
static bool is_set_up(const struct import *im, const struct pvt_step *s,
                      uint32_t *page)
{
    const struct pvt_assigns *in = &s->in, *out = &s->expect.out;
    uint64_t nr_frames = 0, words = 0;

    if (!s->info || strcmp(s->info->name, "grant.setup_table") != 0 ||
        s->elements != 1 || s->has_args)
        return false;
    for (uint32_t i = 0; i < in->count; i++) {
        const struct pvt_assign *a = &in->assigns[i];
        const char *name = s->info->fields[a->field].name;

        if (strcmp(name, "nr_frames") == 0)
            nr_frames = a->values[0].number;
        else if (strcmp(name, "frame_list") == 0 && a->braces)
            words = a->count;
        else if (strcmp(name, "dom") != 0 ||
                 a->values[0].domain.kind != PVT_FD_SELF)
            return false;
    }
    for (uint32_t i = 0; i < out->count; i++) {
        const struct pvt_value *v = &out->assigns[i].values[0];

        if (out->assigns[i].count == 1 && v->kind == PVT_VALUE_FRAME &&
            v->slot.frame.kind == PVT_FRAME_PAGE &&
            im->pages[v->slot.frame.page] == IMPORT_UNKNOWN) {
            *page = v->slot.frame.page;
            return nr_frames == 1 && words == 1;
        }
    }
    return false;
}

/* Where a field that the trace expects something of lies in the answer. */
static bool find_word(const struct import *im, const struct fz_op *ops,
                      const struct pvt_assign *a, uint32_t word,
                      uint64_t *number)
{
    const struct pvt_call_info *info = fz_hypercall(ops);
    const struct pvt_field *f = &info->fields[a->field];
    const uint8_t *answer = im->s->answer[0];
    struct fz_list list;

    *number = 0;
    for (uint32_t n = 0; fz_hypercall_list(ops, &im->s->call, n, &list); n++) {
        if (list.field != f || list.element != a->element || word >= list.words)
            continue;
        memcpy(number, answer + list.offset + word * 8u, sizeof(*number));
        return true;
    }
    if (f->in_register || word != 0)
        return false;
    memcpy(number, answer + a->element * info->size + f->offset, f->size);
    return true;
}

static bool bind(struct import *im, const struct fz_op *ops,
                 const struct pvt_assign *a, uint32_t word)
{
    const struct pvt_frame_ref ref = a->values[word].slot.frame;
    uint64_t number;
    uint32_t place;

    if (a->values[word].kind != PVT_VALUE_FRAME || ref.kind != PVT_FRAME_PAGE ||
        im->pages[ref.page] != IMPORT_UNKNOWN)
        return true;
    if (!find_word(im, ops, a, word, &number))
        return true;
    if (im->t->pages[ref.page].value) {
        im->pages[ref.page] = number;
        return true;
    }
    place = fz_place(&im->s->world, number);
    im->pages[ref.page] = place == FZ_NR_FRAMES ? IMPORT_NO_PLACE : place;
    return true;
}

static bool bind_all(struct import *im, const struct pvt_step *s,
                     const struct fz_op *ops)
{
    if (s->call != PVT_HYPERCALL || im->s->out[0].rc < 0)
        return true;
    for (uint32_t i = 0; i < s->expect.out.count; i++)
        for (uint32_t k = 0; k < s->expect.out.assigns[i].count; k++)
            if (!bind(im, ops, &s->expect.out.assigns[i], k))
                return false;
    return true;
}

static bool value_is(const struct import *im, const struct pvt_entry *e,
                     uint64_t value)
{
    struct fz_op op = { .kind = FZ_POKE };

    return import_entry(im, e, &op) ? fz_entry(&im->s->world, &op) == value
                                    : !e->has_frame && e->raw == value;
}

/* Does the model answer what the trace says? */
static bool is_expected(const struct import *im, const struct pvt_expect *e)
{
    const struct pvt_outcome *out = &im->s->out[0];

    if (e->by != XM_R_NONE && out->why.rule != e->by &&
        !xm_rule_set_has(&out->fired, e->by))
        return false;
    switch (e->kind) {
    case PVT_EXPECT_RC:
        return e->any || e->rc == out->rc;
    case PVT_EXPECT_FAULT:
        return out->vector == e->vector &&
               (e->vector == PVT_CRASH || out->error_code == e->error_code);
    case PVT_EXPECT_VALUE:
        return out->vector == 0 && value_is(im, &e->value, out->value);
    case PVT_EXPECT_OK:
        return out->vector == 0;
    }
    return false;
}

static bool differs(struct import *im)
{
    const struct pvt_outcome *out = &im->s->out[0];
    const char *rule = xm_rule_info(out->why.rule)->id;

    return import_fail(im,
                       "a program answers this differently: %s%s%s%s. Its "
                       "domains have pages and windows that the trace has not",
                       out->vector ? "an exception"
                       : out->rc   ? "-"
                                   : "0",
                       out->vector || !out->rc ? ""
                                               : xm_errno_name((int)out->rc),
                       rule[0] ? " by " : "", rule);
}

/* The operations O, as the next call. */
static enum fz_outcome attempt(struct import *im, const struct pvt_step *s,
                               const struct import_ops *o)
{
    const uint32_t at = im->p->nr_ops;
    enum fz_outcome rc;

    for (uint32_t i = 0; i < o->count; i++) {
        struct fz_op op = o->ops[i];

        if (fz_op_kind(&op) != FZ_VALUE)
            op.who = (uint8_t)(im->domain | s->vcpu << 2);
        if (!fz_append(im->p, &op))
            return FZ_FAILED;
    }
    rc = fz_step(im->s, im->p, at);
    if (rc == FZ_NO_CALL)
        im->p->nr_ops = at;
    return rc;
}

static bool import_step(struct import *im, const struct pvt_step *s)
{
    const uint32_t at = im->p->nr_ops;
    enum fz_outcome rc = FZ_NO_CALL;
    struct import_ops o;
    uint32_t page;

    im->domain = im->t->domains[s->domain].domid;
    if (is_set_up(im, s, &page)) {
        im->pages[page] = fz_own_frame(im->domain, FZ_GRANT_TABLE);
        return true;
    }
    if (s->vcpu >= PVT_VCPUS || s->stale)
        return import_fail(im, s->stale ? "a program has no loads through old "
                                          "translations"
                                        : "a program has vCPUs 0 and 1");
    if (import_short(im, s, &o))
        rc = attempt(im, s, &o);
    if (rc == FZ_NO_CALL) {
        if (!import_long(im, s, &o))
            return false;
        rc = attempt(im, s, &o);
    }
    if (rc == FZ_NO_CALL)
        return import_fail(im, "no program gets so far: the domain is gone, or "
                               "what it runs on");
    if (rc == FZ_FAILED)
        return out_of_memory(im);
    if (rc != FZ_AGREES)
        return import_fail(im, "%s", im->s->message);
    return is_expected(im, &s->expect) ? bind_all(im, s, &im->p->ops[at])
                                       : differs(im);
}

/*
 * The page of a window begins empty, and is live already: what a trace has
 * there is stored by steps of their own.
 */
static bool import_window(struct import *im, const struct pvt_fill *fill)
{
    struct pvt_update update = { .slot = fill->slot, .entry = fill->entry };
    const struct pvt_step step = {
        .domain = im->t->pages[fill->slot.frame.page].domain,
        .call = PVT_MMU_UPDATE,
        .count = 1,
        .updates = &update,
    };

    im->line = fill->line;
    im->column = fill->column;
    for (; update.slot.index <= fill->last; update.slot.index++)
        if (!import_step(im, &step))
            return false;
    return true;
}

static bool import_windows(struct import *im)
{
    for (uint32_t i = 0; i < im->t->nr_fills; i++) {
        const struct pvt_fill *fill = &im->t->fills[i];

        if (fz_is_window((uint32_t)im->pages[fill->slot.frame.page]) &&
            !import_window(im, fill))
            return false;
    }
    return true;
}

static bool import_all(struct import *im)
{
    if (im->t->xen_first &&
        (XM_XEN_DEFAULT < im->t->xen_first || XM_XEN_DEFAULT > im->t->xen_last))
        return import_fail(im,
                           "the trace is for other versions of Xen than "
                           "4.%u",
                           XM_XEN_DEFAULT);
    if (im->t->build == PVT_BUILD_DEBUG)
        return import_fail(im, "the trace is for debug builds of Xen");
    if (im->t->l1tf)
        return import_fail(im, "the trace is for a Xen that looks for L1TF");
    if (!import_domains(im) || !import_pages(im))
        return false;
    if (fz_begin(im->s, im->p) != FZ_AGREES)
        return out_of_memory(im);
    if (!import_fills(im))
        return false;
    if (fz_begin(im->s, im->p) != FZ_AGREES)
        return out_of_memory(im);
    if (!import_windows(im))
        return false;
    for (uint32_t i = 0; i < im->t->nr_steps; i++) {
        im->line = im->t->steps[i].line;
        im->column = im->t->steps[i].column;
        if (im->s->leaked)
            return import_fail(im, "a program ends where Xen loses count of a "
                                   "reference: take away this step and those "
                                   "behind it");
        if (!import_step(im, &im->t->steps[i]))
            return false;
    }
    return true;
}

bool fz_import(struct fz_session *s, const struct pvt_trace *t,
               struct fz_program *p, struct pvt_error *error)
{
    struct import im = {
        .s = s, .t = t, .p = p, .error = error, .line = 2, .column = 1
    };
    bool good;

    *error = (struct pvt_error){ .line = 0 };
    *p = (struct fz_program){ .domains = 0 };
    im.pages = calloc(t->nr_pages + 1u, sizeof(*im.pages));
    good = im.pages ? import_all(&im) : out_of_memory(&im);
    if (!good)
        fz_free(p);
    free(im.pages);
    return good;
}
