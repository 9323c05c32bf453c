/* SPDX-License-Identifier: MIT
 *
 * What is done with a program in which model and Xen differ.
 */
#include "cli.h"
#include "fuzz.h"
#include "replay.h"

#include <fuzz/shrink.h>
#include <fuzz/trace.h>
#include <traces/runner.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ATTEMPTS 2000u
#define ATTEMPTS_WITH_RESTART 40u /* each takes more than a second */
#define REPEATS 3u
#define TOLD 10000u /* bytes: a longer trace is but saved */

struct search {
    struct fuzz_run *run;
    enum fz_outcome why;
    int rc; /* the machines cannot be started again */
};

static bool shows(void *context, const struct fz_program *p)
{
    struct search *s = context;
    struct fuzz_run *r = s->run;
    enum fz_outcome got;
    uint32_t at;

    if (s->rc != CLI_AGREES || !fuzz_choose(r, p->domains))
        return false;
    r->session->thorough = true;
    got = fz_run(r->session, p, &at, NULL);
    r->session->thorough = false;
    if (got != FZ_AGREES && got != FZ_DIFFERS && !fuzz_restart(r))
        s->rc = CLI_ENVIRONMENT;
    return got == s->why;
}

/*
 * Runs the trace as any other, which tells what differs: on a new machine,
 * for programs leave things behind that a trace would stumble over.
 */
static void tell(struct fuzz_run *r, const char *file, const char *text)
{
    struct pvt_report *report = malloc(sizeof(*report));
    struct pvt_error error;
    struct pvt_trace *t = pvt_trace_parse(text, strlen(text), &error);
    const bool ready = report && t && fuzz_restart(r) && fuzz_choose(r, 1);

    if (!t)
        fprintf(stderr, "%s:%u:%u: %s\n", file, error.line, error.column,
                error.text);
    if (ready) {
        const struct pvt_runner runner = { .model = r->session->model,
                                           .other = r->other };

        if (pvt_run(&runner, t, report) == 0)
            replay_print_differences(stdout, file, t, report);
        /* The machines begin anew, whatever the trace has left. */
        (void)fuzz_restart(r);
    }
    pvt_trace_free(t);
    free(report);
}

static bool save(const char *file, const char *text)
{
    FILE *f = fopen(file, "w");

    if (!f || fputs(text, f) < 0 || fclose(f) != 0) {
        fprintf(stderr, "pinfold fuzz: %s cannot be written: %s\n", file,
                strerror(errno));
        return false;
    }
    return true;
}

static int report_finding(struct fuzz_run *r, const struct fz_program *p)
{
    const struct fuzz_options *o = r->options;
    char file[512], *text = NULL;
    enum fz_outcome got;

    got = fuzz_choose(r, p->domains) ? fz_as_trace(r->session, p, &text)
                                     : FZ_FAILED;
    if (!text || (got == FZ_LOST && !fuzz_restart(r))) {
        free(text);
        return CLI_ENVIRONMENT;
    }
    if (mkdir(o->findings, 0777) != 0 && errno != EEXIST)
        fprintf(stderr, "pinfold fuzz: %s cannot be made: %s\n", o->findings,
                strerror(errno));
    snprintf(file, sizeof(file), "%s/%" PRIx64 "-%" PRIu64 ".pvt", o->findings,
             o->seed, r->programs);
    if (strlen(text) <= TOLD)
        fputs(text, stdout);
    if (save(file, text))
        printf("saved as %s: pinfold replay --on xen %s\n", file, file);
    if (o->preempt)
        printf("Traces do not stop in the middle: if that is what it takes, "
               "pinfold fuzz --preempt --seed=%" PRIu64 " shows it again.\n",
               o->seed);
    tell(r, file, text);
    free(text);
    return CLI_AGREES;
}

int fuzz_finding(struct fuzz_run *r, struct fz_program *p, enum fz_outcome why)
{
    struct search s = { .run = r, .why = why };
    bool again = false;

    r->findings++;
    printf("program %" PRIu64 " of seed %" PRIu64 ", operation %u: %s\n",
           r->programs, r->options->seed, p->nr_ops, r->session->message);
    fflush(stdout);
    if (why == FZ_LOST && !fuzz_restart(r))
        return CLI_ENVIRONMENT;
    for (uint32_t i = 0; i < REPEATS && !again; i++)
        again = shows(&s, p);
    if (again)
        (void)fz_shrink(p, shows, &s,
                        why == FZ_LOST ? ATTEMPTS_WITH_RESTART : ATTEMPTS);
    else
        printf("it does not show again in %u runs\n", REPEATS);
    if (s.rc != CLI_AGREES)
        return s.rc;
    return report_finding(r, p);
}
