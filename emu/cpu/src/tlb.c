/* SPDX-License-Identifier: MIT
 *
 * Translations: Unicorn asks for each page that its TLB does not have, and the
 * model walks the guest's tables. A page is writable in the TLB only once it
 * is dirty, so that A and D bits are set when a processor sets them.
 *
 * GAP: a flush of one page flushes all, which a processor may do at any time.
 */
#include "internal.h"

#include <xen-model/pte.h>

#define M2P_FIRST 0xffff800000000000ull
#define GDT_PAGES 14u /* of the guest */

static void grant(uc_tlb_entry *result, uint64_t paddr, int perms)
{
    result->paddr = paddr;
    result->perms = (uc_prot)perms;
}

static void grant_own(uc_tlb_entry *result, enum pvcpu_own_page page, int perms)
{
    grant(result, CPU_PHYS_OWN + (uint64_t)page * XM_PAGE_SIZE, perms);
}

/* From the code to where it lands; and as 32-bit code sees them. */
static bool is_return_page(xm_vaddr va)
{
    return (va >= CPU_RETURN_CODE && va <= CPU_LANDING) ||
           (va >= (uint32_t)CPU_RETURN_CODE && va <= (uint32_t)CPU_LANDING);
}

/* The code and the stack of pvcpu__far_return(), while that runs. */
static bool fill_return(xm_vaddr va, uc_tlb_entry *result)
{
    if ((uint32_t)va == (uint32_t)CPU_RETURN_CODE)
        grant_own(result, CPU_OWN_CODE, UC_PROT_READ | UC_PROT_EXEC);
    else if (va == CPU_RETURN_STACK)
        grant_own(result, CPU_OWN_STACK, UC_PROT_READ | UC_PROT_WRITE);
    else
        return false;
    return true;
}

/* Xen looks up a page of the LDT when it is first used (SEG-50). */
static bool fill_ldt(struct pvcpu *p, unsigned int page, uc_tlb_entry *result)
{
    const struct xm_ldt *ldt = &pvcpu__model_vcpu(p)->ldt;

    if (page >= XM_MAX_LDT_PAGES)
        return false;
    if (!(ldt->mapped >> page & 1) &&
        (page * XM_ENTRIES >= ldt->entries ||
         !xm_map_ldt_page(p->c, page * (uint32_t)XM_PAGE_SIZE)))
        return false;
    grant(result, (uint64_t)ldt->frame[page] * XM_PAGE_SIZE,
          UC_PROT_READ | UC_PROT_WRITE);
    return true;
}

/* The windows through which the processor reads descriptors (ADR-18). */
static bool fill_descriptors(struct pvcpu *p, xm_vaddr va, uc_tlb_entry *result)
{
    const struct xm_vcpu *v = pvcpu__model_vcpu(p);
    const uint64_t page =
        (va - CPU_GDT_FIRST - p->current * CPU_GDT_STRIDE) / XM_PAGE_SIZE;

    if (page >= CPU_LDT_PAGE)
        return fill_ldt(p, (unsigned int)page - CPU_LDT_PAGE, result);
    if (page == CPU_XEN_GDT_PAGE)
        grant_own(result, CPU_OWN_GDT, UC_PROT_READ | UC_PROT_WRITE);
    else if (page < GDT_PAGES && page < v->nr_gdt)
        grant(result, v->gdt[page] * XM_PAGE_SIZE,
              UC_PROT_READ | UC_PROT_WRITE);
    else
        grant_own(result, CPU_OWN_ZEROS, UC_PROT_READ);
    return page <= CPU_XEN_GDT_PAGE;
}

static bool is_descriptor_window(const struct pvcpu *p, xm_vaddr va)
{
    return va - (CPU_GDT_FIRST + p->current * CPU_GDT_STRIDE) < CPU_GDT_STRIDE;
}

static void fill_m2p(struct pvcpu *p, xm_vaddr va, uc_tlb_entry *result)
{
    const uint64_t bytes = xm_machine_config(p->c->machine)->nr_frames * 8ull &
                           ~(XM_PAGE_SIZE - 1ull);

    if (va - M2P_FIRST < bytes)
        grant(result, CPU_PHYS_M2P + (va - M2P_FIRST), UC_PROT_READ);
    else
        grant_own(result, CPU_OWN_ONES, UC_PROT_READ);
}

static int rights(const struct xm_walk *w, bool write)
{
    uint64_t all = XM_PTE_RW, any = 0;
    int perms = UC_PROT_READ;

    for (unsigned int level = 1; level <= 4; level++) {
        all &= w->entry[level];
        any |= w->entry[level];
    }
    if (!(any & XM_PTE_NX))
        perms |= UC_PROT_EXEC;
    if (all && (write || (w->entry[1] & XM_PTE_D)))
        perms |= UC_PROT_WRITE;
    return perms;
}

bool pvcpu__on_tlb_fill(uc_engine *uc, uint64_t va, uc_mem_type type,
                        uc_tlb_entry *result, void *context)
{
    struct pvcpu *p = context;
    const uint32_t access = type == UC_MEM_WRITE   ? XM_PF_WRITE
                            : type == UC_MEM_FETCH ? XM_PF_FETCH
                                                   : 0;
    struct xm_walk w;

    (void)uc;
    p->counts.fills++;
    p->miss = va;
    p->miss_access = access;
    if (p->returning && is_return_page(va))
        return fill_return(va, result);
    if (is_descriptor_window(p, va) &&
        (p->returning ||
         pvcpu__reads_descriptor(p, pvcpu__get(p, UC_X86_REG_RIP))))
        return fill_descriptors(p, va, result);
    w = xm_translate(p->c, va, access);
    if (w.m2p)
        fill_m2p(p, va, result);
    else if (w.mmio)
        grant_own(result, CPU_OWN_ONES, UC_PROT_READ | UC_PROT_EXEC);
    else if (w.ok)
        grant(result, w.mfn * XM_PAGE_SIZE, rights(&w, access & XM_PF_WRITE));
    return w.ok || w.mmio;
}

void pvcpu__flush(struct pvcpu *p)
{
    pvcpu__set_clock(pvcpu__now(p) + 1);
    (void)uc_ctl_flush_tlb(p->uc);
}

void pvcpu__note_flushes(struct pvcpu *p)
{
    if (p->c->flushed)
        pvcpu__flush(p);
    p->c->flushed = 0;
}
