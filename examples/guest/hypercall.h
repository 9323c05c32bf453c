/* SPDX-License-Identifier: MIT
 *
 * Hypercalls as a PV guest makes them.
 */
#ifndef GUEST_HYPERCALL_H
#define GUEST_HYPERCALL_H

#include <stdint.h>
#include <xen/xen.h>

static inline long hypercall(unsigned int number, unsigned long a1,
                             unsigned long a2, unsigned long a3,
                             unsigned long a4)
{
    register unsigned long r10 __asm__("r10") = a4;
    extern char hypercall_page[];
    long rc;

    __asm__ volatile("call *%[entry]"
                     : "=a"(rc), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10)
                     : [entry] "r"(hypercall_page + 32ul * number)
                     : "memory", "cc");
    return rc;
}

static inline long mmu_update(const struct mmu_update *reqs, unsigned int n)
{
    return hypercall(__HYPERVISOR_mmu_update, (unsigned long)reqs, n, 0,
                     DOMID_SELF);
}

static inline long mmuext_op(const struct mmuext_op *ops, unsigned int n)
{
    return hypercall(__HYPERVISOR_mmuext_op, (unsigned long)ops, n, 0,
                     DOMID_SELF);
}

static inline long update_va_mapping(unsigned long va, unsigned long entry,
                                     unsigned long flags)
{
    return hypercall(__HYPERVISOR_update_va_mapping, va, entry, flags, 0);
}

static inline long memory_op(unsigned int command, void *arg)
{
    return hypercall(__HYPERVISOR_memory_op, command, (unsigned long)arg, 0, 0);
}

static inline long grant_table_op(unsigned int command, void *ops,
                                  unsigned int n)
{
    return hypercall(__HYPERVISOR_grant_table_op, command, (unsigned long)ops,
                     n, 0);
}

#endif
