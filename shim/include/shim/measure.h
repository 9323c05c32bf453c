/* SPDX-License-Identifier: MIT
 *
 * SHIM_MEASURE: what hypercalls cost by the guest's clock. The calls are made
 * one after the other, again and again, so that each may undo the one before.
 */
#ifndef SHIM_MEASURE_H
#define SHIM_MEASURE_H

#include <stdint.h>

#define SHIM_MEASURED 2u

struct shim_measured_call {
    uint64_t number;
    uint64_t arg[5];
    int64_t rc;     /* of the first that failed, else 0 */
    uint64_t clock; /* the least that one of them took */
};

struct shim_measure {
    uint64_t rounds;
    uint64_t untimed; /* not 0: the clock is not looked at, which takes time */
    struct shim_measured_call call[SHIM_MEASURED];
};

#endif
