/* SPDX-License-Identifier: MIT
 *
 * The platform of guest-mm, when somebody watches what it does.
 */
#ifndef SHIM_GUEST_PLATFORM_H
#define SHIM_GUEST_PLATFORM_H

#include <guest-mm/platform.h>

struct mm_plat {
    /* Frames of the scenario; loads are noted as if the first were 0. */
    uint64_t first, frames;
    uint64_t calls;   /* hypercalls */
    uint64_t answers; /* hash of what they returned */
    uint64_t loads;   /* of what was read from memory: entries of tables */
};

#endif
