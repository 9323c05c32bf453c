/* SPDX-License-Identifier: MIT
 *
 * pinfold diff: two runs side by side. Their pages may be called differently:
 * two pages are counterparts when the same place of the same call names them,
 * or the same slot of two tables that are counterparts.
 */
#include "diff.h"

#include <report/report.h>
#include <xen-model/pte.h>

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct pair {
    struct diff_run *run[2];
    struct diff_result *to;
    /* Pages of the first run that became counterparts, or changed. */
    uint32_t *queue;
    bool *queued;
    uint32_t nr_queued;
    bool failed;
};

/* Two texts with room for a name and a value each. */
__attribute__((format(printf, 4, 5))) static void
differ(struct pair *p, const char *a, const char *b, const char *format, ...)
{
    const uint32_t i = p->to->nr_items++;
    struct diff_item *item = &p->to->items[i];
    va_list args;

    if (i >= DIFF_MAX_ITEMS)
        return;
    snprintf(item->a, sizeof(item->a), "%s", a);
    snprintf(item->b, sizeof(item->b), "%s", b);
    va_start(args, format);
    vsnprintf(item->what, sizeof(item->what), format, args);
    va_end(args);
}

static void enqueue(struct pair *p, uint32_t page)
{
    if (p->queued[page])
        return;
    p->queued[page] = true;
    p->queue[p->nr_queued++] = page;
}

/* Are A and B the same in either run? They are, from now on, if neither is
 * anything yet. */
static bool same_page(struct pair *p, uint32_t a, uint32_t b)
{
    struct diff_page *x = &p->run[0]->pages[a], *y = &p->run[1]->pages[b];

    if (x->partner || y->partner)
        return x->partner == b + 1 && y->partner == a + 1;
    if ((x->fixed || y->fixed) && strcmp(x->name, y->name) != 0)
        return false;
    x->partner = b + 1;
    y->partner = a + 1;
    enqueue(p, a);
    return true;
}

static size_t word(const char *text)
{
    size_t n = 0;

    while (isalnum((unsigned char)text[n]) || text[n] == '_' ||
           text[n] == '.' || text[n] == '-')
        n++;
    return n;
}

static bool same_call(struct pair *p, const char *a, const char *b)
{
    while (*a && *b) {
        const size_t n = word(a), m = word(b);
        uint32_t x, y;

        if (n == 0 || m == 0) {
            if (*a++ != *b++)
                return false;
            continue;
        }
        if (diff_find_page(p->run[0], a, n, &x) &&
            diff_find_page(p->run[1], b, m, &y)) {
            if (!same_page(p, x, y))
                return false;
        } else if (n != m || memcmp(a, b, n) != 0) {
            return false;
        }
        a += n;
        b += m;
    }
    return *a == *b;
}

static void name_value(const struct diff_run *r, uint64_t value, char *text,
                       size_t size)
{
    const uint32_t page =
        value & XM_PTE_P ? diff_page_at(r, xm_pte_mfn(value)) : UINT32_MAX;
    FILE *f;

    if (page == UINT32_MAX) {
        snprintf(text, size, "0x%" PRIx64, value);
        return;
    }
    f = fmemopen(text, size, "w");
    if (!f)
        return;
    fputs(r->pages[page].name, f);
    pvt_flags_print(f, value & XM_PTE_FLAGS_MASK);
    fclose(f);
}

/* The same, of a frame that was several pages, one after the other. */
static bool was_same_page(const struct pair *p, xm_mfn mfn, xm_mfn other)
{
    const struct diff_run *r = p->run[0];

    for (uint32_t i = diff_page_at(r, mfn); i != UINT32_MAX;
         i = diff_page_behind(r, i)) {
        const uint32_t partner = r->pages[i].partner;
        const struct diff_page *page =
            partner ? &p->run[1]->pages[partner - 1] : NULL;

        if (page && page->known && page->mfn == other)
            return true;
    }
    return false;
}

/* The bits of MASK, from SHIFT on, are the numbers of two such frames. */
static bool same_frame(struct pair *p, uint64_t a, uint64_t b, uint64_t mask,
                       unsigned int shift)
{
    const xm_mfn mfn = (a & mask) >> shift, other = (b & mask) >> shift;
    uint32_t x, y;

    if ((a & ~mask) != (b & ~mask))
        return false;
    x = diff_page_at(p->run[0], mfn);
    y = diff_page_at(p->run[1], other);
    return x != UINT32_MAX && y != UINT32_MAX &&
           (same_page(p, x, y) || was_same_page(p, mfn, other));
}

/*
 * Two values, of which each may name a frame of its run: as an entry of a page
 * table or, if they are not the same as they are, as one of a grant table of
 * version 1, or by its number.
 */
static bool same_value(struct pair *p, uint64_t a, uint64_t b)
{
    if (a == b && !(a & XM_PTE_P))
        return true;
    if (a == b && (diff_page_at(p->run[0], xm_pte_mfn(a)) == UINT32_MAX ||
                   diff_page_at(p->run[1], xm_pte_mfn(b)) == UINT32_MAX))
        return true;
    return same_frame(p, a, b, XM_PTE_MFN_MASK, XM_PAGE_SHIFT) ||
           same_frame(p, a, b, 0xffffffffull << 32, 32) ||
           same_frame(p, a, b, ~0ull, 0);
}

static bool apply(struct pair *p, unsigned int side, const struct diff_step *s)
{
    struct diff_run *r = p->run[side];

    for (uint32_t i = 0; i < s->nr_frames; i++) {
        struct diff_page *page = &r->pages[s->frames[i].page];

        diff_place_page(r, s->frames[i].page, s->frames[i].mfn);
        page->has_frame = s->frames[i].has_frame;
        page->hidden = s->frames[i].hides_entries;
        page->frame = s->frames[i].frame;
        page->was_l4 |= xm_pgt_level(page->frame.type_info) == 4;
    }
    for (uint32_t i = 0; i < s->nr_entries; i++) {
        struct diff_page *page = &r->pages[s->entries[i].page];

        if (!page->entries)
            page->entries = calloc(XM_ENTRIES, sizeof(*page->entries));
        if (!page->entries)
            return false;
        page->entries[s->entries[i].slot] = s->entries[i].value;
    }
    return true;
}

static void touch(struct pair *p, unsigned int side, uint32_t page)
{
    const uint32_t partner = p->run[side]->pages[page].partner;

    if (partner)
        enqueue(p, side == 0 ? page : partner - 1);
}

static void touch_changed(struct pair *p, unsigned int side,
                          const struct diff_step *s)
{
    for (uint32_t i = 0; i < s->nr_frames; i++)
        touch(p, side, s->frames[i].page);
    for (uint32_t i = 0; i < s->nr_entries; i++)
        touch(p, side, s->entries[i].page);
}

static void print_frame(const struct xm_frame *f, char *text, size_t size)
{
    snprintf(text, size,
             "%s%s%s%s T %" PRIu64 " C %" PRIu64 " (type_info 0x%" PRIx64
             ", count_info 0x%" PRIx64 ", linear %d, nr_validated %u%s)",
             report_type_name(f->type_info),
             f->type_info & XM_PGT_PINNED ? " pinned" : "",
             f->type_info & XM_PGT_VALIDATED ? " validated" : "",
             f->type_info & XM_PGT_PARTIAL ? " partial" : "",
             report_type_count(f), report_general_count(f), f->type_info,
             f->count_info, f->linear_count, f->nr_validated,
             f->partial_set ? " in part" : "");
}

static void compare_page(struct pair *p, uint32_t a)
{
    const struct diff_page *x = &p->run[0]->pages[a];
    const struct diff_page *y = &p->run[1]->pages[x->partner - 1];
    static const uint64_t none[XM_ENTRIES];
    const uint64_t *e = x->entries ? x->entries : none;
    const uint64_t *g = y->entries ? y->entries : none;
    char left[192], right[192];

    if (x->has_frame && y->has_frame &&
        !pvt_frames_agree(&x->frame, &y->frame)) {
        print_frame(&x->frame, left, sizeof(left));
        print_frame(&y->frame, right, sizeof(right));
        differ(p, left, right, "frame %s%s%s", x->name,
               strcmp(x->name, y->name) ? ", " : "",
               strcmp(x->name, y->name) ? y->name : "");
    }
    if (!p->run[0]->has_entries || !p->run[1]->has_entries || x->fixed ||
        x->hidden || y->hidden)
        return;
    for (uint32_t i = 0; i < XM_ENTRIES; i++) {
        if ((xm_l4_slot_is_xen(i) && (x->was_l4 || y->was_l4)) ||
            same_value(p, e[i], g[i]))
            continue;
        name_value(p->run[0], e[i], left, sizeof(left));
        name_value(p->run[1], g[i], right, sizeof(right));
        if (strcmp(x->name, y->name) == 0)
            differ(p, left, right, "entry %s[%" PRIu32 "]", x->name, i);
        else
            differ(p, left, right, "entry %s[%" PRIu32 "], %s[%" PRIu32 "]",
                   x->name, i, y->name, i);
    }
}

static void compare_answers(struct pair *p, const struct diff_step *a,
                            const struct diff_step *b)
{
    /* Only machines that are alike answer alike what may be anything. */
    const bool others = p->run[0]->lists_entries || p->run[1]->lists_entries;
    char left[192], right[192];

    if (strcmp(a->answer, b->answer) != 0 && !(others && (a->any || b->any)))
        differ(p, a->answer, b->answer, "answer");
    if (p->run[0]->has_rules && p->run[1]->has_rules &&
        strcmp(a->rule, b->rule) != 0)
        differ(p, a->rule[0] ? a->rule : "none", b->rule[0] ? b->rule : "none",
               "rule");
    if (a->has_value && b->has_value &&
        !(others && (a->any_value || b->any_value)) &&
        !same_value(p, a->value, b->value)) {
        name_value(p->run[0], a->value, left, sizeof(left));
        name_value(p->run[1], b->value, right, sizeof(right));
        differ(p, left, right, "value");
    }
}

static bool same_step(struct pair *p, uint32_t i)
{
    const struct diff_step *a = &p->run[0]->steps[i];
    const struct diff_step *b = &p->run[1]->steps[i];

    if (!apply(p, 0, a) || !apply(p, 1, b)) {
        p->failed = true;
        return false;
    }
    if (i != 0) {
        if (!same_call(p, a->call, b->call)) {
            differ(p, a->call, b->call, "call");
            return false;
        }
        compare_answers(p, a, b);
    }
    touch_changed(p, 0, a);
    touch_changed(p, 1, b);
    for (uint32_t k = 0; k < p->nr_queued; k++)
        compare_page(p, p->queue[k]); /* may make more counterparts */
    for (uint32_t k = 0; k < p->nr_queued; k++)
        p->queued[p->queue[k]] = false;
    p->nr_queued = 0;
    return p->to->nr_items == 0;
}

static uint32_t count_later(const struct pair *p, uint32_t from)
{
    const struct diff_run *a = p->run[0], *b = p->run[1];
    uint32_t n = 0;

    for (uint32_t i = from; i < a->nr_steps && i < b->nr_steps; i++)
        n += strcmp(a->steps[i].answer, b->steps[i].answer) != 0;
    return n;
}

/* What all machines have is itself; ALL: and any page of the same name. */
static void match_names(struct pair *p, bool all)
{
    uint32_t b;

    for (uint32_t i = 0; i < p->run[0]->nr_pages; i++) {
        const struct diff_page *x = &p->run[0]->pages[i];

        if ((all || x->fixed) &&
            diff_find_page(p->run[1], x->name, strlen(x->name), &b))
            (void)same_page(p, i, b);
    }
}

static bool same_names(const struct pair *p)
{
    uint32_t b;

    for (uint32_t i = 0; i < p->run[0]->nr_pages; i++)
        if (!diff_find_page(p->run[1], p->run[0]->pages[i].name,
                            strlen(p->run[0]->pages[i].name), &b))
            return false;
    return true;
}

/* Nothing has been compared yet. Counterparts may be known from before. */
static void begin(struct pair *p, bool keep)
{
    *p->to = (struct diff_result){ .a = p->run[0], .b = p->run[1] };
    for (unsigned int side = 0; side < 2; side++) {
        p->failed |= !diff_unplace_pages(p->run[side]);
        for (uint32_t i = 0; i < p->run[side]->nr_pages; i++) {
            struct diff_page *page = &p->run[side]->pages[i];

            free(page->entries);
            page->entries = NULL;
            page->has_frame = page->was_l4 = false;
            page->hidden = p->run[side]->lists_entries;
            if (!keep)
                page->partner = 0;
        }
    }
    memset(p->queued, 0, p->run[0]->nr_pages * sizeof(*p->queued));
    p->nr_queued = 0;
}

static void compare_steps(struct pair *p)
{
    const uint32_t n = p->run[0]->nr_steps < p->run[1]->nr_steps
                           ? p->run[0]->nr_steps
                           : p->run[1]->nr_steps;
    struct diff_result *to = p->to;

    for (uint32_t i = 0; i < n && !p->failed; i++)
        if (!same_step(p, i)) {
            to->step = i;
            to->later = count_later(p, i + 1);
            return;
        }
    to->same = p->run[0]->nr_steps == p->run[1]->nr_steps;
    if (to->same)
        return;
    to->step = n;
    differ(p, n < p->run[0]->nr_steps ? p->run[0]->steps[n].call : "the end",
           n < p->run[1]->nr_steps ? p->run[1]->steps[n].call : "the end",
           "call");
}

/*
 * First which pages are counterparts, then all states: a page may differ
 * before a call names it.
 */
static void compare_by_use(struct pair *p)
{
    begin(p, false);
    match_names(p, false);
    compare_steps(p);
    begin(p, true);
    compare_steps(p);
}

/*
 * Runs of one trace call their pages alike. Where all names are the same and
 * the runs are not, they may be two recordings that mean different pages by
 * them: then what their calls name says which is which, if that gets farther.
 */
static void compare_runs(struct pair *p)
{
    struct diff_result by_name;

    if (!same_names(p)) {
        compare_by_use(p);
        return;
    }
    begin(p, false);
    match_names(p, true);
    compare_steps(p);
    if (p->to->same || p->failed)
        return;
    by_name = *p->to;
    compare_by_use(p);
    if (!p->to->same && p->to->step <= by_name.step)
        *p->to = by_name;
}

bool diff_compare(struct diff_run *a, struct diff_run *b,
                  struct diff_result *to)
{
    struct pair p = { .run = { a, b }, .to = to };

    p.queue = calloc(a->nr_pages + 1u, sizeof(*p.queue));
    p.queued = calloc(a->nr_pages + 1u, sizeof(*p.queued));
    if (p.queue && p.queued && diff_name_pages(a) && diff_name_pages(b))
        compare_runs(&p);
    else
        p.failed = true;
    free(p.queue);
    free(p.queued);
    return !p.failed;
}
