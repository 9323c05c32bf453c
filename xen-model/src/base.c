/* SPDX-License-Identifier: MIT
 *
 * Base pointers, and the slots of an L4 that are Xen's. Mirrors
 * new_guest_cr3(), MMUEXT_NEW_USER_BASEPTR, the bases of a new vCPU in
 * arch_set_info_guest(), init_xen_l4_slots(), fill_ro_mpt() and zap_ro_mpt().
 * Rules CR3-*, VAL-41..45, VMA-05..08.
 *
 * What Xen writes into its slots differs between hosts and domains: the domain
 * says what it is (xm_domain.xen_l4). But slot 256 shows the M2P or is empty,
 * and slot 258 is the table itself.
 */
#include "internal.h"

#define SLOT_RO_M2P 256u
#define SLOT_LINEAR 258u
#define SLOT_SHADOW_LINEAR 259u
#define XEN_TOKEN (XM_PTE_P | XM_PTE_RW | XM_PTE_A | XM_PTE_D)
#define M2P_TOKEN (XM_PTE_P | XM_PTE_US | XM_PTE_A | XM_PTE_NX)

void xm__init_xen_l4(uint64_t slots[XM_L4_XEN_SLOTS])
{
    for (unsigned int i = 0; i < XM_L4_XEN_SLOTS; i++)
        slots[i] = XEN_TOKEN;
    slots[SLOT_RO_M2P - XM_L4_XEN_FIRST] = M2P_TOKEN;
    slots[SLOT_LINEAR - XM_L4_XEN_FIRST] = XEN_TOKEN | XM_PTE_NX;
    slots[SLOT_SHADOW_LINEAR - XM_L4_XEN_FIRST] = 0;
}

void xm__init_xen_l4_slots(struct xm_cpu *c, xm_mfn table,
                           const struct xm_domain *d)
{
    uint64_t *const t = xm__ram_to_write(c, table);

    __builtin_memcpy(&t[XM_L4_XEN_FIRST], d->xen_l4, sizeof(d->xen_l4));
    if (!d->m2p_strict)
        t[SLOT_RO_M2P] = 0;
    t[SLOT_LINEAR] = xm_pte(table, t[SLOT_LINEAR]);
}

/* MFN is a kernel base from now on: VMA-05. */
static void fill_ro_mpt(struct xm_cpu *c, xm_mfn mfn)
{
    uint64_t *const slot = &xm__ram_to_write(c, mfn)[SLOT_RO_M2P];

    if (!xm__domain(c)->m2p_strict && *slot == 0)
        *slot = xm__domain(c)->xen_l4[SLOT_RO_M2P - XM_L4_XEN_FIRST];
}

/* MFN is a user base from now on: VMA-06. */
static void zap_ro_mpt(struct xm_cpu *c, xm_mfn mfn)
{
    if (xm__domain(c)->m2p_strict)
        xm__ram_to_write(c, mfn)[SLOT_RO_M2P] = 0;
}

/* An old base: dropped now, or later if that takes too long. */
static struct xm_result put_old_base(struct xm_cpu *c, xm_mfn mfn)
{
    const int rc = xm__put_page_type(c, mfn, XM_PTF_PREEMPTIBLE, XM_NO_MFN);

    if (rc == 0) {
        xm__put_page(c, mfn);
        return xm__ok();
    }
    xm__defer_put(c, mfn, XM_NO_MFN, rc == -XEN_ERESTART);
    return xm__interrupted(-XEN_ERESTART);
}

static struct xm_result get_base(struct xm_cpu *c, xm_mfn mfn,
                                 enum xm_rule not_own)
{
    struct xm_result r = xm__get_page_and_type_from_mfn(
        c, mfn, 4, c->domid, XM_PTF_PREEMPTIBLE, not_own);

    if (r.rc == -XEN_EINTR)
        r.rc = -XEN_ERESTART;
    return r;
}

struct xm_result xm__new_guest_cr3(struct xm_cpu *c, xm_mfn mfn)
{
    struct xm_vcpu *v = xm__vcpu(c);
    const bool had_base = v->has_base;
    const xm_mfn old = v->guest_table;
    struct xm_result r;

    if (xm__put_old_guest_table(c) != 0)
        /* NEVER: unless a guest leaves an interrupted call, and comes here */
        return xm__interrupted(-XEN_ERESTART); /* NEVER */
    if (had_base && old == mfn) {
        xm__note(c, XM_R_BASE_SAME);
        c->flushed |= XM_FLUSH_OWN;
        return xm__ok();
    }
    r = get_base(c, mfn, XM_R_BASE_NOT_OWN);
    if (r.rc != 0)
        return r;

    (void)xm__destroy_ldt(c, v); /* the TLB is flushed anyway */
    fill_ro_mpt(c, mfn);
    v->guest_table = mfn;
    v->has_base = true;
    c->flushed |= XM_FLUSH_OWN; /* TLB-25 */
    return had_base ? put_old_base(c, old) : r;
}

struct xm_result xm__new_user_baseptr(struct xm_cpu *c, xm_mfn mfn)
{
    struct xm_vcpu *v = xm__vcpu(c);
    const bool had_base = v->has_user_base;
    const xm_mfn old = v->guest_table_user;
    struct xm_result r;

    if (mfn == (had_base ? old : 0))
        return xm__ok();
    if (mfn != 0) {
        r = get_base(c, mfn, XM_R_USER_BASE_NOT_OWN);
        if (r.rc != 0)
            return r;
        zap_ro_mpt(c, mfn);
    }
    v->guest_table_user = mfn;
    v->has_user_base = mfn != 0;
    return had_base ? put_old_base(c, old) : xm__ok();
}

/* The user base of V, whose kernel base has just been taken. */
static struct xm_result init_user_base(struct xm_cpu *c, struct xm_vcpu *v,
                                       xm_mfn user)
{
    const struct xm_result r = get_base(c, user, XM_R_INIT_USER_NOT_OWN);

    if (r.rc == -XEN_ERESTART) { /* CR3-34: to be taken again */
        v->has_old = true;
        v->old_guest_table = v->guest_table;
        v->has_base = false;
        v->guest_table = 0;
    } else if (r.rc == 0) {
        zap_ro_mpt(c, user);
        v->guest_table_user = user;
        v->has_user_base = true;
    }
    return r;
}

struct xm_result xm__init_bases(struct xm_cpu *c, struct xm_vcpu *v,
                                xm_mfn kernel, bool has_user, xm_mfn user)
{
    struct xm_result r;

    if (v->has_old && v->old_guest_table == kernel) {
        /* The restart of what init_user_base() left. */
        v->has_old = false;
        v->old_guest_table = 0;
    } else {
        if (xm__put_old_guest_table_of(c, v) != 0)
            return xm__interrupted(-XEN_ERESTART); /* NEVER: as above */
        r = get_base(c, kernel, XM_R_INIT_BASE_NOT_OWN);
        if (r.rc != 0)
            return r;
        fill_ro_mpt(c, kernel);
    }
    v->guest_table = kernel;
    v->has_base = true;
    return has_user ? init_user_base(c, v, user) : xm__ok();
}
