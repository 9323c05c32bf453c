/* SPDX-License-Identifier: MIT
 *
 * A line of the table, and the two ways to print them.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>

enum unit { UNIT_COUNT, UNIT_NS, UNIT_US, UNIT_PER_SECOND, UNIT_BYTES };
enum goal {
    GOAL_NONE,
    GOAL_OF_XEN,
    GOAL_OF_YARDSTICK,
    GOAL_AT_MOST,
    GOAL_AT_LEAST
};

struct report_row {
    const char *key;
    const char *what;
    enum unit unit;
    enum goal goal;
    double number;              /* of the goal */
    const char *xen_key;        /* NULL: as key */
    double documented;          /* what Xen spends, 0: unknown */
    const char *yardstick;      /* a key of the same run, NULL: none */
    const char *yardstick_name; /* what that was */

    /* Filled in. NaN: not measured. */
    double model, xen, yardstick_value;
    bool measured, xen_measured, reached;
    double limit; /* the goal in the row's unit */
};

void report_text(const struct report_row *rows, size_t n);
void report_json(const struct report_row *rows, size_t n);

#endif
