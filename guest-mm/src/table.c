/* SPDX-License-Identifier: MIT
 *
 * From the L4 down to the L1 table that translates an address.
 */
#include "internal.h"

/* The table of LEVEL that ENTRY of PARENT names. */
int mm__child(struct mm *mm, const struct mm_space *s,
              const struct mm_table *parent, uint64_t va, unsigned level,
              uint64_t entry, struct mm_table *t)
{
    t->mfn = mm__pte_mfn(entry);
    return mm->ops->reach(mm, s, parent, va, level, t);
}

/* Makes an empty table and hooks it into PARENT, the next level up. */
static int add_child(struct mm *mm, const struct mm_space *s,
                     struct mm_table *parent, uint64_t va, unsigned level,
                     struct mm_table *t)
{
    const unsigned index = mm__index(va, level + 1);
    int rc = mm->ops->new_table(mm, t);

    if (rc)
        return rc;
    rc = mm__queue(mm, parent->mfn, index, MMU_NORMAL_PT_UPDATE,
                   mm__pte(t->mfn, MM_P | MM_RW | MM_US | MM_A));
    if (!rc)
        rc = mm__flush(mm);
    if (rc)
        return rc;
    mm->nr_tables++;
    if (mm->ops->link)
        mm->ops->link(mm, parent, index, t);
    return mm->ops->reach(mm, s, parent, va, level, t);
}

/*
 * Without ALLOCATE, -ENOENT where a level is missing: an answer, not a
 * failure. The L1 table is readable afterwards, with every method.
 */
int mm__descend(struct mm *mm, const struct mm_space *s, uint64_t va,
                int allocate, struct mm_table *l1)
{
    struct mm_table t = s->l4;
    int rc = mm->ops->reach(mm, s, NULL, va, 4, &t);

    for (unsigned level = 3; !rc && level >= 1; level--) {
        const uint64_t e = mm__entry(mm, &t, mm__index(va, level + 1));
        struct mm_table child;

        if (e & MM_P)
            rc = mm__child(mm, s, &t, va, level, e, &child);
        else if (allocate)
            rc = add_child(mm, s, &t, va, level, &child);
        else
            return -MM_ENOENT;
        t = child;
    }
    *l1 = t;
    return rc;
}
