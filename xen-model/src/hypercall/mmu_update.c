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
    bool own; /* both are the caller itself */
};

static uint64_t *slot_of(const struct xm_cpu *c, struct mmu_update req)
{
    return c->ram + req.ptr / sizeof(uint64_t);
}

/* A live table above L1, or a page that is mapped writable. */
static bool update_live(struct xm_cpu *c, const struct call *call,
                        const struct xm_frame *f, struct mmu_update req,
                        bool preserve_ad, struct xm_result *why)
{
    const xm_mfn mfn = req.ptr >> XM_PAGE_SHIFT;
    const unsigned int slot = (req.ptr & (XM_PAGE_SIZE - 1)) / 8;
    const unsigned int level = xm_pgt_level(f->type_info);

    if (level != 0) {
        if (call->pg_owner != call->pt_owner->domid)
            return xm__refuse(why, XM_R_MMU_FOREIGN_UPPER, call->pg_owner,
                              call->pt_owner->domid);
        *why = xm__mod_lxe_entry(c, level, mfn, slot, (struct lxe){ req.val },
                                 preserve_ad);
        return why->rc == 0;
    }
    if ((f->type_info & XM_PGT_TYPE_MASK) != XM_PGT_WRITABLE)
        return xm__refuse(why, XM_R_MMU_BAD_TYPE, mfn, f->type_info);
    *slot_of(c, req) = req.val;
    return true;
}

/* A page that is nobody's table at the moment. */
static bool update_raw(struct xm_cpu *c, const struct xm_frame *f,
                       struct mmu_update req, struct xm_result *why)
{
    const xm_mfn mfn = req.ptr >> XM_PAGE_SHIFT;

    if (xm__get_page_type(c, mfn, XM_PGT_WRITABLE, false).rc != 0)
        return xm__refuse(why, XM_R_MMU_PARTIAL, mfn, f->type_info);
    *slot_of(c, req) = req.val;
    (void)xm__put_page_type(c, mfn, 0, XM_NO_MFN);
    xm__note(c, XM_R_MMU_RAW);
    return true;
}

/* Frame F, held, is no live L1. */
__attribute__((noinline)) static bool
update_other(struct xm_cpu *c, const struct call *call,
             const struct xm_frame *f, struct mmu_update req, bool preserve_ad,
             struct xm_result *why)
{
    return xm__lockable(f) ? update_live(c, call, f, req, preserve_ad, why)
                           : update_raw(c, f, req, why);
}

/* The caller may act on the owners of tables and pages. */
XM_INLINE bool has_privilege(struct xm_cpu *c, const struct call *call)
{
    return call->own ||
           ((call->pg_owner == DOMID_IO || xm__may_act_on(c, call->pg_owner)) &&
            xm__may_act_on(c, call->pt_owner->domid));
}

XM_INLINE bool update_entry(struct xm_cpu *c, const struct call *call,
                            struct mmu_update req, bool preserve_ad,
                            struct xm_result *why)
{
    const xm_mfn mfn = req.ptr >> XM_PAGE_SHIFT;
    const struct xm_frame *f;
    bool done;

    if (!has_privilege(c, call))
        return xm__refuse(why, XM_R_MMU_PRIVILEGE, call->pg_owner,
                          call->pt_owner->domid);
    f = xm__get_page_from_mfn(c, mfn, call->pt_owner->domid);
    if (!f)
        return xm__refuse(why, XM_R_MMU_NOT_OWN, mfn, call->pt_owner->domid);
    if (xm__is_live_l1(f))
        done = xm__mod_l1_entry(c, slot_of(c, req), (struct l1e){ req.val },
                                preserve_ad, call->pt_owner, call->pg_owner,
                                why) ||
               xm__in_slot(why, (req.ptr & (XM_PAGE_SIZE - 1)) / 8);
    else
        done = update_other(c, call, f, req, preserve_ad, why);
    xm__put_page(c, mfn);
    return done;
}

__attribute__((noinline)) static bool update_machphys(struct xm_cpu *c,
                                                      const struct call *call,
                                                      struct mmu_update req,
                                                      struct xm_result *why)
{
    const xm_mfn mfn = req.ptr >> XM_PAGE_SHIFT;

    if (call->pt_owner->domid != c->domid)
        return xm__refuse(why, XM_R_MACHPHYS_TABLE_OWNER, call->pt_owner->domid,
                          0);
    if (call->pg_owner != DOMID_IO && !xm__may_act_on(c, call->pg_owner))
        return xm__refuse(why, XM_R_MACHPHYS_PRIVILEGE, call->pg_owner, 0);
    if (!xm__get_page_from_mfn(c, mfn, call->pg_owner))
        return xm__refuse(why, XM_R_MACHPHYS_NOT_OWN, mfn, call->pg_owner);
    *xm_machine_m2p(c->machine, mfn) = req.val;
    xm__put_page(c, mfn);
    return true;
}

XM_INLINE bool one_request(struct xm_cpu *c, const struct call *call,
                           const struct mmu_update *request,
                           struct xm_result *why)
{
    const struct mmu_update req = *request;
    const unsigned int command = req.ptr & COMMAND_MASK;

    switch (command) {
    case MMU_NORMAL_PT_UPDATE:
    case MMU_PT_UPDATE_PRESERVE_AD:
    case MMU_PT_UPDATE_NO_TRANSLATE:
        return update_entry(c, call, req, command == MMU_PT_UPDATE_PRESERVE_AD,
                            why);
    case MMU_MACHPHYS_UPDATE:
        return update_machphys(c, call, req, why);
    default:
        return xm__refuse(why, XM_R_MMU_COMMAND, command, req.ptr);
    }
}

/* The tables are those of another domain. MMU-05, MMU-06. */
__attribute__((noinline)) static bool
find_pt_owner(struct xm_cpu *c, struct batch *b, uint32_t pt, struct call *call,
              struct xm_result *why)
{
    call->pt_owner = xm_domain_find(c->machine, (xm_domid)(pt - 1));
    if (!call->pt_owner) {
        b->done = NULL; /* Xen does not store it */
        b->guest_done = 0;
        return xm__refuse(why, XM_R_MMU_PT_DOMAIN, pt - 1, 0);
    }
    return call->pt_owner->vcpu[0].initialised ||
           xm__refuse(why, XM_R_MMU_NO_VCPU, pt - 1, 0);
}

/* Who owns the tables and the pages. MMU-05..07. */
XM_INLINE bool find_owners(struct xm_cpu *c, struct batch *b, struct call *call,
                           struct xm_result *why)
{
    const uint32_t pt = b->foreigndom >> 16;

    *call = (struct call){ b->domain, c->domid, true };
    if (b->foreigndom == DOMID_SELF)
        return true;
    call->own = false;
    if (pt != 0 && pt - 1 != c->domid && !find_pt_owner(c, b, pt, call, why))
        return false;
    return xm__get_pg_owner(c, b->foreigndom & 0xffff, &call->pg_owner) ||
           xm__refuse(why, XM_R_MMU_FD, b->foreigndom & 0xffff, 0);
}

XM_INLINE struct xm_result do_mmu_update(struct xm_cpu *c, struct batch *b,
                                         uint64_t arg[6])
{
    struct mmu_update buffer;
    struct call call;
    struct xm_result why;

    if (!xm__batch_begin(c, b, &why))
        return why;
    if (!find_owners(c, b, &call, &why))
        return xm__batch_stop(c, b, &why, sizeof(buffer), arg);
    for (; b->i < b->count; b->i++) {
        const struct mmu_update *req =
            xm__batch_fetch(c, b, &buffer, sizeof(buffer), &why);

        if (!req || !one_request(c, &call, req, &why))
            return xm__batch_stop(c, b, &why, sizeof(buffer), arg);
    }
    return xm__batch_end(c, b, sizeof(buffer), arg);
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
