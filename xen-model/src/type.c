/* SPDX-License-Identifier: MIT
 *
 * Types of tables: validating, releasing. Mirrors validate_page(),
 * _put_final_page_type() and get_page_and_type_from_mfn(); the counting is in
 * type.h. Rules TYP-*.
 *
 * A machine has one actor at a time, so no other CPU is ever seen in the
 * middle of a validation, and the lock of a frame is never contended.
 * Flushes are noted and have no state (TLB-29); IOMMU tables are not modelled.
 */
#include "internal.h"

static struct xm_result promote(struct xm_cpu *c, xm_mfn mfn, uint64_t type)
{
    const unsigned int level = xm_pgt_level(type);

    if (type == XM_PGT_SEG_DESC)
        return xm__promote_descriptor_page(c, mfn);
    assert(level != 0);
    return level == 1 ? xm__promote_l1_table(c, mfn)
                      : xm__promote_lxe_table(c, level, mfn);
}

/* TYP-20..24: what becomes of the frame after an attempt to validate it. */
static struct xm_result validate_page(struct xm_cpu *c, xm_mfn mfn,
                                      uint64_t type)
{
    struct xm_frame *f = xm__frame(c, mfn);
    const struct xm_vcpu *v = xm__vcpu(c);
    const struct xm_result r = promote(c, mfn, type);

    if (r.rc == 0) {
        f->type_info |= XM_PGT_VALIDATED;
    } else if (r.rc == -XEN_EINTR) {
        f->type_info &= ~XM_PGT_COUNT_MASK;
    } else if (r.rc == -XEN_ERESTART ||
               (v->has_old && v->old_guest_table == mfn)) {
        f->count_info++; /* owned by the partial flag */
        f->type_info |= XM_PGT_PARTIAL;
    } else {
        f->type_info = 0;
    }
    return r;
}

/* X: type_info as it was. */
static struct xm_result validate_new_type(struct xm_cpu *c, xm_mfn mfn,
                                          uint64_t type, uint64_t x)
{
    struct xm_frame *f = xm__frame(c, mfn);
    struct xm_result r;

    f->type_info &= ~XM_PGT_NON_COHERENT;
    if (!(x & XM_PGT_PARTIAL)) {
        f->nr_validated = 0;
        f->partial_set = 0;
        f->linear_count = 0;
    }
    r = validate_page(c, mfn, type);
    if (x & XM_PGT_PARTIAL)
        xm__put_page(c, mfn); /* the reference of the flag */
    return r;
}

struct xm_result xm__get_any_type(struct xm_cpu *c, xm_mfn mfn, uint64_t type)
{
    struct xm_frame *f = xm__frame(c, mfn);
    const uint64_t x = f->type_info;

    if ((x & XM_PGT_COUNT_MASK) == XM_PGT_COUNT_MASK)
        return xm__deny(XM_R_TYPE_OVERFLOW, mfn, x);
    if ((x & XM_PGT_COUNT_MASK) == 0) {
        if ((x & XM_PGT_TYPE_MASK) != type)
            f->type_info = type | (x & XM_PGT_NON_COHERENT);
        f->type_info++;
    } else if ((x & XM_PGT_TYPE_MASK) != type) {
        return xm__deny(XM_R_TYPE_CONFLICT, mfn, x);
    } else if (x & XM_PGT_PARTIAL) {
        f->type_info &= ~XM_PGT_PARTIAL;
    } else {
        assert(x & XM_PGT_VALIDATED);
        f->type_info++;
    }
    if (f->type_info & XM_PGT_VALIDATED) {
        xm__note(c, XM_R_TYPE_FAST);
        return xm__ok();
    }
    if ((x & XM_PGT_TYPE_MASK) != type)
        c->flushed |= XM_FLUSH_TYPE; /* TYP-09 */
    if (type != XM_PGT_WRITABLE)
        return validate_new_type(c, mfn, type, x);
    f->type_info |= XM_PGT_VALIDATED;
    return xm__ok();
}

int xm__devalidate_page(struct xm_cpu *c, xm_mfn mfn, uint64_t x,
                        bool preemptible)
{
    struct xm_frame *f = xm__frame(c, mfn);
    const unsigned int level = xm_pgt_level(x);

    if (!(x & XM_PGT_PARTIAL)) {
        f->nr_validated = XM_ENTRIES;
        f->partial_set = 0;
    }
    if (level != 1)
        return xm__demote_lxe_table(c, level, mfn, preemptible);
    xm__demote_l1_table(c, mfn);
    return 0;
}

/* Drops what the entries of a table hold; the type count is still 1. */
static int put_final_page_type(struct xm_cpu *c, xm_mfn mfn, uint64_t x,
                               bool preemptible, xm_mfn ptpg)
{
    struct xm_frame *f = xm__frame(c, mfn);
    const int rc = xm__devalidate_page(c, mfn, x, preemptible);

    if (rc == -XEN_EINTR) {
        f->type_info |= XM_PGT_VALIDATED; /* NEVER: see stop_demotion() */
        return rc;                        /* NEVER */
    }
    if (!(x & XM_PGT_PARTIAL) && ptpg != XM_NO_MFN)
        xm__dec_linear(c, mfn, ptpg);
    if (rc == -XEN_ERESTART) {
        f->count_info++;
        f->type_info |= XM_PGT_PARTIAL;
        return rc;
    }
    /* Xen writes its TLB time stamp over the book-keeping here. */
    f->nr_validated = 0;
    f->partial_set = 0;
    f->linear_count = 0;
    f->type_info--;
    return 0;
}

int xm__put_last_type(struct xm_cpu *c, xm_mfn mfn, uint64_t x,
                      bool preemptible, xm_mfn ptpg)
{
    int rc;

    xm__frame(c, mfn)->type_info &= ~(XM_PGT_VALIDATED | XM_PGT_PARTIAL);
    rc = put_final_page_type(c, mfn, x, preemptible, ptpg);
    if (x & XM_PGT_PARTIAL)
        xm__put_page(c, mfn); /* the reference of the flag */
    return rc;
}

struct xm_result xm__get_page_and_type_from_mfn(struct xm_cpu *c, xm_mfn mfn,
                                                unsigned int level,
                                                xm_domid owner,
                                                unsigned int flags,
                                                enum xm_rule not_own)
{
    const struct xm_vcpu *v = xm__vcpu(c);
    struct xm_result r;

    if (!(flags & XM_PTF_PARTIAL_SET) && !xm__get_page_from_mfn(c, mfn, owner))
        return xm__deny(not_own, mfn, owner);

    r = xm__get_page_type(c, mfn, XM_PGT_LEVEL(level),
                          flags & XM_PTF_PREEMPTIBLE);
    if (r.rc == 0 || (flags & XM_PTF_PARTIAL_SET) ||
        (v->has_old && v->old_guest_table == mfn) ||
        ((flags & XM_PTF_RETAIN) && r.rc == -XEN_ERESTART))
        return r;
    xm__put_page(c, mfn);
    return r;
}
