/* SPDX-License-Identifier: MIT
 *
 * Pages that are given back to Xen.
 */
#ifndef FUZZ_DECREASE_H
#define FUZZ_DECREASE_H

#include <fuzz/call.h>

/* Finishes a call; false: the guest would not survive it. */
bool fz_resolve_decrease(const struct fz_world *w, const struct fz_op *op,
                         struct fz_call *c);

void fz_print_decrease(FILE *f, const struct fz_world *w,
                       const struct fz_op *op);

#endif
