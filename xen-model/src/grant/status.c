/* SPDX-License-Identifier: MIT
 *
 * The guest's permission in the shared entry, and the bits by which it sees
 * that the permission is being used. Mirrors _set_status_v1(),
 * _set_status_v2(), reduce_status_for_pin(). Rules GNT-07, GNT-73..75.
 *
 * GAP: a guest that changes the entry on another CPU meanwhile.
 */
#include "grant.h"

/* A mapping needs a whole page; a copy may also be of a part, or transitive. */
static bool permits(uint16_t flags, const struct grant_use *use)
{
    const uint16_t mask = GTF_type_mask | (use->map ? GTF_sub_page : 0);
    const uint16_t type = flags & mask;

    return type == GTF_permit_access ||
           (type == GTF_transitive && !use->map && use->rd->grant.version == 2);
}

int16_t xm__set_grant_use(struct xm_cpu *c, const struct grant_use *use,
                          const struct xm_grant_active *act)
{
    const uint16_t bits = GTF_reading | (use->readonly ? 0 : GTF_writing);
    union grant_entry_v2 entry;

    xm__get_shared_entry(c, use->rd, use->ref, &entry);
    if (act->pin == 0 &&
        (!permits(entry.hdr.flags, use) || entry.hdr.domid != use->ldomid))
        return xm__grant_refuse(c, XM_R_GNT_ENTRY, GNTST_general_error);
    if (!use->readonly && (entry.hdr.flags & GTF_readonly))
        return xm__grant_refuse(c, XM_R_GNT_READONLY, GNTST_general_error);
    xm__set_grant_status(c, use->rd, use->ref,
                         xm__get_grant_status(c, use->rd, use->ref) | bits);
    return GNTST_okay;
}

void xm__reduce_status_for_pin(struct xm_cpu *c, const struct xm_domain *rd,
                               uint32_t ref, bool readonly)
{
    const struct xm_grant_active *act = xm__active_entry(c, rd, ref);
    uint16_t clear = act->pin != 0 ? 0 : GTF_reading;

    if (!readonly && !xm__pinned_writable(act))
        clear |= GTF_writing;
    if (clear != 0)
        xm__set_grant_status(
            c, rd, ref, (uint16_t)(xm__get_grant_status(c, rd, ref) & ~clear));
}
