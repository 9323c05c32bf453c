/* SPDX-License-Identifier: MIT
 *
 * Direct stores to page tables, emulated by Xen.
 */
#ifndef XM_PTWR_H
#define XM_PTWR_H

#include <xen-model/walk.h>

/*
 * A 64-bit store to VA faulted as W says: true if Xen completed it. Rules
 * PTW-01..31 for plain aligned 64-bit stores.
 */
bool xm__ptwr_store64(struct xm_cpu *c, const struct xm_walk *w, xm_vaddr va,
                      uint64_t value);

#endif
