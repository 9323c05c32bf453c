/* SPDX-License-Identifier: MIT
 *
 * What the files of the import share. Every function answers false after an
 * error, which is then in *error and is the only one.
 */
#ifndef FUZZ_SRC_IMPORT_H
#define FUZZ_SRC_IMPORT_H

#include <fuzz/import.h>

struct import {
    struct fz_session *s;
    const struct pvt_trace *t;
    struct fz_program *p;
    struct pvt_error *error;
    unsigned int line, column; /* of what is at hand */
    uint32_t domain;           /* of the caller at hand */
    /* Of each page of the trace: its place, or the number of a value. */
    uint64_t *pages;
    uint32_t next_handle[FZ_DOMAINS];
};

#define IMPORT_UNKNOWN FZ_NONE         /* of a page that is still to come */
#define IMPORT_NO_PLACE (FZ_NONE - 1u) /* of one that came too late */

/* Operations of one step. */
#define IMPORT_MAX_OPS 128u
struct import_ops {
    uint32_t count;
    struct fz_op ops[IMPORT_MAX_OPS];
};

bool import_fail(struct import *im, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* import_terms.c */
/* The place of a frame, FZ_NR_FRAMES: it has none. */
uint32_t import_place(const struct import *im, struct pvt_frame_ref ref);
/* A frame must have a place. */
bool import_frame(struct import *im, struct pvt_frame_ref ref, uint8_t *place);
/* Into target, flags and mode of OP. False, without an error: only a value
 * (values.h) can say that. */
bool import_entry(const struct import *im, const struct pvt_entry *e,
                  struct fz_op *op);
/* As enum fz_fd; false: there is none of that number. */
bool import_fd(const struct import *im, struct pvt_fd fd, uint8_t *owner);
/* The same where a number that is no domain's means what any other means. */
bool import_owner(const struct import *im, struct pvt_fd fd, uint8_t *owner);
/* An address of the forms that accesses have. */
bool import_address(struct pvt_va va, struct fz_op *op);
uint64_t import_domid(struct pvt_fd fd);

/* Values behind an operation: with an error. */
struct fz_op *import_add(struct import *im, struct import_ops *o,
                         struct fz_op op);
bool import_add_entry(struct import *im, struct import_ops *o, uint8_t field,
                      const struct pvt_entry *e);
bool import_add_va(struct import *im, struct import_ops *o, uint8_t field,
                   struct pvt_va va);
bool import_add_number(struct import *im, struct import_ops *o, uint8_t field,
                       uint64_t number);
bool import_add_value(struct import *im, struct import_ops *o, uint8_t field,
                      const struct pvt_value *v);
/* SLOT plus OFFSET bytes. */
bool import_add_slot(struct import *im, struct import_ops *o, uint8_t field,
                     struct pvt_slot slot, uint64_t offset);

/* import_steps.c: the short form of a step; 0: it has none. */
uint32_t import_short(struct import *im, const struct pvt_step *s,
                      struct import_ops *o);
/* import_calls.c: the long form, which takes anything. */
bool import_long(struct import *im, const struct pvt_step *s,
                 struct import_ops *o);

#endif
