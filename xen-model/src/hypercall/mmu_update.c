/* SPDX-License-Identifier: MIT
 *
 * HYPERVISOR_mmu_update. Mirrors do_mmu_update(). Rules MMU-*.
 *
 * The lock that Xen takes on the table (T + 1 for a moment) has no effect
 * that another actor could see, so it is left out.
 *
 * GAP: domains with other address translation than PV.
 */
#include <xen-model/hypercall.h>

#include "batch.h"

#define COMMAND_MASK 7u

struct call {
    const struct xm_domain *pt_owner;
    xm_domid pg_owner;
};

static struct xm_result update_live(struct xm_cpu *c, const struct call *call,
                                    xm_mfn mfn, const struct mmu_update *req,
                                    bool preserve_ad)
{
    const struct xm_frame *f = xm__frame(c, mfn);
    const unsigned int slot = (req->ptr & (XM_PAGE_SIZE - 1)) / 8;
    const unsigned int level = xm_pgt_level(f->type_info);

    if (level == 1)
        return xm__mod_l1_entry(c, mfn, slot, (struct l1e){ req->val },
                                preserve_ad, call->pt_owner, call->pg_owner);
    if (level != 0) {
        if (call->pg_owner != call->pt_owner->domid)
            return xm__deny(XM_R_MMU_FOREIGN_UPPER, call->pg_owner,
                            call->pt_owner->domid);
        return xm__mod_lxe_entry(c, level, mfn, slot, (struct lxe){ req->val },
                                 preserve_ad);
    }
    if ((f->type_info & XM_PGT_TYPE_MASK) != XM_PGT_WRITABLE)
        return xm__deny(XM_R_MMU_BAD_TYPE, mfn, f->type_info);
    xm_ram_frame(c, mfn)[slot] = req->val;
    return xm__ok();
}

static struct xm_result update_entry(struct xm_cpu *c, const struct call *call,
                                     const struct mmu_update *req,
                                     bool preserve_ad)
{
    const xm_mfn mfn = req->ptr >> XM_PAGE_SHIFT;
    struct xm_frame *f;
    struct xm_result r = xm__ok();

    if ((call->pg_owner != DOMID_IO && !xm__may_act_on(c, call->pg_owner)) ||
        !xm__may_act_on(c, call->pt_owner->domid))
        return xm__deny(XM_R_MMU_PRIVILEGE, call->pg_owner,
                        call->pt_owner->domid);
    f = xm__get_page_from_mfn(c, mfn, call->pt_owner->domid);
    if (!f)
        return xm__deny(XM_R_MMU_NOT_OWN, mfn, call->pt_owner->domid);

    if (xm__lockable(f)) {
        r = update_live(c, call, mfn, req, preserve_ad);
    } else if (xm__get_page_type(c, mfn, XM_PGT_WRITABLE, false).rc == 0) {
        xm_ram_frame(c, mfn)[(req->ptr & (XM_PAGE_SIZE - 1)) / 8] = req->val;
        (void)xm__put_page_type(c, mfn, 0, XM_NO_MFN);
        xm__note(c, XM_R_MMU_RAW);
    } else {
        r = xm__deny(XM_R_MMU_PARTIAL, mfn, f->type_info);
    }
    xm__put_page(c, mfn);
    return r;
}

static struct xm_result update_machphys(struct xm_cpu *c,
                                        const struct call *call,
                                        const struct mmu_update *req)
{
    const xm_mfn mfn = req->ptr >> XM_PAGE_SHIFT;

    if (call->pt_owner->domid != c->domid)
        return xm__deny(XM_R_MACHPHYS_TABLE_OWNER, call->pt_owner->domid, 0);
    if (call->pg_owner != DOMID_IO && !xm__may_act_on(c, call->pg_owner))
        return xm__deny(XM_R_MACHPHYS_PRIVILEGE, call->pg_owner, 0);
    if (!xm__get_page_from_mfn(c, mfn, call->pg_owner))
        return xm__deny(XM_R_MACHPHYS_NOT_OWN, mfn, call->pg_owner);
    *xm_machine_m2p(c->machine, mfn) = req->val;
    xm__put_page(c, mfn);
    return xm__ok();
}

static struct xm_result one_request(struct xm_cpu *c, const struct call *call,
                                    const struct mmu_update *req)
{
    const unsigned int command = req->ptr & COMMAND_MASK;
    struct mmu_update plain = { .ptr = req->ptr & ~(uint64_t)COMMAND_MASK,
                                .val = req->val };

    switch (command) {
    case MMU_NORMAL_PT_UPDATE:
    case MMU_PT_UPDATE_PRESERVE_AD:
    case MMU_PT_UPDATE_NO_TRANSLATE:
        return update_entry(c, call, &plain,
                            command == MMU_PT_UPDATE_PRESERVE_AD);
    case MMU_MACHPHYS_UPDATE:
        return update_machphys(c, call, req);
    default:
        return xm__deny(XM_R_MMU_COMMAND, command, req->ptr);
    }
}

/* Who owns the tables and the pages. MMU-05..07. */
static struct xm_result find_owners(struct xm_cpu *c, uint32_t foreigndom,
                                    struct call *call, bool *write_done)
{
    const uint32_t pt = foreigndom >> 16;

    *write_done = false;
    call->pt_owner = xm__domain(c);
    if (pt != 0 && pt - 1 != c->domid) {
        call->pt_owner = xm_domain_find(c->machine, (xm_domid)(pt - 1));
        if (!call->pt_owner)
            return xm__deny(XM_R_MMU_PT_DOMAIN, pt - 1, 0);
        *write_done = true;
        if (!call->pt_owner->vcpu[0].initialised)
            return xm__deny(XM_R_MMU_NO_VCPU, pt - 1, 0);
    }
    *write_done = true;
    if (!xm__get_pg_owner(c, foreigndom & 0xffff, &call->pg_owner))
        return xm__deny(XM_R_MMU_FD, foreigndom & 0xffff, 0);
    return xm__ok();
}

static inline struct xm_result do_mmu_update(struct xm_cpu *c, struct batch *b,
                                             uint64_t arg[6])
{
    struct mmu_update req;
    struct call call;
    struct xm_result r;
    bool write_done;

    if (!xm__batch_begin(c, b, &r))
        return r;
    r = find_owners(c, b->foreigndom, &call, &write_done);
    for (; r.rc == 0 && b->i < b->count; b->i++) {
        r = xm__batch_fetch(c, b, &req, sizeof(req));
        if (r.rc == 0)
            r = one_request(c, &call, &req);
        if (r.rc != 0)
            break;
    }
    return xm__batch_end(c, b, r, write_done, sizeof(req), arg);
}

struct xm_result xm__do_mmu_update(struct xm_cpu *c, uint64_t arg[6])
{
    struct batch b = xm__batch_of_registers(arg);

    return do_mmu_update(c, &b, arg);
}

struct xm_result xm_mmu_update(struct xm_cpu *c, const struct mmu_update *reqs,
                               uint32_t count, uint32_t *done,
                               uint32_t foreigndom)
{
    struct batch b = {
        .requests = reqs, .count = count, .done = done, .foreigndom = foreigndom
    };

    return do_mmu_update(c, &b, NULL);
}
