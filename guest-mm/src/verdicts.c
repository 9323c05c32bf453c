/* SPDX-License-Identifier: MIT
 *
 * What Xen says to a method: may the kernel see a live table the way the
 * method does, and may it see it writable? The answers are kept, refusals
 * are expected among them, and afterwards everything is as it was.
 */
#include "internal.h"

/* Where an L4 is mapped: in an entry of an L4, or at a virtual address. */
struct place {
    uint64_t l4; /* table the entry is in, 0: an address */
    unsigned slot;
    uint64_t va;
};

static struct mm_answer ask(struct mm *mm, const struct place *at, uint64_t val)
{
    struct mm_answer a = { .asked = 1 };

    if (at->l4) {
        const struct mmu_update u = {
            .ptr = at->l4 << 12 | at->slot * 8 | MMU_NORMAL_PT_UPDATE,
            .val = val,
        };

        a.rc = mm_plat_mmu_update(mm->plat, &u, 1);
    } else {
        a.rc = mm_plat_update_va_mapping(mm->plat, at->va, val,
                                         UVMF_INVLPG | UVMF_LOCAL);
    }
    a.why = mm_plat_why(mm->plat);
    return a;
}

int mm__verdicts(struct mm *mm, const struct mm_space *s,
                 struct mm_answer answers[MM_NR_VERDICTS])
{
    const uint64_t ro = mm__pte(s->l4.mfn, MM_P), rw = ro | MM_RW;
    struct place at = { 0, 0, 0 };
    int rc;

    if (mm->request->method == MM_RECURSIVE) {
        at.l4 = s->l4.mfn;
        at.slot = MM_SELF_SLOT;
    } else {
        struct mm_table l4 = s->l4;

        rc = mm->ops->reach(mm, s, NULL, 0, 4, &l4);
        if (rc)
            return rc;
        at.va = l4.va;
    }
    rc = MM_CHECK(mm, ask(mm, &at, 0).rc);
    answers[MM_V_WRITE] = ask(mm, &at, rw);
    answers[MM_V_READ] = ask(mm, &at, ro);
    answers[MM_V_MAKE_WRITE] = ask(mm, &at, rw);
    if (!rc)
        rc = MM_CHECK(mm, ask(mm, &at, ro).rc);
    if (rc || !at.l4)
        return rc;

    at.l4 = mm->current_l4;
    at.slot = MM_CROSS_SLOT;
    answers[MM_V_CROSS_WRITE] = ask(mm, &at, rw);
    answers[MM_V_CROSS] = ask(mm, &at, ro);
    return MM_CHECK(mm, ask(mm, &at, 0).rc);
}
