/* SPDX-License-Identifier: MIT
 *
 * What a refusal leaves alone, looked at around every call of the model.
 */
#ifndef TRACES_SRC_REFUSAL_H
#define TRACES_SRC_REFUSAL_H

#include <traces/backend.h>
#include <xen-model/invariants.h>

/* From before a call. */
struct refusal {
    struct xm_frame *frames; /* nr_frames of them, the owner's */
    bool of_entry, of_table; /* what would be refused, if anything */
    xm_mfn mfn;              /* the entry */
    uint32_t slot;
    uint64_t entry;
};

void refusal_before(struct refusal *r, const struct xm_cpu *c,
                    const struct pvt_op *op);
/* The call answered WHY. */
struct xm_violation refusal_after(const struct refusal *r,
                                  const struct xm_cpu *c, struct xm_result why);

#endif
