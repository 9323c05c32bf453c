/* SPDX-License-Identifier: MIT
 *
 * What would a call do? The model of another machine can make calls that leave
 * no trace: from pvt_model_rehearse() on it works on a private view of its
 * memory, which is dropped afterwards. That costs what the calls touch, not
 * the size of the machine.
 */
#ifndef TRACES_REHEARSAL_H
#define TRACES_REHEARSAL_H

#include <traces/model.h>

/*
 * Calls are a rehearsal from now on. pvt_model_cpu() is that of the rehearsal:
 * its bitmap of written frames is empty, and no frames are to be allocated. 0,
 * or -1 and a message in MODEL: of a machine of its own, or out of memory.
 */
int pvt_model_rehearse(struct pvt_backend *model);
/* As before it. */
void pvt_model_end_rehearsal(struct pvt_backend *model);

/* The machine and RAM as they were, and will be. */
const struct xm_cpu *pvt_model_rehearsed(const struct pvt_backend *model);

/*
 * Asks IS_GOOD for each frame whose state or M2P entry the rehearsal has
 * changed, until it says no. False: it did.
 */
bool pvt_model_each_changed(struct pvt_backend *model,
                            bool (*is_good)(void *context, xm_mfn mfn),
                            void *context);

#endif
