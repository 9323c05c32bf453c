/* SPDX-License-Identifier: MIT
 *
 * Map, protect, unmap, look up. A range is worked through table by table: one
 * descent for up to 512 pages.
 */
#include "internal.h"

/* Translations of a loaded address space may be cached: forget them. */
static int settle(struct mm *mm, const struct mm_space *s)
{
    const int rc = mm__flush(mm);

    return rc || s->l4.mfn != mm->current_l4 ? rc : mm__flush_tlb(mm);
}

int mm_map(struct mm *mm, struct mm_space *s, uint64_t va, uint64_t nr,
           uint64_t flags)
{
    const uint32_t nr_data = mm->request->nr_data;
    const uint32_t first = mm->request->nr_pool - nr_data;
    struct mm_table l1 = { 0, 0 };

    for (uint64_t i = 0; i < nr; i++, va += MM_PAGE) {
        const uint32_t frame = first + (uint32_t)(i % nr_data);
        int rc = 0;

        if (!i || !mm__index(va, 1))
            rc = mm__descend(mm, s, va, 1, &l1);
        if (!rc)
            rc = mm__queue(mm, l1.mfn, mm__index(va, 1), MMU_NORMAL_PT_UPDATE,
                           mm__pte(mm->ops->frame(mm, frame), flags | MM_P));
        if (rc)
            return rc;
    }
    /* What was not present is not cached. */
    return mm__flush(mm);
}

int mm_protect(struct mm *mm, struct mm_space *s, uint64_t va, uint64_t nr,
               uint64_t flags)
{
    struct mm_table l1 = { 0, 0 };

    for (uint64_t i = 0; i < nr; i++, va += MM_PAGE) {
        uint64_t e;
        int rc = 0;

        if (!i || !mm__index(va, 1))
            rc = mm__descend(mm, s, va, 0, &l1);
        if (rc)
            return MM_CHECK(mm, rc);
        e = mm__entry(mm, &l1, mm__index(va, 1));
        if (!(e & MM_P))
            return MM_CHECK(mm, -MM_ENOENT);
        /* The processor may set A and D meanwhile: Xen keeps them. */
        rc = mm__queue(mm, l1.mfn, mm__index(va, 1), MMU_PT_UPDATE_PRESERVE_AD,
                       mm__pte(mm__pte_mfn(e), flags | MM_P));
        if (rc)
            return rc;
    }
    return settle(mm, s);
}

int mm_unmap(struct mm *mm, struct mm_space *s, uint64_t va, uint64_t nr)
{
    struct mm_table l1 = { 0, 0 };

    for (uint64_t i = 0; i < nr; i++, va += MM_PAGE) {
        int rc = 0;

        if (!i || !mm__index(va, 1))
            rc = mm__descend(mm, s, va, 0, &l1);
        if (rc)
            return MM_CHECK(mm, rc);
        rc = mm__queue(mm, l1.mfn, mm__index(va, 1), MMU_NORMAL_PT_UPDATE, 0);
        if (rc)
            return rc;
    }
    return settle(mm, s);
}

int mm_lookup(struct mm *mm, const struct mm_space *s, uint64_t va,
              uint64_t *entry)
{
    struct mm_table l1;
    const int rc = mm__descend(mm, s, va, 0, &l1);

    *entry = rc ? 0 : mm__entry(mm, &l1, mm__index(va, 1));
    return rc == -MM_ENOENT ? 0 : rc;
}
