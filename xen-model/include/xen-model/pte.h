/* SPDX-License-Identifier: MIT
 *
 * Page-table entries of x86-64, as a PV guest writes them and Xen stores them.
 *
 *   63 62     52 51                          12 11  9 8 7   6 5 4   3   2  1  0
 *  +--+---------+------------------------------+-----+-+---+-+-+---+---+--+--+-+
 *  |NX|available|       machine frame number |avail|G|PAT|D|A|PCD|PWT|US|RW|P|
 *  +--+---------+------------------------------+-----+-+---+-+-+---+---+--+--+-+
 *            ^ bit 52: Xen's mark of a guest kernel page (L1 only)
 *                                                     ^ PSE at L2 and L3
 *
 * An L1 entry follows rules of its own (struct l1e); L2, L3 and L4 entries
 * follow one set of rules with the level as a parameter (struct lxe). The two
 * types never convert into each other by accident.
 */
#ifndef XEN_MODEL_PTE_H
#define XEN_MODEL_PTE_H

#include <xen-model/types.h>

#define XM_PTE_P 0x001ull
#define XM_PTE_RW 0x002ull
#define XM_PTE_US 0x004ull
#define XM_PTE_PWT 0x008ull
#define XM_PTE_PCD 0x010ull
#define XM_PTE_A 0x020ull
#define XM_PTE_D 0x040ull
#define XM_PTE_PSE 0x080ull /* L2, L3: a superpage; L1: the PAT bit */
#define XM_PTE_PAT XM_PTE_PSE
#define XM_PTE_G 0x100ull
#define XM_PTE_AVAIL 0xe00ull
#define XM_PTE_GUEST_KERNEL (1ull << 52)
#define XM_PTE_AVAIL_HIGH (0x7ffull << 52)
#define XM_PTE_NX (1ull << 63)

#define XM_PTE_MFN_MASK 0x000ffffffffff000ull
#define XM_PTE_FLAGS_MASK (~XM_PTE_MFN_MASK)
#define XM_MFN_ALL_ONES 0xffffffffffull /* every bit of the frame field */

/* A bit of an entry and what traces call it. */
struct xm_pte_flag {
    const char *name;
    uint64_t bit;
};
/* Ends with a NULL name. PAT comes after PSE, which it is another name of. */
extern const struct xm_pte_flag xm_pte_flags[];

struct l1e {
    uint64_t v;
};
struct lxe { /* an entry of an L2, L3 or L4 table */
    uint64_t v;
};

static inline xm_mfn xm_pte_mfn(uint64_t v)
{
    return (v & XM_PTE_MFN_MASK) >> XM_PAGE_SHIFT;
}

static inline uint64_t xm_pte(xm_mfn mfn, uint64_t flags)
{
    return ((mfn << XM_PAGE_SHIFT) & XM_PTE_MFN_MASK) | flags;
}

/* Index into the table of LEVEL (1..4) that translates VA. */
static inline unsigned int xm_va_index(xm_vaddr va, unsigned int level)
{
    return (unsigned int)(va >> (XM_PAGE_SHIFT + 9 * (level - 1))) & 511u;
}

/* Xen keeps slots 256..271 of every L4 for itself. */
#define XM_L4_XEN_FIRST 256u
#define XM_L4_XEN_LAST 271u
#define XM_L4_XEN_SLOTS (XM_L4_XEN_LAST - XM_L4_XEN_FIRST + 1u)

static inline bool xm_l4_slot_is_xen(unsigned int slot)
{
    return slot >= XM_L4_XEN_FIRST && slot <= XM_L4_XEN_LAST;
}

#endif
