/* SPDX-License-Identifier: MIT
 *
 * What hypercalls cost.
 */
#ifndef SHIM_GUEST_MEASURE_H
#define SHIM_GUEST_MEASURE_H

#include <shim/measure.h>

void shim_run_measure(struct shim_measure *m);

#endif
