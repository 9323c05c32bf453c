/* SPDX-License-Identifier: MIT
 *
 * What calls return becomes part of the world.
 */
#include "begin.h"
#include "execute.h"
#include "forms.h"
#include "grants.h"
#include "hypercalls.h"

#include <string.h>

/*
 * What a fresh frame holds is the other machine's own matter: the model takes
 * it over, and has it ready for when the call is made once more.
 */
static void take_over(struct fz_session *s, uint32_t place)
{
    struct xm_cpu *c = pvt_model_cpu(s->model);
    const xm_mfn mfn = s->world.mfns[place];

    if (!s->other)
        return;
    if (s->fresh[place] != mfn) {
        const uint64_t *words = s->other->ops->page(s->other, mfn);

        if (words)
            memcpy(s->contents[place], words, XM_PAGE_SIZE);
    }
    s->fresh[place] = mfn;
    (void)s->model->ops->write_page(s->model, mfn, s->contents[place]);
    c->written[mfn / 64] |= 1ull << mfn % 64;
}

void fz_note(struct fz_session *s, const struct fz_op *ops)
{
    const struct xm_cpu *c = pvt_model_cpu(s->model);
    bool there[FZ_BOOT_L4];

    if (fz_op_kind(ops) == FZ_GRANT_MAP)
        fz_note_handle(&s->world, ops, &s->call, s->out[0].rc, s->answer[0]);
    if (fz_op_kind(ops) != FZ_CALL)
        return;
    for (uint32_t i = 0; i < FZ_BOOT_L4; i++)
        there[i] = s->world.mfns[i] != FZ_NONE;
    fz_note_hypercall(&s->world, c, ops, &s->call, s->out[0].rc, s->answer[0]);
    for (uint32_t i = 0; i < FZ_BOOT_L4; i++)
        if (!there[i] && s->world.mfns[i] != FZ_NONE)
            take_over(s, i);
    fz_watch(s);
}
