/* SPDX-License-Identifier: MIT
 *
 * Segment descriptors: which ones a guest may have, and what Xen makes of
 * them. Mirrors check_descriptor() and validate_segdesc_page(). Rules SEG-20
 * to SEG-26, VAL-46.
 *
 *  high word  23:20 flags | 15 P | 14:13 DPL | 12 S | 11:8 type | 7:0 base or,
 *             of a gate, reserved
 *  low word   31:16 of a gate the selector
 */
#include "internal.h"

#define HIGH_P (1u << 15)
#define HIGH_DPL (3u << 13)
#define HIGH_S (1u << 12)
#define HIGH_TYPE (15u << 8)
#define TYPE_CALL_GATE (12u << 8)
#define GATE_RESERVED 0xffu
#define SELECTOR_LDT 4u
#define SELECTOR_RPL 3u

static bool gate_selector_ok(uint32_t selector)
{
    return selector >> 3 < XM_RESERVED_GDT_ENTRY ||
           selector == FLAT_KERNEL_CS || (selector & SELECTOR_LDT);
}

bool xm__check_descriptor(uint64_t *descriptor)
{
    uint32_t low = (uint32_t)*descriptor;
    uint32_t high = (uint32_t)(*descriptor >> 32);

    if (!(high & HIGH_P))
        return true;
    if (high & HIGH_S) {
        high |= HIGH_DPL; /* user privilege, for code and data alike */
    } else if ((high & HIGH_TYPE) == 0) {
        return true; /* the second half of a call gate: harmless */
    } else {
        if ((high & HIGH_TYPE) != TYPE_CALL_GATE ||
            !gate_selector_ok(low >> 16) || (high & GATE_RESERVED))
            return false;
        low |= SELECTOR_RPL << 16;
        high &= ~HIGH_DPL; /* so that its use faults into Xen */
    }
    *descriptor = (uint64_t)high << 32 | low;
    return true;
}

struct xm_result xm__promote_descriptor_page(struct xm_cpu *c, xm_mfn mfn)
{
    uint64_t *page = xm__ram_to_write(c, mfn);

    for (unsigned int i = 0; i < XM_ENTRIES; i++)
        if (!xm__check_descriptor(&page[i]))
            return xm__deny(XM_R_DESCRIPTOR, page[i], i);
    return xm__ok();
}
