/* SPDX-License-Identifier: MIT
 *
 * Pin and unpin of whole trees: four tables, the smallest there is, and one
 * that maps 1 GiB by 4 KiB pages.
 */
#include "bench.h"

#define L4 (FIRST_FREE + 0)
#define L3 (FIRST_FREE + 1)
#define L2 (FIRST_FREE + 2)
#define FIRST_L1 (FIRST_FREE + 3)
#define FIRST_PAGE (FIRST_L1 + XM_ENTRIES)
#define PAGES (XM_ENTRIES * XM_ENTRIES)

static void link_tables(struct bench_machine *m, unsigned int nr_l1)
{
    *bench_entry(m, L4, 0) = xm_pte(L3, RWU);
    *bench_entry(m, L3, 0) = xm_pte(L2, RWU);
    for (unsigned int i = 0; i < nr_l1; i++)
        *bench_entry(m, L2, i) = xm_pte(FIRST_L1 + i, RWU);
}

static void prepare_minimal(struct bench_machine *m)
{
    link_tables(m, 1);
    m->step = 0;
}

static void prepare_gib(struct bench_machine *m)
{
    link_tables(m, XM_ENTRIES);
    for (unsigned int i = 0; i < PAGES; i++)
        *bench_entry(m, FIRST_L1 + i / XM_ENTRIES, i % XM_ENTRIES) =
            xm_pte(FIRST_PAGE + i, RWU);
    m->step = 0;
}

static void pin(struct bench_machine *m)
{
    bench_ext(m, MMUEXT_PIN_L4_TABLE, L4);
}

static void unpin(struct bench_machine *m)
{
    bench_ext(m, MMUEXT_UNPIN_TABLE, L4);
}

static void unpin_again(struct bench_machine *m)
{
    if (m->step++ != 0)
        unpin(m);
}

static void both(struct bench_machine *m)
{
    pin(m);
    unpin(m);
}

/* What the clock says about 'both' is compared with: reading the tables. */
static void read_tables(struct bench_machine *m)
{
    const uint64_t *const t = bench_entry(m, L4, 0);
    uint64_t sum = 0;

    for (size_t i = 0; i < (size_t)(FIRST_PAGE - L4) * XM_ENTRIES; i++)
        sum += t[i];
    __asm__ volatile("" : : "r"(sum));
}

#define SMALL (FIRST_L1 + 1)
#define BIG (FIRST_PAGE + PAGES)

static const struct bench_subject subjects[] = {
    { "pin_l4.minimal", SMALL, 1, prepare_minimal, unpin_again, pin, 0 },
    { "unpin_l4.minimal", SMALL, 1, prepare_minimal, pin, unpin, 0 },
    { "pin_l4.1gib", BIG, PAGES, prepare_gib, NULL, both, 20 },
    { "pin_l4.1gib.yardstick", BIG, PAGES, prepare_gib, NULL, read_tables, 20 },
};

const struct bench_family bench_tree = BENCH_FAMILY(subjects);
