/* SPDX-License-Identifier: MIT
 *
 * The guest kernel executes one instruction that writes memory: as the
 * processor does, and where that ends in a page fault which Xen may handle, as
 * Xen's emulator does (writable page tables, read-only MMIO; rules PTW-*).
 */
#ifndef XEN_MODEL_EXECUTE_H
#define XEN_MODEL_EXECUTE_H

#include <xen-model/insn.h>
#include <xen-model/walk.h>

struct xm_execution {
    struct xm_page_fault fault; /* what the guest sees; taken false: none */
    bool emulated;              /* Xen carried out at least a part of it */
    bool debug_trap;            /* completed while single-stepping: #DB */
    bool stopped; /* Xen never comes back from it: the domain crashed */
    bool unknown; /* it is no store to a table, and the model cannot do it */
    uint32_t undefined_flags; /* flags whose new value is undefined */
    struct xm_result why;     /* why Xen did not carry it out; rc: no errno */
};

/*
 * Executes I on R, which is changed as far as the instruction got: a faulting
 * one leaves it alone, but for the elements that a repeated one completed.
 */
struct xm_execution xm_execute(struct xm_cpu *c, const struct xm_insn *i,
                               struct xm_registers *r);

#endif
