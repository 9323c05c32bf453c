/* SPDX-License-Identifier: MIT
 *
 * Descriptors, their tables, and selectors.
 */
#ifndef FUZZ_SEGMENTS_H
#define FUZZ_SEGMENTS_H

#include <fuzz/call.h>

#define FZ_NR_GDT_SIZES 10u
#define FZ_NR_LDT_SIZES 6u
#define FZ_NR_DESCRIPTORS 18u

/* Is a descriptor stored where others have an entry? */
bool fz_has_descriptor(const struct fz_op *op);

/* The one that an operation has. */
uint64_t fz_descriptor(const struct fz_op *op);

/* Entries of the LDT that an operation sets. */
uint32_t fz_ldt_entries(const struct fz_op *op);

/* These finish a call; false: the guest would not survive it. */
bool fz_resolve_gdt(const struct fz_world *w, const struct fz_op *op,
                    struct fz_call *c);
bool fz_resolve_descriptor(const struct fz_world *w, const struct fz_op *op,
                           struct fz_call *c);

/* As a trace has them. */
void fz_print_gdt(FILE *f, const struct fz_world *w, const struct fz_op *op);
void fz_print_descriptor(FILE *f, const struct fz_world *w,
                         const struct fz_op *op);

#endif
