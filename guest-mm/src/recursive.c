/* SPDX-License-Identifier: MIT
 *
 * Method 3: the L4 names itself in slot 0xFF, read-only. Where each step of a
 * walk takes the slot again, the walk ends one level early, so that all
 * tables of the address space lie in one region of virtual space:
 *
 *    47      39 38      30 29      21 20      12 11        3 2  0
 *   +----------+----------+----------+----------+-----------+----+
 *   |   slot   | L4 index | L3 index | L2 index | L1 index  | 000|  L1 entry
 *   +----------+----------+----------+----------+-----------+----+
 *   |   slot   |   0xFF   | L4 index | L3 index | L2 index  | 000|  L2 entry
 *   +----------+----------+----------+----------+-----------+----+
 *   |   slot   |   0xFF   |   0xFF   | L4 index | L3 index  | 000|  L3 entry
 *   +----------+----------+----------+----------+-----------+----+
 *   |   slot   |   0xFF   |   0xFF   |   0xFF   | L4 index  | 000|  L4 entry
 *   +----------+----------+----------+----------+-----------+----+
 *
 * For the address space that is loaded, slot is 0xFF too. Another one is
 * named by the loaded L4 in MM_CROSS_SLOT as long as it is looked at.
 */
#include "internal.h"

static int leave(struct mm *mm)
{
    int rc = 0;

    if (!mm->u.recursive.cross_l4)
        return 0;
    mm->u.recursive.cross_l4 = 0;
    rc = mm__queue(mm, mm->current_l4, MM_CROSS_SLOT, MMU_NORMAL_PT_UPDATE, 0);
    return rc ? rc : mm__flush_tlb(mm);
}

/* The slot of the loaded L4 through which S can be seen. */
static int slot_of(struct mm *mm, const struct mm_space *s, uint64_t *slot)
{
    int rc;

    *slot = MM_SELF_SLOT;
    if (s->l4.mfn == mm->current_l4)
        return 0;
    *slot = MM_CROSS_SLOT;
    if (s->l4.mfn == mm->u.recursive.cross_l4)
        return 0;
    rc = leave(mm);
    if (!rc)
        rc = mm__queue(mm, mm->current_l4, MM_CROSS_SLOT, MMU_NORMAL_PT_UPDATE,
                       mm__pte(s->l4.mfn, MM_P | MM_US | MM_A));
    if (!rc)
        rc = mm__flush(mm);
    if (!rc)
        mm->u.recursive.cross_l4 = s->l4.mfn;
    return rc;
}

static int new_table(struct mm *mm, struct mm_table *t)
{
    const int rc = mm__take_frame(mm, &t->mfn);

    return rc ? rc : mm__ext_mfn(mm, MMUEXT_CLEAR_PAGE, t->mfn);
}

static int adopt_l4(struct mm *mm, const struct mm_space *s)
{
    return mm__queue(mm, s->l4.mfn, MM_SELF_SLOT, MMU_NORMAL_PT_UPDATE,
                     mm__pte(s->l4.mfn, MM_P | MM_US | MM_A));
}

static int reach(struct mm *mm, const struct mm_space *s,
                 const struct mm_table *parent, uint64_t va, unsigned level,
                 struct mm_table *t)
{
    const uint64_t self = (uint64_t)MM_SELF_SLOT;
    uint64_t slot, at = (va & 0xfffffffff000ull) >> 12;
    int rc = slot_of(mm, s, &slot);

    (void)parent;
    /* One step to the right for each level, with the slot coming in. */
    for (unsigned i = 1; i < level; i++)
        at = at >> 9 | self << 27;
    at = at >> 9 | slot << 27;
    t->va = at << 12;
    return rc;
}

static int start(struct mm *mm)
{
    mm->virtual_bytes = 1ull << 39;
    return 0;
}

const struct mm_method_ops mm__recursive = {
    .start = start,
    .new_table = new_table,
    .reach = reach,
    .frame = mm__pool_frame,
    .adopt_l4 = adopt_l4,
    .leave = leave,
};
