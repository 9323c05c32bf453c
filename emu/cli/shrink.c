/* SPDX-License-Identifier: MIT
 *
 * pinfold shrink: the shortest trace that still shows something.
 */
#include "cli.h"
#include "replay.h"
#include "xen.h"

#include <traces/model.h>
#include <traces/shrink.h>

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "Usage: pinfold shrink [OPTION]... TRACE\n"
    "Take away of a trace all that is not needed for one thing that it shows,\n"
    "and print what is left, a trace again. That thing is, unless an option\n"
    "says so, the first difference; if nothing differs, the first refusal.\n"
    "\n"
    "      --rule=ID          the first step where rule ID speaks\n"
    "      --step=N           the answer of step N\n"
    "      --answer=ERRNO     the first call that answers so: -EINVAL, 0\n"
    "      --break=NAME       the first step that is different on a model\n"
    "                         without that check (--break=list tells which\n"
    "                         there are)\n"
    "      --on=xen           try on actual Xen, beside the model\n"
    "      --xen=4.N[-debug]  the model alone is that of Xen 4.N (4.13 to\n"
    "                         4.22; default 4.17), or of a debug build of it\n"
    "      --hypervisor=FILE  the Xen to run\n"
    "      --kernel=FILE      the shim to run\n"
    "  -o, --output=FILE      write to FILE\n"
    "      --help             print this and exit\n"
    "\n"
    "Exit status: 0 it is shrunk, 1 the trace does not show that, 2 wrong\n"
    "usage or a malformed trace, 3 it cannot be run or written.\n";

struct shrink {
    bool on_xen, chosen;
    const char *trace, *output;
    struct shim_config xen;
    struct cli_xen_version version;
    uint32_t model_frames; /* of a machine of the model's own */
    struct pvt_goal goal;
    struct timespec begun;
    time_t shown;
};

static bool choose(struct shrink *s, enum pvt_goal_kind kind)
{
    if (s->chosen) {
        fputs("pinfold shrink: one thing at a time: --rule, --step, --answer "
              "or --break\n",
              stderr);
        return false;
    }
    s->chosen = true;
    s->goal.kind = kind;
    return true;
}

static bool parse_rule(const char *text, struct pvt_goal *g)
{
    g->rule = xm_rule_by_id(text);
    if (g->rule != XM_R_NONE)
        return true;
    fprintf(stderr,
            "pinfold shrink: no rule is called '%s': see pinfold rules\n",
            text);
    return false;
}

static bool parse_step(const char *text, struct pvt_goal *g)
{
    uint64_t n;

    if (!cli_parse_number("shrink", "step", text, 1, UINT32_MAX - 1, &n))
        return false;
    g->step = (uint32_t)n;
    return true;
}

static bool parse_answer(const char *text, struct pvt_goal *g)
{
    char *end;

    g->rc = strtol(text, &end, 0);
    if (*text && !*end)
        return true;
    for (int e = 1; text[0] == '-' && e < 200; e++)
        if (xm_errno_name(e) && strcmp(xm_errno_name(e), text + 1) == 0) {
            g->rc = -e;
            return true;
        }
    fprintf(stderr,
            "pinfold shrink: --answer is an errno as -EINVAL, or 0, not "
            "'%s'\n",
            text);
    return false;
}

/* 0 to go on, or 1 + the exit status. */
static int parse(int argc, char **argv, void *options)
{
    struct shrink *s = options;
    static const struct option longs[] = {
        { "rule", required_argument, NULL, 'r' },
        { "step", required_argument, NULL, 's' },
        { "answer", required_argument, NULL, 'a' },
        { "break", required_argument, NULL, 'b' },
        { "on", required_argument, NULL, 'x' },
        { "xen", required_argument, NULL, 'm' },
        { "hypervisor", required_argument, NULL, 'f' },
        { "kernel", required_argument, NULL, 'k' },
        { "output", required_argument, NULL, 'o' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    bool good = true;
    int c;

    s->goal.kind = PVT_GOAL_DIFFERENCE;
    while (good && (c = getopt_long(argc, argv, "o:", longs, NULL)) != -1) {
        switch (c) {
        case 'r':
            good = choose(s, PVT_GOAL_RULE) && parse_rule(optarg, &s->goal);
            break;
        case 's':
            good = choose(s, PVT_GOAL_STEP) && parse_step(optarg, &s->goal);
            break;
        case 'a':
            good = choose(s, PVT_GOAL_ANSWER) && parse_answer(optarg, &s->goal);
            break;
        case 'b':
            good = (s->goal.faults || choose(s, PVT_GOAL_BREAK)) &&
                   cli_parse_break("shrink", optarg, &s->goal.faults);
            break;
        case 'x':
            good = cli_parse_on("shrink", optarg, &s->on_xen);
            break;
        case 'm':
            good = cli_parse_version("shrink", optarg, &s->version);
            break;
        case 'f':
            s->xen.hypervisor = optarg;
            break;
        case 'k':
            s->xen.kernel = optarg;
            break;
        case 'o':
            s->output = optarg;
            break;
        case 'h':
            return CLI_HELP;
        default:
            return CLI_TRY_HELP;
        }
    }
    if (good && optind + 1 != argc) {
        fputs("pinfold shrink: name one trace\n", stderr);
        good = false;
    }
    if (good && s->on_xen && s->goal.kind == PVT_GOAL_BREAK) {
        fputs("pinfold shrink: --break is about the model: leave out --on\n",
              stderr);
        good = false;
    }
    s->trace = argv[optind];
    return good ? 0 : 1 + CLI_USAGE;
}

static void close_machines(struct pvt_goal *g)
{
    if (g->model)
        g->model->ops->close(g->model);
    if (g->other)
        g->other->ops->close(g->other);
    g->model = g->other = NULL;
}

static int open_model(struct shrink *s)
{
    if (pvt_model_open(s->model_frames, &s->goal.model) != 0) {
        fputs("pinfold shrink: no memory for the model: free some\n", stderr);
        return -1;
    }
    if (s->version.minor)
        pvt_model_set_xen(s->goal.model, s->version.minor, s->version.debug);
    return 0;
}

static int open_xen(struct shrink *s)
{
    char message[512] = "";

    if (cli_xen_open(&s->xen, &s->goal.other, message, sizeof(message)) != 0) {
        fprintf(stderr, "pinfold shrink: %s\n", message);
        s->goal.other = NULL;
        return -1;
    }
    if (pvt_model_adopt(s->goal.other, &s->goal.model) == 0)
        return 0;
    fprintf(stderr, "pinfold shrink: %s\n", s->goal.other->message);
    s->goal.model = NULL;
    return -1;
}

static int reopen(void *context, struct pvt_goal *g)
{
    struct shrink *s = context;

    close_machines(g);
    return s->on_xen ? open_xen(s) : open_model(s);
}

static double seconds(const struct shrink *s)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - s->begun.tv_sec) +
           (double)(now.tv_nsec - s->begun.tv_nsec) / 1e9;
}

/* What takes longer than two seconds says what it is at, once a second. */
static bool progress(void *context, const struct pvt_trace *t, uint32_t trials)
{
    struct shrink *s = context;
    const time_t now = (time_t)seconds(s);

    if (now < 2 || now == s->shown || !isatty(STDERR_FILENO))
        return true;
    s->shown = now;
    fprintf(stderr,
            "\r\033[K%" PRIu32 " steps and %" PRIu32 " pages left, %" PRIu32
            " trials",
            t->nr_steps, t->nr_pages, trials);
    return true;
}

static bool holds(void *context, const struct pvt_trace *t)
{
    struct shrink *s = context;

    return pvt_goal_holds(&s->goal, t);
}

/* By default a difference, else a refusal. */
static int find(struct shrink *s, struct pvt_trace *t)
{
    struct pvt_goal *g = &s->goal;
    int rc = pvt_goal_find(g, t);

    if (rc == 1 && !s->chosen) {
        g->kind = PVT_GOAL_REFUSED;
        rc = pvt_goal_find(g, t);
        if (rc == 1)
            snprintf(g->message, sizeof(g->message),
                     "nothing differs and nothing is refused: say what to "
                     "look for, see pinfold shrink --help");
    }
    return rc;
}

/* What the trace is, now: its name stays, and says where it comes from. */
static bool entitle(const struct shrink *s, struct pvt_trace *t)
{
    static const char *const what[] = {
        [PVT_GOAL_DIFFERENCE] = "is different",
        [PVT_GOAL_REFUSED] = "is refused",
        [PVT_GOAL_RULE] = "meets its rule",
        [PVT_GOAL_STEP] = "answers so",
        [PVT_GOAL_ANSWER] = "answers so",
        [PVT_GOAL_BREAK] = "is different without a check",
    };
    char *sentence = NULL;
    int n;

    if (s->goal.found == PVT_STEP_FINAL)
        n = asprintf(&sentence,
                     "What it takes until the end of %s is "
                     "different.",
                     t->name);
    else
        n = asprintf(&sentence,
                     "What it takes until step %" PRIu32 " of %s %s.",
                     s->goal.found, t->name, what[s->goal.kind]);
    if (n < 0)
        return false;
    free(t->sentence);
    t->sentence = sentence;
    return true;
}

static int print(const struct shrink *s, const struct pvt_trace *t)
{
    FILE *f = s->output ? fopen(s->output, "w") : stdout;
    bool good = f != NULL;

    if (f) {
        pvt_trace_print(f, t);
        good = !ferror(f);
        good &= (s->output ? fclose(f) : fflush(f)) == 0;
    }
    if (good)
        return CLI_AGREES;
    fprintf(stderr, "pinfold shrink: %s cannot be written: %s\n",
            s->output ? s->output : "the trace", strerror(errno));
    return CLI_ENVIRONMENT;
}

/*
 * What is about an answer is shrunk on the model alone before: that is a
 * thousand times faster, and where the two agree there is little left to try.
 */
static void shrink_on_model(struct shrink *s, struct replay_trace *t)
{
    struct shrink model = { .begun = s->begun,
                            .goal = s->goal,
                            .model_frames = s->model_frames };
    struct pvt_goal *g = &model.goal;
    const struct pvt_shrink how = { holds, progress, true, &model };
    struct replay_set set = { 0 };

    g->model = g->other = NULL;
    g->report = NULL;
    g->reopen = reopen;
    g->context = &model;
    if (replay_load(&set, t->file) == CLI_AGREES && open_model(&model) == 0 &&
        pvt_goal_find(g, set.traces[0].trace) == 0 &&
        g->found == s->goal.found) {
        struct pvt_trace *const was = t->trace;

        (void)pvt_shrink(&how, &set.traces[0].trace);
        if (pvt_goal_holds(&s->goal, set.traces[0].trace)) {
            t->trace = set.traces[0].trace;
            set.traces[0].trace = was;
        }
    }
    s->shown = model.shown;
    pvt_goal_close(g);
    close_machines(g);
    replay_free(&set);
}

static int shrink(struct shrink *s, struct replay_trace *from)
{
    const struct pvt_shrink how = { .holds = holds,
                                    .go_on = progress,
                                    .keep_last =
                                        s->goal.found != PVT_STEP_FINAL,
                                    .context = s };
    const uint32_t steps = from->trace->nr_steps;
    uint32_t trials;
    int rc;

    if (s->on_xen && s->goal.kind != PVT_GOAL_DIFFERENCE)
        shrink_on_model(s, from);
    trials = pvt_shrink(&how, &from->trace);
    if (s->shown)
        fputs("\r\033[K", stderr);
    if (pvt_expect_answers(&s->goal, from->trace) != 0 ||
        !entitle(s, from->trace)) {
        fprintf(stderr, "pinfold shrink: %s\n", s->goal.message);
        return CLI_ENVIRONMENT;
    }
    rc = print(s, from->trace);
    if (rc == CLI_AGREES)
        fprintf(stderr,
                "%s: %" PRIu32 " steps of %" PRIu32 " are left after %" PRIu32
                " trials in %.1f s\n",
                from->file, from->trace->nr_steps, steps, trials, seconds(s));
    return rc;
}

static int run(struct shrink *s, struct replay_trace *t)
{
    int rc;

    s->model_frames = pvt_model_frames(t->trace);
    cli_xen_suit(&s->xen, t->trace);
    rc = reopen(s, &s->goal);
    if (rc == 0) {
        rc = find(s, t->trace);
        if (rc != 0)
            fprintf(stderr, "%s: %s\n", t->file, s->goal.message);
        rc = rc == 0 ? shrink(s, t) : rc > 0 ? CLI_FINDING : CLI_ENVIRONMENT;
    } else {
        rc = CLI_ENVIRONMENT;
    }
    pvt_goal_close(&s->goal);
    close_machines(&s->goal);
    return rc;
}

static int run_command(void *options)
{
    struct shrink *s = options;
    struct replay_set set = { 0 };
    int rc = replay_load_one("shrink", &set, s->trace);

    s->goal.reopen = reopen;
    s->goal.context = s;
    clock_gettime(CLOCK_MONOTONIC, &s->begun);
    if (rc == CLI_AGREES)
        rc = run(s, &set.traces[0]);
    replay_free(&set);
    return rc;
}

const struct cli_command cli_shrink = {
    .name = "shrink",
    .summary = "reduce a trace to what one outcome needs",
    .usage = usage,
    .size = sizeof(struct shrink),
    .parse = parse,
    .run = run_command,
};
