/* SPDX-License-Identifier: MIT
 *
 * The vCPUs of the shim's domains: each domain has two, and only those that a
 * trace drives poll, for all of them share one CPU. A domU that rests is
 * paused; a second vCPU that rests is down.
 */
#include "internal.h"

#include <string.h>
#include <unistd.h>
#include <xen/domctl.h>
#include <xen/vcpu.h>

/* It may have used up its time, and Xen's scheduler gives it more but once in
 * a time slice, which is a second: microseconds, or a little more. */
#define DOWN_TRIES 50000u
#define DOWN_WAIT 100u

_Static_assert(sizeof(struct vcpu_guest_context) <= SHIM_DATA_SIZE,
               "the context goes through the mailbox");

static int vcpu_op(struct shim_domain *d, uint64_t command, uint64_t context,
                   int64_t *rc)
{
    const uint64_t arg[5] = { command, 1, context };

    return shim__hypercall(&d->vcpu[0], __HYPERVISOR_vcpu_op, arg, rc);
}

static int failed(const struct shim_domain *d, const char *what, int64_t rc)
{
    return shim__fail(d->shim, "%s vCPU 1 of domain %u failed: %lld", what,
                      d->domid, (long long)rc);
}

int shim__init_secondary(struct shim_domain *d)
{
    const struct shim_vcpu *first = &d->vcpu[0];
    struct vcpu_guest_context *c = (void *)first->mailbox->data;
    int64_t rc;

    memset(c, 0, sizeof(*c));
    c->flags = VGCF_in_kernel;
    c->user_regs.rip = first->mailbox->secondary;
    c->user_regs.rdi = d->vcpu[1].mailbox->self;
    c->user_regs.cs = FLAT_KERNEL_CS;
    c->user_regs.ss = c->kernel_ss = FLAT_KERNEL_SS;
    c->ctrlreg[3] = xen_pfn_to_cr3(d->boot_l4);
    if (vcpu_op(d, VCPUOP_initialise, shim__data(first, 0), &rc) != 0)
        return -1;
    return rc == 0 ? 0 : failed(d, "initialising", rc);
}

int shim__read_context(struct shim_vcpu *v, struct shim_context *context)
{
    struct shim *s = v->domain->shim;
    struct shim_vcpu *control = shim__control(s);
    const struct vcpu_guest_context *c =
        (const void *)(control->mailbox->data + XM_PAGE_SIZE);
    struct xen_domctl op = { .u.vcpucontext.vcpu = v->number };

    op.u.vcpucontext.ctxt.p =
        (void *)(uintptr_t)shim__data(control, XM_PAGE_SIZE);
    if (shim__must_domctl(s, XEN_DOMCTL_getvcpucontext, v->domain->domid, &op,
                          "getvcpucontext") != 0)
        return -1;
    *context =
        (struct shim_context){ .base = xen_cr3_to_pfn(c->ctrlreg[3]),
                               .user_base = xen_cr3_to_pfn(c->ctrlreg[1]),
                               .vm_assist = c->vm_assist };
    return 0;
}

static int wake_domain(struct shim_domain *d)
{
    struct xen_domctl op = { 0 };

    if (d->running)
        return 0;
    if (shim__must_domctl(d->shim, XEN_DOMCTL_unpausedomain, d->domid, &op,
                          "unpausing it") != 0)
        return -1;
    d->running = true;
    return 0;
}

int shim__wake(struct shim_vcpu *v)
{
    const bool first = !v->has_run;
    int64_t rc;

    if (wake_domain(v->domain) != 0)
        return -1;
    if (v->up)
        return 0;
    if (vcpu_op(v->domain, VCPUOP_up, 0, &rc) != 0)
        return -1;
    if (rc != 0)
        return failed(v->domain, "waking", rc);
    v->up = v->has_run = true;
    if (first) /* it has no stack for events before it serves */
        return shim__call(v, SHIM_PING);
    return shim__await(v); /* the end of the call that put it down */
}

/* Puts vCPU 1 down by its own hand: the call ends when it wakes. */
static int put_down(struct shim_vcpu *v)
{
    int64_t is_up;

    v->mailbox->arg[0] = __HYPERVISOR_vcpu_op;
    v->mailbox->arg[1] = VCPUOP_down;
    v->mailbox->arg[2] = v->number;
    shim__post(v, SHIM_HYPERCALL);
    v->up = false;
    for (unsigned int i = 0; i < DOWN_TRIES; i++) {
        if (vcpu_op(v->domain, VCPUOP_is_up, 0, &is_up) != 0)
            return -1;
        if (is_up == 0)
            return 0;
        usleep(DOWN_WAIT); /* vCPU 0 yields meanwhile */
    }
    return failed(v->domain, "resting", is_up);
}

int shim__rest(struct shim_domain *d)
{
    struct xen_domctl op = { 0 };

    if (d->vcpu[1].up && put_down(&d->vcpu[1]) != 0)
        return -1;
    if (d->domid == 0 || !d->running)
        return 0;
    d->running = false;
    return shim__must_domctl(d->shim, XEN_DOMCTL_pausedomain, d->domid, &op,
                             "pausing it");
}
