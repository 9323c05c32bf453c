/* SPDX-License-Identifier: MIT
 *
 * Operations as calls on a machine.
 */
#include "decrease.h"
#include "forms.h"
#include "grants.h"
#include "guards.h"
#include "guest.h"
#include "hypercalls.h"
#include "segments.h"
#include "values.h"

#include <fuzz/call.h>

#include <xen-model/pte.h>

#include <string.h>

/* Before anything runs, a trace does not know the grant tables yet. */
uint32_t fz_entry_frame(const struct fz_world *w, const struct fz_op *op)
{
    const uint32_t place = fz_frame(w, op->target);

    return fz_op_kind(op) == FZ_POKE && fz_is_own_frame(place, FZ_GRANT_TABLE)
               ? (uint32_t)FZ_XEN
               : place;
}

uint64_t fz_entry(const struct fz_world *w, const struct fz_op *op)
{
    return fz_has_raw(op)          ? fz_raw(op)
           : fz_has_descriptor(op) ? fz_descriptor(op)
           : fz_has_grant(op)      ? fz_grant_entry(w, op)
                                   : xm_pte(fz_mfn(w, fz_entry_frame(w, op)),
                                            fz_unpack_flags(op->flags));
}

static bool resolve_update(const struct fz_world *w, const struct fz_op *op,
                           struct fz_call *c)
{
    const uint32_t slot = op->slot % XM_ENTRIES, i = c->op.count++;
    const xm_mfn table = fz_mfn(w, op->table);

    c->updates[i] = (struct mmu_update){
        .ptr = table << XM_PAGE_SHIFT | slot * 8u | (op->cmd & 3u),
        .val = fz_entry(w, op),
    };
    /* The M2P is for those who can put it right again. */
    if ((op->cmd & 3u) == MMU_MACHPHYS_UPDATE || table >= XM_MFN_ALL_ONES ||
        !fz_keeps_slot(w, table, slot))
        return false;
    if (fz_is_own_frame(fz_place(w, table), FZ_GRANT_TABLE))
        return fz_has_grant(op) && fz_is_grantable(w, op);
    return !fz_has_grant(op) && !fz_is_l1tf(c, c->updates[i].val);
}

static bool resolve_ext(const struct fz_world *w, const struct xm_cpu *cpu,
                        const struct fz_op *op, struct fz_call *c)
{
    struct mmuext_op *x = &c->exts[c->op.count++];
    const uint32_t place = fz_frame(w, op->target);
    const xm_mfn mfn = fz_mfn(w, place);

    *x = (struct mmuext_op){ .cmd = op->cmd };
    switch (op->cmd) {
    case MMUEXT_PIN_L1_TABLE:
    case MMUEXT_PIN_L2_TABLE:
    case MMUEXT_PIN_L3_TABLE:
    case MMUEXT_PIN_L4_TABLE:
    case MMUEXT_UNPIN_TABLE:
        x->arg1.mfn = mfn;
        return !fz_is_own(place);
    case MMUEXT_NEW_BASEPTR:
    case MMUEXT_NEW_USER_BASEPTR:
        x->arg1.mfn = mfn;
        return fz_carries(w, cpu, c, mfn);
    case MMUEXT_TLB_FLUSH_LOCAL:
    case MMUEXT_TLB_FLUSH_ALL:
        return true;
    case MMUEXT_INVLPG_LOCAL:
    case MMUEXT_INVLPG_ALL:
        x->arg1.linear_addr = fz_address(op);
        return true;
    case MMUEXT_SET_LDT:
        x->arg1.linear_addr = fz_address(op);
        x->arg2.nr_ents = fz_ldt_entries(op);
        return fz_in_window(op);
    case MMUEXT_CLEAR_PAGE:
        x->arg1.mfn = mfn;
        return !fz_is_own(place);
    case MMUEXT_COPY_PAGE:
        x->arg1.mfn = mfn;
        x->arg2.src_mfn = fz_mfn(w, op->table);
        return !fz_is_own(place) && fz_is_page(fz_frame(w, op->table));
    default:
        return false;
    }
}

static bool resolve_code(const struct fz_world *w, const struct fz_op *op,
                         struct fz_call *c)
{
    const struct fz_form *form = fz_form(op->cmd);
    const uint64_t value = form->takes == FZ_TAKES_FLAGS
                               ? fz_unpack_flags(op->flags)
                               : fz_entry(w, op);

    c->code = (struct pvt_code){ .length = form->length };
    memcpy(c->code.code, form->code, form->length);
    c->code.registers[FZ_RDI] = c->op.va;
    c->code.registers[FZ_RAX] = value;
    c->code.registers[FZ_RCX] = form->takes == FZ_TAKES_COUNT;
    c->code.given = 1u << FZ_RDI | 1u << FZ_RAX | 1u << FZ_RCX;
    c->op.code = &c->code;
    return !fz_is_l1tf(c, value);
}

static bool is_joined(const struct fz_op *op, uint32_t i, uint32_t count)
{
    return (op[i].mode & FZ_JOINED) && i + 1 < count && i + 1 < FZ_MAX_BATCH &&
           fz_op_kind(&op[i + 1]) == fz_op_kind(op);
}

static bool resolve_batch(const struct fz_world *w, const struct xm_cpu *cpu,
                          const struct fz_op *ops, uint32_t count,
                          struct fz_call *c)
{
    bool good = true;

    c->used = 0;
    do {
        const struct fz_op *op = &ops[c->used];

        good &= fz_op_kind(ops) == FZ_MMU_UPDATE ? resolve_update(w, op, c)
                                                 : resolve_ext(w, cpu, op, c);
    } while (is_joined(ops, c->used++, count));
    return good;
}

/* By whom, and for whom. */
static struct pvt_op caller(const struct fz_world *w, const struct fz_op *op)
{
    static const enum pvt_call calls[FZ_NR_KINDS] = {
        [FZ_MMU_UPDATE] = PVT_MMU_UPDATE,
        [FZ_MMUEXT] = PVT_MMUEXT_OP,
        [FZ_UPDATE_VA_MAPPING] = PVT_UPDATE_VA_MAPPING,
        [FZ_LOAD] = PVT_LOAD,
        [FZ_STORE] = PVT_STORE,
        [FZ_EXECUTE] = PVT_EXECUTE,
        [FZ_VM_ASSIST] = PVT_HYPERCALL,
        [FZ_SET_GDT] = PVT_HYPERCALL,
        [FZ_UPDATE_DESCRIPTOR] = PVT_HYPERCALL,
        [FZ_LOAD_SEGMENT] = PVT_LOAD_SEGMENT,
        [FZ_DECREASE] = PVT_HYPERCALL,
        [FZ_GRANT_MAP] = PVT_HYPERCALL,
        [FZ_GRANT_UNMAP] = PVT_HYPERCALL,
        [FZ_CALL] = PVT_HYPERCALL,
    };
    const uint32_t owner = fz_domid(fz_fd(w, op->fd & 15u));

    return (struct pvt_op){
        .call = calls[fz_op_kind(op)],
        .domid = (xm_domid)fz_op_domain(w, op),
        .vcpu = op->who >> 2 & 1u,
        .foreigndom = owner,
        .other = (xm_domid)owner,
    };
}

bool fz_resolve(const struct fz_world *w, const struct xm_cpu *cpu,
                const struct fz_op *ops, uint32_t count, struct fz_call *c)
{
    const struct fz_op *op = &ops[0];
    const enum fz_fd tables = fz_fd_of_tables(w, op);

    const struct xm_domain *d;

    c->op = caller(w, op);
    c->used = 1;
    d = xm_domain_find(cpu->machine, c->op.domid);
    if (d->crashed || d->dying)
        return false;
    switch (fz_op_kind(op)) {
    case FZ_MMU_UPDATE:
        if (tables != FZ_FD_NONE)
            c->op.foreigndom |= (fz_domid(tables) + 1u) << 16;
        c->op.updates = c->updates;
        return resolve_batch(w, cpu, ops, count, c);
    case FZ_MMUEXT:
        c->op.ops = c->exts;
        return resolve_batch(w, cpu, ops, count, c);
    case FZ_UPDATE_VA_MAPPING:
        c->op.va = fz_address(op);
        c->op.val = fz_entry(w, op);
        c->op.flags = fz_flush(op);
        return fz_changes_page(w, cpu, c, c->op.va) &&
               !fz_is_l1tf(c, c->op.val);
    case FZ_LOAD:
        c->op.va = fz_address(op);
        return fz_stays(w, cpu, c);
    case FZ_STORE:
        c->op.va = fz_address(op);
        c->op.val = fz_entry(w, op);
        return fz_stays(w, cpu, c) && !fz_is_l1tf(c, c->op.val);
    case FZ_EXECUTE:
        c->op.va = fz_address(op);
        return fz_stays(w, cpu, c) && resolve_code(w, op, c);
    case FZ_VM_ASSIST:
        c->op.number = __HYPERVISOR_vm_assist;
        c->op.arg[0] = op->cmd & 1u;
        c->op.arg[1] = op->extra % 8u;
        return true;
    case FZ_SET_GDT:
        return fz_resolve_gdt(w, op, c);
    case FZ_UPDATE_DESCRIPTOR:
        return fz_resolve_descriptor(w, op, c);
    case FZ_LOAD_SEGMENT:
        c->op.val = op->slot;
        return true;
    case FZ_DECREASE:
        return fz_resolve_decrease(w, op, c);
    case FZ_GRANT_MAP:
        return fz_resolve_map(w, cpu, op, c);
    case FZ_GRANT_UNMAP:
        return fz_resolve_unmap(w, cpu, op, c);
    case FZ_CALL:
        c->used = fz_nr_joined_values(ops, count);
        return fz_resolve_hypercall(w, ops, c);
    case FZ_GUEST:
        c->used = fz_nr_joined_values(ops, count);
        return fz_resolve_guest(w, ops, c);
    default: /* POKE is for the beginning only */
        return false;
    }
}
