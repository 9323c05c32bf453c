/* SPDX-License-Identifier: MIT
 *
 * evidence REFERENCE MODEL-ONLY SUITE OUTPUT [--reference|--neighbours]: a
 * table for the command `pinfold rules`, as C: of the rules of the reference,
 * or of the neighbours of each row of rules.def; or the reference with its
 * evidence column.
 */
#include "evidence.h"

#include <stdlib.h>
#include <string.h>

static void print_table(const struct evidence_table *table)
{
    puts(
        "/* Made from the rules reference and the traces: not for editing. */");
    for (size_t i = 0; i < table->nr_rules; i++) {
        const struct evidence *e = &table->rules[i];

        printf("{ \"%s\", \"", e->id);
        evidence_print_cell(stdout, e);
        printf("\", %u },\n", e->nr_traces);
    }
}

/* By number of the row. */
static void print_neighbours(struct evidence_table *table)
{
    puts("/* Made from the traces: not for editing. */");
    for (int i = 1; i < XM_NR_RULES; i++) {
        const struct evidence_neighbours *n = &table->neighbours[i];
        const char *reason = evidence_rule_reason(table, (enum xm_rule)i);

        printf("[%d] = { %s%s%s, %u, %s },\n", i, n->trace ? "\"" : "",
               n->trace ? n->trace : "NULL", n->trace ? "\"" : "", n->nr_traces,
               reason ? "true" : "false");
    }
}

int main(int argc, char **argv)
{
    struct evidence_table *table = calloc(1, sizeof(*table));
    const char *what = argc > 5 ? argv[5] : "";
    bool good;

    if (argc < 5 || !table) {
        fputs("usage: evidence REFERENCE MODEL-ONLY SUITE OUTPUT "
              "[--reference|--neighbours]\n",
              stderr);
        evidence_free(table);
        return 2;
    }
    good = evidence_read_reference(table, argv[1]) &&
           evidence_read_reasons(table, argv[2]) &&
           evidence_read_suite(table, argv[3]) &&
           evidence_read_neighbours(table);
    if (good && !freopen(argv[4], "w", stdout)) {
        perror(argv[4]);
        good = false;
    }
    if (good && strcmp(what, "--reference") == 0)
        good = evidence_rewrite(table, argv[1], stdout);
    else if (good && strcmp(what, "--neighbours") == 0)
        print_neighbours(table);
    else if (good)
        print_table(table);
    good = fclose(stdout) == 0 && good;
    evidence_free(table);
    return good ? 0 : 1;
}
