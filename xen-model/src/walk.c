/* SPDX-License-Identifier: MIT
 *
 * Translation by the page tables, as the processor does it for a PV guest,
 * whose kernel and user both run in ring 3. The M2P window is special: what
 * is behind it is not guest RAM (rules ADR-03, ADR-20).
 *
 * GAP: no superpage of the dom0 builder's P2M is translated, and translations
 * are never cached: a missing flush is not seen here.
 */
#include <xen-model/walk.h>

#include "internal.h"

#define M2P_FIRST 0xffff800000000000ull
#define M2P_END 0xffff804000000000ull

static struct xm_walk fault(struct xm_walk w, uint32_t error_code)
{
    w.ok = false;
    w.error_code = error_code;
    return w;
}

static bool canonical(xm_vaddr va)
{
    return va < (1ull << 47) || va >= (~0ull << 47);
}

/* The M2P, eight bytes a frame, is there once slot 256 has been filled. */
static struct xm_walk walk_m2p(const struct xm_cpu *c, xm_vaddr va,
                               struct xm_walk w, uint32_t error_code)
{
    const xm_mfn mfn = (va - M2P_FIRST) / sizeof(uint64_t);

    if (!(w.entry[4] & XM_PTE_P) ||
        mfn >= xm_machine_config(c->machine)->nr_frames)
        return fault(w, error_code);
    if (error_code & (XM_PF_WRITE | XM_PF_FETCH))
        return fault(w, error_code | XM_PF_PRESENT);
    w.m2p = true;
    w.mfn = mfn;
    w.ok = true;
    return w;
}

struct xm_walk xm_walk(const struct xm_cpu *c, xm_vaddr va, uint32_t access)
{
    const uint32_t error_code =
        (access & (XM_PF_WRITE | XM_PF_FETCH)) | XM_PF_USER;
    const struct xm_domain *d = xm_domain_find(c->machine, c->domid);
    const struct xm_vcpu *v = &d->vcpu[c->vcpu];
    struct xm_walk w = { .level = 4 };
    uint64_t rights = XM_PTE_RW | XM_PTE_US;
    bool nx = false;
    xm_mfn mfn = v->guest_table;

    if (!v->has_base || !canonical(va))
        return fault(w, error_code);
    for (unsigned int level = 4; level >= 1; level--) {
        w.level = level;
        w.table[level] = mfn;
        w.entry[level] = xm__ram(c, mfn)[xm_va_index(va, level)];
        if (level == 4 && va >= M2P_FIRST && va < M2P_END)
            return walk_m2p(c, va, w, error_code);
        if (level == 4 && xm_l4_slot_is_xen(xm_va_index(va, 4)))
            return fault(w, error_code | XM_PF_PRESENT);
        if (!(w.entry[level] & XM_PTE_P))
            return fault(w, error_code);
        rights &= w.entry[level];
        nx |= (w.entry[level] & XM_PTE_NX) != 0;
        mfn = xm_pte_mfn(w.entry[level]);
        if (level > 1 && mfn >= xm_machine_config(c->machine)->nr_frames)
            return fault(w, error_code);
    }
    if (!(rights & XM_PTE_US) || ((access & XM_PF_FETCH) && nx) ||
        ((access & XM_PF_WRITE) && !(rights & XM_PTE_RW)))
        return fault(w, error_code | XM_PF_PRESENT);
    if (mfn >= xm_machine_config(c->machine)->nr_frames)
        return fault(w, error_code); /* MMIO: nothing is behind it */
    w.mfn = mfn;
    w.ok = true;
    return w;
}
