/* SPDX-License-Identifier: MIT
 *
 * Facts that hold whenever no operation is in progress (rules INV-*).
 */
#ifndef XEN_MODEL_INVARIANTS_H
#define XEN_MODEL_INVARIANTS_H

#include <xen-model/machine.h>

struct xm_violation {
    bool found;
    const char *invariant; /* "INV-01" */
    const char *sentence;
    xm_mfn mfn;
    uint64_t expected, actual;
};

/*
 * Recounts both counts of every frame that a domain of the machine owns, from
 * the tables, and looks for writable mappings of live tables. SCRATCH: 16
 * bytes a frame, contents irrelevant. The first violation, if any.
 */
struct xm_violation xm_check_invariants(const struct xm_cpu *c, void *scratch);

#endif
