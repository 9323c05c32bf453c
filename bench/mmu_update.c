/* SPDX-License-Identifier: MIT
 *
 * mmu_update of entries of the boot L1: one, and a batch of 64; and the raw
 * entry, which reads its request through the guest's tables.
 */
#include "bench.h"

#define PAGE (FIRST_FREE + 0)
#define ARGUMENTS (FIRST_FREE + 1) /* mapped by slot ARGUMENTS_SLOT */
#define ARGUMENTS_SLOT 511u
#define BATCH 64u
#define NR_FRAMES 128u

/* The request of the measured call, made before it. */
static void ask(struct bench_machine *m, uint64_t val)
{
    m->request.ptr = (uint64_t)BOOT_L1 << XM_PAGE_SHIFT;
    m->request.val = val;
}

static void make(struct bench_machine *m)
{
    bench_expect(xm_mmu_update(&m->cpu, &m->request, 1, NULL, DOMID_SELF));
}

static void ask_rw(struct bench_machine *m)
{
    ask(m, 0);
    make(m);
    ask(m, xm_pte(PAGE, RWU));
}

static void ask_empty(struct bench_machine *m)
{
    ask_rw(m);
    make(m);
    ask(m, 0);
}

static void ask_accessed(struct bench_machine *m)
{
    ask_rw(m);
    make(m);
    ask(m, xm_pte(PAGE, RWU | XM_PTE_A));
}

static void ask_writable(struct bench_machine *m)
{
    ask(m, xm_pte(PAGE, P | US));
    make(m);
    ask(m, xm_pte(PAGE, RWU));
}

static uint64_t slot_address(unsigned int slot)
{
    return (uint64_t)BOOT_L1 << XM_PAGE_SHIFT | slot * 8u;
}

static void map_arguments(struct bench_machine *m)
{
    struct mmu_update *const req = (void *)bench_entry(m, ARGUMENTS, 0);

    bench_update(m, BOOT_L1, ARGUMENTS_SLOT, xm_pte(ARGUMENTS, RWU));
    *req = (struct mmu_update){ slot_address(0), xm_pte(PAGE, RWU) };
}

static void make_raw(struct bench_machine *m)
{
    uint64_t arg[6] = { ARGUMENTS_SLOT << XM_PAGE_SHIFT, 1, 0, DOMID_SELF };

    bench_expect(xm_hypercall(&m->cpu, __HYPERVISOR_mmu_update, arg));
}

/* Distinct frames, from FIRST_FREE on. */
static void batch(struct bench_machine *m, uint64_t flags)
{
    struct mmu_update req[BATCH];

    for (unsigned int i = 0; i < BATCH; i++)
        req[i] =
            (struct mmu_update){ slot_address(i),
                                 flags ? xm_pte(FIRST_FREE + i, flags) : 0 };
    bench_expect(xm_mmu_update(&m->cpu, req, BATCH, NULL, DOMID_SELF));
}

static void batch_empty(struct bench_machine *m)
{
    batch(m, 0);
}

static void batch_rw(struct bench_machine *m)
{
    batch(m, RWU);
}

static const struct bench_subject subjects[] = {
    { "mmu_update.map", NR_FRAMES, 1, NULL, ask_rw, make, 0 },
    { "mmu_update.unmap", NR_FRAMES, 1, NULL, ask_empty, make, 0 },
    { "mmu_update.flags", NR_FRAMES, 1, NULL, ask_accessed, make, 0 },
    { "mmu_update.writable", NR_FRAMES, 1, NULL, ask_writable, make, 0 },
    { "mmu_update.raw", NR_FRAMES, 1, map_arguments, ask_rw, make_raw, 0 },
    { "mmu_update.64", NR_FRAMES, BATCH, NULL, batch_empty, batch_rw, 0 },
};

const struct bench_family bench_mmu_update = BENCH_FAMILY(subjects);
