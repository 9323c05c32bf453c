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

static xm_mfn table_of(uint64_t address)
{
    return address >> XM_PAGE_SHIFT;
}

static unsigned int slot_of(uint64_t address)
{
    return (address & (XM_PAGE_SIZE - 1)) / sizeof(uint64_t);
}

static bool preserves_ad(uint64_t address)
{
    return (address & COMMAND_MASK) == MMU_PT_UPDATE_PRESERVE_AD;
}

static uint64_t *entry_at(const struct xm_cpu *c, uint64_t address)
{
    xm__write_ram(c, table_of(address));
    return c->ram + address / sizeof(uint64_t);
}

/* A live table above L1, or a page that is mapped writable. */
static bool update_live(struct xm_cpu *c, struct call call,
                        const struct xm_frame *f, uint64_t address,
                        uint64_t val, struct xm_result *why)
{
    const unsigned int level = xm_pgt_level(f->type_info);

    if (level != 0) {
        if (call.pg_owner != call.pt_owner->domid &&
            !xm__broken(c, XM_FAULT_FOREIGN_UPPER))
            return xm__refuse(why, XM_R_MMU_FOREIGN_UPPER, call.pg_owner,
                              call.pt_owner->domid);
        *why = xm__mod_lxe_entry(c, level, table_of(address), slot_of(address),
                                 (struct lxe){ val }, preserves_ad(address));
        if (why->rc == 0)
            c->flushed |= XM_FLUSH_DOMAIN; /* at the end of the call: TLB-11 */
        return why->rc == 0;
    }
    if ((f->type_info & XM_PGT_TYPE_MASK) != XM_PGT_WRITABLE)
        return xm__refuse(why, XM_R_MMU_BAD_TYPE, table_of(address),
                          f->type_info);
    *entry_at(c, address) = val;
    return true;
}

/* A page that is nobody's table at the moment. */
static bool update_raw(struct xm_cpu *c, const struct xm_frame *f,
                       uint64_t address, uint64_t val, struct xm_result *why)
{
    const xm_mfn mfn = table_of(address);

    if (xm__get_page_type(c, mfn, XM_PGT_WRITABLE, false).rc != 0)
        return xm__refuse(why, XM_R_MMU_PARTIAL, mfn, f->type_info);
    *entry_at(c, address) = val;
    (void)xm__put_page_type(c, mfn, 0, XM_NO_MFN);
    xm__note(c, XM_R_MMU_RAW);
    return true;
}

/* Frame F, held, is no live L1. */
__attribute__((noinline)) static bool
update_other(struct xm_cpu *c, struct call call, const struct xm_frame *f,
             uint64_t address, uint64_t val, struct xm_result *why)
{
    return xm__lockable(f) ? update_live(c, call, f, address, val, why)
                           : update_raw(c, f, address, val, why);
}

/* The caller may act on the owners of tables and pages. */
XM_INLINE bool has_privilege(struct xm_cpu *c, struct call call)
{
    return call.own ||
           ((call.pg_owner == DOMID_IO || xm__may_act_on(c, call.pg_owner)) &&
            xm__may_act_on(c, call.pt_owner->domid)) ||
           xm__broken(c, XM_FAULT_MMU_PRIVILEGE);
}

XM_INLINE bool update_entry(struct xm_cpu *c, struct call call,
                            uint64_t address, uint64_t val,
                            struct xm_result *why)
{
    const xm_mfn mfn = table_of(address);
    const struct xm_frame *f;
    bool done;

    if (!has_privilege(c, call))
        return xm__refuse(why, XM_R_MMU_PRIVILEGE, call.pg_owner,
                          call.pt_owner->domid);
    f = xm__get_page_from_mfn(c, mfn, call.pt_owner->domid);
    if (!f)
        return xm__refuse(why, XM_R_MMU_NOT_OWN, mfn, call.pt_owner->domid);
    if (__builtin_expect(xm__is_live_l1(f), 1))
        done = xm__mod_l1_entry(c, entry_at(c, address), (struct l1e){ val },
                                preserves_ad(address), call.pt_owner,
                                call.pg_owner, why) ||
               xm__in_slot(why, slot_of(address));
    else
        done = update_other(c, call, f, address, val, why);
    xm__put_page(c, mfn);
    return done;
}

__attribute__((noinline)) static bool
update_machphys(struct xm_cpu *c, struct call call, uint64_t address,
                uint64_t val, struct xm_result *why)
{
    const xm_mfn mfn = table_of(address);

    if (call.pt_owner->domid != c->domid)
        return xm__refuse(why, XM_R_MACHPHYS_TABLE_OWNER, call.pt_owner->domid,
                          0);
    if (call.pg_owner != DOMID_IO && !xm__may_act_on(c, call.pg_owner))
        return xm__refuse(why, XM_R_MACHPHYS_PRIVILEGE, call.pg_owner, 0);
    if (!xm__get_page_from_mfn(c, mfn, call.pg_owner))
        return xm__refuse(why, XM_R_MACHPHYS_NOT_OWN, mfn, call.pg_owner);
    *xm_machine_m2p(c->machine, mfn) = val;
    xm__put_page(c, mfn);
    return true;
}

/* ADDRESS: of the entry, with the command in its low bits. */
XM_INLINE bool one_request(struct xm_cpu *c, struct call call, uint64_t address,
                           uint64_t val, struct xm_result *why)
{
    switch (address & COMMAND_MASK) {
    case MMU_NORMAL_PT_UPDATE:
    case MMU_PT_UPDATE_PRESERVE_AD:
    case MMU_PT_UPDATE_NO_TRANSLATE:
        return update_entry(c, call, address, val, why);
    case MMU_MACHPHYS_UPDATE:
        return update_machphys(c, call, address, val, why);
    default:
        return xm__refuse(why, XM_R_MMU_COMMAND, address & COMMAND_MASK,
                          address);
    }
}

/* The tables are those of another domain; NULL: *WHY says why not. */
__attribute__((noinline)) static const struct xm_domain *
find_pt_owner(struct xm_cpu *c, struct batch *b, uint32_t pt,
              struct xm_result *why)
{
    const struct xm_domain *d = xm_domain_find(c->machine, (xm_domid)(pt - 1));

    if (!d) {
        b->done = NULL; /* Xen does not store it */
        b->guest_done = 0;
        *why = xm__deny(XM_R_MMU_PT_DOMAIN, pt - 1, 0);
    } else if (d->nr_vcpus == 0) {
        *why = xm__deny(XM_R_MMU_NO_VCPU, pt - 1, 0);
        d = NULL;
    }
    return d;
}

/* Who owns the tables and the pages. MMU-05..07. */
XM_INLINE bool find_owners(struct xm_cpu *c, struct batch *b, struct call *call,
                           struct xm_result *why)
{
    const uint32_t pt = b->foreigndom >> 16;

    *call = (struct call){ b->domain, c->domid, true };
    if (__builtin_expect(b->foreigndom == DOMID_SELF, 1)) /* nearly always */
        return true;
    call->own = false;
    if (pt != 0 && pt - 1 != c->domid)
        call->pt_owner = find_pt_owner(c, b, pt, why);
    if (!call->pt_owner)
        return false;
    return xm__get_pg_owner(c, b->foreigndom & 0xffff, &call->pg_owner) ||
           xm__refuse(why, XM_R_MMU_FD, b->foreigndom & 0xffff, 0);
}

XM_INLINE struct xm_result do_mmu_update(struct xm_cpu *c, struct batch *b)
{
    struct mmu_update buffer[XM_AHEAD];
    struct call call;
    struct xm_result why;

    if (!xm__batch_begin(c, b, &why))
        return why;
    if (!find_owners(c, b, &call, &why))
        return xm__batch_stop(c, b, &why, sizeof(*buffer));
    for (; b->i < b->count; b->i++) {
        const struct mmu_update *req =
            xm__batch_fetch(c, b, buffer, sizeof(*buffer), &why);

        if (!req || !one_request(c, call, req->ptr, req->val, &why)) {
            if (req)
                xm__note_refused(c, __HYPERVISOR_mmu_update, b->before + b->i,
                                 req->ptr, req->val, &why);
            return xm__batch_stop(c, b, &why, sizeof(*buffer));
        }
    }
    return xm__batch_end(c, b, sizeof(*buffer));
}

struct xm_result xm__do_mmu_update(struct xm_cpu *c, uint64_t arg[6])
{
    struct batch b = xm__batch_of_registers(arg);

    return do_mmu_update(c, &b);
}

struct xm_result xm_mmu_update(struct xm_cpu *c, const struct mmu_update *reqs,
                               uint32_t count, uint32_t *done,
                               uint32_t foreigndom)
{
    struct batch b = {
        .requests = reqs, .count = count, .done = done, .foreigndom = foreigndom
    };

    return do_mmu_update(c, &b);
}
