/* SPDX-License-Identifier: MIT
 *
 * HYPERVISOR_update_va_mapping and its otherdomain form. Mirrors
 * do_update_va_mapping() and map_guest_l1e(). Rules UVM-*.
 */
#include <xen-model/hypercall.h>

#include "../internal.h"

bool xm__map_guest_l1e(struct xm_cpu *c, xm_vaddr va, xm_mfn *l1,
                       struct xm_result *why)
{
    uint64_t e = 0;

    if (!xm__guest_address(va))
        return xm__refuse(why, XM_R_UVM_VA, va, 0);
    if (!xm__read_linear(c, va, 2, &e) || !(e & XM_PTE_P) || (e & XM_PTE_PSE))
        return xm__refuse(why, XM_R_UVM_NO_L2E, va, e);
    *l1 = xm_pte_mfn(e);
    return true;
}

static bool flush(struct xm_cpu *c, uint64_t flags, struct xm_result *why)
{
    const uint64_t kind = flags & UVMF_FLUSHTYPE_MASK;
    const uint64_t mask = flags & ~(uint64_t)UVMF_FLUSHTYPE_MASK;

    if ((kind == UVMF_TLB_FLUSH || kind == UVMF_INVLPG) && mask != UVMF_LOCAL &&
        mask != UVMF_ALL && !xm__read_vcpu_mask(c, mask))
        return xm__refuse(why, XM_R_UVM_VCPU_MASK, mask, 0);
    if (kind == UVMF_TLB_FLUSH)
        c->flushed |= mask == UVMF_LOCAL ? XM_FLUSH_OWN
                      : mask == UVMF_ALL ? XM_FLUSH_DOMAIN
                                         : XM_FLUSH_VCPUS;
    else if (kind == UVMF_INVLPG)
        c->flushed |= mask == UVMF_LOCAL ? XM_FLUSH_OWN_PAGE
                      : mask == UVMF_ALL ? XM_FLUSH_DOMAIN_PAGE
                                         : XM_FLUSH_VCPUS_PAGE;
    return true;
}

static bool update(struct xm_cpu *c, xm_vaddr va, uint64_t val, uint64_t flags,
                   xm_domid pg_owner, struct xm_result *why)
{
    const struct xm_domain *d = xm__domain(c);
    const unsigned int slot = xm_va_index(va, 1);
    const struct xm_frame *f;
    bool done;
    xm_mfn l1;

    if (!xm__may_act_on(c, pg_owner))
        return xm__refuse(why, XM_R_UVM_PRIVILEGE, pg_owner, 0);
    if (!xm__map_guest_l1e(c, va, &l1, why))
        return false;
    f = xm__get_page_from_mfn(c, l1, c->domid);
    if (!f)
        return xm__refuse(why, XM_R_UVM_L1_NOT_OWN, l1, va); /* NEVER: a
                       domain's tables name none but the domain's own */
    if (xm__is_live_l1(f))
        done = xm__mod_l1_entry(c, &xm__ram_to_write(c, l1)[slot],
                                (struct l1e){ val }, false, d, pg_owner, why) ||
               xm__in_slot(why, slot);
    else
        done = xm__refuse(why, XM_R_UVM_NOT_L1, l1, f->type_info);
    xm__put_page(c, l1);
    return done && flush(c, flags, why);
}

static struct xm_result answer(struct xm_cpu *c, xm_vaddr va, uint64_t val,
                               uint64_t flags, xm_domid pg_owner)
{
    struct xm_result why;

    if (update(c, va, val, flags, pg_owner, &why))
        return xm__ok();
    xm__note_refused(c, __HYPERVISOR_update_va_mapping, XM_NO_REQUEST, va, val,
                     &why);
    return xm__finish(c, why);
}

struct xm_result xm_update_va_mapping(struct xm_cpu *c, xm_vaddr va,
                                      uint64_t val, uint64_t flags)
{
    return answer(c, va, val, flags, c->domid);
}

struct xm_result xm_update_va_mapping_otherdomain(struct xm_cpu *c, xm_vaddr va,
                                                  uint64_t val, uint64_t flags,
                                                  xm_domid domid)
{
    xm_domid pg_owner;

    if (!xm__get_pg_owner(c, domid, &pg_owner))
        return xm__finish(c, xm__deny(XM_R_UVM_FD, domid, 0));
    return answer(c, va, val, flags, pg_owner);
}

struct xm_result xm__do_update_va_mapping(struct xm_cpu *c, uint64_t arg[6])
{
    return xm_update_va_mapping(c, arg[0], arg[1], arg[2]);
}

struct xm_result xm__do_update_va_mapping_otherdomain(struct xm_cpu *c,
                                                      uint64_t arg[6])
{
    return xm_update_va_mapping_otherdomain(c, arg[0], arg[1], arg[2],
                                            (xm_domid)arg[3]);
}
