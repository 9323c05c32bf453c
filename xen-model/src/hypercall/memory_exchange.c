/* SPDX-License-Identifier: MIT
 *
 * XENMEM_exchange: a domain gives frames and gets others, in chunks of the
 * larger of the two extents. Mirrors memory_exchange(). Rules MEM-50 to
 * MEM-66.
 */
#include "memory.h"

struct exchange {
    struct xen_memory_exchange x;
    xm_vaddr in_list, out_list;
    struct xm_domain *domain;
    xm_mfn limit;
    unsigned int in_chunk, out_chunk; /* orders: extents of a chunk */
};

static bool sizes_differ(const struct xen_memory_exchange *x)
{
    const unsigned int in = x->in.extent_order, out = x->out.extent_order;

    return x->nr_exchanged > x->in.nr_extents || x->in.domid != x->out.domid ||
           x->in.nr_extents << in >> in != x->in.nr_extents ||
           x->out.nr_extents << out >> out != x->out.nr_extents ||
           x->in.nr_extents << in != x->out.nr_extents << out;
}

static struct xm_result check(struct xm_cpu *c, struct exchange *e)
{
    const struct xen_memory_exchange *x = &e->x;
    const unsigned int in = x->in.extent_order, out = x->out.extent_order;
    const unsigned int max = xm__max_order(xm__domain(c));

    if (in > max || out > max)
        return xm__deny(XM_R_EXCHANGE_ORDER, in, out);
    if (sizes_differ(x))
        return xm__deny(XM_R_EXCHANGE_SIZES, x->in.nr_extents,
                        x->out.nr_extents);
    if (x->nr_exchanged == x->in.nr_extents)
        return xm__ok();
    __builtin_memcpy(&e->in_list, &x->in.extent_start, sizeof(e->in_list));
    __builtin_memcpy(&e->out_list, &x->out.extent_start, sizeof(e->out_list));
    if (!xm__guest_address(e->in_list) || !xm__guest_address(e->out_list))
        return xm__deny(XM_R_EXCHANGE_FAULT, e->in_list, e->out_list);
    if (!xm__valid_node(c, x->out.mem_flags))
        return xm__deny(XM_R_EXCHANGE_NODE, x->out.mem_flags, 0);
    e->in_chunk = out > in ? out - in : 0;
    e->out_chunk = in > out ? in - out : 0;
    e->domain = xm__domain_by_any_id(c, x->in.domid);
    if (!e->domain)
        return xm__deny(XM_R_EXCHANGE_DOMAIN, x->in.domid, 0);
    if (!xm__may_act_on(c, e->domain->domid))
        return xm__deny(XM_R_EXCHANGE_PRIVILEGE, e->domain->domid, 0);
    if (!xm__address_limit(c, x->out.mem_flags, &e->limit))
        return xm__deny(XM_R_EXCHANGE_NO_MEMORY, x->out.mem_flags, 0);
    if (!xm__may_be_on_node(x->out.mem_flags))
        e->limit = 0;
    return xm__ok();
}

/* It was stolen, so that it is nobody's: Xen clears what it keeps of that. */
static void give_up(struct xm_cpu *c, xm_mfn mfn)
{
    xm__put_page(c, mfn);
    xm__scrub(c, mfn);
}

/* Takes (or with FREE gives back for good) the input frames of chunk I. */
static struct xm_result inputs(struct xm_cpu *c, const struct exchange *e,
                               uint64_t i, bool release)
{
    const uint64_t first = i << e->in_chunk;
    const uint64_t size = 1ull << e->x.in.extent_order;

    for (uint64_t j = first; j < first + (1ull << e->in_chunk); j++) {
        xm_mfn mfn;

        if (!xm__copy_from_guest(c, &mfn, e->in_list + j * 8, sizeof(mfn)))
            return xm__deny(XM_R_EXCHANGE_FAULT, e->in_list + j * 8, 0);
        for (xm_mfn k = mfn; k < mfn + size; k++) {
            if (release)
                give_up(c, k);
            else if (!xm__is_stealable(c, e->domain, k))
                return xm__deny(XM_R_EXCHANGE_INPUT, k, j);
            else /* MEM-63: so it is given back too */
                xm__mfn_to_page(c, k)->type_info = 0;
        }
    }
    return xm__ok();
}

/* The frames of one output extent get their new numbers. */
static bool output(struct xm_cpu *c, const struct exchange *e, uint64_t j,
                   xm_mfn mfn)
{
    const xm_vaddr at = e->out_list + j * 8;
    uint64_t gpfn;

    if (!xm__copy_from_guest(c, &gpfn, at, sizeof(gpfn)))
        return false;
    for (uint64_t k = 0; k < 1ull << e->x.out.extent_order; k++)
        *xm_machine_m2p(c->machine, mfn + k) = gpfn + k;
    return xm__copy_to_guest(c, at, &mfn, sizeof(mfn));
}

static struct xm_result exchange_chunk(struct xm_cpu *c,
                                       const struct exchange *e, uint64_t i)
{
    const uint64_t first = i << e->out_chunk;
    const unsigned int order = e->x.out.extent_order;
    struct xm_result r = inputs(c, e, i, false);
    bool stored = true;

    if (r.rc != 0)
        return r;
    /* An output frame is never one of the inputs: those are freed after. */
    for (uint64_t j = first; j < first + (1ull << e->out_chunk); j++) {
        const xm_mfn mfn = xm__alloc_pages(c, order, e->limit);

        if (mfn == XM_NO_MFN)
            return xm__deny(XM_R_EXCHANGE_NO_MEMORY, order, j);
        for (uint64_t k = 0; k < 1ull << order; k++)
            xm_frame_assign(c->machine, mfn + k, e->domain->domid);
        stored = output(c, e, j, mfn) && stored;
    }
    r = inputs(c, e, i, true);
    return stored ? r : xm__deny(XM_R_EXCHANGE_FAULT, e->out_list, i);
}

static bool store_progress(struct xm_cpu *c, const struct exchange *e,
                           xm_vaddr to)
{
    return xm__copy_to_guest(
        c, to + offsetof(struct xen_memory_exchange, nr_exchanged),
        &e->x.nr_exchanged, sizeof(e->x.nr_exchanged));
}

struct xm_result xm__memory_exchange(struct xm_cpu *c, uint64_t arg[6])
{
    struct exchange e = { .domain = NULL };
    struct xm_result r;
    uint64_t first, i;

    if (arg[0] >> MEMORY_OP_BITS)
        return xm__finish(c, xm__deny(XM_R_EXCHANGE_COMMAND, arg[0], 0));
    if (!xm__copy_from_guest(c, &e.x, arg[1], sizeof(e.x)))
        return xm__finish(c, xm__deny(XM_R_EXCHANGE_FAULT, arg[1], 0));
    r = check(c, &e);
    if (r.rc != 0 || !e.domain)
        return xm__finish(c, r);
    first = e.x.nr_exchanged >> e.in_chunk;
    for (i = first; i < e.x.in.nr_extents >> e.in_chunk; i++) {
        const bool stop = i != first && xm__preempt_check(c, XM_STOP_MEMORY);

        r = stop ? xm__interrupted(-XEN_ERESTART) : exchange_chunk(c, &e, i);
        if (r.rc != 0)
            break;
    }
    e.x.nr_exchanged = i << e.in_chunk;
    if (!store_progress(c, &e, arg[1]) && r.rc == 0)
        r = xm__deny(XM_R_EXCHANGE_FAULT, arg[1], i);
    return r.rc == -XEN_ERESTART ? r : xm__finish(c, r);
}
