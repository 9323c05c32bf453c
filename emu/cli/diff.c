/* SPDX-License-Identifier: MIT
 *
 * pinfold diff: the first step in which two runs differ.
 */
#include "diff.h"

#include "cli.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: pinfold diff [OPTION]... A B\n"
    "Compare two runs step by step, and tell the first that differs: the "
    "call,\n"
    "what it answers, the frames and entries. A and B are each a trace (a\n"
    "recording, too), which is run on the model; a directory of traces; or "
    "the\n"
    "JSON that pinfold replay --json printed, here or on another machine, "
    "also\n"
    "from a console's output. Runs of many traces are compared by their "
    "names.\n"
    "Pages may be called differently in A and B: first uses tell which is "
    "which.\n"
    "\n"
    "      --xen=4.N[-debug]  the model is that of Xen 4.N (4.13 to 4.22;\n"
    "                         default 4.17), or of a debug build of it\n"
    "      --context=N        show N steps before it (default: 3)\n"
    "      --json             print JSON\n"
    "      --help             print this and exit\n"
    "\n"
    "Exit status: 0 they are the same, 1 they differ, 2 wrong usage or\n"
    "malformed input, 3 it cannot be run.\n";

struct diff {
    struct cli_xen_version version;
    uint32_t context;
    bool as_json;
    const char *files[2];
    json_t *json; /* NULL: a text is wanted */
    uint32_t compared, differ, steps, alone[2];
};

/* 0 to go on, or 1 + the exit status. */
static int parse(int argc, char **argv, void *options)
{
    static const struct option longs[] = {
        { "xen", required_argument, NULL, 'x' },
        { "context", required_argument, NULL, 'c' },
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    struct diff *d = options;
    uint64_t context;
    int c;

    d->context = 3;
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (c) {
        case 'x':
            if (!cli_parse_version("diff", optarg, &d->version))
                return 1 + CLI_USAGE;
            break;
        case 'c':
            if (!cli_parse_number("diff", "context", optarg, 0, UINT32_MAX,
                                  &context))
                return 1 + CLI_USAGE;
            d->context = (uint32_t)context;
            break;
        case 'j':
            d->as_json = true;
            break;
        case 'h':
            return CLI_HELP;
        default:
            return CLI_TRY_HELP;
        }
    }
    if (optind + 2 != argc) {
        fputs("pinfold diff: name two runs: traces, or JSON of pinfold "
              "replay\n",
              stderr);
        return 1 + CLI_USAGE;
    }
    d->files[0] = argv[optind];
    d->files[1] = argv[optind + 1];
    return 0;
}

static void print_step(char sign, const struct diff_run *r, uint32_t i)
{
    if (i < r->nr_steps)
        printf("%c %4" PRIu32 "  %s -> %s%s%s\n", sign, i, r->steps[i].call,
               r->steps[i].answer, r->steps[i].rule[0] ? " by " : "",
               r->steps[i].rule);
}

static void print_result(const struct diff *d, const struct diff_result *r)
{
    const uint32_t from = r->step > d->context ? r->step - d->context : 1;
    const uint32_t n =
        r->nr_items < DIFF_MAX_ITEMS ? r->nr_items : DIFF_MAX_ITEMS;

    printf("A %s: %s, %s, %" PRIu32 " steps\n"
           "B %s: %s, %s, %" PRIu32 " steps\n",
           r->a->file, r->a->name, r->a->of, r->a->nr_steps - 1, r->b->file,
           r->b->name, r->b->of, r->b->nr_steps - 1);
    for (uint32_t i = from; i < r->step; i++)
        print_step(' ', r->a, i);
    if (r->step == 0)
        puts("before the first step");
    else
        print_step('A', r->a, r->step), print_step('B', r->b, r->step);
    for (uint32_t i = 0; i < n; i++)
        printf("  %s\n    A: %s\n    B: %s\n", r->items[i].what, r->items[i].a,
               r->items[i].b);
    if (r->nr_items > n)
        printf("  and %" PRIu32 " more\n", r->nr_items - n);
    if (r->later)
        printf("%" PRIu32 " of the steps behind it answer differently, too\n",
               r->later);
}

static json_t *json_side(const struct diff_run *r, uint32_t step)
{
    json_t *j = json_pack("{ss ss ss si}", "file", r->file, "name", r->name,
                          "of", r->of, "steps", (int)r->nr_steps - 1);

    if (step != 0 && step < r->nr_steps) {
        json_object_set_new(j, "call", json_string(r->steps[step].call));
        json_object_set_new(j, "answer", json_string(r->steps[step].answer));
        if (r->steps[step].rule[0])
            json_object_set_new(j, "rule", json_string(r->steps[step].rule));
    }
    return j;
}

static json_t *json_result(const struct diff_result *r)
{
    json_t *items = json_array();
    json_t *j = json_pack("{sb so so so}", "same", (int)r->same, "a",
                          json_side(r->a, r->step), "b",
                          json_side(r->b, r->step), "differences", items);

    for (uint32_t i = 0; i < r->nr_items && i < DIFF_MAX_ITEMS; i++)
        json_array_append_new(
            items, json_pack("{ss ss ss}", "what", r->items[i].what, "a",
                             r->items[i].a, "b", r->items[i].b));
    if (!r->same) {
        json_object_set_new(j, "step", json_integer(r->step));
        json_object_set_new(j, "later", json_integer(r->later));
    }
    return j;
}

static bool compare(struct diff *d, struct diff_run *a, struct diff_run *b)
{
    struct diff_result *r = malloc(sizeof(*r));
    const bool good = r && diff_compare(a, b, r);

    if (good) {
        d->compared++;
        d->steps += a->nr_steps - 1;
        d->differ += !r->same;
        if (d->json)
            json_array_append_new(d->json, json_result(r));
        else if (!r->same)
            print_result(d, r);
    } else {
        fputs("pinfold diff: out of memory: free some\n", stderr);
    }
    free(r);
    return good;
}

static struct diff_run *find(const struct diff_set *set, const char *name)
{
    for (uint32_t i = 0; i < set->count; i++)
        if (strcmp(set->runs[i].name, name) == 0)
            return &set->runs[i];
    return NULL;
}

/* One and one, whatever they are called; else those of the same name. */
static bool compare_sets(struct diff *d, const struct diff_set *a,
                         const struct diff_set *b)
{
    if (a->count == 1 && b->count == 1)
        return compare(d, &a->runs[0], &b->runs[0]);
    for (uint32_t i = 0; i < a->count; i++) {
        struct diff_run *other = find(b, a->runs[i].name);

        d->alone[0] += !other;
        if (other && !compare(d, &a->runs[i], other))
            return false;
    }
    for (uint32_t i = 0; i < b->count; i++)
        d->alone[1] += !find(a, b->runs[i].name);
    return true;
}

static int finish(const struct diff *d)
{
    if (d->json) {
        if (!cli_print_json("diff", d->json))
            return CLI_ENVIRONMENT;
    } else {
        for (unsigned int i = 0; i < 2; i++)
            if (d->alone[i])
                printf("%" PRIu32 " runs are in %c alone\n", d->alone[i],
                       "AB"[i]);
        printf("%" PRIu32 " runs compared, %" PRIu32 " steps: %" PRIu32
               " differ\n",
               d->compared, d->steps, d->differ);
    }
    if (d->compared == 0) {
        fputs("pinfold diff: A and B have no run of the same name\n", stderr);
        return CLI_USAGE;
    }
    return d->differ ? CLI_FINDING : CLI_AGREES;
}

static int run_command(void *options)
{
    struct diff *d = options;
    struct diff_set sets[2] = { { 0 } };
    int rc = CLI_AGREES;

    d->json = d->as_json ? json_array() : NULL;
    for (int i = 0; rc == CLI_AGREES && i < 2; i++)
        rc = diff_load(&sets[i], d->files[i], &d->version);
    if (rc == CLI_AGREES && !compare_sets(d, &sets[0], &sets[1]))
        rc = CLI_ENVIRONMENT;
    if (rc == CLI_AGREES)
        rc = finish(d);
    diff_free(&sets[0]);
    diff_free(&sets[1]);
    json_decref(d->json);
    return rc;
}

const struct cli_command cli_diff = {
    .name = "diff",
    .summary = "tell where two runs differ",
    .usage = usage,
    .size = sizeof(struct diff),
    .parse = parse,
    .run = run_command,
};
