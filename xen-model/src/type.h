/* SPDX-License-Identifier: MIT
 *
 * Type references, inline as far as they only count: acquiring and releasing
 * a type that the frame has. Mirrors _get_page_type() and _put_page_type();
 * what looks into tables is in type.c. Rules TYP-*. Part of internal.h.
 */
#ifndef XM_TYPE_H
#define XM_TYPE_H

/* Any type, whatever the frame has. */
struct xm_result xm__get_any_type(struct xm_cpu *c, xm_mfn mfn, uint64_t type);

/*
 * The same where F is of TYPE and validated, without any other flag: one
 * more (TYP-02, TYP-07, TYP-08). False: it is not, and nothing was done.
 */
static inline bool xm__get_type_again(struct xm_cpu *c, struct xm_frame *f,
                                      uint64_t type)
{
    const unsigned int count_bits = 55;
    const uint64_t x = f->type_info + 1;

    if (x >> count_bits != (type | XM_PGT_VALIDATED) >> count_bits)
        return false;
    f->type_info = x;
    xm__note(c, XM_R_TYPE_FAST);
    return true;
}

static inline struct xm_result
xm__get_page_type(struct xm_cpu *c, xm_mfn mfn, uint64_t type, bool preemptible)
{
    assert(preemptible || xm_pgt_level(type) <= 1);
    (void)preemptible;
    return xm__get_type_again(c, xm__mfn_to_page(c, mfn), type)
               ? xm__ok()
               : xm__get_any_type(c, mfn, type);
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

    if ((flags & XM_PTF_PARTIAL_SET) && !(x & XM_PGT_PARTIAL))
        return 0; /* somebody else finished it */
    assert(xm__count(f) != 0);
    assert((flags & XM_PTF_PARTIAL_SET) || !(x & XM_PGT_PARTIAL));

    if (xm_pgt_level(x) != 0 && xm__count(f) == 1 &&
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
