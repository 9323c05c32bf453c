/* SPDX-License-Identifier: MIT
 *
 * update_va_mapping of the boot L1's entries, without a flush.
 */
#include "bench.h"

#define PAGE (FIRST_FREE + 0)
#define VA (3ull << XM_PAGE_SHIFT)

static void set(struct bench_machine *m, uint64_t val)
{
    bench_expect(xm_update_va_mapping(&m->cpu, VA, val, UVMF_NONE));
}

static void make_empty(struct bench_machine *m)
{
    set(m, 0);
}

static void make_rw(struct bench_machine *m)
{
    set(m, xm_pte(PAGE, RWU));
}

static void make_rw_accessed(struct bench_machine *m)
{
    set(m, xm_pte(PAGE, RWU | XM_PTE_A));
}

#define NR_FRAMES (PAGE + 1)

static const struct bench_subject subjects[] = {
    { "update_va_mapping.map", NR_FRAMES, 1, NULL, make_empty, make_rw, 0 },
    { "update_va_mapping.unmap", NR_FRAMES, 1, NULL, make_rw, make_empty, 0 },
    { "update_va_mapping.flags", NR_FRAMES, 1, NULL, make_rw, make_rw_accessed,
      0 },
};

const struct bench_family bench_update_va_mapping = BENCH_FAMILY(subjects);
