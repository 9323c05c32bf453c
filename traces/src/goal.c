/* SPDX-License-Identifier: MIT
 *
 * What a trace is shrunk for: finding it, and seeing whether it is still
 * there. Only answers are looked at wherever that is enough: it is many times
 * faster than a comparison of states.
 */
#include <traces/shrink.h>

#include "edit.h"

#include <traces/model.h>
#include <xen-model/pte.h>

#include <stdlib.h>
#include <string.h>

static int fail(struct pvt_goal *g, int rc, const char *message)
{
    snprintf(g->message, sizeof(g->message), "%s", message);
    return rc;
}

static bool maps_kernel(struct xm_cpu *c, xm_mfn table)
{
    const uint64_t entry = xm_ram_frame(c, table)[XM_ENTRIES - 1];

    return (entry & XM_PTE_P) && (entry & XM_PTE_RW);
}

/* On actual Xen the guest would be lost, where the model goes on. */
static bool is_kernel_gone(struct pvt_goal *g, const struct pvt_observation *o)
{
    struct xm_cpu *c = pvt_model_cpu(g->model);
    const xm_domid domid = o->trace->domains[o->step->domain].domid;
    const struct xm_domain *d = xm_domain_find(c->machine, domid);
    const struct xm_vcpu *v = d ? &d->vcpu[o->step->vcpu] : NULL;

    return v && ((v->has_base && !maps_kernel(c, v->guest_table)) ||
                 (v->has_user_base && !maps_kernel(c, v->guest_table_user)));
}

static struct pvt_answer answer_of(const struct pvt_goal *g,
                                   const struct pvt_outcome *o)
{
    const bool spoke =
        g->kind == PVT_GOAL_RULE && xm_rule_set_has(&o->fired, g->rule);

    return (struct pvt_answer){ .rc = o->rc,
                                .rule = spoke ? g->rule : o->why.rule,
                                .vector = o->vector,
                                .error_code = o->vector ? o->error_code : 0 };
}

static bool same_answer(const struct pvt_answer *a, const struct pvt_answer *b)
{
    return a->rc == b->rc && a->rule == b->rule && a->vector == b->vector &&
           a->error_code == b->error_code;
}

/* FNV-1a. */
static uint64_t mix(uint64_t hash, uint64_t word)
{
    return (hash ^ word) * 0x100000001b3ull;
}

static uint64_t digest(const struct pvt_goal *g,
                       const struct pvt_observation *o)
{
    uint64_t hash = 0xcbf29ce484222325ull;

    hash = mix(hash, (uint64_t)g->last.rc);
    hash = mix(hash, g->last.vector);
    hash = mix(hash, g->last.error_code);
    hash = mix(hash, o->model->value);
    for (uint32_t i = 0; g->states && i < o->nr_watched; i++) {
        hash = mix(hash, o->watched[i].model.count_info);
        hash = mix(hash, o->watched[i].model.type_info);
    }
    return hash;
}

static bool is_it(const struct pvt_goal *g, const struct pvt_observation *o)
{
    switch (g->kind) {
    case PVT_GOAL_REFUSED:
        return g->last.rule != XM_R_NONE && (g->last.vector || g->last.rc < 0);
    case PVT_GOAL_RULE:
        return g->last.rule == g->rule;
    case PVT_GOAL_STEP:
        return o->number == g->step;
    case PVT_GOAL_ANSWER:
        return !pvt_is_access(o->step->call) && g->last.vector != PVT_CRASH &&
               g->last.rc == g->rc;
    case PVT_GOAL_DIFFERENCE:
    case PVT_GOAL_BREAK:
        break;
    }
    return false;
}

static void observe(void *context, const struct pvt_observation *o)
{
    struct pvt_goal *g = context;

    g->last = answer_of(g, o->model);
    g->kernel_gone |= is_kernel_gone(g, o);
    if (!g->first && is_it(g, o)) {
        g->first = o->number;
        g->whole = g->last;
    }
    if (!g->digests)
        return;
    if (o->number > g->nr_digests) {
        g->digests[g->nr_digests++] = digest(g, o);
    } else if (!g->first && g->digests[o->number - 1] != digest(g, o)) {
        g->first = o->number;
    }
}

/* Runs T: 0, or -1: it could not be run to its end. */
static int run(struct pvt_goal *g, const struct pvt_trace *t, uint32_t faults,
               uint32_t unasked, bool answers_only)
{
    const struct pvt_runner r = { .model = g->model,
                                  .other = g->other,
                                  .unasked = unasked,
                                  .answers_only = answers_only,
                                  .observe = observe,
                                  .context = g };
    int rc;

    g->kernel_gone = false;
    g->last = (struct pvt_answer){ 0 };
    if (!g->model && (!g->reopen || g->reopen(g->context, g) != 0))
        return fail(g, -1, "the machines cannot be started again");
    xm_machine_set_faults(pvt_model_cpu(g->model)->machine, faults);
    rc = pvt_run(&r, t, g->report);
    if (g->report->lost || rc != 0) {
        snprintf(g->message, sizeof(g->message), "%s", g->report->message);
        if (g->reopen)
            (void)g->reopen(g->context, g);
    }
    return rc != 0 || g->report->skipped ? -1 : 0;
}

static void cut(struct pvt_trace *t, uint32_t steps)
{
    while (t->nr_steps > steps)
        edit_free_step(&t->steps[--t->nr_steps]);
}

/* Of the final section only line LINE stays; 0: none. */
static void keep_final(struct pvt_trace *t, unsigned int line)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < t->nr_finals; i++)
        if (line && t->finals[i].line == line)
            t->finals[n++] = t->finals[i];
    t->nr_finals = n;
    t->has_final = n > 0;
}

static int find_difference(struct pvt_goal *g, struct pvt_trace *t)
{
    const struct pvt_difference *d = &g->report->differences[0];

    if (run(g, t, g->faults, 0, false) != 0)
        return fail(g, -1, g->report->message);
    if (g->report->nr_differences == 0)
        return fail(g, 1, "nothing differs");
    if (d->kind == PVT_KIND_SILENT || d->kind == PVT_KIND_NOT_SILENT)
        return fail(g, 1,
                    "what differs is a rule of its rules or neighbour "
                    "line, which is about no step");
    g->found = d->step;
    g->difference = d->kind;
    g->left = d->left;
    g->right = d->right;
    g->expected = strcmp(d->left_name, "expected") == 0;
    g->answer = g->last;
    if (d->step != PVT_STEP_FINAL) {
        cut(t, d->step);
        keep_final(t, 0);
    } else {
        keep_final(t, d->line);
    }
    return 0;
}

/* T with all checks, and without some; .first is where that shows. */
static int run_broken(struct pvt_goal *g, const struct pvt_trace *t)
{
    const struct pvt_difference *d = &g->report->differences[0];

    g->nr_digests = g->first = 0;
    if (run(g, t, 0, t->nr_steps, !g->states) != 0)
        return -1;
    g->whole = g->last;
    if (run(g, t, g->faults, t->nr_steps, !g->states) != 0)
        return -1;
    /* Or an invariant does not hold any more. */
    if (!g->first && g->report->nr_differences && d->step <= t->nr_steps)
        g->first = d->step;
    return 0;
}

/* First in answers; if there are none that differ, in the states of frames. */
static int find_broken(struct pvt_goal *g, struct pvt_trace *t)
{
    g->digests = calloc(t->nr_steps + 1u, sizeof(*g->digests));
    if (!g->digests)
        return fail(g, -1, "out of memory: free some");
    for (unsigned int i = 0; i < 2 && !g->first; i++) {
        g->states = i == 1;
        if (run_broken(g, t) != 0)
            return fail(g, -1, g->report->message);
    }
    if (!g->first)
        return fail(g, 1, "without that check all is the same");
    g->found = g->first;
    cut(t, g->found);
    if (run_broken(g, t) != 0)
        return fail(g, -1, g->report->message);
    g->answer = g->whole;
    g->broken = g->last;
    return 0;
}

static int find_answer(struct pvt_goal *g, struct pvt_trace *t)
{
    if (run(g, t, g->faults, t->nr_steps, true) != 0)
        return fail(g, -1, g->report->message);
    if (!g->first && g->report->nr_differences)
        return fail(g, -1,
                    "the machines differ before that: shrink this "
                    "difference first");
    if (!g->first)
        return fail(g, 1, "no step does that");
    g->found = g->first;
    g->answer = g->whole;
    cut(t, g->found);
    return 0;
}

/* Where it comes from matters no more. */
static void forget(struct pvt_trace *t)
{
    t->nr_rules = t->nr_silenced = t->nr_shows = 0;
    t->neighbour[0] = 0;
}

int pvt_goal_find(struct pvt_goal *g, struct pvt_trace *t)
{
    int rc;

    g->found = g->first = 0;
    if (!g->report)
        g->report = calloc(1, sizeof(*g->report));
    if (!g->report)
        return fail(g, -1, "out of memory: free some");
    if (g->kind == PVT_GOAL_DIFFERENCE) {
        rc = find_difference(g, t);
    } else {
        forget(t);
        keep_final(t, 0);
        rc = g->kind == PVT_GOAL_BREAK ? find_broken(g, t) : find_answer(g, t);
    }
    if (rc == 0)
        forget(t);
    g->kernel_stays = !g->kernel_gone;
    return rc;
}

/* Frame numbers, and what holds one, may be others in a smaller trace. */
static bool same_values(const struct pvt_goal *g,
                        const struct pvt_difference *d)
{
    switch (d->kind) {
    case PVT_KIND_VALUE:
    case PVT_KIND_REGISTER:
    case PVT_KIND_ENTRY:
    case PVT_KIND_M2P:
    case PVT_KIND_ARGUMENT:
    case PVT_KIND_INVARIANT:
        return true;
    default:
        return d->left == g->left && d->right == g->right;
    }
}

/* The first difference is of that kind, and at the end. */
static bool differs(struct pvt_goal *g, const struct pvt_trace *t)
{
    const struct pvt_difference *d = &g->report->differences[0];
    const bool final = g->found == PVT_STEP_FINAL;
    const bool states = final || g->difference > PVT_KIND_REGISTER;
    const uint32_t unasked =
        g->expected && !final && t->nr_steps ? t->nr_steps - 1 : t->nr_steps;

    return run(g, t, g->faults, unasked, !g->other && !states) == 0 &&
           g->report->nr_differences && d->kind == g->difference &&
           d->step == (final ? PVT_STEP_FINAL : t->nr_steps) &&
           (strcmp(d->left_name, "expected") == 0) == g->expected &&
           same_values(g, d) && same_answer(&g->last, &g->answer);
}

static bool is_broken(struct pvt_goal *g, const struct pvt_trace *t)
{
    return run_broken(g, t) == 0 && g->first == t->nr_steps &&
           g->nr_digests == t->nr_steps && same_answer(&g->whole, &g->answer) &&
           same_answer(&g->last, &g->broken);
}

/* And no step before it does what is looked for. */
static bool answers(struct pvt_goal *g, const struct pvt_trace *t)
{
    g->first = 0;
    return run(g, t, g->faults, t->nr_steps, true) == 0 &&
           g->report->nr_differences == 0 && g->report->steps == t->nr_steps &&
           (g->kind == PVT_GOAL_STEP || g->first == t->nr_steps) &&
           same_answer(&g->last, &g->answer);
}

bool pvt_goal_holds(struct pvt_goal *g, const struct pvt_trace *t)
{
    const bool shows = g->kind == PVT_GOAL_DIFFERENCE ? differs(g, t)
                       : g->kind == PVT_GOAL_BREAK    ? is_broken(g, t)
                                                      : answers(g, t);

    return shows && !(g->kernel_stays && g->kernel_gone);
}

void pvt_goal_close(struct pvt_goal *g)
{
    free(g->report);
    free(g->digests);
    g->report = NULL;
    g->digests = NULL;
}
