/* SPDX-License-Identifier: MIT
 *
 * Traces as programs: the other direction of trace.h.
 */
#ifndef FUZZ_IMPORT_H
#define FUZZ_IMPORT_H

#include <fuzz/session.h>

#include <traces/trace.h>

/*
 * Makes *P of T while it runs it in S, which is the model alone: what the
 * steps answer must be what T says. False: *ERROR has the place in T, and
 * what it is that no program can say; *P is empty. The caller frees *P.
 */
bool fz_import(struct fz_session *s, const struct pvt_trace *t,
               struct fz_program *p, struct pvt_error *error);

#endif
