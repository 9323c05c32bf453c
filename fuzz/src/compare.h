/* SPDX-License-Identifier: MIT
 *
 * The two machines of a session against each other.
 */
#ifndef FUZZ_COMPARE_H
#define FUZZ_COMPARE_H

#include <fuzz/session.h>

/* After s->call has been executed. */
enum fz_outcome fz_compare_call(struct fz_session *s);

/* What the call has left in guest memory, and all frames of the world. */
bool fz_compare_state(struct fz_session *s);

/* False, and the message says that WHAT (of PLACE, or FZ_NR_FRAMES) differs. */
bool fz_differ(struct fz_session *s, uint32_t place, const char *what,
               uint64_t model, uint64_t other);

#endif
