/* SPDX-License-Identifier: MIT
 *
 * What Xen changes in the present entries it stores for a 64-bit PV guest.
 * Mirrors adjust_guest_l2e() to adjust_guest_l4e(); that of
 * L1 entries is in l1.h. Rules ADJ-*.
 *
 * Guest kernel and guest user both run in ring 3, so US is set everywhere;
 * bit 52 tells a kernel page, and user pages become global.
 */
#include "internal.h"

uint64_t xm__adjust_guest_lxe(struct xm_cpu *c, unsigned int level, uint64_t v)
{
    static const enum xm_rule rule[] = {
        [2] = XM_R_L2E_USER, [3] = XM_R_L3E_USER, [4] = XM_R_L4E_USER
    };
    const uint64_t wanted = level == 4 ? XM_PTE_US | XM_PTE_A : XM_PTE_US;

    if ((v & wanted) != wanted)
        xm__note(c, rule[level]);
    return v | wanted;
}
