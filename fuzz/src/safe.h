/* SPDX-License-Identifier: MIT
 *
 * Which of the calls that can be anything actual Xen gets.
 */
#ifndef FUZZ_SAFE_H
#define FUZZ_SAFE_H

#include <fuzz/session.h>

/* May s->call, which begins at OPS, be made? */
bool fz_is_safe(struct fz_session *s, const struct fz_op *ops);

#endif
