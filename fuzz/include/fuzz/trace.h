/* SPDX-License-Identifier: MIT
 *
 * Programs as traces.
 */
#ifndef FUZZ_TRACE_H
#define FUZZ_TRACE_H

#include <fuzz/session.h>

/*
 * Runs P in S and writes it as the text of a trace, with what was answered (by
 * the other machine, if there is one); up to where it differs. *TEXT is freed
 * by the caller; NULL: out of memory. How the program ended.
 */
enum fz_outcome fz_as_trace(struct fz_session *s, const struct fz_program *p,
                            char **text);

#endif
