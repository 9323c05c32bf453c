/* SPDX-License-Identifier: MIT
 *
 * The comparison of the page-table methods, for programs.
 */
#include "methods.h"

#include <xen-model/rule.h>

#include <jansson.h>

static json_t *counts(const struct mm_counts *c, const char *unit)
{
    json_t *o = json_pack("{s:I, s:I}", "hypercalls", (json_int_t)c->hypercalls,
                          "updates", (json_int_t)c->updates);

    if (unit)
        json_object_set_new(o, unit, json_integer((json_int_t)c->clock));
    return o;
}

static json_t *workload(const struct mm_workload_report *w, const char *unit)
{
    json_t *o = json_pack("{s:I, s:I, s:I, s:I}", "pages", (json_int_t)w->pages,
                          "table_frames", (json_int_t)w->table_frames,
                          "book_frames", (json_int_t)w->book_frames,
                          "virtual_bytes", (json_int_t)w->virtual_bytes);

    for (unsigned p = 0; p < MM_NR_PHASES; p++)
        json_object_set_new(o, methods_phases[p], counts(&w->phase[p], unit));
    return o;
}

static json_t *verdicts(const struct mm_report *r)
{
    json_t *o = json_object();

    for (unsigned v = 0; v < MM_NR_VERDICTS; v++) {
        const struct mm_answer *a = &r->verdict[v];

        if (!a->asked)
            continue;
        json_object_set_new(
            o, methods_verdicts[v],
            json_pack("{s:i, s:s?, s:s?}", "rc", (int)a->rc, "error",
                      a->rc ? xm_errno_name(a->rc) : NULL, "rule",
                      a->why ? xm_rule_info((enum xm_rule)a->why)->id : NULL));
    }
    return o;
}

static json_t *report(const struct mm_report *r, const char *unit)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < MM_NR_WORKLOADS; i++)
        json_array_append_new(list, workload(&r->workload[i], unit));
    return json_pack("{s:i, s:o, s:o, s:o}", "rc", (int)r->rc, "verdicts",
                     verdicts(r), "start", counts(&r->setup, unit), "workloads",
                     list);
}

int methods_print_json(FILE *f, const struct methods_all *all,
                       unsigned differences)
{
    json_t *list = json_array(), *top;
    int rc;

    for (unsigned l = 0; l < METHODS_NR_LAYOUTS; l++) {
        for (unsigned m = 0; m < MM_NR_METHODS; m++) {
            const struct methods_result *r = &all->result[l][m];
            const struct mm_answer *read = &r->model.verdict[MM_V_READ];
            json_t *o = json_pack("{s:s, s:s, s:s, s:b, s:o}", "method",
                                  methods_names[m], "title", methods_titles[m],
                                  "layout", methods_layouts[l], "accepted",
                                  read->asked && !read->rc, "model",
                                  report(&r->model, "nanoseconds"));

            if (all->xen_version)
                json_object_set_new(
                    o, "xen",
                    report(&r->xen, all->xen_clock ? "instructions" : NULL));
            json_array_append_new(list, o);
        }
    }
    top = json_pack("{s:s?, s:s?, s:i, s:o}", "xen_version", all->xen_version,
                    "left_out", all->left_out, "differences", (int)differences,
                    "methods", list);
    rc = top ? json_dumpf(top, f, JSON_INDENT(2)) : -1;
    if (!rc && fputc('\n', f) == EOF)
        rc = -1;
    json_decref(top);
    return rc;
}
