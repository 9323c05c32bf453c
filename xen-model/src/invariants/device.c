/* SPDX-License-Identifier: MIT
 *
 * What is mapped for a device has its references without any entry; those of
 * a mapping for the host are the entry's (GNT-28).
 */
#include "invariants.h"

static void count_mapping(struct check *k, const struct xm_grant_mapping *map)
{
    const struct xm_domain *d = xm_domain_find(k->c->machine, map->domid);
    xm_mfn mfn;

    if (!d || map->ref / XM_GRANTS_PER_FRAME_V1 >=
                  k->c->machine->config.max_grant_frames)
        return; /* NEVER: who is mapped is there */
    mfn = xm_grant_active(k->c->machine, d)[map->ref].mfn;
    if (!xm__checked_frame(k, mfn))
        return; /* NEVER: an entry in use names a frame */
    k->r[mfn].general++;
    if (!(map->flags & XM_GNTMAP_READONLY))
        k->r[mfn].writable++;
}

void xm__count_device_maps(struct check *k)
{
    const uint32_t handles =
        k->c->machine->config.max_maptrack_frames * XM_MAPTRACK_PER_FRAME;

    for (uint32_t i = 0; i < XM_MAX_DOMAINS; i++) {
        const struct xm_domain *d = xm_domain_at(k->c->machine, i);
        const struct xm_grant_mapping *maps;

        if (!d)
            continue;
        maps = xm_grant_maptrack(k->c->machine, d);
        for (uint32_t h = 0; h < d->grant.maptrack_limit && h < handles; h++)
            if (maps[h].flags & XM_GNTMAP_DEVICE)
                count_mapping(k, &maps[h]);
    }
}
