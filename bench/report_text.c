/* SPDX-License-Identifier: MIT
 *
 * The table for people.
 */
#include "report.h"

#include <math.h>
#include <stdio.h>

static const char *const unit_names[] = {
    [UNIT_COUNT] = "",        [UNIT_NS] = " ns",   [UNIT_US] = " us",
    [UNIT_PER_SECOND] = "/s", [UNIT_BYTES] = " B",
};

static void number(char *out, size_t size, const char *before, double value,
                   enum unit unit)
{
    snprintf(out, size, "%s%.*f%s", before, value < 100 ? 1 : 0, value,
             unit_names[unit]);
}

static void print_row(const struct report_row *r, bool *documented)
{
    char goal[32] = "-", model[32] = "-", xen[32] = "-", ratio[64] = "-";

    if (r->goal == GOAL_OF_XEN)
        snprintf(goal, sizeof(goal), "%.2f of Xen", r->number);
    else if (r->goal == GOAL_OF_YARDSTICK)
        snprintf(goal, sizeof(goal), "%.2f of that", r->number);
    else if (r->goal != GOAL_NONE)
        number(goal, sizeof(goal),
               r->goal == GOAL_AT_LEAST ? ">= " : "<= ", r->limit, r->unit);
    if (r->measured)
        number(model, sizeof(model), "", r->model, r->unit);
    if (!isnan(r->xen)) {
        number(xen, sizeof(xen), r->xen_measured ? "" : "*", r->xen, r->unit);
        *documented |= !r->xen_measured;
        if (r->measured)
            snprintf(ratio, sizeof(ratio), "%.2f", r->model / r->xen);
    } else if (!isnan(r->yardstick_value) && r->measured) {
        snprintf(ratio, sizeof(ratio), "%.2f of %s",
                 r->model / r->yardstick_value, r->yardstick_name);
    }
    printf("%-38s %-12s %11s %9s  %-7s %s\n", r->what, goal, model, xen,
           r->goal == GOAL_NONE ? "-"
           : !r->measured       ? "?"
           : r->reached         ? "reached"
                                : "MISSED",
           ratio);
}

void report_text(const struct report_row *rows, size_t n)
{
    bool documented = false;

    printf("%-38s %-12s %11s %9s  %-7s %s\n", "instructions, where no unit",
           "goal", "model", "Xen", "", "ratio");
    for (size_t i = 0; i < n; i++)
        print_row(&rows[i], &documented);
    if (documented)
        printf("* of Xen 4.17.7, not measured in this run\n");
}
