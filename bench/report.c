/* SPDX-License-Identifier: MIT
 *
 * pinfold-bench-report [--json] FILE...: the table of what was measured. A
 * FILE is lines of NAME KEY VALUE, where NAME is model, time or xen.
 *
 * Exit codes: 0 every goal is reached, 1 one is not, 2 usage, 3 a file cannot
 * be read.
 */
#include "report.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Xen's own numbers where Xen was not measured: Xen 4.17.7, by icount. */
static const struct report_row template[] = {
    { "mmu_update.map", "mmu_update of an L1 entry, 0 to RW", UNIT_COUNT,
      GOAL_OF_XEN, 0.25, .documented = 1033 },
    { "mmu_update.unmap", "mmu_update of an L1 entry, RW to 0", UNIT_COUNT,
      GOAL_OF_XEN, 0.25, .documented = 946 },
    { "mmu_update.flags", "mmu_update of an L1 entry, flags only", UNIT_COUNT,
      GOAL_OF_XEN, 0.25, .documented = 840 },
    { "mmu_update.writable", "mmu_update of an L1 entry, RO to RW", UNIT_COUNT,
      GOAL_OF_XEN, 0.25, .documented = 1120 },
    { "mmu_update.raw", "the first, its request in guest memory", UNIT_COUNT,
      GOAL_NONE, .xen_key = "mmu_update.map", .documented = 1033 },
    { "mmu_update.64", "mmu_update of 64 entries, each", UNIT_COUNT, GOAL_NONE,
      .documented = 35557.0 / 64 },
    { "update_va_mapping.map", "update_va_mapping, 0 to RW", UNIT_COUNT,
      GOAL_NONE, .documented = 943 },
    { "update_va_mapping.unmap", "update_va_mapping, RW to 0", UNIT_COUNT,
      GOAL_NONE, .documented = 943 },
    { "update_va_mapping.flags", "update_va_mapping, flags only", UNIT_COUNT,
      GOAL_NONE, .documented = 665 },
    { "pin_l1.empty", "pin of an empty L1", UNIT_COUNT, GOAL_NONE,
      .documented = 10003 },
    { "unpin_l1.empty", "unpin of an empty L1", UNIT_COUNT, GOAL_NONE,
      .documented = 8999 },
    { "pin_l1.full", "pin of a full L1, each entry", UNIT_COUNT, GOAL_AT_MOST,
      40, .documented = 104723.0 / 512 },
    { "pin_l1.change", "the same, frames change type", UNIT_COUNT, GOAL_NONE,
      .documented = 190739.0 / 512 },
    { "unpin_l1.full", "unpin of a full L1, each entry", UNIT_COUNT, GOAL_NONE,
      .documented = 91943.0 / 512 },
    { "pin_l4.minimal", "pin of an L4, four tables", UNIT_COUNT, GOAL_NONE,
      .documented = 57527 },
    { "unpin_l4.minimal", "unpin of an L4, four tables", UNIT_COUNT, GOAL_NONE,
      .documented = 60190 },
    { "pin_l4.1gib", "pin and unpin of 1 GiB, each entry", UNIT_NS,
      GOAL_AT_MOST, 5, .yardstick = "pin_l4.1gib.yardstick",
      .yardstick_name = "reading the tables" },
    { "fuzz.program", "32 operations, invariants, reset", UNIT_PER_SECOND,
      GOAL_AT_LEAST, .number = 100000 },
    { "snapshot.take", "snapshot of 256 frames", UNIT_US, GOAL_AT_MOST, 20,
      .yardstick = "snapshot.yardstick", .yardstick_name = "copying all RAM" },
    { "snapshot.restore", "going back to it", UNIT_US, GOAL_AT_MOST, 20,
      .yardstick = "snapshot.yardstick", .yardstick_name = "copying all RAM" },
    { "lockstep.change", "changes beside Xen, 256 frames each", UNIT_PER_SECOND,
      GOAL_AT_LEAST, .number = 100000 },
    { "lockstep.reset", "actual Xen back to a known state", UNIT_US,
      GOAL_AT_MOST, .number = 10000 },
    { "direct.call", "a linked guest's mmu_update", UNIT_NS, GOAL_OF_YARDSTICK,
      0.06, .yardstick = "direct.call.xen",
      .yardstick_name = "the same on Xen in QEMU" },
    { "direct.call.64", "the same of 64 entries", UNIT_NS, GOAL_OF_YARDSTICK,
      0.02, .yardstick = "direct.call.64.xen",
      .yardstick_name = "the same on Xen in QEMU" },
    { "direct.mapping", "its update_va_mapping", UNIT_NS, GOAL_NONE,
      .yardstick = "direct.mapping.xen",
      .yardstick_name = "the same on Xen in QEMU" },
    { "direct.work.recorded", "its life, recorded, each hypercall", UNIT_US,
      GOAL_OF_YARDSTICK, 1.1, .yardstick = "direct.work",
      .yardstick_name = "the same, not recorded" },
    { "direct.start.recorded", "its start, recorded", UNIT_US,
      GOAL_OF_YARDSTICK, 1.1, .yardstick = "direct.start",
      .yardstick_name = "the same, not recorded" },
    { "direct.open.recorded", "its machine, to be recorded", UNIT_US, GOAL_NONE,
      .yardstick = "direct.open", .yardstick_name = "the same, not recorded" },
    { "memory.frame", "memory of the model, each frame", UNIT_BYTES,
      GOAL_AT_MOST, 40, .documented = 32 },
};

#define NR_ROWS (sizeof(template) / sizeof(template[0]))

static struct report_row rows[NR_ROWS];

/* Nanoseconds, as the programs print them, in the row's unit. */
static double in_unit(const struct report_row *r, double value)
{
    switch (r->unit) {
    case UNIT_US:
        return value / 1e3;
    case UNIT_PER_SECOND:
        return 1e9 / value;
    default:
        return value;
    }
}

static void take(const char *name, const char *key, double value)
{
    for (size_t i = 0; i < NR_ROWS; i++) {
        struct report_row *r = &rows[i];
        const bool counted = r->unit == UNIT_COUNT;

        if (strcmp(name, "xen") == 0) {
            if (strcmp(r->xen_key ? r->xen_key : r->key, key) == 0)
                r->xen = value;
        } else if (counted == (strcmp(name, "model") == 0)) {
            if (strcmp(r->key, key) == 0)
                r->model = in_unit(r, value);
            if (r->yardstick && strcmp(r->yardstick, key) == 0)
                r->yardstick_value = in_unit(r, value);
        }
    }
}

static int read_file(const char *path)
{
    char name[16], key[64];
    double value;
    FILE *f = fopen(path, "r");

    if (!f) {
        perror(path);
        return -1;
    }
    while (fscanf(f, "%15s %63s %lf\n", name, key, &value) == 3)
        take(name, key, value);
    fclose(f);
    return 0;
}

static void judge(struct report_row *r)
{
    r->measured = !isnan(r->model);
    r->xen_measured = !isnan(r->xen);
    if (!r->xen_measured && r->documented != 0)
        r->xen = r->documented;
    r->limit = r->goal == GOAL_OF_XEN         ? r->number * r->xen
               : r->goal == GOAL_OF_YARDSTICK ? r->number * r->yardstick_value
                                              : r->number;
    r->reached =
        r->measured && (r->goal == GOAL_AT_LEAST ? r->model >= r->limit
                                                 : r->model <= r->limit);
}

int main(int argc, char **argv)
{
    static const struct option options[] = { { "json", no_argument, NULL, 'j' },
                                             { 0 } };
    bool json = false, missed = false;
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c != 'j')
            return 2;
        json = true;
    }
    for (size_t i = 0; i < NR_ROWS; i++) {
        rows[i] = template[i];
        rows[i].model = rows[i].xen = rows[i].yardstick_value = NAN;
    }
    for (; optind < argc; optind++)
        if (read_file(argv[optind]) != 0)
            return 3;
    for (size_t i = 0; i < NR_ROWS; i++) {
        judge(&rows[i]);
        missed |=
            rows[i].measured && rows[i].goal != GOAL_NONE && !rows[i].reached;
    }
    if (json)
        report_json(rows, NR_ROWS);
    else
        report_text(rows, NR_ROWS);
    return missed;
}
