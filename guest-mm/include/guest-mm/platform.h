/* SPDX-License-Identifier: MIT
 *
 * What page-table code needs from the machine it runs on. A platform defines
 * these functions: the PV kernel on actual Xen by hypercalls and plain memory
 * accesses, the host by the model and a walk of the modelled tables.
 *
 * Freestanding: only Xen's public headers and <stdint.h>.
 */
#ifndef GUEST_MM_PLATFORM_H
#define GUEST_MM_PLATFORM_H

#include <stdint.h>
#include <xen/xen.h>

/* Whatever the platform wants; guest-mm only passes it back. */
struct mm_plat;

/*
 * The hypercalls, always with DOMID_SELF. All requests are done or the first
 * failure's negative errno comes back; continuations are the platform's job.
 */
int mm_plat_mmu_update(struct mm_plat *p, const struct mmu_update *reqs,
                       uint32_t count);
int mm_plat_mmuext_op(struct mm_plat *p, const struct mmuext_op *ops,
                      uint32_t count);
int mm_plat_update_va_mapping(struct mm_plat *p, uint64_t va, uint64_t val,
                              uint64_t flags);

/*
 * One aligned 64-bit access by the kernel through the current page tables.
 * guest-mm never makes one that faults.
 */
uint64_t mm_plat_load64(struct mm_plat *p, uint64_t va);
void mm_plat_store64(struct mm_plat *p, uint64_t va, uint64_t val);

/* Instructions or nanoseconds, only ever going up; 0 if there is no clock. */
uint64_t mm_plat_clock(struct mm_plat *p);

/*
 * The reason for what the last hypercall answered, as a number that the host
 * can put into words; 0 where none is known, as on actual Xen.
 */
uint32_t mm_plat_why(struct mm_plat *p);

#endif
