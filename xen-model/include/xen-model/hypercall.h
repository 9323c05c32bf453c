/* SPDX-License-Identifier: MIT
 *
 * The hypercalls of a PV guest that touch page tables: raw, with arguments in
 * guest memory, and the frequent ones with arguments already fetched. struct
 * mmu_update, struct mmuext_op and the constants are those of Xen's public
 * headers.
 *
 * A call that is preempted answers -ERESTART (rule call.preempted) with what
 * was done so far in *done; calling again with the remaining requests goes on,
 * as Xen's continuation does. Deferred puts are finished inside the call.
 */
#ifndef XEN_MODEL_HYPERCALL_H
#define XEN_MODEL_HYPERCALL_H

#include <xen-model/machine.h>
#include <xen/xen.h>

/* In a count: *done holds what earlier parts of the call have completed. */
#define XM_PREEMPTED 0x80000000u

/*
 * HYPERVISOR_mmu_update. foreigndom: bits 15:0 owner of the pages (DOMID_SELF
 * ...), bits 31:16 owner of the tables + 1, or 0. *done (may be NULL): number
 * of requests completed; untouched where Xen does not write it. Rules MMU-*.
 */
struct xm_result xm_mmu_update(struct xm_cpu *c, const struct mmu_update *reqs,
                               uint32_t count, uint32_t *done,
                               uint32_t foreigndom);

/* HYPERVISOR_mmuext_op. *done as above. Rules EXT-*, PIN-*, CR3-*. */
struct xm_result xm_mmuext_op(struct xm_cpu *c, const struct mmuext_op *ops,
                              uint32_t count, uint32_t *done,
                              uint32_t foreigndom);

/* HYPERVISOR_update_va_mapping. Rules UVM-*. */
struct xm_result xm_update_va_mapping(struct xm_cpu *c, xm_vaddr va,
                                      uint64_t val, uint64_t flags);

/* HYPERVISOR_update_va_mapping_otherdomain. */
struct xm_result xm_update_va_mapping_otherdomain(struct xm_cpu *c, xm_vaddr va,
                                                  uint64_t val, uint64_t flags,
                                                  xm_domid domid);

/*
 * Any hypercall, as the guest's registers give it: NUMBER in rax, arguments
 * in rdi, rsi, rdx, r10, r8, r9. What they point to is read and written
 * through the guest's current tables. After -ERESTART arg[] holds what Xen's
 * continuation would enter with: call again to go on.
 */
struct xm_result xm_hypercall(struct xm_cpu *c, uint64_t number,
                              uint64_t arg[6]);

/* The same, for who is among c->others: the model's own answer. */
struct xm_result xm_model_hypercall(struct xm_cpu *c, uint64_t number,
                                    uint64_t arg[6]);

#endif
