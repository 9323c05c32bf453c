/* SPDX-License-Identifier: MIT
 *
 * The enumerations, one a file.
 */
#ifndef EXHAUSTIVE_CASES_H
#define EXHAUSTIVE_CASES_H

#include "machine.h"

/* A state of a frame, without what it contains. */
struct state {
    const char *name;
    struct oracle_frame f; /* its owner does not count */
};

extern const struct state states[];
extern const unsigned int nr_states;

/* W_TABLE of K becomes a pinned table of LEVEL with one zero entry in SLOT. */
void make_table(struct kase *k, unsigned int level, unsigned int slot);
/* Frame I of K comes into state S. */
void set_state(struct kase *k, unsigned int i, const struct state *s);

/* Every entry into an empty slot, by flags, target, level, caller and FD. */
void enumerate_entries(struct run *r);
/* Every entry over every other one. */
void enumerate_transitions(struct run *r);
/* Every type over every other one. */
void enumerate_types(struct run *r);

#endif
