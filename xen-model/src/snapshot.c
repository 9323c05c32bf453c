/* SPDX-License-Identifier: MIT
 *
 * Snapshots that copy what was written.
 */
#include <xen-model/snapshot.h>

#include "internal.h"

static void copy_frame(uint64_t *to, const uint64_t *from, xm_mfn mfn)
{
    __builtin_memcpy(to + mfn * XM_ENTRIES, from + mfn * XM_ENTRIES,
                     XM_PAGE_SIZE);
}

/* The frames of WRITTEN, or all; then none are. */
static void copy_ram(uint64_t *to, const uint64_t *from, uint64_t *written,
                     xm_mfn nr_frames)
{
    if (!written) {
        __builtin_memcpy(to, from, nr_frames * XM_PAGE_SIZE);
        return;
    }
    for (size_t i = 0; i < XM_WRITTEN_WORDS(nr_frames); i++) {
        for (uint64_t bits = written[i]; bits != 0; bits &= bits - 1)
            copy_frame(to, from, i * 64 + (xm_mfn)__builtin_ctzll(bits));
        written[i] = 0;
    }
}

void xm_snapshot_take(struct xm_cpu *c, const struct xm_snapshot *s)
{
    const xm_mfn n = c->machine->config.nr_frames;

    __builtin_memcpy(s->block, c->machine,
                     xm_machine_size(&c->machine->config));
    copy_ram(s->ram, c->ram, NULL, n);
    for (size_t i = 0; c->written && i < XM_WRITTEN_WORDS(n); i++)
        c->written[i] = 0;
}

/* Most of a block is room for grants, and little of that is in use. */
static void copy_block(struct xm_machine *to, struct xm_machine *from)
{
    const size_t pools = XM_MAX_DOMAINS * xm__grant_pool_size(&from->config);

    xm__copy_grant_pools(to, from);
    __builtin_memcpy(to, from, xm_machine_size(&from->config) - pools);
}

void xm_snapshot_update(struct xm_cpu *c, const struct xm_snapshot *s)
{
    copy_block(s->block, c->machine);
    copy_ram(s->ram, c->ram, c->written, c->machine->config.nr_frames);
}

void xm_snapshot_restore(struct xm_cpu *c, const struct xm_snapshot *s)
{
    copy_block(c->machine, s->block);
    copy_ram(c->ram, s->ram, c->written, c->machine->config.nr_frames);
}
