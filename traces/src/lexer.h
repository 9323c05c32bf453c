/* SPDX-License-Identifier: MIT
 *
 * The words of a trace.
 */
#ifndef TRACES_SRC_LEXER_H
#define TRACES_SRC_LEXER_H

#include <traces/trace.h>

enum token_kind {
    TOK_END,  /* of the file */
    TOK_EOL,  /* never from the lexer: what a parser sees between lines */
    TOK_WORD, /* letters, digits, '_', and '.', '-' inside; or -ERRNO */
    TOK_NUMBER,
    TOK_STRING,
    TOK_ASSIGN, /* := */
    TOK_ARROW,  /* -> */
    TOK_DOTS,   /* .. */
    TOK_CHAR,   /* one of {}[]:,=+ */
    TOK_BAD,    /* the lexer has set an error */
};

struct token {
    enum token_kind kind;
    bool first;    /* on its line */
    bool negative; /* a number with a minus sign */
    char ch;
    unsigned int line, column;
    const char *text; /* into the source, a string without its quotes */
    size_t length;
    uint64_t number; /* magnitude */
};

struct lexer {
    const char *next, *end, *line_start;
    unsigned int line;
    bool fresh; /* nothing of this line was delivered yet */
    struct pvt_error *error;
};

void lexer_init(struct lexer *l, const char *text, size_t length,
                struct pvt_error *error);
struct token lexer_next(struct lexer *l);

#endif
