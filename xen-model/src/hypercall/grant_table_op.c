/* SPDX-License-Identifier: MIT
 *
 * HYPERVISOR_grant_table_op: fetching requests, writing their status back,
 * stopping between them. Mirrors do_grant_table_op(), gnttab_map_grant_ref(),
 * gnttab_unmap_grant_ref(), gnttab_unmap_and_replace(), gnttab_copy() and the
 * others that take a list. Rules GNT-64..69; what concerns a whole table is in
 * grant_table_info.c.
 */
#include "grant_table_op.h"

#define CMD_MASK 0xfffu /* above: where an interrupted cache flush goes on */
#define UNMAP_BATCH 32u /* unmaps to one flush of the TLB */

bool xm__grant_fetch(struct xm_cpu *c, void *to, xm_vaddr from, size_t n,
                     struct xm_result *why)
{
    return xm__copy_from_guest(c, to, from, n) ||
           xm__refuse(why, XM_R_CALL_FAULT, from, n);
}

bool xm__grant_store(struct xm_cpu *c, xm_vaddr to, const void *from, size_t n,
                     struct xm_result *why)
{
    return xm__copy_to_guest(c, to, from, n) ||
           xm__refuse(why, XM_R_CALL_FAULT, to, n);
}

#define STORE_STATUS(c, at, op, why)                                           \
    xm__grant_store(c, (at) + offsetof(__typeof__(op), status), &(op).status,  \
                    sizeof((op).status), why)

/* One request at AT. False: the call ends with *WHY. */
typedef bool request(struct xm_cpu *c, xm_vaddr at, struct xm_result *why);

static bool map(struct xm_cpu *c, xm_vaddr at, struct xm_result *why)
{
    struct gnttab_map_grant_ref op;

    if (!xm__grant_fetch(c, &op, at, sizeof(op), why))
        return false;
    xm__map_grant_ref(c, &op);
    return xm__grant_store(c, at, &op, sizeof(op), why);
}

static bool transfer(struct xm_cpu *c, xm_vaddr at, struct xm_result *why)
{
    struct gnttab_transfer op;

    if (!xm__grant_fetch(c, &op, at, sizeof(op), why))
        return false;
    op.status = xm__grant_transfer(c, &op);
    return STORE_STATUS(c, at, op, why);
}

static bool swap(struct xm_cpu *c, xm_vaddr at, struct xm_result *why)
{
    struct gnttab_swap_grant_ref op;

    if (!xm__grant_fetch(c, &op, at, sizeof(op), why))
        return false;
    op.status = xm__swap_grant_ref(c, op.ref_a, op.ref_b);
    return STORE_STATUS(c, at, op, why);
}

static struct xm_result one_by_one(struct xm_cpu *c, request *one, size_t size,
                                   uint64_t arg[6])
{
    const uint64_t first = arg[1];
    struct xm_result why;

    for (; arg[2] != 0; arg[1] += size, arg[2]--) {
        if (arg[1] != first && xm__preempt_check(c, XM_STOP_GRANT))
            return xm__interrupted(-XEN_ERESTART);
        if (!one(c, arg[1], &why))
            return why;
    }
    return xm__ok();
}

/* Both kinds differ in what the second address is. */
#define UNMAP_SIZE sizeof(struct gnttab_unmap_grant_ref)
#define UNMAP_STATUS offsetof(struct gnttab_unmap_grant_ref, status)
_Static_assert(UNMAP_SIZE == sizeof(struct gnttab_unmap_and_replace) &&
                   UNMAP_STATUS ==
                       offsetof(struct gnttab_unmap_and_replace, status),
               "one loop for both");

static bool fetch_unmap(struct xm_cpu *c, bool replace, xm_vaddr at,
                        struct gnttab_unmap_common *common,
                        struct xm_result *why)
{
    struct gnttab_unmap_grant_ref op;

    if (!xm__grant_fetch(c, &op, at, sizeof(op), why))
        return false;
    *common = (struct gnttab_unmap_common){ .host_addr = op.host_addr,
                                            .handle = op.handle };
    if (replace)
        common->new_addr = op.dev_bus_addr;
    else
        common->dev_bus_addr = op.dev_bus_addr;
    return true;
}

/* Up to 32 unmaps from AT on; the flush is behind the last. */
static bool unmap_batch(struct xm_cpu *c, bool replace, xm_vaddr at, uint32_t n,
                        struct xm_result *why)
{
    struct gnttab_unmap_common common[UNMAP_BATCH];
    uint32_t done = 0;
    bool ok = true;

    for (uint32_t i = 0; i < n && ok; i++, at += UNMAP_SIZE) {
        ok = fetch_unmap(c, replace, at, &common[i], why);
        if (!ok)
            break;
        done++;
        if (xm__unmap_common(c, &common[i]))
            ok = xm__grant_store(c, at + UNMAP_STATUS, &common[i].status,
                                 sizeof(common[i].status), why);
    }
    c->flushed |= XM_FLUSH_DOMAIN;
    for (uint32_t i = 0; i < done; i++)
        xm__unmap_common_complete(c, &common[i]);
    return ok;
}

static struct xm_result unmap(struct xm_cpu *c, bool replace, uint64_t arg[6])
{
    struct xm_result why;

    while (arg[2] != 0) {
        const uint32_t n =
            arg[2] < UNMAP_BATCH ? (uint32_t)arg[2] : UNMAP_BATCH;

        if (!unmap_batch(c, replace, arg[1], n, &why))
            return why;
        arg[1] += n * UNMAP_SIZE;
        arg[2] -= n;
        if (arg[2] != 0 && xm__preempt_check(c, XM_STOP_GRANT))
            return xm__interrupted(-XEN_ERESTART);
    }
    return xm__ok();
}

/* False: the batch ends with *WHY, be it that the same copy comes again. */
static bool copy_one(struct xm_cpu *c, struct copy_bufs *bufs, xm_vaddr at,
                     struct xm_result *why)
{
    struct gnttab_copy op;

    if (!xm__grant_fetch(c, &op, at, sizeof(op), why))
        return false;
    op.status = xm__grant_copy_one(c, bufs, &op);
    if (op.status == XM_GRANT_RESTART) {
        *why = xm__interrupted(-XEN_ERESTART);
        return false;
    }
    if (op.status != GNTST_okay)
        xm__grant_copy_release(c, bufs);
    return STORE_STATUS(c, at, op, why);
}

static struct xm_result copy(struct xm_cpu *c, uint64_t arg[6])
{
    const uint64_t first = arg[1];
    struct copy_bufs bufs = { 0 };
    struct xm_result r = xm__ok();

    for (; arg[2] != 0; arg[1] += sizeof(struct gnttab_copy), arg[2]--) {
        if (arg[1] != first && xm__preempt_check(c, XM_STOP_GRANT)) {
            r = xm__interrupted(-XEN_ERESTART);
            break;
        }
        if (!copy_one(c, &bufs, arg[1], &r))
            break;
    }
    xm__grant_copy_release(c, &bufs);
    return r;
}

/* The search for a page may stop and go on by way of the command word. */
static struct xm_result cache_flush(struct xm_cpu *c, uint64_t arg[6])
{
    const uint64_t first = arg[1];
    uint32_t ref = (uint32_t)arg[0] & ~CMD_MASK;
    bool again = false;
    struct xm_result r;

    while (arg[2] != 0) {
        struct gnttab_cache_flush op;

        arg[0] = GNTTABOP_cache_flush | (ref & ~CMD_MASK);
        if ((arg[1] != first || again) && xm__preempt_check(c, XM_STOP_GRANT))
            return xm__interrupted(-XEN_ERESTART);
        if (!xm__grant_fetch(c, &op, arg[1], sizeof(op), &r))
            return r;
        r = xm__grant_cache_flush(c, &op, &ref, &again);
        if (r.rc != 0)
            return r;
        if (again)
            continue;
        ref = 0;
        arg[1] += sizeof(op);
        arg[2]--;
    }
    return xm__ok();
}

static struct xm_result list_op(struct xm_cpu *c, uint32_t cmd, uint64_t arg[6])
{
    if (!xm__guest_address(arg[1]))
        return xm__deny(XM_R_CALL_ADDRESS, arg[1], 0);
    switch (cmd) {
    case GNTTABOP_map_grant_ref:
        return one_by_one(c, map, sizeof(struct gnttab_map_grant_ref), arg);
    case GNTTABOP_transfer:
        return one_by_one(c, transfer, sizeof(struct gnttab_transfer), arg);
    case GNTTABOP_swap_grant_ref:
        return one_by_one(c, swap, sizeof(struct gnttab_swap_grant_ref), arg);
    case GNTTABOP_copy:
        return copy(c, arg);
    case GNTTABOP_cache_flush:
        return cache_flush(c, arg);
    default:
        return unmap(c, cmd == GNTTABOP_unmap_and_replace, arg);
    }
}

static struct xm_result grant_table_op(struct xm_cpu *c, uint64_t arg[6])
{
    const uint32_t cmd = (uint32_t)arg[0] & CMD_MASK;

    if (arg[2] > INT32_MAX)
        return xm__deny(XM_R_GNT_COUNT, arg[2], 0);
    if ((uint32_t)arg[0] != cmd && cmd != GNTTABOP_cache_flush)
        return xm__deny(XM_R_GNT_CONTINUATION, arg[0], 0);
    switch (cmd) {
    case GNTTABOP_map_grant_ref:
    case GNTTABOP_unmap_grant_ref:
    case GNTTABOP_unmap_and_replace:
    case GNTTABOP_transfer:
    case GNTTABOP_copy:
    case GNTTABOP_swap_grant_ref:
    case GNTTABOP_cache_flush:
        return list_op(c, cmd, arg);
    default:
        return xm__grant_info_op(c, cmd, arg[1], (uint32_t)arg[2]);
    }
}

struct xm_result xm__do_grant_table_op(struct xm_cpu *c, uint64_t arg[6])
{
    if (xm__domain(c)->grant.version == 0)
        return xm__finish(
            c, xm__deny(XM_R_CALL_UNKNOWN, __HYPERVISOR_grant_table_op, 0));
    arg[2] = (uint32_t)arg[2];
    return xm__finish(c, grant_table_op(c, arg));
}
