/* SPDX-License-Identifier: MIT
 *
 * HYPERVISOR_vm_assist. Mirrors do_vm_assist(). Rules VMA-*. Of the assists a
 * 64-bit guest may name, two change what happens to page tables.
 */
#include <xen-model/hypercall.h>

#include "../internal.h"

static bool is_valid(uint64_t type)
{
    return type <= VMASST_TYPE_runstate_update_flag ||
           type == VMASST_TYPE_m2p_strict;
}

struct xm_result xm__do_vm_assist(struct xm_cpu *c, uint64_t arg[6])
{
    struct xm_domain *d = xm__domain(c);
    const uint32_t command = (uint32_t)arg[0], type = (uint32_t)arg[1];
    const bool enable = command == VMASST_CMD_enable;

    if (!is_valid(type))
        return xm__finish(c, xm__deny(XM_R_VM_ASSIST_TYPE, type, 0));
    if (!enable && command != VMASST_CMD_disable)
        return xm__finish(c, xm__deny(XM_R_VM_ASSIST_COMMAND, command, 0));
    if (type == VMASST_TYPE_writable_pagetables)
        d->writable_pagetables = enable;
    else if (type == VMASST_TYPE_architectural_iopl)
        d->architectural_iopl = enable;
    else if (type == VMASST_TYPE_m2p_strict)
        d->m2p_strict = enable;
    return xm__ok();
}
