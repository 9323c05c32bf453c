/* SPDX-License-Identifier: MIT
 *
 * Validating and releasing whole L2, L3 and L4 tables, with their partial
 * states. Mirrors promote_l2_table() to promote_l4_table() and
 * demote_l2_table() to demote_l4_table(). Rules VAL-*, PRE-*.
 *
 * A partial table has done entries 0 .. nr_validated - 1; with partial_set,
 * entry nr_validated holds a general reference on its child already.
 */
#include "internal.h"

/* L4 tables leave preemption to the levels below. */
static bool checks_preemption(unsigned int level)
{
    return level < 4;
}

/*
 * Entry I failed with R. Progress makes the table partial: what was done is
 * undone by the deferred put (PRE-30), or resumed (PRE-32).
 */
static struct xm_result stop_promotion(struct xm_cpu *c, unsigned int level,
                                       xm_mfn table, unsigned int i,
                                       unsigned int flags, struct xm_result r)
{
    struct xm_frame *f = xm__frame(c, table);
    const uint64_t *const t = xm__ram(c, table);
    const struct xm_vcpu *v = xm__vcpu(c);

    if (r.rc == -XEN_ERESTART) {
        f->nr_validated = (uint16_t)i;
        f->partial_set = !xm__broken(c, XM_FAULT_PARTIAL_SET);
    } else if (r.rc == -XEN_EINTR) {
        if (i == 0)
            return r;
        f->nr_validated =
            (uint16_t)(xm__broken(c, XM_FAULT_PROGRESS) ? i - 1 : i);
        f->partial_set = 0;
        r.rc = -XEN_ERESTART;
    } else if (i != 0) {
        f->nr_validated = (uint16_t)i;
        /* A child that failed half way leaves its reference to the slot. */
        f->partial_set =
            (flags & XM_PTF_PARTIAL_SET) ||
            (level > 2 && v->has_old && v->old_guest_table == xm_pte_mfn(t[i]));
        xm__defer_put(c, table, XM_NO_MFN, true);
    }
    return r;
}

struct xm_result xm__promote_lxe_table(struct xm_cpu *c, unsigned int level,
                                       xm_mfn table)
{
    struct xm_frame *f = xm__frame(c, table);
    uint64_t *const t = xm__ram_to_write(c, table);
    struct xm_domain *d = xm_domain_find(c->machine, f->owner);
    const unsigned int first = f->nr_validated;
    unsigned int flags = f->partial_set ? XM_PTF_PARTIAL_SET : 0;

    for (unsigned int i = first; i < XM_ENTRIES; i++) {
        struct xm_result r;

        if (level == 4 && xm_l4_slot_is_xen(i))
            continue;
        if (checks_preemption(level) && i > first &&
            xm__preempt_check(c, XM_STOP_VALIDATE_L2 + level - 2)) {
            r = xm__interrupted(-XEN_EINTR);
        } else if (!(t[i] & XM_PTE_P)) {
            if (!d->check_l1tf || !xm__l1tf_check(c, d, level, t[i], &r)) {
                flags = 0;
                continue;
            }
            r.rc = -XEN_EINTR;
        } else {
            r = xm__get_page_from_lxe(c, level, (struct lxe){ t[i] }, table,
                                      f->owner,
                                      flags | (level > 2 ? XM_PTF_RETAIN : 0));
        }
        if (r.rc != 0) {
            if (r.index == 0)
                r.index = i;
            return stop_promotion(c, level, table, i, flags, r);
        }
        t[i] = xm__adjust_guest_lxe(c, level, t[i]);
        flags = 0;
    }
    if (level == 4) {
        xm__init_xen_l4_slots(c, table, d);
        d->nr_l4_pages++;
    }
    return xm__ok();
}

/* Entry I is done in part (-ERESTART), or not at all (-EINTR). */
static int stop_demotion(struct xm_frame *f, unsigned int i, int rc)
{
    if (rc == -XEN_EINTR && i == XM_ENTRIES - 1)
        return rc; /* NEVER: only another CPU makes Xen stop before its work */
    f->nr_validated = (uint16_t)(rc == -XEN_ERESTART ? i : i + 1);
    f->partial_set = rc == -XEN_ERESTART;
    return -XEN_ERESTART;
}

int xm__demote_lxe_table(struct xm_cpu *c, unsigned int level, xm_mfn table,
                         bool preemptible)
{
    struct xm_frame *f = xm__frame(c, table);
    const uint64_t *const t = xm__ram(c, table);
    unsigned int i = f->nr_validated;
    unsigned int flags = preemptible ? XM_PTF_PREEMPTIBLE : 0;
    const bool asks = preemptible && checks_preemption(level);

    if (f->partial_set) {
        i++;
        flags |= XM_PTF_PARTIAL_SET;
    }
    while (i-- > 0) {
        int rc = 0;

        if ((t[i] & XM_PTE_P) && (level != 4 || !xm_l4_slot_is_xen(i)))
            rc = xm__put_page_from_lxe(c, level, (struct lxe){ t[i] }, table,
                                       flags);
        flags &= ~XM_PTF_PARTIAL_SET;
        if (rc != 0)
            return stop_demotion(f, i, rc);
        if (i != 0 && asks &&
            xm__preempt_check(c, XM_STOP_RELEASE_L2 + level - 2))
            return stop_demotion(f, i - 1, -XEN_EINTR);
    }
    if (level == 4)
        xm_domain_find(c->machine, f->owner)->nr_l4_pages--;
    return 0;
}
