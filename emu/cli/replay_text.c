/* SPDX-License-Identifier: MIT
 *
 * pinfold replay: steps and findings for a person.
 */
#include "replay.h"

#include <report/report.h>

#include <inttypes.h>

static void print_outcome(FILE *f, enum pvt_call call,
                          const struct pvt_outcome *o)
{
    report_print_answer(f, call, o);
    if (!pvt_is_access(call) && o->why.rule != XM_R_NONE)
        fprintf(f, " by %s", xm_rule_info(o->why.rule)->id);
}

void replay_print_step(const struct pvt_observation *o)
{
    printf("%s %3" PRIu32 "  ", o->trace->name, o->number);
    pvt_step_print(stdout, o->trace, o->step);
    printf("\n      model: ");
    print_outcome(stdout, o->step->call, o->model);
    if (o->other) {
        printf("\n      Xen:   ");
        print_outcome(stdout, o->step->call, o->other);
    }
    putchar('\n');
}

void replay_print_effort(FILE *f, const char *file, const struct pvt_trace *t,
                         const struct pvt_report *r, bool on_xen,
                         double seconds)
{
    const bool many_steps = t->nr_steps >= PVT_MANY_STEPS;
    const bool many_pages = on_xen && t->nr_pages > PVT_MANY_PAGES;

    if (r->skipped || (!many_steps && !many_pages))
        return;
    fprintf(f, "%s: %" PRIu32 " steps in %.1f s", file, r->steps, seconds);
    if (many_pages)
        fprintf(f,
                "; after each, page_info of all %" PRIu32
                " frames and what tables hold, other pages by turns",
                t->nr_pages);
    if (many_steps)
        fprintf(f, "; the model's invariants after one in %u", PVT_ONE_IN);
    fputs("; all of it at the end\n", f);
}

static void print_values(FILE *f, const struct pvt_difference *d)
{
    char left[32], right[32];

    fprintf(f, "  %s", pvt_kind_name(d->kind));
    if (d->frame[0] && d->slot != PVT_NO_SLOT)
        fprintf(f, " %s[%" PRIu32 "]", d->frame, d->slot);
    else if (d->frame[0])
        fprintf(f, " of %s", d->frame);
    if (d->frame[0])
        fprintf(f, " (frame 0x%" PRIx64 ")", d->mfn);
    fprintf(f, ": %s %s, %s %s\n", d->left_name,
            pvt_value_text(d->kind, d->left, left), d->right_name,
            pvt_value_text(d->kind, d->right, right));
}

static void print_place(FILE *f, const char *file, const struct pvt_trace *t,
                        const struct pvt_difference *d)
{
    fprintf(f, "%s", file);
    if (d->line)
        fprintf(f, ":%u", d->line);
    fprintf(f, ": %s: ", t->name);
    if (d->step != PVT_STEP_INIT && d->step != PVT_STEP_FINAL)
        fprintf(f, "step %" PRIu32 ": ", d->step);
    fprintf(f, "%s\n", d->text);
}

static void print_rule(FILE *f, const struct pvt_difference *d)
{
    if (d->rule != XM_R_NONE)
        fprintf(f, "  rule %s: %s\n", xm_rule_info(d->rule)->id,
                xm_rule_info(d->rule)->sentence);
}

void replay_print_differences(FILE *f, const char *file,
                              const struct pvt_trace *t,
                              const struct pvt_report *r)
{
    const uint32_t n = r->nr_differences < PVT_MAX_DIFFERENCES
                           ? r->nr_differences
                           : PVT_MAX_DIFFERENCES;

    for (uint32_t i = 0; i < n; i++) {
        const struct pvt_difference *d = &r->differences[i];

        if (i == 0 || d->line != d[-1].line || d->step != d[-1].step)
            print_place(f, file, t, d);
        if (d->kind != PVT_KIND_LOST)
            print_values(f, d);
        if (d->detail[0])
            fprintf(f, "  %s\n", d->detail);
        if (i + 1 == n || d->line != d[1].line || d->step != d[1].step)
            print_rule(f, d);
    }
    if (r->nr_differences > n)
        fprintf(f, "  and %" PRIu32 " more\n", r->nr_differences - n);
}
