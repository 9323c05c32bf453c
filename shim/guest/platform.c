/* SPDX-License-Identifier: MIT
 *
 * Actual Xen as a platform of guest-mm: hypercalls, and plain memory accesses.
 */
#include <guest-mm/platform.h>

#include "hypercall.h"

int mm_plat_mmu_update(struct mm_plat *p, const struct mmu_update *reqs,
                       uint32_t count)
{
    (void)p;
    return (int)hypercall(__HYPERVISOR_mmu_update, (uintptr_t)reqs, count, 0,
                          DOMID_SELF, 0);
}

int mm_plat_mmuext_op(struct mm_plat *p, const struct mmuext_op *ops,
                      uint32_t count)
{
    (void)p;
    return (int)hypercall(__HYPERVISOR_mmuext_op, (uintptr_t)ops, count, 0,
                          DOMID_SELF, 0);
}

int mm_plat_update_va_mapping(struct mm_plat *p, uint64_t va, uint64_t val,
                              uint64_t flags)
{
    (void)p;
    return (int)hypercall(__HYPERVISOR_update_va_mapping, va, val, flags, 0, 0);
}

uint64_t mm_plat_load64(struct mm_plat *p, uint64_t va)
{
    (void)p;
    return *(const volatile uint64_t *)va;
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
