/* SPDX-License-Identifier: MIT
 *
 * When a timer interrupts Xen inside a long call, the call stops at the next
 * point where Xen looks, and is continued: tables are partial for a while, and
 * some of what the call leaves behind depends on where that was. Xen does not
 * tell. So when a call differs, the model does it again from the same state,
 * stopped at the first such point, the second, and so on: one of them must
 * lead to exactly the answer and state that Xen shows.
 */
#include "interrupted.h"
#include "begin.h"
#include "compare.h"
#include "execute.h"
#include "forms.h"
#include "middle.h"
#include "stops.h"

#include <string.h>

static void go_back(struct fz_session *s, const struct fz_program *p)
{
    struct xm_cpu *c = pvt_model_cpu(s->model);

    fz_model_begins(s, p);
    c->alloc = s->alloc;
    c->nr_alloc = s->nr_alloc;
}

/* False: Xen does not look so often. */
static bool execute_on_model(struct fz_session *s, const struct fz_cut *cut)
{
    struct xm_cpu *c = pvt_model_cpu(s->model);
    bool reached;

    if (s->call.delay)
        return fz_execute_cut(s, cut);
    c->preempt_after = cut->after;
    (void)(s->call.stops ? fz_execute_stopping_model(s) : fz_execute_model(s));
    reached = c->preempt_after < 0;
    c->preempt_after = -1;
    return reached;
}

/* Nobody has made that call. */
static bool is_refused(const struct fz_session *s, const struct fz_op *op,
                       uint32_t at)
{
    return (fz_op_kind(op) == FZ_CALL || fz_op_kind(op) == FZ_GUEST) &&
           (at >= FZ_MAX_OPS || (s->refused[at / 64] >> at % 64 & 1));
}

/* Everything before the call at AT once more, on the model. */
static void repeat(struct fz_session *s, const struct fz_program *p,
                   uint32_t at)
{
    uint32_t cut = 0;

    go_back(s, p);
    for (uint32_t i = fz_nr_pokes(p); i < at; i += s->call.used) {
        struct fz_cut none = { i, -1, -1 }, *with = &none;

        if (!fz_resolve_stopping(s, &p->ops[i], at - i))
            continue;
        if (is_refused(s, &p->ops[i], i))
            continue;
        if (cut < s->nr_cuts && s->cuts[cut].at == i)
            with = &s->cuts[cut++];
        s->call.at = i;
        (void)execute_on_model(s, with);
        fz_note(s, &p->ops[i]);
    }
}

/* Of a call that a timer has stopped, one is there already. */
void fz_note_cut(struct fz_session *s, const struct fz_cut *cut)
{
    if (s->nr_cuts != 0 && s->cuts[s->nr_cuts - 1].at == cut->at)
        s->nr_cuts--;
    s->cuts[s->nr_cuts++] = *cut;
}

/* The state that the call at hand begins with. */
struct before {
    const struct fz_program *p;
    const xm_mfn *alloc;
    uint32_t nr_alloc;
};

/* False: out of memory. */
static bool keep_before(struct fz_session *s, const struct fz_program *p,
                        uint32_t at, struct before *b)
{
    const struct xm_cpu *c = pvt_model_cpu(s->model);

    repeat(s, p, at);
    *b = (struct before){ p, c->alloc, c->nr_alloc };
    return fz_keep_middle(s);
}

/* The call of CUT. False: Xen does not look so often. */
static bool attempt(struct fz_session *s, const struct before *b,
                    const struct fz_cut *cut, bool *agrees)
{
    struct xm_cpu *c = pvt_model_cpu(s->model);

    *agrees = false;
    fz_go_back_to_middle(s);
    c->alloc = b->alloc;
    c->nr_alloc = b->nr_alloc;
    if (!fz_resolve_stopping(s, &b->p->ops[cut->at], b->p->nr_ops - cut->at))
        return false;
    s->call.at = cut->at;
    if (!execute_on_model(s, cut))
        return false;
    *agrees = fz_compare_call(s) == FZ_AGREES;
    if (*agrees) {
        fz_note_cut(s, cut);
        s->interrupted++;
    }
    return true;
}

/* Beside the timer that a call is given, others of Xen's own may strike. */
static bool explain_by_two(struct fz_session *s, const struct before *b,
                           uint32_t at)
{
    struct fz_cut cut = { .at = at };
    uint32_t left = FZ_MAX_PAIRS;
    bool agrees = false, again = true;

    for (cut.after = 0; again && left != 0; cut.after++) {
        for (cut.then = 0; left != 0; cut.then++, left--) {
            if (!attempt(s, b, &cut, &agrees))
                break;
            if (agrees)
                return true;
        }
        again = cut.then != 0;
    }
    return false;
}

enum fz_outcome fz_explain(struct fz_session *s, const struct fz_program *p,
                           uint32_t at)
{
    const bool by_timer = s->call.delay != 0;
    struct fz_cut cut = { .at = at, .then = -1 };
    char message[sizeof(s->message)];
    struct before before;
    bool agrees = false;

    if (s->nr_cuts == FZ_MAX_CUTS)
        return FZ_DIFFERS;
    memcpy(message, s->message, sizeof(message));
    if (!keep_before(s, p, at, &before))
        return FZ_FAILED;
    for (; cut.after < FZ_MAX_POINTS; cut.after++) {
        if (!attempt(s, &before, &cut, &agrees))
            break;
        if (agrees)
            return FZ_AGREES;
    }
    if (by_timer && explain_by_two(s, &before, at))
        return FZ_AGREES;
    memcpy(s->message, message, sizeof(message));
    return FZ_DIFFERS;
}
