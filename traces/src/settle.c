/* SPDX-License-Identifier: MIT
 *
 * Making what a trace expects true: step by step, what does not hold becomes
 * what the machine answers. What holds stays as it was written.
 */
#include <traces/shrink.h>

#include <traces/model.h>
#include <xen-model/pte.h>

#include <stdlib.h>
#include <string.h>

struct settling {
    struct pvt_goal *g;
    struct pvt_trace *t;
    uint32_t last; /* the step of the last observation, and its outcome */
    struct pvt_outcome out;
    struct pvt_entry value;
    bool named; /* value is known by a name */
};

/* A page of the trace, or one of the boot tables, that has this number. */
static bool name_frame(const struct pvt_observation *o, xm_mfn mfn,
                       struct pvt_frame_ref *ref)
{
    for (uint32_t i = 0; i < o->nr_watched; i++) {
        const uint32_t own = i - o->trace->nr_pages;

        if (o->watched[i].mfn != mfn)
            continue;
        if (i < o->trace->nr_pages)
            *ref = (struct pvt_frame_ref){ .kind = PVT_FRAME_PAGE, .page = i };
        else
            *ref = (struct pvt_frame_ref){ .kind = (enum pvt_frame_kind)(
                                               PVT_FRAME_BOOT_L4 + own % 3),
                                           .domain = own / 3 };
        return true;
    }
    return false;
}

static void observe(void *context, const struct pvt_observation *o)
{
    struct settling *s = context;

    s->last = o->number;
    s->out = o->other && !o->step->stale ? *o->other : *o->model;
    s->out.why = o->model->why;
    s->out.fired = o->model->fired;
    s->value = (struct pvt_entry){ .raw = s->out.value };
    s->named = s->out.value == 0;
    if ((s->out.value & XM_PTE_P) &&
        name_frame(o, xm_pte_mfn(s->out.value), &s->value.frame)) {
        s->value.has_frame = s->named = true;
        s->value.raw = 0;
        s->value.flags = s->out.value & ~xm_pte(xm_pte_mfn(s->out.value), 0);
    }
}

/* A page to come gets its number there: that stays. */
static bool binds(const struct pvt_trace *t, const struct pvt_assign *a)
{
    for (uint32_t i = 0; i < a->count; i++)
        if (a->values[i].kind == PVT_VALUE_FRAME &&
            a->values[i].slot.frame.kind == PVT_FRAME_PAGE &&
            t->pages[a->values[i].slot.frame.page].new)
            return true;
    return false;
}

static void drop_fields(const struct pvt_trace *t, struct pvt_expect *e)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < e->out.count; i++)
        if (binds(t, &e->out.assigns[i]))
            e->out.assigns[n++] = e->out.assigns[i];
        else
            free(e->out.assigns[i].values);
    e->out.count = n;
    if (n == 0)
        e->elements = 0;
}

static void settle_access(const struct settling *s, struct pvt_step *step)
{
    struct pvt_expect *e = &step->expect;

    if (s->out.vector) {
        *e = (struct pvt_expect){ .kind = PVT_EXPECT_FAULT,
                                  .vector = s->out.vector,
                                  .error_code = s->out.error_code };
    } else if (pvt_is_load(step->call) && s->named) {
        *e = (struct pvt_expect){ .kind = PVT_EXPECT_VALUE, .value = s->value };
    } else {
        *e = (struct pvt_expect){ .kind = PVT_EXPECT_OK };
    }
    if (step->insn)
        step->insn->out.count = 0;
}

static void settle_call(const struct settling *s, struct pvt_step *step)
{
    struct pvt_expect *e = &step->expect;

    if (s->out.vector == PVT_CRASH) {
        drop_fields(s->t, e);
        e->kind = PVT_EXPECT_FAULT;
        e->vector = PVT_CRASH;
        e->by = s->out.why.rule;
        return;
    }
    e->kind = PVT_EXPECT_RC;
    e->any = false;
    e->rc = s->out.rc;
    e->done = s->out.done;
    if (e->by != XM_R_NONE && !xm_rule_set_has(&s->out.fired, e->by))
        e->by = s->out.rc < 0 ? s->out.why.rule : XM_R_NONE;
}

static void settle_step(struct settling *s, const struct pvt_difference *d)
{
    struct pvt_step *step = &s->t->steps[d->step - 1];

    if (d->kind == PVT_KIND_ARGUMENT)
        drop_fields(s->t, &step->expect);
    else if (pvt_is_access(step->call))
        settle_access(s, step);
    else
        settle_call(s, step);
}

/* What is a refusal says why. */
static void name_rules(struct settling *s)
{
    struct pvt_step *step = &s->t->steps[s->t->nr_steps - 1];

    if (step->expect.by == XM_R_NONE && s->out.why.rule != XM_R_NONE &&
        (s->out.rc < 0 || s->out.vector))
        step->expect.by = s->out.why.rule;
    if (step->expect.by != XM_R_NONE) {
        s->t->nr_rules = 1;
        s->t->rules[0] = step->expect.by;
    }
}

static bool is_the_finding(const struct settling *s,
                           const struct pvt_difference *d)
{
    return s->g->kind == PVT_GOAL_DIFFERENCE &&
           (s->g->found == PVT_STEP_FINAL ? d->step == PVT_STEP_FINAL
                                          : d->step == s->t->nr_steps);
}

int pvt_expect_answers(struct pvt_goal *g, struct pvt_trace *t)
{
    struct settling s = { .g = g, .t = t };
    const struct pvt_runner r = {
        .model = g->model, .other = g->other, .observe = observe, .context = &s
    };
    const struct pvt_difference *d = &g->report->differences[0];
    /* Each step needs its answer, its fields and its rule, once each. */
    uint32_t tries = 4 * t->nr_steps + 1;

    xm_machine_set_faults(pvt_model_cpu(g->model)->machine,
                          g->kind == PVT_GOAL_BREAK ? 0 : g->faults);
    for (uint32_t i = 0; i < t->nr_steps; i++)
        if (t->steps[i].expect.any)
            t->steps[i].expect.rc = INT64_MIN, t->steps[i].expect.any = false;
    do {
        if (pvt_run(&r, t, g->report) != 0)
            break;
        if (g->report->nr_differences == 0 || is_the_finding(&s, d)) {
            if (t->nr_steps && s.last == t->nr_steps &&
                g->report->nr_differences == 0)
                name_rules(&s);
            return 0;
        }
        if (strcmp(d->left_name, "expected") != 0 || d->step != s.last)
            break;
        settle_step(&s, d);
    } while (--tries);
    snprintf(g->message, sizeof(g->message), "%s",
             g->report->message[0] ? g->report->message
                                   : "what it expects cannot be made true");
    return -1;
}
