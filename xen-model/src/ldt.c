/* SPDX-License-Identifier: MIT
 *
 * The LDT of a vCPU, mapped page by page when the processor asks for it.
 * Mirrors MMUEXT_SET_LDT, pv_destroy_ldt() and pv_map_ldt_shadow_page().
 * Rules SEG-40..43, SEG-50..54, SEG-56.
 */
#include "internal.h"

bool xm__destroy_ldt(struct xm_cpu *c, struct xm_vcpu *v)
{
    const bool any = v->ldt.mapped != 0;

    for (unsigned int i = 0; i < XM_MAX_LDT_PAGES; i++) {
        if (!(v->ldt.mapped & 1u << i))
            continue;
        xm__put_page_and_type(c, v->ldt.frame[i]);
        v->ldt.frame[i] = 0;
    }
    v->ldt.mapped = 0;
    return any;
}

void xm__set_ldt(struct xm_cpu *c, xm_vaddr base, uint32_t entries)
{
    struct xm_vcpu *v = xm__vcpu(c);

    if (entries == 0)
        base = 0;
    if (v->ldt.entries == entries && v->ldt.base == base)
        return;
    if (xm__destroy_ldt(c, v))
        c->flushed |= XM_FLUSH_OWN; /* TLB-28 */
    v->ldt.base = base;
    v->ldt.entries = entries;
}

bool xm_map_ldt_page(struct xm_cpu *c, uint32_t offset)
{
    struct xm_ldt *ldt = &xm__vcpu(c)->ldt;
    const xm_vaddr va = ldt->base + offset;
    const uint32_t page = offset >> XM_PAGE_SHIFT;
    uint64_t e;
    xm_mfn mfn;

    assert(offset >> 3 < ldt->entries && !(ldt->mapped & 1u << page));
    if (!xm__guest_address(va) || !xm__read_linear(c, va, 1, &e) ||
        !(e & XM_PTE_P)) {
        xm__note(c, XM_R_LDT_NOT_MAPPED);
        return false;
    }
    mfn = xm_pte_mfn(e);
    if (!xm__get_page_from_mfn(c, mfn, c->domid)) {
        xm__note(c, XM_R_LDT_NOT_OWN);
        return false;
    }
    if (xm__get_page_type(c, mfn, XM_PGT_SEG_DESC, false).rc != 0) {
        xm__put_page(c, mfn);
        xm__note(c, XM_R_LDT_TYPE);
        return false;
    }
    ldt->frame[page] = (uint32_t)mfn;
    ldt->mapped |= 1u << page;
    xm__note(c, XM_R_LDT_PAGE);
    return true;
}
