/* SPDX-License-Identifier: MIT
 *
 * A program on one machine or on two.
 */
#include "compare.h"
#include "execute.h"
#include "forms.h"
#include "hypercalls.h"
#include "interrupted.h"
#include "safe.h"
#include "stops.h"
#include "values.h"
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
    if (other) /* which judges */
        pvt_model_set_unchecked(model);
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
    free(s->middle_block);
    free(s->middle_pages);
    s->middle_block = NULL;
    s->middle_pages = NULL;
}

static void add_allocated(struct fz_session *s, xm_mfn mfn)
{
    if (s->nr_alloc == FZ_MAX_ALLOC)
        return;
    s->alloc_at[s->nr_alloc] = s->call.at;
    s->alloc[s->nr_alloc++] = mfn;
}

void fz_give_allocated(struct fz_session *s)
{
    struct xm_cpu *c = pvt_model_cpu(s->model);
    uint32_t first = s->nr_alloc, n = 0;

    while (first != 0 && s->alloc_at[first - 1] >= s->call.at)
        first--;
    while (first + n < s->nr_alloc && s->alloc_at[first + n] == s->call.at)
        n++;
    c->alloc = &s->alloc[first];
    c->nr_alloc = n;
}

/* The model's allocator is to deliver what that of the other machine did. */
static void note_allocated(struct fz_session *s, const struct fz_op *ops)
{
    const struct pvt_outcome *o = &s->out[1];
    xm_mfn returned[FZ_MAX_VALUES];
    uint32_t n = 0;

    if (fz_op_kind(ops) == FZ_CALL)
        n = fz_hypercall_frames(ops, &s->call, s->answer[1], returned);
    for (uint32_t i = 0; i < n; i++)
        add_allocated(s, returned[i]);
    for (uint32_t i = 0; i < o->nr_alloc; i++)
        add_allocated(s, o->alloc[i]);
}

/* The call of the session for one side, with arguments of its own. */
static struct pvt_op op_of(struct fz_session *s, uint32_t side)
{
    struct pvt_op op = s->call.op;

    op.data = s->answer[side];
    return op;
}

enum fz_outcome fz_execute_model(struct fz_session *s)
{
    const struct pvt_op op = op_of(s, 0);

    memcpy(s->answer[0], s->call.data, op.data_size);
    fz_give_allocated(s);
    return s->model->ops->execute(s->model, &op, &s->out[0]) == 0
               ? FZ_AGREES
               : fail(s, s->model);
}

/* The model does it; if it cannot, the other machine has it done. */
static enum fz_outcome lead(struct fz_session *s, const struct pvt_op *op)
{
    const enum fz_outcome rc = fz_execute_model(s);

    if (rc != FZ_AGREES && s->other)
        (void)s->other->ops->finish(s->other, op, &s->out[1]);
    return rc;
}

/* The other machine works on it while the model does. */
static enum fz_outcome start(struct fz_session *s)
{
    const struct pvt_op op = op_of(s, 1);
    int rc = 1;

    s->ahead = !s->other;
    if (s->other && !fz_stops(&s->call)) {
        memcpy(s->answer[1], s->call.data, op.data_size);
        rc = s->other->ops->start(s->other, &op);
        if (rc < 0)
            return fail(s, s->other);
        s->ahead = rc == 0;
    }
    return s->ahead ? lead(s, &op) : FZ_AGREES;
}

static enum fz_outcome finish(struct fz_session *s, const struct fz_op *ops)
{
    const struct pvt_op op = op_of(s, 1);

    s->calls++;
    if (s->other && fz_stops(&s->call))
        return fz_execute_stopping(s);
    if (s->other && s->other->ops->finish(s->other, &op, &s->out[1]) != 0)
        return fail(s, s->other);
    if (s->ahead)
        return FZ_AGREES;
    note_allocated(s, ops);
    return fz_execute_model(s);
}

enum fz_outcome fz_execute_both(struct fz_session *s, const struct fz_op *ops)
{
    const enum fz_outcome rc = start(s);

    return rc == FZ_AGREES ? finish(s, ops) : rc;
}

/* The call at OP has been made: what it returns is there from now on. */
static void conclude(struct fz_session *s, const struct fz_op *op)
{
    const uint32_t shown = s->other ? 1 : 0;

    if (s->trace)
        fz_print_stops(s->trace, &s->call);
    if (s->trace)
        fz_print_call(s->trace, &s->world, op, &s->call);
    fz_note(s, op);
    if (s->trace)
        fz_print_result(s->trace, &s->world, op, &s->call, &s->out[shown],
                        s->answer[shown]);
}

static bool is_anything(const struct fz_op *op)
{
    return fz_op_kind(op) == FZ_CALL || fz_op_kind(op) == FZ_GUEST;
}

void fz_look_ahead(struct fz_session *s, const struct fz_op *ops,
                   uint32_t count)
{
    const size_t size = s->call.op.data_size;
    const struct pvt_outcome out = s->out[0];
    const struct fz_call call = s->call;
    uint8_t answer[FZ_MAX_DATA];

    if (!s->other || !is_anything(ops))
        return;
    memcpy(answer, s->answer[0], size);
    if (fz_resolve_stopping(s, ops, count)) {
        s->next.known = true;
        s->next.call = s->call;
        s->next.safe = fz_is_safe(s, ops);
    }
    memcpy(s->answer[0], answer, size);
    s->call = call;
    s->out[0] = out;
}

/* What was noted since then may have made another call of it. */
static bool was_looked_at(const struct fz_session *s)
{
    const struct fz_call *a = &s->call, *b = &s->next.call;

    return s->next.known && memcmp(&a->op, &b->op, sizeof(a->op)) == 0 &&
           memcmp(&a->code, &b->code, sizeof(a->code)) == 0 &&
           memcmp(a->data, b->data, a->op.data_size) == 0;
}

/* Found out once, and remembered for fz_explain(). */
static bool may_execute(struct fz_session *s, const struct fz_program *p,
                        uint32_t at)
{
    const uint64_t bit = 1ull << at % 64;

    if (at >= FZ_MAX_OPS)
        return false;
    if (was_looked_at(s) ? s->next.safe : fz_is_safe(s, &p->ops[at])) {
        s->refused[at / 64] &= ~bit;
        return true;
    }
    s->refused[at / 64] |= bit;
    return false;
}

/*
 * The model alone fails where the domain has crashed, or its arguments are not
 * mapped any more. What it has done until then, no trace can say.
 */
static enum fz_outcome give_up(struct fz_session *s, enum fz_outcome rc)
{
    if (rc != FZ_FAILED || s->other)
        return rc;
    s->leaked = true;
    return FZ_NO_CALL;
}

enum fz_outcome fz_start(struct fz_session *s, const struct fz_program *p,
                         uint32_t at)
{
    const struct fz_op *op = &p->ops[at];

    const bool resolved = fz_resolve_stopping(s, op, p->nr_ops - at);
    const bool good =
        resolved && !(is_anything(op) && s->other && !may_execute(s, p, at));

    s->next.known = false;
    s->call.at = at;
    return good ? give_up(s, start(s)) : FZ_NO_CALL;
}

enum fz_outcome fz_finish(struct fz_session *s, const struct fz_program *p)
{
    const uint32_t at = s->call.at;
    const struct fz_op *op = &p->ops[at];
    enum fz_outcome rc = give_up(s, finish(s, op));

    if (rc == FZ_AGREES) {
        rc = fz_compare_call(s);
        if (rc == FZ_DIFFERS && s->other) {
            s->next.known = false; /* that was of another state */
            rc = fz_explain(s, p, at);
        }
    }
    if (rc == FZ_AGREES || rc == FZ_DIFFERS)
        conclude(s, op);
    return rc;
}

enum fz_outcome fz_step(struct fz_session *s, const struct fz_program *p,
                        uint32_t at)
{
    const enum fz_outcome rc = fz_start(s, p, at);

    return rc == FZ_AGREES ? fz_finish(s, p) : rc;
}

enum fz_outcome fz_run(struct fz_session *s, const struct fz_program *p,
                       uint32_t *at, FILE *trace)
{
    enum fz_outcome rc = fz_begin(s, p);

    s->trace = trace;
    for (*at = fz_nr_pokes(p);
         rc == FZ_AGREES && !s->leaked && *at < p->nr_ops;) {
        rc = fz_step(s, p, *at);
        if (rc == FZ_NO_CALL)
            rc = FZ_AGREES;
        if (rc == FZ_AGREES)
            *at += s->call.used;
    }
    s->trace = NULL;
    if (rc == FZ_AGREES)
        rc = fz_compare_all(s);
    return rc;
}
