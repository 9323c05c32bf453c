/* SPDX-License-Identifier: MIT
 *
 * Cutting a trace into words. Any bytes may come: what is no word is one
 * clear error with its place.
 */
#include "lexer.h"

#include <string.h>

void lexer_init(struct lexer *l, const char *text, size_t length,
                struct pvt_error *error)
{
    *l = (struct lexer){ .next = text,
                         .end = text + length,
                         .line_start = text,
                         .line = 1,
                         .fresh = true,
                         .error = error };
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_alnum(char c)
{
    return is_letter(c) || is_digit(c);
}

/* The character N places ahead, 0 past the end. */
static char ahead(const struct lexer *l, size_t n)
{
    return (size_t)(l->end - l->next) > n ? l->next[n] : 0;
}

static struct token bad(struct lexer *l, struct token t, const char *text)
{
    t.kind = TOK_BAD;
    l->error->line = t.line;
    l->error->column = t.column;
    snprintf(l->error->text, sizeof(l->error->text), "%s", text);
    return t;
}

static void skip_space(struct lexer *l)
{
    while (l->next < l->end) {
        const char c = *l->next;

        if (c == '#') {
            const char *eol = memchr(l->next, '\n', (size_t)(l->end - l->next));

            l->next = eol ? eol : l->end;
        } else if (c == '\n') {
            l->line_start = ++l->next;
            l->line++;
            l->fresh = true;
        } else if (c == ' ' || c == '\t' || c == '\r') {
            l->next++;
        } else {
            return;
        }
    }
}

static int digit_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 99;
}

static struct token number(struct lexer *l, struct token t)
{
    int base = 10, digits = 0;

    t.kind = TOK_NUMBER;
    if (ahead(l, 0) == '-') {
        t.negative = true;
        l->next++;
    }
    if (ahead(l, 0) == '0' && (ahead(l, 1) == 'x' || ahead(l, 1) == 'X')) {
        base = 16;
        l->next += 2;
    }
    for (; digit_value(ahead(l, 0)) < base; l->next++, digits++) {
        const uint64_t digit = (uint64_t)digit_value(ahead(l, 0));

        if (t.number > (UINT64_MAX - digit) / (uint64_t)base)
            return bad(l, t, "the number does not fit into 64 bits");
        t.number = t.number * (uint64_t)base + digit;
    }
    if (digits == 0)
        return bad(l, t, "digits are missing after 0x");
    if (is_alnum(ahead(l, 0)))
        return bad(l, t,
                   "a number is decimal, or hexadecimal after 0x, and "
                   "ends where it ends");
    t.length = (size_t)(l->next - t.text);
    return t;
}

static struct token word(struct lexer *l, struct token t)
{
    t.kind = TOK_WORD;
    l->next++;
    /* '.' and '-' only inside: "a->" and "a.." are other words. */
    while (
        is_alnum(ahead(l, 0)) ||
        ((ahead(l, 0) == '.' || ahead(l, 0) == '-') && is_alnum(ahead(l, 1))))
        l->next++;
    t.length = (size_t)(l->next - t.text);
    return t;
}

static struct token string(struct lexer *l, struct token t)
{
    t.kind = TOK_STRING;
    t.text = ++l->next;
    while (l->next < l->end && *l->next != '"') {
        if (*l->next == '\n')
            return bad(l, t,
                       "the string is not closed: end it with \" on "
                       "the same line");
        if (*l->next < 0x20 || *l->next > 0x7e)
            return bad(l, t, "a string holds printable ASCII characters only");
        l->next++;
    }
    if (l->next == l->end)
        return bad(l, t, "the string is not closed: end it with \"");
    t.length = (size_t)(l->next++ - t.text);
    return t;
}

static struct token unknown(struct lexer *l, struct token t)
{
    const unsigned char c = (unsigned char)*l->next;
    char text[80];

    if (c > 0x20 && c < 0x7f)
        snprintf(text, sizeof(text), "'%c' has no meaning here", c);
    else
        snprintf(text, sizeof(text), "the byte 0x%02x has no place in a trace",
                 c);
    return bad(l, t, text);
}

struct token lexer_next(struct lexer *l)
{
    struct token t;
    char c;

    skip_space(l);
    t = (struct token){ .kind = TOK_END,
                        .first = l->fresh,
                        .line = l->line,
                        .column = (unsigned int)(l->next - l->line_start) + 1,
                        .text = l->next };
    l->fresh = false;
    if (l->next == l->end)
        return t;

    c = *l->next;
    if (is_digit(c) || (c == '-' && is_digit(ahead(l, 1))))
        return number(l, t);
    if (is_letter(c) || (c == '-' && is_letter(ahead(l, 1))))
        return word(l, t);
    if (c == '"')
        return string(l, t);
    if ((c == ':' && ahead(l, 1) == '=') || (c == '-' && ahead(l, 1) == '>') ||
        (c == '.' && ahead(l, 1) == '.')) {
        t.kind = c == ':' ? TOK_ASSIGN : c == '-' ? TOK_ARROW : TOK_DOTS;
        t.length = 2;
        l->next += 2;
        return t;
    }
    if (c == 0 || !strchr("{}[]:,=+", c))
        return unknown(l, t);
    t.kind = TOK_CHAR;
    t.ch = c;
    t.length = 1;
    l->next++;
    return t;
}
