/* SPDX-License-Identifier: MIT
 *
 * Type references, inline as far as they only count: acquiring and releasing
 * a type that the frame has. Mirrors _get_page_type() and _put_page_type();
 * what looks into tables is in type.c. Rules TYP-*. Part of internal.h.
 */
#ifndef XM_TYPE_H
#define XM_TYPE_H

/* A new page-table type: looks into the table. X: type_info as it was. */
struct xm_result xm__validate_new_type(struct xm_cpu *c, xm_mfn mfn,
                                       uint64_t type, uint64_t x);

static inline struct xm_result
xm__get_page_type(struct xm_cpu *c, xm_mfn mfn, uint64_t type, bool preemptible)
{
    struct xm_frame *const f = xm__mfn_to_page(c, mfn);
    const uint64_t x = f->type_info;

    assert(preemptible || xm_pgt_level(type) <= 1);
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
    if (type != XM_PGT_WRITABLE)
        return xm__validate_new_type(c, mfn, type, x);
    f->type_info |= XM_PGT_VALIDATED;
    return xm__ok();
}

/*
 * The last use of a table: drops what its entries hold. X: type_info as it
 * was. 0, -EINTR (nothing done) or -ERESTART (partly done).
 */
int xm__put_last_type(struct xm_cpu *c, xm_mfn mfn, uint64_t x,
                      bool preemptible, xm_mfn ptpg);

/* An entry of TABLE that named TARGET is gone: counts if it was linear. */
void xm__dec_linear(struct xm_cpu *c, xm_mfn target, xm_mfn table);

/*
 * Drops one type reference. PTPG: the table whose entry named MFN, or
 * XM_NO_MFN. 0, -EINTR (nothing done) or -ERESTART (partly done).
 */
static inline int xm__put_page_type(struct xm_cpu *c, xm_mfn mfn,
                                    unsigned int flags, xm_mfn ptpg)
{
    struct xm_frame *const f = xm__mfn_to_page(c, mfn);
    const uint64_t x = f->type_info;

    assert(xm__count(f) != 0);
    if ((flags & XM_PTF_PARTIAL_SET) && !(x & XM_PGT_PARTIAL))
        return 0; /* somebody else finished it */
    assert((flags & XM_PTF_PARTIAL_SET) || !(x & XM_PGT_PARTIAL));

    if (xm__count(f) == 1 && xm_pgt_level(x) != 0 &&
        (x & (XM_PGT_VALIDATED | XM_PGT_PARTIAL)))
        return xm__put_last_type(c, mfn, x, flags & XM_PTF_PREEMPTIBLE, ptpg);
    f->type_info--;
    if (ptpg != XM_NO_MFN)
        xm__dec_linear(c, mfn, ptpg);
    return 0;
}

/* Both references at once, not preemptible. */
static inline void xm__put_page_and_type(struct xm_cpu *c, xm_mfn mfn)
{
    const int rc = xm__put_page_type(c, mfn, 0, XM_NO_MFN);

    assert(rc == 0);
    (void)rc;
    xm__put_page(c, mfn);
}

#endif
