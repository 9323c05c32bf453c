/* SPDX-License-Identifier: MIT
 *
 * pinfold run: a PV kernel, instruction by instruction, on the model.
 */
#include "run.h"

#include <record/record.h>
#include <xen-model/invariants.h>

#include <xen/sched.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* An L4 slot that no kernel uses: what is in 511 lives here in a trace. */
#define MOVED_SLOT 500u

static volatile sig_atomic_t stop; /* the signal, or RUN_LEFT */

static void on_signal(int number)
{
    stop = number;
}

/* -- the run ----------------------------------------------------------------
 */

/* Who looks on: at the invariants, and for the recording. */
struct watch {
    const struct run_options *options;
    struct pvcpu_guest *guest;
    struct pvcpu *p;
    struct record *record;
};

static void check(const struct watch *w)
{
    const struct xm_violation v =
        xm_check_invariants(&w->guest->cpu, w->guest->scratch);

    if (v.found)
        pvcpu_stop(w->p,
                   "an invariant does not hold, %s: %s: frame 0x%" PRIx64
                   ", expected 0x%" PRIx64 ", found 0x%" PRIx64,
                   v.invariant, v.sentence, v.mfn, v.expected, v.actual);
}

static void check_record(const struct watch *w)
{
    if (record_error(w->record)[0])
        pvcpu_stop(w->p, "%s: %s", w->options->record, record_error(w->record));
}

static void before(void *context, uint64_t number, const uint64_t arg[6])
{
    const struct watch *w = context;

    if (w->record)
        record_before(w->record, number, arg);
}

static void after(void *context, const struct xm_result *result)
{
    const struct watch *w = context;

    if (w->record) {
        record_after(w->record, *result);
        check_record(w);
    }
    if (w->options->check)
        check(w);
}

static void emulated(void *context, xm_vaddr va, uint64_t bytes)
{
    record_emulated(((const struct watch *)context)->record, va, bytes);
}

static void before_cr3(void *context, uint64_t value)
{
    record_before_cr3(((const struct watch *)context)->record, value);
}

static void after_cr3(void *context, uint64_t value, int rc)
{
    const struct watch *w = context;

    record_after_cr3(w->record, value, rc);
    check_record(w);
}

/* False after an error message. */
static bool open_record(struct watch *w)
{
    const struct record_config config = {
        .file = w->options->record,
        .cpu = &w->guest->cpu,
        .nr_pages = w->guest->nr_pages,
        .moved_slot = MOVED_SLOT,
    };
    char why[CPU_GUEST_WHY];

    if (!w->options->record)
        return true;
    w->record = record_open(&config, why, sizeof(why));
    if (!w->record)
        fprintf(stderr, "pinfold run: %s\n", why);
    return w->record != NULL;
}

static struct pvcpu_observer observer(struct watch *w)
{
    struct pvcpu_observer o = { .context = w };

    if (w->record || w->options->check) {
        o.before = before;
        o.after = after;
    }
    if (w->record) {
        o.emulated = emulated;
        o.before_cr3 = before_cr3;
        o.after_cr3 = after_cr3;
    }
    return o;
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

static int run(struct watch *w, struct run_console *console)
{
    const struct run_options *o = w->options;
    struct pvcpu_guest *g = w->guest;
    const struct pvcpu_config config = {
        .cpu = &g->cpu,
        .host = &g->host,
        .max_blocks = o->max_blocks,
        .stop = &stop,
        .observer = observer(w),
        .idle = run_console_idle,
        .poll = run_console_poll,
        .context = console,
    };
    const double began = seconds();
    enum pvcpu_end end;
    const char *why;
    int status;

    w->p = pvcpu_open(&config, &why);
    if (!w->p) {
        fprintf(stderr, "pinfold run: %s\n", why);
        return CLI_ENVIRONMENT;
    }
    g->host.output = run_console_output;
    g->host.context = console;
    if (!run_console_open(console)) {
        pvcpu_close(w->p);
        fputs("pinfold run: --console needs a terminal: leave it out, and "
              "what\ncomes from standard input is typed\n",
              stderr);
        return CLI_USAGE;
    }
    catch_signals(o->timeout);
    end = pvcpu_run(w->p, &g->start);
    run_console_close(console);
    status = exit_status(end, g->domain);
    if (status != CLI_AGREES || !o->quiet)
        run_report(g, w->p, end, stop, seconds() - began);
    pvcpu_close(w->p);
    return status;
}

int run_command(void *options)
{
    const struct run_options *o = options;
    struct pvcpu_guest g;
    struct watch w = { .options = o, .guest = &g };
    struct run_console console = { .guest = &g,
                                   .interactive = o->interactive,
                                   .at_end =
                                       !o->interactive && isatty(STDIN_FILENO),
                                   .stop = &stop };
    char why[CPU_GUEST_WHY];
    int rc;

    if (!pvcpu_guest_open(&g, &o->guest, why)) {
        fprintf(stderr, "pinfold run: %s\n", why);
        return CLI_USAGE;
    }
    rc = open_record(&w) ? run(&w, &console) : CLI_ENVIRONMENT;
    record_close(w.record);
    pvcpu_guest_close(&g);
    return rc;
}
