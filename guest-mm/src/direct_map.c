/* SPDX-License-Identifier: MIT
 *
 * A direct map of the whole pool at MM_KERNEL_VA: methods 1a and 1b. They
 * differ in the number a frame goes by, so in how dense the map is.
 *
 * A frame that is a page table must be read-only in it, or Xen refuses the
 * table; any other frame is writable. So a new table is zeroed through the
 * map and then made read-only there, and the other way round afterwards.
 */
#include "internal.h"

/* The first L1 table's worth of numbers, from FROM on, that has a frame. */
static uint64_t next_range(const struct mm *mm, mm__number *number,
                           uint64_t from)
{
    uint64_t best = UINT64_MAX;

    for (uint32_t i = 0; i < mm->request->nr_pool; i++) {
        const uint64_t r = number(mm, i) / MM_ENTRIES;

        if (r >= from && r < best)
            best = r;
    }
    return best;
}

/* The tables of the map, all empty. They are the first frames of the pool. */
static int make_tables(struct mm *mm, mm__number *number)
{
    uint64_t l2 = 0, last_gib = UINT64_MAX;
    int rc = mm__kernel_l3(mm);

    for (uint64_t r = next_range(mm, number, 0); !rc && r != UINT64_MAX;
         r = next_range(mm, number, r + 1)) {
        const uint64_t gib = r / MM_ENTRIES;
        uint64_t l1;

        if (gib >= MM_ENTRIES) /* the map has one L4 slot */
            return MM_CHECK(mm, -MM_ERANGE);
        if (gib != last_gib)
            rc = mm__kernel_table(mm, mm->kernel_l3, (unsigned)gib, &l2);
        if (!rc)
            rc = mm__kernel_table(mm, l2, r % MM_ENTRIES, &l1);
        last_gib = gib;
    }
    return rc ? rc : mm__flush(mm);
}

/* Maps every frame of the pool, in the order in which the tables were made. */
static int fill_tables(struct mm *mm, mm__number *number)
{
    const uint64_t nr_tables = mm->nr_tables;
    uint64_t last_gib = UINT64_MAX;
    uint32_t table = 1; /* pool[0] is the L3 */

    for (uint64_t r = next_range(mm, number, 0); r != UINT64_MAX;
         r = next_range(mm, number, r + 1)) {
        uint64_t l1;

        if (r / MM_ENTRIES != last_gib)
            table++; /* an L2 */
        last_gib = r / MM_ENTRIES;
        l1 = mm->pool[table++];
        for (uint32_t i = 0; i < mm->request->nr_pool; i++) {
            const uint64_t n = number(mm, i);
            int rc;

            if (n / MM_ENTRIES != r)
                continue;
            rc = mm__queue(
                mm, l1, n % MM_ENTRIES, MMU_NORMAL_PT_UPDATE,
                mm__pte(mm->pool[i], i < nr_tables ? MM_P : MM_P | MM_RW));
            if (rc)
                return rc;
        }
    }
    return mm__flush(mm);
}

int mm__direct_map(struct mm *mm, mm__number *number)
{
    uint64_t first = UINT64_MAX, last = 0;
    const int rc = make_tables(mm, number);

    for (uint32_t i = 0; i < mm->request->nr_pool; i++) {
        const uint64_t n = number(mm, i);

        first = n < first ? n : first;
        last = n > last ? n : last;
    }
    mm->virtual_bytes = (last - first + 1) * MM_PAGE;
    return rc ? rc : fill_tables(mm, number);
}

int mm__direct_new_table(struct mm *mm, struct mm_table *t)
{
    mm__zero(mm, t->va);
    return mm__update_va(mm, t->va, mm__pte(t->mfn, MM_P));
}
