/* SPDX-License-Identifier: MIT
 *
 * A machine with one PV domain in it, made of files as a toolstack makes it.
 */
#ifndef CPU_GUEST_H
#define CPU_GUEST_H

#include <cpu/cpu.h>
#include <domain/build.h>
#include <domain/kernel.h>

#define CPU_GUEST_DOMID 1u
#define CPU_GUEST_WHY 512u
#define CPU_GUEST_MIN_MIB 8u
#define CPU_GUEST_MAX_MIB 4096u

struct pvcpu_guest_config {
    const char *kernel, *ramdisk; /* files; the ramdisk may be NULL */
    const char *command_line;     /* at most 1023 characters; NULL: empty */
    uint32_t mib;                 /* of memory */
    uint32_t nr_vcpus;
    unsigned int xen;    /* 4.XEN; 0: the default */
    uint64_t wall_clock; /* ns since 1970, when it begins */
    uint32_t faults;     /* of the model, a bit each */
    const char *name;
};

struct pvcpu_guest {
    struct pv_kernel kernel;
    struct domain_layout layout;
    uint32_t nr_pages;
    struct xm_cpu cpu;
    struct domain *domain;
    struct domain_host host; /* its output is the caller's to set */
    struct pvcpu_start start;
    void *block;   /* of the model */
    void *scratch; /* of its invariants */
    size_t ram_bytes;
};

/* False: a sentence in WHY, and nothing is to be closed. */
bool pvcpu_guest_open(struct pvcpu_guest *g,
                      const struct pvcpu_guest_config *config,
                      char why[CPU_GUEST_WHY]);
void pvcpu_guest_close(struct pvcpu_guest *g);

#endif
