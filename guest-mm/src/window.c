/* SPDX-License-Identifier: MIT
 *
 * Method T: one page of virtual space, moved to whatever table is to be read.
 * It costs next to no memory, and a hypercall for each table on the way.
 */
#include "internal.h"

static int start(struct mm *mm)
{
    uint64_t l2 = 0, l1 = 0;
    int rc = mm__kernel_l3(mm);

    if (!rc)
        rc = mm__kernel_table(mm, mm->kernel_l3, 0, &l2);
    if (!rc)
        rc = mm__kernel_table(mm, l2, 0, &l1);
    mm->virtual_bytes = MM_PAGE;
    return rc ? rc : mm__flush(mm);
}

static int move(struct mm *mm, uint64_t mfn, uint64_t flags)
{
    const int rc = mm__update_va(mm, MM_KERNEL_VA, mm__pte(mfn, flags | MM_P));

    mm->u.window.mfn = rc ? 0 : mfn;
    return rc;
}

static int show(struct mm *mm, const struct mm_table *t)
{
    return t->mfn == mm->u.window.mfn ? 0 : move(mm, t->mfn, 0);
}

static int new_table(struct mm *mm, struct mm_table *t)
{
    int rc = mm__take_frame(mm, &t->mfn);

    t->va = MM_KERNEL_VA;
    if (!rc)
        rc = move(mm, t->mfn, MM_RW);
    if (rc)
        return rc;
    mm__zero(mm, t->va);
    /* No frame that is writable anywhere can become a table. */
    return move(mm, t->mfn, 0);
}

static int reach(struct mm *mm, const struct mm_space *s,
                 const struct mm_table *parent, uint64_t va, unsigned level,
                 struct mm_table *t)
{
    (void)s, (void)parent, (void)va, (void)level;
    t->va = MM_KERNEL_VA;
    return show(mm, t);
}

const struct mm_method_ops mm__window = {
    .start = start,
    .new_table = new_table,
    .show = show,
    .reach = reach,
    .frame = mm__pool_frame,
};
