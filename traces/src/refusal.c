/* SPDX-License-Identifier: MIT
 *
 * INV-18 and INV-19 of every call of one request.
 */
#include "refusal.h"

#include <xen-model/pte.h>
#include <xen-model/walk.h>
#include <xen/errno.h>

#include <string.h>

static void note_entry(struct refusal *r, const struct xm_cpu *c, xm_mfn mfn,
                       uint32_t slot)
{
    if (mfn >= xm_machine_config(c->machine)->nr_frames)
        return;
    r->of_entry = true;
    r->mfn = mfn;
    r->slot = slot;
    r->entry = xm_ram_frame(c, mfn)[slot];
}

static void note_address(struct refusal *r, const struct xm_cpu *c, xm_vaddr va)
{
    const struct xm_walk w = xm_walk(c, va, 0);

    if (w.level == 1)
        note_entry(r, c, w.table[1], xm_va_index(va, 1));
}

static void note_tables(struct refusal *r, const struct xm_cpu *c,
                        unsigned int cmd)
{
    switch (cmd) {
    case MMUEXT_PIN_L1_TABLE:
    case MMUEXT_PIN_L2_TABLE:
    case MMUEXT_PIN_L3_TABLE:
    case MMUEXT_PIN_L4_TABLE:
    case MMUEXT_NEW_BASEPTR:
    case MMUEXT_NEW_USER_BASEPTR:
        memcpy(r->frames, xm_machine_frame_const(c->machine, 0),
               xm_machine_config(c->machine)->nr_frames * sizeof(*r->frames));
        r->of_table = true;
        break;
    default:
        break;
    }
}

/*
 * A table that a move to CR3 has left partial: the call may finish that, also
 * for another vCPU, whatever comes of it then.
 */
static bool has_put(const struct xm_cpu *c)
{
    const struct xm_domain *d = xm_domain_find(c->machine, c->domid);

    for (uint32_t i = 0; i < XM_MAX_VCPUS; i++)
        if (d->vcpu[i].has_old)
            return true;
    return false;
}

void refusal_before(struct refusal *r, const struct xm_cpu *c,
                    const struct pvt_op *op)
{
    r->of_entry = r->of_table = false;
    if (op->call == PVT_MMU_UPDATE && op->count == 1 &&
        (op->updates->ptr & 3) != MMU_MACHPHYS_UPDATE)
        note_entry(r, c, op->updates->ptr >> XM_PAGE_SHIFT,
                   op->updates->ptr % XM_PAGE_SIZE / sizeof(uint64_t));
    else if (op->call == PVT_MMUEXT_OP && op->count == 1 && !has_put(c))
        note_tables(r, c, op->ops->cmd);
    else if (op->call == PVT_UPDATE_VA_MAPPING)
        note_address(r, c, op->va);
}

struct xm_violation refusal_after(const struct refusal *r,
                                  const struct xm_cpu *c, struct xm_result why)
{
    const bool refused = why.rc < 0 && why.rc != -XEN_ERESTART &&
                         why.rule != XM_R_UVM_VCPU_MASK; /* UVM-23: too late */

    if (refused && r->of_entry)
        return xm_check_refused_entry(c, r->mfn, r->slot, r->entry);
    if (refused && r->of_table)
        return xm_check_refused_table(c, r->frames);
    return (struct xm_violation){ .found = false };
}
