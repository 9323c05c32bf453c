/* SPDX-License-Identifier: MIT
 *
 * What Xen keeps of a domain beside its frames. Rule INV-13.
 */
#include "invariants.h"

void xm__check_domains(struct check *k)
{
    for (uint32_t i = 0; i < XM_MAX_DOMAINS && !k->v.found; i++) {
        const struct xm_domain *d = xm_domain_at(k->c->machine, i);

        if (!d || d->dying == XM_DYING || d->tot_pages == k->owned[i])
            continue;
        xm__violated(k, "INV-13", "a domain's size is the frames it has",
                     XM_NO_FRAME, XM_NO_SLOT, k->owned[i], d->tot_pages);
        k->v.domid = d->domid;
    }
}
