/* SPDX-License-Identifier: MIT
 *
 * The operations of HYPERVISOR_memory_op that tell a PV guest about memory,
 * or that only other guests may use. Rules MEM-70 to MEM-85.
 *
 * GAP: the memory map of the machine, setting one's own, machphys_mfn_list,
 * and what only tools use.
 */
#include "memory.h"

/* The domain of an argument that is a domid. */
static struct xm_result find_domain(struct xm_cpu *c, xm_vaddr va,
                                    const struct xm_domain **d)
{
    xm_domid id;

    if (!xm__copy_from_guest(c, &id, va, sizeof(id)))
        return xm__deny(XM_R_MEMORY_INFO_FAULT, va, 0);
    *d = xm__domain_by_any_id(c, id);
    if (!*d)
        return xm__deny(XM_R_MEMORY_INFO_DOMAIN, id, 0);
    if (!xm__may_act_on(c, (*d)->domid))
        return xm__deny(XM_R_MEMORY_INFO_PRIVILEGE, id, 0);
    return xm__ok();
}

/* What the guest itself says in its shared_info. */
static uint64_t maximum_gpfn(struct xm_cpu *c, const struct xm_domain *d)
{
    const size_t at = offsetof(struct shared_info, arch.max_pfn);
    const uint64_t pfns = xm__ram(c, d->shared_info)[at / sizeof(uint64_t)];

    return pfns == 0 ? 0 : pfns - 1;
}

static struct xm_result about(struct xm_cpu *c, uint32_t op, xm_vaddr va)
{
    const struct xm_domain *d = NULL;
    struct xm_result r = find_domain(c, va, &d);

    if (r.rc == 0)
        r.rc = op == XENMEM_current_reservation   ? d->tot_pages
               : op == XENMEM_maximum_reservation ? d->max_pages
                                                  : maximum_gpfn(c, d);
    return r;
}

static struct xm_result machphys_mapping(struct xm_cpu *c, xm_vaddr va)
{
    const struct xen_machphys_mapping m = {
        .v_start = 0xffff800000000000ull,
        .v_end = 0xffff804000000000ull,
        .max_mfn = xm__domain(c)->privileged
                       ? c->machine->config.nr_frames - 1ull
                       : 0x7ffffffffull,
    };

    return xm__copy_to_guest(c, va, &m, sizeof(m))
               ? xm__ok()
               : xm__deny(XM_R_MEMORY_INFO_FAULT, va, 0);
}

/* A PV domain has no physmap: only the domain is looked up. */
static struct xm_result no_physmap(struct xm_cpu *c, xm_domid id)
{
    if (!xm__domain_by_any_id(c, id))
        return xm__deny(XM_R_MEMORY_INFO_DOMAIN, id, 0);
    return xm__deny(XM_R_MEMORY_NO_PHYSMAP, id, 0);
}

static struct xm_result add_to_physmap(struct xm_cpu *c, xm_vaddr va)
{
    struct xen_add_to_physmap x;

    if (!xm__copy_from_guest(c, &x, va, sizeof(x)))
        return xm__deny(XM_R_MEMORY_INFO_FAULT, va, 0);
    if (x.space == XENMAPSPACE_gmfn_foreign)
        return xm__deny(XM_R_MEMORY_FOREIGN_SPACE, x.domid, x.space);
    return no_physmap(c, x.domid);
}

static struct xm_result remove_from_physmap(struct xm_cpu *c, xm_vaddr va)
{
    struct xen_remove_from_physmap x;

    if (!xm__copy_from_guest(c, &x, va, sizeof(x)))
        return xm__deny(XM_R_MEMORY_INFO_FAULT, va, 0);
    return no_physmap(c, x.domid);
}

static struct xm_result no_vnuma(struct xm_cpu *c, xm_vaddr va)
{
    const struct xm_domain *d = NULL;
    const struct xm_result r = find_domain(c, va, &d);

    return r.rc != 0 ? r : xm__deny(XM_R_MEMORY_NO_VNUMA, d->domid, 0);
}

/* The toolstack has set none. */
static struct xm_result no_map(struct xm_cpu *c, xm_vaddr va)
{
    struct xen_memory_map map;

    return xm__copy_from_guest(c, &map, va, sizeof(map))
               ? xm__deny(XM_R_MEMORY_NO_MAP, va, 0)
               : xm__deny(XM_R_MEMORY_INFO_FAULT, va, 0);
}

/* MEM-85: what takes no time cannot be continued. */
static bool takes_time(uint32_t op)
{
    switch (op) {
    case XENMEM_maximum_ram_page:
    case XENMEM_current_reservation:
    case XENMEM_maximum_reservation:
    case XENMEM_maximum_gpfn:
    case XENMEM_remove_from_physmap:
    case XENMEM_get_vnumainfo:
        return false;
    default:
        return true;
    }
}

static struct xm_result info(struct xm_cpu *c, uint32_t op, xm_vaddr va)
{
    switch (op) {
    case XENMEM_maximum_ram_page:
        return (struct xm_result){ .rc = c->machine->config.nr_frames };
    case XENMEM_current_reservation:
    case XENMEM_maximum_reservation:
    case XENMEM_maximum_gpfn:
        return about(c, op, va);
    case XENMEM_machphys_mapping:
        return machphys_mapping(c, va);
    case XENMEM_add_to_physmap:
        return add_to_physmap(c, va);
    case XENMEM_remove_from_physmap:
        return remove_from_physmap(c, va);
    case XENMEM_memory_map:
        return no_map(c, va);
    case XENMEM_machine_memory_map:
        return xm__domain(c)->privileged
                   ? xm__deny(XM_R_MEMORY_COMMAND, op, 0)
                   : xm__deny(XM_R_MEMORY_INFO_PRIVILEGE, op, 0);
    case XENMEM_get_vnumainfo:
        return no_vnuma(c, va);
    default:
        return xm__deny(XM_R_MEMORY_COMMAND, op, 0);
    }
}

struct xm_result xm__memory_info(struct xm_cpu *c, uint64_t arg[6])
{
    const uint32_t op = arg[0] & MEMORY_OP_MASK;

    if (arg[0] >> MEMORY_OP_BITS && !takes_time(op))
        return xm__finish(c, xm__deny(XM_R_MEMORY_CONTINUED, arg[0], 0));
    return xm__finish(c, info(c, op, arg[1]));
}
