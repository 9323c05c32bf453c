/* SPDX-License-Identifier: MIT
 *
 * Making a program small that still shows what it shows.
 */
#ifndef FUZZ_SHRINK_H
#define FUZZ_SHRINK_H

#include <fuzz/program.h>

/*
 * Takes away operations and simplifies those that stay, as long as HOLDS says
 * yes of the result. *P holds when this is called. Stops when nothing more can
 * be taken away, or when HOLDS has been asked BUDGET times. False: out of
 * memory, and *P is what was reached.
 */
bool fz_shrink(struct fz_program *p,
               bool (*holds)(void *context, const struct fz_program *p),
               void *context, uint32_t budget);

#endif
