/* SPDX-License-Identifier: MIT
 *
 * HYPERVISOR_memory_op: adding frames to a domain and taking them away.
 * Mirrors do_memory_op(), increase_reservation(), populate_physmap(),
 * decrease_reservation(), guest_remove_page(). Rules MEM-01 to MEM-42.
 *
 * GAP: NUMA: all memory is on node 0.
 */
#include "memory.h"

struct reservation {
    struct xen_memory_reservation r;
    xm_vaddr list;
    struct xm_domain *domain;
    xm_mfn limit;
    uint32_t op, done;
};

struct xm_domain *xm__domain_by_any_id(struct xm_cpu *c, xm_domid id)
{
    return id == DOMID_SELF ? xm__domain(c) : xm_domain_find(c->machine, id);
}

bool xm__address_limit(const struct xm_cpu *c, uint32_t mem_flags,
                       xm_mfn *limit)
{
    const uint32_t bits = XENMEMF_get_address_bits(mem_flags);

    *limit = c->machine->config.nr_frames;
    if (bits == 0 || bits >= 64)
        return true;
    if (bits <= XM_PAGE_SHIFT)
        return false;
    if (1ull << (bits - XM_PAGE_SHIFT) < *limit)
        *limit = 1ull << (bits - XM_PAGE_SHIFT);
    return true;
}

bool xm__valid_node(struct xm_cpu *c, uint32_t mem_flags)
{
    /* None is said as all-ones, that is as 0. */
    const uint32_t node = XENMEMF_get_node(mem_flags);

    if (node == XENMEMF_get_node(0))
        return true;
    if (xm__domain(c)->privileged)
        return node < MAX_NODES;
    return !(mem_flags & XENMEMF_exact_node_request);
}

bool xm__may_be_on_node(uint32_t mem_flags)
{
    const uint32_t node = XENMEMF_get_node(mem_flags);

    return node == XENMEMF_get_node(0) || node == 0 ||
           !(mem_flags & XENMEMF_exact_node_request);
}

static xm_vaddr element(const struct reservation *m)
{
    return m->list + m->done * sizeof(xen_pfn_t);
}

static bool allocate(struct xm_cpu *c, struct reservation *m, xm_mfn *mfn)
{
    const unsigned int order = m->r.extent_order;

    if (m->domain->tot_pages + (1ull << order) > m->domain->max_pages)
        return false;
    *mfn = xm__alloc_pages(c, order, m->limit);
    return xm__assign_pages(c, m->domain, *mfn, order);
}

static bool increase(struct xm_cpu *c, struct reservation *m)
{
    xm_mfn mfn;

    return allocate(c, m, &mfn) &&
           (m->list == 0 ||
            xm__copy_to_guest(c, element(m), &mfn, sizeof(mfn)));
}

static bool on_demand(const struct reservation *m)
{
    return m->op == XENMEM_populate_physmap &&
           (m->r.mem_flags & XENMEMF_populate_on_demand);
}

static bool populate(struct xm_cpu *c, struct reservation *m)
{
    uint64_t gpfn;
    xm_mfn mfn;

    if (!xm__copy_from_guest(c, &gpfn, element(m), sizeof(gpfn)))
        return false;
    if (on_demand(m)) /* MEM-25: which only other kinds of guests have */
        return m->domain->domid != c->domid;
    if (!allocate(c, m, &mfn))
        return false;
    for (uint64_t i = 0; i < 1ull << m->r.extent_order; i++)
        *xm_machine_m2p(c->machine, mfn + i) = gpfn + i;
    return xm__copy_to_guest(c, element(m), &mfn, sizeof(mfn));
}

/* The frame stays for as long as somebody else refers to it. */
static bool remove_page(struct xm_cpu *c, const struct xm_domain *d, xm_mfn mfn)
{
    if (!xm__get_page_from_mfn(c, mfn, d->domid))
        return false;
    xm__put_page_alloc_ref(c, mfn);
    xm__put_page(c, mfn);
    return true;
}

static bool decrease(struct xm_cpu *c, struct reservation *m)
{
    xm_mfn mfn;

    if (!xm__copy_from_guest(c, &mfn, element(m), sizeof(mfn)))
        return false;
    for (uint64_t i = 0; i < 1ull << m->r.extent_order; i++)
        if (!remove_page(c, m->domain, mfn + i))
            return false;
    return true;
}

/* MEM-03: what makes a call end before its first extent. */
static enum xm_rule check(struct xm_cpu *c, struct reservation *m)
{
    const struct xm_domain *caller = xm__domain(c);

    if (m->r.nr_extents > UINT32_MAX >> MEMORY_OP_BITS ||
        m->done >= m->r.nr_extents)
        return XM_R_MEMORY_EXTENTS;
    m->domain = xm__domain_by_any_id(c, m->r.domid);
    if (!m->domain)
        return XM_R_MEMORY_DOMAIN;
    if (!xm__address_limit(c, m->r.mem_flags, &m->limit))
        return XM_R_MEMORY_FLAGS;
    if (!(m->r.mem_flags & XENMEMF_vnode)) {
        if (!xm__valid_node(c, m->r.mem_flags))
            return XM_R_MEMORY_FLAGS;
        if (!xm__may_be_on_node(m->r.mem_flags))
            m->limit = 0;
    }
    if (!xm__may_act_on(c, m->domain->domid))
        return XM_R_MEMORY_PRIVILEGE;
    if (!(m->op == XENMEM_increase_reservation && m->list == 0) &&
        !xm__guest_address(element(m)))
        return XM_R_MEMORY_LIST;
    if (m->r.extent_order > (on_demand(m) ? MAX_ORDER : xm__max_order(caller)))
        return XM_R_MEMORY_ORDER;
    return XM_R_NONE;
}

/* The number of extents done so far, because of RULE. */
static struct xm_result answer(struct xm_cpu *c, const struct reservation *m,
                               enum xm_rule rule)
{
    return xm__finish(c, (struct xm_result){ .rc = (int)m->done,
                                             .rule = rule,
                                             .seen = { m->r.nr_extents } });
}

struct xm_result xm__memory_reservation(struct xm_cpu *c, uint64_t arg[6])
{
    struct reservation m = { .op = arg[0] & MEMORY_OP_MASK,
                             .done = (uint32_t)(arg[0] >> MEMORY_OP_BITS) };
    const uint32_t first = m.done;
    enum xm_rule rule;

    if (!xm__copy_from_guest(c, &m.r, arg[1], sizeof(m.r)))
        return answer(c, &m, XM_R_MEMORY_FAULT);
    __builtin_memcpy(&m.list, &m.r.extent_start, sizeof(m.list));
    rule = check(c, &m);
    if (rule != XM_R_NONE)
        return answer(c, &m, rule);
    for (; m.done < m.r.nr_extents; m.done++) {
        if (m.done != first && xm__preempt_check(c, XM_STOP_MEMORY)) {
            arg[0] = m.op | (uint64_t)m.done << MEMORY_OP_BITS;
            return xm__interrupted(-XEN_ERESTART);
        }
        if (m.op == XENMEM_increase_reservation   ? !increase(c, &m)
            : m.op == XENMEM_decrease_reservation ? !decrease(c, &m)
                                                  : !populate(c, &m))
            return answer(c, &m, XM_R_MEMORY_STOPPED);
    }
    return answer(c, &m, XM_R_NONE);
}

struct xm_result xm__do_memory_op(struct xm_cpu *c, uint64_t arg[6])
{
    switch (arg[0] & MEMORY_OP_MASK) {
    case XENMEM_increase_reservation:
    case XENMEM_decrease_reservation:
    case XENMEM_populate_physmap:
        return xm__memory_reservation(c, arg);
    case XENMEM_exchange:
        return xm__memory_exchange(c, arg);
    case XENMEM_acquire_resource:
        return xm__acquire_resource(c, arg);
    default:
        return xm__memory_info(c, arg);
    }
}
