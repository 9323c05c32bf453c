/* SPDX-License-Identifier: MIT
 *
 * The raw entry: a hypercall as the guest's registers give it, its arguments
 * in guest memory. Mirrors the hypercall table of a 64-bit PV guest.
 */
#include <xen-model/hypercall.h>

#include "../internal.h"

static xm__hypercall *const handlers[] = {
    [__HYPERVISOR_mmu_update] = xm__do_mmu_update,
    [__HYPERVISOR_set_gdt] = xm__do_set_gdt,
    [__HYPERVISOR_update_descriptor] = xm__do_update_descriptor,
    [__HYPERVISOR_memory_op] = xm__do_memory_op,
    [__HYPERVISOR_multicall] = xm__do_multicall,
    [__HYPERVISOR_update_va_mapping] = xm__do_update_va_mapping,
    [__HYPERVISOR_update_va_mapping_otherdomain] =
        xm__do_update_va_mapping_otherdomain,
    [__HYPERVISOR_vm_assist] = xm__do_vm_assist,
    [__HYPERVISOR_set_segment_base] = xm__do_set_segment_base,
    [__HYPERVISOR_grant_table_op] = xm__do_grant_table_op,
    [__HYPERVISOR_iret] = xm__do_iret,
    [__HYPERVISOR_vcpu_op] = xm__do_vcpu_op,
    [__HYPERVISOR_mmuext_op] = xm__do_mmuext_op,
    [__HYPERVISOR_physdev_op] = xm__do_physdev_op,
    [__HYPERVISOR_domctl] = xm__do_domctl,
};

XM_COLD static void note_refused(struct xm_cpu *c, uint64_t number, uint64_t a,
                                 uint64_t b, struct xm_result r)
{
    xm__note_refused(c, (uint32_t)number, XM_NO_REQUEST, a, b, &r);
}

/* In a function of its own, so that nobody copies the answer. */
static struct xm_result noted(struct xm_cpu *c, uint64_t number,
                              uint64_t arg[6])
{
    const uint64_t a = arg[0], b = arg[1];
    const struct xm_result r = xm_model_hypercall(c, number, arg);

    if (r.rc < 0)
        note_refused(c, number, a, b, r);
    return r;
}

struct xm_result xm_hypercall(struct xm_cpu *c, uint64_t number,
                              uint64_t arg[6])
{
    const uint64_t a = arg[0], b = arg[1];
    struct xm_result r;

    assert(!xm__vcpu(c)->user_mode); /* system calls go to the kernel */
    c->preempted = false;
    if (!c->others ||
        !c->others->hypercall(c->others->context, c, number, arg, &r))
        return noted(c, number, arg);
    if (r.rc < 0)
        note_refused(c, number, a, b, r);
    return r;
}

struct xm_result xm_model_hypercall(struct xm_cpu *c, uint64_t number,
                                    uint64_t arg[6])
{
    if (number >= sizeof(handlers) / sizeof(handlers[0]) || !handlers[number])
        return xm__finish(c, xm__deny(XM_R_CALL_UNKNOWN, number, 0));
    return handlers[number](c, arg);
}
