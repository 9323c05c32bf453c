/* SPDX-License-Identifier: MIT
 *
 * What would take away the guest that executes a program.
 *
 * It runs on boot_l4[511] -> boot_l3[510] -> boot_l2, whose first half maps
 * it: what would take those away is no call.
 */
#include "guards.h"

#include <xen-model/pte.h>
#include <xen-model/walk.h>

#define LAST_SLOT 511u

bool fz_is_l1tf(const struct fz_call *c, uint64_t entry)
{
    return c->op.domid != 0 && entry != 0 && !(entry & XM_PTE_P);
}

bool fz_keeps_slot(const struct fz_world *w, xm_mfn mfn, uint32_t slot)
{
    const uint32_t place = fz_place(w, mfn);

    if (place >= FZ_XEN)
        return true; /* no table: Xen refuses, or it is not in use */
    if (fz_is_own_frame(place, FZ_GRANT_TABLE))
        return true;
    if (fz_is_page(place) || fz_is_own_frame(place, FZ_BOOT_L4))
        return slot != LAST_SLOT;
    if (fz_is_own_frame(place, FZ_BOOT_L3))
        return slot < FZ_BOOT_L3_SLOT;
    return slot >= FZ_BOOT_L2_FREE && slot != LAST_SLOT;
}

bool fz_carries(const struct fz_world *w, const struct xm_cpu *cpu,
                const struct fz_call *c, xm_mfn mfn)
{
    const uint32_t place = fz_place(w, mfn);
    const struct pvt_known_frames *known = &w->known[c->op.domid];

    for (uint32_t i = 0; i < c->op.count; i++)
        if ((c->exts[i].cmd == MMUEXT_CLEAR_PAGE ||
             c->exts[i].cmd == MMUEXT_COPY_PAGE) &&
            c->exts[i].arg1.mfn == mfn)
            return false;

    if (place >= FZ_XEN)
        return true; /* refused */
    if (mfn == known->boot_l4)
        return true;
    return (xm_ram_frame(cpu, mfn)[LAST_SLOT] | XM_PTE_A) ==
           xm_pte(known->boot_l3, XM_PTE_P | XM_PTE_RW | XM_PTE_US | XM_PTE_A);
}

bool fz_is_own(uint32_t place)
{
    return place >= FZ_BOOT_L4 && place < FZ_XEN;
}

static struct xm_walk walk_as_caller(const struct xm_cpu *cpu,
                                     const struct fz_call *c, xm_vaddr va)
{
    struct xm_cpu caller = *cpu;

    caller.domid = c->op.domid;
    caller.vcpu = c->op.vcpu;
    return xm_walk(&caller, va, 0);
}

bool fz_changes_page(const struct fz_world *w, const struct xm_cpu *cpu,
                     const struct fz_call *c, xm_vaddr va)
{
    const struct xm_walk walk = walk_as_caller(cpu, c, va);

    return walk.level != 1 || fz_is_page(fz_place(w, walk.table[1]));
}

bool fz_stays(const struct fz_world *w, const struct xm_cpu *cpu,
              const struct fz_call *c)
{
    const struct xm_walk walk = walk_as_caller(cpu, c, c->op.va);

    return walk.ok ? !walk.m2p && fz_is_page(fz_place(w, walk.mfn))
                   : !walk.mmio;
}
