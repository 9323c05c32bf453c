/* SPDX-License-Identifier: MIT
 *
 * Reading a trace: the frame of the grammar, and what its parts are made of.
 */
#include "parser.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE (16u << 20)

enum token_kind parse_peek(const struct parser *p)
{
    if (p->statement && !p->braces && p->tok.kind != TOK_BAD &&
        (p->tok.kind == TOK_END || p->tok.line != p->line))
        return TOK_EOL;
    return p->tok.kind;
}

void parse_advance(struct parser *p)
{
    p->column = p->tok.column + (unsigned int)p->tok.length;
    p->tok = lexer_next(&p->lexer);
}

bool parse_fail(struct parser *p, const char *format, ...)
{
    va_list args;

    if (p->tok.kind == TOK_BAD)
        return false; /* the lexer has said what is wrong */
    p->error->line = p->tok.line;
    p->error->column = p->tok.column;
    va_start(args, format);
    vsnprintf(p->error->text, sizeof(p->error->text), format, args);
    va_end(args);
    return false;
}

bool parse_expected(struct parser *p, const char *what)
{
    const int shown = p->tok.length < 40 ? (int)p->tok.length : 40;

    switch (parse_peek(p)) {
    case TOK_END:
        return parse_fail(p, "expected %s, but the file ends", what);
    case TOK_EOL:
        p->tok.line = p->line;
        p->tok.column = p->column;
        return parse_fail(p, "expected %s, but the line ends", what);
    default:
        return parse_fail(p, "expected %s, found '%.*s'", what, shown,
                          p->tok.text);
    }
}

bool parse_is_word(const struct parser *p, const char *word)
{
    return parse_peek(p) == TOK_WORD && p->tok.length == strlen(word) &&
           memcmp(p->tok.text, word, p->tok.length) == 0;
}

bool parse_is_char(const struct parser *p, char c)
{
    return parse_peek(p) == TOK_CHAR && p->tok.ch == c;
}

bool parse_skip_word(struct parser *p, const char *word)
{
    const bool is = parse_is_word(p, word);

    if (is)
        parse_advance(p);
    return is;
}

bool parse_skip_char(struct parser *p, char c)
{
    const bool is = parse_is_char(p, c);

    if (is)
        parse_advance(p);
    return is;
}

bool parse_char(struct parser *p, char c)
{
    const char what[] = { '\'', c, '\'', 0 };

    return parse_skip_char(p, c) || parse_expected(p, what);
}

bool parse_assign(struct parser *p)
{
    if (parse_peek(p) != TOK_ASSIGN)
        return parse_expected(p, "':='");
    parse_advance(p);
    return true;
}

bool parse_number(struct parser *p, const char *what, uint64_t max,
                  uint64_t *value)
{
    if (parse_peek(p) != TOK_NUMBER)
        return parse_expected(p, what);
    if (p->tok.negative || p->tok.number > max)
        return parse_fail(p, "%s is from 0 to %llu", what,
                          (unsigned long long)max);
    *value = p->tok.number;
    parse_advance(p);
    return true;
}

bool parse_name(struct parser *p, const char *what, char name[PVT_MAX_NAME + 1])
{
    if (parse_peek(p) != TOK_WORD || p->tok.text[0] == '-')
        return parse_expected(p, what);
    if (p->tok.length > PVT_MAX_NAME)
        return parse_fail(p, "a name has at most %u characters", PVT_MAX_NAME);
    memcpy(name, p->tok.text, p->tok.length);
    name[p->tok.length] = 0;
    return true; /* the caller advances: an error may follow here */
}

/* Room is doubled whenever the count reaches a power of two. */
void *parse_grow(struct parser *p, void *array, uint32_t count, size_t size)
{
    void *bigger;

    if (count != 0 && (count & (count - 1)) != 0)
        return array;
    bigger = realloc(array, (count ? 2u * (size_t)count : 1u) * size);
    if (!bigger)
        parse_fail(p, "out of memory: free some, or shorten the trace");
    return bigger;
}

void parse_begin(struct parser *p)
{
    p->statement = true;
    p->line = p->tok.line;
}

bool parse_end_of_statement(struct parser *p)
{
    if (parse_peek(p) != TOK_EOL && !parse_is_char(p, '}'))
        return parse_expected(p, "the end of the line");
    p->statement = false;
    return true;
}

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

static bool parse_version(struct parser *p, unsigned int *minor)
{
    char name[PVT_MAX_NAME + 1];
    int end = 0;

    if (!parse_name(p, "a version as v4.17", name))
        return false;
    if (sscanf(name, "v4.%2u%n", minor, &end) != 1 || name[end] ||
        *minor < XM_XEN_FIRST || *minor > XM_XEN_LAST)
        return parse_fail(p, "a version is from v4.%u to v4.%u", XM_XEN_FIRST,
                          XM_XEN_LAST);
    parse_advance(p);
    return true;
}

/* "xen" FIRST ".." LAST: the versions for which the trace holds. */
static bool parse_versions(struct parser *p)
{
    struct pvt_trace *t = p->t;

    if (!parse_is_word(p, "xen"))
        return true;
    parse_begin(p);
    parse_advance(p);
    if (!parse_version(p, &t->xen_first))
        return false;
    if (parse_peek(p) != TOK_DOTS)
        return parse_expected(p, "'..' and the last version");
    parse_advance(p);
    if (!parse_version(p, &t->xen_last))
        return false;
    if (t->xen_last < t->xen_first)
        return parse_fail(p, "the last version comes before the first");
    return parse_end_of_statement(p);
}

static bool parse_header(struct parser *p)
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
    return parse_rules(p) && parse_shows(p) && parse_versions(p);
}

static bool parse_run(struct parser *p)
{
    if (!parse_skip_word(p, "run"))
        return parse_expected(p, "'run {'");
    if (!parse_char(p, '{'))
        return false;
    while (!parse_skip_char(p, '}')) {
        if (p->tok.kind == TOK_END)
            return parse_expected(p, "a step or '}'");
        parse_begin(p);
        if (!parse_step(p) || !parse_end_of_statement(p))
            return false;
    }
    return true;
}

struct pvt_trace *pvt_trace_parse(const char *text, size_t length,
                                  struct pvt_error *error)
{
    struct parser p = { .error = error };
    bool good;

    *error = (struct pvt_error){ .line = 0 };
    p.t = calloc(1, sizeof(*p.t));
    if (!p.t) {
        snprintf(error->text, sizeof(error->text), "out of memory: free some");
        return NULL;
    }
    lexer_init(&p.lexer, text, length, error);
    parse_advance(&p);
    good =
        parse_header(&p) && parse_init(&p) && parse_run(&p) && parse_final(&p);
    if (good && p.tok.kind != TOK_END)
        good = parse_expected(&p, "the end of the file");
    if (good)
        return p.t;
    pvt_trace_free(p.t);
    return NULL;
}

struct pvt_trace *pvt_trace_read(const char *file, struct pvt_error *error)
{
    struct pvt_trace *t = NULL;
    FILE *f = fopen(file, "rb");
    char *text = NULL;
    size_t length;

    *error = (struct pvt_error){ .line = 0 };
    if (f)
        text = malloc(MAX_FILE + 1u);
    if (!f || !text) {
        snprintf(error->text, sizeof(error->text), "cannot be read: %s",
                 strerror(errno));
        goto out;
    }
    length = fread(text, 1, MAX_FILE + 1u, f);
    if (ferror(f))
        snprintf(error->text, sizeof(error->text), "cannot be read: %s",
                 strerror(errno));
    else if (length > MAX_FILE)
        snprintf(error->text, sizeof(error->text),
                 "is longer than %u MiB: split the trace", MAX_FILE >> 20);
    else
        t = pvt_trace_parse(text, length, error);
out:
    free(text);
    if (f)
        fclose(f);
    return t;
}

void pvt_trace_free(struct pvt_trace *t)
{
    if (!t)
        return;
    for (uint32_t i = 0; i < t->nr_steps; i++) {
        free(t->steps[i].updates);
        free(t->steps[i].exts);
        free(t->steps[i].insn);
        call_free(&t->steps[i].in);
        call_free(&t->steps[i].expect.out);
    }
    free(t->sentence);
    free(t->pages);
    free(t->fills);
    free(t->steps);
    free(t->finals);
    free(t);
}
