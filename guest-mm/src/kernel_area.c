/* SPDX-License-Identifier: MIT
 *
 * Tables of the kernel's own virtual space. While they are made nothing can
 * reach them yet, so Xen clears them; each is hooked in empty, which makes it
 * a table, and is filled by checked updates only.
 */
#include "internal.h"

int mm__kernel_table(struct mm *mm, uint64_t parent, unsigned index,
                     uint64_t *mfn)
{
    int rc = mm__take_frame(mm, mfn);

    if (!rc)
        rc = mm__ext_mfn(mm, MMUEXT_CLEAR_PAGE, *mfn);
    if (!rc)
        rc = mm__queue(mm, parent, index, MMU_NORMAL_PT_UPDATE,
                       mm__pte(*mfn, MM_P | MM_RW | MM_US | MM_A));
    if (!rc)
        mm->nr_tables++;
    return rc;
}

int mm__kernel_l3(struct mm *mm)
{
    return mm__kernel_table(mm, mm->request->boot_l4, MM_KERNEL_SLOT,
                            &mm->kernel_l3);
}
