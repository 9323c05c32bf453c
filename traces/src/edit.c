/* SPDX-License-Identifier: MIT
 *
 * Changing a trace that has been read: what it names, and what nothing names.
 */
#include "edit.h"
#include "parser.h"

#include <stdlib.h>
#include <string.h>

struct pvt_trace *edit_copy(const struct pvt_trace *t)
{
    struct pvt_trace *copy = NULL;
    struct pvt_error error;
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);

    if (!f)
        return NULL;
    pvt_trace_print(f, t);
    if (fclose(f) == 0)
        copy = pvt_trace_parse(text, length, &error);
    free(text);
    return copy;
}

void edit_free_step(struct pvt_step *s)
{
    free(s->updates);
    free(s->exts);
    free(s->insn);
    call_free(&s->in);
    call_free(&s->expect.out);
}

struct visit {
    void (*ref)(void *context, struct pvt_frame_ref *ref);
    void *context;
};

static void visit_entry(const struct visit *v, struct pvt_entry *e)
{
    if (e->has_frame)
        v->ref(v->context, &e->frame);
}

static void visit_settings(const struct visit *v, struct pvt_settings *s)
{
    for (uint32_t i = 0; i < s->count; i++)
        visit_entry(v, &s->settings[i].entry);
}

/* Those behind the first are where that one is. */
static void visit_extent(const struct visit *v, const struct pvt_value *value)
{
    struct pvt_frame_ref ref = value->slot.frame;

    for (uint32_t i = 0; value->kind == PVT_VALUE_FRAME && i < value->extent;
         i++) {
        ref.page = value->slot.frame.page + i + 1;
        v->ref(v->context, &ref);
    }
}

static void visit_assigns(const struct visit *v, struct pvt_assigns *a)
{
    for (uint32_t i = 0; i < a->count; i++)
        for (uint32_t k = 0; k < a->assigns[i].count; k++) {
            struct pvt_value *value = &a->assigns[i].values[k];

            visit_extent(v, value);
            if (value->kind == PVT_VALUE_FRAME || value->kind == PVT_VALUE_SLOT)
                v->ref(v->context, &value->slot.frame);
            else if (value->kind == PVT_VALUE_ENTRY)
                visit_entry(v, &value->entry);
        }
}

static void visit_arg(const struct visit *v, struct pvt_arg *a)
{
    if (a->kind == PVT_ARG_FRAME)
        v->ref(v->context, &a->frame);
}

static void visit_step(const struct visit *v, struct pvt_step *s)
{
    for (uint32_t i = 0; i < s->count && s->updates; i++) {
        v->ref(v->context, &s->updates[i].slot.frame);
        visit_entry(v, &s->updates[i].entry);
    }
    for (uint32_t i = 0; i < s->count && s->exts; i++) {
        visit_arg(v, &s->exts[i].arg1);
        visit_arg(v, &s->exts[i].arg2);
    }
    visit_entry(v, &s->entry);
    visit_entry(v, &s->expect.value);
    visit_assigns(v, &s->in);
    visit_assigns(v, &s->expect.out);
    if (s->insn) {
        visit_settings(v, &s->insn->in);
        visit_settings(v, &s->insn->out);
    }
}

void edit_frames(struct pvt_trace *t,
                 void (*visit)(void *context, struct pvt_frame_ref *ref),
                 void *context)
{
    const struct visit v = { visit, context };

    for (uint32_t i = 0; i < t->nr_fills; i++) {
        v.ref(context, &t->fills[i].slot.frame);
        visit_entry(&v, &t->fills[i].entry);
    }
    for (uint32_t i = 0; i < t->nr_steps; i++)
        visit_step(&v, &t->steps[i]);
    for (uint32_t i = 0; i < t->nr_finals; i++) {
        v.ref(context, &t->finals[i].slot.frame);
        visit_entry(&v, &t->finals[i].entry);
    }
}

/* The kinds of frames that each domain has for itself. */
static bool is_domains_own(enum pvt_frame_kind kind)
{
    return kind >= PVT_FRAME_BOOT_L4 && kind <= PVT_FRAME_SHARED_INFO;
}

/* First who is used, then the new numbers. */
struct renumber {
    uint32_t *page;
    uint32_t domain[PVT_MAX_DOMAINS];
};

static void note_ref(void *context, struct pvt_frame_ref *ref)
{
    struct renumber *r = context;

    if (ref->kind == PVT_FRAME_PAGE)
        r->page[ref->page] = 1;
    else if (is_domains_own(ref->kind))
        r->domain[ref->domain] = 1;
}

static void renumber_ref(void *context, struct pvt_frame_ref *ref)
{
    const struct renumber *r = context;

    if (ref->kind == PVT_FRAME_PAGE)
        ref->page = r->page[ref->page];
    else if (is_domains_own(ref->kind))
        ref->domain = r->domain[ref->domain];
}

static void note_used(struct pvt_trace *t, struct renumber *r)
{
    edit_frames(t, note_ref, r);
    for (uint32_t i = 0; i < t->nr_domains; i++)
        if (t->domains[i].has_window)
            r->page[t->domains[i].window] = 1;
    for (uint32_t i = 0; i < t->nr_pages; i++)
        if (r->page[i])
            r->domain[t->pages[i].domain] = 1;
    for (uint32_t i = 0; i < t->nr_steps; i++)
        r->domain[t->steps[i].domain] = 1;
}

bool edit_drop_unused(struct pvt_trace *t)
{
    struct renumber renumber = { .page = calloc(t->nr_pages + 1u,
                                                sizeof(renumber.page[0])) };
    const uint32_t before = t->nr_pages + t->nr_domains + t->nr_ranges;
    struct renumber *const r = &renumber;
    uint32_t pages = 0, domains = 0;

    if (!r->page)
        return false;
    note_used(t, r);
    for (uint32_t i = 0; i < t->nr_domains; i++)
        if (r->domain[i]) {
            t->domains[domains] = t->domains[i];
            r->domain[i] = domains++;
        }
    for (uint32_t i = 0; i < t->nr_pages; i++)
        if (r->page[i]) {
            t->pages[pages] = t->pages[i];
            t->pages[pages].domain = r->domain[t->pages[i].domain];
            t->pages[pages].of_range = false;
            r->page[i] = pages++;
        }
    t->nr_domains = domains;
    t->nr_pages = pages;
    t->nr_ranges = 0; /* they are few now, and declared by their names */
    edit_frames(t, renumber_ref, r);
    for (uint32_t i = 0; i < domains; i++)
        t->domains[i].window = r->page[t->domains[i].window];
    for (uint32_t i = 0; i < t->nr_steps; i++)
        t->steps[i].domain = r->domain[t->steps[i].domain];
    free(r->page);
    return pages + domains < before;
}
