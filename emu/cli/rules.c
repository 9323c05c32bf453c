/* SPDX-License-Identifier: MIT
 *
 * pinfold rules: the rule table and the evidence for it, for people or for
 * programs.
 */
#include "cli.h"

#include <xen-model/rule.h>

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "Usage: pinfold rules [OPTION]...\n"
    "List every reason for which the model refuses, alters, accepts by\n"
    "exception or restarts an operation, and the traces that show it on "
    "actual\n"
    "Xen.\n"
    "\n"
    "      --reference  list the rules of docs/rules-reference.md instead\n"
    "      --missing    list the rules, of both, that have neither a trace on\n"
    "                   actual Xen nor a reason why there can be none\n"
    "      --neighbours list the refusals that have no neighbour: no trace\n"
    "                   where they are silent because one detail is another;\n"
    "                   but for those that no trace can reach\n"
    "      --json       print JSON\n"
    "      --help       print this and exit\n";

/* By id of the reference. */
static const struct evidence {
    const char *id, *cell;
    unsigned int nr_traces;
} evidence[] = {
#include "evidence.inc"
};
#define NR_EVIDENCE (sizeof(evidence) / sizeof(evidence[0]))

/* By number of the rule. */
static const struct neighbours {
    const char *trace; /* the first, NULL: none */
    unsigned int nr_traces;
    bool model_only; /* it has no trace on actual Xen, for a reason */
} neighbours[XM_NR_RULES] = {
#include "neighbours.inc"
};

static const struct evidence *find(const char *reference)
{
    static const struct evidence none = { "", "-", 0 };

    for (size_t i = 0; i < NR_EVIDENCE; i++)
        if (strcmp(evidence[i].id, reference) == 0)
            return &evidence[i];
    return &none;
}

static bool is_missing(const struct evidence *e)
{
    return strcmp(e->cell, "-") == 0;
}

static void print_rule(const struct xm_rule_info *r)
{
    printf("%-28s %-11s %-8s %s [%s]\n", r->id,
           r->error ? xm_errno_name(r->error) : "-", r->reference, r->sentence,
           find(r->reference)->cell);
}

static void print_rules(bool missing)
{
    for (int i = 1; i < XM_NR_RULES; i++) {
        const struct xm_rule_info *r = xm_rule_info((enum xm_rule)i);

        if (!missing || is_missing(find(r->reference)))
            print_rule(r);
    }
}

static void print_without_neighbour(void)
{
    for (int i = 1; i < XM_NR_RULES; i++) {
        const struct xm_rule_info *r = xm_rule_info((enum xm_rule)i);

        if (r->error && !neighbours[i].trace && !neighbours[i].model_only)
            print_rule(r);
    }
}

static void print_reference(bool missing)
{
    for (size_t i = 0; i < NR_EVIDENCE; i++)
        if (!missing || is_missing(&evidence[i]))
            printf("%-8s %s\n", evidence[i].id, evidence[i].cell);
}

static json_t *json_rules(bool missing)
{
    json_t *all = json_array();

    for (int i = 1; i < XM_NR_RULES; i++) {
        const struct xm_rule_info *r = xm_rule_info((enum xm_rule)i);
        const struct evidence *e = find(r->reference);

        if (missing && !is_missing(e))
            continue;
        json_array_append_new(
            all,
            json_pack("{ss ss? ss ss ss ss si ss? si}", "id", r->id, "error",
                      r->error ? xm_errno_name(r->error) : NULL, "reference",
                      r->reference, "sentence", r->sentence, "function",
                      r->function, "evidence", e->cell, "traces",
                      (int)e->nr_traces, "neighbour", neighbours[i].trace,
                      "neighbours", (int)neighbours[i].nr_traces));
    }
    return all;
}

static json_t *json_reference(bool missing)
{
    json_t *all = json_array();

    for (size_t i = 0; i < NR_EVIDENCE; i++)
        if (!missing || is_missing(&evidence[i]))
            json_array_append_new(all, json_pack("{ss ss si}", "id",
                                                 evidence[i].id, "evidence",
                                                 evidence[i].cell, "traces",
                                                 (int)evidence[i].nr_traces));
    return all;
}

static int print_json(bool rules, bool reference, bool missing)
{
    json_t *j = json_object();
    int rc;

    if (rules)
        json_object_set_new(j, "rules", json_rules(missing));
    if (reference)
        json_object_set_new(j, "reference", json_reference(missing));
    rc = json_dumpf(j, stdout, JSON_INDENT(1));
    putchar('\n');
    json_decref(j);
    return rc;
}

struct options {
    bool json, missing, without, reference;
};

/* 0 to go on, or 1 + the exit status. */
static int parse(int argc, char **argv, void *options)
{
    static const struct option longs[] = {
        { "json", no_argument, NULL, 'j' },
        { "missing", no_argument, NULL, 'm' },
        { "neighbours", no_argument, NULL, 'n' },
        { "reference", no_argument, NULL, 'r' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    struct options *o = options;
    int c;

    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (c) {
        case 'h':
            return CLI_HELP;
        case 'j':
            o->json = true;
            break;
        case 'm':
            o->missing = true;
            break;
        case 'n':
            o->without = true;
            break;
        case 'r':
            o->reference = true;
            break;
        default:
            return CLI_TRY_HELP;
        }
    }
    if (optind != argc) {
        fprintf(stderr,
                "pinfold rules: '%s' is too much; it takes no "
                "arguments\n",
                argv[optind]);
        return 1 + CLI_USAGE;
    }
    return 0;
}

static int run_command(void *options)
{
    const struct options *o = options;

    if (o->json) {
        if (print_json(!o->reference || o->missing, o->reference || o->missing,
                       o->missing) == 0)
            return CLI_AGREES;
        fputs("pinfold rules: the output cannot be written\n", stderr);
        return CLI_ENVIRONMENT;
    }
    if (o->without) {
        print_without_neighbour();
        return CLI_AGREES;
    }
    if (!o->reference || o->missing)
        print_rules(o->missing);
    if (o->reference || o->missing)
        print_reference(o->missing);
    return CLI_AGREES;
}

const struct cli_command cli_rules = {
    .name = "rules",
    .summary = "list why Xen refuses or alters what a guest asks",
    .usage = usage,
    .size = sizeof(struct options),
    .parse = parse,
    .run = run_command,
};
