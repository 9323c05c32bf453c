/* SPDX-License-Identifier: MIT
 *
 * pinfold replay: traces on the model, or in lockstep with actual Xen.
 */
#include "replay.h"

#include "cli.h"
#include "xen.h"

#include <traces/model.h>

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RUN_AGAIN (-1)   /* less than any of CLI_ */
#define MOST_DEFERRED 8u /* more are no interrupts */

static const char usage[] =
    "Usage: pinfold replay [OPTION]... PATH...\n"
    "Run the traces of each PATH, a .pvt file (maybe packed: .pvt.zst) or a\n"
    "directory of them, or a program that a fuzzer has left\n"
    "(docs/fuzzing.md), and tell what differs: from what the trace expects,\n"
    "and between model and actual Xen.\n"
    "\n"
    "      --on=xen           run on the model and on actual Xen, in lockstep\n"
    "      --xen=4.N[-debug]  the model alone is that of Xen 4.N (4.13 to\n"
    "                         4.22; default 4.17), or of a debug build of it;\n"
    "                         with --on=xen it takes the version that Xen "
    "says\n"
    "                         it has\n"
    "      --json             print JSON: both sides of every step\n"
    "      --hypervisor=FILE  the Xen to run (default: $PINFOLD_XEN, or the\n"
    "                         one that script/demo unpacks)\n"
    "      --kernel=FILE      the shim to run (default: $PINFOLD_SHIM, or the\n"
    "                         one built with this program)\n"
    "      --break=NAME       remove one check from the model, to see it\n"
    "                         noticed (--break=list tells which there are)\n"
    "  -v, --verbose          print every step\n"
    "      --help             print this and exit\n"
    "\n"
    "Exit status: 0 all agrees, 1 a finding, 2 wrong usage or a malformed\n"
    "trace, 3 something that is needed is missing.\n";

struct replay {
    struct replay_options options;
    struct pvt_runner runner;
    struct replay_totals totals;
    bool again; /* the traces that differed */
    uint32_t deferred;
    struct replay_stream stream;
    char version[64];
    uint32_t model_frames; /* of a machine of the model's own */
    uint32_t nr_traces;
    bool watched; /* by somebody at a terminal */
    time_t shown; /* the progress */
};

/* 0 to go on, or 1 + the exit status. */
static int parse(int argc, char **argv, void *options)
{
    struct replay_options *o = options;
    static const struct option longs[] = {
        { "on", required_argument, NULL, 'x' },
        { "xen", required_argument, NULL, 'm' },
        { "json", no_argument, NULL, 'j' },
        { "hypervisor", required_argument, NULL, 'f' },
        { "kernel", required_argument, NULL, 'k' },
        { "break", required_argument, NULL, 'b' },
        { "verbose", no_argument, NULL, 'v' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    bool good = true;
    int c;

    while (good && (c = getopt_long(argc, argv, "v", longs, NULL)) != -1) {
        switch (c) {
        case 'x':
            good = cli_parse_on("replay", optarg, &o->on_xen);
            break;
        case 'm':
            good = cli_parse_version("replay", optarg, &o->version);
            break;
        case 'j':
            o->json = true;
            break;
        case 'f':
            o->xen.hypervisor = optarg;
            break;
        case 'k':
            o->xen.kernel = optarg;
            break;
        case 'b':
            good = cli_parse_break("replay", optarg, &o->faults);
            break;
        case 'v':
            o->verbose = true;
            break;
        case 'h':
            return CLI_HELP;
        default:
            return CLI_TRY_HELP;
        }
    }
    if (good && optind == argc) {
        fputs("pinfold replay: name a trace, or a directory of traces\n",
              stderr);
        good = false;
    }
    o->nr_paths = argc - optind;
    o->paths = argv + optind;
    return good ? 0 : 1 + CLI_USAGE;
}

static void close_machines(struct replay *r)
{
    if (r->runner.model)
        r->runner.model->ops->close(r->runner.model);
    if (r->runner.other)
        r->runner.other->ops->close(r->runner.other);
    r->runner.model = r->runner.other = NULL;
}

static int open_xen(struct replay *r)
{
    char message[512] = "";

    if (r->watched)
        fputs("starting Xen...\r", stderr);
    if (cli_xen_open(&r->options.xen, &r->runner.other, message,
                     sizeof(message)) != 0) {
        fprintf(stderr, "pinfold replay: %s\n", message);
        r->runner.other = NULL;
        return -1;
    }
    if (r->watched)
        fputs("\033[K", stderr);
    snprintf(r->version, sizeof(r->version), "%s", r->runner.other->version);
    if (pvt_model_adopt(r->runner.other, &r->runner.model) == 0)
        return 0;
    fprintf(stderr, "pinfold replay: %s\n", r->runner.other->message);
    r->runner.model = NULL;
    return -1;
}

static int open_machines(struct replay *r)
{
    int rc;

    if (r->runner.model)
        return 0;
    if (r->options.on_xen) {
        rc = open_xen(r);
    } else {
        rc = pvt_model_open(r->model_frames, &r->runner.model);
        if (rc != 0)
            fputs("pinfold replay: no memory for the model: free some\n",
                  stderr);
        else if (r->options.version.minor)
            rc = pvt_model_set_xen(r->runner.model, r->options.version.minor,
                                   r->options.version.debug);
    }
    if (rc == 0)
        xm_machine_set_faults(pvt_model_cpu(r->runner.model)->machine,
                              r->options.faults);
    return rc;
}

/*
 * On a terminal, what a long run is at: at most one line a second. STEPS:
 * finished ones of the trace at hand, OF so many.
 */
static void progress(struct replay *r, uint32_t steps, uint32_t of)
{
    const struct replay_totals *n = &r->totals;
    const time_t now = r->watched ? time(NULL) : 0;

    if (!r->watched || now == r->shown)
        return;
    r->shown = now;
    fprintf(stderr, "\r\033[K%" PRIu32 " of %" PRIu32 " traces",
            n->traces + n->skipped, r->nr_traces);
    if (of != 0)
        fprintf(stderr, ", step %" PRIu32 " of %" PRIu32 " (%" PRIu64 " %%)",
                steps, of, (uint64_t)steps * 100 / of);
    fprintf(stderr, ", %" PRIu32 " differences", n->differences);
}

static void end_progress(const struct replay *r)
{
    if (r->shown)
        fputs("\r\033[K", stderr);
}

static void observe(void *context, const struct pvt_observation *o)
{
    struct replay *r = context;

    progress(r, o->number, o->trace->nr_steps);

    if (r->options.json)
        replay_stream_step(&r->stream, o);
    else if (r->options.verbose)
        replay_print_step(o);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void print_report(struct replay *r, const struct replay_trace *t,
                         const struct pvt_report *report, double seconds)
{
    if (report->skipped)
        printf("%s: skipped: %s\n", t->trace->name, report->message);
    replay_print_differences(stdout, t->file, t->trace, report);
    replay_print_effort(stdout, t->file, t->trace, report, r->options.on_xen,
                        seconds);
    if (r->options.verbose && !report->skipped)
        printf("%s: %s\n", t->trace->name,
               report->nr_differences ? "DIFFERS" : "agrees");
}

/*
 * A timer of Xen's own may strike in a call of a trace, which then stops in the
 * middle and leaves another state: a validation that fails afterwards keeps
 * references for good. That is likely where QEMU has not met the code yet, so
 * the trace runs once more behind all others, on another Xen. A difference that
 * is one shows again.
 */
static bool may_be_interrupted(const struct replay *r,
                               const struct pvt_report *report, int rc)
{
    const struct replay_options *o = &r->options;

    return o->on_xen && !o->faults && !o->json && !o->verbose && !r->again &&
           r->deferred < MOST_DEFERRED && !report->lost &&
           (rc != 0 || report->nr_differences != 0);
}

static int run_one(struct replay *r, const struct replay_trace *t,
                   struct pvt_report *report)
{
    double started;
    int rc;

    if (open_machines(r) != 0)
        return CLI_ENVIRONMENT;
    started = now();
    if (r->options.json) {
        if (r->stream.traces == 0)
            replay_stream_begin(r->options.on_xen ? r->version : NULL);
        if (!replay_stream_trace(&r->stream, t->file, t->trace)) {
            fputs("pinfold replay: out of memory: free some\n", stderr);
            return CLI_ENVIRONMENT;
        }
    }
    rc = pvt_run(&r->runner, t->trace, report);
    if (may_be_interrupted(r, report, rc)) {
        close_machines(r);
        r->deferred++;
        return RUN_AGAIN;
    }
    if (rc != 0) {
        fprintf(stderr, "%s: cannot be run: %s\n", t->file, report->message);
        if (r->options.json)
            replay_stream_end_trace(&r->stream, report, true);
        close_machines(r);
        return CLI_ENVIRONMENT;
    }
    r->totals.traces += !report->skipped;
    r->totals.skipped += report->skipped;
    r->totals.steps += report->steps;
    r->totals.differences += report->nr_differences;
    if (r->options.json)
        replay_stream_end_trace(&r->stream, report, false);
    else
        print_report(r, t, report, now() - started);
    if (report->lost)
        close_machines(r); /* the next trace gets a new one */
    return report->nr_differences ? CLI_FINDING : CLI_AGREES;
}

static void print_summary(const struct replay *r)
{
    const struct replay_totals *n = &r->totals;

    if (n->skipped)
        printf("%" PRIu32 " traces skipped\n", n->skipped);
    if (n->again)
        printf("%" PRIu32 " traces agreed the second time only\n", n->again);
    printf("%" PRIu32 " traces, %" PRIu32 " steps on the model", n->traces,
           n->steps);
    if (r->options.on_xen)
        printf(" and on actual %s", r->version);
    printf(": %" PRIu32 " differences\n", n->differences);
}

/* One machine runs all of them. */
static void suit_machine(struct replay *r, const struct replay_set *set)
{
    for (uint32_t i = 0; i < set->count; i++) {
        const uint32_t n = pvt_model_frames(set->traces[i].trace);

        r->model_frames = n > r->model_frames ? n : r->model_frames;
        cli_xen_suit(&r->options.xen, set->traces[i].trace);
    }
}

/* They are for a Xen that looks for it. */
static bool all_l1tf(const struct replay_set *set)
{
    bool all = set->count != 0;

    for (uint32_t i = 0; i < set->count; i++)
        all &= set->traces[i].trace->l1tf;
    return all;
}

/* Those of SET that are WANTED; they are the ones to run again afterwards. */
static int run_some(struct replay *r, const struct replay_set *set,
                    bool *wanted, struct pvt_report *report)
{
    int rc = CLI_AGREES;

    for (uint32_t i = 0; i < set->count && rc != CLI_ENVIRONMENT; i++) {
        int one;

        if (!wanted[i])
            continue;
        one = run_one(r, &set->traces[i], report);
        wanted[i] = one == RUN_AGAIN;
        if (r->again && one == CLI_AGREES) {
            printf("%s: agreed the second time only\n", set->traces[i].file);
            r->totals.again++;
        }
        progress(r, 0, 0);
        if (one > rc)
            rc = one;
    }
    return rc;
}

static int run_all(struct replay *r, const struct replay_set *set)
{
    struct pvt_report *report = malloc(sizeof(*report));
    bool *wanted = malloc(set->count * sizeof(*wanted) + 1);
    int rc = CLI_AGREES, again = CLI_AGREES;

    r->nr_traces = set->count;
    if (report && wanted) {
        memset(wanted, true, set->count * sizeof(*wanted));
        rc = run_some(r, set, wanted, report);
        r->again = true;
        if (rc != CLI_ENVIRONMENT)
            again = run_some(r, set, wanted, report);
        rc = again > rc ? again : rc;
    }
    close_machines(r);
    end_progress(r);
    if (!report || !wanted) {
        fputs("pinfold replay: out of memory: free some\n", stderr);
        rc = CLI_ENVIRONMENT;
    }
    if (!r->options.json && rc != CLI_ENVIRONMENT)
        print_summary(r);
    if (r->stream.traces != 0 && !replay_stream_end(&r->totals))
        rc = CLI_ENVIRONMENT;
    free(wanted);
    free(report);
    return rc;
}

static int run_command(void *options)
{
    const struct replay_options *o = options;
    struct replay r = { .options = *o };
    struct replay_set set = { 0 };
    int rc = CLI_AGREES;

    r.watched = isatty(STDERR_FILENO);
    r.runner.observe = observe;
    r.runner.context = &r;
    for (int i = 0; i < o->nr_paths; i++) {
        const int one = replay_load(&set, o->paths[i]);

        if (one > rc)
            rc = one;
    }
    suit_machine(&r, &set);
    r.options.xen.l1tf = all_l1tf(&set);
    if (rc == CLI_AGREES)
        rc = run_all(&r, &set);
    replay_free(&set);
    return rc;
}

const struct cli_command cli_replay = {
    .name = "replay",
    .summary = "run traces on the model, or also on actual Xen",
    .usage = usage,
    .size = sizeof(struct replay_options),
    .parse = parse,
    .run = run_command,
};
