/* SPDX-License-Identifier: MIT
 *
 * HYPERVISOR_iret, and the modes of a vCPU. Mirrors do_iret() and
 * toggle_guest_mode(). Rules CR3-24, CR3-28, MUL-11.
 */
#include <xen-model/mode.h>

#include "../internal.h"

#define CS_RING 3u

static struct xm_result crash(struct xm_cpu *c, enum xm_rule rule, uint64_t a)
{
    xm__domain(c)->crashed = true;
    return xm__finish(c, xm__deny(rule, a, 0));
}

struct xm_result xm_iret(struct xm_cpu *c, xm_vaddr rsp,
                         struct iret_context *frame)
{
    assert(!xm__vcpu(c)->user_mode);
    if (!xm__copy_from_guest(c, frame, rsp, sizeof(*frame)))
        return crash(c, XM_R_IRET_FRAME, rsp);
    return (frame->cs & CS_RING) == CS_RING ? xm_enter_user(c) : xm__ok();
}

struct xm_result xm_enter_user(struct xm_cpu *c)
{
    struct xm_vcpu *v = xm__vcpu(c);

    if (!v->has_user_base)
        return crash(c, XM_R_IRET_NO_USER_BASE, 0);
    v->user_mode = true;
    return xm__ok();
}

void xm_enter_kernel(struct xm_cpu *c)
{
    xm__vcpu(c)->user_mode = false;
}

/* What the frame says of other registers is not the model's. */
struct xm_result xm__do_iret(struct xm_cpu *c, uint64_t arg[6])
{
    struct iret_context frame;

    (void)arg;
    return xm_iret(c, c->rsp, &frame);
}
