/* SPDX-License-Identifier: MIT
 *
 * The call of a session, on one of its machines.
 */
#ifndef FUZZ_EXECUTE_H
#define FUZZ_EXECUTE_H

#include <fuzz/session.h>

/* Side 0 is the model, 1 the other machine. */
enum fz_outcome fz_execute(struct fz_session *s, uint32_t side);

/* On both, the other first, as traces do it. */
enum fz_outcome fz_execute_both(struct fz_session *s);

/* The world gets the frames and handles that the call has returned. */
void fz_note(struct fz_session *s, const struct fz_op *ops);

#endif
