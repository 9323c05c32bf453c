/* SPDX-License-Identifier: MIT
 *
 * The L1 entry of a grant mapping. Mirrors create_grant_pv_mapping(),
 * steal_linear_address(), replace_grant_pv_mapping(). Rules GNT-20..28,
 * GNT-40..48.
 */
#include "grant.h"

static uint64_t grant_to_pte_flags(uint32_t flags)
{
    uint64_t v = XM_PTE_P | XM_PTE_A | XM_PTE_D | XM_PTE_NX;

    if (flags & GNTMAP_application_map)
        v |= XM_PTE_US;
    if (!(flags & GNTMAP_readonly))
        v |= XM_PTE_RW;
    return v |
           (((uint64_t)(flags >> _GNTMAP_guest_avail0) << 9) & XM_PTE_AVAIL);
}

/* The slot of the live L1 table MFN of the caller, or NULL. */
static uint64_t *slot_of(struct xm_cpu *c, xm_mfn mfn, unsigned int slot)
{
    const struct xm_frame *f = xm__frame(c, mfn);

    if (!f || f->owner != c->domid || (f->count_info & XM_PGC_COUNT_MASK) == 0)
        xm__note(c, XM_R_GNT_PTE_NOT_OWN);
    else if (!xm__is_live_l1(f))
        xm__note(c, XM_R_GNT_PTE_NOT_L1);
    else
        return &xm__ram_to_write(c, mfn)[slot];
    return NULL;
}

/* What translates VA. */
static uint64_t *slot_of_va(struct xm_cpu *c, xm_vaddr va)
{
    struct xm_result why;
    xm_mfn l1;

    if (xm__map_guest_l1e(c, va, &l1, &why))
        return slot_of(c, l1, xm_va_index(va, 1));
    xm__note(c, XM_R_GNT_PTE_VA);
    return NULL;
}

/* Where ADDR, as FLAGS say, wants the mapping. */
static uint64_t *find_slot(struct xm_cpu *c, uint64_t addr, uint32_t flags)
{
    if (!(flags & GNTMAP_contains_pte))
        return slot_of_va(c, addr);
    if (addr % sizeof(uint64_t) == 0)
        return slot_of(c, addr >> XM_PAGE_SHIFT,
                       (addr & (XM_PAGE_SIZE - 1)) / sizeof(uint64_t));
    xm__note(c, XM_R_GNT_PTE_MISALIGNED);
    return NULL;
}

int16_t xm__create_grant_pv_mapping(struct xm_cpu *c, uint64_t addr,
                                    xm_mfn frame, uint32_t flags)
{
    const uint64_t v =
        xm__adjust_guest_l1e(c, xm_pte(frame, grant_to_pte_flags(flags)));
    uint64_t *const slot = find_slot(c, addr, flags);
    struct l1e old;

    if (!slot)
        return GNTST_general_error;
    old.v = *slot;
    *slot = v;
    xm__put_page_from_l1e(c, old);
    return GNTST_okay;
}

/* Takes the entry of VA out, with its references. */
static bool steal_linear_address(struct xm_cpu *c, xm_vaddr va, struct l1e *out)
{
    uint64_t *const slot = slot_of_va(c, va);

    if (!slot)
        return false;
    out->v = *slot;
    *slot = 0;
    return true;
}

/* The entry in SLOT becomes V, if it is the mapping that FLAGS describe. */
static bool replace(struct xm_cpu *c, uint64_t *slot, xm_mfn frame,
                    uint32_t flags, uint64_t v)
{
    const uint64_t differ = *slot ^ grant_to_pte_flags(flags);

    if (xm_pte_mfn(*slot) != frame || (differ & (XM_PTE_P | XM_PTE_RW))) {
        xm__note(c, XM_R_GNT_PTE_MISMATCH);
        return false;
    }
    *slot = v;
    return true;
}

int16_t xm__replace_grant_pv_mapping(struct xm_cpu *c, uint64_t addr,
                                     xm_mfn frame, uint64_t new_addr,
                                     uint32_t flags)
{
    struct l1e stolen = { 0 };
    uint64_t *slot;

    if (new_addr != 0 && (flags & GNTMAP_contains_pte))
        return xm__grant_refuse(c, XM_R_GNT_REPLACE_PTE, GNTST_general_error);
    if (new_addr != 0 && !steal_linear_address(c, new_addr, &stolen))
        return GNTST_general_error;
    slot = find_slot(c, addr, flags);
    if (slot && replace(c, slot, frame, flags, stolen.v))
        return GNTST_okay;
    if (stolen.v & XM_PTE_P)
        xm__note(c, XM_R_GNT_REPLACE_LOST);
    xm__put_page_from_l1e(c, stolen);
    return GNTST_general_error;
}
