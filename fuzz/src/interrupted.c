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

#include <stdio.h>
#include <string.h>

/* The call of CUT. False: Xen does not look so often. */
static bool execute_on_model(struct fz_session *s, const struct fz_cut *cut)
{
    struct xm_cpu *c = pvt_model_cpu(s->model);
    bool reached;

    s->call.at = cut->at;
    c->preempt_after = cut->after;
    c->preempt_again = (uint32_t)(cut->then + 1);
    (void)(s->call.stops ? fz_execute_stopping_model(s) : fz_execute_model(s));
    reached = c->preempt_after < 0 && (cut->after < 0 || !c->preempt_again);
    c->preempt_after = -1;
    c->preempt_again = 0;
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

    fz_model_begins(s, p);
    for (uint32_t i = fz_nr_pokes(p); i < at; i += s->call.used) {
        struct fz_cut none = { i, -1, -1 }, *with = &none;

        if (!fz_resolve_stopping(s, &p->ops[i], at - i))
            continue;
        if (is_refused(s, &p->ops[i], i))
            continue;
        if (cut < s->nr_cuts && s->cuts[cut].at == i)
            with = &s->cuts[cut++];
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

/* From the state before it. False: Xen does not look so often. */
static bool attempt(struct fz_session *s, const struct fz_program *p,
                    const struct fz_cut *cut, bool *agrees)
{
    *agrees = false;
    fz_go_back_to_middle(s);
    if (!fz_resolve_stopping(s, &p->ops[cut->at], p->nr_ops - cut->at) ||
        !execute_on_model(s, cut))
        return false;
    *agrees = fz_compare_call(s) == FZ_AGREES;
    if (*agrees) {
        fz_note_cut(s, cut);
        s->interrupted++;
    }
    return true;
}

/* Points that lead to the same, as far as it can be seen: one of each kind. */
struct kinds {
    int64_t first[FZ_MAX_KINDS];
    uint32_t count;
};

/* One interrupt explains it, or KINDS are what it does. */
static bool explain_by_one(struct fz_session *s, const struct fz_program *p,
                           uint32_t at, struct kinds *kinds)
{
    struct fz_cut cut = { .at = at, .then = -1 };
    char last[sizeof(s->message)] = "";
    bool agrees;

    kinds->count = 0;
    for (; cut.after < FZ_MAX_POINTS; cut.after++) {
        if (!attempt(s, p, &cut, &agrees))
            break;
        if (agrees)
            return true;
        if (strcmp(last, s->message) != 0 && kinds->count < FZ_MAX_KINDS)
            kinds->first[kinds->count++] = cut.after;
        memcpy(last, s->message, sizeof(last));
    }
    return false;
}

/*
 * What an interrupt has Xen do later, or a timer of its own, may stop the call
 * once more, anywhere.
 */
static bool explain_by_two(struct fz_session *s, const struct fz_program *p,
                           uint32_t at, const struct kinds *kinds)
{
    uint32_t left = FZ_MAX_PAIRS;
    bool agrees;

    for (uint32_t i = 0; i < kinds->count; i++) {
        struct fz_cut cut = { .at = at, .after = kinds->first[i] };

        for (; left != 0 && attempt(s, p, &cut, &agrees); cut.then++, left--)
            if (agrees)
                return true;
    }
    return false;
}

enum fz_outcome fz_explain(struct fz_session *s, const struct fz_program *p,
                           uint32_t at)
{
    char message[sizeof(s->message)];
    struct kinds kinds;

    if (s->nr_cuts == FZ_MAX_CUTS)
        return FZ_DIFFERS;
    memcpy(message, s->message, sizeof(message));
    repeat(s, p, at);
    if (!fz_keep_middle(s))
        return FZ_FAILED;
    if (explain_by_one(s, p, at, &kinds) || explain_by_two(s, p, at, &kinds))
        return FZ_AGREES;
    memcpy(s->message, message, sizeof(message));
    return FZ_DIFFERS;
}

enum fz_outcome fz_check_repeat(struct fz_session *s,
                                const struct fz_program *p)
{
    const struct fz_world before = s->world;

    if (!fz_keep_middle(s))
        return FZ_FAILED;
    repeat(s, p, p->nr_ops);
    if (memcmp(before.mfns, s->world.mfns, sizeof(before.mfns)) == 0 &&
        fz_is_at_middle(s))
        return FZ_AGREES;
    snprintf(s->message, sizeof(s->message),
             "the model does something else when it does the same once more");
    return FZ_FAILED;
}
