/* SPDX-License-Identifier: MIT
 *
 * HYPERVISOR_physdev_op, as far as it is about frames: where the domain wants
 * to see its unfinished interrupts. Mirrors do_physdev_op(). Rule REF-41.
 *
 * GAP: all other commands are about devices, and are refused as unknown.
 */
#include <xen-model/hypercall.h>
#include <xen/physdev.h>

#include "../internal.h"

static struct xm_result pirq_eoi(struct xm_cpu *c, xm_vaddr from)
{
    struct xm_domain *d = xm__domain(c);
    struct physdev_pirq_eoi_gmfn x;

    if (!xm__copy_from_guest(c, &x, from, sizeof(x)))
        return xm__deny(XM_R_PIRQ_EOI_FAULT, from, 0);
    if (!xm__get_page_from_mfn(c, x.gmfn, c->domid))
        return xm__deny(XM_R_PIRQ_EOI_FRAME, x.gmfn, c->domid);
    if (xm__get_page_type(c, x.gmfn, XM_PGT_WRITABLE, false).rc != 0) {
        xm__put_page(c, x.gmfn);
        return xm__deny(XM_R_PIRQ_EOI_FRAME, x.gmfn,
                        xm__mfn_to_page(c, x.gmfn)->type_info);
    }
    if (d->has_pirq_eoi) {
        xm__put_page_and_type(c, x.gmfn);
        return xm__deny(XM_R_PIRQ_EOI_TWICE, x.gmfn, d->pirq_eoi);
    }
    d->has_pirq_eoi = true;
    d->pirq_eoi = x.gmfn;
    return xm__ok();
}

struct xm_result xm__do_physdev_op(struct xm_cpu *c, uint64_t arg[6])
{
    switch (arg[0]) {
    case PHYSDEVOP_pirq_eoi_gmfn_v1:
    case PHYSDEVOP_pirq_eoi_gmfn_v2:
        return xm__finish(c, pirq_eoi(c, arg[1]));
    default:
        return xm__finish(c, xm__deny(XM_R_PHYSDEV_COMMAND, arg[0], 0));
    }
}
