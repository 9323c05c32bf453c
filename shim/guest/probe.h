/* SPDX-License-Identifier: MIT
 *
 * Single accesses and instructions that may end in an exception.
 */
#ifndef SHIM_GUEST_PROBE_H
#define SHIM_GUEST_PROBE_H

#include <shim/mailbox.h>

/* Exceptions and system calls of this vCPU come to the shim from now on. */
void shim_set_traps(void);
/* Events come to the host. */
void shim_set_upcall(void);
/* An event of this vCPU's timer, DELAY from now; and not any more. */
void shim_start_timer(const struct shim_timer *t, uint32_t vcpu);
void shim_stop_timer(uint32_t vcpu);
/* That of the vCPU that runs this. */
struct shim_mailbox *shim_own_mailbox(void);
/* One of the commands of enum shim_command that may fault. */
void shim_probe(struct shim_mailbox *m);
void shim_flush_tlb(void);
/* SHIM_EXECUTE. */
void shim_run_instruction(struct shim_mailbox *m);

#endif
