/* SPDX-License-Identifier: MIT
 *
 * Loading a data segment register, as the processor does it with the GDT and
 * the LDT that Xen gave it. Mirrors handle_gdt_ldt_mapping_fault() where that
 * ends in a fault. Rules SEG-50..57.
 *
 * The descriptors are read at Xen's own addresses, with Xen's rights: the GDT
 * is always there, with a page of zeros where the guest has none.
 */
#include <xen-model/walk.h>

#include "internal.h"

#define SELECTOR_RPL 3u
#define SELECTOR_LDT 4u
#define SELECTOR_INDEX 0xfff8u

#define HIGH_A (1ull << 40)
#define HIGH_READABLE (1ull << 41)
#define HIGH_CONFORMING (1ull << 42)
#define HIGH_CODE (1ull << 43)
#define HIGH_S (1ull << 44)
#define HIGH_DPL_SHIFT 45
#define HIGH_P (1ull << 47)

#define USER_PRIVILEGE 3u

static struct xm_exception exception(uint32_t vector, uint16_t selector)
{
    return (struct xm_exception){ .vector = vector,
                                  .error_code = selector & (SELECTOR_INDEX |
                                                            SELECTOR_LDT) };
}

static struct xm_exception refuse(struct xm_cpu *c, uint32_t vector,
                                  uint16_t selector, enum xm_rule rule)
{
    xm__note(c, rule);
    return exception(vector, selector);
}

/* SEG-53: why a page of the LDT is not there. */
static struct xm_exception ldt_fault(const struct xm_vcpu *v, uint16_t selector)
{
    const xm_vaddr va = v->ldt.base + (selector & SELECTOR_INDEX);

    if (!xm__canonical(va))
        return exception(XM_EXCEPTION_GP, selector | SELECTOR_LDT);
    return (struct xm_exception){ .vector = XM_EXCEPTION_PF,
                                  .error_code = v->user_mode ? XM_PF_USER : 0,
                                  .cr2 = va };
}

/* Of the guest's GDT: 0 behind the frames it has. *FRAME: where it lies. */
static uint64_t gdt_entry(struct xm_cpu *c, uint32_t index, xm_mfn *frame)
{
    const struct xm_vcpu *v = xm__vcpu(c);

    if (index / XM_ENTRIES >= v->nr_gdt)
        return 0;
    *frame = v->gdt[index / XM_ENTRIES];
    return xm__ram(c, *frame)[index % XM_ENTRIES];
}

static bool is_loadable(uint64_t descriptor)
{
    const bool conforming =
        (descriptor & HIGH_CODE) && (descriptor & HIGH_CONFORMING);

    return (descriptor & HIGH_S) &&
           (!(descriptor & HIGH_CODE) || (descriptor & HIGH_READABLE)) &&
           (conforming || (descriptor >> HIGH_DPL_SHIFT & 3) == USER_PRIVILEGE);
}

/* Xen's own segments of user privilege. */
static bool is_flat(uint16_t selector)
{
    return (selector | SELECTOR_RPL) == FLAT_RING3_CS32 ||
           (selector | SELECTOR_RPL) == FLAT_RING3_DS32 ||
           (selector | SELECTOR_RPL) == FLAT_RING3_CS64;
}

struct xm_exception xm_load_segment(struct xm_cpu *c, uint16_t selector)
{
    const struct xm_vcpu *v = xm__vcpu(c);
    const bool ldt = selector & SELECTOR_LDT;
    const uint32_t index = selector >> 3;
    uint64_t descriptor;
    xm_mfn frame = 0;

    if (selector <= SELECTOR_RPL || (!ldt && is_flat(selector)))
        return (struct xm_exception){ 0 };
    if (index >= (ldt ? v->ldt.entries : XM_RESERVED_GDT_ENTRY))
        return refuse(c, XM_EXCEPTION_GP, selector, XM_R_SEGMENT_LIMIT);
    if (!ldt) {
        descriptor = gdt_entry(c, index, &frame);
    } else {
        const uint32_t page = index / XM_ENTRIES;

        if (!(v->ldt.mapped & 1u << page) && !xm_map_ldt_page(c, index * 8))
            return ldt_fault(v, selector);
        frame = v->ldt.frame[page];
        descriptor = xm__ram(c, frame)[index % XM_ENTRIES];
    }
    if (!is_loadable(descriptor))
        return refuse(c, XM_EXCEPTION_GP, selector, XM_R_SEGMENT_KIND);
    if (!(descriptor & HIGH_P))
        return refuse(c, XM_EXCEPTION_NP, selector, XM_R_SEGMENT_ABSENT);
    if (!(descriptor & HIGH_A))
        xm__ram_to_write(c, frame)[index % XM_ENTRIES] |= HIGH_A;
    return (struct xm_exception){ 0 };
}
