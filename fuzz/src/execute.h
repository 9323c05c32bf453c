/* SPDX-License-Identifier: MIT
 *
 * The call of a session, on its machines.
 */
#ifndef FUZZ_EXECUTE_H
#define FUZZ_EXECUTE_H

#include <fuzz/session.h>

enum fz_outcome fz_execute_model(struct fz_session *s);

/* The model's allocator delivers next what Xen's did for the session's call. */
void fz_give_allocated(struct fz_session *s);

/* The session's call, which was made of OPS. */
enum fz_outcome fz_execute_both(struct fz_session *s, const struct fz_op *ops);

/* The world gets the frames and handles that the call has returned. */
void fz_note(struct fz_session *s, const struct fz_op *ops);

#endif
