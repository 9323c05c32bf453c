/* SPDX-License-Identifier: MIT
 *
 * The model against actual Xen: after a call, and over the whole machine.
 */
#include "compare.h"

#include <traces/runner.h>
#include <xen-model/snapshot.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool same_registers(const struct pvt_outcome *a,
                           const struct pvt_outcome *b)
{
    for (uint32_t i = 0; i < PVT_NR_REGISTERS; i++) {
        const uint64_t known = i == PVT_FLAGS ? a->known_flags : ~0ull;

        if (i == 4 /* rsp: the guest's own stack */)
            continue;
        if ((a->registers[i] ^ b->registers[i]) & known)
            return false;
    }
    return true;
}

static bool same_answers(const struct fz_session *s)
{
    const struct fz_call *const c = &s->call;
    const struct pvt_outcome *const a = &s->out[0], *const b = &s->out[1];

    if (!pvt_is_access(c->op.call))
        return a->rc == b->rc && a->done == b->done;
    if (a->vector != b->vector)
        return false;
    if (a->vector)
        return a->error_code == b->error_code && a->cr2 == b->cr2;
    if (pvt_is_load(c->op.call))
        return a->value == b->value;
    return c->op.call != PVT_EXECUTE || same_registers(a, b);
}

bool fz_differ(struct fz_session *s, uint32_t place, const char *what,
               uint64_t a, uint64_t b)
{
    char name[24];

    snprintf(s->message, sizeof(s->message),
             "%s%s%s: model %#" PRIx64 ", %s %#" PRIx64,
             place < FZ_NR_FRAMES ? fz_frame_name(place, name) : "",
             place < FZ_NR_FRAMES ? " " : "", what, a, s->other->version, b);
    return false;
}

/* What the call left in guest memory. */
static bool same_data(struct fz_session *s)
{
    for (uint32_t i = 0; i < s->call.op.data_size; i += sizeof(uint64_t)) {
        char what[32];
        uint64_t a, b;

        memcpy(&a, s->answer[0] + i, sizeof(a));
        memcpy(&b, s->answer[1] + i, sizeof(b));
        if (a == b)
            continue;
        snprintf(what, sizeof(what), "argument at byte %" PRIu32, i);
        return fz_differ(s, FZ_NR_FRAMES, what, a, b);
    }
    return true;
}

static bool read_both(struct fz_session *s, xm_mfn mfn, struct xm_frame *a,
                      struct xm_frame *b)
{
    return s->model->ops->read_frame(s->model, mfn, a) == 0 &&
           s->other->ops->read_frame(s->other, mfn, b) == 0;
}

static bool same_frame(struct fz_session *s, xm_mfn mfn,
                       const struct xm_frame *a, const struct xm_frame *b)
{
    uint32_t place;

    if (pvt_frames_agree(a, b))
        return true;
    place = fz_place(&s->world, mfn);
    if (a->count_info != b->count_info)
        return fz_differ(s, place, "count_info", a->count_info, b->count_info);
    if (a->type_info != b->type_info)
        return fz_differ(s, place, "type_info", a->type_info, b->type_info);
    if (a->nr_validated != b->nr_validated)
        return fz_differ(s, place, "nr_validated", a->nr_validated,
                         b->nr_validated);
    if (a->partial_set != b->partial_set)
        return fz_differ(s, place, "partial_set", a->partial_set,
                         b->partial_set);
    return fz_differ(s, place, "linear count", (uint64_t)a->linear_count,
                     (uint64_t)b->linear_count);
}

static bool same_content(struct fz_session *s, uint32_t place)
{
    const xm_mfn mfn = s->world.mfns[place];
    const uint64_t *a = s->model->ops->page(s->model, mfn);
    const uint64_t *b = s->other->ops->page(s->other, mfn);

    for (uint32_t i = 0; a && b && i < XM_ENTRIES; i++)
        if (a[i] != b[i])
            return fz_differ(s, place, "content", a[i], b[i]);
    return a && b;
}

/*
 * Whose content has a meaning: not the shared_info, which Xen writes, nor what
 * has been given back, and which Xen may use.
 */
static bool has_content(const struct fz_session *s, uint32_t place)
{
    const xm_mfn mfn = s->world.mfns[place];

    if (mfn == FZ_NONE ||
        !(fz_is_page(place) || fz_is_own_frame(place, FZ_GRANT_TABLE)))
        return false;
    return xm_machine_frame(pvt_model_cpu(s->model)->machine, mfn)->owner ==
           fz_frame_domain(place);
}

/* By the last call. */
static bool was_written(const struct fz_session *s, xm_mfn mfn)
{
    return s->written[mfn / 64] >> (mfn % 64) & 1;
}

/* The next call begins anew; two places may have one frame. */
static void forget_written(struct fz_session *s)
{
    for (uint32_t i = 0; i < s->watched.count; i++) {
        const xm_mfn mfn = s->watched.mfns[i];
        const uint64_t bit = s->written[mfn / 64] & 1ull << (mfn % 64);

        s->written[mfn / 64] ^= bit;
        s->changed[mfn / 64] |= bit;
    }
}

static bool same_frames(struct fz_session *s)
{
    const struct fz_watched *w = &s->watched;
    struct xm_frame a[FZ_NR_WATCHED], b[FZ_NR_WATCHED];

    s->model->ops->read_frames(s->model, w->mfns, w->count, a);
    s->other->ops->read_frames(s->other, w->mfns, w->count, b);
    for (uint32_t i = 0; i < w->count; i++)
        if (!same_frame(s, w->mfns[i], &a[i], &b[i]))
            return false;
    return true;
}

static bool same_world(struct fz_session *s)
{
    const struct fz_watched *w = &s->watched;

    if (!same_frames(s))
        return false;
    for (uint32_t i = 0; i < w->count; i++) {
        const uint32_t place = w->places[i];

        if ((was_written(s, w->mfns[i]) || s->thorough || s->turn == place) &&
            has_content(s, place) && !same_content(s, place))
            return false;
    }
    forget_written(s);
    s->turn = (s->turn + 1) % FZ_NR_WATCHED;
    return true;
}

bool fz_compare_state(struct fz_session *s)
{
    return same_data(s) && same_world(s);
}

/*
 * Without another machine the invariants judge. A validation that fails deep
 * in a tree may lose track of a reference, in Xen as in the model (PRE-66):
 * the frame is then kept for longer than needed, which is safe. From then on
 * the counts say nothing more, and the program ends.
 */
static enum fz_outcome check_model(struct fz_session *s)
{
    const struct xm_violation v = pvt_model_check(s->model, true);

    if (!v.found)
        return FZ_AGREES;
    s->leaked = (strcmp(v.invariant, "INV-01") == 0 ||
                 strcmp(v.invariant, "INV-19") == 0) &&
                v.actual > v.expected;
    snprintf(s->message, sizeof(s->message),
             "%s, %s: frame %#" PRIx64 ", expected %#" PRIx64
             ", found %#" PRIx64,
             v.invariant, v.sentence, v.mfn, v.expected, v.actual);
    return s->leaked ? FZ_AGREES : FZ_DIFFERS;
}

enum fz_outcome fz_compare_call(struct fz_session *s)
{
    if (!s->other)
        return check_model(s);
    if (!same_answers(s)) {
        (void)fz_differ(s, FZ_NR_FRAMES, "answer", (uint64_t)s->out[0].rc,
                        (uint64_t)s->out[1].rc);
        return FZ_DIFFERS;
    }
    return fz_compare_state(s) ? FZ_AGREES : FZ_DIFFERS;
}

/* Is it of a domain that runs programs? The rest is Xen's own. */
static bool is_guests(const struct xm_frame *f)
{
    return f->owner < FZ_DOMAINS;
}

enum fz_outcome fz_compare_all(struct fz_session *s)
{
    struct xm_frame a, b;

    if (!s->other)
        return FZ_AGREES;
    for (xm_mfn mfn = 0; mfn < s->other->known.nr_frames; mfn++) {
        if (!read_both(s, mfn, &a, &b))
            return FZ_FAILED;
        if ((is_guests(&a) || is_guests(&b)) && !same_frame(s, mfn, &a, &b))
            return FZ_DIFFERS;
    }
    for (uint32_t i = 0; i < FZ_NR_WATCHED; i++)
        if (has_content(s, i) && !same_content(s, i))
            return FZ_DIFFERS;
    return FZ_AGREES;
}
