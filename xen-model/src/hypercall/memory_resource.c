/* SPDX-License-Identifier: MIT
 *
 * XENMEM_acquire_resource: where the frames of another domain's grant table
 * are, so that the control domain can map them. Mirrors acquire_resource(),
 * gnttab_acquire_resource(). Rule MEM-82.
 *
 * Other resources belong to guests of other kinds: a PV domain has none.
 */
#include "../grant/grant.h"
#include "memory.h"

struct request {
    struct xen_mem_acquire_resource x;
    xm_vaddr list;
    struct xm_domain *domain;
    uint32_t max_frames;
};

/* Of the whole table, as large as it may ever be; 0: there is no such id. */
static uint32_t max_grant_frames(const struct request *q)
{
    const uint32_t n = q->domain->grant.max_frames;

    switch (q->x.id) {
    case XENMEM_resource_grant_table_id_shared:
        return n;
    case XENMEM_resource_grant_table_id_status:
        return xm__grant_to_status_frames(n);
    default:
        return 0;
    }
}

/* Until 4.17 Xen takes the error of an unknown type for a number of frames. */
static uint32_t max_frames(const struct xm_cpu *c, const struct request *q)
{
    switch (q->x.type) {
    case XENMEM_resource_grant_table:
        return max_grant_frames(q);
    case XENMEM_resource_ioreq_server:
    case XENMEM_resource_vmtrace_buf:
        return 0;
    default:
        return c->machine->config.xen_minor < 18 ? (uint32_t)-XEN_EOPNOTSUPP
                                                 : 0;
    }
}

static struct xm_result check(struct xm_cpu *c, struct request *q, xm_vaddr va)
{
    if (!xm__copy_from_guest(c, &q->x, va, sizeof(q->x)))
        return xm__deny(XM_R_MEMORY_INFO_FAULT, va, 0);
    __builtin_memcpy(&q->list, &q->x.frame_list, sizeof(q->list));
    if (q->x.pad != 0 || q->x.frame >> 32 ||
        (q->x.frame + q->x.nr_frames) >> 32)
        return xm__deny(XM_R_RESOURCE_ARGUMENTS, q->x.frame, q->x.nr_frames);
    if (q->x.domid == c->domid)
        return xm__deny(XM_R_RESOURCE_SELF, q->x.domid, 0);
    q->domain = xm_domain_find(c->machine, q->x.domid);
    if (!q->domain)
        return xm__deny(XM_R_MEMORY_INFO_DOMAIN, q->x.domid, 0);
    if (!xm__domain(c)->privileged)
        return xm__deny(XM_R_MEMORY_INFO_PRIVILEGE, q->x.domid, 0);
    q->max_frames = max_frames(c, q);
    return q->max_frames ? xm__ok()
                         : xm__deny(XM_R_RESOURCE_NONE, q->x.type, q->x.id);
}

/* The table grows so that it has frame LAST. NULL: it cannot. */
static const xm_mfn *frames(struct xm_cpu *c, const struct request *q,
                            uint64_t last)
{
    const struct xm_grant_table *g = &q->domain->grant;
    const bool status = q->x.id == XENMEM_resource_grant_table_id_status;
    const uint64_t need = status ? (last + 1) * XM_SHARED_PER_STATUS : last + 1;

    if (status && g->version != 2)
        return NULL;
    if (last >= (status ? g->nr_status_frames : g->nr_frames) &&
        (need > g->max_frames ||
         !xm__grow_grant_table(c, q->domain, (uint32_t)need)))
        return NULL;
    return status ? xm_grant_status_frames(c->machine, q->domain)
                  : xm_grant_shared_frames(c->machine, q->domain);
}

static struct xm_result acquire(struct xm_cpu *c, struct request *q,
                                uint64_t done)
{
    const uint64_t n = q->x.nr_frames, first = q->x.frame;
    const xm_mfn *list;

    if (done >= n || n > UINT32_MAX >> MEMORY_OP_BITS)
        return xm__deny(XM_R_RESOURCE_ARGUMENTS, done, n);
    if (q->x.type != XENMEM_resource_grant_table)
        return xm__deny(XM_R_RESOURCE_TYPE, q->x.type, 0);
    list = frames(c, q, first + n - 1);
    if (!list)
        return xm__deny(XM_R_RESOURCE_NONE, q->x.id, first + n);
    for (uint64_t i = done; i < n; i++)
        if (!xm__copy_to_guest(c, q->list + i * sizeof(xen_pfn_t),
                               &list[first + i], sizeof(xen_pfn_t)))
            return xm__deny(XM_R_MEMORY_INFO_FAULT, q->list, i);
    return xm__ok();
}

/* Without a list the question is how many frames there can be. */
static struct xm_result size(struct xm_cpu *c, const struct request *q,
                             xm_vaddr va, uint64_t done)
{
    const size_t at = offsetof(struct xen_mem_acquire_resource, nr_frames);

    if (q->x.nr_frames != 0 || done != 0)
        return xm__deny(XM_R_RESOURCE_ARGUMENTS, done, q->x.nr_frames);
    return xm__copy_to_guest(c, va + at, &q->max_frames, sizeof(q->max_frames))
               ? xm__ok()
               : xm__deny(XM_R_MEMORY_INFO_FAULT, va, 0);
}

struct xm_result xm__acquire_resource(struct xm_cpu *c, uint64_t arg[6])
{
    const uint64_t done = (uint32_t)(arg[0] >> MEMORY_OP_BITS);
    struct request q = { .domain = NULL };
    struct xm_result r = check(c, &q, arg[1]);

    if (r.rc == 0)
        r = q.list == 0 ? size(c, &q, arg[1], done) : acquire(c, &q, done);
    return xm__finish(c, r);
}
