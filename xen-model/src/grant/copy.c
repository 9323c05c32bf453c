/* SPDX-License-Identifier: MIT
 *
 * Xen copies for the guest, from and to grants or own frames. A batch keeps
 * both pages at hand for the next request. Mirrors gnttab_copy_one(),
 * gnttab_copy_claim_buf(), gnttab_copy_release_buf(). Rules GNT-62, GNT-91.
 */
#include "grant.h"

/* Where a request points to: the flag says which of the two it is. */
struct end {
    xm_domid domid;
    bool is_gref;
    uint64_t ref_or_frame;
    uint32_t offset;
};

static struct end end_of(const struct gnttab_copy *op, bool source)
{
    const uint16_t flag = source ? GNTCOPY_source_gref : GNTCOPY_dest_gref;
    const bool is_gref = op->flags & flag;

    return source
               ? (struct end){ op->source.domid, is_gref,
                               is_gref ? op->source.u.ref : op->source.u.gmfn,
                               op->source.offset }
               : (struct end){ op->dest.domid, is_gref,
                               is_gref ? op->dest.u.ref : op->dest.u.gmfn,
                               op->dest.offset };
}

static void release(struct xm_cpu *c, struct copy_buf *b)
{
    if (b->have_grant)
        xm__release_grant_for_copy(c, b->domain, (uint32_t)b->ref_or_frame,
                                   b->readonly);
    if (b->have_type)
        (void)xm__put_page_type(c, b->mfn, 0, XM_NO_MFN);
    if (b->have_page)
        xm__put_page(c, b->mfn);
    b->have_grant = b->have_type = b->have_page = b->mapped = false;
}

void xm__grant_copy_release(struct xm_cpu *c, struct copy_bufs *b)
{
    release(c, &b->source);
    release(c, &b->dest);
}

static int16_t lock_domain(struct xm_cpu *c, struct end e, struct copy_buf *b)
{
    b->domain = xm__grant_any_domain(c, e.domid);
    if (!b->domain)
        return xm__grant_refuse(c, XM_R_GNT_DOMAIN, GNTST_bad_domain);
    b->domid = e.domid;
    return GNTST_okay;
}

static int16_t lock_domains(struct xm_cpu *c, struct copy_bufs *b, struct end s,
                            struct end d)
{
    int16_t rc;

    b->source.domain = b->dest.domain = NULL;
    rc = lock_domain(c, s, &b->source);
    if (rc == GNTST_okay)
        rc = lock_domain(c, d, &b->dest);
    if (rc != GNTST_okay)
        b->source.domain = b->dest.domain = NULL;
    return rc;
}

static int16_t claim_grant(struct xm_cpu *c, struct end e, struct copy_buf *b)
{
    const struct grant_use use = { .rd = b->domain,
                                   .ref = (uint32_t)e.ref_or_frame,
                                   .readonly = b->readonly,
                                   .ldomid = c->domid };
    struct xm_grant_active got;
    const int16_t rc = xm__acquire_grant_for_copy(c, &use, true, &got);

    if (rc != GNTST_okay)
        return rc;
    b->mfn = got.mfn;
    b->offset = got.start;
    b->len = got.length;
    b->ref_or_frame = use.ref;
    b->have_grant = b->have_page = true;
    return rc;
}

static int16_t claim_frame(struct xm_cpu *c, struct end e, struct copy_buf *b)
{
    if (e.domid != DOMID_SELF)
        return xm__grant_refuse(c, XM_R_GNT_COPY_FOREIGN,
                                GNTST_permission_denied);
    if (!xm__get_page_from_mfn(c, e.ref_or_frame, b->domain->domid))
        return xm__grant_refuse(c, XM_R_GNT_COPY_FRAME, GNTST_bad_page);
    b->mfn = b->ref_or_frame = e.ref_or_frame;
    b->offset = 0;
    b->len = XM_PAGE_SIZE;
    b->have_page = true;
    return GNTST_okay;
}

/* The page at hand is the one that is asked for. */
static bool is_valid(const struct copy_buf *b, struct end e)
{
    return b->mapped && b->have_grant == e.is_gref &&
           b->ref_or_frame == e.ref_or_frame;
}

static int16_t claim(struct xm_cpu *c, struct end e, struct copy_buf *b,
                     bool readonly)
{
    int16_t rc;

    if (is_valid(b, e))
        return GNTST_okay;
    release(c, b);
    b->readonly = readonly;
    rc = e.is_gref ? claim_grant(c, e, b) : claim_frame(c, e, b);
    if (rc != GNTST_okay)
        return rc;
    if (!readonly) {
        if (xm__get_page_type(c, b->mfn, XM_PGT_WRITABLE, false).rc != 0)
            return xm__grant_refuse(c, XM_R_GNT_COPY_TYPED,
                                    GNTST_general_error);
        b->have_type = true;
    }
    b->mapped = true;
    return rc;
}

static bool in_bounds(const struct copy_buf *b, struct end e, uint32_t len)
{
    return e.offset >= b->offset && e.offset + len <= b->offset + b->len;
}

/* Xen's memcpy(): forward, by words and then by bytes, even if both overlap. */
static void copy_bytes(struct xm_cpu *c, const struct copy_bufs *b, uint32_t to,
                       uint32_t from, uint32_t n)
{
    const uint8_t *in = (const uint8_t *)xm__ram(c, b->source.mfn) + from;
    uint8_t *out = (uint8_t *)xm__ram_to_write(c, b->dest.mfn) + to;
    uint32_t i = 0;
    uint64_t word;

    for (; i + sizeof(word) <= n; i += sizeof(word)) {
        __builtin_memcpy(&word, in + i, sizeof(word));
        __builtin_memcpy(out + i, &word, sizeof(word));
    }
    for (; i < n; i++)
        out[i] = in[i];
}

int16_t xm__grant_copy_one(struct xm_cpu *c, struct copy_bufs *b,
                           const struct gnttab_copy *op)
{
    const struct end s = end_of(op, true), d = end_of(op, false);
    int16_t rc = GNTST_okay;

    if (!b->source.domain || s.domid != b->source.domid || !b->dest.domain ||
        d.domid != b->dest.domid) {
        xm__grant_copy_release(c, b);
        rc = lock_domains(c, b, s, d);
    }
    if (rc == GNTST_okay)
        rc = claim(c, s, &b->source, true);
    if (rc == GNTST_okay)
        rc = claim(c, d, &b->dest, false);
    if (rc != GNTST_okay)
        return rc;
    if (s.offset + op->len > XM_PAGE_SIZE || d.offset + op->len > XM_PAGE_SIZE)
        return xm__grant_refuse(c, XM_R_GNT_COPY_PAGE, GNTST_bad_copy_arg);
    if (!in_bounds(&b->source, s, op->len) || !in_bounds(&b->dest, d, op->len))
        return xm__grant_refuse(c, XM_R_GNT_COPY_BOUNDS, GNTST_general_error);
    copy_bytes(c, b, d.offset, s.offset, op->len);
    return GNTST_okay;
}
