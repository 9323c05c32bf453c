/* SPDX-License-Identifier: MIT
 *
 * Mapping another domain's page. Mirrors map_grant_ref(). Rules GNT-01..19.
 *
 * GAP: an IOMMU (GNT-15), and MMIO frames (GNT-10): a PV domain cannot grant
 * what it does not own.
 */
#include "grant.h"

struct map {
    struct gnttab_map_grant_ref *op;
    struct grant_use use;
    uint32_t handle;
    uint32_t pin_incr;
    xm_mfn mfn;
};

static uint32_t pin_of(uint32_t flags)
{
    const bool ro = flags & GNTMAP_readonly;
    uint32_t pin = 0;

    if (flags & GNTMAP_device_map)
        pin += ro ? XM_PIN_DEVICE_READ : XM_PIN_DEVICE_WRITE;
    if (flags & GNTMAP_host_map)
        pin += ro ? XM_PIN_HOST_READ : XM_PIN_HOST_WRITE;
    return pin;
}

/* The frame of an entry that nobody uses yet, with a reference. */
static int16_t first_use(struct xm_cpu *c, const struct map *m,
                         struct xm_grant_active *act)
{
    const struct xm_domain *rd = m->use.rd;
    union grant_entry_v2 entry;

    xm__get_shared_entry(c, rd, m->use.ref, &entry);
    if (!xm__get_page_from_mfn(c, entry.full_page.frame, rd->domid)) {
        xm__reduce_status_for_pin(c, rd, m->use.ref, m->use.readonly);
        return xm__grant_refuse(c, XM_R_GNT_NOT_OWN, GNTST_bad_page);
    }
    *act = (struct xm_grant_active){ .domid = c->domid,
                                     .length = XM_PAGE_SIZE,
                                     .trans_domid = rd->domid,
                                     .trans_gref = m->use.ref,
                                     .mfn = entry.full_page.frame };
    return GNTST_okay;
}

/*
 * The active entry, with its pin count raised. *HELD: with a reference to its
 * frame as well.
 */
static int16_t pin_entry(struct xm_cpu *c, struct map *m, bool *held)
{
    struct xm_grant_active *act;
    int16_t rc;

    *held = false;
    if (m->use.ref >= xm__nr_grant_entries(m->use.rd))
        return xm__grant_refuse(c, XM_R_GNT_REF, GNTST_bad_gntref);
    act = xm__active_entry(c, m->use.rd, m->use.ref);
    if (act->pin != 0 && (act->domid != c->domid ||
                          (act->pin & (m->pin_incr << 7)) || act->is_sub_page))
        return xm__grant_refuse(c, XM_R_GNT_PINNED, GNTST_general_error);
    if (act->pin == 0 || !(m->use.readonly || xm__pinned_writable(act))) {
        rc = xm__set_grant_use(c, &m->use, act);
        if (rc != GNTST_okay)
            return rc;
    }
    if (act->pin == 0) {
        rc = first_use(c, m, act);
        if (rc != GNTST_okay)
            return rc;
        *held = true;
    }
    act->pin += m->pin_incr;
    m->mfn = act->mfn;
    return GNTST_okay;
}

static bool get_writable(struct xm_cpu *c, xm_mfn mfn)
{
    if (xm__get_page_type(c, mfn, XM_PGT_WRITABLE, false).rc == 0)
        return true;
    xm__note(c, XM_R_GNT_WRITABLE_TYPED);
    return false;
}

/* What a mapping holds of its frame. */
struct held {
    uint32_t general, writable;
};

/* References for all that was asked for, and the mapping itself. */
static int16_t install(struct xm_cpu *c, const struct map *m, struct held *h)
{
    const uint32_t flags = m->op->flags;
    const bool host = flags & GNTMAP_host_map;

    if ((flags & GNTMAP_device_map) && !m->use.readonly) {
        if (!get_writable(c, m->mfn))
            return GNTST_general_error;
        h->writable++;
    }
    if (host && (flags & GNTMAP_device_map)) {
        xm__frame(c, m->mfn)->count_info++; /* there is one already */
        h->general++;
    }
    if (host && !m->use.readonly) {
        if (!get_writable(c, m->mfn))
            return GNTST_general_error;
        h->writable++;
    }
    return host
               ? xm__create_grant_pv_mapping(c, m->op->host_addr, m->mfn, flags)
               : GNTST_okay;
}

/* Everything back as it was (GNT-17). */
static void undo(struct xm_cpu *c, const struct map *m, struct held h)
{
    while (h.writable-- != 0)
        (void)xm__put_page_type(c, m->mfn, 0, XM_NO_MFN);
    while (h.general-- != 0)
        xm__put_page(c, m->mfn);
    xm__active_entry(c, m->use.rd, m->use.ref)->pin -= m->pin_incr;
    xm__reduce_status_for_pin(c, m->use.rd, m->use.ref, m->use.readonly);
}

static int16_t with_handle(struct xm_cpu *c, struct map *m)
{
    struct held h = { 0, 0 };
    bool held;
    int16_t rc = pin_entry(c, m, &held);

    if (rc != GNTST_okay)
        return rc;
    if (held || xm__page_get_owner_and_reference(xm__frame(c, m->mfn)))
        h.general++;
    if (h.general == 0 || xm__frame(c, m->mfn)->owner != m->use.rd->domid)
        rc = xm__grant_refuse(c, XM_R_GNT_OWNER, GNTST_general_error);
    else
        rc = install(c, m, &h);
    if (rc != GNTST_okay)
        undo(c, m, h);
    return rc;
}

static int16_t map_grant_ref(struct xm_cpu *c, struct map *m)
{
    struct gnttab_map_grant_ref *op = m->op;
    struct xm_grant_mapping *mt;
    int16_t rc;

    if (m->pin_incr == 0)
        return xm__grant_refuse(c, XM_R_GNT_NO_MAP, GNTST_bad_gntref);
    if (!m->use.rd)
        return xm__grant_refuse(c, XM_R_GNT_DOMAIN, GNTST_bad_domain);
    m->handle = xm__get_maptrack_handle(c);
    if (m->handle == XM_NO_HANDLE)
        return xm__grant_refuse(c, XM_R_GNT_NO_HANDLE, GNTST_no_space);
    rc = with_handle(c, m);
    if (rc != GNTST_okay) {
        xm__put_maptrack_handle(c, m->handle);
        return rc;
    }
    mt = xm__maptrack_entry(c, xm__domain(c), m->handle);
    mt->domid = op->dom;
    mt->ref = op->ref;
    mt->flags = (uint16_t)op->flags;
    op->dev_bus_addr = m->mfn << XM_PAGE_SHIFT;
    op->handle = m->handle;
    return rc;
}

void xm__map_grant_ref(struct xm_cpu *c, struct gnttab_map_grant_ref *op)
{
    struct map m = { .op = op,
                     .use = { .rd = xm__grant_domain(c, op->dom),
                              .ref = op->ref,
                              .readonly = op->flags & GNTMAP_readonly,
                              .map = true,
                              .ldomid = c->domid },
                     .pin_incr = pin_of(op->flags) };

    op->status = map_grant_ref(c, &m);
}
