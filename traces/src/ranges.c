/* SPDX-License-Identifier: MIT
 *
 * Ranges of pages, x0..x3fff: a name and a hexadecimal number. A page of one is
 * there when it is named first: those that nobody names take no frame.
 */
#include "parser.h"

#include <stdlib.h>
#include <string.h>

/* The number behind the first N characters of NAME, as "%x" prints it. */
static bool number_of(const char *name, size_t n, uint32_t *number)
{
    const char *digits = name + n;
    const size_t length = strspn(digits, "0123456789abcdef");

    if (length == 0 || length > 7 || digits[length] != 0 ||
        (digits[0] == '0' && length > 1))
        return false;
    *number = (uint32_t)strtoul(digits, NULL, 16);
    return true;
}

static const struct pvt_range *range_of(const struct pvt_trace *t,
                                        const char *name, uint32_t *number)
{
    for (uint32_t i = 0; i < t->nr_ranges; i++) {
        const struct pvt_range *r = &t->ranges[i];
        const size_t n = strlen(r->prefix);

        if (strncmp(name, r->prefix, n) == 0 && number_of(name, n, number) &&
            *number >= r->first && *number <= r->last)
            return r;
    }
    return NULL;
}

bool range_has(const struct pvt_trace *t, const char *name)
{
    uint32_t number;

    return range_of(t, name, &number) != NULL;
}

static bool overlap(struct parser *p, const struct pvt_range *r)
{
    const size_t n = strlen(r->prefix);
    const struct pvt_trace *t = p->t;

    for (uint32_t i = 0; i < t->nr_pages; i++) {
        uint32_t number;

        if (strncmp(t->pages[i].name, r->prefix, n) == 0 &&
            number_of(t->pages[i].name, n, &number) && number >= r->first &&
            number <= r->last)
            return !parse_fail(p, "page '%s' is declared twice",
                               t->pages[i].name);
    }
    for (uint32_t i = 0; i < t->nr_ranges; i++)
        if (strcmp(t->ranges[i].prefix, r->prefix) == 0 &&
            t->ranges[i].first <= r->last && r->first <= t->ranges[i].last)
            return !parse_fail(p,
                               "pages of '%s%x' to '%s%x' are declared "
                               "twice",
                               r->prefix, t->ranges[i].first, r->prefix,
                               t->ranges[i].last);
    return false;
}

bool range_declare(struct parser *p, const char *first, struct pvt_page kind)
{
    struct pvt_range r = { .domain = kind.domain,
                           .new = kind.new,
                           .value = kind.value };
    const size_t n = strcspn(first, "0123456789");
    char last[PVT_MAX_NAME + 1];
    struct pvt_range *ranges;

    parse_advance(p);
    memcpy(r.prefix, first, n);
    if (!number_of(first, n, &r.first))
        return parse_fail(p,
                          "'%s' begins no range: that is a name, and a "
                          "number in lower hexadecimal which begins with a "
                          "decimal digit",
                          first);
    if (!parse_name(p, "the last page of the range", last))
        return false;
    if (strncmp(last, r.prefix, n) != 0 || !number_of(last, n, &r.last) ||
        r.last < r.first)
        return parse_fail(p, "'%s' ends no range that begins with '%s'", last,
                          first);
    if (overlap(p, &r))
        return false;
    ranges = parse_grow(p, p->t->ranges, p->t->nr_ranges, sizeof(*ranges));
    if (!ranges)
        return false;
    p->t->ranges = ranges;
    ranges[p->t->nr_ranges++] = r;
    parse_advance(p);
    return true;
}

/* 0: no range has it. -1: an error. */
static int take(struct parser *p, const char *name, uint32_t *page)
{
    uint32_t number;
    const struct pvt_range *r = range_of(p->t, name, &number);

    if (!r)
        return 0;
    if (!page_add(p, name,
                  (struct pvt_page){ .domain = r->domain,
                                     .new = r->new,
                                     .value = r->value,
                                     .of_range = true,
                                     .line = p->tok.line,
                                     .column = p->tok.column }))
        return -1;
    *page = p->t->nr_pages - 1;
    return 1;
}

int page_find(struct parser *p, const char *name, uint32_t *page)
{
    return names_find(p, name, page) ? 1 : take(p, name, page);
}

bool range_take_extent(struct parser *p, uint32_t first, const char *last,
                       uint32_t *behind)
{
    char name[PVT_MAX_NAME + 10];
    const struct pvt_range *r;
    uint32_t from, to, page;
    size_t n;

    memcpy(name, p->t->pages[first].name, PVT_MAX_NAME + 1);
    r = range_of(p->t, name, &from);
    n = r ? strlen(r->prefix) : 0;
    if (!r || strncmp(name, last, n) != 0 || !number_of(last, n, &to) ||
        to < from)
        return false;
    for (uint32_t i = from; i <= to; i++) {
        snprintf(name + n, sizeof(name) - n, "%x", i);
        if (page_find(p, name, &page) != 1 || page != first + (i - from))
            return false;
    }
    *behind = to - from;
    return true;
}
