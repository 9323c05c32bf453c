/* SPDX-License-Identifier: MIT
 *
 * Hypercalls, counted. Changes of entries wait in a queue, because one call
 * with many requests costs far less than many calls; whoever depends on an
 * entry flushes the queue first.
 */
#include "internal.h"

int mm__check(struct mm *mm, int rc, const char *file, uint32_t line)
{
    if (rc < 0 && !mm->error) {
        mm->error = rc;
        mm->error_file = file;
        mm->error_line = line;
        mm->error_why = mm_plat_why(mm->plat);
    }
    return rc;
}

int mm__flush(struct mm *mm)
{
    const uint32_t count = mm->nr_queued;

    if (!count)
        return 0;
    mm->nr_queued = 0;
    mm->counts.hypercalls++;
    mm->counts.updates += count;
    return MM_CHECK(mm, mm_plat_mmu_update(mm->plat, mm->queue, count));
}

static int enqueue(struct mm *mm, uint64_t ptr, uint64_t val)
{
    mm->queue[mm->nr_queued].ptr = ptr;
    mm->queue[mm->nr_queued].val = val;
    return ++mm->nr_queued == MM_QUEUE ? mm__flush(mm) : 0;
}

int mm__queue(struct mm *mm, uint64_t mfn, unsigned index, unsigned command,
              uint64_t val)
{
    return enqueue(mm, mfn << 12 | index * 8 | command, val);
}

int mm__queue_m2p(struct mm *mm, uint64_t mfn, uint64_t pfn)
{
    return enqueue(mm, mfn << 12 | MMU_MACHPHYS_UPDATE, pfn);
}

int mm__ext(struct mm *mm, const struct mmuext_op *ops, uint32_t count)
{
    const int rc = mm__flush(mm);

    if (rc)
        return rc;
    mm->counts.hypercalls++;
    return MM_CHECK(mm, mm_plat_mmuext_op(mm->plat, ops, count));
}

int mm__ext_mfn(struct mm *mm, unsigned command, uint64_t mfn)
{
    struct mmuext_op op = { .cmd = command };

    op.arg1.mfn = mfn;
    return mm__ext(mm, &op, 1);
}

int mm__flush_tlb(struct mm *mm)
{
    return mm__ext_mfn(mm, MMUEXT_TLB_FLUSH_LOCAL, 0);
}

int mm__update_va(struct mm *mm, uint64_t va, uint64_t val)
{
    const int rc = mm__flush(mm);

    if (rc)
        return rc;
    mm->counts.hypercalls++;
    mm->counts.updates++;
    return MM_CHECK(mm, mm_plat_update_va_mapping(mm->plat, va, val,
                                                  UVMF_INVLPG | UVMF_LOCAL));
}
