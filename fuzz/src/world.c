/* SPDX-License-Identifier: MIT
 *
 * Places and frame numbers.
 */
#include <fuzz/world.h>

#include <xen-model/pte.h>

#include <stdio.h>
#include <string.h>

static uint32_t taking_part(const struct fz_world *w, uint32_t domain)
{
    while (!fz_has_domain(w, domain))
        domain = (domain + 1) % FZ_DOMAINS;
    return domain;
}

uint32_t fz_op_domain(const struct fz_world *w, const struct fz_op *op)
{
    return taking_part(w, (op->who & 3u) % FZ_DOMAINS);
}

uint32_t fz_frame(const struct fz_world *w, uint32_t number)
{
    uint32_t frame = number % FZ_NR_FRAMES;

    if (frame >= FZ_XEN)
        return frame;
    if (fz_is_page(frame))
        frame = taking_part(w, frame / FZ_PAGES) * FZ_PAGES + frame % FZ_PAGES;
    else
        frame = fz_own_frame(taking_part(w, fz_frame_domain(frame)),
                             FZ_BOOT_L4 + (frame - FZ_BOOT_L4) % FZ_OWN_FRAMES);
    return w->mfns[frame] == FZ_NONE ? (uint32_t)FZ_XEN : frame;
}

/* After any change of the frame numbers. */
static void index_places(struct fz_world *w)
{
    memset(w->first, 0, sizeof(w->first));
    for (uint32_t i = FZ_NR_FRAMES; i-- > 0;) {
        uint8_t *const first = &w->first[w->mfns[i] % FZ_BUCKETS];

        if (w->mfns[i] == FZ_NONE)
            continue;
        w->next[i] = *first;
        *first = (uint8_t)(i + 1);
    }
}

xm_mfn fz_mfn(const struct fz_world *w, uint32_t frame)
{
    return w->mfns[fz_frame(w, frame)];
}

uint32_t fz_place(const struct fz_world *w, xm_mfn mfn)
{
    uint32_t i = w->first[mfn % FZ_BUCKETS];

    while (i != 0 && w->mfns[i - 1] != mfn)
        i = w->next[i - 1];
    return i != 0 ? i - 1 : (uint32_t)FZ_NR_FRAMES;
}

void fz_world_of(struct fz_world *w, const struct fz_world *all,
                 uint32_t domains)
{
    *w = *all;
    w->domains = domains;
    for (uint32_t i = 0; i < FZ_XEN; i++)
        if (!fz_has_domain(w, fz_frame_domain(i)))
            w->mfns[i] = FZ_NONE;
    index_places(w);
}

uint32_t fz_world_add(struct fz_world *w, uint32_t domain, xm_mfn mfn)
{
    for (uint32_t i = FZ_FIRST_PAGES; i < FZ_PAGES; i++) {
        const uint32_t place = domain * FZ_PAGES + i;

        if (w->mfns[place] != FZ_NONE)
            continue;
        w->mfns[place] = mfn;
        index_places(w);
        return place;
    }
    return FZ_NR_FRAMES;
}

void fz_world_forget(struct fz_world *w)
{
    memset(w->handles, 0, sizeof(w->handles));
    w->nr_handles = 0;
    for (uint32_t i = 0; i < FZ_BOOT_L4; i++)
        if (i % FZ_PAGES >= FZ_FIRST_PAGES)
            w->mfns[i] = FZ_NONE;
    index_places(w);
}

void fz_world_bind(struct fz_world *w)
{
    const struct pvt_known_frames *any = &w->known[taking_part(w, 0)];

    for (uint32_t d = 0; d < FZ_DOMAINS; d++) {
        const struct pvt_known_frames *k = &w->known[d];
        const bool there = fz_has_domain(w, d);
        xm_mfn *const own = &w->mfns[fz_own_frame(d, FZ_BOOT_L4)];

        own[0] = there ? k->boot_l4 : FZ_NONE;
        own[1] = there ? k->boot_l3 : FZ_NONE;
        own[2] = there ? k->boot_l2 : FZ_NONE;
        own[3] = there ? k->shared_info : FZ_NONE;
        own[4] = FZ_NONE;
        for (uint32_t i = 0; !there && i < FZ_PAGES; i++)
            w->mfns[d * FZ_PAGES + i] = FZ_NONE;
    }
    w->mfns[FZ_XEN] = any->xen;
    w->mfns[FZ_FREE] = any->free;
    w->mfns[FZ_MMIO] = any->mmio;
    w->mfns[FZ_M2P] = any->m2p;
    w->mfns[FZ_NONEXISTENT] = any->nr_frames;
    w->mfns[FZ_ALL_ONES] = XM_MFN_ALL_ONES;
    w->mfns[FZ_ZERO] = 0;
    index_places(w);
}

void fz_world_bind_grants(struct fz_world *w, const struct xm_cpu *cpu)
{
    for (uint32_t i = 0; i < FZ_DOMAINS; i++) {
        const struct xm_domain *d = xm_domain_find(cpu->machine, (xm_domid)i);

        if (fz_has_domain(w, i) && d->grant.nr_frames != 0)
            w->mfns[fz_own_frame(i, FZ_GRANT_TABLE)] =
                xm_grant_shared_frames(cpu->machine, d)[0];
    }
    index_places(w);
}

const char *fz_frame_name(uint32_t frame, char buffer[24])
{
    static const char *const own[] = { "boot.l4", "boot.l3", "boot.l2",
                                       "shared_info" };
    static const char *const special[] = { "xen",  "free",        "mmio",
                                           "m2p",  "nonexistent", "all-ones",
                                           "mfn:0" };

    if (frame >= FZ_XEN)
        return special[frame - FZ_XEN];
    if (fz_is_page(frame))
        snprintf(buffer, 24, "%c%u", 'a' + frame / FZ_PAGES, frame % FZ_PAGES);
    else if (fz_is_own_frame(frame, FZ_GRANT_TABLE))
        snprintf(buffer, 24, "g%c", 'a' + fz_frame_domain(frame));
    else
        snprintf(buffer, 24, "d%u.%s", fz_frame_domain(frame),
                 own[(frame - FZ_BOOT_L4) % FZ_OWN_FRAMES]);
    return buffer;
}

enum fz_fd fz_fd(const struct fz_world *w, uint32_t number)
{
    const uint32_t fd = number % FZ_NR_FDS;

    if (fd >= FZ_FD_D0 && fd <= FZ_FD_D2 && !fz_has_domain(w, fd - FZ_FD_D0))
        return FZ_FD_BAD;
    return (enum fz_fd)fd;
}

uint32_t fz_domid(enum fz_fd fd)
{
    static const uint32_t ids[FZ_NR_FDS] = {
        [FZ_FD_NONE] = DOMID_SELF,
        [FZ_FD_D0] = 0,
        [FZ_FD_D1] = 1,
        [FZ_FD_D2] = 2,
        [FZ_FD_SELF] = DOMID_SELF,
        [FZ_FD_IO] = DOMID_IO,
        [FZ_FD_XEN] = DOMID_XEN,
        [FZ_FD_BAD] = 1234,
    };

    return ids[fd];
}
