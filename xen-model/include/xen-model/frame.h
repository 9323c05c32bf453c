/* SPDX-License-Identifier: MIT
 *
 * The state Xen keeps for each machine frame (struct page_info), with the bit
 * positions of Xen 4.17, so that values compare directly with Xen's own.
 *
 *  count_info  63 allocated | 62 xen_heap | 60 broken | 59:58 state | 57 extra
 *              | 56:0 C, the general references
 *  type_info   63:61 type | 60 locked | 59 pinned | 58 validated | 56 partial
 *              | 55 non_coherent | 54:0 T, the references to the type
 *
 * Rules FRM-01..59.
 */
#ifndef XEN_MODEL_FRAME_H
#define XEN_MODEL_FRAME_H

#include <xen-model/types.h>

#define XM_PGC_ALLOCATED (1ull << 63)
#define XM_PGC_XEN_HEAP (1ull << 62)
#define XM_PGC_BROKEN (1ull << 60)
#define XM_PGC_STATE_MASK (3ull << 58)
#define XM_PGC_STATE_FREE (3ull << 58)
#define XM_PGC_EXTRA (1ull << 57)
#define XM_PGC_COUNT_MASK ((1ull << 57) - 1)

#define XM_PGT_TYPE_SHIFT 61
#define XM_PGT_TYPE_MASK (7ull << XM_PGT_TYPE_SHIFT)
#define XM_PGT_NONE (0ull << XM_PGT_TYPE_SHIFT)
#define XM_PGT_L1 (1ull << XM_PGT_TYPE_SHIFT)
#define XM_PGT_L2 (2ull << XM_PGT_TYPE_SHIFT)
#define XM_PGT_L3 (3ull << XM_PGT_TYPE_SHIFT)
#define XM_PGT_L4 (4ull << XM_PGT_TYPE_SHIFT)
#define XM_PGT_SEG_DESC (5ull << XM_PGT_TYPE_SHIFT)
#define XM_PGT_SHARED (6ull << XM_PGT_TYPE_SHIFT)
#define XM_PGT_WRITABLE (7ull << XM_PGT_TYPE_SHIFT)
#define XM_PGT_LOCKED (1ull << 60)
#define XM_PGT_PINNED (1ull << 59)
#define XM_PGT_VALIDATED (1ull << 58)
#define XM_PGT_PARTIAL (1ull << 56)
#define XM_PGT_NON_COHERENT (1ull << 55)
#define XM_PGT_COUNT_MASK ((1ull << 55) - 1)

/* The page-table type of LEVEL (1..4), and back (0: no page table). */
#define XM_PGT_LEVEL(level) ((uint64_t)(level) << XM_PGT_TYPE_SHIFT)

static inline unsigned int xm_pgt_level(uint64_t type_info)
{
    const unsigned int t = (unsigned int)(type_info >> XM_PGT_TYPE_SHIFT);

    return t <= 4 ? t : 0;
}

#define XM_DOMID_NONE 0xffff /* no owner: free, or private to Xen */

struct xm_frame {
    uint64_t count_info;
    uint64_t type_info;
    xm_domid owner;        /* DOMID_IO, DOMID_XEN, a domain, XM_DOMID_NONE */
    uint16_t nr_validated; /* 0..512, page tables only */
    int16_t linear_count;  /* + entries to other tables, - uses by others */
    uint8_t partial_set;   /* entry nr_validated holds a general reference */
};

#endif
