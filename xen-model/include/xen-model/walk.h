/* SPDX-License-Identifier: MIT
 *
 * What the guest's processor does with the page tables: translate an address,
 * load and store through it, and fault. Also Xen's own reading of guest
 * memory, which follows the same tables.
 *
 * The M2P window (0xffff800000000000, 8 bytes a frame) is readable.
 */
#ifndef XEN_MODEL_WALK_H
#define XEN_MODEL_WALK_H

#include <xen-model/machine.h>

#define XM_PF_PRESENT 1u
#define XM_PF_WRITE 2u
#define XM_PF_USER 4u
#define XM_PF_RESERVED 8u
#define XM_PF_FETCH 16u

struct xm_walk {
    bool ok;
    bool m2p;            /* the address lies in the M2P window */
    bool mmio;           /* !ok, but no fault: a device is behind it */
    uint32_t error_code; /* of the page fault, if !ok */
    uint32_t level;      /* level of the last entry looked at, 4..1 */
    xm_mfn mfn;          /* frame translated to, if ok */
    uint64_t entry[5];   /* entries seen, index = level */
    xm_mfn table[5];     /* tables they were in, index = level */
};

/*
 * Walks the base of the vCPU's mode for an access (XM_PF_WRITE and XM_PF_FETCH
 * or-ed; the guest kernel too runs in ring 3, so US matters). Sets no A and D
 * bits.
 */
struct xm_walk xm_walk(const struct xm_cpu *c, xm_vaddr va, uint32_t access);

/*
 * The same by a processor, which sets the A bits of the entries it uses, and D
 * of the last one for a store: also of a walk that ends in a fault, above the
 * entry where it does.
 */
struct xm_walk xm_translate(struct xm_cpu *c, xm_vaddr va, uint32_t access);

/* A page fault as the guest sees it: taken is false if there was none. */
struct xm_page_fault {
    bool taken;
    uint32_t error_code; /* user bit: of the guest's mode, as Xen corrects it */
    xm_vaddr cr2;
};

/*
 * The guest loads or stores one aligned 64-bit word. A bits of the
 * walk, and D of a store, are set as the processor sets them. A store to a
 * read-only mapping of an L1 table takes Xen's emulation when the domain has
 * it and its kernel runs (rules PTW-*).
 */
struct xm_page_fault xm_load64(struct xm_cpu *c, xm_vaddr va, uint64_t *value);
struct xm_page_fault xm_store64(struct xm_cpu *c, xm_vaddr va, uint64_t value);

/*
 * Xen's own copies from and to guest memory, through the same tables: the
 * arguments of hypercalls. False: it is not all there, or not writable; what
 * could be copied before has been.
 */
bool xm_copy_from_guest(struct xm_cpu *c, void *to, xm_vaddr from, size_t n);
bool xm_copy_to_guest(struct xm_cpu *c, xm_vaddr to, const void *from,
                      size_t n);

#endif
