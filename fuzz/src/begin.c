/* SPDX-License-Identifier: MIT
 *
 * How programs begin: always from the same state, which was made once and to
 * which both machines go back. Then the pokes are written.
 */
#include "begin.h"
#include "compare.h"
#include "execute.h"

#include <xen-model/pte.h>
#include <xen-model/snapshot.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/vcpu.h>

#define ALL_DOMAINS ((1u << FZ_DOMAINS) - 1u)

static enum fz_outcome fail(struct fz_session *s, const struct pvt_backend *b)
{
    snprintf(s->message, sizeof(s->message), "%s", b->message);
    return b == s->other ? FZ_LOST : FZ_FAILED;
}

static enum fz_outcome out_of_memory(struct fz_session *s)
{
    snprintf(s->message, sizeof(s->message), "out of memory");
    return FZ_FAILED;
}

/* The other machine, if there is one, gives the frames: the model follows. */
static enum fz_outcome take(struct fz_session *s, uint32_t domains)
{
    struct pvt_backend *b = s->other ? s->other : s->model;
    struct fz_world *w = &s->world;

    w->domains = domains;
    for (uint32_t d = 0; d < FZ_DOMAINS; d++)
        if (fz_has_domain(w, d) &&
            b->ops->use_domain(b, (xm_domid)d, d == 0, FZ_FIRST_PAGES,
                               &w->known[d]) != 0)
            return fail(s, b);
    for (uint32_t d = 0; d < FZ_DOMAINS; d++)
        if (fz_has_domain(w, d) &&
            b->ops->take_frames(b, (xm_domid)d, FZ_FIRST_PAGES,
                                &w->mfns[d * FZ_PAGES]) != 0)
            return fail(s, b);
    fz_world_forget(w);
    fz_world_bind(w);
    return FZ_AGREES;
}

void fz_watch(struct fz_session *s)
{
    struct fz_watched *w = &s->watched;

    w->count = 0;
    for (uint32_t i = 0; i < FZ_NR_WATCHED; i++) {
        if (s->world.mfns[i] == FZ_NONE)
            continue;
        w->places[w->count] = (uint8_t)i;
        w->mfns[w->count++] = s->world.mfns[i];
    }
}

static enum fz_outcome open_window(struct fz_session *s, uint32_t domain)
{
    static const struct fz_op update = { .kind = FZ_MMU_UPDATE };
    struct fz_call *c = &s->call;
    enum fz_outcome rc;

    c->stops = 0;
    c->delay = 0;
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
    rc = fz_execute_both(s, &update);
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

static enum fz_outcome keep(struct fz_session *s)
{
    struct xm_cpu *c = pvt_model_cpu(s->model);
    const struct xm_config *config = xm_machine_config(c->machine);

    if (!s->block)
        s->block = malloc(xm_machine_size(config));
    if (!s->ram)
        s->ram = malloc((size_t)config->nr_frames * XM_PAGE_SIZE);
    if (!s->block || !s->ram)
        return out_of_memory(s);
    xm_snapshot_take(c, &(struct xm_snapshot){ s->block, s->ram });
    memset(s->changed, 0,
           XM_WRITTEN_WORDS(config->nr_frames) * sizeof(*s->changed));
    s->all = s->world;
    if (s->other && s->other->ops->keep(s->other) != 0)
        return fail(s, s->other);
    return FZ_AGREES;
}

/* The state in which programs of DOMAINS begin. */
static enum fz_outcome prepare(struct fz_session *s, uint32_t domains)
{
    enum fz_outcome rc = FZ_AGREES;

    s->all.domains = 0;
    if (!s->other && s->model->ops->end_trace(s->model, false) != 0)
        rc = fail(s, s->model);
    if (rc == FZ_AGREES)
        rc = take(s, domains);
    if (rc == FZ_AGREES && s->interrupt)
        rc = start_timers(s);
    if (rc == FZ_AGREES && s->other && pvt_model_sync(s->model, s->other) != 0)
        rc = fail(s, s->other);
    if (rc == FZ_AGREES) {
        fz_world_bind_grants(&s->world, pvt_model_cpu(s->model));
        fz_watch(s);
        rc = open_windows(s);
    }
    return rc == FZ_AGREES ? keep(s) : rc;
}

static void model_goes_back(struct fz_session *s)
{
    struct xm_cpu *c = pvt_model_cpu(s->model);
    const uint32_t nr = xm_machine_config(c->machine)->nr_frames;

    for (size_t i = 0; i < XM_WRITTEN_WORDS(nr); i++) {
        s->written[i] |= s->changed[i];
        s->changed[i] = 0;
    }
    xm_snapshot_restore(c, &(struct xm_snapshot){ s->block, s->ram });
}

static void poke_model(struct fz_session *s, const struct fz_program *p)
{
    const uint32_t pokes = fz_nr_pokes(p);

    for (uint32_t i = 0; i < pokes; i++) {
        const struct fz_op *op = &p->ops[i];
        const uint32_t page = fz_frame(&s->world, op->table);
        const xm_mfn mfn = s->world.mfns[page];

        if (!fz_is_page(page) || fz_is_window(page))
            continue;
        s->changed[mfn / 64] |= 1ull << mfn % 64;
        xm_ram_frame(pvt_model_cpu(s->model), mfn)[op->slot % XM_ENTRIES] =
            fz_entry(&s->world, op);
    }
}

/* The pages that the model has so. */
static enum fz_outcome poke_other(struct fz_session *s)
{
    const struct xm_cpu *c = pvt_model_cpu(s->model);

    for (uint32_t i = 0; i < FZ_BOOT_L4; i++) {
        const xm_mfn mfn = s->world.mfns[i];

        if (mfn != FZ_NONE && (s->changed[mfn / 64] >> mfn % 64 & 1) &&
            s->other->ops->write_page(s->other, mfn, xm_ram_frame(c, mfn)) != 0)
            return fail(s, s->other);
    }
    return FZ_AGREES;
}

void fz_model_begins(struct fz_session *s, const struct fz_program *p)
{
    model_goes_back(s);
    poke_model(s, p);
    fz_world_forget(&s->world);
    fz_watch(s);
}

static enum fz_outcome go_back(struct fz_session *s, const struct fz_program *p)
{
    const uint32_t domains = s->other ? ALL_DOMAINS : p->domains;

    if (s->all.domains != domains)
        return prepare(s, domains);
    if (s->other && s->other->ops->go_back(s->other) != 0)
        return fail(s, s->other);
    return FZ_AGREES;
}

enum fz_outcome fz_begin(struct fz_session *s, const struct fz_program *p)
{
    enum fz_outcome rc;

    s->turn = 0;
    s->leaked = false;
    s->nr_alloc = 0;
    s->nr_cuts = 0;
    rc = go_back(s, p);
    for (uint32_t i = 0; i < FZ_BOOT_L4; i++)
        s->fresh[i] = FZ_NONE;
    if (rc != FZ_AGREES)
        return rc;
    fz_world_of(&s->world, &s->all, p->domains);
    fz_model_begins(s, p);
    return s->other ? poke_other(s) : FZ_AGREES;
}
