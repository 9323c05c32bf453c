/* SPDX-License-Identifier: MIT
 *
 * Where things lie, and the first page tables. Rules BLD-40..56.
 */
#include <domain/build.h>

#include <xen-model/hypercall.h>
#include <xen-model/pte.h>

#include <stdio.h>
#include <xen/grant_table.h>

#define L1_FLAGS (XM_PTE_P | XM_PTE_RW | XM_PTE_A)
#define TABLE_FLAGS (L1_FLAGS | XM_PTE_US | XM_PTE_D)
#define END_UNIT                                                               \
    1024u                /* pages: the mapping ends at a multiple of 4 MiB ... \
                          */
#define END_PADDING 128u /* ... with at least 512 KiB to spare */
#define EXTENT 512u      /* frames that are contiguous */
#define SHIFT(level) (XM_PAGE_SHIFT + 9 * (level))

/* Frames of the machine; the domain's come after these. */
enum { FRAME_MMIO, FRAME_XEN, FRAME_M2P, FRAME_SHARED_INFO };

static uint32_t pages(uint64_t bytes)
{
    return (uint32_t)((bytes + XM_PAGE_SIZE - 1) / XM_PAGE_SIZE);
}

/* Tables of LEVEL that [FIRST, FIRST + N pages) takes. */
static uint32_t tables_of(unsigned int level, xm_vaddr first, uint32_t n)
{
    const xm_vaddr last = first + (uint64_t)n * XM_PAGE_SIZE - 1;

    return level == 4 ? 1
                      : (uint32_t)((last >> SHIFT(level)) -
                                   (first >> SHIFT(level)) + 1);
}

static uint32_t all_tables(xm_vaddr first, uint32_t n)
{
    return tables_of(4, first, n) + tables_of(3, first, n) +
           tables_of(2, first, n) + tables_of(1, first, n);
}

static bool p2m_is_outside(const struct domain_image *image)
{
    return image->init_p2m < image->virt_base &&
           image->init_p2m % XM_PAGE_SIZE == 0;
}

/* The mapping takes tables, which are in the mapping. */
static void lay_out_tables(const struct domain_image *image,
                           struct domain_layout *l)
{
    for (l->nr_tables = 4;; l->nr_tables++) {
        l->stack = l->tables + l->nr_tables;
        l->end = l->stack + 1 + END_PADDING;
        l->end = (l->end + END_UNIT - 1) / END_UNIT * END_UNIT;
        if (l->nr_tables >= all_tables(image->virt_base, l->end))
            return;
    }
}

bool domain_lay_out(const struct domain_image *image,
                    struct domain_layout *layout)
{
    struct domain_layout l = { .ramdisk = DOMAIN_NO_PFN };
    uint32_t next = pages(image->kernel_end - image->virt_base);
    const uint32_t ramdisk = pages(image->ramdisk_bytes);
    const bool outside = p2m_is_outside(image);

    l.nr_p2m = pages((uint64_t)image->nr_pages * 8);
    if (ramdisk && !image->ramdisk_unmapped) {
        l.ramdisk = next;
        next += ramdisk;
    }
    if (!outside) {
        l.p2m = next;
        next += l.nr_p2m;
    }
    l.start_info = next;
    l.store = next + 1;
    l.console = next + 2;
    l.tables = next + 3;
    lay_out_tables(image, &l);
    next = l.end;
    if (ramdisk && image->ramdisk_unmapped) {
        l.ramdisk = next;
        next += ramdisk;
    }
    if (outside) {
        l.p2m = next;
        l.p2m_tables = next + l.nr_p2m;
        l.nr_p2m_tables = all_tables(image->init_p2m, l.nr_p2m) - 1;
        next = l.p2m_tables + l.nr_p2m_tables;
    }
    l.used = next;
    *layout = l;
    return next <= image->nr_pages;
}

/* The low frames are Xen's, and a quarter is to spare, for exchanges. */
uint32_t domain_frames(uint32_t nr_pages)
{
    const uint32_t n = EXTENT * 2 + nr_pages + nr_pages / 4;

    return (n + EXTENT - 1) / EXTENT * EXTENT;
}

/* Frames are not where their numbers suggest: extents come the other way. */
xm_mfn domain_mfn(uint32_t nr_pages, uint32_t pfn)
{
    const uint32_t extents = (nr_pages + EXTENT - 1) / EXTENT;

    return (extents - pfn / EXTENT) * (xm_mfn)EXTENT + pfn % EXTENT;
}

uint64_t *domain_page(const struct xm_cpu *c, uint32_t nr_pages, uint32_t pfn)
{
    return xm_ram_frame(c, domain_mfn(nr_pages, pfn));
}

static void give_memory(struct xm_cpu *c, const struct domain_layout *l,
                        uint32_t n)
{
    for (uint32_t pfn = 0; pfn < n; pfn++) {
        const xm_mfn mfn = domain_mfn(n, pfn);

        xm_frame_assign(c->machine, mfn, c->domid);
        *xm_machine_m2p(c->machine, mfn) = pfn;
        domain_page(c, n, l->p2m + pfn / 512u)[pfn % 512u] = mfn;
    }
    for (uint32_t pfn = n; pfn < l->nr_p2m * 512u; pfn++)
        domain_page(c, n, l->p2m + pfn / 512u)[pfn % 512u] = ~0ull;
}

/*
 * Maps COUNT pages from FIRST_PFN on at VA. Tables of each level lie one after
 * the other, the highest first, from page frame TABLES on; the L4 is TOP.
 */
static void map(struct xm_cpu *c, uint32_t n, const struct domain_layout *l,
                uint32_t top, uint32_t tables, xm_vaddr va, uint32_t first_pfn,
                uint32_t count)
{
    uint32_t at[5] = { 0 };

    at[3] = tables;
    at[2] = at[3] + tables_of(3, va, count);
    at[1] = at[2] + tables_of(2, va, count);
    for (uint32_t i = 0; i < count; i++) {
        const xm_vaddr to = va + (uint64_t)i * XM_PAGE_SIZE;
        const uint32_t pfn = first_pfn + i;
        const bool table = pfn >= l->tables && pfn < l->tables + l->nr_tables;
        uint32_t in = top;

        for (unsigned int level = 4; level > 1; level--) {
            const uint32_t next =
                at[level - 1] +
                (uint32_t)((to >> SHIFT(level - 1)) - (va >> SHIFT(level - 1)));

            domain_page(c, n, in)[xm_va_index(to, level)] =
                xm_pte(domain_mfn(n, next), TABLE_FLAGS);
            in = next;
        }
        domain_page(c, n, in)[xm_va_index(to, 1)] = xm_pte(
            domain_mfn(n, pfn), table ? L1_FLAGS & ~XM_PTE_RW : L1_FLAGS);
    }
}

static void write_start_info(struct xm_cpu *c, const struct domain_image *image,
                             const struct domain_layout *l)
{
    const uint32_t n = image->nr_pages;
    struct start_info *si =
        (struct start_info *)domain_page(c, n, l->start_info);
    const xm_vaddr base = image->virt_base;
    const bool outside = p2m_is_outside(image);

    snprintf(si->magic, sizeof(si->magic), "xen-3.0-x86_64");
    si->nr_pages = n;
    si->flags = image->privileged ? SIF_PRIVILEGED : 0;
    si->shared_info = (uint64_t)FRAME_SHARED_INFO * XM_PAGE_SIZE;
    si->store_mfn = domain_mfn(n, l->store);
    si->console.domU.mfn = domain_mfn(n, l->console);
    si->pt_base = base + (uint64_t)l->tables * XM_PAGE_SIZE;
    si->nr_pt_frames = l->nr_tables;
    si->mfn_list =
        outside ? image->init_p2m : base + (uint64_t)l->p2m * XM_PAGE_SIZE;
    if (outside) {
        si->first_p2m_pfn = l->p2m;
        si->nr_p2m_frames = l->nr_p2m + l->nr_p2m_tables;
    }
    if (l->ramdisk == DOMAIN_NO_PFN)
        return;
    si->mod_len = image->ramdisk_bytes;
    if (image->ramdisk_unmapped)
        si->flags |= SIF_MOD_START_PFN;
    si->mod_start = image->ramdisk_unmapped
                        ? l->ramdisk
                        : base + (uint64_t)l->ramdisk * XM_PAGE_SIZE;
}

static void make_xens_frames(struct xm_cpu *c)
{
    struct xm_machine *m = c->machine;

    xm_frame_set_kind(m, FRAME_MMIO, XM_FRAME_MMIO);
    xm_frame_set_kind(m, FRAME_XEN, XM_FRAME_XEN);
    xm_frame_set_kind(m, FRAME_M2P, XM_FRAME_M2P);
    *xm_machine_frame(m, FRAME_SHARED_INFO) = (struct xm_frame){
        .count_info = XM_PGC_ALLOCATED | XM_PGC_XEN_HEAP | 1,
        .type_info = XM_PGT_WRITABLE | XM_PGT_VALIDATED | 1,
        .owner = c->domid,
    };
}

/* The rings' backends find them by grants: BLD-54. */
static void seed_grants(struct xm_cpu *c, const struct xm_domain *d, uint32_t n,
                        const struct domain_layout *l)
{
    const xm_mfn mfn = *xm_grant_shared_frames(c->machine, d);
    struct grant_entry_v1 *entries =
        (struct grant_entry_v1 *)xm_ram_frame(c, mfn);

    entries[GNTTAB_RESERVED_CONSOLE] =
        (struct grant_entry_v1){ .flags = GTF_permit_access,
                                 .frame = (uint32_t)domain_mfn(n, l->console) };
    entries[GNTTAB_RESERVED_XENSTORE] =
        (struct grant_entry_v1){ .flags = GTF_permit_access,
                                 .frame = (uint32_t)domain_mfn(n, l->store) };
}

static struct xm_domain *make_domain(struct xm_cpu *c,
                                     const struct domain_image *image)
{
    struct xm_domain *d =
        xm_domain_create(c->machine, c->domid, image->privileged);

    d->nr_vcpus = image->nr_vcpus;
    d->vcpu[0].initialised = d->vcpu[0].up = d->vcpu[0].has_run = true;
    d->vcpu[0].gdt_mapped =
        true; /* ADR-18: the toolstack has set its context */
    d->shared_info = FRAME_SHARED_INFO;
    return d;
}

bool domain_build(struct xm_cpu *c, const struct domain_image *image,
                  const struct domain_layout *l)
{
    const uint32_t n = image->nr_pages;
    struct xm_domain *d = make_domain(c, image);
    struct mmuext_op ops[2] = { { .cmd = MMUEXT_PIN_L4_TABLE },
                                { .cmd = MMUEXT_NEW_BASEPTR } };

    make_xens_frames(c);
    give_memory(c, l, n);
    map(c, n, l, l->tables, l->tables + 1, image->virt_base, 0, l->end);
    if (l->nr_p2m_tables)
        map(c, n, l, l->tables, l->p2m_tables, image->init_p2m, l->p2m,
            l->nr_p2m);
    write_start_info(c, image, l);
    if (xm_grant_table_init(c, d))
        seed_grants(c, d, n, l);
    d->max_pages = d->tot_pages;
    if (c->domid != 0) /* who has built it is there, too */
        (void)xm_grant_table_init(c, xm_domain_create(c->machine, 0, true));
    ops[0].arg1.mfn = ops[1].arg1.mfn = domain_mfn(n, l->tables);
    return xm_mmuext_op(c, ops, 2, NULL, DOMID_SELF).rc == 0;
}
