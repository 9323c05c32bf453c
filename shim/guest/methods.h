/* SPDX-License-Identifier: MIT
 *
 * guest-mm's scenario of each method, on any machine that starts PV kernels:
 * with the word "methods" on the command line.
 */
#ifndef SHIM_GUEST_METHODS_H
#define SHIM_GUEST_METHODS_H

#include <shim/mailbox.h>
#include <stdbool.h>
#include <stddef.h>
#include <xen/xen.h>

bool shim_wants_methods(const struct start_info *si);
/* Runs them, prints what came of it, and ends the domain. */
void shim_run_methods(const struct start_info *si);

#endif
