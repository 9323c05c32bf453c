/* SPDX-License-Identifier: MIT
 *
 * Operations that are nearly valid: the generator looks at the model, so that
 * what it asks for is often allowed, and often only just not.
 */
#ifndef FUZZ_GENERATE_H
#define FUZZ_GENERATE_H

#include <fuzz/session.h>

struct fz_random {
    uint64_t state;
    uint32_t domain, vcpu; /* the next calls are its, mostly */
    bool long_calls;       /* more of those that Xen can be interrupted in */
    bool stops;            /* calls stop in the middle ... */
    bool timers;           /* ... by timers, mostly */
};

uint64_t fz_next(struct fz_random *r);

/* The domains of a program and its pokes: half-built trees. */
bool fz_generate_begin(struct fz_random *r, struct fz_program *p);

/* The operations of the next call, at least one and at most so many. */
#define FZ_MAX_CHOSEN 40u
uint32_t fz_generate(struct fz_random *r, const struct fz_session *s,
                     struct fz_op ops[FZ_MAX_CHOSEN]);

#endif
