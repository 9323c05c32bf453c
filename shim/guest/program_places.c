/* SPDX-License-Identifier: MIT
 *
 * What the symbols of a program mean in this domain, and its pages filled.
 */
#include "program.h"

#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/vcpu.h>

#include "hypercall.h"
#include "layout.h"
#include "probe.h"
#include "view.h"

#define PAGE_SIZE 4096u
#define FRAME(entry) ((entry) >> 12 & 0xffffffffffull)
#define BOOT_SLOT_L4 511u
#define BOOT_SLOT_L3 510u
#define WINDOW_SLOT 256u
#define WINDOW_FLAGS 0x27u /* present, writable, for the user, accessed */

static const uint64_t *p2m;

/* The boot table that is frame MFN. */
static const uint64_t *boot_table(const struct start_info *si, uint64_t mfn)
{
    const uint64_t first = (si->pt_base - SHIM_VIRT_BASE) / PAGE_SIZE;

    for (uint64_t i = 0; i < si->nr_pt_frames; i++)
        if (p2m[first + i] == mfn)
            return (const uint64_t *)(si->pt_base + i * PAGE_SIZE);
    return NULL;
}

static bool find_boot_tables(struct program *p, const struct start_info *si)
{
    uint64_t *const to = &p->number[SHIM_SYMBOL_PAGES];
    const uint64_t *l4 = (const uint64_t *)si->pt_base, *l3;

    to[0] = p2m[(si->pt_base - SHIM_VIRT_BASE) / PAGE_SIZE];
    to[1] = FRAME(l4[BOOT_SLOT_L4]);
    l3 = boot_table(si, to[1]);
    to[2] = l3 ? FRAME(l3[BOOT_SLOT_L3]) : 0;
    return boot_table(si, to[2]) != NULL;
}

/* What Xen tells of itself. */
static bool ask_xen(struct program *p)
{
    const uint32_t wanted = 1u << SHIM_SYMBOL_M2P;
    uint64_t m2p = 0;
    struct xen_machphys_mfn_list list = { .max_extents = 1 };

    list.extent_start.p = &m2p;
    if ((p->head->uses & wanted) &&
        hypercall(__HYPERVISOR_memory_op, XENMEM_machphys_mfn_list,
                  (uintptr_t)&list, 0, 0, 0) != 0)
        return false;
    p->number[SHIM_SYMBOL_M2P] = m2p;
    p->number[SHIM_SYMBOL_NR_FRAMES] = (uint64_t)hypercall(
        __HYPERVISOR_memory_op, XENMEM_maximum_ram_page, 0, 0, 0, 0);
    return true;
}

/* Frames of the domain that nothing maps. */
static const char *take_pages(struct program *p, const struct start_info *si)
{
    const struct shim_program_page *page = p->pages;
    uint64_t pfn = shim_first_free(si);

    for (uint32_t i = 0; i < p->head->nr_pages; i++) {
        uint64_t *to = &p->number[SHIM_SYMBOL_PAGES + i];

        if (page->kind == SHIM_PAGE_FRESH && pfn >= si->nr_pages)
            return "the domain has too little memory for the pages of the "
                   "trace: give it more (memory=)";
        if (page->kind == SHIM_PAGE_FRESH)
            *to = p2m[pfn++];
        else if (page->kind != SHIM_PAGE_BOOT)
            *to = PROGRAM_UNKNOWN;
        page = shim_next_page(page);
    }
    return NULL;
}

static bool fill_page(const struct program *p, uint32_t symbol)
{
    uint64_t *words = shim_view(p->number[symbol], true);

    if (!words)
        return false;
    for (uint32_t i = 0; i < 512; i++)
        words[i] = 0;
    for (uint32_t i = 0; i < p->head->nr_fills; i++) {
        const struct shim_program_fill *f = &p->fills[i];
        uint64_t value = f->value;

        if (f->page != symbol)
            continue;
        if (f->has_symbol)
            value += (p->number[f->symbol] - SHIM_SYMBOL_NUMBER(f->symbol))
                     << f->shift;
        for (uint32_t k = f->first; k <= f->last; k++)
            words[k] = value;
    }
    shim_view_close();
    return true;
}

static bool fill_pages(const struct program *p)
{
    const struct shim_program_page *page = p->pages;

    for (uint32_t i = 0; i < p->head->nr_pages; i++) {
        if (page->kind == SHIM_PAGE_FRESH &&
            !fill_page(p, SHIM_SYMBOL_PAGES + i))
            return false;
        page = shim_next_page(page);
    }
    return true;
}

/*
 * The toolstack has granted two frames to dom0, for console and xenstore, which
 * are mapped by now. Traces begin with a table that is empty.
 */
static bool clear_grants(void)
{
    uint64_t frame = 0, *words;
    struct gnttab_setup_table table = { .dom = DOMID_SELF, .nr_frames = 1 };

    table.frame_list.p = &frame;
    if (hypercall(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table,
                  (uintptr_t)&table, 1, 0, 0) != 0 ||
        table.status != GNTST_okay)
        return false;
    words = shim_view(frame, true);
    if (!words)
        return false;
    words[GNTTAB_RESERVED_CONSOLE] = words[GNTTAB_RESERVED_XENSTORE] = 0;
    shim_view_close();
    return true;
}

static bool open_window(const struct program *p)
{
    struct mmu_update update = {
        .ptr = p->number[SHIM_SYMBOL_PAGES + 2] * PAGE_SIZE + WINDOW_SLOT * 8,
        .val = p->number[p->head->window] * PAGE_SIZE + WINDOW_FLAGS,
    };

    return !p->head->window ||
           hypercall(__HYPERVISOR_mmu_update, (uintptr_t)&update, 1, 0,
                     DOMID_SELF, 0) == 0;
}

/* The second vCPU is known to Xen, and down: so the model has it. */
static bool know_second_vcpu(const struct program *p, struct shim_mailbox *m)
{
    struct vcpu_guest_context *c = (void *)m->data;

    for (uint64_t i = 0; i < sizeof(*c); i++)
        m->data[i] = 0;
    c->flags = VGCF_in_kernel;
    c->user_regs.rip = m->secondary;
    c->user_regs.rdi = m[1].self;
    c->user_regs.cs = FLAT_KERNEL_CS;
    c->user_regs.ss = c->kernel_ss = FLAT_KERNEL_SS;
    c->ctrlreg[3] = xen_pfn_to_cr3(p->number[SHIM_SYMBOL_PAGES]);
    return hypercall(__HYPERVISOR_vcpu_op, VCPUOP_initialise, 1, (uintptr_t)c,
                     0, 0) == 0;
}

const char *shim_find_places(struct program *p, const struct start_info *si,
                             struct shim_mailbox *m)
{
    const char *wrong;

    p2m = (const uint64_t *)si->mfn_list;
    if (p->nr_symbols > PROGRAM_SYMBOLS)
        return "the program has too many pages";
    if (!find_boot_tables(p, si))
        return "the boot tables are not as a toolstack makes them";
    if (!ask_xen(p))
        return "Xen does not tell where its own tables are";
    p->number[SHIM_SYMBOL_SHARED_INFO] = si->shared_info / PAGE_SIZE;
    p->number[SHIM_SYMBOL_SELF] = m->self;
    wrong = take_pages(p, si);
    if (wrong)
        return wrong;
    if (!know_second_vcpu(p, m))
        return "the domain has one vCPU, and traces may name three: give it "
               "those (vcpus=3)";
    if (!clear_grants())
        return "its grant table cannot be mapped";
    if (!fill_pages(p))
        return "a page of the domain cannot be mapped to be filled";
    return open_window(p) ? NULL : "Xen refuses the table of the window";
}
