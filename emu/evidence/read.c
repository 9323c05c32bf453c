/* SPDX-License-Identifier: MIT
 *
 * Collecting the evidence: ids from the tables of the reference, reasons from
 * docs/model-only.txt, traces from the suite.
 */
#include "evidence.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool cannot(const char *file)
{
    fprintf(stderr, "%s: %s\n", file, strerror(errno));
    return false;
}

struct evidence *evidence_find(struct evidence_table *table, const char *id)
{
    for (size_t i = 0; i < table->nr_rules; i++)
        if (strcmp(table->rules[i].id, id) == 0)
            return &table->rules[i];
    return NULL;
}

bool evidence_read_reference(struct evidence_table *table, const char *file)
{
    FILE *f = fopen(file, "r");
    char *line = NULL, id[16];
    size_t size = 0;

    if (!f)
        return cannot(file);
    while (getline(&line, &size, f) > 0) {
        if (sscanf(line, "| %15[A-Z0-9-] |", id) != 1 || id[0] == '-' ||
            !strchr(id, '-') || evidence_find(table, id) ||
            table->nr_rules == EVIDENCE_MAX_RULES)
            continue;
        strcpy(table->rules[table->nr_rules++].id, id);
    }
    free(line);
    fclose(f);
    return true;
}

/* ID, PREFIX-FIRST..LAST, or the id of a row of rules.def. */
static bool give_reason(struct evidence_table *table, const char *word,
                        const char *key)
{
    unsigned int first, last;
    char prefix[8], id[16];
    struct evidence *e;
    const enum xm_rule rule = xm_rule_by_id(word);
    int digits = 0, n;

    if (rule != XM_R_NONE) {
        table->neighbours[rule].reason = key;
        return true;
    }
    n = sscanf(word, "%7[A-Z0-9]-%u%n..%u", prefix, &first, &digits, &last);
    if (n < 2)
        return false;
    if (n == 2)
        last = first;
    digits -= (int)strlen(prefix) + 1;
    for (unsigned int i = first; i <= last; i++) {
        snprintf(id, sizeof(id), "%s-%0*u", prefix, digits, i);
        e = evidence_find(table, id);
        if (e)
            e->reason = key;
        else if (n == 2)
            return false;
    }
    return true;
}

/*
 * Lines "reason KEY SENTENCE" and "KEY ID ID..ID ..."; '#' begins a comment.
 */
static bool read_line(struct evidence_table *table, char *line)
{
    struct evidence_reason *r = &table->reasons[table->nr_reasons];
    const char *key = NULL;
    char *save, *word = strtok_r(line, " \t\n", &save);

    if (!word || word[0] == '#')
        return true;
    if (strcmp(word, "reason") == 0) {
        if (table->nr_reasons == EVIDENCE_MAX_REASONS ||
            sscanf(save, "%23s %199[^\n]", r->key, r->sentence) != 2)
            return false;
        table->nr_reasons++;
        return true;
    }
    for (size_t i = 0; i < table->nr_reasons; i++)
        if (strcmp(table->reasons[i].key, word) == 0)
            key = table->reasons[i].key;
    if (!key)
        return false;
    while ((word = strtok_r(NULL, " \t\n", &save)) != NULL)
        if (!give_reason(table, word, key))
            return false;
    return true;
}

bool evidence_read_reasons(struct evidence_table *table, const char *file)
{
    FILE *f = fopen(file, "r");
    char *line = NULL;
    size_t size = 0;
    unsigned int number = 0;
    bool good = true;

    if (!f)
        return cannot(file);
    while (good && getline(&line, &size, f) > 0) {
        number++;
        good = read_line(table, line);
    }
    if (!good)
        fprintf(stderr,
                "%s:%u: not a reason, or a rule that the reference "
                "does not have\n",
                file, number);
    free(line);
    fclose(f);
    return good;
}

static bool add_trace(struct evidence_table *table, const char *id,
                      const struct pvt_trace *t, const char *file)
{
    struct evidence *e = evidence_find(table, id);

    if (!e) {
        fprintf(stderr, "%s: the reference has no rule %s\n", file, id);
        return false;
    }
    for (unsigned int i = 0; i < e->nr_traces && i < EVIDENCE_MAX_TRACES; i++)
        if (strcmp(e->trace[i], t->name) == 0)
            return true;
    if (e->nr_traces < EVIDENCE_MAX_TRACES)
        strcpy(e->trace[e->nr_traces], t->name);
    e->nr_traces++;
    return true;
}

/* The table takes FILE, even if it is no trace. */
static bool read_trace(struct evidence_table *table, char *file)
{
    struct evidence_trace *to = &table->traces[table->nr_traces++];
    struct pvt_error error;
    struct pvt_trace *t = pvt_trace_read(file, &error);
    bool good = t != NULL;

    *to = (struct evidence_trace){ file, t };
    if (!t)
        fprintf(stderr, "%s:%u:%u: %s\n", file, error.line, error.column,
                error.text);
    for (uint32_t i = 0; good && i < t->nr_rules; i++)
        good = add_trace(table, xm_rule_info(t->rules[i])->reference, t, file);
    for (uint32_t i = 0; good && i < t->nr_shows; i++)
        good = add_trace(table, t->shows[i], t, file);
    return good;
}

static int is_trace(const struct dirent *e)
{
    const char *dot = strrchr(e->d_name, '.');

    return dot && strcmp(dot, ".pvt") == 0;
}

bool evidence_read_suite(struct evidence_table *table, const char *directory)
{
    struct dirent **entries;
    const int n = scandir(directory, &entries, is_trace, alphasort);
    bool good;

    if (n < 0)
        return cannot(directory);
    table->traces = calloc((size_t)n + 1, sizeof(*table->traces));
    good = table->traces != NULL;
    for (int i = 0; i < n; i++) {
        char *file = NULL;

        if (good && asprintf(&file, "%s/%s", directory, entries[i]->d_name) > 0)
            good = read_trace(table, file);
        free(entries[i]);
    }
    free(entries);
    return good;
}

const char *evidence_rule_reason(struct evidence_table *table,
                                 enum xm_rule rule)
{
    const struct evidence *e =
        evidence_find(table, xm_rule_info(rule)->reference);

    if (table->neighbours[rule].reason)
        return table->neighbours[rule].reason;
    return e && e->nr_traces == 0 ? e->reason : NULL;
}

void evidence_free(struct evidence_table *table)
{
    for (size_t i = 0; table && i < table->nr_traces; i++) {
        free(table->traces[i].file);
        pvt_trace_free(table->traces[i].trace);
    }
    if (table)
        free(table->traces);
    free(table);
}
