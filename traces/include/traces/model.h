/* SPDX-License-Identifier: MIT
 *
 * The model as a backend of traces.
 */
#ifndef TRACES_MODEL_H
#define TRACES_MODEL_H

#include <traces/trace.h>
#include <xen-model/invariants.h>

#define PVT_MODEL_MIN_FRAMES 64u

/* How many frames a machine of its own has, for T. */
uint32_t pvt_model_frames(const struct pvt_trace *t);

/*
 * A machine of its own, with domain 0 as Xen's dom0 builder leaves it. After
 * end_trace it is as new. 0, or -1 when there is no memory.
 */
int pvt_model_open(uint32_t nr_frames, struct pvt_backend **out);

/*
 * A model of the machine of OTHER, with its frame numbers and its state. Both
 * stay open; 0, or -1 and a message in OTHER.
 */
int pvt_model_adopt(struct pvt_backend *other, struct pvt_backend **out);

/*
 * Of a machine of its own: makes it that of Xen 4.MINOR, built with
 * CONFIG_DEBUG or not. 0, or -1 and a message: the model does not know that
 * version.
 */
int pvt_model_set_xen(struct pvt_backend *model, unsigned int minor,
                      bool debug);

/*
 * Of a machine of its own: unprivileged domains are looked at for L1TF, as with
 * pv-l1tf=domu, by a Xen without shadow paging. 0, or -1 and a message.
 */
int pvt_model_set_l1tf(struct pvt_backend *model, bool on);

/* Takes over the state of OTHER once more. */
int pvt_model_sync(struct pvt_backend *model, struct pvt_backend *other);

/*
 * PVT_HYPERCALL in parts: the first, or the one that goes on with what the last
 * has left in ARG. OUT->rc is -ERESTART: there are more (machine.h: struct
 * xm_cpu, preempt_after). 0, or -1 and a message.
 */
int pvt_model_part(struct pvt_backend *model, const struct pvt_op *op,
                   bool first, uint64_t arg[6], struct pvt_outcome *out);

/* For its configuration, faults and machine. */
struct xm_cpu *pvt_model_cpu(struct pvt_backend *model);

/*
 * The first invariant that does not hold, of the last call or, if WHOLE, of the
 * state.
 */
struct xm_violation pvt_model_check(struct pvt_backend *model, bool whole);

/* That is not asked of this model: its calls need not be watched for it. */
void pvt_model_set_unchecked(struct pvt_backend *model);

#endif
