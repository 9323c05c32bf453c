/* SPDX-License-Identifier: MIT
 *
 * Pin and unpin of an L1: empty, and with 512 writable frames, which have the
 * type already or change it.
 */
#include "bench.h"

#define EMPTY (FIRST_FREE + 0)
#define FULL (FIRST_FREE + 1)
#define FIRST_PAGE (FIRST_FREE + 2)
#define NR_FRAMES (FIRST_PAGE + XM_ENTRIES)

static void fill(struct bench_machine *m)
{
    for (unsigned int i = 0; i < XM_ENTRIES; i++)
        *bench_entry(m, FULL, i) = xm_pte(FIRST_PAGE + i, RWU);
    m->step = 0;
}

static void pin_full(struct bench_machine *m)
{
    bench_ext(m, MMUEXT_PIN_L1_TABLE, FULL);
}

static void unpin_full(struct bench_machine *m)
{
    bench_ext(m, MMUEXT_UNPIN_TABLE, FULL);
}

static void pin_empty(struct bench_machine *m)
{
    bench_ext(m, MMUEXT_PIN_L1_TABLE, EMPTY);
}

static void unpin_empty(struct bench_machine *m)
{
    bench_ext(m, MMUEXT_UNPIN_TABLE, EMPTY);
}

/* Both leave the table unpinned, and the frames of the type named. */
static void make_writable(struct bench_machine *m)
{
    if (m->step++ == 0)
        pin_full(m);
    unpin_full(m);
}

static void make_tables(struct bench_machine *m)
{
    if (m->step++ != 0)
        unpin_full(m);
    for (unsigned int i = 0; i < XM_ENTRIES; i++) {
        bench_ext(m, MMUEXT_PIN_L1_TABLE, FIRST_PAGE + i);
        bench_ext(m, MMUEXT_UNPIN_TABLE, FIRST_PAGE + i);
    }
}

static void unpin_empty_again(struct bench_machine *m)
{
    if (m->step++ != 0)
        unpin_empty(m);
}

static const struct bench_subject subjects[] = {
    { "pin_l1.empty", NR_FRAMES, 1, NULL, unpin_empty_again, pin_empty, 0 },
    { "unpin_l1.empty", NR_FRAMES, 1, NULL, pin_empty, unpin_empty, 0 },
    { "pin_l1.full", NR_FRAMES, XM_ENTRIES, fill, make_writable, pin_full, 0 },
    { "pin_l1.change", NR_FRAMES, XM_ENTRIES, fill, make_tables, pin_full, 0 },
    { "unpin_l1.full", NR_FRAMES, XM_ENTRIES, fill, pin_full, unpin_full, 0 },
};

const struct bench_family bench_pin = BENCH_FAMILY(subjects);
