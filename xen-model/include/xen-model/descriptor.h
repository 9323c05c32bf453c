/* SPDX-License-Identifier: MIT
 *
 * Segment descriptors: the LDT of a vCPU, and what the processor does when a
 * segment register is loaded. Rules SEG-40..56.
 *
 * Nothing of an LDT is referenced when it is set. The first load of a selector
 * that lies in one of its pages makes Xen look up that page, check it and hold
 * it, until the vCPU gets another LDT or another base pointer.
 */
#ifndef XEN_MODEL_DESCRIPTOR_H
#define XEN_MODEL_DESCRIPTOR_H

#include <xen-model/types.h>

#define XM_MAX_LDT_PAGES 16u

struct xm_ldt {
    uint32_t entries;
    uint32_t mapped; /* a bit a page: frame[] holds it */
    xm_vaddr base;   /* 0 if there are no entries */
    uint32_t frame[XM_MAX_LDT_PAGES];
};

struct xm_cpu;

#define XM_EXCEPTION_NP 11u /* segment not present */
#define XM_EXCEPTION_GP 13u
#define XM_EXCEPTION_PF 14u

/* What the guest sees of an instruction; vector 0: it completed. */
struct xm_exception {
    uint32_t vector;
    uint32_t error_code;
    xm_vaddr cr2; /* of a page fault */
};

/*
 * The guest loads SELECTOR into a data segment register (ds, es, fs or gs):
 * reads the descriptor through the GDT or the LDT, and marks it accessed.
 */
struct xm_exception xm_load_segment(struct xm_cpu *c, uint16_t selector);

/*
 * The processor is about to read byte OFFSET of the LDT, which has it, on a page
 * that is not mapped yet. False: it cannot be mapped.
 */
bool xm_map_ldt_page(struct xm_cpu *c, uint32_t offset);

#endif
