/* SPDX-License-Identifier: MIT
 *
 * Reading a trace: what it says of itself before its init block.
 */
#include "parser.h"

#include <string.h>

static bool parse_rules(struct parser *p)
{
    struct pvt_trace *t = p->t;

    if (!parse_is_word(p, "rules"))
        return true;
    parse_begin(p);
    parse_advance(p);
    do {
        if (t->nr_rules == PVT_MAX_RULES)
            return parse_fail(p, "at most %u rules", PVT_MAX_RULES);
        if (!parse_rule(p, &t->rules[t->nr_rules]))
            return false;
        t->nr_rules++;
    } while (parse_peek(p) == TOK_WORD);
    return parse_end_of_statement(p);
}

/* Ids of the rules reference: letters, a dash, a number. */
static bool is_reference(const char *id)
{
    const size_t letters = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    return letters >= 2 && id[letters] == '-' && id[letters + 1] &&
           strspn(id + letters + 1, "0123456789") == strlen(id + letters + 1);
}

static bool parse_shows(struct parser *p)
{
    struct pvt_trace *t = p->t;
    char name[PVT_MAX_NAME + 1];

    if (!parse_is_word(p, "shows"))
        return true;
    parse_begin(p);
    parse_advance(p);
    do {
        if (t->nr_shows == PVT_MAX_SHOWS)
            return parse_fail(p, "at most %u rules are shown", PVT_MAX_SHOWS);
        if (!parse_name(p, "an id of the rules reference, as MMU-01", name))
            return false;
        if (!is_reference(name) || strlen(name) >= sizeof(t->shows[0]))
            return parse_fail(p,
                              "an id of the rules reference looks as "
                              "MMU-01, '%s' does not",
                              name);
        memcpy(t->shows[t->nr_shows++], name, strlen(name) + 1);
        parse_advance(p);
    } while (parse_peek(p) == TOK_WORD);
    return parse_end_of_statement(p);
}

/* "neighbour" TRACE RULE...: the trace it differs from, and what it silences.
 */
static bool parse_neighbour(struct parser *p)
{
    struct pvt_trace *t = p->t;

    if (!parse_is_word(p, "neighbour"))
        return true;
    parse_begin(p);
    parse_advance(p);
    if (!parse_name(p, "the name of another trace", t->neighbour))
        return false;
    if (strcmp(t->neighbour, t->name) == 0)
        return parse_fail(p, "a trace is not its own neighbour");
    parse_advance(p);
    do {
        if (t->nr_silenced == PVT_MAX_SILENCED)
            return parse_fail(p, "a neighbour silences at most %u rules",
                              PVT_MAX_SILENCED);
        if (!parse_rule(p, &t->silenced[t->nr_silenced]))
            return false;
        t->nr_silenced++;
    } while (parse_peek(p) == TOK_WORD);
    return parse_end_of_statement(p);
}

/* At least LEAST, which is the first version of a range, or 0. */
static bool parse_version(struct parser *p, unsigned int *minor,
                          unsigned int least)
{
    char name[PVT_MAX_NAME + 1];
    int end = 0;

    if (!parse_name(p, "a version as v4.17", name))
        return false;
    if (sscanf(name, "v4.%2u%n", minor, &end) != 1 || name[end] ||
        *minor < XM_XEN_FIRST || *minor > XM_XEN_LAST)
        return parse_fail(p, "a version is from v4.%u to v4.%u", XM_XEN_FIRST,
                          XM_XEN_LAST);
    if (*minor < least)
        return parse_fail(p, "the last version comes before the first");
    parse_advance(p);
    return true;
}

/*
 * "xen" FIRST ".." LAST [BUILD] ["l1tf"]: the versions for which the trace
 * holds, and whether they were started with pv-l1tf=domu.
 */
static bool parse_versions(struct parser *p)
{
    struct pvt_trace *t = p->t;

    if (!parse_is_word(p, "xen"))
        return true;
    parse_begin(p);
    parse_advance(p);
    if (!parse_version(p, &t->xen_first, 0))
        return false;
    if (parse_peek(p) != TOK_DOTS)
        return parse_expected(p, "'..' and the last version");
    parse_advance(p);
    if (!parse_version(p, &t->xen_last, t->xen_first))
        return false;
    if (parse_skip_word(p, "release"))
        t->build = PVT_BUILD_RELEASE;
    else if (parse_skip_word(p, "debug"))
        t->build = PVT_BUILD_DEBUG;
    t->l1tf = parse_skip_word(p, "l1tf");
    return parse_end_of_statement(p);
}

bool parse_header(struct parser *p)
{
    struct pvt_trace *t = p->t;
    uint64_t version;

    if (!parse_skip_word(p, "pvt"))
        return parse_expected(p, "'pvt 1', with which a trace begins");
    if (parse_peek(p) == TOK_NUMBER && p->tok.number != 1)
        return parse_fail(p,
                          "the format has version %llu, this program reads "
                          "version 1",
                          (unsigned long long)p->tok.number);
    if (!parse_number(p, "the version of the format", 1, &version))
        return false;
    if (!parse_skip_word(p, "test"))
        return parse_expected(p, "'test' and the name of the trace");
    if (!parse_name(p, "the name of the trace", t->name))
        return false;
    parse_advance(p);
    if (parse_peek(p) != TOK_STRING)
        return parse_expected(p, "a sentence in quotes");
    t->sentence = strndup(p->tok.text, p->tok.length);
    if (!t->sentence)
        return parse_fail(p, "out of memory: free some");
    parse_advance(p);
    return parse_rules(p) && parse_shows(p) && parse_neighbour(p) &&
           parse_versions(p);
}
