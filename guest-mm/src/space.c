/* SPDX-License-Identifier: MIT
 *
 * The kernel's life and that of its address spaces.
 */
#include "internal.h"

static const struct mm_method_ops *const methods[MM_NR_METHODS] = {
    [MM_MACHINE] = &mm__machine,     [MM_PSEUDO] = &mm__pseudo,
    [MM_SHADOW] = &mm__shadow,       [MM_WINDOW] = &mm__window,
    [MM_RECURSIVE] = &mm__recursive,
};

int mm_start(struct mm *mm, struct mm_plat *p, const struct mm_request *request,
             const uint64_t *pool, uint64_t *scratch)
{
    *mm = (struct mm){ .plat = p, .request = request, .pool = pool };
    mm->free = scratch;
    mm->book = scratch + request->nr_pool;
    mm->current_l4 = request->boot_l4;
    if (request->method >= MM_NR_METHODS || !request->nr_data ||
        request->nr_data >= request->nr_pool)
        return MM_CHECK(mm, -MM_EINVAL);
    mm->ops = methods[request->method];
    for (uint32_t i = request->nr_pool - request->nr_data; i > 0; i--)
        mm__give_frame(mm, pool[i - 1]);
    return mm->ops->start(mm);
}

void mm_stop(struct mm *mm)
{
    mm->nr_queued = 0;
    if (!mm->ops)
        return;
    if (mm->current_l4 != mm->request->boot_l4)
        (void)mm_space_load(mm, NULL);
    if (mm->ops->leave)
        (void)mm->ops->leave(mm);
    if (mm->ops->stop)
        mm->ops->stop(mm);
    if (mm->kernel_l3)
        (void)mm__queue(mm, mm->request->boot_l4, MM_KERNEL_SLOT,
                        MMU_NORMAL_PT_UPDATE, 0);
    (void)mm__flush_tlb(mm);
}

int mm_space_create(struct mm *mm, struct mm_space *s)
{
    const uint64_t flags = MM_P | MM_RW | MM_US | MM_A;
    int rc = mm->ops->new_table(mm, &s->l4);

    if (!rc)
        rc = mm__ext_mfn(mm, MMUEXT_PIN_L4_TABLE, s->l4.mfn);
    if (rc)
        return rc;
    mm->nr_tables++;
    rc = mm__queue(mm, s->l4.mfn, MM_BOOT_SLOT, MMU_NORMAL_PT_UPDATE,
                   mm__pte(mm->request->boot_l3, flags));
    if (!rc && mm->kernel_l3)
        rc = mm__queue(mm, s->l4.mfn, MM_KERNEL_SLOT, MMU_NORMAL_PT_UPDATE,
                       mm__pte(mm->kernel_l3, flags));
    if (!rc && mm->ops->adopt_l4)
        rc = mm->ops->adopt_l4(mm, s);
    return rc ? rc : mm__flush(mm);
}

int mm_space_load(struct mm *mm, const struct mm_space *s)
{
    const uint64_t l4 = s ? s->l4.mfn : mm->request->boot_l4;
    int rc = mm->ops->leave ? mm->ops->leave(mm) : 0;

    if (!rc)
        rc = mm__ext_mfn(mm, MMUEXT_NEW_BASEPTR, l4);
    if (!rc)
        mm->current_l4 = l4;
    return rc;
}

/* Gives back T's frame, while T is still live: nothing may be taken yet. */
static int give_table(struct mm *mm, const struct mm_table *t)
{
    const int rc = mm->ops->retire_table ? mm->ops->retire_table(mm, t) : 0;

    if (!rc) {
        mm__give_frame(mm, t->mfn);
        mm->nr_tables--;
    }
    return rc;
}

/* Gives back the tables below T, which is of LEVEL and translates VA on. */
static int give_children(struct mm *mm, const struct mm_space *s,
                         const struct mm_table *t, uint64_t va, unsigned level)
{
    /* The upper slots of an L4 are not the address space's own. */
    const unsigned end = level == 4 ? MM_CROSS_SLOT : MM_ENTRIES;

    for (unsigned i = 0; i < end; i++) {
        const uint64_t below = va + ((uint64_t)i << (12 + 9 * (level - 1)));
        const uint64_t e = mm__entry(mm, t, i);
        struct mm_table child = { mm__pte_mfn(e), 0 };
        int rc = 0;

        if (!(e & MM_P))
            continue;
        /* An L1 need not be read, but the method may keep something for it. */
        if (level > 2 || mm->ops->retire_table)
            rc = mm__child(mm, s, t, below, level - 1, e, &child);
        if (!rc && level > 2)
            rc = give_children(mm, s, &child, below, level - 1);
        if (!rc)
            rc = give_table(mm, &child);
        if (!rc && mm->ops->show)
            rc = mm->ops->show(mm, t);
        if (rc)
            return rc;
    }
    return 0;
}

int mm_space_destroy(struct mm *mm, struct mm_space *s)
{
    const uint32_t nr_free = mm->nr_free;
    struct mm_table l4 = s->l4;
    int rc = mm->ops->reach(mm, s, NULL, 0, 4, &l4);

    if (!rc)
        rc = give_children(mm, s, &l4, 0, 4);
    if (!rc)
        rc = give_table(mm, &l4);
    if (!rc && mm->ops->leave)
        rc = mm->ops->leave(mm);
    if (!rc && s->l4.mfn == mm->current_l4)
        rc = mm_space_load(mm, NULL);
    if (!rc)
        rc = mm__ext_mfn(mm, MMUEXT_UNPIN_TABLE, s->l4.mfn);
    for (uint32_t i = nr_free; !rc && i < mm->nr_free; i++)
        rc = mm->ops->reclaim_table ? mm->ops->reclaim_table(mm, mm->free[i])
                                    : 0;
    return rc;
}
