/* SPDX-License-Identifier: MIT
 *
 * HYPERVISOR_domctl, as far as it is about frames: destroying a domain, taking
 * from a vCPU what it holds, asking what frames are. Mirrors do_domctl(),
 * arch_do_domctl(), vcpu_reset(). Rules OTH-01, OTH-02, OTH-04, OTH-10.
 *
 * GAP: all other commands, and new contexts for vCPUs of others, are refused
 * as unknown.
 */
#include <xen-model/destroy.h>
#include <xen-model/domctl.h>
#include <xen-model/hypercall.h>

#include "../internal.h"

#define MAX_FRAME_INFO 1024u

static uint64_t frame_info(struct xm_cpu *c, const struct xm_domain *d,
                           xm_mfn mfn)
{
    const struct xm_frame *f = xm__get_page_from_mfn(c, mfn, d->domid);
    uint64_t info;

    if (!f)
        return XM_FRAME_INFO_INVALID;
    info = (uint64_t)xm_pgt_level(f->type_info) << XM_FRAME_INFO_LEVEL_SHIFT;
    if (f->count_info & (XM_PGC_XEN_HEAP | XM_PGC_EXTRA))
        info = XM_FRAME_INFO_INVALID;
    else if (f->type_info & XM_PGT_PINNED)
        info |= XM_FRAME_INFO_PINNED;
    else if (!(f->type_info & XM_PGT_VALIDATED) &&
             c->machine->config.xen_minor >= 16)
        info = 0;
    xm__put_page(c, mfn);
    return info;
}

static struct xm_result frame_infos(struct xm_cpu *c, const struct xm_domain *d,
                                    const struct xm_domctl *op)
{
    const uint64_t n = op->u.frame_info.num;
    const xm_vaddr at = op->u.frame_info.array;

    if (n > MAX_FRAME_INFO)
        return xm__deny(XM_R_DOMCTL_FRAMES, n, MAX_FRAME_INFO);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t word;

        if (!xm__copy_from_guest(c, &word, at + i * 8, sizeof(word)))
            return xm__deny(XM_R_DOMCTL_FAULT, at, i);
        word = frame_info(c, d, word);
        if (!xm__copy_to_guest(c, at + i * 8, &word, sizeof(word)))
            return xm__deny(XM_R_DOMCTL_FAULT, at, i);
    }
    return xm__ok();
}

static struct xm_result set_context(struct xm_cpu *c, struct xm_domain *d,
                                    const struct xm_domctl *op)
{
    const uint32_t id = op->u.vcpu_context.vcpu;
    const xm_vaddr context = op->u.vcpu_context.ctxt;

    if (d->domid == c->domid || id >= d->nr_vcpus)
        return xm__deny(XM_R_DOMCTL_VCPU, d->domid, id);
    if (context != 0) {
        struct vcpu_guest_context x;

        return xm__copy_from_guest(c, &x, context, sizeof(x))
                   ? xm__deny(XM_R_DOMCTL_COMMAND, op->cmd, context)
                   : xm__deny(XM_R_DOMCTL_FAULT, context, 0);
    }
    return xm_reset_vcpu(c, &d->vcpu[id]);
}

static struct xm_result iomem_permission(struct xm_cpu *c, struct xm_domain *d,
                                         const struct xm_domctl *op)
{
    const xm_mfn first = op->u.iomem.first, nr = op->u.iomem.nr;
    const struct xm_mfn_range r = { first, first + nr };

    if (first + nr - 1 < first)
        return xm__deny(XM_R_DOMCTL_IOMEM_RANGE, first, nr);
    if (!xm__iomem_access_range(c->machine, xm__domain(c), r))
        return xm__deny(XM_R_DOMCTL_IOMEM_RIGHTS, first, nr);
    if (op->u.iomem.allow ? xm__permit_iomem(d, r) : xm__deny_iomem(d, r))
        return xm__ok();
    return xm__deny(XM_R_DOMCTL_MEMORY, first, nr);
}

static struct xm_result domctl(struct xm_cpu *c, xm_vaddr from)
{
    struct xm_domctl op;
    struct xm_domain *d;

    if (!xm__copy_from_guest(c, &op, from, sizeof(op)))
        return xm__deny(XM_R_DOMCTL_FAULT, from, 0);
    if (op.version != XM_DOMCTL_VERSION)
        return xm__deny(XM_R_DOMCTL_VERSION, op.version, XM_DOMCTL_VERSION);
    d = xm_domain_find(c->machine, op.dom);
    if (!d && (xm__domain(c)->privileged || c->machine->config.xen_minor < 22))
        return xm__deny(XM_R_DOMCTL_DOMAIN, op.dom, 0);
    if (!xm__domain(c)->privileged)
        return xm__deny(XM_R_DOMCTL_PRIVILEGE, op.cmd, op.dom);
    switch (op.cmd) {
    case XM_DOMCTL_DESTROY:
        return xm_destroy_domain(c, d);
    case XM_DOMCTL_SET_VCPU_CONTEXT:
        return set_context(c, d, &op);
    case XM_DOMCTL_IOMEM_PERMISSION:
        return iomem_permission(c, d, &op);
    case XM_DOMCTL_GET_FRAME_INFO:
        return frame_infos(c, d, &op);
    default: /* until 4.14 it went to the IOMMU, which there is none of */
        return xm__deny(c->machine->config.xen_minor < 15 ? XM_R_DOMCTL_NO_IOMMU
                                                          : XM_R_DOMCTL_COMMAND,
                        op.cmd, 0);
    }
}

struct xm_result xm__do_domctl(struct xm_cpu *c, uint64_t arg[6])
{
    const struct xm_result r = domctl(c, arg[0]);

    return r.rc == -XEN_ERESTART ? r : xm__finish(c, r);
}
