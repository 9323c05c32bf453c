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
#define MOST_PAGES (1u << 24) /* of what is looked at: 64 GiB */
#define NR_MAGIC 3u           /* start_info, xenstore's page, the console's */
#define SHIFT(level) (XM_PAGE_SHIFT + 9 * (level))
#define VA_MASK ((1ull << 48) - 1)

/* Frames of the machine; the domain's come after these. */
enum { FRAME_MMIO, FRAME_XEN, FRAME_M2P, FRAME_SHARED_INFO };

/* A range of addresses that is mapped, and the L1 to L3 tables for it alone. */
struct area {
    xm_vaddr first, last; /* of 48 bits */
    struct {
        uint64_t first; /* its number among all tables of the level */
        uint32_t nr, pfn;
    } tables[4];
};

static uint64_t pages(uint64_t bytes)
{
    return bytes / XM_PAGE_SIZE + (bytes % XM_PAGE_SIZE != 0);
}

/* Which table of LEVEL translates VA. */
static uint64_t number(xm_vaddr va, unsigned int level)
{
    return va >> SHIFT(level);
}

/*
 * COUNT pages from VA on. Its tables lie one after the other from page frame
 * PFN on, the highest level first; what BESIDE, or NULL, has is shared.
 */
static struct area area_of(xm_vaddr va, uint32_t count, uint32_t pfn,
                           const struct area *beside)
{
    struct area a = { .first = va & VA_MASK };

    a.last = a.first + (uint64_t)count * XM_PAGE_SIZE - 1;
    for (unsigned int level = 3; level > 0; level--) {
        uint64_t first = number(a.first, level), last = number(a.last, level);

        if (beside && first >= number(beside->first, level) &&
            first <= number(beside->last, level))
            first = number(beside->last, level) + 1;
        else if (beside && last >= number(beside->first, level) &&
                 last <= number(beside->last, level))
            last = number(beside->first, level) - 1;
        a.tables[level].first = first;
        a.tables[level].nr = last >= first ? (uint32_t)(last - first + 1) : 0;
        a.tables[level].pfn = pfn;
        pfn += a.tables[level].nr;
    }
    return a;
}

static uint32_t nr_tables(const struct area *a)
{
    return a->tables[1].nr + a->tables[2].nr + a->tables[3].nr;
}

/* Page frame of the table for VA, of A or of the one it shares it with. */
static uint32_t table_of(const struct area *a, const struct area *beside,
                         unsigned int level, xm_vaddr va)
{
    const uint64_t n = number(va, level);
    const struct area *of =
        !beside || n - a->tables[level].first < a->tables[level].nr ? a
                                                                    : beside;

    return of->tables[level].pfn + (uint32_t)(n - of->tables[level].first);
}

static struct area main_area(const struct domain_image *image,
                             const struct domain_layout *l)
{
    return area_of(image->virt_base, l->end, l->tables + 1, NULL);
}

static struct area p2m_area(const struct domain_image *image,
                            const struct domain_layout *l,
                            const struct area *beside)
{
    return area_of(image->init_p2m, l->nr_p2m, l->p2m + l->nr_p2m, beside);
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
    struct area a;

    for (l->nr_tables = 4;; l->nr_tables++) {
        l->stack = l->tables + l->nr_tables;
        l->end = l->stack + 1 + END_PADDING;
        l->end = (l->end + END_UNIT - 1) / END_UNIT * END_UNIT;
        a = main_area(image, l);
        if (l->nr_tables >= 1 + nr_tables(&a))
            return;
    }
}

static bool fits(const struct area *a, const struct area *beside)
{
    return a->last <= VA_MASK &&
           (!beside || a->last < beside->first || a->first > beside->last);
}

static void lay_out_p2m(const struct domain_image *image,
                        const struct area *beside, struct domain_layout *l)
{
    struct area a;

    l->p2m = l->used;
    a = p2m_area(image, l, beside);
    l->p2m_tables = l->p2m + l->nr_p2m;
    l->nr_p2m_tables = nr_tables(&a);
    l->used = l->p2m_tables + l->nr_p2m_tables;
    if (!fits(&a, beside))
        l->wrong = "the P2M does not fit where INIT_P2M wants it";
}

/* In pages, without the tables. */
static uint64_t contents(const struct domain_image *image)
{
    return pages(image->kernel_end - image->virt_base) +
           pages(image->ramdisk_bytes) + pages((uint64_t)image->nr_pages * 8) +
           NR_MAGIC;
}

bool domain_lay_out(const struct domain_image *image,
                    struct domain_layout *layout)
{
    struct domain_layout l = { .ramdisk = DOMAIN_NO_PFN };
    const uint32_t ramdisk = (uint32_t)pages(image->ramdisk_bytes);
    const bool outside = p2m_is_outside(image);
    uint32_t next;
    struct area a;

    if (contents(image) > MOST_PAGES) {
        l.used = UINT32_MAX;
        *layout = l;
        return false;
    }
    next = (uint32_t)pages(image->kernel_end - image->virt_base);
    l.nr_p2m = (uint32_t)pages((uint64_t)image->nr_pages * 8);
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
    l.tables = next + NR_MAGIC;
    lay_out_tables(image, &l);
    next = l.end;
    if (ramdisk && image->ramdisk_unmapped) {
        l.ramdisk = next;
        next += ramdisk;
    }
    l.used = next;
    a = main_area(image, &l);
    if (!fits(&a, NULL))
        l.wrong = "what is mapped from VIRT_BASE on goes beyond the last "
                  "address";
    else if (outside)
        lay_out_p2m(image, &a, &l);
    *layout = l;
    return !l.wrong && l.used <= image->nr_pages;
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

/* Maps A: its pages from FIRST_PFN on. */
static void map(struct xm_cpu *c, uint32_t n, const struct domain_layout *l,
                const struct area *a, const struct area *beside,
                uint32_t first_pfn)
{
    for (xm_vaddr va = a->first; va <= a->last; va += XM_PAGE_SIZE) {
        const uint32_t pfn =
            first_pfn + (uint32_t)((va - a->first) / XM_PAGE_SIZE);
        const bool table = pfn >= l->tables && pfn < l->tables + l->nr_tables;
        uint32_t in = l->tables;

        for (unsigned int level = 4; level > 1; level--) {
            const uint32_t next = table_of(a, beside, level - 1, va);

            domain_page(c, n, in)[xm_va_index(va, level)] =
                xm_pte(domain_mfn(n, next), TABLE_FLAGS);
            in = next;
        }
        domain_page(c, n, in)[xm_va_index(va, 1)] = xm_pte(
            domain_mfn(n, pfn), table ? L1_FLAGS & ~XM_PTE_RW : L1_FLAGS);
    }
}

static void map_all(struct xm_cpu *c, const struct domain_image *image,
                    const struct domain_layout *l)
{
    const struct area a = main_area(image, l);
    struct area p2m;

    map(c, image->nr_pages, l, &a, NULL, 0);
    if (!p2m_is_outside(image))
        return;
    p2m = p2m_area(image, l, &a);
    map(c, image->nr_pages, l, &p2m, &a, l->p2m);
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
    map_all(c, image, l);
    write_start_info(c, image, l);
    if (xm_grant_table_init(c, d))
        seed_grants(c, d, n, l);
    d->max_pages = d->tot_pages;
    if (c->domid != 0) /* who has built it is there, too */
        (void)xm_grant_table_init(c, xm_domain_create(c->machine, 0, true));
    ops[0].arg1.mfn = ops[1].arg1.mfn = domain_mfn(n, l->tables);
    return xm_mmuext_op(c, ops, 2, NULL, DOMID_SELF).rc == 0;
}
