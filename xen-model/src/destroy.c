/* SPDX-License-Identifier: MIT
 *
 * The end of a domain. Mirrors domain_kill(), domain_teardown(),
 * domain_relinquish_resources(), relinquish_memory(),
 * vcpu_destroy_pagetables(), domain_destroy(), arch_vcpu_reset(). Rules OTH-01,
 * OTH-02, REF-12, PIN-27.
 *
 * Xen walks the domain's lists of frames, the model walks the machine: what is
 * left in the end does not depend on the order. Of what Xen does in between,
 * events and timers are not modelled.
 */
#include <xen-model/destroy.h>

#include "internal.h"

/* How far a domain has come: what is to be done next. */
enum {
    GRANTS,
    VCPUS,
    HEAP, /* Xen's own frames that it shares */
    L4,   /* all others; tables of this level are demoted by force */
    L3,
    L2,
    DONE,
};

/* Drops both references, and leaves to V what cannot be done at once. */
static int put_base(struct xm_cpu *c, struct xm_vcpu *v, xm_mfn mfn)
{
    const int rc = xm__put_page_type(c, mfn, XM_PTF_PREEMPTIBLE, XM_NO_MFN);

    if (rc == 0) {
        xm__put_page(c, mfn);
        return 0;
    }
    v->has_old = true;
    v->old_guest_table = mfn;
    v->old_partial = rc == -XEN_ERESTART;
    return -XEN_ERESTART;
}

static int vcpu_destroy_pagetables(struct xm_cpu *c, struct xm_vcpu *v)
{
    const xm_mfn kernel = v->guest_table, user = v->guest_table_user;

    if (xm__put_old_guest_table_of(c, v) != 0)
        return -XEN_ERESTART;
    if (v->has_base) {
        v->has_base = false;
        v->guest_table = 0;
        if (put_base(c, v, kernel) != 0)
            return -XEN_ERESTART;
    }
    if (!v->has_user_base)
        return 0;
    v->has_user_base = false;
    v->guest_table_user = 0;
    return put_base(c, v, user);
}

struct xm_result xm_reset_vcpu(struct xm_cpu *c, struct xm_vcpu *v)
{
    (void)xm__set_gdt(c, v, NULL, 0);
    if (vcpu_destroy_pagetables(c, v) != 0)
        return xm__interrupted(-XEN_ERESTART);
    v->initialised = false;
    v->up = false;
    return xm__ok();
}

static int relinquish_vcpus(struct xm_cpu *c, struct xm_domain *d)
{
    for (unsigned int i = 0; i < XM_MAX_VCPUS; i++)
        if (vcpu_destroy_pagetables(c, &d->vcpu[i]) != 0)
            return -XEN_ERESTART;
    for (unsigned int i = 0; i < XM_MAX_VCPUS; i++) {
        (void)xm__destroy_ldt(c, &d->vcpu[i]);
        (void)xm__set_gdt(c, &d->vcpu[i], NULL, 0);
    }
    if (d->has_pirq_eoi)
        xm__put_page_and_type(c, d->pirq_eoi);
    d->has_pirq_eoi = false;
    return 0;
}

/* Drops what the pinned flag holds. */
static int unpin(struct xm_cpu *c, xm_mfn mfn)
{
    struct xm_frame *f = xm__mfn_to_page(c, mfn);
    int rc;

    if (!(f->type_info & XM_PGT_PINNED))
        return 0;
    f->type_info &= ~XM_PGT_PINNED;
    rc = xm__put_page_type(c, mfn, XM_PTF_PREEMPTIBLE, XM_NO_MFN);
    xm__put_page(c, mfn); /* if interrupted, the flag partial has its own */
    return rc;
}

/*
 * A table that is validated still, or in part: what uses it are tables of its
 * own level, in a circle, or nothing at all. The caller has a reference, which
 * goes to the flag partial if this is interrupted.
 */
static int force_demotion(struct xm_cpu *c, xm_mfn mfn)
{
    struct xm_frame *f = xm__mfn_to_page(c, mfn);
    const uint64_t x = f->type_info;
    int rc;

    f->type_info &= ~(XM_PGT_VALIDATED | XM_PGT_PARTIAL);
    rc = xm__devalidate_page(c, mfn, x, true);
    if (rc != 0) {
        if (!(x & XM_PGT_PARTIAL))
            f->type_info++;
        f->type_info |= XM_PGT_PARTIAL;
        if (x & XM_PGT_PARTIAL)
            xm__put_page(c, mfn);
        return rc;
    }
    if (x & XM_PGT_PARTIAL) {
        f->type_info--;
        xm__put_page(c, mfn);
    }
    return 0;
}

static int relinquish_page(struct xm_cpu *c, xm_mfn mfn, unsigned int level)
{
    struct xm_frame *f = xm__mfn_to_page(c, mfn);
    int rc;

    if (!xm__page_get_owner_and_reference(f))
        return 0; /* NEVER: it takes another CPU that has just let go */
    rc = unpin(c, mfn);
    if (rc != 0) {
        xm__put_page(c, mfn);
        return rc;
    }
    xm__put_page_alloc_ref(c, mfn);
    if (level != 0 && xm_pgt_level(f->type_info) == level &&
        (f->type_info & (XM_PGT_VALIDATED | XM_PGT_PARTIAL))) {
        rc = force_demotion(c, mfn);
        if (rc != 0)
            return rc;
    }
    xm__put_page(c, mfn);
    return 0;
}

/* HEAP: the frames of Xen's heap, else all the others. */
static int relinquish_memory(struct xm_cpu *c, struct xm_domain *d, bool heap,
                             unsigned int level)
{
    while (d->teardown_next < c->machine->config.nr_frames) {
        const xm_mfn mfn = d->teardown_next;
        const struct xm_frame *f = xm__mfn_to_page(c, mfn);

        if (f->owner != d->domid ||
            heap != ((f->count_info & XM_PGC_XEN_HEAP) != 0)) {
            d->teardown_next++;
            continue;
        }
        if (relinquish_page(c, mfn, level) != 0)
            return -XEN_ERESTART;
        d->teardown_next++;
        if (xm__preempt_check(c, XM_STOP_DESTROY))
            return -XEN_ERESTART;
    }
    d->teardown_next = 0;
    return 0;
}

static int teardown_step(struct xm_cpu *c, struct xm_domain *d)
{
    switch (d->teardown) {
    case GRANTS:
        return xm_grant_release_mappings(c, d);
    case VCPUS:
        return relinquish_vcpus(c, d);
    case HEAP:
        return relinquish_memory(c, d, true, 0);
    case L4:
        return relinquish_memory(c, d, false, 4);
    case L3:
        return relinquish_memory(c, d, false, 3);
    default:
        return relinquish_memory(c, d, false, 2);
    }
}

static void unmap_vcpu_info(struct xm_cpu *c, struct xm_vcpu *v)
{
    const xm_mfn mfn = v->info_frame;

    if (!v->has_info)
        return;
    v->has_info = false;
    v->info_frame = 0;
    xm__put_page_and_type(c, mfn);
}

/* Somebody refers to a frame of D. */
static bool is_held(const struct xm_cpu *c, const struct xm_domain *d)
{
    for (xm_mfn mfn = 0; mfn < c->machine->config.nr_frames; mfn++) {
        const struct xm_frame *f = xm__mfn_to_page(c, mfn);

        if (f->owner == d->domid && (f->count_info & XM_PGC_COUNT_MASK) != 0)
            return true;
    }
    return false;
}

void xm__bury(struct xm_cpu *c, struct xm_domain *d)
{
    if (d->dying != XM_DEAD || d->tot_pages != 0 || is_held(c, d))
        return;
    xm_grant_table_destroy(c, d);
    /* What is left is what Xen shared with it. */
    for (xm_mfn mfn = 0; mfn < c->machine->config.nr_frames; mfn++) {
        if (xm__mfn_to_page(c, mfn)->owner != d->domid)
            continue;
        xm__scrub(c, mfn);
        xm_frame_set_kind(c->machine, mfn, XM_FRAME_FREE);
    }
    *d = (struct xm_domain){ .exists = false };
}

struct xm_result xm_destroy_domain(struct xm_cpu *c, struct xm_domain *d)
{
    c->preempted = false;
    if (d->domid == c->domid)
        return xm__finish(c, xm__deny(XM_R_DOMCTL_SELF, d->domid, 0));
    if (d->dying == XM_DEAD)
        return xm__ok();
    d->dying = XM_DYING;
    for (; d->teardown != DONE; d->teardown++)
        if (teardown_step(c, d) != 0)
            return xm__interrupted(-XEN_ERESTART);
    for (unsigned int i = 0; i < XM_MAX_VCPUS; i++)
        unmap_vcpu_info(c, &d->vcpu[i]);
    d->dying = XM_DEAD;
    xm__bury(c, d);
    return xm__ok();
}
