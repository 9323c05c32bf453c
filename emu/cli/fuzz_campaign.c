/* SPDX-License-Identifier: MIT
 *
 * A campaign: one program after the other, until there are enough operations
 * or findings.
 */
#include "cli.h"
#include "fuzz.h"
#include "xen.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void fuzz_close(struct fuzz_run *r)
{
    for (uint32_t i = 0; i < 1u << FZ_DOMAINS; i++) {
        struct fz_session *s = &r->sessions[i];

        if (!s->model)
            continue;
        r->interrupted += s->interrupted;
        r->stopped += s->stopped;
        r->struck += s->struck;
        for (uint32_t k = 0; k < XM_NR_STOPS; k++)
            r->middles[k] += s->middles[k];
        fz_close(s);
        s->model->ops->close(s->model);
        *s = (struct fz_session){ 0 };
    }
    if (r->other)
        r->other->ops->close(r->other);
    r->other = NULL;
}

/* MODEL is S's from now on. */
static bool open_session(struct fuzz_run *r, struct fz_session *s,
                         struct pvt_backend *model)
{
    xm_machine_set_faults(pvt_model_cpu(model)->machine, r->options->faults);
    if (!fz_open(s, model, r->other))
        return false;
    s->interrupt = r->options->interrupt;
    /* 16 instructions */
    s->timer_unit = r->options->icount ? 8ull << r->options->icount : 0;
    s->stops = r->options->preempt && r->other;
    return true;
}

static bool open_xen(struct fuzz_run *r)
{
    const struct shim_config config = { .hypervisor = r->options->hypervisor,
                                        .kernel = r->options->kernel,
                                        .icount = r->options->icount };
    struct pvt_backend *model;
    char message[512] = "";

    if (cli_xen_open(&config, &r->other, message, sizeof(message)) != 0) {
        fprintf(stderr, "pinfold fuzz: %s\n", message);
        r->other = NULL;
        return false;
    }
    snprintf(r->version, sizeof(r->version), "%s", r->other->version);
    r->session = &r->sessions[0];
    if (pvt_model_adopt(r->other, &model) == 0)
        return open_session(r, r->session, model);
    fprintf(stderr, "pinfold fuzz: %s\n", r->other->message);
    return false;
}

bool fuzz_choose(struct fuzz_run *r, uint32_t domains)
{
    struct pvt_backend *model;

    if (r->other)
        return true;
    r->session = &r->sessions[domains];
    return r->session->model ||
           (pvt_model_open(FUZZ_MODEL_FRAMES, &model) == 0 &&
            open_session(r, r->session, model));
}

int fuzz_open(struct fuzz_run *r)
{
    if (!r->options->on_xen || open_xen(r))
        return CLI_AGREES;
    fuzz_close(r);
    return CLI_ENVIRONMENT;
}

bool fuzz_restart(struct fuzz_run *r)
{
    fuzz_close(r);
    r->restarts++;
    return fuzz_open(r) == CLI_AGREES;
}

/* Of all machines, those that are gone included. */
static uint64_t interrupted(const struct fuzz_run *r)
{
    return r->interrupted + (r->session ? r->session->interrupted : 0);
}

static uint32_t rules_fired(const struct fuzz_run *r)
{
    uint32_t n = 0;

    for (uint32_t i = 1; i < XM_NR_RULES; i++)
        n += xm_rule_set_has(&r->fired, (enum xm_rule)i);
    return n;
}

static void progress(struct fuzz_run *r, bool last)
{
    const double t = last || r->watched ? now() : 0;

    if (!last && (!r->watched || t < r->shown + 1))
        return;
    r->shown = t;
    fprintf(last ? stdout : stderr,
            "%s%" PRIu64 " operations in %" PRIu64
            " programs, %.0f a second, %u rules spoke, %" PRIu64
            " interrupted, %" PRIu64 " differences%s",
            last ? "" : "\r", r->ops, r->programs,
            (double)r->ops / (t - r->started + 1e-9), rules_fired(r),
            interrupted(r), r->findings, last ? "\n" : "");
}

static void note_fired(struct fuzz_run *r)
{
    const struct pvt_outcome *o = &r->session->out[0];

    for (size_t i = 0; i < sizeof(r->fired.bits) / sizeof(r->fired.bits[0]);
         i++)
        r->fired.bits[i] |= o->fired.bits[i];
    xm_rule_set_add(&r->fired, o->why.rule);
}

static void count(struct fuzz_run *r, const struct fz_op *op)
{
    const struct pvt_outcome *o = &r->session->out[0];

    r->ops++;
    r->by_kind[op->kind]++;
    r->by_domain[r->session->call.op.domid]++;
    r->refused += o->rc < 0 || o->vector != 0;
}

static void print_counts(const struct fuzz_run *r)
{
    static const char *const kinds[FZ_NR_KINDS] = {
        [FZ_MMU_UPDATE] = "mmu_update",
        [FZ_MMUEXT] = "mmuext_op",
        [FZ_UPDATE_VA_MAPPING] = "update_va_mapping",
        [FZ_LOAD] = "loads",
        [FZ_STORE] = "stores",
        [FZ_EXECUTE] = "instructions",
        [FZ_VM_ASSIST] = "vm_assist",
        [FZ_SET_GDT] = "set_gdt",
        [FZ_UPDATE_DESCRIPTOR] = "update_descriptor",
        [FZ_LOAD_SEGMENT] = "selectors",
        [FZ_DECREASE] = "decrease_reservation",
        [FZ_GRANT_MAP] = "grant maps",
        [FZ_GRANT_UNMAP] = "grant unmaps",
        [FZ_CALL] = "other calls",
        [FZ_GUEST] = "other acts",
    };

    printf("of these");
    for (uint32_t i = 0; i < FZ_NR_KINDS; i++)
        if (kinds[i])
            printf(" %s %" PRIu64 ",", kinds[i], r->by_kind[i]);
    for (uint32_t d = 0; d < FZ_DOMAINS; d++)
        printf(" by d%" PRIu32 " %" PRIu64 ",", d, r->by_domain[d]);
    printf(" refused %" PRIu64 "\n", r->refused);
}

/* Where calls have stopped; all sessions are closed. */
static void print_stops(const struct fuzz_run *r)
{
    static const char *const names[XM_NR_STOPS] = {
        [XM_STOP_REQUEST] = "between requests",
        [XM_STOP_DEFERRED] = "before a deferred put",
        [XM_STOP_CALL] = "between calls of a multicall",
        [XM_STOP_VALIDATE_L2] = "validating an L2",
        [XM_STOP_VALIDATE_L3] = "validating an L3",
        [XM_STOP_RELEASE_L2] = "releasing an L2",
        [XM_STOP_RELEASE_L3] = "releasing an L3",
        [XM_STOP_MEMORY] = "between extents",
        [XM_STOP_GRANT] = "between grants",
        [XM_STOP_DESTROY] = "destroying a domain",
    };
    uint64_t sum = 0;

    for (uint32_t i = 0; i < XM_NR_STOPS; i++)
        sum += r->middles[i];
    printf("%" PRIu64 " calls stopped in the middle, ", r->stopped);
    if (r->options->icount)
        printf("%" PRIu64 " of them by timers, ", r->struck);
    printf("%" PRIu64 " states compared there", sum);
    for (uint32_t i = 0; i < XM_NR_STOPS; i++)
        if (r->middles[i])
            printf(", %" PRIu64 " %s", r->middles[i], names[i]);
    putchar('\n');
}

static bool out_of_time(const struct fuzz_run *r)
{
    return r->options->seconds &&
           now() > r->started + (double)r->options->seconds;
}

#define REPEATED 16u /* one program of so many is done twice */

/* Makes a program while it runs. P: all of it. */
static enum fz_outcome run_program(struct fuzz_run *r, struct fz_random *random,
                                   struct fz_program *p)
{
    struct fz_session *s;
    struct fz_op ops[FZ_MAX_CHOSEN], next[FZ_MAX_CHOSEN];
    enum fz_outcome rc;
    uint32_t n;

    if (!fz_generate_begin(random, p) || !fuzz_choose(r, p->domains))
        return FZ_FAILED;
    s = r->session;
    rc = fz_begin(s, p);
    r->begun = rc == FZ_AGREES;
    n = rc == FZ_AGREES ? fz_generate(random, s, ops) : 0;
    for (uint64_t i = 0;
         rc == FZ_AGREES && !s->leaked && i < r->options->length &&
         !(i % 64 == 0 && out_of_time(r));
         i++) {
        uint32_t next_n = 0;

        for (uint32_t k = 0; k < n; k++)
            if (!fz_append(p, &ops[k]))
                return FZ_FAILED;
        rc = fz_start(s, p, p->nr_ops - n);
        if (rc == FZ_AGREES) {
            /* The generator looks at the model only, and need not wait. */
            if (s->ahead) {
                next_n = fz_generate(random, s, next);
                fz_look_ahead(s, next, next_n);
            }
            rc = fz_finish(s, p);
        }
        if (rc == FZ_NO_CALL) {
            p->nr_ops -= n;
            rc = FZ_AGREES;
        } else {
            note_fired(r);
            count(r, ops);
            progress(r, false);
        }
        n = next_n ? next_n : fz_generate(random, s, next);
        memcpy(ops, next, sizeof(ops));
    }
    if (rc == FZ_AGREES)
        rc = fz_compare_all(s);
    if (rc == FZ_AGREES && r->other && r->programs % REPEATED == 0)
        rc = fz_check_repeat(s, p);
    return rc;
}

static bool enough(const struct fuzz_run *r)
{
    const struct fuzz_options *o = r->options;

    return r->ops >= o->ops || r->findings >= o->stop_after || out_of_time(r);
}

/* An exit status. */
static int one_program(struct fuzz_run *r)
{
    struct fz_random seeds = { .state = r->options->seed };
    struct fz_random random = { .state = fz_next(&seeds) ^ r->programs,
                                .long_calls = r->options->interrupt ||
                                              r->options->preempt,
                                .stops = r->options->preempt,
                                .timers = r->options->icount != 0 };
    struct fz_program p;
    enum fz_outcome why;
    int rc = CLI_AGREES;

    why = run_program(r, &random, &p);
    /* A machine that does not go back is replaced by a new one. */
    if (why == FZ_LOST && !r->begun && r->programs != r->begun_last) {
        r->begun_last = r->programs;
        fprintf(stderr, "pinfold fuzz: Xen is started again: %s\n",
                r->session->message);
        fz_free(&p);
        return fuzz_restart(r) ? CLI_AGREES : CLI_ENVIRONMENT;
    }
    r->programs++;
    if (why == FZ_FAILED) {
        fprintf(stderr, "pinfold fuzz: %s\n", r->session->message);
        rc = CLI_ENVIRONMENT;
    } else if (why != FZ_AGREES) {
        rc = fuzz_finding(r, &p, why);
    }
    fz_free(&p);
    return rc;
}

int fuzz_campaign(const struct fuzz_options *o)
{
    struct fuzz_run r = { .options = o, .begun_last = UINT64_MAX };
    int rc = fuzz_open(&r);

    if (rc != CLI_AGREES)
        return rc;
    printf("seed %" PRIu64 ", on the model%s%s\n", o->seed,
           o->on_xen ? " and on actual " : "", r.version);
    fflush(stdout);
    r.started = now();
    r.watched = isatty(STDERR_FILENO);
    while (rc == CLI_AGREES && !enough(&r))
        rc = one_program(&r);
    if (r.watched)
        fputs("\r\033[K", stderr);
    progress(&r, true);
    print_counts(&r);
    fuzz_close(&r);
    if (o->preempt)
        print_stops(&r);
    return rc != CLI_AGREES ? rc : r.findings ? CLI_FINDING : CLI_AGREES;
}
