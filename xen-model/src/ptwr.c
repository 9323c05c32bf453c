/* SPDX-License-Identifier: MIT
 *
 * Direct stores to L1 tables that the guest maps read-only. Mirrors
 * pv_ro_page_fault() and ptwr_emulated_update(). Rules PTW-*.
 *
 * GAP: plain aligned 64-bit stores only, no other width or instruction, and
 * no stores to read-only MMIO.
 */
#include "ptwr.h"

#include "internal.h"

bool xm__ptwr_store64(struct xm_cpu *c, const struct xm_walk *w, xm_vaddr va,
                      uint64_t value)
{
    const struct xm_domain *d = xm__domain(c);
    const uint64_t leaf = w->entry[1];
    const xm_mfn table = xm_pte_mfn(leaf);
    const struct xm_frame *f = xm__frame(c, table);
    struct xm_result why;
    uint64_t *slot, flip;
    struct l1e old;

    if (!(w->error_code & XM_PF_PRESENT) || w->level != 1 ||
        !(d->writable_pagetables || xm__domain_has_hardware(d)))
        return false;
    /* Read-only must come from the L1 entry itself. */
    if (!(leaf & XM_PTE_P) || (leaf & XM_PTE_RW))
        return false;
    if (!f || f->owner != c->domid || !xm__lockable(f) ||
        xm_pgt_level(f->type_info) != 1)
        return false;

    slot = &xm_ram_frame(c, table)[(va & (XM_PAGE_SIZE - 1)) / 8];
    old.v = *slot;
    if (value & XM_PTE_P) {
        if (!xm__get_page_from_l1e(c, (struct l1e){ value }, d, c->domid, &flip,
                                   &why))
            return false;
        value = xm__adjust_guest_l1e(c, value ^ flip);
    }
    *slot = value;
    xm__put_page_from_l1e(c, old);
    return true;
}
