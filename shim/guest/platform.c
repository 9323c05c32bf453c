/* SPDX-License-Identifier: MIT
 *
 * Actual Xen as a platform of guest-mm: hypercalls, and plain memory accesses.
 */
#include "platform.h"

#include "hypercall.h"

#define MM_PLAT_FRAME 0x000ffffffffff000ull
/* Xen's table: it has what numbers frames have in this domain. */
#define M2P_VA 0xffff800000000000ull
#define M2P_SIZE (1ull << 38)

static uint64_t hash(uint64_t sum, uint64_t word)
{
    return (sum ^ word) * 0x100000001b3ull;
}

static int note(struct mm_plat *p, int64_t rc)
{
    if (p) {
        p->calls++;
        p->answers = hash(p->answers, (uint64_t)rc);
    }
    return (int)rc;
}

/*
 * An entry, or the number of a frame in a book, as if the first frame were 0;
 * of the entries that name others, without a number.
 */
static uint64_t plain(const struct mm_plat *p, uint64_t entry)
{
    const uint64_t frame = (entry & MM_PLAT_FRAME) >> 12;

    if (entry - p->first < p->frames)
        return entry - p->first;
    if (!(entry & 1))
        return entry;
    if (frame - p->first < p->frames)
        return entry - (p->first << 12);
    return entry & ~MM_PLAT_FRAME;
}

int mm_plat_mmu_update(struct mm_plat *p, const struct mmu_update *reqs,
                       uint32_t count)
{
    return note(p, hypercall(__HYPERVISOR_mmu_update, (uintptr_t)reqs, count, 0,
                             DOMID_SELF, 0));
}

int mm_plat_mmuext_op(struct mm_plat *p, const struct mmuext_op *ops,
                      uint32_t count)
{
    return note(p, hypercall(__HYPERVISOR_mmuext_op, (uintptr_t)ops, count, 0,
                             DOMID_SELF, 0));
}

int mm_plat_update_va_mapping(struct mm_plat *p, uint64_t va, uint64_t val,
                              uint64_t flags)
{
    return note(
        p, hypercall(__HYPERVISOR_update_va_mapping, va, val, flags, 0, 0));
}

uint64_t mm_plat_load64(struct mm_plat *p, uint64_t va)
{
    const uint64_t word = *(const volatile uint64_t *)va;

    if (p && va - M2P_VA >= M2P_SIZE)
        p->loads = hash(p->loads, plain(p, word));
    return word;
}

void mm_plat_store64(struct mm_plat *p, uint64_t va, uint64_t val)
{
    (void)p;
    *(volatile uint64_t *)va = val;
}

uint64_t mm_plat_clock(struct mm_plat *p)
{
    uint32_t low, high;

    (void)p;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

uint32_t mm_plat_why(struct mm_plat *p)
{
    (void)p;
    return 0; /* Xen gives no reason */
}
