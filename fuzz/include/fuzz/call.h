/* SPDX-License-Identifier: MIT
 *
 * What operations come to: one call on a machine, or a line of a trace.
 */
#ifndef FUZZ_CALL_H
#define FUZZ_CALL_H

#include <fuzz/world.h>

#include <stdio.h>

#define FZ_MAX_BATCH 8u
#define FZ_MAX_DATA PVT_MAX_DATA /* of a call in guest memory, bytes */

struct fz_call {
    struct pvt_op op;
    struct mmu_update updates[FZ_MAX_BATCH];
    struct mmuext_op exts[FZ_MAX_BATCH];
    struct pvt_code code;
    uint8_t data[FZ_MAX_DATA]; /* the same for both machines */
    uint32_t at;               /* where in the program it is */
    uint32_t used;             /* operations that it is made of */
    uint64_t delay;            /* ns after which a timer is to stop it; or 0 */
    uint32_t stops; /* how often it is to stop in the middle: it is raw then */
};

/*
 * The call that begins at OPS, of which there are COUNT (at least one). False:
 * it is none, or the guest that executes it would not survive it (it would
 * lose the tables it runs on); USED is set even then. CPU is the model's.
 */
bool fz_resolve(const struct fz_world *w, const struct xm_cpu *cpu,
                const struct fz_op *ops, uint32_t count, struct fz_call *call);

/* Can Xen stop in the middle of it, so that somebody sees that? */
bool fz_may_stop(const struct fz_op *op);
/*
 * Such a call with everything in guest memory, where Xen rewrites it: as
 * itself, or as a multicall, if the first of OPS says so (FZ_MULTICALL).
 */
void fz_make_raw(const struct fz_world *w, const struct fz_op *ops,
                 struct fz_call *call);

/*
 * The call as a line of a trace, in two parts: of the world before what it
 * returns is noted, and after that. OUT and ANSWER: what it answered.
 */
void fz_print_stops(FILE *f, const struct fz_call *call); /* a comment */
void fz_print_call(FILE *f, const struct fz_world *w, const struct fz_op *ops,
                   const struct fz_call *call);
void fz_print_result(FILE *f, const struct fz_world *w, const struct fz_op *op,
                     const struct fz_call *call, const struct pvt_outcome *out,
                     const uint8_t *answer);

/* The entry of an operation, its frame, and as a trace has it. */
uint32_t fz_entry_frame(const struct fz_world *w, const struct fz_op *op);
uint64_t fz_entry(const struct fz_world *w, const struct fz_op *op);
void fz_print_entry(FILE *f, const struct fz_world *w, const struct fz_op *op);

#endif
