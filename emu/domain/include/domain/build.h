/* SPDX-License-Identifier: MIT
 *
 * A PV domain as the toolstack leaves it before its kernel runs: kernel,
 * ramdisk, P2M, start_info, xenstore page, console page, page tables and boot
 * stack, one after the other from virt_base on, and mapped there. Mirrors
 * libxenguest's xc_dom_build_image(). Rules BLD-40..56.
 */
#ifndef DOMAIN_BUILD_H
#define DOMAIN_BUILD_H

#include <xen-model/machine.h>

#define DOMAIN_NO_PFN (~0u)
#define DOMAIN_P2M_MAPPED (~(xm_vaddr)0)

struct domain_image {
    xm_vaddr virt_base;
    xm_vaddr kernel_end;
    uint64_t ramdisk_bytes; /* 0: there is none */
    bool ramdisk_unmapped;  /* the kernel takes it by its page frame number */
    xm_vaddr init_p2m;      /* or DOMAIN_P2M_MAPPED: among the others */
    uint32_t nr_pages, nr_vcpus;
    bool privileged; /* as dom0: may map others' frames and devices */
};

/* Page frame numbers; page K of the mapping is page frame K. */
struct domain_layout {
    uint32_t ramdisk; /* DOMAIN_NO_PFN: there is none */
    uint32_t p2m, nr_p2m;
    uint32_t start_info, store, console, tables, nr_tables, stack;
    uint32_t end;                       /* of the mapping */
    uint32_t p2m_tables, nr_p2m_tables; /* of a P2M outside of the mapping */
    uint32_t used;                      /* what lies behind has no contents */
    const char *wrong; /* with the addresses, as a sentence; or NULL */
};

/*
 * False: layout->wrong, or the domain has too few pages; layout->used says how
 * many it takes.
 */
bool domain_lay_out(const struct domain_image *image,
                    struct domain_layout *layout);

/* Frames that the machine needs for a domain of NR_PAGES pages. */
uint32_t domain_frames(uint32_t nr_pages);

/* Where a page frame of the domain is in the machine, before it runs. */
xm_mfn domain_mfn(uint32_t nr_pages, uint32_t pfn);

/*
 * Makes the domain C->domid in an empty machine of at least domain_frames()
 * frames, and all but its contents: memory, P2M, tables, grants of the rings,
 * start_info without event channels and command line. False: the model refuses
 * the tables, which is an error of the model or of this.
 */
bool domain_build(struct xm_cpu *c, const struct domain_image *image,
                  const struct domain_layout *layout);

/* The words of a page frame that has not been given away. */
uint64_t *domain_page(const struct xm_cpu *c, uint32_t nr_pages, uint32_t pfn);

#endif
