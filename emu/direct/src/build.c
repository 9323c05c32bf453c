/* SPDX-License-Identifier: MIT
 *
 * A PV domain as the toolstack leaves it before its kernel runs: kernel, P2M,
 * start_info, xenstore page, console page, page tables, boot stack, one after
 * the other from virt_base on, and mapped there. Rules BLD-40..56.
 */
#include "internal.h"

#include <xen-model/pte.h>

#include <stdio.h>
#include <string.h>
#include <xen/grant_table.h>

#define L1_FLAGS (XM_PTE_P | XM_PTE_RW | XM_PTE_A)
#define TABLE_FLAGS (L1_FLAGS | XM_PTE_US | XM_PTE_D)
#define END_UNIT                                                               \
    1024u                /* pages: the mapping ends at a multiple of 4 MiB ... \
                          */
#define END_PADDING 128u /* ... with at least 512 KiB to spare */
#define EXTENT 512u      /* frames that are contiguous */

/* Frames of the machine; the domain's come after these. */
enum { FRAME_MMIO, FRAME_XEN, FRAME_M2P, FRAME_SHARED_INFO };

/* Page frame numbers. */
struct layout {
    uint32_t p2m, start_info, store, console, tables, stack, end;
    uint32_t nr_tables;
};

static struct layout lay_out(const struct pinfold_config *config)
{
    const uint32_t p2m_pages = (config->nr_pages + 511u) / 512u;
    struct layout l = { .p2m = config->image_pages };

    l.start_info = l.p2m + p2m_pages;
    l.store = l.start_info + 1;
    l.console = l.store + 1;
    l.tables = l.console + 1;
    /* The tables are mapped, too: more of them may take one more. */
    for (l.nr_tables = 4;; l.nr_tables++) {
        l.stack = l.tables + l.nr_tables;
        l.end = l.stack + 1 + END_PADDING;
        l.end = (l.end + END_UNIT - 1) / END_UNIT * END_UNIT;
        if (l.nr_tables == 3 + (l.end + XM_ENTRIES - 1) / XM_ENTRIES)
            return l;
    }
}

/* Frames are not where their numbers suggest: extents come the other way. */
static xm_mfn mfn_of(uint32_t pfn)
{
    const uint32_t extents = (direct.config.nr_pages + EXTENT - 1) / EXTENT;

    return (extents - pfn / EXTENT) * (xm_mfn)EXTENT + pfn % EXTENT;
}

uint64_t *direct__page(uint32_t pfn)
{
    return xm_ram_frame(&direct.cpu, mfn_of(pfn));
}

static void give_memory(const struct layout *l)
{
    for (uint32_t pfn = 0; pfn < direct.config.nr_pages; pfn++) {
        const xm_mfn mfn = mfn_of(pfn);

        xm_frame_assign(direct.cpu.machine, mfn, DIRECT_DOMID);
        *xm_machine_m2p(direct.cpu.machine, mfn) = pfn;
        direct__page(l->p2m + pfn / 512u)[pfn % 512u] = mfn;
    }
}

static void write_tables(const struct layout *l)
{
    const xm_vaddr base = direct.config.virt_base;
    const uint32_t l4 = l->tables, l3 = l4 + 1, l2 = l4 + 2, l1 = l4 + 3;

    direct__page(l4)[xm_va_index(base, 4)] = xm_pte(mfn_of(l3), TABLE_FLAGS);
    direct__page(l3)[xm_va_index(base, 3)] = xm_pte(mfn_of(l2), TABLE_FLAGS);
    for (uint32_t pfn = 0; pfn < l->end; pfn++) {
        const bool table = pfn >= l->tables && pfn < l->tables + l->nr_tables;
        const uint32_t i = pfn / XM_ENTRIES;

        direct__page(l2)[i] = xm_pte(mfn_of(l1 + i), TABLE_FLAGS);
        direct__page(l1 + i)[pfn % XM_ENTRIES] =
            xm_pte(mfn_of(pfn), table ? L1_FLAGS & ~XM_PTE_RW : L1_FLAGS);
    }
}

static void write_start_info(const struct layout *l)
{
    struct start_info *si = (struct start_info *)direct__page(l->start_info);
    const xm_vaddr base = direct.config.virt_base;

    snprintf(si->magic, sizeof(si->magic), "xen-3.0-x86_64");
    si->nr_pages = direct.config.nr_pages;
    si->shared_info = (uint64_t)FRAME_SHARED_INFO * XM_PAGE_SIZE;
    si->store_mfn = mfn_of(l->store);
    si->store_evtchn = direct.domain->store_port;
    si->console.domU.mfn = mfn_of(l->console);
    si->console.domU.evtchn = direct.domain->console_port;
    si->flags =
        SIF_VIRT_P2M_4TOOLS | (direct.config.privileged ? SIF_PRIVILEGED : 0);
    si->pt_base = base + l->tables * XM_PAGE_SIZE;
    si->nr_pt_frames = l->nr_tables;
    si->mfn_list = base + l->p2m * XM_PAGE_SIZE;
    if (direct.config.command_line)
        snprintf((char *)si->cmd_line, sizeof(si->cmd_line), "%s",
                 direct.config.command_line);
    direct.start_info = base + l->start_info * XM_PAGE_SIZE;
}

/* The rings' backends find them by grants: BLD-54. */
static void seed_grants(const struct xm_domain *d, const struct layout *l)
{
    const xm_mfn mfn = *xm_grant_shared_frames(direct.cpu.machine, d);
    struct grant_entry_v1 *entries =
        (struct grant_entry_v1 *)xm_ram_frame(&direct.cpu, mfn);

    entries[GNTTAB_RESERVED_CONSOLE] =
        (struct grant_entry_v1){ .flags = GTF_permit_access,
                                 .frame = (uint32_t)mfn_of(l->console) };
    entries[GNTTAB_RESERVED_XENSTORE] =
        (struct grant_entry_v1){ .flags = GTF_permit_access,
                                 .frame = (uint32_t)mfn_of(l->store) };
}

static void make_xens_frames(void)
{
    struct xm_machine *m = direct.cpu.machine;

    xm_frame_set_kind(m, FRAME_MMIO, XM_FRAME_MMIO);
    xm_frame_set_kind(m, FRAME_XEN, XM_FRAME_XEN);
    xm_frame_set_kind(m, FRAME_M2P, XM_FRAME_M2P);
    *xm_machine_frame(m, FRAME_SHARED_INFO) = (struct xm_frame){
        .count_info = XM_PGC_ALLOCATED | XM_PGC_XEN_HEAP | 1,
        .type_info = XM_PGT_WRITABLE | XM_PGT_VALIDATED | 1,
        .owner = DIRECT_DOMID,
    };
}

int direct__build(void)
{
    const struct layout l = lay_out(&direct.config);
    struct mmuext_op ops[2] = { { .cmd = MMUEXT_PIN_L4_TABLE },
                                { .cmd = MMUEXT_NEW_BASEPTR } };
    struct xm_domain *d;

    if (l.end > direct.config.nr_pages)
        return direct__fail("%u pages are too few: what is mapped at the "
                            "beginning takes %u",
                            direct.config.nr_pages, l.end);
    d = xm_domain_create(direct.cpu.machine, DIRECT_DOMID,
                         direct.config.privileged);
    d->nr_vcpus = 1;
    d->vcpu[0].initialised = d->vcpu[0].up = d->vcpu[0].has_run = true;
    d->shared_info = FRAME_SHARED_INFO;
    make_xens_frames();
    give_memory(&l);
    write_tables(&l);
    (void)xm_grant_table_init(&direct.cpu, d);
    seed_grants(d, &l);
    if (direct__begin_events((uint32_t)mfn_of(l.console),
                             (uint32_t)mfn_of(l.store)) != 0)
        return -1;
    write_start_info(&l);
    d->max_pages = d->tot_pages;
    ops[0].arg1.mfn = ops[1].arg1.mfn = mfn_of(l.tables);
    if (xm_mmuext_op(&direct.cpu, ops, 2, NULL, DOMID_SELF).rc != 0)
        return direct__fail("the model refuses the first tables: please "
                            "report this");
    return direct__record_begin();
}
