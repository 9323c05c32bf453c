/* SPDX-License-Identifier: MIT
 *
 * The small machine with grant tables: domain 0 runs, domain 7 grants it
 * things. Requests lie in a page that is mapped at ARGS_VA.
 */
#ifndef TESTS_GRANT_FIXTURE_H
#define TESTS_GRANT_FIXTURE_H

#include "fixture.h"

#include <xen/grant_table.h>

#define ARGS FIRST_FREE
#define ARGS_SLOT 1u
#define ARGS_VA (ARGS_SLOT * 0x1000ull)
#define TARGET_SLOT 2u /* where mappings go: of the boot L1 */
#define TARGET_VA (TARGET_SLOT * 0x1000ull)
#define TARGET_PTE (((uint64_t)BOOT_L1 << 12) + TARGET_SLOT * 8u)
#define UNMAPPED_VA 0x40000000ull
#define GRANTER 7u
#define PAGE FRAME_FOREIGN /* domain 7's, which it grants */

#define MAX_GRANT_FRAMES 10u
#define FIRST_SPARE 40u /* these and what follows are free */

#define WRITABLE(n) (XM_PGT_WRITABLE | XM_PGT_VALIDATED | (n))

extern struct fixture gx;

void grant_setup(void);
/* Checks the invariants, too. */
void grant_teardown(void);

/* The call with N structures of SIZE bytes, which it reads and writes. */
struct xm_result grant_call(unsigned int cmd, void *ops, size_t size,
                            uint32_t n);

struct xm_domain *domain(xm_domid domid);
const struct xm_grant_active *active(xm_domid domid, uint32_t ref);

/* Entry REF of a domain: FLAGS for TO, of FRAME, in the table's version. */
void grant_entry(xm_domid domid, uint32_t ref, uint16_t flags, xm_domid to,
                 uint64_t frame);
/* The page changes hands, as by a transfer. */
void give(xm_mfn mfn, xm_domid domid);
/* The word of flags and status that the guest sees (version 1). */
uint16_t entry_flags(xm_domid domid, uint32_t ref);
uint32_t entry_frame(xm_domid domid, uint32_t ref);
/* The status word of version 2. */
uint16_t entry_status(xm_domid domid, uint32_t ref);

/* A mapping of REF of the granter at TARGET_VA; the structure afterwards. */
struct gnttab_map_grant_ref map(uint32_t ref, uint32_t flags);
struct gnttab_map_grant_ref map_at(uint64_t host_addr, xm_domid dom,
                                   uint32_t ref, uint32_t flags);
/* Status of an unmap. */
int16_t unmap(uint64_t host_addr, uint64_t dev_bus_addr, uint32_t handle);

/* Fails unless STATUS is as expected and RULE has spoken, if there is one. */
void expect_status(int16_t status, int16_t expected, enum xm_rule rule);

#endif
