/* SPDX-License-Identifier: MIT
 *
 * Where Xen's dom0 builder puts things in the boot mapping of a 64-bit PV
 * kernel whose P2M lies inside it. Rules BLD-01..13. Addresses are virtual.
 */
#ifndef XEN_MODEL_BUILD_H
#define XEN_MODEL_BUILD_H

#include <xen-model/types.h>

struct xm_dom0_image {
    xm_vaddr virt_base;    /* ELF note; 4 KiB aligned */
    xm_vaddr kernel_end;   /* of its last segment */
    uint64_t initrd_bytes; /* 0: there is none */
    uint64_t nr_pages;     /* of the domain */
};

struct xm_dom0_layout {
    xm_vaddr virt_base;
    xm_vaddr initrd; /* 0: there is none */
    xm_vaddr p2m;
    xm_vaddr start_info;
    xm_vaddr tables;
    uint64_t nr_tables;
    xm_vaddr stack, stack_end;
    xm_vaddr end; /* of the mapping */
};

struct xm_dom0_layout xm_dom0_layout(const struct xm_dom0_image *image);

/*
 * Which page of the area of tables is the one of LEVEL (1 to 4) that
 * translates VA, an address of the mapping.
 */
uint64_t xm_dom0_table(const struct xm_dom0_layout *l, unsigned int level,
                       xm_vaddr va);

/* The L1 entry with which MFN is mapped at VA. */
uint64_t xm_dom0_l1e(const struct xm_dom0_layout *l, xm_vaddr va, xm_mfn mfn);

/* The flags of entries above L1. */
#define XM_DOM0_TABLE_FLAGS 0x67ull

#endif
