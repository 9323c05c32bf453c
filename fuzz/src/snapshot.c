/* SPDX-License-Identifier: MIT
 *
 * The way back of the model alone.
 */
#include "snapshot.h"

#include <xen-model/snapshot.h>

#include <stdlib.h>

enum fz_outcome fz_snapshot(struct fz_session *s)
{
    struct xm_cpu *c = pvt_model_cpu(s->model);
    const struct xm_config *config = xm_machine_config(c->machine);

    if (!s->block)
        s->block = malloc(xm_machine_size(config));
    if (!s->ram)
        s->ram = malloc((size_t)config->nr_frames * XM_PAGE_SIZE);
    if (!s->block || !s->ram)
        return FZ_FAILED;
    xm_snapshot_take(c, &(struct xm_snapshot){ s->block, s->ram });
    return FZ_AGREES;
}

enum fz_outcome fz_snapshot_go_back(struct fz_session *s, uint32_t domains)
{
    if (!s->ram || s->world.domains != domains)
        return FZ_NO_CALL;
    xm_snapshot_restore(pvt_model_cpu(s->model),
                        &(struct xm_snapshot){ s->block, s->ram });
    return FZ_AGREES;
}

void fz_snapshot_poke(struct fz_session *s, const struct fz_program *p)
{
    const uint32_t pokes = fz_nr_pokes(p);

    for (uint32_t i = 0; i < pokes; i++) {
        const struct fz_op *op = &p->ops[i];
        const uint32_t page = fz_frame(&s->world, op->table);
        const xm_mfn mfn = s->world.mfns[page];

        if (!fz_is_page(page) || fz_is_window(page))
            continue;
        s->written[mfn / 64] |= 1ull << mfn % 64;
        xm_ram_frame(pvt_model_cpu(s->model), mfn)[op->slot % XM_ENTRIES] =
            fz_entry(&s->world, op);
    }
}
