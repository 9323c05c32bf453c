/* SPDX-License-Identifier: MIT
 *
 * The model between two parts of a call, to go back to.
 */
#ifndef FUZZ_MIDDLE_H
#define FUZZ_MIDDLE_H

#include <fuzz/session.h>

/* False: out of memory, the message says so. */
bool fz_keep_middle(struct fz_session *s);
void fz_go_back_to_middle(struct fz_session *s);
/* Is the model as it was kept? */
bool fz_is_at_middle(const struct fz_session *s);

#endif
