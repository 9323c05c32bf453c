/* SPDX-License-Identifier: MIT
 *
 * HYPERVISOR_vcpu_op. Mirrors do_vcpu_op(), common_vcpu_op() and
 * map_vcpu_info(). Rules CR3-32..35, REF-37, OTH-05.
 *
 * What Xen writes into what is registered is time and events, not tables.
 *
 * GAP: commands about time, timers and interrupts are refused as unknown.
 */
#include <xen-model/hypercall.h>

#include "../internal.h"

#include <xen/vcpu.h>

static struct xm_result register_info(struct xm_cpu *c, struct xm_vcpu *v,
                                      xm_vaddr from)
{
    struct vcpu_register_vcpu_info info;
    const struct xm_frame *f;

    if (!xm__copy_from_guest(c, &info, from, sizeof(info)))
        return xm__deny(XM_R_VCPU_ARGUMENT, from, 0);
    if (info.offset > XM_PAGE_SIZE - sizeof(struct vcpu_info) ||
        (info.offset & (_Alignof(struct vcpu_info) - 1)))
        return xm__deny(XM_R_VCPU_INFO_PLACE, info.offset, 0);
    if (v->has_info || (v != xm__vcpu(c) && v->up))
        return xm__deny(XM_R_VCPU_INFO_STATE, v->info_frame, 0);
    f = xm__get_page_from_mfn(c, info.mfn, c->domid);
    if (!f)
        return xm__deny(XM_R_VCPU_INFO_NOT_OWN, info.mfn, c->domid);
    if (xm__get_page_type(c, info.mfn, XM_PGT_WRITABLE, false).rc != 0) {
        xm__put_page(c, info.mfn);
        return xm__deny(XM_R_VCPU_INFO_TYPE, info.mfn, f->type_info);
    }
    v->has_info = true;
    v->info_frame = info.mfn;
    return xm__ok();
}

/*
 * Where Xen shall say how a vCPU spends its time, or what time it is: an
 * address, which is translated whenever something is written there. OTH-06.
 */
static struct xm_result register_area(struct xm_cpu *c, xm_vaddr from)
{
    xm_vaddr to;

    if (!xm__copy_from_guest(c, &to, from, sizeof(to)))
        return xm__deny(XM_R_VCPU_ARGUMENT, from, 0);
    return xm__guest_address(to) ? xm__ok()
                                 : xm__deny(XM_R_VCPU_ARGUMENT, to, 0);
}

/* The last one ends the domain, without a trace in its tables. */
static struct xm_result down(struct xm_cpu *c, struct xm_domain *d,
                             struct xm_vcpu *v)
{
    bool others = false;

    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        others |= &d->vcpu[i] != v && d->vcpu[i].up;
    if (others)
        v->up = false;
    else
        xm__note(c, XM_R_VCPU_LAST);
    return xm__ok();
}

static struct xm_result vcpu_op(struct xm_cpu *c, uint32_t command, uint32_t id,
                                xm_vaddr argument)
{
    struct xm_domain *d = xm__domain(c);
    struct xm_vcpu *v = &d->vcpu[id % XM_MAX_VCPUS];
    struct xm_result r = xm__ok();

    if (id >= d->nr_vcpus)
        return xm__deny(XM_R_VCPU_NONE, id, d->nr_vcpus);
    switch (command) {
    case VCPUOP_initialise:
        return xm__initialise_vcpu(c, v, argument);
    case VCPUOP_up:
        if (!v->initialised)
            return xm__deny(XM_R_VCPU_NOT_INITIALISED, id, 0);
        v->up = true;
        v->has_run = true;
        return r;
    case VCPUOP_down:
        return down(c, d, v);
    case VCPUOP_is_up:
        r.rc = v->up;
        return r;
    case VCPUOP_register_runstate_memory_area:
    case VCPUOP_register_vcpu_time_memory_area:
        return register_area(c, argument);
    case VCPUOP_register_vcpu_info:
        return register_info(c, v, argument);
    default:
        return xm__deny(XM_R_VCPU_COMMAND, command, id);
    }
}

struct xm_result xm__do_vcpu_op(struct xm_cpu *c, uint64_t arg[6])
{
    return xm__finish(c,
                      vcpu_op(c, (uint32_t)arg[0], (uint32_t)arg[1], arg[2]));
}
