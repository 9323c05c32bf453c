/* SPDX-License-Identifier: MIT
 *
 * pinfold explain: why a step of a trace is refused.
 */
#include "cli.h"
#include "replay.h"

#include <explain/explain.h>
#include <traces/model.h>

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 4096u

static const char usage[] =
    "Usage: pinfold explain [OPTION]... TRACE\n"
    "Run a trace on the model and explain the first operation that is "
    "refused:\n"
    "the rule, the frame it is about, who holds that frame, what to do.\n"
    "\n"
    "      --step=N  explain step N\n"
    "      --all     explain all that are refused\n"
    "      --help    print this and exit\n"
    "\n"
    "Exit status: 0 something was explained, 1 nothing was refused.\n";

struct explanation {
    struct xm_cpu *cpu;
    uint32_t step; /* 0: the first that is refused */
    bool all;
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

static void observe(void *context, const struct pvt_observation *o)
{
    const struct explain_names names = { .frame = name_frame,
                                         .context = (void *)o };
    struct explanation *e = context;

    if (o->model->why.rule == XM_R_NONE ||
        (o->model->rc >= 0 && o->model->vector == 0) ||
        (e->step != 0 ? o->number != e->step : e->explained != 0 && !e->all))
        return;
    e->explained++;
    printf("step %" PRIu32 "  ", o->number);
    pvt_step_print(stdout, o->trace, o->step);
    putchar('\n');
    explain_result(stdout, e->cpu, &o->model->why, &names);
}

static int explain(const struct replay_set *set, struct explanation *e)
{
    struct pvt_report *report = calloc(1, sizeof(*report));
    struct pvt_backend *model = NULL;
    struct pvt_runner runner = { .observe = observe, .context = e };
    int rc = CLI_ENVIRONMENT;

    if (!report || pvt_model_open(FRAMES, &model) != 0) {
        fputs("pinfold explain: out of memory: free some\n", stderr);
        free(report);
        return rc;
    }
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
    if (rc == CLI_FINDING)
        fputs(e->step ? "That step is not refused.\n" : "Nothing is refused.\n",
              stdout);
    model->ops->close(model);
    free(report);
    return rc;
}

int cli_explain(int argc, char **argv)
{
    static const struct option longs[] = {
        { "step", required_argument, NULL, 's' },
        { "all", no_argument, NULL, 'a' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    struct explanation e = { .all = false };
    struct replay_set set = { 0 };
    char *end;
    int c, rc;

    optind = 1;
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (c) {
        case 'h':
            fputs(usage, stdout);
            return CLI_AGREES;
        case 'a':
            e.all = true;
            break;
        case 's':
            e.step = (uint32_t)strtoul(optarg, &end, 10);
            if (e.step != 0 && *end == '\0')
                break;
            fprintf(stderr,
                    "pinfold explain: --step is a number from 1 on, "
                    "not '%s'\n",
                    optarg);
            return CLI_USAGE;
        default:
            fputs("Try 'pinfold explain --help'.\n", stderr);
            return CLI_USAGE;
        }
    }
    if (optind + 1 != argc) {
        fputs("pinfold explain: name one trace\n", stderr);
        return CLI_USAGE;
    }
    rc = replay_load(&set, argv[optind]);
    if (rc == CLI_AGREES && set.count != 1) {
        fputs("pinfold explain: name one trace, not a directory\n", stderr);
        rc = CLI_USAGE;
    }
    if (rc == CLI_AGREES)
        rc = explain(&set, &e);
    replay_free(&set);
    return rc;
}
