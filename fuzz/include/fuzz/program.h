/* SPDX-License-Identifier: MIT
 *
 * A program: which domains take part, and operations one after the other.
 * Pokes come first. As a file: 16 bytes of header, then the operations.
 */
#ifndef FUZZ_PROGRAM_H
#define FUZZ_PROGRAM_H

#include <fuzz/call.h>

struct fz_program {
    uint32_t domains; /* a bit each, at least one */
    uint32_t nr_ops, room;
    struct fz_op *ops;
};

/* False: out of memory. */
bool fz_append(struct fz_program *p, const struct fz_op *op);
bool fz_copy(struct fz_program *to, const struct fz_program *from);
void fz_free(struct fz_program *p);

/* The pokes at the beginning. */
uint32_t fz_nr_pokes(const struct fz_program *p);

/*
 * Any bytes are a program. False: out of memory. What is left over at the end
 * (less than an operation) is ignored.
 */
bool fz_read(struct fz_program *p, const uint8_t *bytes, size_t size);
bool fz_write(FILE *f, const struct fz_program *p);
#define FZ_MAGIC "pinfold\1"

/*
 * The beginning of a trace: everything before its steps, which declares what
 * STEPS, their text, name.
 */
void fz_print_header(FILE *f, const struct fz_world *w,
                     const struct fz_program *p, const char *name,
                     const char *sentence, const char *steps);

#endif
