/* SPDX-License-Identifier: MIT
 *
 * What the files of the parser share. Every function answers false after an
 * error, which is then in *error and is the only one.
 */
#ifndef TRACES_SRC_PARSER_H
#define TRACES_SRC_PARSER_H

#include "lexer.h"

#include <search.h>

struct parser {
    struct lexer lexer;
    struct token tok; /* the one to be looked at */
    struct pvt_trace *t;
    struct pvt_error *error;
    bool statement;      /* inside one: it ends with its line ... */
    bool braces;         /* ... but for a batch */
    unsigned int line;   /* of the statement */
    unsigned int column; /* behind the last token taken */
    bool cut;            /* the text ends before the trace does */
    struct hsearch_data names;
    uint32_t nr_named; /* pages in it */
};

/* parser.c */
/* The kind of the next token, TOK_EOL if it is not of the statement. */
enum token_kind parse_peek(const struct parser *p);
void parse_advance(struct parser *p);
bool parse_fail(struct parser *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "expected WHAT, found ..." */
bool parse_expected(struct parser *p, const char *what);
bool parse_is_word(const struct parser *p, const char *word);
bool parse_is_char(const struct parser *p, char c);
bool parse_skip_word(struct parser *p, const char *word);
bool parse_skip_char(struct parser *p, char c);
bool parse_char(struct parser *p, char c);
bool parse_assign(struct parser *p);
/* A number from 0 to MAX. */
bool parse_number(struct parser *p, const char *what, uint64_t max,
                  uint64_t *value);
bool parse_name(struct parser *p, const char *what,
                char name[PVT_MAX_NAME + 1]);
/* ARRAY with room for one element more than COUNT, NULL and an error. */
void *parse_grow(struct parser *p, void *array, uint32_t count, size_t size);
void parse_begin(struct parser *p);
bool parse_end_of_statement(struct parser *p);

/* names.c: the pages by their names */
bool names_find(const struct parser *p, const char *name, uint32_t *page);
/* The last page of the trace has its name now. */
bool names_add(struct parser *p);
void names_free(struct parser *p);

/* ranges.c: pages that are there when they are named */
bool range_has(const struct pvt_trace *t, const char *name);
/* FIRST, which has been read, ".." and the last: pages like KIND. */
bool range_declare(struct parser *p, const char *first, struct pvt_page kind);
/* 1: there is such a page, or now there is; 0: nobody has declared it; -1. */
int page_find(struct parser *p, const char *name, uint32_t *page);
/*
 * FIRST is of a range: the pages from it to LAST, which were not there before
 * or are in this order. *BEHIND: how many there are but the first.
 */
bool range_take_extent(struct parser *p, uint32_t first, const char *last,
                       uint32_t *behind);

/* header.c */
bool parse_header(struct parser *p);

/* terms.c */
bool parse_frame(struct parser *p, struct pvt_frame_ref *r);
bool parse_slot(struct parser *p, struct pvt_slot *s);
bool parse_entry(struct parser *p, struct pvt_entry *e);
bool parse_va(struct parser *p, struct pvt_va *va);
bool parse_optional_fd(struct parser *p, struct pvt_fd *fd);
/* Flags of an entry, and raw bits, as far as they go. */
bool parse_flags(struct parser *p, struct pvt_entry *e);
bool parse_fd(struct parser *p, struct pvt_fd *fd);
bool parse_domid(struct parser *p, xm_domid *domid);
bool parse_rule(struct parser *p, enum xm_rule *rule);
bool term_is_reserved(const char *name);

/* instruction.c */
bool parse_is_register(const struct parser *p);
bool parse_settings(struct parser *p, struct pvt_settings *s);
bool parse_instruction(struct parser *p, struct pvt_step *s);
void print_settings(FILE *f, const struct pvt_trace *t,
                    const struct pvt_settings *s);
void print_instruction(FILE *f, const struct pvt_trace *t,
                       const struct pvt_instruction *i);

/* print.c */
void print_va(FILE *f, struct pvt_va va);
void print_entry(FILE *f, const struct pvt_trace *t, const struct pvt_entry *e);

/* call.c */
const struct pvt_call_info *call_by_word(const struct parser *p);
bool parse_hypercall(struct parser *p, struct pvt_step *s);
/* FIELD=VALUE... { FIELD=VALUE... }, ...: of registers, then of structures. */
bool parse_fields(struct parser *p, const struct pvt_call_info *c,
                  struct pvt_assigns *to, uint32_t *elements);
void call_free(struct pvt_assigns *a);

/* access.c */
/* *FOUND: it was such a step. */
bool parse_access(struct parser *p, struct pvt_step *s, bool *found);
bool parse_access_result(struct parser *p, const struct pvt_step *s,
                         struct pvt_expect *e);
void print_access(FILE *f, const struct pvt_trace *t, const struct pvt_step *s);
void print_exception(FILE *f, const struct pvt_expect *e);

/* init.c */
/* A page like KIND becomes the last one of the trace. */
bool page_add(struct parser *p, const char *name, struct pvt_page kind);

/* steps.c, init.c, final.c */
bool parse_step(struct parser *p);
bool parse_init(struct parser *p);
bool parse_final(struct parser *p);

/* Names that parser and printer share, terms.c and steps.c. */
extern const char *const term_frames[]; /* by enum pvt_frame_kind */
extern const char *const term_types[8]; /* by type >> shift, or NULL */

struct term_command {
    const char *name;
    uint32_t command;
    enum pvt_arg_kind arg1, arg2;
    bool fd; /* may be given */
};
extern const struct term_command term_commands[]; /* ends with a NULL name */
const struct term_command *term_command(uint32_t command);

#endif
