/* SPDX-License-Identifier: MIT
 *
 * CR3 as the guest kernel sees it: moves from and to it are privileged, and
 * emulated. Mirrors read_cr() and write_cr() of Xen's emulation. Rules CR3-30,
 * CR3-31.
 */
#include <xen-model/mode.h>

#include "internal.h"

struct xm_result xm_write_cr3(struct xm_cpu *c, uint64_t value)
{
    const xm_mfn mfn = xen_cr3_to_pfn(value);
    struct xm_result r;

    c->preempted = false;
    if (!xm__get_page_from_mfn(c, mfn, c->domid))
        return xm__finish(c, xm__deny(XM_R_BASE_NOT_OWN, mfn, c->domid));
    r = xm__new_guest_cr3(c, mfn);
    xm__put_page(c, mfn);
    /* No hypercall, so what a validation that failed has left waits for one. */
    xm__vcpu(c)->old_waits = xm__vcpu(c)->has_old && r.rc != -XEN_ERESTART;
    return xm__finish(c, r);
}

uint64_t xm_read_cr3(struct xm_cpu *c)
{
    return xen_pfn_to_cr3(xm__vcpu(c)->guest_table);
}
