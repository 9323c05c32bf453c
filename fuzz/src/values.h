/* SPDX-License-Identifier: MIT
 *
 * Operations FZ_VALUE: what a field of a call or a register is given. Their
 * fields mean something else than those of other operations:
 *
 *     who     enum fz_value        extra   the structure it belongs to
 *     cmd     field or register    fd      a domain
 *     target  frame, or handle     table   frame of a slot
 */
#ifndef FUZZ_VALUES_H
#define FUZZ_VALUES_H

#include <fuzz/call.h>

enum fz_value {
    FZ_NUMBER,       /* 64 bits: flags, slot, reserved */
    FZ_FRAME_NUMBER, /* of target */
    FZ_SLOT,         /* machine address of table[slot] plus flags */
    FZ_ENTRY,        /* for target, with flags */
    FZ_GRANT_ENTRY,  /* that lets domain fd use target, with flags */
    FZ_WINDOW,       /* page slot of the window plus flags */
    FZ_DOMAIN,       /* its number */
    FZ_HANDLE,       /* handle target of the caller */
    FZ_NR_VALUES
};

/* In cmd: where the structures of the call are said to be. */
#define FZ_ARGS_FIELD 0xffu

/* As a NUMBER has it. */
void fz_set_number(struct fz_op *op, uint64_t number);

/* What it comes to for a caller of DOMAIN. */
uint64_t fz_value(const struct fz_world *w, uint32_t domain,
                  const struct fz_op *op);

/* The same where a domain is wanted. */
uint32_t fz_value_domid(const struct fz_world *w, const struct fz_op *op);

/* As a trace has them. */
void fz_print_field(FILE *f, const struct fz_world *w, uint32_t domain,
                    const struct fz_op *op);
void fz_print_field_domain(FILE *f, const struct fz_world *w,
                           const struct fz_op *op);

/* How many operations the call at OPS has: itself, and values behind it. */
uint32_t fz_nr_joined_values(const struct fz_op *ops, uint32_t count);

/* So many values has a call at most. */
#define FZ_MAX_VALUES 96u

#endif
