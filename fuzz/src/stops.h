/* SPDX-License-Identifier: MIT
 *
 * Calls that Xen stops in the middle of, with the model beside it.
 */
#ifndef FUZZ_STOPS_H
#define FUZZ_STOPS_H

#include <fuzz/session.h>

/* fz_resolve() into the session's call, which stops if its operation and the
 * session want that. */
bool fz_resolve_stopping(struct fz_session *s, const struct fz_op *ops,
                         uint32_t count);

/* Is somebody to see it in the middle? */
static inline bool fz_stops(const struct fz_call *call)
{
    return call->stops != 0 || call->delay != 0;
}

/* The session's call, up to its end, on both machines. */
enum fz_outcome fz_execute_stopping(struct fz_session *s);
/* The same on the model alone; at last it is interrupted as preempt_after and
 * preempt_again of its CPU say. */
enum fz_outcome fz_execute_stopping_model(struct fz_session *s);

#endif
