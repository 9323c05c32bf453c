/* SPDX-License-Identifier: MIT
 *
 * pinfold diff: a trace as a run, by running it on the model. What its frames
 * and tables are like is kept as what each step changed.
 */
#include "diff.h"

#include "cli.h"

#include <report/report.h>
#include <traces/model.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct following {
    struct report report;
    struct diff_run *run;
    bool failed;
};

/* Own pages first, then what every machine has, and is called alike. */
static bool add_pages(struct following *f, const struct pvt_observation *o)
{
    struct diff_run *r = f->run;

    r->nr_pages = f->report.nr_names;
    r->pages = calloc(r->nr_pages + 1u, sizeof(*r->pages));
    for (uint32_t i = 0; r->pages && i < r->nr_pages; i++) {
        snprintf(r->pages[i].name, sizeof(r->pages[i].name), "%s",
                 i < o->nr_watched ? o->watched[i].name
                                   : f->report.name[i].name);
        r->pages[i].fixed = i >= o->trace->nr_pages;
    }
    return r->pages && diff_unplace_pages(r);
}

/* Page number PAGE has become what C says. */
static bool keep_frame(struct diff_step *s, uint32_t page,
                       const struct report_frame_change *c)
{
    return diff_add_frame(s, (struct diff_frame_change){ .page = page,
                                                         .has_frame = true,
                                                         .mfn = c->mfn,
                                                         .frame = c->is });
}

/* Pages that were to come, by the frames that they are. */
static void place_pages(struct diff_run *r, const struct pvt_observation *o)
{
    for (uint32_t i = 0; i < o->trace->nr_pages; i++)
        if (o->trace->pages[i].new && o->watched[i].mfn != REPORT_NO_MFN)
            diff_place_page(r, i, o->watched[i].mfn);
}

/* A frame that was given back may come again as a page that was to come. */
static bool keep_again(const struct diff_run *r, struct diff_step *s,
                       uint32_t name, const struct report_frame_change *c)
{
    for (uint32_t i = diff_page_at(r, c->mfn); i != UINT32_MAX;
         i = diff_page_behind(r, i))
        if (i + 1 != name && !keep_frame(s, i, c))
            return false;
    return true;
}

static bool keep_changes(struct following *f, struct diff_step *s)
{
    const struct report *r = &f->report;
    bool good = true;

    for (uint32_t i = 0; good && i < r->nr_frame_changes; i++) {
        const struct report_frame_change *c = &r->frame_changes[i];
        const uint32_t name = r->names[c->mfn];

        if (name)
            good = keep_frame(s, name - 1, c) && keep_again(f->run, s, name, c);
    }
    for (uint32_t i = 0; good && i < r->nr_entry_changes; i++) {
        const struct report_entry_change *c = &r->entry_changes[i];
        const uint32_t name = r->names[c->mfn];

        if (name && !report_is_xens(r, c->mfn, c->slot))
            good = diff_add_entry(
                s, (struct diff_entry_change){ name - 1, c->slot, c->is });
    }
    return good;
}

static void observe(void *context, const struct pvt_observation *o)
{
    struct following *f = context;
    struct diff_step *s;
    size_t length;
    FILE *call;

    report_follow(&f->report, o);
    if (!f->run->pages && !add_pages(f, o)) {
        f->failed = true;
        return;
    }
    if (o->bound)
        place_pages(f->run, o);
    s = diff_add_step(f->run);
    if (!s || f->report.failed || !keep_changes(f, s)) {
        f->failed = true;
        return;
    }
    if (!o->step)
        return;
    diff_set_answer(s, o->step->call, o->model);
    snprintf(s->rule, sizeof(s->rule), "%s",
             xm_rule_info(o->model->why.rule)->id);
    call = open_memstream(&s->call, &length);
    if (call) {
        report_print_call(call, o->trace, o->step);
        fclose(call);
    }
    f->failed |= !s->call;
}

static int run(struct diff_set *set, const struct replay_trace *t,
               const struct cli_xen_version *version)
{
    struct following f = { .run = diff_add_run(set) };
    struct pvt_runner runner = { .begin = observe,
                                 .observe = observe,
                                 .unasked = t->trace->nr_steps,
                                 .answers_only = true,
                                 .context = &f };
    struct pvt_report *report = malloc(sizeof(*report));
    int rc = CLI_ENVIRONMENT;

    if (!f.run || !report ||
        pvt_model_open(pvt_model_frames(t->trace), &runner.model) != 0) {
        fputs("pinfold diff: no memory for the model: free some\n", stderr);
        free(report);
        return rc;
    }
    if (version->minor)
        pvt_model_set_xen(runner.model, version->minor, version->debug);
    f.run->file = strdup(t->file);
    f.run->has_rules = f.run->has_entries = true;
    snprintf(f.run->name, sizeof(f.run->name), "%s", t->trace->name);
    snprintf(f.run->of, sizeof(f.run->of), "model");
    if (f.run->file && report_open(&f.report, runner.model) == 0) {
        rc = pvt_run(&runner, t->trace, report) == 0 && !f.failed
                 ? CLI_AGREES
                 : CLI_ENVIRONMENT;
        if (report->skipped)
            fprintf(stderr, "%s: left out: %s\n", t->file, report->message);
        else if (rc != CLI_AGREES)
            fprintf(stderr, "%s: cannot be run: %s\n", t->file,
                    report->message[0] ? report->message : "out of memory");
        if (report->skipped)
            diff_drop_last(set);
        report_close(&f.report);
    }
    runner.model->ops->close(runner.model);
    free(report);
    return rc;
}

int diff_load_traces(struct diff_set *set, const char *path,
                     const struct cli_xen_version *version)
{
    struct replay_set traces = { 0 };
    int rc = replay_load(&traces, path);

    for (uint32_t i = 0; rc == CLI_AGREES && i < traces.count; i++)
        rc = run(set, &traces.traces[i], version);
    replay_free(&traces);
    return rc;
}
