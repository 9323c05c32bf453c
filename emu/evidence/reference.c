/* SPDX-License-Identifier: MIT
 *
 * The evidence column of the rules reference.
 */
#include "evidence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEADING " Evidence |"

void evidence_print_cell(FILE *f, const struct evidence *e)
{
    const unsigned int named =
        e->nr_traces < EVIDENCE_MAX_TRACES ? e->nr_traces : EVIDENCE_MAX_TRACES;

    for (unsigned int i = 0; i < named; i++)
        fprintf(f, "%s`%s`", i ? ", " : "", e->trace[i]);
    if (e->nr_traces > named)
        fprintf(f, " and %u more", e->nr_traces - named);
    if (e->nr_traces == 0 && e->reason)
        fprintf(f, "model only: %s", e->reason);
    else if (e->nr_traces == 0)
        fputc('-', f);
}

static bool ends_with(const char *line, const char *end)
{
    const size_t a = strlen(line), b = strlen(end);

    return a >= b && strcmp(line + a - b, end) == 0;
}

/* Takes the last cell of a row away. */
static void drop_cell(char *line)
{
    const size_t length = strlen(line);
    char *bar;

    if (length == 0)
        return;
    line[length - 1] = 0;
    bar = strrchr(line, '|');
    if (bar)
        bar[1] = 0;
}

/* Lines of a table, from its heading on. */
struct table {
    bool open, had_column, of_rules;
};

static bool next_is_of_rules(FILE *f)
{
    const long here = ftell(f);
    char line[4096], id[16];
    bool is = false;

    /* The line of dashes, then the first row. */
    if (fgets(line, sizeof(line), f) && strncmp(line, "|--", 3) == 0 &&
        fgets(line, sizeof(line), f))
        is = sscanf(line, "| %15[A-Z0-9-] |", id) == 1 && strchr(id, '-');
    fseek(f, here, SEEK_SET);
    return is;
}

static void rewrite_row(struct evidence_table *table, struct table *t,
                        char *line, FILE *f, FILE *to)
{
    const struct evidence *e = NULL;
    char id[16];

    if (!t->open) {
        t->open = true;
        t->of_rules = next_is_of_rules(f);
        t->had_column = ends_with(line, HEADING);
        fputs(line, to);
        if (t->of_rules && !t->had_column)
            fputs(HEADING, to);
        return;
    }
    if (!t->of_rules) {
        fputs(line, to);
        return;
    }
    if (t->had_column)
        drop_cell(line);
    fputs(line, to);
    if (strncmp(line, "|--", 3) == 0) {
        fputs("---|", to);
        return;
    }
    if (sscanf(line, "| %15[A-Z0-9-] |", id) == 1)
        e = evidence_find(table, id);
    fputc(' ', to);
    if (e)
        evidence_print_cell(to, e);
    fputs(" |", to);
}

bool evidence_rewrite(struct evidence_table *table, const char *file, FILE *to)
{
    FILE *f = fopen(file, "r");
    struct table t = { .open = false };
    char *line = NULL;
    size_t size = 0;

    if (!f) {
        fprintf(stderr, "%s: %s\n", file, strerror(errno));
        return false;
    }
    while (getline(&line, &size, f) > 0) {
        line[strcspn(line, "\n")] = 0;
        if (line[0] == '|') {
            rewrite_row(table, &t, line, f, to);
        } else {
            t = (struct table){ .open = false };
            fputs(line, to);
        }
        fputc('\n', to);
    }
    free(line);
    fclose(f);
    return true;
}
