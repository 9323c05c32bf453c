/* SPDX-License-Identifier: MIT
 *
 * Grants: the entries of a table, and mappings of them.
 */
#ifndef FUZZ_GRANTS_H
#define FUZZ_GRANTS_H

#include <fuzz/call.h>

#include <xen/xen.h>

#include <xen/grant_table.h>

/* How GRANT_UNMAP names what it takes down: bits of fz_op.cmd. */
#define FZ_UNMAP_HOST 1u     /* where it is mapped, */
#define FZ_UNMAP_DEVICE 2u   /* and by its machine address */
#define FZ_UNMAP_AT 4u       /* by an address of its own, not the mapping's */
#define FZ_UNMAP_FRAME 8u    /* by a machine address of its own */
#define FZ_UNMAP_REPLACE 16u /* with what is mapped elsewhere */
#define FZ_UNMAP_BY_NONE 32u /* with nothing */

/* Is an entry of a grant table stored where others have one of a table? */
bool fz_has_grant(const struct fz_op *op);

/* That one, if its frame has a number that fits. */
bool fz_is_grantable(const struct fz_world *w, const struct fz_op *op);
uint64_t fz_grant_entry(const struct fz_world *w, const struct fz_op *op);
void fz_print_grant_entry(FILE *f, const struct fz_world *w,
                          const struct fz_op *op);

/* Flags of a mapping, from those of the operation and back. */
uint32_t fz_map_flags(const struct fz_op *op);

/* The name of a handle, where it is declared and used. */
#define FZ_HANDLE_NAME "h%u"

bool fz_knows_handle(const struct fz_world *w, uint32_t domain,
                     const struct fz_op *op);

/* The handle that OP names in its target, as a number and in a trace. */
uint64_t fz_handle_number(const struct fz_world *w, uint32_t domain,
                          const struct fz_op *op);
void fz_print_handle(FILE *f, const struct fz_world *w, uint32_t domain,
                     const struct fz_op *op);

/*
 * A call of several structures: number I of them is MAP. The mapping gets the
 * next handle behind the one that OP names.
 */
void fz_add_handle(struct fz_world *w, const struct fz_op *op,
                   const struct fz_call *c, uint32_t i,
                   struct gnttab_map_grant_ref map);
void fz_print_new_handle(FILE *f, const struct fz_world *w,
                         const struct fz_op *op, const struct fz_call *c,
                         uint32_t i, struct gnttab_map_grant_ref map);

/* These finish a call; false: the guest would not survive it. */
bool fz_resolve_map(const struct fz_world *w, const struct xm_cpu *cpu,
                    const struct fz_op *op, struct fz_call *c);
bool fz_resolve_unmap(const struct fz_world *w, const struct xm_cpu *cpu,
                      const struct fz_op *op, struct fz_call *c);

/* What is known after a call that was answered so. */
void fz_note_handle(struct fz_world *w, const struct fz_op *op,
                    const struct fz_call *c, int64_t rc, const uint8_t *answer);

/* As a trace has them, and what the structures say afterwards. */
void fz_print_map(FILE *f, const struct fz_world *w, const struct fz_op *op);
void fz_print_unmap(FILE *f, const struct fz_world *w, const struct fz_op *op);
void fz_print_status(FILE *f, const struct fz_world *w, const struct fz_op *op,
                     const struct fz_call *c, const uint8_t *answer);

#endif
