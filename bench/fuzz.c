/* SPDX-License-Identifier: MIT
 *
 * What a fuzzer does most: a program of 32 operations on a machine of 256
 * frames, all invariants after it, and back to the first state. And that way
 * back alone: taking a snapshot, and restoring one.
 */
#include "bench.h"

#include <xen-model/invariants.h>
#include <xen-model/snapshot.h>

#include <stdio.h>
#include <stdlib.h>

#define NR_FRAMES 256u
#define OPERATIONS 32u
#define TABLES 12u /* frames FIRST_FREE.. that entries are put into */
#define PAGES 20u  /* frames FIRST_FREE.. that entries name */
#define SLOTS 8u

static uint64_t written[XM_WRITTEN_WORDS(NR_FRAMES)];
static struct xm_snapshot first;
static uint8_t scratch[16u * NR_FRAMES];
static uint64_t seed;

static uint32_t below(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 32) % n;
}

/* Tables that name the next two, read-only and writable by turns. */
static void prepare(struct bench_machine *m)
{
    if (!first.block) {
        first.block = malloc(xm_machine_size(&m->config));
        first.ram = malloc((size_t)NR_FRAMES * XM_PAGE_SIZE);
    }
    if (!first.block || !first.ram)
        exit(3);
    for (unsigned int i = 0; i + 1 < TABLES; i++)
        for (unsigned int k = 0; k < SLOTS; k++)
            *bench_entry(m, FIRST_FREE + i, k) =
                xm_pte(FIRST_FREE + i + 1 + k % 2, P | US | (k & 1 ? RW : 0));
    m->cpu.written = written;
    seed = 88172645463325252ull;
    xm_snapshot_take(&m->cpu, &first);
}

static uint64_t some_entry(void)
{
    static const uint64_t flags[] = { 0,   P | US, P | US,          RWU,
                                      RWU, RWU,    RWU | XM_PTE_NX, RWU };

    return xm_pte(FIRST_FREE + below(PAGES), flags[below(8)]);
}

static void operation(struct bench_machine *m)
{
    static const unsigned int commands[] = {
        MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE, MMUEXT_PIN_L3_TABLE,
        MMUEXT_UNPIN_TABLE, MMUEXT_CLEAR_PAGE
    };
    const xm_mfn mfn = FIRST_FREE + below(TABLES);
    const struct mmuext_op op = { .cmd = commands[below(5)], .arg1.mfn = mfn };
    const struct mmu_update request = {
        .ptr = mfn << XM_PAGE_SHIFT | below(SLOTS) * 8u, .val = some_entry()
    };

    switch (below(4)) {
    case 0:
    case 1:
        (void)xm_mmu_update(&m->cpu, &request, 1, NULL, DOMID_SELF);
        break;
    case 2:
        (void)xm_mmuext_op(&m->cpu, &op, 1, NULL, DOMID_SELF);
        break;
    default:
        (void)xm_update_va_mapping(&m->cpu,
                                   (xm_vaddr)below(SLOTS) << XM_PAGE_SHIFT,
                                   some_entry(), UVMF_NONE);
        break;
    }
}

static void check(struct bench_machine *m)
{
    const struct xm_violation v = xm_check_invariants(&m->cpu, scratch);

    if (v.found) {
        fprintf(stderr, "%s: %s: frame %llu\n", v.invariant, v.sentence,
                (unsigned long long)v.mfn);
        exit(1);
    }
}

static void program(struct bench_machine *m)
{
    for (unsigned int i = 0; i < OPERATIONS; i++)
        operation(m);
    check(m);
    xm_snapshot_restore(&m->cpu, &first);
}

#define PROGRAMS 200u

static void programs(struct bench_machine *m)
{
    for (unsigned int i = 0; i < PROGRAMS; i++)
        program(m);
}

/* Enough operations that the usual number of frames is written. */
static void run_program(struct bench_machine *m)
{
    for (unsigned int i = 0; i < OPERATIONS; i++)
        operation(m);
}

static void restore(struct bench_machine *m)
{
    xm_snapshot_restore(&m->cpu, &first);
}

static void update(struct bench_machine *m)
{
    xm_snapshot_update(&m->cpu, &first);
}

static void copy_all(struct bench_machine *m)
{
    __builtin_memcpy(first.ram, m->cpu.ram, (size_t)NR_FRAMES * XM_PAGE_SIZE);
    __asm__ volatile("" : : "r"(first.ram) : "memory");
}

static void check_alone(struct bench_machine *m)
{
    check(m);
}

static const struct bench_subject subjects[] = {
    { "fuzz.program", NR_FRAMES, PROGRAMS, prepare, NULL, programs, 100 },
    { "fuzz.invariants", NR_FRAMES, 1, prepare, run_program, check_alone, 0 },
    { "snapshot.take", NR_FRAMES, 1, prepare, run_program, update, 200 },
    { "snapshot.restore", NR_FRAMES, 1, prepare, run_program, restore, 200 },
    { "snapshot.yardstick", NR_FRAMES, 1, prepare, NULL, copy_all, 200 },
};

const struct bench_family bench_fuzz = BENCH_FAMILY(subjects);
