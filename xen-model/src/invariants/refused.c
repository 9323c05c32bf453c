/* SPDX-License-Identifier: MIT
 *
 * What a refusal leaves alone. Rules INV-18, INV-19.
 */
#include "invariants.h"

/* What may change of a frame without type references. */
#define IDLE (XM_PGT_TYPE_MASK | XM_PGT_VALIDATED | XM_PGT_NON_COHERENT)

/* But for A: Xen finds the slot through tables that it may be part of. */
struct xm_violation xm_check_refused_entry(const struct xm_cpu *c, xm_mfn mfn,
                                           uint32_t slot, uint64_t before)
{
    struct check k = { .c = c, .nr_frames = c->machine->config.nr_frames };

    if (xm__checked_frame(&k, mfn) &&
        ((xm__ram(c, mfn)[slot] ^ before) & ~XM_PTE_A) != 0)
        xm__violated(&k, "INV-18", "an entry that is refused is not written",
                     mfn, slot, before, xm__ram(c, mfn)[slot]);
    return k.v;
}

static void compare(struct check *k, xm_mfn mfn, const struct xm_frame *before)
{
    const struct xm_frame *f = xm__checked_frame(k, mfn);
    const uint64_t may_change =
        xm__count(before) == 0 ? IDLE : XM_PGT_NON_COHERENT;

    if (f->count_info != before->count_info)
        xm__violated(k, "INV-19", "a refusal leaves C alone", mfn, XM_NO_SLOT,
                     before->count_info, f->count_info);
    else if (((f->type_info ^ before->type_info) & ~may_change) != 0)
        xm__violated(k, "INV-19", "a refusal leaves T alone", mfn, XM_NO_SLOT,
                     before->type_info, f->type_info);
    else if (f->linear_count != before->linear_count)
        xm__violated(k, "INV-19", "a refusal leaves linear counts alone", mfn,
                     XM_NO_SLOT, (uint64_t)(int64_t)before->linear_count,
                     (uint64_t)(int64_t)f->linear_count);
    else if (f->owner != before->owner)
        xm__violated(k, "INV-19", "a refusal leaves the owner alone", mfn,
                     XM_NO_SLOT, before->owner, f->owner);
}

struct xm_violation xm_check_refused_table(const struct xm_cpu *c,
                                           const struct xm_frame *before)
{
    struct check k = { .c = c, .nr_frames = c->machine->config.nr_frames };

    for (xm_mfn mfn = 0; mfn < k.nr_frames && !k.v.found; mfn++)
        compare(&k, mfn, &before[mfn]);
    return k.v;
}
