/* SPDX-License-Identifier: MIT
 *
 * What the files of memory_op share.
 */
#ifndef XM_HYPERCALL_MEMORY_H
#define XM_HYPERCALL_MEMORY_H

#include <xen-model/hypercall.h>
#include <xen/memory.h>

#include "../internal.h"
#include "../l1.h"

/* The command word: operation, and above it how far a preempted call came. */
#define MEMORY_OP_BITS 6u
#define MEMORY_OP_MASK ((1u << MEMORY_OP_BITS) - 1)

#define MAX_ORDER 18u
#define MAX_NODES 64u

/* MEM-06: the largest order the caller may ask for. */
static inline unsigned int xm__max_order(const struct xm_domain *caller)
{
    if (caller->privileged)
        return MAX_ORDER;
    return xm__has_iomem(caller) ? 12 : 9;
}

/* MEM-56: whether the node that MEM_FLAGS name can be asked for. */
bool xm__valid_node(struct xm_cpu *c, uint32_t mem_flags);

/* False: MEM_FLAGS insist on a node without memory: all is on node 0. */
bool xm__may_be_on_node(uint32_t mem_flags);

/* The domain meant by ID, DOMID_SELF or any number; NULL: there is none. */
struct xm_domain *xm__domain_by_any_id(struct xm_cpu *c, xm_domid id);

/*
 * MEM-04: *LIMIT is the first frame beyond ADDRESS_BITS; false: no frame can
 * be meant.
 */
bool xm__address_limit(const struct xm_cpu *c, uint32_t mem_flags,
                       xm_mfn *limit);

/* Reservations: ARG as registers, the count of extents as the answer. */
struct xm_result xm__memory_reservation(struct xm_cpu *c, uint64_t arg[6]);
struct xm_result xm__memory_exchange(struct xm_cpu *c, uint64_t arg[6]);
struct xm_result xm__memory_info(struct xm_cpu *c, uint64_t arg[6]);
struct xm_result xm__acquire_resource(struct xm_cpu *c, uint64_t arg[6]);

#endif
