/* SPDX-License-Identifier: MIT
 *
 * All invariants of a state, in the order in which they are most telling.
 */
#include "invariants.h"

void xm__violated(struct check *k, const char *invariant, const char *sentence,
                  xm_mfn mfn, uint32_t slot, uint64_t expected, uint64_t actual)
{
    const struct xm_frame *f = xm__checked_frame(k, mfn);

    if (k->v.found)
        return;
    k->v = (struct xm_violation){
        .found = true,
        .invariant = invariant,
        .sentence = sentence,
        .domid = f ? f->owner : XM_DOMID_NONE,
        .mfn = mfn,
        .slot = slot,
        .expected = expected,
        .actual = actual,
    };
}

/* In use as a table, and of a domain. */
static bool is_table(const struct xm_frame *f)
{
    return xm_pgt_level(f->type_info) != 0 && xm__count(f) != 0 &&
           f->owner < DOMID_FIRST_RESERVED;
}

struct xm_violation xm_check_invariants(const struct xm_cpu *c, void *scratch)
{
    const struct xm_frame *const frames = xm__frames(c->machine);
    struct check k = { .c = c,
                       .r = scratch,
                       .nr_frames = c->machine->config.nr_frames };

    __builtin_memset(k.r, 0, k.nr_frames * sizeof(k.r[0]));
    xm__check_paths(&k);
    for (xm_mfn mfn = 0; mfn < k.nr_frames && !k.v.found; mfn++)
        if (is_table(&frames[mfn]))
            xm__check_table(&k, mfn);
    xm__check_vcpus(&k);
    xm__count_device_maps(&k);
    xm__check_frames(&k);
    xm__check_domains(&k);
    return k.v;
}
