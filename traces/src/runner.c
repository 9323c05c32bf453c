/* SPDX-License-Identifier: MIT
 *
 * Running a trace, step by step, on one machine or on two.
 */
#include "run.h"

#include <stdlib.h>
#include <string.h>

static int fail(struct run *r, const char *message)
{
    snprintf(r->report->message, sizeof(r->report->message), "%s", message);
    return -1;
}

static int fail_side(struct run *r, enum side side)
{
    return fail(r, r->sides[side]->message);
}

/* The other machine, if there is one, chooses the frames: the model follows. */
static enum side leader(const struct run *r)
{
    return r->sides[SIDE_OTHER] ? SIDE_OTHER : SIDE_MODEL;
}

static int skip(struct run *r, const char *why)
{
    r->report->skipped = true;
    (void)fail(r, why);
    return 1;
}

static bool is_about_grants(const struct pvt_call_info *call)
{
    return call->hypercall == __HYPERVISOR_grant_table_op ||
           strcmp(call->name, "memory.acquire_resource") == 0;
}

uint32_t pvt_frames_taken(const struct pvt_trace *t, uint32_t i)
{
    uint32_t n = 0;

    for (uint32_t page = 0; page < t->nr_pages; page++)
        n += t->pages[page].domain == i && !t->pages[page].new;
    return n;
}

/* 1: the machine has no such domain, or the domain no such vCPU. */
static int use_domains(struct run *r)
{
    struct pvt_backend *b = r->sides[leader(r)];
    const struct pvt_trace *t = r->trace;

    if (t->xen_first &&
        (b->xen_minor < t->xen_first || b->xen_minor > t->xen_last))
        return skip(r, "it is for other versions of Xen");
    if (t->build != PVT_BUILD_ANY &&
        b->xen_debug != (t->build == PVT_BUILD_DEBUG))
        return skip(r, b->xen_debug ? "it is for release builds of Xen"
                                    : "it is for debug builds of Xen");
    if (t->l1tf != b->l1tf &&
        (r->sides[SIDE_OTHER] || pvt_model_set_l1tf(b, t->l1tf) != 0))
        return skip(r, t->l1tf ? "it is for a Xen that looks for L1TF "
                                 "(pv-l1tf=domu)"
                               : "it is for a Xen that does not look for L1TF");
    for (uint32_t i = 0; b->without_grants && i < t->nr_steps; i++)
        if (t->steps[i].info && is_about_grants(t->steps[i].info))
            return skip(r, "the grant tables of this Xen cannot be read");
    for (uint32_t i = 0; r->sides[SIDE_OTHER] && i < t->nr_steps; i++)
        if (t->steps[i].vcpu >= PVT_VCPUS)
            return skip(r, "it needs more than two vCPUs of a domain");
    for (uint32_t i = 0; i < t->nr_domains; i++) {
        const int rc =
            b->ops->use_domain(b, t->domains[i].domid, t->domains[i].privileged,
                               pvt_frames_taken(t, i), &r->known[i]);

        if (rc != 0)
            return rc > 0 ? skip(r, b->message) : fail_side(r, leader(r));
    }
    return 0;
}

static int take_pages(struct run *r)
{
    const enum side side = leader(r);
    struct pvt_backend *b = r->sides[side];
    const struct pvt_trace *t = r->trace;

    for (uint32_t i = 0, n; i < t->nr_pages; i += n) {
        for (n = 1; i + n < t->nr_pages && !t->pages[i + n].new &&
                    t->pages[i + n].domain == t->pages[i].domain;
             n++)
            ;
        if (t->pages[i].new) {
            r->pages[i] = PVT_NO_MFN;
            n = 1;
            continue;
        }
        if (b->ops->take_frames(b, t->domains[t->pages[i].domain].domid, n,
                                &r->pages[i]) != 0)
            return fail_side(r, side);
    }
    return 0;
}

static int write_pages(struct run *r, enum side side)
{
    struct pvt_backend *b = r->sides[side];
    const struct pvt_trace *t = r->trace;

    for (uint32_t i = 0; i < t->nr_fills; i++) {
        const struct pvt_fill *f = &t->fills[i];
        const xm_mfn mfn = r->pages[f->slot.frame.page];
        const uint64_t *const before = b->ops->page(b, mfn);
        uint64_t words[XM_ENTRIES];

        if (t->pages[f->slot.frame.page].new)
            continue;
        if (!before)
            return fail_side(r, side);
        memcpy(words, before, sizeof(words));
        for (uint32_t k = f->slot.index; k <= f->last; k++)
            words[k] = run_entry(r, &f->entry);
        if (b->ops->write_page(b, mfn, words) != 0)
            return fail_side(r, side);
    }
    return 0;
}

static void watch(struct run *r, const char *name, xm_mfn mfn)
{
    struct pvt_watched *w = &r->watched[r->nr_watched++];

    snprintf(w->name, sizeof(w->name), "%s", name);
    w->mfn = mfn;
}

void run_watch(struct run *r, uint32_t page, xm_mfn mfn)
{
    r->watched[page].mfn = mfn;
    if (r->changes)
        changes_watch(r->changes, page, mfn);
    run_mark(r->dirty, page);
    r->bound = true;
}

static void watch_known(struct run *r, struct pvt_frame_ref ref)
{
    struct pvt_watched *w = &r->watched[r->nr_watched];

    watch(r, "", run_frame(r, ref));
    run_frame_name(r, ref, w->name, sizeof(w->name));
}

static int prepare(struct run *r)
{
    const struct pvt_trace *t = r->trace;
    struct pvt_backend *model = r->sides[SIDE_MODEL];
    struct pvt_backend *other = r->sides[SIDE_OTHER];
    const size_t words = (t->nr_pages + 3u * t->nr_domains) / 64 + 1;

    r->pages = calloc(t->nr_pages + 1u, sizeof(*r->pages));
    r->watched = calloc(t->nr_pages + 3u * t->nr_domains, sizeof(*r->watched));
    r->grants = calloc(NR_SIDES, sizeof(*r->grants));
    r->alloc = calloc(t->nr_pages + 1u, sizeof(*r->alloc));
    r->dirty = calloc(4u * words, sizeof(*r->dirty));
    if (!r->pages || !r->watched || !r->alloc || !r->grants || !r->dirty)
        return fail(r, "out of memory: free some");
    r->tables = r->dirty + words;
    r->read = r->tables + words;
    r->awaited = r->read + words;
    if (take_pages(r) != 0 || (other && write_pages(r, SIDE_OTHER) != 0))
        return -1;
    if (other && pvt_model_sync(model, other) != 0)
        return fail_side(r, SIDE_OTHER);
    if (write_pages(r, SIDE_MODEL) != 0)
        return -1;
    for (uint32_t i = 0; i < t->nr_pages; i++)
        watch(r, t->pages[i].name, r->pages[i]);
    for (uint32_t i = 0; i < t->nr_domains; i++)
        for (enum pvt_frame_kind k = PVT_FRAME_BOOT_L4; k <= PVT_FRAME_BOOT_L2;
             k++)
            watch_known(r, (struct pvt_frame_ref){ .kind = k, .domain = i });
    if (r->nr_watched > PVT_MANY_PAGES) {
        r->changes = changes_open(r);
        if (!r->changes)
            return fail(r, "out of memory: free some");
    }
    return 0;
}

static int lost(struct run *r, enum side side)
{
    struct pvt_difference *d =
        run_differ(r, PVT_KIND_LOST, "model", 0, run_side_name(r, side), 0);

    snprintf(d->detail, sizeof(d->detail), "%s", r->sides[side]->message);
    r->report->lost = true;
    return 0;
}

static int execute_on(struct run *r, enum side side, struct pvt_op *op,
                      const struct pvt_expect *e, struct pvt_outcome *out)
{
    struct pvt_backend *b = r->sides[side];

    if (b->ops->execute(b, op, out) != 0)
        return -1;
    /* Where the model has no reason, the trace may know one. */
    if (side == SIDE_MODEL)
        r->rule = out->why.rule != XM_R_NONE ? out->why.rule
                  : e                        ? e->by
                                             : XM_R_NONE;
    return 0;
}

/* The model's allocator delivers what that of the other machine did. */
static void follow(const struct run *r, const struct pvt_outcome *other,
                   struct xm_cpu *cpu)
{
    cpu->alloc = other->nr_alloc ? other->alloc : r->alloc;
    cpu->nr_alloc = other->nr_alloc ? other->nr_alloc : r->nr_alloc;
}

/* Only a machine with a TLB can tell. */
static bool asks(const struct run *r, enum side s)
{
    return r->sides[s] && !(s == SIDE_MODEL && r->current && r->current->stale);
}

/*
 * One call on all machines, the other first: what its allocator delivers, the
 * model's must deliver too. E: NULL, or what is expected. DATA: the arguments
 * of a hypercall, the model's and a copy for the other.
 */
static int execute(struct run *r, struct pvt_op op, const struct pvt_expect *e,
                   uint8_t *data[NR_SIDES], struct pvt_outcome out[NR_SIDES])
{
    static const enum side order[] = { SIDE_OTHER, SIDE_MODEL };
    struct xm_cpu *cpu = pvt_model_cpu(r->sides[SIDE_MODEL]);
    const bool hypercall = op.call == PVT_HYPERCALL;

    r->nr_alloc = 0;
    for (enum side s = SIDE_MODEL; s < NR_SIDES; s++) /* also if one is lost */
        out[s] = (struct pvt_outcome){ .done = PVT_DONE_UNTOUCHED };
    if (hypercall)
        memcpy(data[SIDE_OTHER], data[SIDE_MODEL], op.data_size);
    if (hypercall && r->current)
        run_await(r, r->current);
    for (unsigned int i = 0; i < NR_SIDES; i++) {
        const enum side s = order[i];

        if (!asks(r, s))
            continue;
        op.data = hypercall ? data[s] : NULL;
        follow(r, &out[SIDE_OTHER], cpu);
        if (execute_on(r, s, &op, e, &out[s]) != 0)
            return lost(r, s);
        if (hypercall && r->current &&
            s == (r->sides[SIDE_OTHER] ? SIDE_OTHER : SIDE_MODEL))
            run_bind(r, r->current, data[s], out[s].rc);
    }
    if (r->sides[SIDE_OTHER] && asks(r, SIDE_MODEL)) {
        run_compare_outcomes(r, op.call, &out[SIDE_MODEL], &out[SIDE_OTHER]);
        if (op.call == PVT_EXECUTE)
            run_compare_registers(r, op.code, &out[SIDE_MODEL],
                                  &out[SIDE_OTHER]);
        if (hypercall)
            run_compare_arguments(r, data[SIDE_MODEL], data[SIDE_OTHER],
                                  op.data_size);
    }
    for (enum side s = SIDE_MODEL; e && s < NR_SIDES; s++) {
        if (!asks(r, s))
            continue;
        run_expect(r, e, s, &out[s]);
        if (hypercall)
            run_expect_out(r, r->current, s, data[s]);
        if (op.call == PVT_EXECUTE)
            run_expect_registers(r, &r->current->insn->out, s, &out[s]);
    }
    if (r->runner->answers_only)
        return 0;
    if (run_compare_state(r) != 0 || (hypercall && run_compare_grants(r) != 0))
        return r->sides[SIDE_OTHER] ? lost(r, SIDE_OTHER)
                                    : fail_side(r, SIDE_MODEL);
    run_check_invariants(r);
    return 0;
}

/* The window's page becomes the L1 table behind window[0]. */
static int open_window(struct run *r, uint32_t domain)
{
    static const struct pvt_expect success = { .kind = PVT_EXPECT_RC };
    const struct pvt_domain *d = &r->trace->domains[domain];
    const uint64_t flags = XM_PTE_P | XM_PTE_RW | XM_PTE_US | XM_PTE_A;
    struct pvt_outcome out[NR_SIDES];
    struct mmu_update update;
    struct pvt_op op;

    update = (struct mmu_update){
        .ptr = r->known[domain].boot_l2 << XM_PAGE_SHIFT | PVT_WINDOW_SLOT * 8u,
        .val = xm_pte(r->pages[d->window], flags),
    };
    op = (struct pvt_op){
        .call = PVT_MMU_UPDATE,
        .domid = d->domid,
        .count = 1,
        .updates = &update,
        .foreigndom = DOMID_SELF,
        .other = DOMID_SELF,
    };
    return execute(r, op, &success, NULL, out);
}

static int open_windows(struct run *r)
{
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && i < r->trace->nr_domains; i++)
        if (r->trace->domains[i].has_window && r->report->nr_differences == 0)
            rc = open_window(r, i);
    return rc;
}

static void note_fired(struct run *r, const struct pvt_outcome *o)
{
    for (size_t i = 0; i < sizeof(r->fired.bits) / sizeof(r->fired.bits[0]);
         i++)
        r->fired.bits[i] |= o->fired.bits[i];
    xm_rule_set_add(&r->fired, o->why.rule);
}

static int run_step(struct run *r, struct pvt_resolved *resolved)
{
    const uint32_t before = r->report->nr_differences;
    uint8_t *data[NR_SIDES] = { resolved->data[SIDE_MODEL],
                                resolved->data[SIDE_OTHER] };
    struct pvt_outcome out[NR_SIDES];
    struct pvt_observation o;

    r->bound = false;
    if (run_resolve(r, r->current, resolved) != 0)
        return fail(r, "the arguments of a call are too long: make its lists "
                       "shorter");
    if (execute(r, resolved->op,
                r->step <= r->runner->unasked ? NULL : &r->current->expect,
                data, out) != 0)
        return -1;
    r->report->steps++;
    note_fired(r, &out[SIDE_MODEL]);
    if (!r->runner->observe)
        return 0;
    o = (struct pvt_observation){
        .trace = r->trace,
        .step = r->current,
        .number = r->step,
        .model = &out[SIDE_MODEL],
        .other = r->sides[SIDE_OTHER] ? &out[SIDE_OTHER] : NULL,
        .watched = r->watched,
        .nr_watched = r->nr_watched,
        .bound = r->bound,
        .nr_differences = r->report->nr_differences - before,
        .differences = &r->report->differences[before],
    };
    r->runner->observe(r->runner->context, &o);
    return 0;
}

static void begin(const struct run *r)
{
    const struct pvt_observation o = {
        .trace = r->trace,
        .watched = r->watched,
        .nr_watched = r->nr_watched,
    };

    if (r->runner->begin)
        r->runner->begin(r->runner->context, &o);
}

static int run_steps(struct run *r)
{
    struct pvt_resolved *resolved = malloc(sizeof(*resolved));
    int rc = 0;

    if (!resolved)
        return fail(r, "out of memory: free some");
    begin(r);
    for (uint32_t i = 0;
         rc == 0 && i < r->trace->nr_steps && r->report->nr_differences == 0;
         i++) {
        r->step = i + 1;
        r->current = &r->trace->steps[i];
        r->line = r->current->line;
        r->rule = XM_R_NONE;
        rc = run_step(r, resolved);
    }
    free(resolved);
    return rc;
}

static int finish(struct run *r)
{
    if (r->report->nr_differences != 0)
        return 0;
    r->step = PVT_STEP_FINAL;
    r->current = NULL;
    r->line = 0;
    r->rule = XM_R_NONE;
    run_expect_rules(r);
    if (run_compare_whole_state(r) != 0 || run_compare_m2p(r) != 0 ||
        run_expect_final(r) != 0)
        return fail(r, "a frame of the final section cannot be read: does the "
                       "machine have it?");
    return 0;
}

/* Both go back to the state in which traces begin. */
static int end_trace(struct run *r)
{
    const bool halfway = r->report->nr_differences != 0;

    if (r->report->lost)
        return r->sides[SIDE_MODEL]->ops->end_trace(r->sides[SIDE_MODEL],
                                                    halfway);
    for (enum side s = SIDE_MODEL; s < NR_SIDES; s++) {
        const int rc =
            r->sides[s] ? r->sides[s]->ops->end_trace(r->sides[s], halfway) : 0;

        if (rc < 0)
            return s == SIDE_OTHER ? lost(r, s) : fail_side(r, s);
        r->report->lost |= rc > 0;
    }
    return 0;
}

int pvt_run(const struct pvt_runner *runner, const struct pvt_trace *t,
            struct pvt_report *report)
{
    struct run r = { .runner = runner,
                     .trace = t,
                     .report = report,
                     .sides = { runner->model, runner->other },
                     .step = PVT_STEP_INIT };
    int rc;

    memset(report, 0, sizeof(*report));
    rc = use_domains(&r);
    if (rc == 0)
        rc = prepare(&r);
    if (rc == 0) {
        if (runner->answers_only) {
            rc = open_windows(&r);
        } else if (run_compare_state(&r) != 0) {
            rc = fail(&r, "the machine cannot be read");
        } else {
            run_check_invariants(&r);
            rc = open_windows(&r);
        }
        if (rc == 0 && report->nr_differences == 0)
            rc = run_steps(&r);
        if (rc == 0)
            rc = finish(&r);
    }
    if (rc > 0)
        rc = 0; /* skipped */
    if (end_trace(&r) != 0)
        rc = -1;
    free(r.pages);
    free(r.watched);
    free(r.alloc);
    free(r.dirty);
    changes_close(r.changes);
    free(r.grants);
    return rc;
}
