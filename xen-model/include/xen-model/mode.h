/* SPDX-License-Identifier: MIT
 *
 * Guest kernel and guest user. Both run in ring 3, on tables of their own: a
 * vCPU has a kernel base and may have a user base, and its mode says which of
 * them the processor uses. A vCPU begins in kernel mode. Rules CR3-20..31.
 *
 * What a vCPU in user mode may do here is to load, store and execute; calls
 * are for the kernel, which exceptions and system calls bring back.
 */
#ifndef XEN_MODEL_MODE_H
#define XEN_MODEL_MODE_H

#include <xen-model/hypercall.h>

/*
 * HYPERVISOR_iret: reads the frame at RSP of the guest's stack. To user mode if
 * its cs has ring 3, else it stays in kernel mode. A frame that cannot be
 * read, and user mode without a user base, are the end of the domain: rc is 0
 * and rule says why.
 */
struct xm_result xm_iret(struct xm_cpu *c, xm_vaddr rsp,
                         struct iret_context *frame);

/* The same to user mode, without a frame. */
struct xm_result xm_enter_user(struct xm_cpu *c);
/* An exception or a system call of the guest's user: its kernel runs. */
void xm_enter_kernel(struct xm_cpu *c);

/*
 * The guest kernel moves VALUE to CR3, which Xen emulates: 0; -ERESTART, the
 * instruction is to be executed again; else a refusal, which the guest sees as
 * #GP(0).
 */
struct xm_result xm_write_cr3(struct xm_cpu *c, uint64_t value);
/* And the other way round: the kernel base. */
uint64_t xm_read_cr3(struct xm_cpu *c);

#endif
