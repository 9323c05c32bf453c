/* SPDX-License-Identifier: MIT
 *
 * Calls that Xen was interrupted in.
 */
#ifndef FUZZ_INTERRUPTED_H
#define FUZZ_INTERRUPTED_H

#include <fuzz/session.h>

/* The model as the program finds it, to go back to. */

/*
 * The call at AT differs. Is there a point at which an interrupt would make
 * the model do the same? Then the model has done that.
 */
enum fz_outcome fz_explain(struct fz_session *s, const struct fz_program *p,
                           uint32_t at);

#endif
