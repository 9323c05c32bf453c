/* SPDX-License-Identifier: MIT
 *
 * Reading Xen's own frame table and M2P in the machine's RAM (rules FRM-*).
 * What is assumed of Xen's layout is here, and checked on attach.
 */
#include "internal.h"

#include <xen-model/pte.h>

#include <string.h>
#include <xen/memory.h>

#define FRAME_TABLE_VA 0xffff82e000000000ull
#define RO_M2P_VA 0xffff800000000000ull
#define PAGE_INFO_SIZE 32u
#define GROUP_SIZE (1u << 21)
#define FRAMES_PER_GROUP (GROUP_SIZE / PAGE_INFO_SIZE)
#define ENTRIES_PER_GROUP (GROUP_SIZE / 8u) /* of the M2P */

/* struct page_info of Xen 4.17. */
struct page_info {
    uint32_t next, prev;
    uint64_t count_info;
    uint64_t type_info;
    uint32_t owner;     /* frame of the struct domain */
    uint16_t validated; /* 9:0 nr_validated_ptes, 15 partial_set */
    int16_t linear_pt_count;
};

_Static_assert(sizeof(struct page_info) == PAGE_INFO_SIZE, "layout of Xen");

#define BAD_ADDRESS (~0ull)

/* In the tables of the boot L4. */
uint64_t shim__translate(const struct shim *s, uint64_t va)
{
    xm_mfn mfn = s->domains[0].boot_l4;

    for (unsigned int level = 4; level >= 1; level--) {
        uint64_t e, size = 1ull << (XM_PAGE_SHIFT + 9 * (level - 1));

        if ((mfn + 1) * XM_PAGE_SIZE > s->ram_size)
            return BAD_ADDRESS;
        e = shim__page(s, mfn)[xm_va_index(va, level)];
        if (!(e & XM_PTE_P))
            return BAD_ADDRESS;
        mfn = xm_pte_mfn(e);
        if (level == 1 || (level < 4 && (e & XM_PTE_PSE)))
            return (mfn * XM_PAGE_SIZE & ~(size - 1)) | (va & (size - 1));
    }
    return BAD_ADDRESS;
}

static const struct page_info *page_info(const struct shim *s, xm_mfn mfn)
{
    return (const struct page_info
                *)(const void *)(s->ram +
                                 s->frame_table[mfn / FRAMES_PER_GROUP]) +
           mfn % FRAMES_PER_GROUP;
}

uint64_t shim__owner_address(const struct shim *s, xm_mfn mfn)
{
    return (uint64_t)page_info(s, mfn)->owner * XM_PAGE_SIZE;
}

struct shim_owned shim__owned(const struct shim *s, uint64_t address)
{
    struct shim_owned n = { 0, 0 };

    for (xm_mfn mfn = 0; mfn < s->backend.known.nr_frames; mfn++) {
        const struct page_info *p = page_info(s, mfn);

        if ((p->count_info & XM_PGC_STATE_MASK) == XM_PGC_STATE_FREE ||
            (uint64_t)p->owner * XM_PAGE_SIZE != address)
            continue;
        n.frames++;
        n.held += (p->count_info & XM_PGC_COUNT_MASK) != 0;
    }
    return n;
}

static inline struct xm_frame read_frame(const struct shim *s, xm_mfn mfn)
{
    const struct page_info p = *page_info(s, mfn);
    struct xm_frame f = { .count_info = p.count_info,
                          .type_info = p.type_info,
                          .owner = XM_DOMID_NONE };

    /* The other fields of a free frame mean other things. */
    if ((p.count_info & XM_PGC_STATE_MASK) == XM_PGC_STATE_FREE) {
        f.count_info = XM_PGC_STATE_FREE;
        f.type_info = 0;
        return f;
    }
    if (p.owner != 0 && (uint64_t)p.owner * XM_PAGE_SIZE < s->ram_size)
        memcpy(&f.owner, shim__page(s, p.owner), sizeof(f.owner));
    /* Without a live table Xen keeps its TLB time stamp in these bytes. */
    if (xm_pgt_level(p.type_info) != 0 &&
        (p.type_info & XM_PGT_COUNT_MASK) != 0) {
        f.nr_validated = p.validated & 0x3ff;
        f.partial_set = p.validated >> 15;
        f.linear_count = p.linear_pt_count;
    }
    return f;
}

struct xm_frame shim__frame(const struct shim *s, xm_mfn mfn)
{
    return read_frame(s, mfn);
}

void shim__read_frames(struct pvt_backend *b, const xm_mfn *mfns,
                       uint32_t count, struct xm_frame *f)
{
    const struct shim *s = shim_of(b);

    for (uint32_t i = 0; i < count; i++)
        f[i] = read_frame(s, mfns[i]);
}

_Static_assert(PAGE_INFO_SIZE <= PVT_FRAME_BYTES &&
                   FRAMES_PER_GROUP % PVT_FRAME_BLOCK == 0,
               "blocks of frames are in one piece");

const void *shim__frame_memory(struct pvt_backend *b, xm_mfn first,
                               size_t *size)
{
    *size = (size_t)PVT_FRAME_BLOCK * PAGE_INFO_SIZE;
    return page_info(shim_of(b), first);
}

bool shim__needs_scrub(const struct shim *s, xm_mfn mfn)
{
    /* Until 4.21 that bit meant this of what is free. */
    const uint64_t need_scrub =
        s->backend.xen_minor < 22 ? XM_PGC_ALLOCATED : 1ull << 57;
    const uint64_t x = page_info(s, mfn)->count_info;

    return (x & XM_PGC_STATE_MASK) == XM_PGC_STATE_FREE && (x & need_scrub);
}

uint64_t *shim_page(struct pvt_backend *b, xm_mfn mfn)
{
    return shim__page(shim_of(b), mfn);
}

void shim_set_frame(struct pvt_backend *b, xm_mfn mfn, const struct xm_frame *f)
{
    const struct shim *s = shim_of(b);
    struct page_info *p =
        (struct page_info *)(void *)(s->ram +
                                     s->frame_table[mfn / FRAMES_PER_GROUP]) +
        mfn % FRAMES_PER_GROUP;

    p->count_info = f->count_info;
    p->type_info = f->type_info;
    if (xm_pgt_level(f->type_info) == 0 ||
        (f->type_info & XM_PGT_COUNT_MASK) == 0)
        return;
    p->validated =
        (uint16_t)(f->nr_validated | (f->partial_set ? 1u << 15 : 0));
    p->linear_pt_count = f->linear_count;
}

uint64_t shim__m2p(const struct shim *s, xm_mfn mfn)
{
    uint64_t value;

    memcpy(&value,
           s->ram + s->m2p[mfn / ENTRIES_PER_GROUP] +
               mfn % ENTRIES_PER_GROUP * sizeof(value),
           sizeof(value));
    return value;
}

int shim__find_tables(struct shim *s)
{
    const uint64_t none[5] = { XENMEM_maximum_ram_page };
    struct pvt_known_frames *k = &s->backend.known;
    struct shim_domain *d = &s->domains[0];
    struct xm_frame l4;
    uint64_t groups;
    int64_t rc;

    if (shim__hypercall(shim__control(s), __HYPERVISOR_memory_op, none, &rc) !=
        0)
        return -1;
    k->nr_frames = (uint64_t)rc;
    groups = (k->nr_frames + FRAMES_PER_GROUP - 1) / FRAMES_PER_GROUP;
    if (rc < 0 || k->nr_frames * XM_PAGE_SIZE > s->ram_size ||
        groups > SHIM_MAX_GROUPS)
        return shim__fail(s,
                          "Xen counts %lld frames, which is not this "
                          "machine's RAM",
                          (long long)k->nr_frames);
    for (uint64_t i = 0; i < groups; i++) {
        s->frame_table[i] = shim__translate(s, FRAME_TABLE_VA + i * GROUP_SIZE);
        if (s->frame_table[i] == BAD_ADDRESS)
            return shim__fail(s, "Xen's frame table is not where 4.17 has it");
    }
    for (uint64_t i = 0; i * ENTRIES_PER_GROUP < k->nr_frames; i++) {
        s->m2p[i] = shim__translate(s, RO_M2P_VA + i * GROUP_SIZE);
        if (s->m2p[i] == BAD_ADDRESS)
            return shim__fail(s, "Xen's M2P is not where 4.17 has it");
    }

    l4 = shim__frame(s, d->boot_l4);
    if (xm_pgt_level(l4.type_info) != 4 || !(l4.type_info & XM_PGT_PINNED) ||
        l4.owner != 0)
        return shim__fail(s,
                          "the layout of Xen's frame table is not that of "
                          "4.17: dom0's L4 reads count %#llx type %#llx",
                          (unsigned long long)l4.count_info,
                          (unsigned long long)l4.type_info);
    s->m2p_l4e = shim__page(s, d->boot_l4)[XM_L4_XEN_FIRST];
    d->boot_l3 = xm_pte_mfn(shim__page(s, d->boot_l4)[511]);
    d->boot_l2 = xm_pte_mfn(shim__page(s, d->boot_l3)[510]);
    return 0;
}

int shim__find_known_frames(struct shim *s)
{
    struct pvt_known_frames *k = &s->backend.known;
    unsigned int found = 0;

    shim__known_frames(&s->domains[0], k);
    /* From the top: what Xen will allocate next is not there. */
    for (xm_mfn mfn = k->nr_frames - 1; mfn > 0; mfn--) {
        const struct xm_frame f = shim__frame(s, mfn);
        const struct page_info *p = page_info(s, mfn);

        if (f.count_info == XM_PGC_STATE_FREE && mfn >= k->nr_frames / 4)
            k->free = mfn, found |= 1; /* keep the lowest of these */
        else if (p->count_info == 0 && mfn >= 0x200 && !(found & 2))
            k->xen = mfn, found |= 2;
        else if (f.owner == DOMID_XEN && !(found & 4) &&
                 f.type_info == (XM_PGT_NONE | XM_PGT_VALIDATED | 1))
            k->m2p = mfn, found |= 4;
        else if (f.owner == DOMID_IO && mfn < 0x100)
            k->mmio = mfn, found |= 8;
    }
    if (found != 15)
        return shim__fail(s,
                          "the frame table shows no frame of some kind "
                          "(found %#x of 0xf)",
                          found);
    return 0;
}

void shim__known_frames(const struct shim_domain *d,
                        struct pvt_known_frames *known)
{
    *known = d->shim->backend.known;
    known->boot_l4 = d->boot_l4;
    known->boot_l3 = d->boot_l3;
    known->boot_l2 = d->boot_l2;
    known->shared_info = d->shared_info;
    known->args = shim__data(&d->vcpu[0], 0);
    known->args_stride = sizeof(struct shim_mailbox);
}

/*
 * Of the vCPU that asks, nothing can be asked: between two traces it is on the
 * boot tables.
 */
static int export_vcpu(struct shim_vcpu *v, struct xm_domain *to)
{
    struct shim_context c = { .base = v->domain->boot_l4 };

    if (v != shim__control(v->domain->shim)) {
        if (shim__read_context(v, &c) != 0)
            return -1;
        to->m2p_strict = c.vm_assist >> VMASST_TYPE_m2p_strict & 1;
        to->writable_pagetables =
            c.vm_assist >> VMASST_TYPE_writable_pagetables & 1;
    }
    to->vcpu[v->number] = (struct xm_vcpu){ .initialised = true,
                                            .up = v->up,
                                            .has_run = v->has_run,
                                            .gdt_mapped = true,
                                            .has_base = true,
                                            .guest_table = c.base,
                                            .has_user_base = c.user_base != 0,
                                            .guest_table_user = c.user_base };
    return 0;
}

static int ask_reservation(struct shim_domain *d, uint64_t op, int64_t *rc)
{
    struct shim_vcpu *v = shim__control(d->shim);
    const struct xen_memory_domain domain = { .domid = d->domid };
    const uint64_t arg[5] = { op, shim__data(v, 0) };

    memcpy(v->mailbox->data, &domain, sizeof(domain));
    return shim__hypercall(v, __HYPERVISOR_memory_op, arg, rc);
}

static int export_size(struct shim_domain *d, struct xm_domain *to)
{
    int64_t tot, max;

    if (ask_reservation(d, XENMEM_current_reservation, &tot) != 0 ||
        ask_reservation(d, XENMEM_maximum_reservation, &max) != 0)
        return -1;
    if (tot < 0 || max < 0)
        return shim__fail(d->shim, "Xen does not tell the size of domain %u",
                          d->domid);
    to->tot_pages = (uint32_t)tot;
    to->max_pages = max < UINT32_MAX ? (uint32_t)max : UINT32_MAX;
    return 0;
}

/* What Xen has put into the L4 that the domain began with. */
static void export_xen_l4(const struct shim_domain *d, struct xm_domain *to)
{
    const uint64_t linear = XM_L4_XEN_FIRST + 2u;
    const uint64_t *l4 = shim__page(d->shim, d->boot_l4);

    memcpy(to->xen_l4, &l4[XM_L4_XEN_FIRST], sizeof(to->xen_l4));
    to->xen_l4[0] = d->shim->m2p_l4e;
    to->xen_l4[linear - XM_L4_XEN_FIRST] = l4[linear] & XM_PTE_FLAGS_MASK;
}

static int export_domain(struct shim_domain *d, struct xm_machine *m,
                         uint64_t *ram)
{
    struct xm_domain *to = xm_domain_create(m, d->domid, d->domid == 0);

    if (!to)
        return shim__fail(d->shim, "the machine has a domain %u already",
                          d->domid);
    to->nr_vcpus = SHIM_ALL_VCPUS;
    to->shared_info = d->shared_info;
    memcpy(ram + d->shared_info * XM_ENTRIES,
           shim__page(d->shim, d->shared_info), XM_PAGE_SIZE);
    export_xen_l4(d, to);
    for (uint32_t i = 0; i < SHIM_VCPUS; i++)
        if (export_vcpu(&d->vcpu[i], to) != 0)
            return -1;
    return export_size(d, to);
}

#define SCRUB_PATTERN 0xc2 /* of debug builds */

static bool is_free(const struct xm_frame *f)
{
    return (f->count_info & XM_PGC_STATE_MASK) == XM_PGC_STATE_FREE;
}

/* What a debug build hands out is a pattern, except what it has zeroed. */
static void export_free_page(const struct shim *s, xm_mfn mfn, uint64_t *to)
{
    const uint64_t *page = shim__page(s, mfn);

    if (shim__needs_scrub(s, mfn))
        memset(to, SCRUB_PATTERN, XM_PAGE_SIZE);
    else if (page[0] != 0) /* most are zero, here and there */
        memcpy(to, page, XM_PAGE_SIZE);
}

int shim__export_machine(struct pvt_backend *b, struct xm_machine *m,
                         uint64_t *ram)
{
    struct shim *s = shim_of(b);

    for (uint32_t i = 0; i < SHIM_DOMAINS; i++) {
        struct shim_domain *d = &s->domains[i];

        if (d->exists && (export_domain(d, m, ram) != 0 ||
                          shim__export_grants(d, m, ram) != 0))
            return -1;
    }
    for (xm_mfn mfn = 0; mfn < b->known.nr_frames; mfn++) {
        struct xm_frame *f = xm_machine_frame(m, mfn);

        *f = shim__frame(s, mfn);
        *xm_machine_m2p(m, mfn) = shim__m2p(s, mfn);
        if (s->backend.xen_debug && is_free(f))
            export_free_page(s, mfn, ram + mfn * XM_ENTRIES);
        if (xm_pgt_level(f->type_info) != 0 && f->owner < SHIM_DOMAINS &&
            (f->type_info & XM_PGT_COUNT_MASK) != 0)
            memcpy(ram + mfn * XM_ENTRIES, shim__page(s, mfn), XM_PAGE_SIZE);
    }
    return 0;
}
