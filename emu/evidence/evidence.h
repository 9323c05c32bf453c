/* SPDX-License-Identifier: MIT
 *
 * What is known of each rule of the reference: the traces that show it on
 * actual Xen, or why there is none.
 */
#ifndef EMU_EVIDENCE_EVIDENCE_H
#define EMU_EVIDENCE_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define EVIDENCE_MAX_TRACES 3u /* named; there may be more */

struct evidence {
    char id[16];
    char trace[EVIDENCE_MAX_TRACES][64];
    unsigned int nr_traces;
    const char *reason; /* key of why it is model only, NULL: none given */
};

struct evidence_reason {
    char key[24];
    char sentence[200];
};

#define EVIDENCE_MAX_RULES 2048u
#define EVIDENCE_MAX_REASONS 32u

struct evidence_table {
    struct evidence rules[EVIDENCE_MAX_RULES];
    size_t nr_rules;
    struct evidence_reason reasons[EVIDENCE_MAX_REASONS];
    size_t nr_reasons;
};

/* Each fills in its part of TABLE; false after a message on stderr. */
bool evidence_read_reference(struct evidence_table *table, const char *file);
bool evidence_read_reasons(struct evidence_table *table, const char *file);
bool evidence_read_suite(struct evidence_table *table, const char *directory);

/* The rule ID, NULL if the reference has none. */
struct evidence *evidence_find(struct evidence_table *table, const char *id);

/* One cell: "`trace`, `trace` and 3 more", "model only: key", or "-". */
void evidence_print_cell(FILE *f, const struct evidence *e);

/* The reference with its evidence column made anew. */
bool evidence_rewrite(struct evidence_table *table, const char *file, FILE *to);

#endif
