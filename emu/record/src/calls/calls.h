/* SPDX-License-Identifier: MIT
 *
 * The calls that are said, one family a file: each list ends without a name.
 */
#ifndef RECORD_CALLS_CALLS_H
#define RECORD_CALLS_CALLS_H

#include "../internal.h"

extern const struct record_kind record__calls_cpu[];
extern const struct record_kind record__calls_grant[];
extern const struct record_kind record__calls_memory[];
extern const struct record_kind record__calls_mmu[];
extern const struct record_kind record__calls_vcpu[];

/* mmuext.c */
void record__prepare_mmuext(struct record *r, struct record_call *c);
void record__say_mmuext(struct record *r, struct record_call *c, int64_t rc);

#endif
