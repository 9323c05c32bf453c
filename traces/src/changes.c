/* SPDX-License-Identifier: MIT
 *
 * Which frames may have another state than when they were looked at last. A
 * big trace names a hundred thousand, of which a step touches five: so each
 * machine's own memory of its frames is compared with a copy of it, block by
 * block, and of what has changed all that is watched is looked at.
 */
#include "run.h"

#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX
#define BLOCK_BYTES ((size_t)PVT_FRAME_BLOCK * PVT_FRAME_BYTES)

struct changes {
    uint64_t nr_frames;
    uint32_t *head; /* of a frame, what is watched there first, or NONE ... */
    uint32_t *next; /* ... and behind that */
    bool *in_use;   /* of a block: something is watched there */
    uint8_t *copy[NR_SIDES];
};

static uint64_t nr_blocks(const struct changes *c)
{
    return (c->nr_frames + PVT_FRAME_BLOCK - 1) / PVT_FRAME_BLOCK;
}

struct changes *changes_open(const struct run *r)
{
    struct changes *c = calloc(1, sizeof(*c));
    bool good = c != NULL;

    if (!c)
        return NULL;
    c->nr_frames = r->sides[SIDE_MODEL]->known.nr_frames;
    c->head = malloc(c->nr_frames * sizeof(*c->head));
    c->next = malloc(r->nr_watched * sizeof(*c->next));
    c->in_use = calloc(nr_blocks(c), sizeof(*c->in_use));
    for (enum side s = SIDE_MODEL; s < NR_SIDES; s++)
        if (r->sides[s])
            good &= (c->copy[s] = calloc(nr_blocks(c), BLOCK_BYTES)) != NULL;
    if (!good || !c->head || !c->next || !c->in_use) {
        changes_close(c);
        return NULL;
    }
    memset(c->head, 0xff, c->nr_frames * sizeof(*c->head));
    for (uint32_t i = 0; i < r->nr_watched; i++)
        changes_watch(c, i, r->watched[i].mfn);
    return c;
}

void changes_close(struct changes *c)
{
    if (!c)
        return;
    for (enum side s = SIDE_MODEL; s < NR_SIDES; s++)
        free(c->copy[s]);
    free(c->head);
    free(c->next);
    free(c->in_use);
    free(c);
}

void changes_watch(struct changes *c, uint32_t i, xm_mfn mfn)
{
    /* What is beyond them the runner cannot read, and says so. */
    if (mfn >= c->nr_frames)
        return;
    c->next[i] = c->head[mfn];
    c->head[mfn] = i;
    c->in_use[mfn / PVT_FRAME_BLOCK] = true;
}

static bool has_changed(struct changes *c, struct pvt_backend *b, enum side s,
                        uint64_t block)
{
    uint8_t *const copy = c->copy[s] + block * BLOCK_BYTES;
    size_t size;
    const void *now = b->ops->frame_memory(b, block * PVT_FRAME_BLOCK, &size);

    if (memcmp(copy, now, size) == 0)
        return false;
    memcpy(copy, now, size);
    return true;
}

void changes_find(struct changes *c, const struct run *r, uint64_t *set)
{
    for (uint64_t block = 0; block < nr_blocks(c); block++) {
        const xm_mfn first = block * PVT_FRAME_BLOCK;
        bool changed = false;

        if (!c->in_use[block])
            continue;
        for (enum side s = SIDE_MODEL; s < NR_SIDES; s++)
            changed |= r->sides[s] && has_changed(c, r->sides[s], s, block);
        for (xm_mfn mfn = first;
             changed && mfn < c->nr_frames && mfn < first + PVT_FRAME_BLOCK;
             mfn++)
            for (uint32_t i = c->head[mfn]; i != NONE; i = c->next[i])
                run_mark(set, i);
    }
}
