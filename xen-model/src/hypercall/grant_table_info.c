/* SPDX-License-Identifier: MIT
 *
 * The grant table as a whole: its frames, its size, its version. Mirrors
 * gnttab_setup_table(), gnttab_query_size(), gnttab_get_status_frames(),
 * gnttab_set_version(), gnttab_get_version(). Rules GNT-61, GNT-76..85.
 */
#include "grant_table_op.h"

/* Whose table DOMID means, if the caller may act on it. *STATUS says why not.
 */
static struct xm_domain *target(struct xm_cpu *c, xm_domid domid,
                                int16_t *status)
{
    struct xm_domain *d = xm__grant_any_domain(c, domid);

    if (!d) {
        *status = xm__grant_refuse(c, XM_R_GNT_DOMAIN, GNTST_bad_domain);
        return NULL;
    }
    if (!xm__may_act_on(c, d->domid)) {
        *status =
            xm__grant_refuse(c, XM_R_GNT_PRIVILEGE, GNTST_permission_denied);
        return NULL;
    }
    return d;
}

/* The guest's list of N frames; one that cannot be written is no reason to
 * stop. */
static int16_t store_frames(struct xm_cpu *c, const xm_mfn *frames, uint32_t n,
                            xm_vaddr to)
{
    int16_t status = GNTST_okay;

    for (uint32_t i = 0; i < n; i++)
        if (!xm__copy_to_guest(c, to + i * sizeof(*frames), &frames[i],
                               sizeof(*frames)))
            status =
                xm__grant_refuse(c, XM_R_GNT_FRAME_LIST, GNTST_bad_virt_addr);
    return status;
}

static int16_t setup_table(struct xm_cpu *c, xm_domid domid, uint32_t n,
                           xm_vaddr list)
{
    int16_t status;
    struct xm_domain *d = target(c, domid, &status);

    if (!d)
        return status;
    if (n > d->grant.max_frames)
        return xm__grant_refuse(c, XM_R_GNT_LIMIT, GNTST_general_error);
    if (n > d->grant.nr_frames && !xm__grow_grant_table(c, d, n))
        return xm__grant_refuse(c, XM_R_GNT_MEMORY, GNTST_general_error);
    return store_frames(c, xm_grant_shared_frames(c->machine, d), n, list);
}

static int16_t get_status_frames(struct xm_cpu *c, xm_domid domid, uint32_t n,
                                 xm_vaddr list)
{
    int16_t status;
    const struct xm_domain *d = target(c, domid, &status);

    if (!d)
        return status;
    if (n > d->grant.nr_status_frames)
        return xm__grant_refuse(c, XM_R_GNT_STATUS_LIMIT, GNTST_general_error);
    return store_frames(c, xm_grant_status_frames(c->machine, d), n, list);
}

static int16_t query_size(struct xm_cpu *c, struct gnttab_query_size *op)
{
    int16_t status;
    const struct xm_domain *d = target(c, op->dom, &status);

    if (!d)
        return status;
    op->nr_frames = d->grant.nr_frames;
    op->max_nr_frames = d->grant.max_frames;
    return GNTST_okay;
}

static struct xm_result do_setup_table(struct xm_cpu *c, xm_vaddr at)
{
    struct gnttab_setup_table op;
    struct xm_result r = xm__ok();
    xm_vaddr list;

    if (!xm__grant_fetch(c, &op, at, sizeof(op), &r))
        return r;
    list = (uintptr_t)op.frame_list.p;
    if (!xm__guest_address(list))
        return xm__deny(XM_R_CALL_ADDRESS, list, 0);
    op.status = setup_table(c, op.dom, op.nr_frames, list);
    (void)xm__grant_store(c, at + offsetof(__typeof__(op), status), &op.status,
                          sizeof(op.status), &r);
    return r;
}

static struct xm_result do_get_status_frames(struct xm_cpu *c, xm_vaddr at)
{
    struct gnttab_get_status_frames op;
    struct xm_result r = xm__ok();
    xm_vaddr list;

    if (!xm__grant_fetch(c, &op, at, sizeof(op), &r))
        return r;
    list = (uintptr_t)op.frame_list.p;
    if (!xm__guest_address(list))
        return xm__deny(XM_R_CALL_ADDRESS, list, 0);
    op.status = get_status_frames(c, op.dom, op.nr_frames, list);
    (void)xm__grant_store(c, at + offsetof(__typeof__(op), status), &op.status,
                          sizeof(op.status), &r);
    return r;
}

static struct xm_result do_query_size(struct xm_cpu *c, xm_vaddr at)
{
    struct gnttab_query_size op;
    struct xm_result r = xm__ok();

    if (!xm__grant_fetch(c, &op, at, sizeof(op), &r))
        return r;
    op.status = query_size(c, &op);
    (void)xm__grant_store(c, at, &op, sizeof(op), &r);
    return r;
}

static struct xm_result do_set_version(struct xm_cpu *c, xm_vaddr at)
{
    struct gnttab_set_version op;
    struct xm_result r = xm__ok();

    if (!xm__grant_fetch(c, &op, at, sizeof(op), &r))
        return r;
    r = xm__set_grant_version(c, op.version);
    op.version = xm__domain(c)->grant.version;
    (void)xm__grant_store(c, at, &op, sizeof(op), &r);
    return r;
}

static struct xm_result do_get_version(struct xm_cpu *c, xm_vaddr at)
{
    struct gnttab_get_version op;
    struct xm_result r = xm__ok();
    const struct xm_domain *d;

    if (!xm__grant_fetch(c, &op, at, sizeof(op), &r))
        return r;
    d = xm__grant_any_domain(c, op.dom);
    if (!d)
        return xm__deny(XM_R_GNT_GET_VERSION_DOMAIN, op.dom, 0);
    if (!xm__may_act_on(c, d->domid))
        return xm__deny(XM_R_GNT_GET_VERSION_PRIVILEGE, op.dom, 0);
    op.version = d->grant.version;
    (void)xm__grant_store(c, at + offsetof(__typeof__(op), version),
                          &op.version, sizeof(op.version), &r);
    return r;
}

struct xm_result xm__grant_info_op(struct xm_cpu *c, uint32_t cmd, xm_vaddr at,
                                   uint32_t count)
{
    const bool counted = cmd == GNTTABOP_setup_table ||
                         cmd == GNTTABOP_query_size ||
                         cmd == GNTTABOP_get_status_frames;

    if (counted && count != 1)
        return xm__deny(XM_R_GNT_COUNT, count, cmd);
    switch (cmd) {
    case GNTTABOP_setup_table:
        return do_setup_table(c, at);
    case GNTTABOP_query_size:
        return do_query_size(c, at);
    case GNTTABOP_set_version:
        return do_set_version(c, at);
    case GNTTABOP_get_status_frames:
        return do_get_status_frames(c, at);
    case GNTTABOP_get_version:
        return do_get_version(c, at);
    default:
        return xm__deny(XM_R_GNT_COMMAND, cmd, 0);
    }
}
