/* SPDX-License-Identifier: MIT
 *
 * Laying out a machine, its domains and its frames. Mirrors what Xen's boot
 * and allocator leave: alloc_heap_pages(), assign_pages(),
 * share_xen_page_with_guest().
 */
#include "internal.h"

struct xm_config xm_config_default(uint32_t nr_frames)
{
    return (struct xm_config){
        .xen_minor = XM_XEN_DEFAULT,
        .nr_frames = nr_frames,
        .pv_linear_pt = true,
        .l1tf_mask = (1ull << 40) - XM_PAGE_SIZE,
        .l1tf_safe = 1ull << 40, /* behind the HyperTransport hole */
        .iomem_limit = 1ull << 28, /* 40 physical address bits */
        .iomem_denied = {
            { 0xfee00, 0xfef00 },      /* local APIC, MSI window */
            { 0xfd00000, 0x10000000 }, /* HyperTransport hole */
        },
        .iomem_read_only = {
            { 0xfec00, 0xfec01 }, /* I/O APIC */
            { 0xfed00, 0xfed01 }, /* HPET, Xen's own clock */
        },
        .max_grant_frames = 4,
        .max_maptrack_frames = 2,
    };
}

bool xm_config_set_xen(struct xm_config *config, unsigned int minor)
{
    if (minor < XM_XEN_FIRST || minor > XM_XEN_LAST)
        return false;
    config->xen_minor = minor;
    config->flush_cache_alike = minor >= 19;
    config->dom_io_is_xen_heap = minor < 15;
    return true;
}

size_t xm_machine_size(const struct xm_config *config)
{
    return sizeof(struct xm_machine) +
           (size_t)config->nr_frames *
               (sizeof(struct xm_frame) + sizeof(uint64_t)) +
           XM_MAX_DOMAINS * xm__grant_pool_size(config);
}

struct xm_machine *xm_machine_init(void *block, const struct xm_config *config)
{
    struct xm_machine *m = block;

    *m = (struct xm_machine){ .config = *config };
    for (xm_mfn mfn = 0; mfn < config->nr_frames; mfn++)
        xm_frame_set_kind(m, mfn, XM_FRAME_FREE);
    __builtin_memset(xm_grant_shared_frames(m, &m->domains[0]), 0,
                     XM_MAX_DOMAINS * xm__grant_pool_size(config));
    return m;
}

const struct xm_config *xm_machine_config(const struct xm_machine *m)
{
    return &m->config;
}

void xm_machine_set_faults(struct xm_machine *m, uint32_t faults)
{
    m->config.faults = faults;
}

const struct xm_frame *xm_machine_frame_const(const struct xm_machine *m,
                                              xm_mfn mfn)
{
    return mfn < m->config.nr_frames ? &xm__frames(m)[mfn] : NULL;
}

struct xm_frame *xm_machine_frame(struct xm_machine *m, xm_mfn mfn)
{
    return mfn < m->config.nr_frames ? &xm__frames(m)[mfn] : NULL;
}

uint64_t *xm_machine_m2p(struct xm_machine *m, xm_mfn mfn)
{
    assert(mfn < m->config.nr_frames);
    return (uint64_t *)&xm__frames(m)[m->config.nr_frames] + mfn;
}

struct xm_domain *xm_domain_find(struct xm_machine *m, xm_domid domid)
{
    for (unsigned int i = 0; i < XM_MAX_DOMAINS; i++)
        if (m->domains[i].exists && m->domains[i].domid == domid)
            return &m->domains[i];
    return NULL;
}

struct xm_domain *xm_domain_at(struct xm_machine *m, uint32_t i)
{
    return i < XM_MAX_DOMAINS && m->domains[i].exists ? &m->domains[i] : NULL;
}

struct xm_domain *xm_domain_create(struct xm_machine *m, xm_domid domid,
                                   bool privileged)
{
    if (domid >= DOMID_FIRST_RESERVED || xm_domain_find(m, domid))
        return NULL;
    for (unsigned int i = 0; i < XM_MAX_DOMAINS; i++) {
        struct xm_domain *d = &m->domains[i];

        if (d->exists)
            continue;
        *d = (struct xm_domain){ .exists = true,
                                 .privileged = privileged,
                                 .check_l1tf =
                                     (privileged ? m->config.l1tf_hwdom
                                                 : m->config.l1tf_domu) !=
                                     XM_L1TF_UNCHECKED,
                                 .max_pages = UINT32_MAX,
                                 .nr_vcpus = XM_MAX_VCPUS,
                                 .domid = domid };
        xm__init_xen_l4(d->xen_l4);
        return d;
    }
    return NULL;
}

void xm_frame_assign(struct xm_machine *m, xm_mfn mfn, xm_domid domid)
{
    struct xm_frame *f = xm_machine_frame(m, mfn);
    struct xm_domain *d = xm_domain_find(m, domid);

    assert(f && (f->count_info & XM_PGC_STATE_MASK) == XM_PGC_STATE_FREE);
    *f =
        (struct xm_frame){ .count_info = XM_PGC_ALLOCATED | 1, .owner = domid };
    if (d)
        d->tot_pages++;
}

void xm_frame_set_kind(struct xm_machine *m, xm_mfn mfn,
                       enum xm_frame_kind kind)
{
    static const struct xm_frame states[] = {
        [XM_FRAME_FREE] = { .count_info = XM_PGC_STATE_FREE,
                            .owner = XM_DOMID_NONE },
        [XM_FRAME_XEN] = { .owner = XM_DOMID_NONE },
        [XM_FRAME_MMIO] = { .count_info = XM_PGC_ALLOCATED | 1,
                            .type_info = XM_PGT_WRITABLE | XM_PGT_VALIDATED | 1,
                            .owner = DOMID_IO },
        [XM_FRAME_M2P] = { .count_info = XM_PGC_ALLOCATED | XM_PGC_XEN_HEAP | 1,
                           .type_info = XM_PGT_NONE | XM_PGT_VALIDATED | 1,
                           .owner = DOMID_XEN },
    };
    struct xm_frame *f = xm_machine_frame(m, mfn);

    assert(f);
    *f = states[kind];
    if (kind == XM_FRAME_MMIO && m->config.dom_io_is_xen_heap)
        f->count_info |= XM_PGC_XEN_HEAP;
    *xm_machine_m2p(m, mfn) = ~0ull;
}

struct xm_domain *xm__search_domain(struct xm_cpu *c)
{
    struct xm_domain *d = xm_domain_find(c->machine, c->domid);

    assert(d);
    c->domain_index = (uint32_t)(d - c->machine->domains);
    return d;
}
