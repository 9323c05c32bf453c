/* SPDX-License-Identifier: MIT
 *
 * Method 1b: the direct map is indexed by pseudo-physical frame, so it has no
 * gaps. The way from a machine frame in an entry to the map leads over Xen's
 * M2P; the way from a frame to an entry over the kernel's own p2m array.
 */
#include "internal.h"

static uint64_t va_of(struct mm *mm, uint64_t mfn)
{
    return MM_KERNEL_VA +
           mm_plat_load64(mm->plat, MM_M2P_VA + mfn * 8) * MM_PAGE;
}

static uint64_t number(const struct mm *mm, uint32_t i)
{
    (void)mm;
    return i;
}

/* The array is in frames of the pool; consecutive frames are so in the map. */
static int make_p2m(struct mm *mm)
{
    const uint32_t nr = mm->request->nr_pool;
    const uint64_t bytes = nr * 8ull;
    uint64_t mfn;

    mm->u.direct.p2m = MM_KERNEL_VA + mm->nr_tables * MM_PAGE;
    for (uint64_t at = 0; at < bytes; at += MM_PAGE) {
        const int rc = mm__take_frame(mm, &mfn);

        if (rc)
            return rc;
        mm->nr_book++;
    }
    for (uint32_t i = 0; i < nr; i++)
        mm_plat_store64(mm->plat, mm->u.direct.p2m + i * 8ull, mm->pool[i]);
    return 0;
}

static int start(struct mm *mm)
{
    int rc = mm__direct_map(mm, number);

    if (!rc)
        rc = make_p2m(mm);
    for (uint32_t i = 0; !rc && i < mm->request->nr_pool; i++) {
        mm->book[i] = mm_plat_load64(mm->plat, MM_M2P_VA + mm->pool[i] * 8);
        mm->u.direct.nr_m2p_set++;
        rc = mm__queue_m2p(mm, mm->pool[i], i);
    }
    return rc ? rc : mm__flush(mm);
}

static void stop(struct mm *mm)
{
    for (uint32_t i = 0; i < mm->u.direct.nr_m2p_set; i++)
        (void)mm__queue_m2p(mm, mm->pool[i], mm->book[i]);
    (void)mm__flush(mm);
}

static int new_table(struct mm *mm, struct mm_table *t)
{
    const int rc = mm__take_frame(mm, &t->mfn);

    if (rc)
        return rc;
    t->va = va_of(mm, t->mfn);
    return mm__direct_new_table(mm, t);
}

static int reclaim_table(struct mm *mm, uint64_t mfn)
{
    return mm__update_va(mm, va_of(mm, mfn), mm__pte(mfn, MM_P | MM_RW));
}

static int reach(struct mm *mm, const struct mm_space *s,
                 const struct mm_table *parent, uint64_t va, unsigned level,
                 struct mm_table *t)
{
    (void)s, (void)parent, (void)va, (void)level;
    t->va = va_of(mm, t->mfn);
    return 0;
}

static uint64_t frame(const struct mm *mm, uint32_t i)
{
    return mm_plat_load64(mm->plat, mm->u.direct.p2m + i * 8ull);
}

const struct mm_method_ops mm__pseudo = {
    .start = start,
    .stop = stop,
    .new_table = new_table,
    .reclaim_table = reclaim_table,
    .reach = reach,
    .frame = frame,
};
