/* SPDX-License-Identifier: MIT
 *
 * HYPERVISOR_multicall: a list of hypercalls in guest memory. Mirrors
 * do_multicall(). Rules MUL-*.
 */
#include <xen-model/mode.h>

#include "../internal.h"

static struct xm_result execute(struct xm_cpu *c, struct multicall_entry *e)
{
    uint64_t arg[6];
    struct xm_result r;

    if (e->op == __HYPERVISOR_multicall) {
        r = xm__deny(XM_R_MULTICALL_NESTED, e->op, 0);
        xm__note_refused(c, __HYPERVISOR_multicall, XM_NO_REQUEST, e->args[0],
                         e->args[1], &r);
        return xm__finish(c, r);
    }
    for (unsigned int i = 0; i < 6; i++)
        arg[i] = e->args[i];
    r = xm_hypercall(c, e->op, arg);
    for (unsigned int i = 0; i < 6; i++)
        e->args[i] = arg[i];
    return r;
}

/* MUL-05: a call that was continued leaves its rewritten arguments. */
static bool args_changed(const struct multicall_entry *a,
                         const struct multicall_entry *b)
{
    bool changed = false;

    for (unsigned int i = 0; i < 6; i++)
        changed |= a->args[i] != b->args[i];
    return changed;
}

static bool store_entry(struct xm_cpu *c, xm_vaddr va,
                        const struct multicall_entry *before,
                        struct multicall_entry *e, struct xm_result r)
{
    const size_t at = offsetof(struct multicall_entry, result);

    if (c->machine->config.debug) { /* FRM-62 */
        __builtin_memset(e, 0xaa, sizeof(*e));
        e->result = (uint64_t)(int64_t)r.rc;
        return xm__copy_to_guest(c, va, e, sizeof(*e));
    }
    e->result = (uint64_t)(int64_t)r.rc;
    return args_changed(before, e)
               ? xm__copy_to_guest(c, va, e, sizeof(*e))
               : xm__copy_to_guest(c, va + at, &e->result, sizeof(e->result));
}

static struct xm_result interrupted(uint64_t arg[6], xm_vaddr va, uint32_t left)
{
    arg[0] = va;
    arg[1] = left;
    return xm__interrupted(-XEN_ERESTART);
}

/*
 * MUL-07, MUL-11: iret is the end of the list. Its result, and that of the
 * multicall, is the rax of its frame; it is stored through the tables of the
 * mode that the vCPU is in now, if that is possible.
 */
static struct xm_result leave(struct xm_cpu *c, xm_vaddr va)
{
    const xm_vaddr at = va + offsetof(struct multicall_entry, result);
    struct iret_context frame;
    struct xm_result r = xm_iret(c, c->rsp, &frame);
    const uint64_t result = r.rule == XM_R_NONE ? frame.rax : 0;

    (void)xm__copy_to_guest(c, at, &result, sizeof(result));
    if (r.rule == XM_R_NONE && c->others && c->others->left)
        c->others->left(c->others->context, &frame);
    r.rc = (int)result;
    return r;
}

struct xm_result xm__do_multicall(struct xm_cpu *c, uint64_t arg[6])
{
    const uint32_t count = (uint32_t)arg[1];
    struct multicall_entry e, before;
    struct xm_result r;
    xm_vaddr va = arg[0];
    bool refused;

    if (!xm__guest_address(va))
        return xm__finish(c, xm__deny(XM_R_CALL_ADDRESS, va, 0));
    for (uint32_t i = 0; i < count; i++, va += sizeof(e)) {
        if (i != 0 && xm__preempt_check(c, XM_STOP_CALL))
            return interrupted(arg, va, count - i);
        if (!xm__copy_from_guest(c, &e, va, sizeof(e)))
            return xm__finish(c, xm__deny(XM_R_CALL_FAULT, va, i));
        if (e.op == __HYPERVISOR_iret)
            return leave(c, va);
        before = e;
        refused = c->refused.why.rule != XM_R_NONE;
        r = execute(c, &e);
        if (!refused && c->refused.why.rule != XM_R_NONE)
            c->refused.call = i + 1;
        if (r.rc == -XEN_ERESTART) {
            e.result = e.op;
            if (!xm__copy_to_guest(c, va, &e, sizeof(e)))
                return xm__finish(c, xm__deny(XM_R_CALL_FAULT, va, i));
            if (xm__domain(c)->crashed) /* it is not continued: why, then */
                return r;
            return interrupted(arg, va, count - i);
        }
        if (!store_entry(c, va, &before, &e, r))
            return xm__finish(c, xm__deny(XM_R_CALL_FAULT, va, i));
    }
    return xm__ok();
}
