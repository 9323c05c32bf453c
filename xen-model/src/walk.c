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
#define M2P_CHUNK_FRAMES (1u << 18) /* it is mapped by superpages (ADR-22) */
#define LINEAR_FIRST 0xffff810000000000ull
#define SHADOW_FIRST 0xffff818000000000ull
#define PER_DOMAIN_FIRST 0xffff820000000000ull
#define WINDOW_PAGES 32u    /* of one vCPU there ... */
#define LDT_WINDOW_PAGE 16u /* ... and where in them its LDT begins */
#define RW_M2P_FIRST 0xffff828000000000ull
#define COMPAT_M2P_FIRST 0xffff82d000000000ull
#define XEN_IMAGE_FIRST 0xffff82d040200000ull /* 2 MiB in, where it begins */
#define DIRECT_MAP_FIRST 0xffff830000000000ull

/* The M2P, eight bytes a frame, is there once slot 256 has been filled. */
static void walk_m2p(const struct xm_cpu *c, xm_vaddr va, struct xm_walk *w,
                     uint32_t error_code)
{
    const xm_mfn mfn = (va - M2P_FIRST) / sizeof(uint64_t);
    const xm_mfn last = c->machine->config.nr_frames - 1u;

    if (!(w->entry[4] & XM_PTE_P) ||
        mfn / M2P_CHUNK_FRAMES > last / M2P_CHUNK_FRAMES) {
        w->error_code = error_code;
    } else if (error_code & (XM_PF_WRITE | XM_PF_FETCH)) {
        w->error_code = error_code | XM_PF_PRESENT;
    } else {
        w->m2p = true;
        w->mfn = mfn;
        w->ok = true;
    }
}

/* Xen's own view of the tables, of which a guest sees faults only. */
static bool linear_map_has(const struct xm_cpu *c, xm_vaddr va, xm_mfn mfn)
{
    for (unsigned int level = 3; level >= 1; level--) {
        const uint64_t e = xm__ram(c, mfn)[xm_va_index(va, level)];

        mfn = xm_pte_mfn(e);
        if (!(e & XM_PTE_P) || mfn >= c->machine->config.nr_frames)
            return false;
    }
    return true;
}

/*
 * The windows through which the processor reads the GDT and the LDT of each
 * vCPU (ADR-18, ADR-19): 14 pages of the guest or zeros, from the first time
 * that its GDT is set or dropped; one of Xen, from the first time that it
 * runs; a gap, and those pages of the LDT that have been used.
 */
static bool per_domain_has(const struct xm_cpu *c, xm_vaddr va)
{
    const struct xm_domain *d = xm_domain_find(c->machine, c->domid);
    const uint64_t page = (va - PER_DOMAIN_FIRST) >> XM_PAGE_SHIFT;
    const uint64_t id = page / WINDOW_PAGES, i = page % WINDOW_PAGES;

    if (id >= d->nr_vcpus)
        return false;
    if (i < XM_MAX_GDT_FRAMES)
        return d->vcpu[id].gdt_mapped;
    if (i < LDT_WINDOW_PAGE)
        return i == XM_MAX_GDT_FRAMES && d->vcpu[id].has_run;
    return d->vcpu[id].ldt.mapped >> (i - LDT_WINDOW_PAGE) & 1;
}

/*
 * Whether Xen has something mapped at VA, which shows in the error code of a
 * guest's access (ADR-04 to ADR-14, ADR-20). GAP: gaps inside the areas of
 * slot 261, which only Xen knows.
 */
static bool xen_maps(const struct xm_cpu *c, xm_vaddr va, xm_mfn l4)
{
    const xm_mfn n = c->machine->config.nr_frames;

    if (va < LINEAR_FIRST || (va >= SHADOW_FIRST && va < PER_DOMAIN_FIRST))
        return false; /* shared data, MMCFG, the shadow linear map */
    if (va < SHADOW_FIRST)
        return linear_map_has(c, va, l4);
    if (va >= DIRECT_MAP_FIRST)
        return (va - DIRECT_MAP_FIRST) >> XM_PAGE_SHIFT < n;
    if (va < RW_M2P_FIRST)
        return per_domain_has(c, va);
    return va < COMPAT_M2P_FIRST || va >= XEN_IMAGE_FIRST;
}

/* From the L4 in MFN down to the frame. */
static void walk_tables(const struct xm_cpu *c, xm_vaddr va, uint32_t access,
                        xm_mfn mfn, struct xm_walk *w)
{
    const uint32_t error_code =
        (access & (XM_PF_WRITE | XM_PF_FETCH)) | XM_PF_USER;
    const xm_mfn nr_frames = c->machine->config.nr_frames;
    uint64_t rights = XM_PTE_RW | XM_PTE_US, any = 0;

    for (unsigned int level = 4; level >= 1; level--) {
        const uint64_t e = xm__ram(c, mfn)[xm_va_index(va, level)];

        w->level = level;
        w->table[level] = mfn;
        w->entry[level] = e;
        if (level == 4 && va >= M2P_FIRST && va < M2P_END) {
            walk_m2p(c, va, w, error_code);
            return;
        }
        if (level == 4 && xm_l4_slot_is_xen(xm_va_index(va, 4))) {
            w->error_code =
                error_code | (xen_maps(c, va, mfn) ? XM_PF_PRESENT : 0);
            return;
        }
        mfn = xm_pte_mfn(e);
        if (!(e & XM_PTE_P) || (level > 1 && mfn >= nr_frames)) {
            w->error_code = error_code;
            return;
        }
        rights &= e;
        any |= e;
    }
    if (!(rights & XM_PTE_US) ||
        ((access & XM_PF_FETCH) && (any & XM_PTE_NX)) ||
        ((access & XM_PF_WRITE) && !(rights & XM_PTE_RW))) {
        w->error_code = error_code | XM_PF_PRESENT;
    } else {
        w->mfn = mfn;
        w->mmio = mfn >= nr_frames;
        w->ok = !w->mmio;
    }
}

/* xm__vcpu(), without remembering where it was. */
static const struct xm_vcpu *vcpu(const struct xm_cpu *c)
{
    const struct xm_domain *d =
        &c->machine->domains[c->domain_index % XM_MAX_DOMAINS];

    if (!d->exists || d->domid != c->domid)
        d = xm_domain_find(c->machine, c->domid);
    return &d->vcpu[c->vcpu];
}

struct xm_walk xm_walk(const struct xm_cpu *c, xm_vaddr va, uint32_t access)
{
    const struct xm_vcpu *v = vcpu(c);
    struct xm_walk w = { .level = 4 };

    if (!(v->user_mode ? v->has_user_base : v->has_base) || !xm__canonical(va))
        w.error_code = (access & (XM_PF_WRITE | XM_PF_FETCH)) | XM_PF_USER;
    else
        walk_tables(c, va, access,
                    v->user_mode ? v->guest_table_user : v->guest_table, &w);
    return w;
}
