/* SPDX-License-Identifier: MIT
 *
 * General references, and whom a domain may name. Mirrors get_page(),
 * put_page(), get_pg_owner() and the default security policy. Rules REF-*.
 */
#include "internal.h"

bool xm__page_get_owner_and_reference(struct xm_frame *f)
{
    const uint64_t count = f->count_info & XM_PGC_COUNT_MASK;

    /* 0: free or Xen's own. One value below the maximum stays in reserve. */
    if (((count + 2) & XM_PGC_COUNT_MASK) <= 2)
        return false;
    f->count_info++;
    return true;
}

struct xm_frame *xm__get_page_from_mfn(struct xm_cpu *c, xm_mfn mfn,
                                       xm_domid owner)
{
    struct xm_frame *f = xm__frame(c, mfn);

    if (!f || f->owner != owner || !xm__page_get_owner_and_reference(f))
        return NULL;
    return f;
}

void xm__put_page(struct xm_cpu *c, xm_mfn mfn)
{
    struct xm_frame *f = xm__frame(c, mfn);

    assert(f && (f->count_info & XM_PGC_COUNT_MASK) != 0);
    f->count_info--;
    if ((f->count_info & XM_PGC_COUNT_MASK) == 0) {
        assert(xm__count(f) == 0);
        xm_frame_set_kind(c->machine, mfn, XM_FRAME_FREE);
    }
}

bool xm__get_pg_owner(struct xm_cpu *c, uint32_t id, xm_domid *owner)
{
    *owner = (xm_domid)id;
    if (id == DOMID_SELF) {
        *owner = c->domid;
        return true;
    }
    if (id == c->domid)
        return false;
    return id == DOMID_IO || id == DOMID_XEN ||
           xm_domain_find(c->machine, *owner) != NULL;
}

bool xm__may_act_on(struct xm_cpu *c, xm_domid target)
{
    return target == c->domid || xm__domain(c)->privileged;
}
