/* SPDX-License-Identifier: MIT
 *
 * Method 1a: the direct map is indexed by machine frame. An entry leads to
 * its table by one addition. Every gap in the machine memory a guest was
 * given is a gap in its virtual space, and tables are needed around it.
 */
#include "internal.h"

static uint64_t va_of(uint64_t mfn)
{
    return MM_KERNEL_VA + mfn * MM_PAGE;
}

static int start(struct mm *mm)
{
    return mm__direct_map(mm, mm__pool_frame);
}

static int new_table(struct mm *mm, struct mm_table *t)
{
    const int rc = mm__take_frame(mm, &t->mfn);

    if (rc)
        return rc;
    t->va = va_of(t->mfn);
    return mm__direct_new_table(mm, t);
}

static int reclaim_table(struct mm *mm, uint64_t mfn)
{
    return mm__update_va(mm, va_of(mfn), mm__pte(mfn, MM_P | MM_RW));
}

static int reach(struct mm *mm, const struct mm_space *s,
                 const struct mm_table *parent, uint64_t va, unsigned level,
                 struct mm_table *t)
{
    (void)mm, (void)s, (void)parent, (void)va, (void)level;
    t->va = va_of(t->mfn);
    return 0;
}

const struct mm_method_ops mm__machine = {
    .start = start,
    .new_table = new_table,
    .reclaim_table = reclaim_table,
    .reach = reach,
    .frame = mm__pool_frame,
};
