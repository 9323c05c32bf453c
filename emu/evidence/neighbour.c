/* SPDX-License-Identifier: MIT
 *
 * Neighbours: a trace that is another one with one detail changed, so that
 * rules which speak there are silent. That they are silent on the model the
 * runner sees; here it is seen that the detail is one.
 */
#include "evidence.h"

#include <stdlib.h>
#include <string.h>

/* The lines of the init and the run block, without what a step answers. */
struct body {
    char *text;
    char **lines; /* into the text */
    size_t nr_lines;
};

static void body_free(struct body *b)
{
    free(b->text);
    free(b->lines);
}

/* Cuts the canonical text, which begins each block with its name. */
static bool body_read(const struct pvt_trace *t, struct body *b)
{
    size_t length = 0, most = 0;
    char *save = NULL, *line;
    bool inside = false;
    FILE *f;

    *b = (struct body){ .text = NULL };
    f = open_memstream(&b->text, &length);
    if (!f)
        return false;
    pvt_trace_print(f, t);
    if (fclose(f) != 0)
        return false;
    for (size_t i = 0; i < length; i++)
        most += b->text[i] == '\n';
    b->lines = calloc(most + 1, sizeof(*b->lines));
    if (!b->lines)
        return false;
    for (line = strtok_r(b->text, "\n", &save);
         line && strcmp(line, "final {") != 0;
         line = strtok_r(NULL, "\n", &save)) {
        char *result = strstr(line, " -> ");

        if (result)
            *result = 0;
        inside = inside || strcmp(line, "init {") == 0;
        if (inside)
            b->lines[b->nr_lines++] = line;
    }
    return true;
}

/* One line changed, inserted or taken away. */
static bool one_detail(const struct body *a, const struct body *b)
{
    size_t na = a->nr_lines, nb = b->nr_lines, same = 0;

    while (same < na && same < nb &&
           strcmp(a->lines[same], b->lines[same]) == 0)
        same++;
    while (na > same && nb > same &&
           strcmp(a->lines[na - 1], b->lines[nb - 1]) == 0) {
        na--;
        nb--;
    }
    return na - same <= 1 && nb - same <= 1 && na - same + nb - same > 0;
}

static bool says(const struct pvt_trace *t, enum xm_rule rule)
{
    for (uint32_t i = 0; i < t->nr_steps; i++)
        if (t->steps[i].expect.by == rule)
            return true;
    return false;
}

static const struct pvt_trace *find(const struct evidence_table *table,
                                    const char *name)
{
    for (size_t i = 0; i < table->nr_traces; i++)
        if (strcmp(table->traces[i].trace->name, name) == 0)
            return table->traces[i].trace;
    return NULL;
}

static bool has_one_detail(const struct evidence_trace *e,
                           const struct pvt_trace *other)
{
    struct body here, there = { .text = NULL };
    const bool good = body_read(e->trace, &here) && body_read(other, &there);
    const bool one = good && one_detail(&here, &there);

    if (!good)
        fprintf(stderr, "%s: out of memory: free some\n", e->file);
    else if (!one)
        fprintf(stderr,
                "%s: init and run must differ from those of %s in one line, "
                "results aside\n",
                e->file, other->name);
    body_free(&here);
    body_free(&there);
    return one;
}

static bool check(struct evidence_table *table, const struct evidence_trace *e)
{
    const struct pvt_trace *t = e->trace, *other = find(table, t->neighbour);

    if (!other) {
        fprintf(stderr, "%s: the suite has no trace %s to be a neighbour of\n",
                e->file, t->neighbour);
        return false;
    }
    for (uint32_t i = 0; i < t->nr_silenced; i++) {
        struct evidence_neighbours *n = &table->neighbours[t->silenced[i]];
        const char *id = xm_rule_info(t->silenced[i])->id;

        if (!says(other, t->silenced[i])) {
            fprintf(stderr, "%s: %s has no step that is refused by %s\n",
                    e->file, other->name, id);
            return false;
        }
        if (says(t, t->silenced[i])) {
            fprintf(stderr, "%s: a step is refused by %s, which is silenced\n",
                    e->file, id);
            return false;
        }
        if (n->nr_traces++ == 0)
            n->trace = t->name;
    }
    return has_one_detail(e, other);
}

bool evidence_read_neighbours(struct evidence_table *table)
{
    bool good = true;

    for (size_t i = 0; i < table->nr_traces; i++)
        if (table->traces[i].trace->neighbour[0])
            good = check(table, &table->traces[i]) && good;
    return good;
}
