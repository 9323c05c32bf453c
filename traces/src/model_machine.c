/* SPDX-License-Identifier: MIT
 *
 * The machine that the model makes up for traces: some frames that belong to
 * nobody, and domains with four boot tables each.
 */
#include "model.h"

#include <xen-model/pte.h>

/* The synthetic machine; what comes after the boot tables is free. */
enum {
    FRAME_ZERO, /* I/O too, but as a user base it means none */
    FRAME_MMIO,
    FRAME_XEN,
    FRAME_M2P,
    FRAME_SHARED_INFO,
    FRAME_FIRST_BOOT,
};
/* As the builders set them. */
#define KERNEL_FLAGS (XM_PTE_P | XM_PTE_RW | XM_PTE_A)
#define TABLE_FLAGS (KERNEL_FLAGS | XM_PTE_US | XM_PTE_D)
#define BOOT_TABLES 4u
#define ARGS_SLOT 8u /* of the boot L1: the pages of arguments */
#define ARGS_PAGES (PVT_MAX_DATA / XM_PAGE_SIZE)
#define ARGS_VA (0xffffffff80000000ull + ARGS_SLOT * XM_PAGE_SIZE)

/* Pages, and as much again where a part of them, in a row, comes from. */
uint32_t pvt_model_frames(const struct pvt_trace *t)
{
    const uint32_t frames = 2 * t->nr_pages + 1024;

    return frames < 4096 ? 4096 : frames;
}

static bool load_boot_tables(struct model *m, xm_mfn l4)
{
    const struct mmuext_op ops[] = {
        { .cmd = MMUEXT_NEW_BASEPTR, .arg1.mfn = l4 },
        { .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = l4 },
    };

    for (m->cpu.vcpu = 0; m->cpu.vcpu < PVT_VCPUS; m->cpu.vcpu++)
        if (xm_mmuext_op(&m->cpu, ops, m->cpu.vcpu == 0 ? 2 : 1, NULL,
                         DOMID_SELF)
                .rc != 0)
            return false;
    return true;
}

/* The first frame of its grant table. */
static bool give_grant_table(struct model *m, xm_domid domid)
{
    const xm_mfn frame = --m->end;
    struct xm_cpu *c = &m->cpu;

    c->alloc = &frame;
    c->nr_alloc = 1;
    return xm_grant_table_init(c, xm_domain_find(c->machine, domid));
}

/* boot_l4[511] -> boot_l3[510] -> boot_l2[0] -> an L1 that maps all four. */
static int build_boot_tables(struct model *m, xm_domid domid,
                             struct pvt_known_frames *known)
{
    const xm_mfn first = m->next_free, l1 = first + BOOT_TABLES - 1;

    /* More for the shared_info and the grants. */
    if (first + BOOT_TABLES + ARGS_PAGES + 1 >= m->end)
        return fail(m, "the machine has no more free frames: shorten the "
                       "trace");
    m->next_free += BOOT_TABLES + ARGS_PAGES;
    for (xm_mfn mfn = first; mfn <= l1; mfn++) {
        xm_frame_assign(m->cpu.machine, mfn, domid);
        xm_ram_frame(&m->cpu, l1)[mfn - first] =
            xm_pte(mfn, KERNEL_FLAGS & ~XM_PTE_RW);
    }
    for (uint32_t i = 0; i < ARGS_PAGES; i++) {
        xm_frame_assign(m->cpu.machine, l1 + 1 + i, domid);
        xm_ram_frame(&m->cpu, l1)[ARGS_SLOT + i] =
            xm_pte(l1 + 1 + i, KERNEL_FLAGS);
    }
    known->args = ARGS_VA;
    known->boot_l4 = first;
    known->boot_l3 = first + 1;
    known->boot_l2 = first + 2;
    xm_ram_frame(&m->cpu, first)[511] = xm_pte(known->boot_l3, TABLE_FLAGS);
    xm_ram_frame(&m->cpu, first + 1)[510] = xm_pte(known->boot_l2, TABLE_FLAGS);
    xm_ram_frame(&m->cpu, first + 2)[0] = xm_pte(l1, TABLE_FLAGS);
    m->cpu.domid = domid;
    return give_grant_table(m, domid) && load_boot_tables(m, first)
               ? 0
               : fail(m, "the model refuses its own boot state: please "
                         "report this");
}

static struct xm_domain *create_domain(struct model *m, xm_domid domid,
                                       bool privileged)
{
    struct xm_domain *d = xm_domain_create(m->cpu.machine, domid, privileged);

    if (d)
        for (uint32_t i = 0; i < PVT_VCPUS; i++) {
            d->vcpu[i].initialised = true;
            d->vcpu[i].gdt_mapped = true;
        }
    if (d)
        d->nr_vcpus = PVT_VCPUS + PVT_SPARE_VCPUS;
    return d;
}

/* The shared_info: what share_xen_page_with_guest() makes of Xen's heap. */
static void share_info(struct model *m, xm_mfn mfn, xm_domid domid)
{
    *xm_machine_frame(m->cpu.machine, mfn) = (struct xm_frame){
        .count_info = XM_PGC_ALLOCATED | XM_PGC_XEN_HEAP | 1,
        .type_info = XM_PGT_WRITABLE | XM_PGT_VALIDATED | 1,
        .owner = domid,
    };
    xm_domain_find(m->cpu.machine, domid)->shared_info = mfn;
}

int model__boot(struct model *m)
{
    const uint32_t faults = xm_machine_config(m->cpu.machine)->faults;
    struct pvt_known_frames *known = &m->backend.known;
    struct xm_machine *machine;
    int rc;

    model__drop_ram(m);
    machine = xm_machine_init(m->block, &m->config);
    create_domain(m, 0, true);
    xm_frame_set_kind(machine, FRAME_ZERO, XM_FRAME_MMIO);
    xm_frame_set_kind(machine, FRAME_MMIO, XM_FRAME_MMIO);
    xm_frame_set_kind(machine, FRAME_XEN, XM_FRAME_XEN);
    xm_frame_set_kind(machine, FRAME_M2P, XM_FRAME_M2P);
    share_info(m, FRAME_SHARED_INFO, 0);
    *known = (struct pvt_known_frames){
        .shared_info = FRAME_SHARED_INFO,
        .xen = FRAME_XEN,
        .free = m->config.nr_frames - 1,
        .mmio = FRAME_MMIO,
        .m2p = FRAME_M2P,
        .nr_frames = m->config.nr_frames,
    };
    m->next_free = FRAME_FIRST_BOOT;
    m->end = m->config.nr_frames - 1; /* the one that stays free */
    rc = build_boot_tables(m, 0, known);
    /* A fault must not change the machine that traces begin with. */
    xm_machine_set_faults(machine, faults);
    return rc;
}

int model__add_domain(struct model *m, xm_domid domid, bool privileged,
                      struct pvt_known_frames *known)
{
    struct xm_domain *d;

    if (!create_domain(m, domid, privileged))
        return fail(m, "the machine has no room for another domain");
    if (build_boot_tables(m, domid, known) != 0)
        return -1;
    known->shared_info = m->next_free++;
    share_info(m, known->shared_info, domid);
    d = xm_domain_find(m->cpu.machine, domid);
    if (!privileged) {
        d->max_pages = d->tot_pages + PVT_SPARE_PAGES;
        d->grant.max_maptrack_frames = PVT_MAPTRACK_FRAMES(domid);
    }
    return 0;
}
