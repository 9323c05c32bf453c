/* SPDX-License-Identifier: MIT
 *
 * The words everything else is said in: frame numbers, addresses, domain ids.
 */
#ifndef XEN_MODEL_TYPES_H
#define XEN_MODEL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t xm_mfn;   /* machine frame number: machine address >> 12 */
typedef uint64_t xm_vaddr; /* guest virtual (linear) address */
typedef uint16_t xm_domid; /* as in Xen's public headers, DOMID_* included */

#define XM_PAGE_SHIFT 12
#define XM_PAGE_SIZE 4096u
#define XM_ENTRIES 512u /* entries of a table at every level */

#endif
