/* SPDX-License-Identifier: MIT
 *
 * Operations FZ_GUEST: what a guest does itself, anywhere and with anything.
 * CMD is enum fz_act. The operations FZ_VALUE that are joined to it are its
 * address and what it stores; of EXECUTE, registers and the bytes.
 */
#ifndef FUZZ_GUEST_H
#define FUZZ_GUEST_H

#include <fuzz/call.h>

enum fz_act {
    FZ_ACT_LOAD,
    FZ_ACT_STORE,
    FZ_ACT_LOAD_SEGMENT,
    FZ_ACT_WRITE_CR3,
    FZ_ACT_READ_CR3,
    FZ_ACT_INVLPG,
    FZ_ACT_EXECUTE,
    FZ_ACT_UPDATE_VA_MAPPING, /* third: how it flushes */
    FZ_NR_ACTS
};

/* In cmd of a value: eight bytes of the instruction, as a number. */
#define FZ_CODE_FIELD 0xfdu

enum fz_act fz_act(const struct fz_op *op);

/* These finish a call; false: it is none. */
bool fz_resolve_guest(const struct fz_world *w, const struct fz_op *ops,
                      struct fz_call *c);
void fz_print_guest(FILE *f, const struct fz_world *w, const struct fz_op *ops,
                    const struct fz_call *c);

#endif
