/* SPDX-License-Identifier: MIT
 *
 * What the generator chooses from.
 */
#include "choose.h"

#include <xen-model/pte.h>

/* splitmix64 */
uint64_t fz_next(struct fz_random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

uint32_t fz_below(struct fz_random *r, uint32_t n)
{
    return (uint32_t)((fz_next(r) >> 32) * n >> 32);
}

bool fz_chance(struct fz_random *r, uint32_t percent)
{
    return fz_below(r, 100) < percent;
}

uint8_t fz_page_for(uint32_t domain, unsigned int level, uint32_t page)
{
    return (uint8_t)(domain * FZ_PAGES + FZ_FIRST_OF_LEVEL(level) +
                     page % FZ_PAGES_OF_LEVEL);
}

struct fz_look fz_look_at(const struct fz_session *s, uint32_t place)
{
    const xm_mfn mfn = fz_mfn(&s->world, place);
    struct fz_look l = {
        .frame = xm_machine_frame_const(pvt_model_cpu(s->model)->machine, mfn),
    };

    if (l.frame) {
        l.level = xm_pgt_level(l.frame->type_info);
        l.count = l.frame->type_info & XM_PGT_COUNT_MASK;
    }
    return l;
}

uint32_t fz_some_domain(struct fz_random *r, const struct fz_session *s)
{
    uint32_t d = fz_below(r, FZ_DOMAINS);

    while (!fz_has_domain(&s->world, d))
        d = (d + 1) % FZ_DOMAINS;
    return d;
}

uint32_t fz_whose(struct fz_random *r, const struct fz_session *s,
                  uint32_t domain)
{
    return fz_chance(r, 90) ? domain : fz_some_domain(r, s);
}

uint8_t fz_any_page(struct fz_random *r, uint32_t domain)
{
    return (uint8_t)(domain * FZ_PAGES + fz_below(r, FZ_PAGES));
}

uint8_t fz_frame_for(struct fz_random *r, const struct fz_session *s,
                     uint32_t domain, unsigned int level)
{
    const uint32_t d = fz_whose(r, s, domain);

    if (fz_chance(r, 4))
        return (uint8_t)fz_below(r, FZ_NR_FRAMES);
    if (fz_chance(r, 8))
        return fz_any_page(r, d);
    if (fz_chance(r, 4) && level != 0)
        return (uint8_t)fz_own_frame(d, FZ_BOOT_L4 + (4u - level) % 3u);
    for (uint32_t tries = 0; tries < 4 && level != 0; tries++) {
        const uint8_t page = fz_any_page(r, d);
        const struct fz_look l = fz_look_at(s, page);

        if (l.level == level && l.count != 0)
            return page;
    }
    return fz_page_for(d, level, fz_below(r, FZ_PAGES_OF_LEVEL));
}

uint64_t fz_flags_for(struct fz_random *r, uint64_t usual)
{
    static const uint8_t interesting[] = { 0, 1, 2, 3,  4,  5,  6,
                                           7, 8, 9, 52, 59, 62, 63 };
    uint64_t flags = usual;

    while (fz_chance(r, 25))
        flags ^= 1ull << interesting[fz_below(r, sizeof(interesting))];
    return flags;
}
