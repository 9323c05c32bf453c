/* SPDX-License-Identifier: MIT
 *
 * What is done on both machines when a program has ended.
 */
#ifndef FUZZ_TIDY_H
#define FUZZ_TIDY_H

#include <fuzz/session.h>

/* OP has what is in s->call.data, if any. Nobody compares what is answered. */
enum fz_outcome fz_on_both(struct fz_session *s, struct pvt_op *op);

/* One entry, by mmu_update; OWNER is that of the page in it. */
enum fz_outcome fz_store_on_both(struct fz_session *s, uint32_t domain,
                                 xm_mfn table, uint32_t slot, uint64_t entry,
                                 uint32_t owner);

/* Takes what the program has left out of the boot tables. */
enum fz_outcome fz_clear_boot_tables(struct fz_session *s);

/* Nothing holds the pages any more: no base, no descriptor table, no pin. */
enum fz_outcome fz_let_go(struct fz_session *s);

#endif
