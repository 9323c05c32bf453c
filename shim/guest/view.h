/* SPDX-License-Identifier: MIT
 *
 * Frames of the domain that are mapped nowhere, one at a time.
 */
#ifndef SHIM_GUEST_VIEW_H
#define SHIM_GUEST_VIEW_H

#include <stdbool.h>
#include <stdint.h>

/* Until shim_view_close(). NULL: Xen refuses. */
uint64_t *shim_view(uint64_t mfn, bool writable);
/* The frame is as before: nothing of the shim's maps it. */
void shim_view_close(void);

#endif
