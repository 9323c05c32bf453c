/* SPDX-License-Identifier: MIT
 *
 * The boot mapping of dom0, as dom0_construct_pv() lays it out. Rules
 * BLD-01..13.
 * GAP: a P2M outside the mapping (BLD-23..25), an initrd that is not mapped.
 */
#include <xen-model/build.h>
#include <xen-model/pte.h>

#define MIB (1ull << 20)
#define MAPPING_UNIT (4 * MIB)
#define PADDING (MIB / 2) /* at least so much behind the stack */

static uint64_t round_up(uint64_t n, uint64_t unit)
{
    return (n + unit - 1) & ~(unit - 1);
}

/* Regions of 1 << SHIFT bytes that [FIRST, END) touches; END may be 2^64. */
static uint64_t regions(xm_vaddr first, xm_vaddr end, unsigned int shift)
{
    return ((end - 1) >> shift) - (first >> shift) + 1;
}

#define SHIFT(level) (XM_PAGE_SHIFT + 9 * (level))

static uint64_t tables_for(xm_vaddr first, xm_vaddr end)
{
    return 1 + regions(first, end, SHIFT(3)) + regions(first, end, SHIFT(2)) +
           regions(first, end, SHIFT(1));
}

struct xm_dom0_layout xm_dom0_layout(const struct xm_dom0_image *image)
{
    const xm_vaddr after = round_up(image->kernel_end, XM_PAGE_SIZE);
    struct xm_dom0_layout l = { .virt_base = image->virt_base };

    l.initrd = image->initrd_bytes ? after : 0;
    l.p2m = after + round_up(image->initrd_bytes, XM_PAGE_SIZE);
    l.start_info = l.p2m + round_up(image->nr_pages * 8, XM_PAGE_SIZE);
    l.tables = l.start_info + XM_PAGE_SIZE;
    /* More tables may need a longer mapping, and that more tables. */
    for (l.nr_tables = 2;; l.nr_tables++) {
        l.stack = l.tables + l.nr_tables * XM_PAGE_SIZE;
        l.stack_end = l.stack + XM_PAGE_SIZE;
        l.end = round_up(l.stack_end, MAPPING_UNIT);
        if (l.end - l.stack_end < PADDING)
            l.end += MAPPING_UNIT;
        if (tables_for(l.virt_base, l.end) <= l.nr_tables)
            return l;
    }
}

/*
 * After the L4, tables come in the order in which the mapping, from its
 * beginning, needs them; where it needs several, the lowest first.
 */
uint64_t xm_dom0_table(const struct xm_dom0_layout *l, unsigned int level,
                       xm_vaddr va)
{
    const xm_vaddr first = l->virt_base;
    uint64_t before = 1;

    if (level == 4)
        return 0;
    /* Those of other levels that come before it. */
    for (unsigned int other = 1; other <= 3; other++) {
        const uint64_t own = (va >> SHIFT(level)) << SHIFT(level);
        const xm_vaddr need = own < first ? first : own;

        if (other == level)
            before += (va >> SHIFT(level)) - (first >> SHIFT(level));
        else if (other < level)
            before += regions(first, need + 1, SHIFT(other));
        else if (need != first)
            before += regions(first, need, SHIFT(other));
    }
    return before;
}

uint64_t xm_dom0_l1e(const struct xm_dom0_layout *l, xm_vaddr va, xm_mfn mfn)
{
    const bool table =
        va >= l->tables && va < l->tables + l->nr_tables * XM_PAGE_SIZE;

    return xm_pte(mfn, XM_PTE_P | (table ? 0 : XM_PTE_RW) | XM_PTE_US |
                           XM_PTE_A | XM_PTE_GUEST_KERNEL);
}
