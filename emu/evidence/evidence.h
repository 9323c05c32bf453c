/* SPDX-License-Identifier: MIT
 *
 * What is known of each rule of the reference: the traces that show it on
 * actual Xen, or why there is none. Of each refusal also the neighbours: traces
 * with one detail changed, where it does not speak.
 */
#ifndef EMU_EVIDENCE_EVIDENCE_H
#define EMU_EVIDENCE_EVIDENCE_H

#include <traces/trace.h>

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

/* Of a row of rules.def. */
struct evidence_neighbours {
    const char *trace; /* the first, NULL: none */
    unsigned int nr_traces;
    const char *reason; /* key of why the row has no trace, NULL: none given */
};

struct evidence_trace {
    char *file;
    struct pvt_trace *trace;
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
    struct evidence_neighbours neighbours[XM_NR_RULES];
    struct evidence_trace *traces; /* the suite */
    size_t nr_traces;
};

/* Each fills in its part of TABLE; false after a message on stderr. */
bool evidence_read_reference(struct evidence_table *table, const char *file);
bool evidence_read_reasons(struct evidence_table *table, const char *file);
bool evidence_read_suite(struct evidence_table *table, const char *directory);
/* After the suite: every neighbour differs from its trace in one detail. */
bool evidence_read_neighbours(struct evidence_table *table);

/* The rule ID, NULL if the reference has none. */
struct evidence *evidence_find(struct evidence_table *table, const char *id);

/* Why the row RULE has no trace; NULL: no reason is known. */
const char *evidence_rule_reason(struct evidence_table *table,
                                 enum xm_rule rule);

void evidence_free(struct evidence_table *table);

/* One cell: "`trace`, `trace` and 3 more", "model only: key", or "-". */
void evidence_print_cell(FILE *f, const struct evidence *e);

/* The reference with its evidence column made anew. */
bool evidence_rewrite(struct evidence_table *table, const char *file, FILE *to);

#endif
