/* SPDX-License-Identifier: MIT
 *
 * A PV kernel as the builder of a domain sees it: an ELF, plain or packed by
 * gzip, xz, lz4 or zstd, or as the payload of a bzImage; its segments, and the
 * ELF notes (or, of old kernels, the section __xen_guest) that say how it wants
 * to be started. What Xen's own builders refuse is refused.
 *
 * The file may have any content: whatever is wrong with it is one sentence that
 * names the header, note or section that it is wrong with.
 */
#ifndef DOMAIN_KERNEL_H
#define DOMAIN_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/elfnote.h>

/* Of the file, of what it unpacks to, and of what that takes in memory. */
#define PV_KERNEL_MAX ((size_t)512 << 20)
#define PV_KERNEL_STRING 64u  /* longer strings in notes are cut */
#define PV_KERNEL_L1_MASKS 4u /* Linux has one */
#define PV_KERNEL_MESSAGE 256u

enum pv_pae {
    PV_PAE_NO,
    PV_PAE_YES, /* only __xen_guest can say that */
    PV_PAE_EXTENDED_CR3,
    PV_PAE_BIMODAL,
};

/* What is loaded. The order is the file's. */
struct pv_segment {
    unsigned int header; /* its program header's number */
    const uint8_t *bytes;
    uint64_t file_size, size; /* the rest is zero */
    uint64_t vaddr;           /* where it runs; not to be used for loading */
    uint64_t paddr;           /* as the header has it */
    uint32_t flags;           /* PF_R, PF_W, PF_X */
};

struct pv_symbol {
    uint64_t value, size;
    const char *name;
};

struct pv_kernel {
    uint32_t notes; /* which there are: 1 << XEN_ELFNOTE_... */
    bool legacy;    /* they come from __xen_guest */
    /* Those that are not there are 0, but for entry, which is e_entry then. */
    uint64_t entry, hypercall_page, virt_base, paddr_offset;
    uint64_t hv_start_low, init_p2m, phys32_entry;
    bool mod_start_pfn, suspend_cancel, bsd_symtab;
    enum pv_pae pae;
    char xen_version[PV_KERNEL_STRING], guest_os[PV_KERNEL_STRING];
    char guest_version[PV_KERNEL_STRING], loader[PV_KERNEL_STRING];
    uint32_t supported, required; /* 1 << XENFEAT_... */
    /* How a non-present L1 entry is recognised that has a valid frame in it. */
    uint32_t nr_l1_masks;
    struct {
        uint64_t mask, value;
    } l1_masks[PV_KERNEL_L1_MASKS];

    uint64_t start, end; /* of what is loaded, virtual addresses */
    uint32_t nr_segments, nr_symbols;
    struct pv_segment *segments;
    struct pv_symbol *symbols; /* of code and data, sorted by value */

    void *image, *elf; /* the unpacked file; libelf's handle of it */
    size_t size;
};

/*
 * Reads the kernel in BYTES, which may go afterwards; MAX: the limit of what it
 * unpacks to. False: a sentence in WHY, and nothing to close.
 */
bool pv_kernel_read(struct pv_kernel *k, const void *bytes, size_t size,
                    size_t max, char why[PV_KERNEL_MESSAGE]);

/* The same from a file; WHY does not name it. */
bool pv_kernel_open(struct pv_kernel *k, const char *file,
                    char why[PV_KERNEL_MESSAGE]);

void pv_kernel_close(struct pv_kernel *k);

/*
 * Fills the 4096 bytes of PAGE with what the kernel has at VADDR, a multiple of
 * 4096, once it is loaded. Segments are where their physical addresses say.
 */
void pv_kernel_page(const struct pv_kernel *k, uint64_t vaddr, void *page);

/* The symbol VADDR is in, or the last one before it if no size says; or NULL.
 */
const struct pv_symbol *pv_kernel_symbol(const struct pv_kernel *k,
                                         uint64_t vaddr);

/* "ENTRY" for XEN_ELFNOTE_ENTRY; NULL: not a note of a kernel. */
const char *pv_note_name(uint32_t type);

#endif
