/* SPDX-License-Identifier: MIT
 *
 * What the two files of HYPERVISOR_grant_table_op share.
 */
#ifndef XM_HYPERCALL_GRANT_TABLE_OP_H
#define XM_HYPERCALL_GRANT_TABLE_OP_H

#include "../grant/grant.h"

/* False: *WHY is that the guest's memory cannot be read, or written. */
bool xm__grant_fetch(struct xm_cpu *c, void *to, xm_vaddr from, size_t n,
                     struct xm_result *why);
bool xm__grant_store(struct xm_cpu *c, xm_vaddr to, const void *from, size_t n,
                     struct xm_result *why);

/* The commands that take one structure and are about a whole table. */
struct xm_result xm__grant_info_op(struct xm_cpu *c, uint32_t cmd, xm_vaddr at,
                                   uint32_t count);

#endif
