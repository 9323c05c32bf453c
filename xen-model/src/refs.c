/* SPDX-License-Identifier: MIT
 *
 * Whom a domain may name, and the end of a page. Mirrors get_pg_owner() and
 * free_domheap_page(). Rules REF-*.
 */
#include "internal.h"

void xm__free_page(struct xm_cpu *c, xm_mfn mfn)
{
    assert(xm__count(xm__frame(c, mfn)) == 0);
    xm_frame_set_kind(c->machine, mfn, XM_FRAME_FREE);
}

bool xm__other_pg_owner(struct xm_cpu *c, uint32_t id)
{
    return id != c->domid && (id == DOMID_IO || id == DOMID_XEN ||
                              xm_domain_find(c->machine, (xm_domid)id) != NULL);
}
