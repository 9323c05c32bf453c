/* SPDX-License-Identifier: MIT
 *
 * Taking down all mappings of grants at the end of a program, so that the
 * machines can run another.
 */
#ifndef FUZZ_RELEASE_H
#define FUZZ_RELEASE_H

#include <fuzz/session.h>

/* On both machines; the session is spent if some must stay. */
enum fz_outcome fz_release(struct fz_session *s);

#endif
