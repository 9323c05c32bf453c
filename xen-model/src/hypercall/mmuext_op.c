/* SPDX-License-Identifier: MIT
 *
 * HYPERVISOR_mmuext_op. Mirrors do_mmuext_op(). Rules EXT-*, PIN-*, CR3-*.
 *
 * TLB operations check their arguments and are noted, cache operations change
 * nothing here.
 */
#include <xen-model/hypercall.h>

#include "batch.h"

/* A table that is not pinned after all: both references. */
static void pin_drop(struct xm_cpu *c, unsigned int level, xm_mfn mfn)
{
    if (level == 1)
        xm__put_page_and_type(c, mfn);
    else
        xm__defer_put(c, mfn, XM_NO_MFN, false);
}

/* PIN-08: OWNER is another domain that has been unpinned for good. */
static bool is_dying(struct xm_cpu *c, xm_domid owner)
{
    const struct xm_domain *d = xm_domain_find(c->machine, owner);

    return owner != c->domid && d && d->dying;
}

static struct xm_result pin_table(struct xm_cpu *c, xm_domid owner,
                                  unsigned int level, xm_mfn mfn)
{
    const struct xm_vcpu *v = xm__vcpu(c);
    struct xm_frame *f = xm__get_page_from_mfn(c, mfn, owner);
    struct xm_result r;

    if (!f)
        return xm__deny(XM_R_PIN_NOT_OWN, mfn, owner);
    r = xm__get_page_type(c, mfn, XM_PGT_LEVEL(level), true);
    if (r.rc != 0) {
        if (!(v->has_old && v->old_guest_table == mfn))
            xm__put_page(c, mfn);
        return r;
    }
    if (!(f->type_info & XM_PGT_PINNED)) {
        if (is_dying(c, owner)) {
            xm__note(c, XM_R_PIN_DYING);
            pin_drop(c, level, mfn);
        } else {
            f->type_info |= XM_PGT_PINNED; /* owns both references */
        }
        return r;
    }
    if (xm__broken(c, XM_FAULT_PIN_TWICE))
        return r; /* NEVER: with a check removed only */
    r = xm__deny(XM_R_PIN_TWICE, mfn, f->type_info);
    pin_drop(c, level, mfn);
    return r;
}

static struct xm_result unpin_table(struct xm_cpu *c, xm_domid owner,
                                    xm_mfn mfn)
{
    struct xm_frame *f = xm__get_page_from_mfn(c, mfn, owner);
    int rc;

    if (!f)
        return xm__deny(XM_R_UNPIN_NOT_OWN, mfn, owner);
    if (!(f->type_info & XM_PGT_PINNED)) {
        xm__put_page(c, mfn);
        return xm__deny(XM_R_UNPIN_NOT_PINNED, mfn, f->type_info);
    }
    f->type_info &= ~XM_PGT_PINNED;
    rc = xm__put_page_type(c, mfn, XM_PTF_PREEMPTIBLE, XM_NO_MFN);
    if (rc == 0)
        xm__put_page(c, mfn);
    else /* the rest comes later, the operation has succeeded */
        xm__defer_put(c, mfn, XM_NO_MFN, rc == -XEN_ERESTART);
    xm__put_page(c, mfn);
    return xm__ok();
}

/* A page to overwrite, held with both references. NOT_OWN: if it is not. */
static struct xm_result get_destination(struct xm_cpu *c, xm_domid owner,
                                        xm_mfn mfn, enum xm_rule not_own)
{
    struct xm_frame *f =
        owner == DOMID_IO ? NULL : xm__get_page_from_mfn(c, mfn, owner);

    if (!f)
        return xm__deny(not_own, mfn, owner);
    if (xm__get_page_type(c, mfn, XM_PGT_WRITABLE, false).rc != 0) {
        if (xm__broken(c, XM_FAULT_CLEAR_TYPED)) {
            f->type_info++;  /* NEVER: with a check removed only */
            return xm__ok(); /* NEVER */
        }
        xm__put_page(c, mfn);
        return xm__deny(XM_R_CLEAR_TYPED, mfn, f->type_info);
    }
    return xm__ok();
}

static struct xm_result clear_page(struct xm_cpu *c, xm_domid owner, xm_mfn mfn)
{
    const struct xm_result r =
        get_destination(c, owner, mfn, XM_R_CLEAR_NOT_OWN);

    if (r.rc != 0)
        return r;
    __builtin_memset(xm__ram_to_write(c, mfn), 0, XM_PAGE_SIZE);
    xm__put_page_and_type(c, mfn);
    return r;
}

static struct xm_result copy_page(struct xm_cpu *c, xm_domid owner, xm_mfn to,
                                  xm_mfn from)
{
    struct xm_result r;

    if (!xm__get_page_from_mfn(c, from, owner))
        return xm__deny(XM_R_COPY_SOURCE, from, owner);
    r = get_destination(c, owner, to, XM_R_COPY_NOT_OWN);
    if (r.rc == 0) {
        __builtin_memmove(xm__ram_to_write(c, to), xm__ram(c, from),
                          XM_PAGE_SIZE);
        xm__put_page_and_type(c, to);
    }
    xm__put_page(c, from);
    return r;
}

/* EXT-23..28, TLB-17. */
static struct xm_result flush_tlb(struct xm_cpu *c, const struct mmuext_op *op)
{
    const bool multi =
        op->cmd == MMUEXT_TLB_FLUSH_MULTI || op->cmd == MMUEXT_INVLPG_MULTI;

    if (multi && !xm__read_vcpu_mask(c, op->arg2.src_mfn))
        return xm__deny(XM_R_EXT_VCPU_MASK, op->cmd, 0);
    c->flushed |= op->cmd == MMUEXT_TLB_FLUSH_LOCAL   ? XM_FLUSH_OWN
                  : op->cmd == MMUEXT_INVLPG_LOCAL    ? XM_FLUSH_OWN_PAGE
                  : op->cmd == MMUEXT_TLB_FLUSH_MULTI ? XM_FLUSH_VCPUS
                  : op->cmd == MMUEXT_INVLPG_MULTI    ? XM_FLUSH_VCPUS_PAGE
                  : op->cmd == MMUEXT_TLB_FLUSH_ALL   ? XM_FLUSH_DOMAIN
                                                      : XM_FLUSH_DOMAIN_PAGE;
    return xm__ok();
}

/* The commands that work on the caller's own CPU state only. */
static struct xm_result own_command(struct xm_cpu *c,
                                    const struct mmuext_op *op)
{
    const bool rights = xm__domain_has_hardware(xm__domain(c));

    switch (op->cmd) {
    case MMUEXT_NEW_BASEPTR:
        return xm__new_guest_cr3(c, op->arg1.mfn);
    case MMUEXT_NEW_USER_BASEPTR:
        return xm__new_user_baseptr(c, op->arg1.mfn);
    case MMUEXT_FLUSH_CACHE:
        return rights ? xm__ok() : xm__deny(XM_R_EXT_CACHE, c->domid, 0);
    case MMUEXT_FLUSH_CACHE_GLOBAL:
        if (rights)
            return xm__ok();
        return xm__deny(c->machine->config.flush_cache_alike
                            ? XM_R_EXT_CACHE
                            : XM_R_EXT_CACHE_GLOBAL,
                        c->domid, 0);
    case MMUEXT_SET_LDT:
        if (op->arg2.nr_ents > 8192 ||
            (op->arg2.nr_ents != 0 &&
             ((op->arg1.linear_addr & (XM_PAGE_SIZE - 1)) ||
              !xm__guest_address(op->arg1.linear_addr))))
            return xm__deny(XM_R_SET_LDT_ARGS, op->arg1.linear_addr,
                            op->arg2.nr_ents);
        xm__set_ldt(c, op->arg1.linear_addr, op->arg2.nr_ents);
        return xm__ok();
    default:
        return flush_tlb(c, op);
    }
}

static struct xm_result one_op(struct xm_cpu *c, xm_domid owner,
                               const struct mmuext_op *op)
{
    switch (op->cmd) {
    case MMUEXT_PIN_L1_TABLE:
    case MMUEXT_PIN_L2_TABLE:
    case MMUEXT_PIN_L3_TABLE:
    case MMUEXT_PIN_L4_TABLE:
        return pin_table(c, owner, op->cmd - MMUEXT_PIN_L1_TABLE + 1,
                         op->arg1.mfn);
    case MMUEXT_UNPIN_TABLE:
        return unpin_table(c, owner, op->arg1.mfn);
    case MMUEXT_CLEAR_PAGE:
        return clear_page(c, owner, op->arg1.mfn);
    case MMUEXT_COPY_PAGE:
        return copy_page(c, owner, op->arg1.mfn, op->arg2.src_mfn);
    case MMUEXT_MARK_SUPER:
    case MMUEXT_UNMARK_SUPER:
        return xm__deny(XM_R_EXT_SUPERPAGE, op->cmd, op->arg1.mfn);
    case MMUEXT_NEW_BASEPTR:
    case MMUEXT_TLB_FLUSH_LOCAL:
    case MMUEXT_INVLPG_LOCAL:
    case MMUEXT_TLB_FLUSH_MULTI:
    case MMUEXT_INVLPG_MULTI:
    case MMUEXT_TLB_FLUSH_ALL:
    case MMUEXT_INVLPG_ALL:
    case MMUEXT_FLUSH_CACHE:
    case MMUEXT_SET_LDT:
    case MMUEXT_NEW_USER_BASEPTR:
    case MMUEXT_FLUSH_CACHE_GLOBAL:
        if (owner != c->domid)
            return xm__deny(XM_R_EXT_FOREIGN, op->cmd, owner);
        return own_command(c, op);
    default:
        return xm__deny(XM_R_EXT_COMMAND, op->cmd, 0);
    }
}

static struct xm_result do_mmuext_op(struct xm_cpu *c, struct batch *b)
{
    struct mmuext_op buffer[XM_AHEAD];
    struct xm_result r;
    xm_domid owner;

    if (!xm__batch_begin(c, b, &r))
        return r;
    if (!xm__get_pg_owner(c, b->foreigndom & 0xffff, &owner))
        return xm__finish(c, xm__deny(XM_R_EXT_FD, b->foreigndom & 0xffff, 0));
    if (!xm__may_act_on(c, owner))
        return xm__finish(c, xm__deny(XM_R_EXT_PRIVILEGE, owner, 0));
    for (; b->i < b->count; b->i++) {
        const struct mmuext_op *op =
            xm__batch_fetch(c, b, buffer, sizeof(*buffer), &r);

        if (op)
            r = one_op(c, owner, op);
        if (!op || r.rc != 0) {
            if (op)
                xm__note_refused(c, __HYPERVISOR_mmuext_op, b->before + b->i,
                                 op->cmd, op->arg1.mfn, &r);
            return xm__batch_stop(c, b, &r, sizeof(*buffer));
        }
    }
    return xm__batch_end(c, b, sizeof(*buffer));
}

struct xm_result xm__do_mmuext_op(struct xm_cpu *c, uint64_t arg[6])
{
    struct batch b = xm__batch_of_registers(arg);

    return do_mmuext_op(c, &b);
}

struct xm_result xm_mmuext_op(struct xm_cpu *c, const struct mmuext_op *ops,
                              uint32_t count, uint32_t *done,
                              uint32_t foreigndom)
{
    struct batch b = {
        .requests = ops, .count = count, .done = done, .foreigndom = foreigndom
    };

    return do_mmuext_op(c, &b);
}
