/* SPDX-License-Identifier: MIT
 *
 * The state in which programs begin.
 */
#ifndef FUZZ_BEGIN_H
#define FUZZ_BEGIN_H

#include <fuzz/session.h>

/* The model as it was when P, which runs, had begun. */
void fz_model_begins(struct fz_session *s, const struct fz_program *p);

/* After the world has changed: which frames of it have a state. */
void fz_watch(struct fz_session *s);

#endif
