/* SPDX-License-Identifier: MIT
 *
 * A program on one machine or on two.
 */
#include "compare.h"
#include "grants.h"
#include "execute.h"
#include "interrupted.h"
#include <fuzz/session.h>

#include <xen-model/snapshot.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum fz_outcome fail(struct fz_session *s, const struct pvt_backend *b)
{
    snprintf(s->message, sizeof(s->message), "%s", b->message);
    return b == s->other ? FZ_LOST : FZ_FAILED;
}

bool fz_open(struct fz_session *s, struct pvt_backend *model,
             struct pvt_backend *other)
{
    const uint32_t nr =
        xm_machine_config(pvt_model_cpu(model)->machine)->nr_frames;

    *s = (struct fz_session){ .model = model, .other = other };
    s->written = calloc(XM_WRITTEN_WORDS(nr), sizeof(*s->written));
    s->changed = calloc(XM_WRITTEN_WORDS(nr), sizeof(*s->changed));
    pvt_model_cpu(model)->written = s->written;
    return s->written && s->changed;
}

void fz_close(struct fz_session *s)
{
    pvt_model_cpu(s->model)->written = NULL;
    free(s->written);
    free(s->changed);
    free(s->block);
    free(s->ram);
    s->written = s->changed = NULL;
    s->block = NULL;
    s->ram = NULL;
}

/* The model's allocator delivers what that of the other machine did. */
static void note_allocated(struct fz_session *s)
{
    struct xm_cpu *c = pvt_model_cpu(s->model);
    const struct pvt_outcome *o = &s->out[1];

    c->alloc = o->alloc;
    c->nr_alloc = o->nr_alloc;
    for (uint32_t i = 0; i < o->nr_alloc && s->nr_alloc < PVT_MAX_ALLOC; i++)
        s->alloc[s->nr_alloc++] = o->alloc[i];
}

enum fz_outcome fz_execute(struct fz_session *s, uint32_t i)
{
    struct pvt_backend *const side[2] = { s->model, s->other };
    struct pvt_op op = s->call.op;

    memcpy(s->answer[i], s->call.data, sizeof(s->answer[i]));
    op.data = s->answer[i];
    if (side[i]->ops->execute(side[i], &op, &s->out[i]) != 0)
        return fail(s, side[i]);
    return FZ_AGREES;
}

enum fz_outcome fz_execute_both(struct fz_session *s)
{
    enum fz_outcome rc = FZ_AGREES;

    if (s->other) {
        rc = fz_execute(s, 1);
        note_allocated(s);
    }
    if (rc == FZ_AGREES)
        rc = fz_execute(s, 0);
    s->calls += rc == FZ_AGREES;
    return rc;
}

enum fz_outcome fz_step(struct fz_session *s, const struct fz_program *p,
                        uint32_t at)
{
    enum fz_outcome rc;

    if (!fz_resolve(&s->world, pvt_model_cpu(s->model), &p->ops[at],
                    p->nr_ops - at, &s->call))
        return FZ_NO_CALL;
    s->call.at = at;
    rc = fz_execute_both(s);
    if (rc == FZ_AGREES)
        rc = fz_compare_call(s);
    if (rc == FZ_DIFFERS && s->other)
        rc = fz_explain(s, p, at);
    fz_note_handle(&s->world, &p->ops[at], &s->call, s->out[0].rc,
                   s->answer[0]);
    return rc;
}

enum fz_outcome fz_run(struct fz_session *s, const struct fz_program *p,
                       uint32_t *at, FILE *trace)
{
    enum fz_outcome rc = fz_begin(s, p);

    if (trace && rc == FZ_AGREES)
        fz_print_header(trace, &s->world, p, "fuzz", "Made by pinfold fuzz.");
    for (*at = fz_nr_pokes(p);
         rc == FZ_AGREES && !s->leaked && *at < p->nr_ops;) {
        rc = fz_step(s, p, *at);
        if (trace && (rc == FZ_AGREES || rc == FZ_DIFFERS))
            fz_print(trace, &s->world, &p->ops[*at], &s->call,
                     &s->out[s->other ? 1 : 0], s->answer[s->other ? 1 : 0]);
        if (rc == FZ_NO_CALL)
            rc = FZ_AGREES;
        if (rc == FZ_AGREES)
            *at += s->call.used;
    }
    if (trace && rc != FZ_FAILED)
        fputs("}\n", trace);
    if (rc == FZ_AGREES)
        rc = fz_compare_all(s);
    return rc;
}
