/* SPDX-License-Identifier: MIT
 *
 * pinfold show: the machine at a step of a trace, or at all of them.
 */
#include "replay.h"

#include "cli.h"

#include <report/report.h>

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: pinfold show [OPTION]... TRACE\n"
    "Run TRACE, a .pvt file (packed or not) or a program that a fuzzer has\n"
    "left, on the model, and show the machine: its tables, its frames, and\n"
    "what the step did.\n"
    "\n"
    "      --step=N           after step N, 0: before the first (default: "
    "after\n"
    "                         the last)\n"
    "      --format=text      a text (default)\n"
    "      --format=dot       a graph of the tables, for Graphviz\n"
    "      --format=html      one page for a browser with all steps in it; it\n"
    "                         opens at step N, and needs no server\n"
    "  -o, --output=FILE      write to FILE\n"
    "      --xen=4.N[-debug]  the model is that of Xen 4.N (4.13 to 4.22;\n"
    "                         default 4.17), or of a debug build of it\n"
    "      --break=NAME       remove one check from the model, to see what\n"
    "                         comes of it (--break=list tells which there "
    "are)\n"
    "      --help             print this and exit\n"
    "\n"
    "Exit status: 0 shown, 1 shown as far as the trace agrees with the "
    "model,\n"
    "2 wrong usage or a malformed trace, 3 it cannot be run or written.\n";

enum format { FORMAT_TEXT, FORMAT_DOT, FORMAT_HTML };

struct show {
    enum format format;
    bool has_step;
    uint32_t step;
    const char *trace, *output;
    struct cli_xen_version version;
    uint32_t faults;
    FILE *f;
    struct report report;
    struct report_html *html;
    bool reached, failed;
};

static bool parse_format(const char *text, enum format *format)
{
    static const char *const names[] = { "text", "dot", "html" };

    for (unsigned int i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            *format = (enum format)i;
            return true;
        }
    }
    fprintf(stderr, "pinfold show: --format is text, dot or html, not '%s'\n",
            text);
    return false;
}

static bool parse_step(const char *text, struct show *s)
{
    uint64_t n;

    if (!cli_parse_number("show", "step", text, 0, UINT32_MAX - 1, &n))
        return false;
    s->has_step = true;
    s->step = (uint32_t)n;
    return true;
}

/* 0 to go on, or 1 + the exit status. */
static int parse(int argc, char **argv, void *options)
{
    struct show *s = options;
    static const struct option longs[] = {
        { "step", required_argument, NULL, 's' },
        { "format", required_argument, NULL, 'f' },
        { "output", required_argument, NULL, 'o' },
        { "xen", required_argument, NULL, 'm' },
        { "break", required_argument, NULL, 'b' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    bool good = true;
    int c;

    while (good && (c = getopt_long(argc, argv, "o:", longs, NULL)) != -1) {
        switch (c) {
        case 's':
            good = parse_step(optarg, s);
            break;
        case 'f':
            good = parse_format(optarg, &s->format);
            break;
        case 'o':
            s->output = optarg;
            break;
        case 'm':
            good = cli_parse_version("show", optarg, &s->version);
            break;
        case 'b':
            good = cli_parse_break("show", optarg, &s->faults);
            break;
        case 'h':
            return CLI_HELP;
        default:
            return CLI_TRY_HELP;
        }
    }
    if (good && optind + 1 != argc) {
        fputs("pinfold show: name one trace\n", stderr);
        good = false;
    }
    s->trace = argv[optind];
    return good ? 0 : 1 + CLI_USAGE;
}

/* The step that text and graph show. */
static void show_machine(struct show *s)
{
    s->reached = true;
    if (s->format == FORMAT_TEXT)
        report_print_text(s->f, &s->report);
    else if (s->format == FORMAT_DOT)
        report_print_dot(s->f, &s->report);
}

static void observe(void *context, const struct pvt_observation *o)
{
    struct show *s = context;
    const uint32_t last = o->trace->nr_steps;
    int rc = 0;

    report_follow(&s->report, o);
    if (s->format == FORMAT_HTML && !o->step)
        s->html = report_html_begin(s->f, &s->report);
    if (s->format == FORMAT_HTML)
        rc = !s->html  ? -1
             : o->step ? report_html_step(s->html, &s->report)
                       : 0;
    s->failed |= rc != 0 || s->report.failed;
    /* Nothing comes after a step that differs. */
    if (o->number == (s->has_step ? s->step : last) ||
        (o->nr_differences && !s->reached))
        show_machine(s);
}

static char *finding(const char *file, const struct pvt_trace *t,
                     const struct pvt_report *report)
{
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);

    if (!f)
        return NULL;
    replay_print_differences(f, file, t, report);
    fclose(f);
    return text;
}

/* The trace has been run: what is left to say. */
static int finish(struct show *s, const struct replay_trace *t,
                  const struct pvt_report *report)
{
    char *differences = finding(t->file, t->trace, report);
    const uint32_t at = s->has_step ? s->step : s->report.number;

    if (s->html)
        s->failed |= report_html_end(s->html, &s->report, at,
                                     differences ? differences : "") != 0;
    if (report->nr_differences && differences)
        fprintf(stderr, "%s", differences);
    free(differences);
    return report->nr_differences ? CLI_FINDING : CLI_AGREES;
}

static int run(struct show *s, const struct replay_trace *t)
{
    struct pvt_runner runner = { .begin = observe,
                                 .observe = observe,
                                 .context = s };
    struct pvt_report *report = malloc(sizeof(*report));
    int rc = CLI_ENVIRONMENT;

    if (!report ||
        pvt_model_open(pvt_model_frames(t->trace), &runner.model) != 0) {
        fputs("pinfold show: no memory for the model: free some\n", stderr);
        free(report);
        return CLI_ENVIRONMENT;
    }
    if (s->version.minor)
        pvt_model_set_xen(runner.model, s->version.minor, s->version.debug);
    xm_machine_set_faults(pvt_model_cpu(runner.model)->machine, s->faults);
    if (report_open(&s->report, runner.model) != 0)
        fputs("pinfold show: no memory to follow the model: free some\n",
              stderr);
    else {
        if (pvt_run(&runner, t->trace, report) != 0)
            fprintf(stderr, "%s: cannot be run: %s\n", t->file,
                    report->message);
        else if (report->skipped)
            fprintf(stderr, "%s: %s: choose another with --xen\n", t->file,
                    report->message);
        else
            rc = finish(s, t, report);
        report_html_close(s->html);
        report_close(&s->report);
    }
    runner.model->ops->close(runner.model);
    free(report);
    return rc;
}

static int run_to_output(struct show *s, const struct replay_trace *t)
{
    int rc;

    if (s->has_step && s->step > t->trace->nr_steps) {
        fprintf(stderr,
                "pinfold show: %s has %" PRIu32 " steps, and no step %" PRIu32
                "\n",
                t->file, t->trace->nr_steps, s->step);
        return CLI_USAGE;
    }
    s->f = s->output ? fopen(s->output, "w") : stdout;
    if (!s->f) {
        fprintf(stderr, "pinfold show: %s: cannot be written: %s\n", s->output,
                strerror(errno));
        return CLI_ENVIRONMENT;
    }
    rc = run(s, t);
    s->failed |= ferror(s->f) != 0;
    if (s->output ? fclose(s->f) != 0 : fflush(s->f) != 0)
        s->failed = true;
    if (!s->failed)
        return rc;
    fprintf(stderr, "pinfold show: it cannot be written, or there is no "
                    "memory for it: free some\n");
    return CLI_ENVIRONMENT;
}

static int run_command(void *options)
{
    struct show *s = options;
    struct replay_set set = { 0 };
    int rc = replay_load_one("show", &set, s->trace);

    if (rc == CLI_AGREES)
        rc = run_to_output(s, &set.traces[0]);
    replay_free(&set);
    return rc;
}

const struct cli_command cli_show = {
    .name = "show",
    .summary = "show the machine at any step of a trace",
    .usage = usage,
    .size = sizeof(struct show),
    .parse = parse,
    .run = run_command,
};
