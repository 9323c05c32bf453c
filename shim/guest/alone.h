/* SPDX-License-Identifier: MIT
 *
 * A shim that no host drives.
 */
#ifndef SHIM_GUEST_ALONE_H
#define SHIM_GUEST_ALONE_H

#include <shim/mailbox.h>
#include <stdbool.h>
#include <xen/xen.h>

/*
 * Does what the domain was begun for, and ends it. False: a host will drive it.
 * M: the mailbox of this vCPU, whose addresses are filled in.
 */
bool shim_runs_alone(const struct start_info *si, struct shim_mailbox *m);

#endif
