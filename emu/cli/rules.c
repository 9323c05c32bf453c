/* SPDX-License-Identifier: MIT
 *
 * pinfold rules: the rule table, for people or for programs.
 */
#include "cli.h"

#include <xen-model/rule.h>

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>

static const char usage[] =
    "Usage: pinfold rules [--json]\n"
    "List every reason for which the model refuses, alters, accepts by\n"
    "exception or restarts an operation.\n"
    "\n"
    "      --json  print JSON\n"
    "      --help  print this and exit\n";

static void print_text(void)
{
    for (int i = 1; i < XM_NR_RULES; i++) {
        const struct xm_rule_info *r = xm_rule_info((enum xm_rule)i);

        printf("%-28s %-11s %-8s %s\n", r->id,
               r->error ? xm_errno_name(r->error) : "-", r->reference,
               r->sentence);
    }
}

static int print_json(void)
{
    json_t *all = json_array();
    int rc;

    for (int i = 1; i < XM_NR_RULES; i++) {
        const struct xm_rule_info *r = xm_rule_info((enum xm_rule)i);

        json_array_append_new(
            all, json_pack("{ss ss? ss ss ss}", "id", r->id, "error",
                           r->error ? xm_errno_name(r->error) : NULL,
                           "reference", r->reference, "sentence", r->sentence,
                           "function", r->function));
    }
    rc = json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
    return rc;
}

int cli_rules(int argc, char **argv)
{
    static const struct option longs[] = {
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int c, json = 0;

    optind = 1;
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (c == 'h') {
            fputs(usage, stdout);
            return CLI_AGREES;
        }
        if (c != 'j') {
            fputs("Try 'pinfold rules --help'.\n", stderr);
            return CLI_USAGE;
        }
        json = 1;
    }
    if (optind != argc) {
        fprintf(stderr,
                "pinfold rules: '%s' is too much; it takes no "
                "arguments\n",
                argv[optind]);
        return CLI_USAGE;
    }
    if (json && print_json() != 0) {
        fputs("pinfold rules: the output cannot be written\n", stderr);
        return CLI_ENVIRONMENT;
    }
    if (!json)
        print_text();
    return CLI_AGREES;
}
