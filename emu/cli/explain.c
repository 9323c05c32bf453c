/* SPDX-License-Identifier: MIT
 *
 * pinfold explain: why a step of a trace is refused.
 */
#include "cli.h"
#include "explain.h"
#include "replay.h"

#include <traces/model.h>

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: pinfold explain [OPTION]... TRACE\n"
    "Run a trace on the model and explain the first operation that is "
    "refused,\n"
    "alone or within a list or a multicall: the request, the entry, the rule,\n"
    "the frame it is about, who holds that frame, what to do.\n"
    "\n"
    "      --step=N           explain step N\n"
    "      --all              explain all that are refused\n"
    "      --json             print JSON\n"
    "      --xen=4.N[-debug]  the model is that of Xen 4.N (4.13 to 4.22;\n"
    "                         default 4.17), or of a debug build of it\n"
    "      --help             print this and exit\n"
    "\n"
    "Exit status: 0 something was explained, 1 nothing was refused.\n";

struct explaining {
    struct xm_cpu *cpu;
    uint32_t step; /* 0: the first that is refused */
    bool all;
    struct cli_xen_version version;
    bool as_json;
    const char *trace;
    json_t *json; /* NULL: a text is wanted */
    uint32_t explained;
};

static void name_frame(void *context, xm_mfn mfn, char buffer[EXPLAIN_NAME])
{
    const struct pvt_observation *o = context;

    for (uint32_t i = 0; i < o->nr_watched; i++)
        if (o->watched[i].mfn == mfn) {
            snprintf(buffer, EXPLAIN_NAME, "%s", o->watched[i].name);
            return;
        }
    snprintf(buffer, EXPLAIN_NAME, "frame 0x%" PRIx64, mfn);
}

/* The answer of the call; or of the first in it that is refused. */
static struct xm_result refusal(const struct explaining *e,
                                const struct pvt_outcome *o)
{
    const struct xm_result none = { .rule = XM_R_NONE };

    if (o->why.rule != XM_R_NONE && (o->rc < 0 || o->vector != 0))
        return o->why;
    return e->cpu->refused.why.rule != XM_R_NONE ? e->cpu->refused.why : none;
}

static void observe(void *context, const struct pvt_observation *o)
{
    const struct explain_names names = { .frame = name_frame,
                                         .context = (void *)o };
    struct explaining *e = context;
    const struct xm_result why = refusal(e, o->model);
    struct explanation found;

    if (why.rule == XM_R_NONE ||
        (e->step != 0 ? o->number != e->step : e->explained != 0 && !e->all))
        return;
    e->explained++;
    explain_find(&found, e->cpu, &why, &names);
    /* A list tells which of its requests it was, a single call need not. */
    found.one_of_many |= o->step->batch;
    if (e->json) {
        json_array_append_new(e->json, explain_json(o, &found));
        return;
    }
    printf("step %" PRIu32 "  ", o->number);
    pvt_step_print(stdout, o->trace, o->step);
    putchar('\n');
    explain_print(stdout, &found);
}

static int explain(const struct replay_set *set, struct explaining *e)
{
    struct pvt_report *report = calloc(1, sizeof(*report));
    struct pvt_backend *model = NULL;
    struct pvt_runner runner = { .observe = observe, .context = e };
    int rc = CLI_ENVIRONMENT;

    if (!report ||
        pvt_model_open(pvt_model_frames(set->traces[0].trace), &model) != 0) {
        fputs("pinfold explain: out of memory: free some\n", stderr);
        free(report);
        return rc;
    }
    if (e->version.minor)
        pvt_model_set_xen(model, e->version.minor, e->version.debug);
    runner.model = model;
    e->cpu = pvt_model_cpu(model);
    if (pvt_run(&runner, set->traces[0].trace, report) != 0)
        fprintf(stderr, "pinfold explain: %s\n", report->message);
    else if (report->skipped)
        fprintf(stderr, "pinfold explain: skipped: %s\n", report->message);
    else if (e->explained == 0)
        rc = CLI_FINDING;
    else
        rc = CLI_AGREES;
    if (rc == CLI_FINDING && !e->json)
        fputs(e->step ? "That step is not refused.\n" : "Nothing is refused.\n",
              stdout);
    model->ops->close(model);
    free(report);
    return rc;
}

/* 0 to go on, or 1 + the exit status. */
static int parse(int argc, char **argv, void *options)
{
    static const struct option longs[] = {
        { "step", required_argument, NULL, 's' },
        { "all", no_argument, NULL, 'a' },
        { "json", no_argument, NULL, 'j' },
        { "xen", required_argument, NULL, 'x' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    struct explaining *e = options;
    uint64_t step;
    int c;

    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (c) {
        case 'h':
            return CLI_HELP;
        case 'a':
            e->all = true;
            break;
        case 'j':
            e->as_json = true;
            break;
        case 'x':
            if (cli_parse_version("explain", optarg, &e->version))
                break;
            return 1 + CLI_USAGE;
        case 's':
            if (!cli_parse_number("explain", "step", optarg, 1, UINT32_MAX,
                                  &step))
                return 1 + CLI_USAGE;
            e->step = (uint32_t)step;
            break;
        default:
            return CLI_TRY_HELP;
        }
    }
    if (optind + 1 != argc) {
        fputs("pinfold explain: name one trace\n", stderr);
        return 1 + CLI_USAGE;
    }
    e->trace = argv[optind];
    return 0;
}

static int run_command(void *options)
{
    struct explaining *e = options;
    struct replay_set set = { 0 };
    int rc = replay_load_one("explain", &set, e->trace);

    e->json = e->as_json ? json_array() : NULL;
    if (rc == CLI_AGREES)
        rc = explain(&set, e);
    if (e->json && rc <= CLI_FINDING && !cli_print_json("explain", e->json))
        rc = CLI_ENVIRONMENT;
    json_decref(e->json);
    replay_free(&set);
    return rc;
}

const struct cli_command cli_explain = {
    .name = "explain",
    .summary = "say why a step of a trace is refused",
    .usage = usage,
    .size = sizeof(struct explaining),
    .parse = parse,
    .run = run_command,
};
