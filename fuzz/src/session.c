/* SPDX-License-Identifier: MIT
 *
 * A program on one machine or on two.
 */
#include "compare.h"
#include "grants.h"
#include "execute.h"
#include "interrupted.h"
#include "release.h"
#include "snapshot.h"
#include <fuzz/session.h>

#include <xen-model/pte.h>
#include <xen-model/snapshot.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/vcpu.h>

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
    pvt_model_cpu(model)->written = s->written;
    return s->written != NULL;
}

void fz_close(struct fz_session *s)
{
    pvt_model_cpu(s->model)->written = NULL;
    free(s->written);
    free(s->block);
    free(s->ram);
    s->written = NULL;
    s->block = NULL;
    s->ram = NULL;
}

/* The other machine, if there is one, gives the frames: the model follows. */
static enum fz_outcome take(struct fz_session *s, uint32_t domains)
{
    struct pvt_backend *b = s->other ? s->other : s->model;
    struct fz_world *w = &s->world;

    w->domains = domains;
    for (uint32_t d = 0; d < FZ_DOMAINS; d++)
        if (fz_has_domain(w, d) &&
            b->ops->use_domain(b, (xm_domid)d, d == 0, &w->known[d]) != 0)
            return fail(s, b);
    for (uint32_t d = 0; d < FZ_DOMAINS; d++)
        if (fz_has_domain(w, d) &&
            b->ops->take_frames(b, (xm_domid)d, FZ_PAGES,
                                &w->mfns[d * FZ_PAGES]) != 0)
            return fail(s, b);
    fz_world_bind(w);
    return FZ_AGREES;
}

static enum fz_outcome poke(struct fz_session *s, struct pvt_backend *b,
                            const struct fz_program *p, uint32_t page)
{
    const uint32_t pokes = fz_nr_pokes(p);
    uint64_t words[XM_ENTRIES] = { 0 };

    for (uint32_t i = 0; i < pokes && !fz_is_window(page); i++)
        if (fz_frame(&s->world, p->ops[i].table) == page)
            words[p->ops[i].slot % XM_ENTRIES] =
                fz_entry(&s->world, &p->ops[i]);
    if (b->ops->write_page(b, s->world.mfns[page], words) != 0)
        return fail(s, b);
    return FZ_AGREES;
}

static enum fz_outcome poke_all(struct fz_session *s, struct pvt_backend *b,
                                const struct fz_program *p)
{
    enum fz_outcome rc = FZ_AGREES;

    for (uint32_t i = 0; rc == FZ_AGREES && i < FZ_BOOT_L4; i++)
        if (s->world.mfns[i] != FZ_NONE)
            rc = poke(s, b, p, i);
    return rc;
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

/* One call on both, the other first, as traces do it. */
static enum fz_outcome execute(struct fz_session *s)
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

static enum fz_outcome open_window(struct fz_session *s, uint32_t domain)
{
    struct fz_call *c = &s->call;
    enum fz_outcome rc;

    c->op = (struct pvt_op){ .call = PVT_MMU_UPDATE,
                             .domid = (xm_domid)domain,
                             .count = 1,
                             .updates = c->updates,
                             .foreigndom = DOMID_SELF };
    c->updates[0] = (struct mmu_update){
        .ptr = s->world.known[domain].boot_l2 << XM_PAGE_SHIFT |
               PVT_WINDOW_SLOT * 8u,
        .val = xm_pte(s->world.mfns[domain * FZ_PAGES],
                      XM_PTE_P | XM_PTE_RW | XM_PTE_US | XM_PTE_A),
    };
    rc = execute(s);
    if (rc != FZ_AGREES)
        return rc;
    return fz_compare_call(s);
}

static enum fz_outcome open_windows(struct fz_session *s)
{
    enum fz_outcome rc = FZ_AGREES;

    for (uint32_t d = 0; rc == FZ_AGREES && d < FZ_DOMAINS; d++)
        if (fz_has_domain(&s->world, d))
            rc = open_window(s, d);
    return rc;
}

/*
 * Each vCPU gets the fastest periodic timer that Xen allows, so that many a
 * long call is interrupted.
 */
static enum fz_outcome start_timers(struct fz_session *s)
{
    for (uint32_t i = 0; i < FZ_DOMAINS * PVT_VCPUS; i++) {
        struct vcpu_set_periodic_timer timer = { .period_ns = 1000000 };
        const uint32_t d = i / PVT_VCPUS, vcpu = i % PVT_VCPUS;
        struct pvt_outcome out;
        struct pvt_op op = {
            .call = PVT_HYPERCALL,
            .domid = (xm_domid)d,
            .number = __HYPERVISOR_vcpu_op,
            .arg = { VCPUOP_set_periodic_timer, vcpu, s->world.known[d].args },
            .data = (uint8_t *)&timer,
            .data_size = sizeof(timer),
        };

        if (!fz_has_domain(&s->world, d))
            continue;
        if (s->other->ops->execute(s->other, &op, &out) != 0)
            return fail(s, s->other);
    }
    return FZ_AGREES;
}

static enum fz_outcome begin_lockstep(struct fz_session *s,
                                      const struct fz_program *p)
{
    enum fz_outcome rc = take(s, p->domains);

    if (rc == FZ_AGREES && s->interrupt)
        rc = start_timers(s);
    if (rc == FZ_AGREES && pvt_model_sync(s->model, s->other) != 0)
        rc = fail(s, s->other);
    if (rc == FZ_AGREES) {
        fz_world_bind_grants(&s->world, pvt_model_cpu(s->model));
        rc = poke_all(s, s->other, p);
    }
    if (rc == FZ_AGREES)
        rc = poke_all(s, s->model, p);
    if (rc == FZ_AGREES)
        rc = open_windows(s);
    return rc == FZ_AGREES ? fz_remember(s) : rc;
}

enum fz_outcome fz_begin(struct fz_session *s, const struct fz_program *p)
{
    enum fz_outcome rc;

    s->turn = 0;
    s->leaked = false;
    s->nr_alloc = 0;
    memset(s->world.handles, 0, sizeof(s->world.handles));
    if (s->other)
        return begin_lockstep(s, p);
    rc = fz_snapshot_go_back(s, p->domains);
    if (rc == FZ_NO_CALL) { /* there is no snapshot of these domains */
        if (s->model->ops->end_trace(s->model) != 0)
            return fail(s, s->model);
        rc = take(s, p->domains);
        if (rc == FZ_AGREES) {
            fz_world_bind_grants(&s->world, pvt_model_cpu(s->model));
            rc = open_windows(s);
        }
        if (rc == FZ_AGREES)
            rc = fz_snapshot(s);
    }
    if (rc == FZ_AGREES)
        fz_snapshot_poke(s, p);
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
    rc = execute(s);
    if (rc == FZ_AGREES)
        rc = fz_compare_call(s);
    if (rc == FZ_DIFFERS && s->other)
        rc = fz_explain(s, p, at);
    fz_note_handle(&s->world, &p->ops[at], &s->call, s->out[0].rc,
                   s->answer[0]);
    return rc;
}

enum fz_outcome fz_end(struct fz_session *s)
{
    struct pvt_backend *const side[2] = { s->model, s->other };
    enum fz_outcome rc;

    if (!s->other)
        return FZ_AGREES; /* the next begins from a snapshot */
    rc = fz_release(s);
    if (rc == FZ_AGREES && s->spent)
        return rc;
    for (uint32_t i = 0; rc == FZ_AGREES && i < 2; i++)
        if (side[i]->ops->end_trace(side[i]) != 0)
            rc = fail(s, side[i]);
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
    if (rc == FZ_AGREES || rc == FZ_DIFFERS) {
        const enum fz_outcome ended = fz_end(s);

        if (ended != FZ_AGREES && rc == FZ_AGREES)
            rc = ended;
    }
    return rc;
}
