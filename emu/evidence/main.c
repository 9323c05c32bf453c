/* SPDX-License-Identifier: MIT
 *
 * evidence REFERENCE MODEL-ONLY SUITE OUTPUT [--reference]: a table for the
 * command `pinfold rules`, as C; or the reference with its evidence column.
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

int main(int argc, char **argv)
{
    struct evidence_table *table = calloc(1, sizeof(*table));
    bool good;

    if (argc < 5 || !table) {
        fputs("usage: evidence REFERENCE MODEL-ONLY SUITE OUTPUT "
              "[--reference]\n",
              stderr);
        free(table);
        return 2;
    }
    good = evidence_read_reference(table, argv[1]) &&
           evidence_read_reasons(table, argv[2]) &&
           evidence_read_suite(table, argv[3]);
    if (good && !freopen(argv[4], "w", stdout)) {
        perror(argv[4]);
        good = false;
    }
    if (good && argc > 5 && strcmp(argv[5], "--reference") == 0)
        good = evidence_rewrite(table, argv[1], stdout);
    else if (good)
        print_table(table);
    good = fclose(stdout) == 0 && good;
    free(table);
    return good ? 0 : 1;
}
