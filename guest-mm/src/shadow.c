/* SPDX-License-Identifier: MIT
 *
 * Method 2: tables come in pairs of pages. The first is the table, mapped
 * read-only; the second holds, at the same index, the virtual address of the
 * table that the entry names. Walking down reads two pages at each level and
 * translates nothing; every table costs twice.
 */
#include "internal.h"

#define PAIR (2 * MM_PAGE)
#define PAIRS_PER_L1 (MM_ENTRIES / 2)

static int start(struct mm *mm)
{
    const int rc = mm__kernel_l3(mm);

    return rc ? rc : mm__kernel_table(mm, mm->kernel_l3, 0, &mm->u.shadow.l2);
}

/* Virtual space for a pair; a table for it where there is none yet. */
static int take_pair(struct mm *mm, uint32_t *pair)
{
    uint64_t l1;

    if (mm->u.shadow.free) {
        *pair = mm->u.shadow.free - 1;
        mm->u.shadow.free = (uint32_t)mm->book[*pair];
        return 0;
    }
    *pair = mm->u.shadow.nr_pairs;
    if (*pair >= PAIRS_PER_L1 * MM_ENTRIES || *pair >= mm->request->nr_pool)
        return MM_CHECK(mm, -MM_ENOMEM);
    mm->u.shadow.nr_pairs++;
    mm->virtual_bytes += PAIR;
    if (*pair % PAIRS_PER_L1)
        return 0;
    return mm__kernel_table(mm, mm->u.shadow.l2, *pair / PAIRS_PER_L1, &l1);
}

static int new_table(struct mm *mm, struct mm_table *t)
{
    struct mmuext_op clear[2] = { { .cmd = MMUEXT_CLEAR_PAGE },
                                  { .cmd = MMUEXT_CLEAR_PAGE } };
    uint64_t companion = 0;
    uint32_t pair = 0;
    int rc = take_pair(mm, &pair);

    if (!rc)
        rc = mm__take_frame(mm, &t->mfn);
    if (!rc)
        rc = mm__take_frame(mm, &companion);
    if (rc)
        return rc;
    clear[0].arg1.mfn = t->mfn;
    clear[1].arg1.mfn = companion;
    t->va = MM_KERNEL_VA + pair * PAIR;
    rc = mm__ext(mm, clear, 2);
    if (!rc)
        rc = mm__update_va(mm, t->va, mm__pte(t->mfn, MM_P));
    if (!rc)
        rc = mm__update_va(mm, t->va + MM_PAGE,
                           mm__pte(companion, MM_P | MM_RW));
    mm->book[pair] = companion;
    mm->nr_book++;
    return rc;
}

static int retire_table(struct mm *mm, const struct mm_table *t)
{
    const uint32_t pair = (uint32_t)((t->va - MM_KERNEL_VA) / PAIR);
    int rc = mm__update_va(mm, t->va, 0);

    if (!rc)
        rc = mm__update_va(mm, t->va + MM_PAGE, 0);
    if (rc)
        return rc;
    mm__give_frame(mm, mm->book[pair]);
    mm->nr_book--;
    mm->book[pair] = mm->u.shadow.free;
    mm->u.shadow.free = pair + 1;
    return 0;
}

static void link(struct mm *mm, const struct mm_table *parent, unsigned index,
                 const struct mm_table *child)
{
    mm_plat_store64(mm->plat, parent->va + MM_PAGE + index * 8, child->va);
}

static int reach(struct mm *mm, const struct mm_space *s,
                 const struct mm_table *parent, uint64_t va, unsigned level,
                 struct mm_table *t)
{
    if (!parent)
        t->va = s->l4.va;
    else
        t->va = mm_plat_load64(mm->plat, parent->va + MM_PAGE +
                                             mm__index(va, level + 1) * 8);
    return 0;
}

const struct mm_method_ops mm__shadow = {
    .start = start,
    .new_table = new_table,
    .retire_table = retire_table,
    .link = link,
    .reach = reach,
    .frame = mm__pool_frame,
};
