/* SPDX-License-Identifier: MIT
 *
 * Deferred puts: a table whose release may take long is left to the vCPU and
 * finished before anything else happens on it. Mirrors put_old_guest_table().
 * Rules PRE-20..26.
 */
#include "internal.h"

void xm__defer_put(struct xm_cpu *c, xm_mfn mfn, xm_mfn ptpg, bool partial)
{
    struct xm_vcpu *v = xm__vcpu(c);

    v->has_old = true;
    v->old_guest_table = mfn;
    v->old_partial = partial;
    v->has_old_ptpg = ptpg != XM_NO_MFN;
    v->old_guest_ptpg = v->has_old_ptpg ? ptpg : 0;
}

int xm__put_old_guest_table(struct xm_cpu *c)
{
    return xm__put_old_guest_table_of(c, xm__vcpu(c));
}

int xm__put_old_guest_table_of(struct xm_cpu *c, struct xm_vcpu *v)
{
    unsigned int flags = XM_PTF_PREEMPTIBLE;
    int rc;

    if (!v->has_old)
        return 0;
    if (v->old_partial)
        flags |= XM_PTF_PARTIAL_SET;
    rc = xm__put_page_type(c, v->old_guest_table, flags,
                           v->has_old_ptpg ? v->old_guest_ptpg : XM_NO_MFN);
    if (rc != 0) {
        v->old_partial = rc == -XEN_ERESTART;
        return -XEN_ERESTART;
    }
    xm__put_page(c, v->old_guest_table);
    v->has_old = v->old_waits = false;
    v->old_partial = false;
    v->has_old_ptpg = false;
    v->old_guest_table = 0; /* equal states are equal words */
    v->old_guest_ptpg = 0;
    return 0;
}

int xm__between_requests(struct xm_cpu *c, bool first)
{
    if (xm__vcpu(c)->has_old &&
        (c->preempted || xm__preempt_check(c, XM_STOP_DEFERRED) ||
         xm__put_old_guest_table(c) != 0))
        return -XEN_ERESTART;
    return !first && xm__preempt_check(c, XM_STOP_REQUEST) ? -XEN_ERESTART : 0;
}

struct xm_result xm__end_of_call(struct xm_cpu *c, struct xm_result r)
{
    if (r.rc != -XEN_ERESTART && xm__between_requests(c, true) != 0) {
        const int64_t answer = r.rc;

        r = xm__interrupted(-XEN_ERESTART);
        r.seen[0] = (uint64_t)answer;
    }
    return xm__finish(c, r);
}
