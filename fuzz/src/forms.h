/* SPDX-License-Identifier: MIT
 *
 * What the fields of an operation stand for: addresses, instructions, flushes.
 */
#ifndef FUZZ_FORMS_H
#define FUZZ_FORMS_H

#include <fuzz/call.h>

/* Numbers of registers, as x86 counts them. */
#define FZ_RAX 0u
#define FZ_RCX 1u
#define FZ_RDI 7u

enum fz_takes {
    FZ_TAKES_ENTRY, /* in rax */
    FZ_TAKES_FLAGS, /* of an entry, without its frame */
    FZ_TAKES_COUNT, /* and an entry; repeats once */
};

/* One instruction that stores at rdi. */
struct fz_form {
    const char *text; /* its bytes, as a trace has them */
    uint8_t length;
    enum fz_takes takes;
    uint8_t code[8];
};

const struct fz_form *fz_form(uint32_t number);

enum fz_kind fz_op_kind(const struct fz_op *op);

/* Is a number stored where others have an entry? */
bool fz_has_raw(const struct fz_op *op);

/* Where a load, store or mapping is, and as a trace has it. */
xm_vaddr fz_address(const struct fz_op *op);
const char *fz_address_text(const struct fz_op *op, char buffer[40]);

/* Is that in the window? */
bool fz_in_window(const struct fz_op *op);

/* The flags of UPDATE_VA_MAPPING. */
uint64_t fz_flush(const struct fz_op *op);

/* Owner of the tables of a MMU_UPDATE, FZ_FD_NONE: not said. */
enum fz_fd fz_fd_of_tables(const struct fz_world *w, const struct fz_op *op);

/* A domain, as a trace has it. */
const char *fz_domain_text(enum fz_fd fd);

/* The call has SIZE bytes of guest memory: the argument area of its vCPU. */
void fz_set_data(const struct fz_world *w, struct fz_call *c, uint32_t size);

#endif
