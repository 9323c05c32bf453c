/* SPDX-License-Identifier: MIT
 *
 * Xen's linear map of the guest's tables, through which it reads the entries
 * that translate an address. Mirrors __linear_l1_table, __linear_l2_table and
 * guest_get_eff_kern_l1e(). Rules ADR-06, UVM-05, SEG-51.
 *
 * It shows the tables as if they were pages, so the processor marks the
 * entries above the one that is read as accessed.
 */
#include "internal.h"

bool xm__read_linear(struct xm_cpu *c, xm_vaddr va, unsigned int level,
                     uint64_t *e)
{
    xm_mfn mfn = xm__vcpu(c)->guest_table;

    for (unsigned int i = 4; i > level; i--) {
        const unsigned int slot = xm_va_index(va, i);
        const uint64_t above = xm__ram(c, mfn)[slot];

        if (!(above & XM_PTE_P) ||
            (i > level + 1 && i < 4 && (above & XM_PTE_PSE)))
            return false;
        if (!(above & XM_PTE_A))
            xm__ram_to_write(c, mfn)[slot] |= XM_PTE_A;
        mfn = xm_pte_mfn(above);
    }
    *e = xm__ram(c, mfn)[xm_va_index(va, level)];
    return true;
}
