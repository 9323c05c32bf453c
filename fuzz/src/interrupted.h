/* SPDX-License-Identifier: MIT
 *
 * Calls that Xen was interrupted in.
 */
#ifndef FUZZ_INTERRUPTED_H
#define FUZZ_INTERRUPTED_H

#include <fuzz/session.h>

#define FZ_MAX_POINTS 8192 /* where Xen looks: more than in any call here */
#define FZ_MAX_KINDS 32u
#define FZ_MAX_PAIRS 16384 /* of them, tried if one alone explains nothing */

/* A call was interrupted so. */
void fz_note_cut(struct fz_session *s, const struct fz_cut *cut);

/*
 * The call at AT differs. Is there a point at which an interrupt would make
 * the model do the same? Then the model has done that.
 */
enum fz_outcome fz_explain(struct fz_session *s, const struct fz_program *p,
                           uint32_t at);

#endif
