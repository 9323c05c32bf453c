/* SPDX-License-Identifier: MIT
 *
 * The allocator: a stack of machine frames.
 */
#include "internal.h"

int mm__take_frame(struct mm *mm, uint64_t *mfn)
{
    if (!mm->nr_free)
        return MM_CHECK(mm, -MM_ENOMEM);
    *mfn = mm->free[--mm->nr_free];
    return 0;
}

void mm__give_frame(struct mm *mm, uint64_t mfn)
{
    mm->free[mm->nr_free++] = mfn;
}

uint64_t mm__pool_frame(const struct mm *mm, uint32_t i)
{
    return mm->pool[i];
}

void mm__zero(struct mm *mm, uint64_t va)
{
    for (unsigned i = 0; i < MM_ENTRIES; i++)
        mm_plat_store64(mm->plat, va + i * 8, 0);
}
