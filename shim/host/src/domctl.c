/* SPDX-License-Identifier: MIT
 *
 * What dom0 does to other domains: domctl, memory and pins, as raw hypercalls
 * through its mailbox. The structure of a domctl and what it points to are in
 * the mailbox's data.
 */
#include "internal.h"

#include <stdio.h>
#include <string.h>
#include <xen-model/domctl.h>
#include <xen/domctl.h>
#include <xen/memory.h>
#include <xen/sched.h>

#define LIST_AT 256u /* behind the structure */
#define EXTENT_ORDER 9u

_Static_assert(XM_DOMCTL_VERSION == XEN_DOMCTL_INTERFACE_VERSION &&
                   XM_DOMCTL_DESTROY == XEN_DOMCTL_destroydomain &&
                   XM_DOMCTL_SET_VCPU_CONTEXT == XEN_DOMCTL_setvcpucontext &&
                   XM_DOMCTL_IOMEM_PERMISSION == XEN_DOMCTL_iomem_permission &&
                   XM_DOMCTL_GET_FRAME_INFO == XEN_DOMCTL_getpageframeinfo3 &&
                   XM_FRAME_INFO_LEVEL_SHIFT == XEN_DOMCTL_PFINFO_LTAB_SHIFT &&
                   XM_FRAME_INFO_PINNED == XEN_DOMCTL_PFINFO_LPINTAB &&
                   XM_FRAME_INFO_INVALID == XEN_DOMCTL_PFINFO_XTAB,
               "the model's numbers are Xen's");

#define SAME_PLACE(mine, xens)                                                 \
    _Static_assert(offsetof(struct xm_domctl, mine) ==                         \
                       offsetof(struct xen_domctl, xens),                      \
                   "the model's structure is Xen's")

SAME_PLACE(version, interface_version);
SAME_PLACE(dom, domain);
SAME_PLACE(u.frame_info.num, u.getpageframeinfo3.num);
SAME_PLACE(u.frame_info.array, u.getpageframeinfo3.array);
SAME_PLACE(u.iomem.first, u.iomem_permission.first_mfn);
SAME_PLACE(u.iomem.allow, u.iomem_permission.allow_access);
SAME_PLACE(u.vcpu_context.vcpu, u.vcpucontext.vcpu);
SAME_PLACE(u.vcpu_context.ctxt, u.vcpucontext.ctxt);
_Static_assert(sizeof(struct xm_domctl) == sizeof(struct xen_domctl),
               "the model's structure is Xen's");

static int domctl(struct shim *s, uint32_t version, struct xen_domctl *op,
                  int64_t *rc)
{
    struct shim_vcpu *v = shim__control(s);
    const uint64_t arg[5] = { shim__data(v, 0) };

    op->interface_version = version;
    memcpy(v->mailbox->data, op, sizeof(*op));
    if (shim__hypercall(v, __HYPERVISOR_domctl, arg, rc) != 0)
        return -1;
    memcpy(op, v->mailbox->data, sizeof(*op));
    return 0;
}

/*
 * Xen takes one version of the interface only. What is used of it here has
 * been the same from 4.13 to 4.22; it is asked which number it wants.
 */
static int find_version(struct shim *s)
{
    static const uint32_t versions[] = {
        XEN_DOMCTL_INTERFACE_VERSION, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18
    };

    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        struct xen_domctl op = { .cmd = XEN_DOMCTL_getdomaininfo };
        int64_t rc;

        if (domctl(s, versions[i], &op, &rc) != 0)
            return -1;
        if (rc == 0) {
            s->domctl_version = versions[i];
            return 0;
        }
    }
    return shim__fail(s, "%s has a control interface that is not known here",
                      s->backend.version);
}

uint32_t shim__domctl_version(struct shim *s)
{
    if (s->domctl_version == 0)
        (void)find_version(s);
    return s->domctl_version;
}

int shim__domctl(struct shim *s, uint32_t command, xm_domid domid,
                 struct xen_domctl *op, int64_t *rc)
{
    if (shim__domctl_version(s) == 0)
        return -1;
    op->cmd = command;
    op->domain = domid;
    return domctl(s, s->domctl_version, op, rc);
}

int shim__must_domctl(struct shim *s, uint32_t command, xm_domid domid,
                      struct xen_domctl *op, const char *what)
{
    int64_t rc;

    if (shim__domctl(s, command, domid, op, &rc) != 0)
        return -1;
    return rc == 0 ? 0
                   : shim__fail(s, "domain %u: %s failed: %lld", domid, what,
                                (long long)rc);
}

int shim__populate(struct shim *s, xm_domid domid, uint32_t count,
                   uint64_t *list)
{
    struct shim_vcpu *v = shim__control(s);
    struct xen_memory_reservation r = { .nr_extents = count,
                                        .extent_order = EXTENT_ORDER,
                                        .domid = domid };
    const uint64_t arg[5] = { XENMEM_populate_physmap, shim__data(v, 0) };
    int64_t rc;

    /* Of the guest's addresses, which are no addresses here. */
    for (uint32_t i = 0; i < count; i++)
        list[i] = (uint64_t)i << EXTENT_ORDER;
    memcpy(v->mailbox->data + LIST_AT, list, count * sizeof(list[0]));
    r.extent_start.p = (void *)(uintptr_t)shim__data(v, LIST_AT);
    memcpy(v->mailbox->data, &r, sizeof(r));
    if (shim__hypercall(v, __HYPERVISOR_memory_op, arg, &rc) != 0)
        return -1;
    if (rc != count)
        return shim__fail(s,
                          "domain %u: Xen has %lld of %u blocks of 2 MiB: "
                          "give the machine more memory",
                          domid, (long long)rc, count);
    memcpy(list, v->mailbox->data + LIST_AT, count * sizeof(list[0]));
    return 0;
}

int shim__pin_l4(struct shim *s, xm_domid domid, xm_mfn mfn)
{
    struct shim_vcpu *v = shim__control(s);
    const struct mmuext_op op = { .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = mfn };
    const uint64_t arg[5] = { shim__data(v, 0), 1, 0, domid };
    int64_t rc;

    memcpy(v->mailbox->data, &op, sizeof(op));
    if (shim__hypercall(v, __HYPERVISOR_mmuext_op, arg, &rc) != 0)
        return -1;
    return rc == 0 ? 0
                   : shim__fail(s, "domain %u: Xen refuses its tables: %lld",
                                domid, (long long)rc);
}

static int unpin(struct shim *s, xm_domid domid, uint32_t count)
{
    struct shim_vcpu *v = shim__control(s);
    const uint64_t arg[5] = { shim__data(v, 0), count, 0,
                              domid == 0 ? DOMID_SELF : domid };
    int64_t rc;

    if (shim__hypercall(v, __HYPERVISOR_mmuext_op, arg, &rc) != 0)
        return -1;
    return rc == 0 ? 0
                   : shim__fail(s, "domain %u: unpinning failed: %lld", domid,
                                (long long)rc);
}

int shim__unpin_all(struct shim_domain *d)
{
    struct mmuext_op *ops = (void *)shim__control(d->shim)->mailbox->data;
    uint32_t count = 0;

    for (uint64_t pfn = d->first_pfn; pfn < d->next_pfn; pfn++) {
        const xm_mfn mfn = d->p2m[pfn];
        const struct xm_frame f = shim__frame(d->shim, mfn);

        if (f.owner == d->domid && (f.type_info & XM_PGT_PINNED))
            ops[count++] = (struct mmuext_op){ .cmd = MMUEXT_UNPIN_TABLE,
                                               .arg1.mfn = mfn };
        if (count == SHIM_DATA_SIZE / sizeof(*ops)) {
            if (unpin(d->shim, d->domid, count) != 0)
                return -1;
            count = 0;
        }
    }
    return count != 0 ? unpin(d->shim, d->domid, count) : 0;
}

const char *shim__obituary(struct shim_domain *d)
{
    static const char *const reasons[] = {
        [SHUTDOWN_poweroff] = "has powered off",
        [SHUTDOWN_reboot] = "has rebooted",
        [SHUTDOWN_suspend] = "is suspended",
        [SHUTDOWN_crash] = "has crashed",
    };
    struct xen_domctl op = { 0 };
    uint32_t flags, reason;
    int64_t rc;

    if (shim__domctl(d->shim, XEN_DOMCTL_getdomaininfo, d->domid, &op, &rc))
        return "cannot be asked about: dom0 does not answer";
    /* Of a domain that is gone the answer is about the next one. */
    if (rc != 0 || op.u.getdomaininfo.domain != d->domid)
        return "is gone";
    flags = op.u.getdomaininfo.flags;
    if (!(flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying)))
        return NULL;
    reason = flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
    d->crashed = reason == SHUTDOWN_crash;
    return reason < sizeof(reasons) / sizeof(reasons[0]) ? reasons[reason]
                                                         : "has shut down";
}

int shim__vm_assists(struct shim *s, xm_domid domid, uint32_t vcpu,
                     uint64_t *assists)
{
    struct shim_vcpu *v = shim__control(s);
    struct xen_domctl op = { .u.vcpucontext = { .vcpu = vcpu } };
    struct vcpu_guest_context context;

    _Static_assert(LIST_AT + sizeof(context) <= PVT_MAX_DATA, "it has room");
    op.u.vcpucontext.ctxt.p = (void *)(uintptr_t)shim__data(v, LIST_AT);
    if (shim__must_domctl(s, XEN_DOMCTL_getvcpucontext, domid, &op,
                          "getvcpucontext") != 0)
        return -1;
    memcpy(&context, v->mailbox->data + LIST_AT, sizeof(context));
    *assists = context.vm_assist;
    return 0;
}

/* Nothing brings back what OP took from D. */
static void note_domctl(struct shim_domain *d, const struct xm_domctl *op,
                        uint64_t structure)
{
    if (op->cmd == XM_DOMCTL_DESTROY) {
        *d = (struct shim_domain){ .shim = d->shim,
                                   .domid = d->domid,
                                   .remains = structure };
    } else if (op->cmd == XM_DOMCTL_SET_VCPU_CONTEXT) {
        d->spoiled = d->used_up = true;
        if (op->u.vcpu_context.vcpu < SHIM_VCPUS)
            d->vcpu[op->u.vcpu_context.vcpu].up = false;
    } else if (op->cmd == XM_DOMCTL_IOMEM_PERMISSION) {
        d->used_up |= d->domid != 0 || !op->u.iomem.allow;
    }
}

int shim__trace_domctl(struct shim_vcpu *v, const struct pvt_op *op,
                       int64_t *rc)
{
    struct shim *s = v->domain->shim;
    struct xm_domctl *const x = (struct xm_domctl *)v->mailbox->data;
    struct shim_domain *d = NULL;
    struct xm_domctl asked;
    uint64_t structure;

    if (op->data_size < sizeof(*x) || op->arg[0] != op->args)
        return shim__hypercall(v, op->number, op->arg, rc);
    if (shim__domctl_version(s) == 0)
        return -1;
    memcpy(v->mailbox->data, op->data, op->data_size); /* was used for that */
    asked = *x;
    if (x->version == XM_DOMCTL_VERSION)
        x->version = s->domctl_version;
    if (x->dom < SHIM_DOMAINS && s->domains[x->dom].exists)
        d = &s->domains[x->dom];
    structure = d ? shim__owner_address(s, d->boot_l4) : 0;
    if (shim__hypercall(v, op->number, op->arg, rc) != 0)
        return -1;
    x->version = asked.version;
    if (*rc == 0 && d)
        note_domctl(d, &asked, structure);
    return 0;
}
