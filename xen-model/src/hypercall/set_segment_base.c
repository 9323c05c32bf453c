/* SPDX-License-Identifier: MIT
 *
 * HYPERVISOR_set_segment_base. Mirrors do_set_segment_base(). Rules SEG-60,
 * SEG-61. The bases themselves have nothing to do with page tables; loading a
 * selector may map a page of the LDT.
 */
#include <xen-model/hypercall.h>

#include "../internal.h"

static struct xm_result set_segment_base(struct xm_cpu *c, uint32_t which,
                                         uint64_t base)
{
    uint16_t selector = (uint16_t)base;

    switch (which) {
    case SEGBASE_FS:
    case SEGBASE_GS_USER:
    case SEGBASE_GS_KERNEL:
        return xm__canonical(base) ? xm__ok()
                                   : xm__deny(XM_R_SEGMENT_BASE, base, which);
    case SEGBASE_GS_USER_SEL:
        if (selector > 3)
            selector |= 3;
        if (xm_load_segment(c, selector).vector != 0)
            xm__note(c, XM_R_SEGMENT_NULLED);
        return xm__ok();
    default:
        return xm__deny(XM_R_SEGMENT_WHICH, which, base);
    }
}

struct xm_result xm__do_set_segment_base(struct xm_cpu *c, uint64_t arg[6])
{
    return xm__finish(c, set_segment_base(c, (uint32_t)arg[0], arg[1]));
}
