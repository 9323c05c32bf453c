/* SPDX-License-Identifier: MIT
 *
 * One operation.
 */
#ifndef SHIM_GUEST_EXECUTE_H
#define SHIM_GUEST_EXECUTE_H

#include <shim/mailbox.h>

/* Does what is in the mailbox of this vCPU. */
void shim_execute(struct shim_mailbox *m);

#endif
