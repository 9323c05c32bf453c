/* SPDX-License-Identifier: MIT
 *
 * Translations that may still be cached, and what flushes them. What Xen
 * flushes of its own accord before a frame gets another use (TLB-24) is no help
 * to the guest, and does not count.
 */
#include <xen-model/ghost.h>
#include <xen-model/hypercall.h>

#include "internal.h"

#define ALL_VCPUS (~0u)

static struct xm_ghost *place_for_one(struct xm_ghosts *g)
{
    for (uint32_t i = 0; i < g->nr; i++)
        if (g->ghost[i].vcpus == 0)
            return &g->ghost[i];
    if (g->nr < XM_GHOSTS)
        return &g->ghost[g->nr++];
    g->lost++;
    g->next = (g->next + 1) % XM_GHOSTS;
    return &g->ghost[(g->next + XM_GHOSTS - 1) % XM_GHOSTS];
}

bool xm_ghosts_changed(struct xm_ghosts *g, const struct xm_cpu *c, xm_vaddr va,
                       uint64_t before, uint64_t after, uint32_t vcpus,
                       uint64_t cause)
{
    const bool same = ((before ^ after) & XM_PTE_MFN_MASK) == 0;
    const struct xm_frame *f = xm__frame(c, xm_pte_mfn(before));

    if (vcpus == 0 || !f ||
        (same && (after & XM_PTE_P) &&
         ((after & XM_PTE_RW) || !(before & XM_PTE_RW))))
        return false;
    *place_for_one(g) = (struct xm_ghost){
        .va = va & ~(xm_vaddr)(XM_PAGE_SIZE - 1),
        .before = before,
        .after = after,
        .cause = cause,
        .vcpus = vcpus,
        /* It may have gone in the same call. */
        .owned = f->owner == c->domid || f->owner == XM_DOMID_NONE,
    };
    return true;
}

/* Empty places at the end are not in use. */
static void trim(struct xm_ghosts *g)
{
    while (g->nr != 0 && g->ghost[g->nr - 1].vcpus == 0)
        g->nr--;
    if (g->nr == 0)
        g->next = 0;
}

void xm_ghosts_flush_page(struct xm_ghosts *g, xm_vaddr va, uint32_t vcpus)
{
    for (uint32_t i = 0; i < g->nr; i++)
        if ((g->ghost[i].va ^ va) < XM_PAGE_SIZE)
            g->ghost[i].vcpus &= ~vcpus;
    trim(g);
}

void xm_ghosts_flush_all(struct xm_ghosts *g, uint32_t vcpus)
{
    for (uint32_t i = 0; i < g->nr; i++)
        g->ghost[i].vcpus &= ~vcpus;
    trim(g);
}

struct xm_ghost *xm_ghosts_find(struct xm_ghosts *g, xm_vaddr va, uint32_t vcpu)
{
    for (uint32_t i = 0; i < g->nr; i++)
        if ((g->ghost[i].vcpus >> vcpu & 1) &&
            (g->ghost[i].va ^ va) < XM_PAGE_SIZE)
            return &g->ghost[i];
    return NULL;
}

bool xm_ghosts_given_back(struct xm_ghosts *g, const struct xm_cpu *c,
                          struct xm_ghost *out)
{
    for (uint32_t i = 0; i < g->nr; i++) {
        struct xm_ghost *ghost = &g->ghost[i];
        const struct xm_frame *f = xm__frame(c, xm_pte_mfn(ghost->before));

        if (ghost->vcpus == 0 || !ghost->owned || f->owner == c->domid)
            continue;
        *out = *ghost;
        ghost->vcpus = 0;
        return true;
    }
    return false;
}

/* -- what a call has flushed ------------------------------------------------
 */

static uint32_t read_mask(struct xm_cpu *c, xm_vaddr mask)
{
    uint64_t word;

    /* Xen has read it, too, and would not have gone on without it. */
    return xm__copy_from_guest(c, &word, mask, sizeof(word)) ? (uint32_t)word
                                                             : 0;
}

static void flush_by_op(struct xm_ghosts *g, struct xm_cpu *c,
                        const struct mmuext_op *op)
{
    const uint32_t own = 1u << c->vcpu;
    const xm_vaddr mask = op->arg2.src_mfn; /* the same eight bytes */

    switch (op->cmd) {
    case MMUEXT_TLB_FLUSH_LOCAL:
        xm_ghosts_flush_all(g, own);
        break;
    case MMUEXT_TLB_FLUSH_MULTI:
        xm_ghosts_flush_all(g, read_mask(c, mask));
        break;
    case MMUEXT_TLB_FLUSH_ALL:
        xm_ghosts_flush_all(g, ALL_VCPUS);
        break;
    case MMUEXT_INVLPG_LOCAL:
        xm_ghosts_flush_page(g, op->arg1.linear_addr, own);
        break;
    case MMUEXT_INVLPG_MULTI:
        xm_ghosts_flush_page(g, op->arg1.linear_addr, read_mask(c, mask));
        break;
    case MMUEXT_INVLPG_ALL:
        xm_ghosts_flush_page(g, op->arg1.linear_addr, ALL_VCPUS);
        break;
    default:
        break;
    }
}

static void flush_by_flags(struct xm_ghosts *g, struct xm_cpu *c, xm_vaddr va,
                           uint64_t flags)
{
    const uint64_t whom = flags & ~UVMF_FLUSHTYPE_MASK;
    const uint32_t vcpus = whom == UVMF_LOCAL ? 1u << c->vcpu
                           : whom == UVMF_ALL ? ALL_VCPUS
                                              : read_mask(c, whom);

    if ((flags & UVMF_FLUSHTYPE_MASK) == UVMF_TLB_FLUSH)
        xm_ghosts_flush_all(g, vcpus);
    else if ((flags & UVMF_FLUSHTYPE_MASK) == UVMF_INVLPG)
        xm_ghosts_flush_page(g, va, vcpus);
}

static void flush_by_call(struct xm_ghosts *g, struct xm_cpu *c,
                          uint64_t number, const uint64_t *arg)
{
    struct mmuext_op op;

    if (number == __HYPERVISOR_update_va_mapping)
        flush_by_flags(g, c, arg[0], arg[2]);
    if (number != __HYPERVISOR_mmuext_op)
        return;
    for (uint32_t i = 0; i < (uint32_t)arg[1]; i++) {
        if (!xm__copy_from_guest(c, &op, arg[0] + i * sizeof(op), sizeof(op)))
            return;
        flush_by_op(g, c, &op);
    }
}

void xm_ghosts_flushed(struct xm_ghosts *g, struct xm_cpu *c, uint64_t number,
                       const uint64_t arg[6])
{
    const uint32_t flushed = c->flushed;
    struct multicall_entry e;

    c->flushed = 0;
    if (flushed & XM_FLUSH_DOMAIN)
        xm_ghosts_flush_all(g, ALL_VCPUS);
    if (flushed & XM_FLUSH_OWN)
        xm_ghosts_flush_all(g, 1u << c->vcpu);
    /* Which pages, or whose, the call itself says. */
    if (g->nr == 0 || !(flushed & ~(uint32_t)XM_FLUSH_TYPE))
        return;
    if (number != __HYPERVISOR_multicall) {
        flush_by_call(g, c, number, arg);
        return;
    }
    for (uint32_t i = 0; i < (uint32_t)arg[1]; i++) {
        if (!xm__copy_from_guest(c, &e, arg[0] + i * sizeof(e), sizeof(e)))
            return;
        flush_by_call(g, c, e.op, (const uint64_t *)e.args);
    }
}
