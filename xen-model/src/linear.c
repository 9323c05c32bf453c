/* SPDX-License-Identifier: MIT
 *
 * Linear (recursive) page tables: an entry of level N that names a table of
 * the same level N. Mirrors get_l2_linear_pagetable() to
 * get_l4_linear_pagetable(), inc_/dec_linear_entries(), inc_/dec_linear_uses().
 * Rules LIN-*.
 *
 * Why it is safe although the type is wrong: the entry must be read-only, so
 * nothing can be written through it; and chains are cut at one level by a
 * signed counter, so releasing a table never recurses without bound.
 */
#include "internal.h"

static const enum xm_rule self_rule[] = { [2] = XM_R_L2E_LINEAR_SELF,
                                          [3] = XM_R_L3E_LINEAR_SELF,
                                          [4] = XM_R_L4E_LINEAR_SELF };
static const enum xm_rule other_rule[] = {
    [2] = XM_R_L2E_LINEAR, [3] = XM_R_L3E_LINEAR, [4] = XM_R_L4E_LINEAR
};
static const enum xm_rule writable_rule[] = { [2] = XM_R_L2E_LINEAR_WRITABLE,
                                              [3] = XM_R_L3E_LINEAR_WRITABLE,
                                              [4] = XM_R_L4E_LINEAR_WRITABLE };

/* T of a live, validated table of this very level, one more. */
static bool get_same_type(struct xm_frame *f, unsigned int level)
{
    if ((f->type_info & XM_PGT_TYPE_MASK) != XM_PGT_LEVEL(level) ||
        !(f->type_info & XM_PGT_VALIDATED) || xm__count(f) == 0 ||
        xm__count(f) == XM_PGT_COUNT_MASK)
        return false;
    f->type_info++;
    return true;
}

struct xm_result xm__get_linear_pagetable(struct xm_cpu *c, unsigned int level,
                                          struct lxe e, xm_mfn table,
                                          xm_domid owner)
{
    const xm_mfn mfn = xm_pte_mfn(e.v);
    struct xm_frame *const from = xm__frame(c, table);
    struct xm_frame *to;
    struct xm_result r;

    if (!c->machine->config.pv_linear_pt)
        return xm__deny(XM_R_LINEAR_OFF, mfn, table);
    if ((e.v & XM_PTE_RW) && !xm__broken(c, XM_FAULT_LINEAR_WRITABLE))
        return xm__deny(writable_rule[level], mfn, e.v);
    if (mfn == table) {
        xm__note(c, self_rule[level]);
        return xm__ok();
    }

    to = xm__get_page_from_mfn(c, mfn, owner);
    if (!to)
        return xm__deny(XM_R_TYPE_CONFLICT, mfn, owner);
    if ((from->linear_count < 0 && !xm__broken(c, XM_FAULT_LINEAR_COUNT)) ||
        from->linear_count == INT16_MAX) {
        r = xm__deny(XM_R_LINEAR_CONTAINER_USED, table,
                     (uint64_t)from->linear_count);
        goto undo_page;
    }
    if (to->linear_count > 0 || to->linear_count == INT16_MIN) {
        r = xm__deny(XM_R_LINEAR_TARGET_USES, mfn, (uint64_t)to->linear_count);
        goto undo_page;
    }
    if (!get_same_type(to, level)) {
        r = xm__deny(XM_R_TYPE_CONFLICT, mfn, to->type_info);
        goto undo_page;
    }
    from->linear_count++;
    to->linear_count--;
    xm__note(c, other_rule[level]);
    return xm__ok();

undo_page:
    xm__put_page(c, mfn);
    return r;
}

void xm__dec_linear(struct xm_cpu *c, xm_mfn target, xm_mfn table)
{
    struct xm_frame *const from = xm__frame(c, table);
    struct xm_frame *const to = xm__frame(c, target);

    if ((from->type_info & XM_PGT_TYPE_MASK) !=
        (to->type_info & XM_PGT_TYPE_MASK))
        return;
    to->linear_count++;
    from->linear_count--;
}
