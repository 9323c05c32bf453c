/* SPDX-License-Identifier: MIT
 *
 * The machine block, and the world's frames of RAM: no call writes others.
 */
#include "middle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t block_size(const struct fz_session *s)
{
    return xm_machine_size(xm_machine_config(pvt_model_cpu(s->model)->machine));
}

bool fz_keep_middle(struct fz_session *s)
{
    const struct xm_cpu *c = pvt_model_cpu(s->model);

    if (!s->middle_block)
        s->middle_block = malloc(block_size(s));
    if (!s->middle_pages)
        s->middle_pages = malloc(FZ_XEN * sizeof(*s->middle_pages));
    if (!s->middle_block || !s->middle_pages) {
        snprintf(s->message, sizeof(s->message), "out of memory");
        return false;
    }
    memcpy(s->middle_block, c->machine, block_size(s));
    for (uint32_t i = 0; i < FZ_XEN; i++)
        if (s->world.mfns[i] != FZ_NONE)
            memcpy(s->middle_pages[i], xm_ram_frame(c, s->world.mfns[i]),
                   XM_PAGE_SIZE);
    return true;
}

void fz_go_back_to_middle(struct fz_session *s)
{
    const struct xm_cpu *c = pvt_model_cpu(s->model);

    memcpy(c->machine, s->middle_block, block_size(s));
    for (uint32_t i = 0; i < FZ_XEN; i++)
        if (s->world.mfns[i] != FZ_NONE)
            memcpy(xm_ram_frame(c, s->world.mfns[i]), s->middle_pages[i],
                   XM_PAGE_SIZE);
}

bool fz_is_at_middle(const struct fz_session *s)
{
    const struct xm_cpu *c = pvt_model_cpu(s->model);

    if (memcmp(c->machine, s->middle_block, block_size(s)) != 0)
        return false;
    for (uint32_t i = 0; i < FZ_XEN; i++)
        if (s->world.mfns[i] != FZ_NONE &&
            memcmp(xm_ram_frame(c, s->world.mfns[i]), s->middle_pages[i],
                   XM_PAGE_SIZE) != 0)
            return false;
    return true;
}
