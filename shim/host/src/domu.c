/* SPDX-License-Identifier: MIT
 *
 * Building an unprivileged domain, as a toolstack does (rules BLD-40..56): the
 * same kernel as dom0, on tables that the host writes into shared RAM.
 *
 * In pfn order: kernel, p2m, start_info, L4, L3, L2, two L1; all of it within
 * the first 2 MiB, which are contiguous. The map covers 4 MiB, as dom0's.
 */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xen-model/pte.h>
#include <xen/domctl.h>
#include <xen/errno.h>

#define EXTENT_FRAMES 512u /* they are of 2 MiB */
#define LEAST_EXTENTS 16u
/* The P2M has a frame for each, and is in the first of them. */
#define MOST_EXTENTS EXTENT_FRAMES
#define MAPPED 1024u
#define NR_TABLES 5u /* L4, L3, L2, L1, L1 */
#define UPPER (XM_PTE_P | XM_PTE_RW | XM_PTE_US | XM_PTE_A | XM_PTE_D)
#define LEAF (XM_PTE_P | XM_PTE_RW | XM_PTE_A)
#define START_TRIES 5000u /* of a millisecond */
#define DESTROY_TRIES 2000u

/* Where things are, as pfns. */
struct layout {
    uint32_t extents;
    uint64_t nr_pages;
    uint64_t p2m, start_info, tables, end;
    uint64_t shared_info; /* mfn */
};

/* The pages that are mapped are not for traces. */
uint32_t shim__extents(uint32_t frames)
{
    const uint32_t n = frames / EXTENT_FRAMES + 1 + MAPPED / EXTENT_FRAMES;

    return n < LEAST_EXTENTS  ? LEAST_EXTENTS
           : n > MOST_EXTENTS ? MOST_EXTENTS
                              : n;
}

static uint64_t virt(uint64_t pfn)
{
    return SHIM_VIRT_BASE + pfn * XM_PAGE_SIZE;
}

/* A domain that was destroyed may keep its number for a moment. */
static int create_when_free(struct shim_domain *d, struct xen_domctl *op)
{
    int64_t rc = -XEN_EEXIST;

    for (unsigned int i = 0; i < DESTROY_TRIES && rc == -XEN_EEXIST; i++) {
        if (i != 0)
            usleep(1000);
        if (shim__domctl(d->shim, XEN_DOMCTL_createdomain, d->domid, op, &rc) !=
            0)
            return -1;
    }
    return rc == 0 ? 0
                   : shim__fail(d->shim, "domain %u: createdomain failed: %lld",
                                d->domid, (long long)rc);
}

static int create(struct shim_domain *d, const struct layout *l)
{
    struct xen_domctl op = { 0 };

    op.u.createdomain.max_vcpus = SHIM_ALL_VCPUS;
    op.u.createdomain.max_evtchn_port = 1023;
    op.u.createdomain.max_grant_frames = -1; /* Xen's own default */
    op.u.createdomain.max_maptrack_frames = PVT_MAPTRACK_FRAMES(d->domid);
    /* Before 4.17 there is no such field. */
    if (shim__domctl_version(d->shim) >= 0x15)
        op.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(2);
    if (create_when_free(d, &op) != 0)
        return -1;
    d->exists = true;
    op = (struct xen_domctl){ .u.max_vcpus.max = SHIM_ALL_VCPUS };
    if (shim__must_domctl(d->shim, XEN_DOMCTL_max_vcpus, d->domid, &op,
                          "max_vcpus") != 0)
        return -1;
    op = (struct xen_domctl){ .u.max_mem.max_memkb =
                                  (l->nr_pages + PVT_SPARE_PAGES) *
                                  (XM_PAGE_SIZE / 1024u) };
    return shim__must_domctl(d->shim, XEN_DOMCTL_max_mem, d->domid, &op,
                             "max_mem");
}

/* P2M: its own copy in the domain's memory, contiguous. */
static int give_memory(struct shim_domain *d, const struct layout *l)
{
    uint64_t first[MOST_EXTENTS];
    uint64_t *p2m;

    if (shim__populate(d->shim, d->domid, l->extents, first) != 0)
        return -1;
    for (unsigned int i = 0; i < MAPPED; i++)
        memset(
            shim__page(d->shim, first[i / EXTENT_FRAMES] + i % EXTENT_FRAMES),
            0, XM_PAGE_SIZE);
    p2m = shim__page(d->shim, first[0] + l->p2m);
    for (unsigned int i = 0; i < l->nr_pages; i++)
        p2m[i] = first[i / EXTENT_FRAMES] + i % EXTENT_FRAMES;
    d->p2m = p2m;
    return 0;
}

static void write_tables(const struct shim_domain *d, const struct layout *l)
{
    const struct shim *s = d->shim;
    const uint64_t *t = &d->p2m[l->tables]; /* the frames of the tables */

    shim__page(s, t[0])[511] = xm_pte(t[1], UPPER);
    shim__page(s, t[1])[510] = xm_pte(t[2], UPPER);
    for (unsigned int i = 0; i < MAPPED; i++) {
        const bool table = i >= l->tables && i < l->tables + NR_TABLES;
        const unsigned int l1 = i / XM_ENTRIES;

        shim__page(s, t[2])[l1] = xm_pte(t[3 + l1], UPPER);
        shim__page(s, t[3 + l1])[i % XM_ENTRIES] =
            xm_pte(d->p2m[i], table ? LEAF & ~XM_PTE_RW : LEAF);
    }
}

static void write_start_info(const struct shim_domain *d,
                             const struct layout *l)
{
    struct start_info *si = (void *)shim__page(d->shim, d->p2m[l->start_info]);

    snprintf(si->magic, sizeof(si->magic), "xen-3.0-x86_64");
    si->nr_pages = l->nr_pages;
    si->shared_info = l->shared_info * XM_PAGE_SIZE;
    si->pt_base = virt(l->tables);
    si->nr_pt_frames = NR_TABLES;
    si->mfn_list = virt(l->p2m);
}

static int fill(struct shim_domain *d, const struct pv_kernel *image,
                struct layout *l)
{
    struct xen_domctl op = { 0 };

    if (give_memory(d, l) != 0 ||
        shim__must_domctl(d->shim, XEN_DOMCTL_getdomaininfo, d->domid, &op,
                          "getdomaininfo") != 0)
        return -1;
    l->shared_info = op.u.getdomaininfo.shared_info_frame;
    shim__image_copy(image, d);
    op = (struct xen_domctl){
        .u.hypercall_init.gmfn =
            d->p2m[(image->hypercall_page - SHIM_VIRT_BASE) / XM_PAGE_SIZE]
    };
    if (shim__must_domctl(d->shim, XEN_DOMCTL_hypercall_init, d->domid, &op,
                          "hypercall_init") != 0)
        return -1;
    write_tables(d, l);
    write_start_info(d, l);
    return shim__pin_l4(d->shim, d->domid, d->p2m[l->tables]);
}

static int set_context(struct shim_domain *d, const struct pv_kernel *image,
                       const struct layout *l)
{
    struct shim_vcpu *v = shim__control(d->shim);
    struct vcpu_guest_context *c =
        (void *)(v->mailbox->data + XM_PAGE_SIZE); /* behind the domctl */
    struct xen_domctl op = { .u.vcpucontext.vcpu = 0 };

    memset(c, 0, sizeof(*c));
    c->flags = VGCF_in_kernel | VGCF_online;
    c->user_regs.rip = image->entry;
    c->user_regs.rsi = virt(l->start_info);
    c->user_regs.cs = FLAT_KERNEL_CS;
    c->user_regs.ss = c->kernel_ss = FLAT_KERNEL_SS;
    c->ctrlreg[3] = xen_pfn_to_cr3(d->p2m[l->tables]);
    op.u.vcpucontext.ctxt.p = (void *)(uintptr_t)shim__data(v, XM_PAGE_SIZE);
    return shim__must_domctl(d->shim, XEN_DOMCTL_setvcpucontext, d->domid, &op,
                             "setvcpucontext");
}

/* Its console is nobody's: the mailbox is looked for. */
static int find_mailboxes(struct shim_domain *d, const struct layout *l)
{
    for (unsigned int i = 0; i < START_TRIES; i++) {
        const char *obituary;

        for (uint64_t pfn = 0; pfn < l->p2m; pfn++) {
            const struct shim_mailbox *m =
                (const void *)shim__page(d->shim, d->p2m[pfn]);

            if (__atomic_load_n(&m->magic, __ATOMIC_ACQUIRE) == SHIM_MAGIC &&
                m->self == virt(pfn))
                return shim__adopt_mailboxes(d, d->p2m[pfn] * XM_PAGE_SIZE);
        }
        obituary = shim__obituary(d);
        if (obituary)
            return shim__fail(d->shim, "domain %u %s as it began", d->domid,
                              obituary);
        usleep(1000);
    }
    return shim__fail(d->shim, "domain %u does not begin", d->domid);
}

/* -1: the kernel leaves no room for so large a P2M. */
static int make_layout(struct shim_domain *d, const struct pv_kernel *image,
                       uint32_t frames, struct layout *l)
{
    uint64_t most;

    l->extents = shim__extents(frames);
    l->nr_pages = l->extents * EXTENT_FRAMES;
    l->p2m = (image->end - SHIM_VIRT_BASE + XM_PAGE_SIZE - 1) / XM_PAGE_SIZE;
    l->start_info = l->p2m + l->extents;
    l->tables = l->start_info + 1;
    l->end = l->tables + NR_TABLES;
    if (l->end <= EXTENT_FRAMES)
        return 0;
    most = EXTENT_FRAMES - 1 - NR_TABLES - l->p2m;
    return shim__fail(d->shim,
                      "the trace takes %u frames of domain %u, and actual Xen "
                      "here gives it %llu at most: replay it on the model",
                      frames, d->domid,
                      (unsigned long long)(most * EXTENT_FRAMES - MAPPED));
}

static int build(struct shim_domain *d, const struct pv_kernel *image,
                 uint32_t frames)
{
    struct layout l;
    struct xen_domctl op = { 0 };

    if (make_layout(d, image, frames, &l) != 0 || create(d, &l) != 0 ||
        fill(d, image, &l) != 0 || set_context(d, image, &l) != 0 ||
        shim__must_domctl(d->shim, XEN_DOMCTL_unpausedomain, d->domid, &op,
                          "unpausing it") != 0 ||
        find_mailboxes(d, &l) != 0)
        return -1;
    d->boot_l3 = d->p2m[l.tables + 1];
    d->boot_l2 = d->p2m[l.tables + 2];
    return shim__init_secondary(d);
}

int shim__build_domain(struct shim_domain *d, uint32_t frames)
{
    struct pv_kernel image;
    int rc = shim__image_open(d->shim, &image);

    if (rc == 0)
        rc = build(d, &image, frames);
    pv_kernel_close(&image);
    return rc;
}

int shim__destroy_domain(struct shim_domain *d)
{
    struct shim *s = d->shim;
    struct xen_domctl op = { 0 };
    const bool exists = d->exists;
    int64_t rc = 0;

    if (!exists && !d->remains)
        return 0;
    shim__distrust_kept(s);
    /* What holds a frame of it: tables of others that map it. */
    for (uint32_t i = 0; i < SHIM_DOMAINS; i++)
        if (i != d->domid && s->domains[i].exists &&
            shim__unpin_all(&s->domains[i]) != 0)
            return -1;
    if (s->active && s->active->domain == d)
        s->active = NULL;
    *d = (struct shim_domain){ .shim = s, .domid = d->domid };
    if (exists && shim__must_domctl(s, XEN_DOMCTL_destroydomain, d->domid, &op,
                                    "destroydomain") != 0)
        return -1;
    /* It goes away with the last reference to one of its frames. */
    for (unsigned int i = 0; i < DESTROY_TRIES; i++) {
        if (shim__domctl(s, XEN_DOMCTL_getdomaininfo, d->domid, &op, &rc) != 0)
            return -1;
        if (rc != 0 || op.u.getdomaininfo.domain != d->domid)
            return 0;
        usleep(1000);
    }
    return shim__fail(s,
                      "domain %u does not go away: somebody holds a frame "
                      "of it",
                      d->domid);
}

int shim__settle(struct shim_domain *d)
{
    struct xen_domctl op = { 0 };

    for (unsigned int i = 0; i < DESTROY_TRIES; i++) {
        const struct shim_owned n = shim__owned(d->shim, d->remains);

        if (n.frames == 0)
            d->remains = 0;
        if (n.frames == 0 || n.held != 0)
            return 0;
        /* Xen goes on when it is entered. */
        if (shim__domctl(d->shim, XEN_DOMCTL_getdomaininfo, d->domid, &op,
                         &(int64_t){ 0 }) != 0)
            return -1;
        usleep(1000);
    }
    return shim__fail(d->shim, "domain %u is destroyed, but keeps frames",
                      d->domid);
}
