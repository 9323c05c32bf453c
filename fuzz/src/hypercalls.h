/* SPDX-License-Identifier: MIT
 *
 * Operations FZ_CALL: any hypercall that traces write by the names of its
 * fields. CMD is its number in a list, SLOT how many structures it has; the
 * fields are the operations FZ_VALUE that are joined to it.
 */
#ifndef FUZZ_HYPERCALLS_H
#define FUZZ_HYPERCALLS_H

#include <fuzz/call.h>

#include <traces/call.h>

/* The number of a call by its name in traces; false: it has none. */
bool fz_hypercall_by_name(const char *name, uint8_t *number);
const struct pvt_call_info *fz_hypercall(const struct fz_op *op);

/* How many structures it has. */
uint32_t fz_hypercall_elements(const struct fz_op *op);
/* Do its lists hold frames afterwards; of Xen's allocator? */
bool fz_hypercall_returns_frames(const struct fz_op *op);
bool fz_hypercall_takes_frames(const struct fz_op *op);

/* Would it leave other programs, or the guest that carries us, without what
 * they need, whatever its arguments are? Then actual Xen does not get it. */
bool fz_hypercall_stays_away(const struct fz_op *op);

/* Does it read no memory for its structures but that of the call and pages? */
bool fz_hypercall_stays_within(const struct fz_op *ops,
                               const struct fz_call *c);

/* These finish a call; false: it is none. */
bool fz_resolve_hypercall(const struct fz_world *w, const struct fz_op *ops,
                          struct fz_call *c);
void fz_print_hypercall(FILE *f, const struct fz_world *w,
                        const struct fz_op *ops, const struct fz_call *c);

/* Frames and handles that it has returned, which become those of the world. */
void fz_note_hypercall(struct fz_world *w, const struct xm_cpu *cpu,
                       const struct fz_op *ops, const struct fz_call *c,
                       int64_t rc, const uint8_t *answer);

/* Frames that it has taken from Xen's allocator. */
uint32_t fz_hypercall_frames(const struct fz_op *ops, const struct fz_call *c,
                             const uint8_t *answer, xm_mfn *frames);

/*
 * The name in a trace of a frame that has no place, as its domain has none
 * left: by the domain's letter, the operation, and the word of its arguments.
 */
#define FZ_UNPLACED_NAME "%c%u_%u"

/* Is it known which frames it returns, whatever they are? */
bool fz_hypercall_tells_frames(const struct fz_op *ops,
                               const struct fz_call *c);

/* What its structures hold afterwards, as far as a trace gives it a name. */
void fz_print_answer(FILE *f, const struct fz_world *w, const struct fz_op *ops,
                     const struct fz_call *c, int64_t rc,
                     const uint8_t *answer);

/* Does what it returns differ from machine to machine? */
bool fz_hypercall_tells_of_machine(const struct fz_op *op);

/* The place in the data of list number N of the call (as they come), its
 * structure, and its words; false: there are not so many. */
struct fz_list {
    const struct pvt_field *field;
    uint32_t element, offset, words;
};
bool fz_hypercall_list(const struct fz_op *ops, const struct fz_call *c,
                       uint32_t n, struct fz_list *list);

#endif
