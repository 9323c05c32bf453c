/* SPDX-License-Identifier: MIT
 *
 * Changing a trace that has been read.
 */
#ifndef TRACES_SRC_EDIT_H
#define TRACES_SRC_EDIT_H

#include <traces/trace.h>

/* A trace of its own with the same text; NULL without memory. */
struct pvt_trace *edit_copy(const struct pvt_trace *t);

/* What S holds, not S itself. */
void edit_free_step(struct pvt_step *s);

/* VISIT is given every place of T that holds a frame. */
void edit_frames(struct pvt_trace *t,
                 void (*visit)(void *context, struct pvt_frame_ref *ref),
                 void *context);

/* Drops the pages and domains that nothing names. True: there were some. */
bool edit_drop_unused(struct pvt_trace *t);

#endif
