/* SPDX-License-Identifier: MIT
 *
 * The table for programs: an array of objects.
 */
#include "report.h"

#include <jansson.h>
#include <math.h>

static const char *const units[] = {
    [UNIT_COUNT] = "instructions",    [UNIT_NS] = "ns",       [UNIT_US] = "us",
    [UNIT_PER_SECOND] = "per second", [UNIT_BYTES] = "bytes",
};

static json_t *number(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

static json_t *object(const struct report_row *r)
{
    json_t *o = json_object();

    json_object_set_new(o, "key", json_string(r->key));
    json_object_set_new(o, "what", json_string(r->what));
    json_object_set_new(o, "unit", json_string(units[r->unit]));
    json_object_set_new(o, "model", number(r->model));
    json_object_set_new(o, "xen", number(r->xen));
    json_object_set_new(o, "xen_measured", json_boolean(r->xen_measured));
    json_object_set_new(o, "yardstick", number(r->yardstick_value));
    if (r->goal != GOAL_NONE) {
        json_object_set_new(o,
                            r->goal == GOAL_AT_LEAST ? "at_least" : "at_most",
                            number(r->limit));
        json_object_set_new(
            o, "reached", r->measured ? json_boolean(r->reached) : json_null());
    }
    return o;
}

void report_json(const struct report_row *rows, size_t n)
{
    json_t *a = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(a, object(&rows[i]));
    json_dumpf(a, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(8));
    puts("");
    json_decref(a);
}
