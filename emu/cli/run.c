/* SPDX-License-Identifier: MIT
 *
 * pinfold run: a PV kernel, instruction by instruction, on the model.
 */
#include "run.h"

#include <xen-model/invariants.h>

#include <xen/sched.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

/* -- the run ----------------------------------------------------------------
 */

/* After each hypercall: nothing has come apart. */
struct checker {
    struct pvcpu_guest *guest;
    struct pvcpu *p;
};

static void check(void *context, uint64_t number, const uint64_t arg[6],
                  const struct xm_result *result, uint64_t rax)
{
    const struct checker *k = context;
    const struct xm_violation v =
        xm_check_invariants(&k->guest->cpu, k->guest->scratch);

    (void)number;
    (void)arg;
    (void)result;
    (void)rax;
    if (v.found)
        pvcpu_stop(k->p,
                   "an invariant does not hold, %s: %s: frame 0x%" PRIx64
                   ", expected 0x%" PRIx64 ", found 0x%" PRIx64,
                   v.invariant, v.sentence, v.mfn, v.expected, v.actual);
}

static int exit_status(enum pvcpu_end end, const struct domain *d)
{
    if (end == CPU_BROKEN)
        return CLI_ENVIRONMENT;
    return end == CPU_SHUTDOWN && (d->reason == SHUTDOWN_poweroff ||
                                   d->reason == SHUTDOWN_reboot)
               ? CLI_AGREES
               : CLI_FINDING;
}

static void catch_signals(unsigned int timeout)
{
    struct sigaction a = { .sa_handler = on_signal };

    (void)sigaction(SIGINT, &a, NULL);
    (void)sigaction(SIGTERM, &a, NULL);
    (void)sigaction(SIGALRM, &a, NULL);
    if (timeout)
        (void)alarm(timeout);
}

static double seconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int run(const struct run_options *o, struct pvcpu_guest *g)
{
    struct run_console console = { .guest = g,
                                   .interactive = o->interactive,
                                   .at_end =
                                       !o->interactive && isatty(STDIN_FILENO),
                                   .stop = &stop };
    struct checker checker = { .guest = g };
    const struct pvcpu_config config = {
        .cpu = &g->cpu,
        .host = &g->host,
        .max_blocks = o->max_blocks,
        .stop = &stop,
        .observer = { .after = o->check ? check : NULL, .context = &checker },
        .idle = run_console_idle,
        .poll = run_console_poll,
        .context = &console,
    };
    const double began = seconds();
    enum pvcpu_end end;
    const char *why;
    int status;

    checker.p = pvcpu_open(&config, &why);
    if (!checker.p) {
        fprintf(stderr, "pinfold run: %s\n", why);
        return CLI_ENVIRONMENT;
    }
    g->host.output = run_console_output;
    g->host.context = &console;
    if (!run_console_open(&console)) {
        pvcpu_close(checker.p);
        fputs("pinfold run: --console needs a terminal: leave it out, and "
              "what\ncomes from standard input is typed\n",
              stderr);
        return CLI_USAGE;
    }
    catch_signals(o->timeout);
    end = pvcpu_run(checker.p, &g->start);
    run_console_close(&console);
    status = exit_status(end, g->domain);
    if (status != CLI_AGREES || !o->quiet)
        run_report(o, g, checker.p, end, seconds() - began);
    pvcpu_close(checker.p);
    return status;
}

int run_command(void *options)
{
    const struct run_options *o = options;
    char why[CPU_GUEST_WHY];
    struct pvcpu_guest g;
    int rc;

    if (!pvcpu_guest_open(&g, &o->guest, why)) {
        fprintf(stderr, "pinfold run: %s\n", why);
        return CLI_USAGE;
    }
    rc = run(o, &g);
    pvcpu_guest_close(&g);
    return rc;
}
