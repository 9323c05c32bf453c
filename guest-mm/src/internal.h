/* SPDX-License-Identifier: MIT
 *
 * What the parts of guest-mm share.
 */
#ifndef GUEST_MM_INTERNAL_H
#define GUEST_MM_INTERNAL_H

#include <guest-mm/mm.h>

#include <stddef.h>

#define MM_ENOENT 2 /* errno values, as Xen numbers them */
#define MM_EIO 5
#define MM_ENOMEM 12
#define MM_EINVAL 22
#define MM_ERANGE 34

/* Notes the first failure and where it was; gives RC back. */
#define MM_CHECK(mm, rc) mm__check((mm), (rc), __FILE_NAME__, __LINE__)
int mm__check(struct mm *mm, int rc, const char *file, uint32_t line);

static inline unsigned mm__index(uint64_t va, unsigned level)
{
    return (unsigned)(va >> (12 + 9 * (level - 1))) & (MM_ENTRIES - 1);
}

static inline uint64_t mm__pte(uint64_t mfn, uint64_t flags)
{
    return mfn << 12 | flags;
}

static inline uint64_t mm__pte_mfn(uint64_t e)
{
    return (e & MM_FRAME) >> 12;
}

/* hypercall.c: counted calls. The queue goes before any other call. */
int mm__queue(struct mm *mm, uint64_t mfn, unsigned index, unsigned command,
              uint64_t val);
int mm__queue_m2p(struct mm *mm, uint64_t mfn, uint64_t pfn);
int mm__flush(struct mm *mm);
int mm__ext(struct mm *mm, const struct mmuext_op *ops, uint32_t count);
int mm__ext_mfn(struct mm *mm, unsigned command, uint64_t mfn);
int mm__update_va(struct mm *mm, uint64_t va, uint64_t val);
int mm__flush_tlb(struct mm *mm);

/* frames.c: the pool, and a stack of what is free of it. */
int mm__take_frame(struct mm *mm, uint64_t *mfn);
void mm__give_frame(struct mm *mm, uint64_t mfn);

/* kernel_area.c: empty tables for the method's virtual space, top-down. */
int mm__kernel_table(struct mm *mm, uint64_t parent, unsigned index,
                     uint64_t *mfn);
int mm__kernel_l3(struct mm *mm);

/* table.c */
static inline uint64_t mm__entry(struct mm *mm, const struct mm_table *t,
                                 unsigned index)
{
    return mm_plat_load64(mm->plat, t->va + index * 8);
}
int mm__child(struct mm *mm, const struct mm_space *s,
              const struct mm_table *parent, uint64_t va, unsigned level,
              uint64_t entry, struct mm_table *t);
int mm__descend(struct mm *mm, const struct mm_space *s, uint64_t va,
                int allocate, struct mm_table *l1);

/* direct_map.c: 1a and 1b differ only in the number a frame has there. */
typedef uint64_t mm__number(const struct mm *mm, uint32_t i);
int mm__direct_map(struct mm *mm, mm__number *number);
int mm__direct_new_table(struct mm *mm, struct mm_table *t);

uint64_t mm__pool_frame(const struct mm *mm, uint32_t i);
void mm__zero(struct mm *mm, uint64_t va);

extern const struct mm_method_ops mm__machine, mm__pseudo, mm__shadow,
    mm__recursive, mm__window;

/* verdicts.c: asks Xen what it thinks of the method, on address space S. */
int mm__verdicts(struct mm *mm, const struct mm_space *s,
                 struct mm_answer answers[MM_NR_VERDICTS]);

#endif
