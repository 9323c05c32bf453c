/* SPDX-License-Identifier: MIT
 *
 * The state in the middle of a call. An event is pending for the guest when it
 * makes the call, so Xen stops where it looks first; the guest's event
 * callback lets us compare everything, registers and rewritten arguments
 * included, and makes the event pending again. The model does one part of the
 * call each time: it stops at its own first question.
 */
#include "stops.h"
#include "compare.h"
#include "execute.h"
#include "interrupted.h"
#include "middle.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xen/errno.h>

#define NR_ARGS 5u /* registers that the shim gives a call */

/* The next part on the model, interrupted after so many questions or (-1) not;
 * true: it has stopped. */
static bool part(struct fz_session *s, int64_t after)
{
    struct fz_stopping *st = &s->stopping;
    struct xm_cpu *c = pvt_model_cpu(s->model);
    const struct xm_rule_set before =
        st->nr ? s->out[0].fired : (struct xm_rule_set){ { 0 } };
    struct pvt_op op = s->call.op;

    op.data = s->answer[0];
    c->preempt_after = after;
    if (pvt_model_part(s->model, &op, st->nr == 0, st->arg, &s->out[0]) != 0) {
        snprintf(s->message, sizeof(s->message), "%s", s->model->message);
        st->failed = true;
        return false;
    }
    for (size_t i = 0; i < sizeof(before.bits) / sizeof(before.bits[0]); i++)
        s->out[0].fired.bits[i] |= before.bits[i];
    return s->out[0].rc == -XEN_ERESTART;
}

static bool same_arguments(struct fz_session *s, const uint64_t arg[6])
{
    static const char *const names[NR_ARGS] = { "rdi", "rsi", "rdx", "r10",
                                                "r8" };

    for (uint32_t i = 0; i < NR_ARGS; i++)
        if (s->stopping.arg[i] != arg[i])
            return fz_differ(s, FZ_NR_FRAMES, names[i], s->stopping.arg[i],
                             arg[i]);
    return true;
}

/* What differs does so where the call has stopped for the Nth time. */
static void note_place(struct fz_session *s)
{
    char message[sizeof(s->message)];

    memcpy(message, s->message, sizeof(message));
    snprintf(s->message, sizeof(s->message),
             "stop %" PRIu32 " of the call: %.200s", s->stopping.nr, message);
}

/* Everything in the middle, as Xen has it there. */
static bool same_middle(struct fz_session *s, uint64_t number,
                        const uint64_t arg[6])
{
    return (number == s->call.op.number ||
            fz_differ(s, FZ_NR_FRAMES, "rax", s->call.op.number, number)) &&
           same_arguments(s, arg) && fz_compare_state(s);
}

/* From the beginning of the call, interrupted so. False: it does not stop. */
static bool try_cut(struct fz_session *s, const struct fz_cut *cut)
{
    struct fz_stopping *st = &s->stopping;
    bool more;

    st->nr = 0;
    memcpy(st->arg, s->call.op.arg, sizeof(st->arg));
    memcpy(s->answer[0], s->call.data, s->call.op.data_size);
    more = part(s, cut->after);
    if (!more || cut->then < 0)
        return more;
    st->nr = 1;
    return part(s, cut->then);
}

/* LAST, of CUT, is the point that leads to what Xen shows. */
static bool find_last(struct fz_session *s, uint64_t number,
                      const uint64_t arg[6], struct fz_cut *cut, int64_t *last)
{
    for (*last = 0; *last < FZ_MAX_POINTS; ++*last) {
        const bool more = try_cut(s, cut);

        if (more && same_middle(s, number, arg)) {
            fz_note_cut(s, cut);
            s->struck++;
            return true;
        }
        fz_go_back_to_middle(s);
        if (!more)
            break;
    }
    return false;
}

/*
 * A timer does not say where it struck: the model tries one point after the
 * other, from the same state. Another of Xen's own may have struck before.
 */
static bool struck(struct fz_session *s, uint64_t number, const uint64_t arg[6])
{
    struct fz_cut cut = { .at = s->call.at, .then = -1 };
    int64_t left = FZ_MAX_PAIRS;
    bool found;

    if (!fz_keep_middle(s)) {
        s->stopping.failed = true;
        return false;
    }
    found = find_last(s, number, arg, &cut, &cut.after);
    for (int64_t first = 0; !found && left > 0 && cut.then != 0; first++) {
        cut.after = first;
        found = find_last(s, number, arg, &cut, &cut.then);
        left -= cut.then;
    }
    if (!found && !s->stopping.failed)
        snprintf(s->message, sizeof(s->message),
                 "the model is nowhere as %s is here, whichever question it "
                 "stops at",
                 s->other->version);
    return found;
}

static bool stopped(void *context, uint64_t number, const uint64_t arg[6],
                    const uint8_t *data)
{
    struct fz_session *s = context;
    struct fz_stopping *st = &s->stopping;
    bool same;

    if (st->differs || st->failed)
        return false;
    memcpy(s->answer[1], data, s->call.op.data_size);
    if (s->call.delay) {
        same = struck(s, number, arg);
    } else {
        same = part(s, 0) ||
               (!st->failed && fz_differ(s, FZ_NR_FRAMES, "it stops", 0, 1));
        same = same && same_middle(s, number, arg);
    }
    st->nr++;
    st->differs = !same && !st->failed;
    if (st->differs)
        note_place(s);
    s->middles[pvt_model_cpu(s->model)->stopped_at] += same;
    return same && st->nr < st->wanted;
}

bool fz_resolve_stopping(struct fz_session *s, const struct fz_op *ops,
                         uint32_t count)
{
    struct fz_call *c = &s->call;

    if (!fz_resolve(&s->world, pvt_model_cpu(s->model), ops, count, c))
        return false;
    c->stops = 0;
    c->delay = 0;
    if (!s->stops || !fz_may_stop(ops))
        return true;
    if (!(ops->reserved & FZ_BY_TIMER))
        c->stops = ops->reserved;
    else if (s->nr_cuts < FZ_MAX_CUTS)
        c->delay = (ops->reserved & ~FZ_BY_TIMER) * s->timer_unit;
    if (c->stops || c->delay)
        fz_make_raw(&s->world, ops, c);
    return true;
}

static void begin(struct fz_session *s)
{
    struct fz_stopping *st = &s->stopping;

    *st = (struct fz_stopping){ .wanted = s->call.stops };
    memcpy(st->arg, s->call.op.arg, sizeof(st->arg));
    memcpy(s->answer[0], s->call.data, s->call.op.data_size);
    fz_give_allocated(s);
}

/* What is left of the call, interrupted once more or (-1) not, and again as
 * preempt_again of the model's CPU says. */
static enum fz_outcome finish(struct fz_session *s, int64_t after)
{
    while (part(s, after))
        after = pvt_model_cpu(s->model)->preempt_after;
    return s->stopping.failed ? FZ_FAILED : FZ_AGREES;
}

enum fz_outcome fz_execute_stopping(struct fz_session *s)
{
    const struct pvt_stops stops = { s->call.delay, stopped, s };
    struct fz_stopping *st = &s->stopping;
    struct pvt_op op;

    begin(s);
    op = s->call.op;
    memcpy(s->answer[1], s->call.data, op.data_size);
    op.data = s->answer[1];
    op.stops = &stops;
    if (s->other->ops->execute(s->other, &op, &s->out[1]) != 0) {
        snprintf(s->message, sizeof(s->message), "%s", s->other->message);
        return FZ_LOST;
    }
    s->stopped += st->nr != 0;
    pvt_model_cpu(s->model)->preempt_after = -1;
    if (st->failed)
        return FZ_FAILED;
    if (st->differs)
        return FZ_DIFFERS;
    if (st->nr < st->wanted && part(s, 0)) {
        st->nr++;
        (void)fz_differ(s, FZ_NR_FRAMES, "it stops", 1, 0);
        note_place(s);
        return FZ_DIFFERS;
    }
    pvt_model_cpu(s->model)->preempt_after = -1;
    if (st->failed)
        return FZ_FAILED;
    return st->nr < st->wanted ? FZ_AGREES : finish(s, -1);
}

enum fz_outcome fz_execute_stopping_model(struct fz_session *s)
{
    struct fz_stopping *st = &s->stopping;
    struct xm_cpu *c = pvt_model_cpu(s->model);
    const int64_t after = c->preempt_after;
    const uint32_t again = c->preempt_again;
    bool more = true;

    begin(s);
    c->preempt_again = 0;
    for (; more && st->nr < st->wanted; st->nr++)
        more = part(s, 0);
    c->preempt_again = again;
    if (more)
        return finish(s, after);
    return st->failed ? FZ_FAILED : FZ_AGREES;
}
