/* SPDX-License-Identifier: MIT
 *
 * The two machines of a session against each other.
 */
#ifndef FUZZ_COMPARE_H
#define FUZZ_COMPARE_H

#include <fuzz/session.h>

/* After s->call has been executed. */
enum fz_outcome fz_compare_call(struct fz_session *s);

#endif
