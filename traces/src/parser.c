/* SPDX-License-Identifier: MIT
 *
 * Reading a trace: its file, its blocks, and what its parts are made of.
 */
#include "edit.h"
#include "parser.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

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

/* The text was cut off inside a step of several lines: it was never said. */
static bool drop_cut_step(struct parser *p)
{
    if (!p->cut || !p->braces || p->tok.kind != TOK_END)
        return false;
    edit_free_step(&p->t->steps[--p->t->nr_steps]);
    *p->error = (struct pvt_error){ .line = 0 };
    return true;
}

static bool parse_run(struct parser *p)
{
    if (!parse_skip_word(p, "run"))
        return parse_expected(p, "'run {'");
    if (!parse_char(p, '{'))
        return false;
    while (!parse_skip_char(p, '}')) {
        if (p->tok.kind == TOK_END)
            return p->cut || parse_expected(p, "a step or '}'");
        parse_begin(p);
        if (!parse_step(p) || !parse_end_of_statement(p))
            return drop_cut_step(p);
    }
    return true;
}

static struct pvt_trace *parse(const char *text, size_t length, bool cut,
                               struct pvt_error *error)
{
    struct parser p = { .error = error, .cut = cut };
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
    names_free(&p);
    if (good)
        return p.t;
    pvt_trace_free(p.t);
    return NULL;
}

struct pvt_trace *pvt_trace_parse(const char *text, size_t length,
                                  struct pvt_error *error)
{
    return parse(text, length, false, error);
}

struct pvt_trace *pvt_trace_parse_cut(const char *text, size_t length,
                                      struct pvt_error *error)
{
    while (length > 0 && text[length - 1] != '\n')
        length--;
    return parse(text, length, true, error);
}

void pvt_trace_free(struct pvt_trace *t)
{
    if (!t)
        return;
    for (uint32_t i = 0; i < t->nr_steps; i++)
        edit_free_step(&t->steps[i]);
    free(t->sentence);
    free(t->pages);
    free(t->ranges);
    free(t->fills);
    free(t->steps);
    free(t->finals);
    free(t);
}
