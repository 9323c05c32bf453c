/* SPDX-License-Identifier: MIT
 *
 * Facts that hold whenever no operation is in progress (rules INV-*, and the
 * combinations of FRM-51 to FRM-58).
 */
#ifndef XEN_MODEL_INVARIANTS_H
#define XEN_MODEL_INVARIANTS_H

#include <xen-model/machine.h>

#define XM_NO_FRAME (~(xm_mfn)0)
#define XM_NO_SLOT (~0u)

struct xm_violation {
    bool found;
    const char *invariant; /* "INV-01" */
    const char *sentence;
    xm_domid domid; /* the owner of the frame, or the domain it is about */
    xm_mfn mfn;     /* the frame; XM_NO_FRAME: it is about a domain */
    uint32_t slot;  /* the entry of that frame, XM_NO_SLOT: all of it */
    uint64_t expected, actual;
};

/*
 * Recounts both counts of every frame from the tables, looks at every entry
 * of every live table, and follows all paths that a guest may write through.
 * SCRATCH: 16 bytes a frame, 8-byte aligned, contents irrelevant. The first
 * violation, if any: INV-01 to INV-17, INV-20, FRM-*. A machine in any state
 * may be given: nothing that is wrong in it leads outside of it.
 *
 * Instructions, about: 60 a frame (both counts, owners, FRM-*), 1200 a live
 * table, twice that above L1 (to find its entries; to follow the paths), 45 a
 * present entry. 64 frames with 20 tables and 500 entries take 2 to 3 us,
 * 65536 frames that are mostly idle 0.15 ms.
 */
struct xm_violation xm_check_invariants(const struct xm_cpu *c, void *scratch);

/*
 * What a refusal must leave alone. Both are about a call with one request,
 * which failed and was not interrupted.
 *
 * INV-18: it was to store into SLOT of frame MFN, which held BEFORE. Not for
 * XM_R_UVM_VCPU_MASK, which comes when the entry is stored. One comparison.
 */
struct xm_violation xm_check_refused_entry(const struct xm_cpu *c, xm_mfn mfn,
                                           uint32_t slot, uint64_t before);

/*
 * INV-19: it was to pin a table or to load a base. BEFORE: a copy of the
 * states of all frames, which lie at xm_machine_frame_const(machine, 0). 30
 * instructions a frame.
 */
struct xm_violation xm_check_refused_table(const struct xm_cpu *c,
                                           const struct xm_frame *before);

#endif
