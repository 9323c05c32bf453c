/* SPDX-License-Identifier: MIT
 *
 * The init section: domains, pages and what is in them.
 */
#include "parser.h"

#include <stdlib.h>
#include <string.h>

/* dN: the name carries the number. */
static bool domain_number(const char *name, xm_domid *domid)
{
    char *end;
    unsigned long n;

    if (name[0] != 'd' || name[1] < '0' || name[1] > '9' ||
        (name[1] == '0' && name[2] != 0))
        return false;
    n = strtoul(name + 1, &end, 10);
    *domid = (xm_domid)n;
    return *end == 0 && n < DOMID_FIRST_RESERVED;
}

static bool parse_dom(struct parser *p)
{
    struct pvt_trace *t = p->t;
    struct pvt_domain *d = &t->domains[t->nr_domains];

    if (t->nr_domains == PVT_MAX_DOMAINS)
        return parse_fail(p, "a trace has at most %u domains", PVT_MAX_DOMAINS);
    if (!parse_name(p, "a domain", d->name))
        return false;
    d->line = p->tok.line;
    d->column = p->tok.column;
    if (!domain_number(d->name, &d->domid))
        return parse_fail(p, "a domain is called d and its number, below %u",
                          DOMID_FIRST_RESERVED);
    for (uint32_t i = 0; i < t->nr_domains; i++)
        if (t->domains[i].domid == d->domid)
            return parse_fail(p, "domain '%s' is declared twice", d->name);
    parse_advance(p);
    d->privileged = parse_skip_word(p, "privileged");
    if (!d->privileged && !parse_skip_word(p, "unprivileged"))
        return parse_expected(p, "'privileged' or 'unprivileged'");
    t->nr_domains++;
    return true;
}

static bool find_domain(struct parser *p, uint32_t *index)
{
    char name[PVT_MAX_NAME + 1];

    if (!parse_name(p, "a domain", name))
        return false;
    for (*index = 0; *index < p->t->nr_domains; ++*index) {
        if (strcmp(p->t->domains[*index].name, name) == 0) {
            parse_advance(p);
            return true;
        }
    }
    return parse_fail(p, "no domain is called '%s': declare it with dom", name);
}

bool page_add(struct parser *p, const char *name, struct pvt_page kind)
{
    struct pvt_trace *t = p->t;
    struct pvt_page *pages;

    if (t->nr_pages == PVT_MAX_PAGES)
        return parse_fail(p, "a trace has at most %u pages", PVT_MAX_PAGES);
    pages = parse_grow(p, t->pages, t->nr_pages, sizeof(*pages));
    if (!pages)
        return false;
    t->pages = pages;
    pages[t->nr_pages] = kind;
    memcpy(pages[t->nr_pages].name, name, strlen(name) + 1);
    t->nr_pages++;
    return names_add(p);
}

/* The page at hand, or with RANGES a range of them. */
static bool declare_page(struct parser *p, struct pvt_page kind, bool ranges)
{
    char name[PVT_MAX_NAME + 1];
    uint32_t known;

    if (!parse_name(p, "the name of a page", name))
        return false;
    if (term_is_reserved(name))
        return parse_fail(p,
                          "'%s' means something else: give the page "
                          "another name",
                          name);
    if (names_find(p, name, &known) || range_has(p->t, name))
        return parse_fail(p, "page '%s' is declared twice", name);
    kind.line = p->tok.line;
    kind.column = p->tok.column;
    parse_advance(p);
    if (ranges && parse_peek(p) == TOK_DOTS)
        return range_declare(p, name, kind);
    return page_add(p, name, kind);
}

/* NEW: frames that a call will return. VALUE: numbers of another kind. */
static bool parse_page(struct parser *p, bool new, bool value)
{
    struct pvt_page kind = { .new = new, .value = value };

    if (!value && !find_domain(p, &kind.domain))
        return false;
    if (value && p->t->nr_domains == 0)
        return parse_fail(p, "declare a domain before values");
    do {
        if (!declare_page(p, kind, true))
            return false;
    } while (parse_peek(p) == TOK_WORD);
    return true;
}

/* The page may be one that is declared, or a new one of the first domain. */
static bool parse_window(struct parser *p)
{
    struct pvt_trace *t = p->t;
    struct pvt_domain *d;
    char name[PVT_MAX_NAME + 1];
    uint32_t page;
    int declared;

    if (t->nr_domains == 0)
        return parse_fail(p, "declare the domain before its window");
    if (!parse_name(p, "the name of a page", name))
        return false;
    declared = page_find(p, name, &page);
    if (declared < 0)
        return false;
    d = &t->domains[declared ? t->pages[page].domain : 0];
    if (d->has_window)
        return parse_fail(p, "domain '%s' has a window already", d->name);
    if (declared) {
        parse_advance(p);
    } else {
        page = t->nr_pages;
        if (!declare_page(p, (struct pvt_page){ .domain = 0 }, false))
            return false;
    }
    d->has_window = true;
    d->window_declared = declared;
    d->window = page;
    return true;
}

static bool parse_contents(struct parser *p, bool range)
{
    struct pvt_trace *t = p->t;
    struct pvt_fill fill = { .range = range,
                             .line = p->tok.line,
                             .column = p->tok.column };
    struct pvt_fill *fills;
    uint64_t slot;

    if (!parse_frame(p, &fill.slot.frame) || !parse_char(p, '[') ||
        !parse_number(p, "a slot", XM_ENTRIES - 1, &slot))
        return false;
    if (fill.slot.frame.kind != PVT_FRAME_PAGE)
        return parse_fail(p, "only pages of the trace can be filled");
    fill.slot.index = fill.last = (uint32_t)slot;
    if (range) {
        if (parse_peek(p) != TOK_DOTS)
            return parse_expected(p, "'..' and the last slot");
        parse_advance(p);
        if (!parse_number(p, "a slot", XM_ENTRIES - 1, &slot))
            return false;
        fill.last = (uint32_t)slot;
        if (fill.last < fill.slot.index)
            return parse_fail(p, "the last slot comes before the first");
    }
    if (!parse_char(p, ']') || !parse_char(p, '=') ||
        !parse_entry(p, &fill.entry))
        return false;
    fills = parse_grow(p, t->fills, t->nr_fills, sizeof(*fills));
    if (!fills)
        return false;
    t->fills = fills;
    fills[t->nr_fills++] = fill;
    return true;
}

static bool parse_statement(struct parser *p)
{
    if (parse_skip_word(p, "dom"))
        return parse_dom(p);
    if (parse_skip_word(p, "page"))
        return parse_page(p, false, false);
    if (parse_skip_word(p, "new"))
        return parse_page(p, true, false);
    if (parse_skip_word(p, "value"))
        return parse_page(p, true, true);
    if (parse_skip_word(p, "window"))
        return parse_window(p);
    if (parse_skip_word(p, "pte"))
        return parse_contents(p, false);
    if (parse_skip_word(p, "fill"))
        return parse_contents(p, true);
    return parse_expected(p, "dom, page, new, value, window, pte, fill or '}'");
}

bool parse_init(struct parser *p)
{
    if (!parse_skip_word(p, "init"))
        return parse_expected(p, "'init {'");
    if (!parse_char(p, '{'))
        return false;
    while (!parse_skip_char(p, '}')) {
        if (p->tok.kind == TOK_END)
            return parse_expected(p, "a statement of init or '}'");
        parse_begin(p);
        if (!parse_statement(p) || !parse_end_of_statement(p))
            return false;
    }
    if (p->t->nr_domains == 0)
        return parse_fail(p, "init declares no domain: add 'dom d0 "
                             "privileged'");
    return true;
}
