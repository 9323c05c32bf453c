/* SPDX-License-Identifier: MIT
 *
 * Following a model through a trace: a copy of what matters, and after each
 * step the difference to it. The tables that the model writes say so in
 * cpu.written, so that a step costs little however large the machine is.
 */
#include "report.h"

#include <stdlib.h>
#include <string.h>

int report_open(struct report *r, struct pvt_backend *model)
{
    const uint32_t nr = (uint32_t)model->known.nr_frames;

    *r = (struct report){ .model = model, .nr_frames = nr };
    r->frames = calloc(nr, sizeof(*r->frames));
    r->memory = calloc(nr, PVT_FRAME_BYTES);
    r->ram = calloc(nr, XM_PAGE_SIZE);
    r->followed = calloc(nr, sizeof(*r->followed));
    r->written = calloc(XM_WRITTEN_WORDS(nr), sizeof(*r->written));
    r->names = calloc(nr, sizeof(*r->names));
    pvt_model_cpu(model)->written = r->written;
    if (r->frames && r->memory && r->ram && r->followed && r->written &&
        r->names)
        return 0;
    report_close(r);
    return -1;
}

void report_close(struct report *r)
{
    pvt_model_cpu(r->model)->written = NULL;
    free(r->frames);
    free(r->memory);
    free(r->ram);
    free(r->followed);
    free(r->written);
    free(r->names);
    free(r->name);
    free(r->frame_changes);
    free(r->entry_changes);
}

/* Room for one more in a list that grows by doubling; NULL: no memory. */
static void *grow(struct report *r, void *list, uint32_t count, size_t size)
{
    void *bigger = list;

    if (count == 0 || (count >= 16 && (count & (count - 1)) == 0)) {
        bigger = realloc(list, (count ? 2u * count : 16u) * size);
        r->failed |= !bigger;
    }
    return bigger;
}

static void note_frame(struct report *r, xm_mfn mfn, const struct xm_frame *is)
{
    struct report_frame_change *c = grow(
        r, r->frame_changes, r->nr_frame_changes, sizeof(*r->frame_changes));

    if (!c)
        return;
    r->frame_changes = c;
    c[r->nr_frame_changes++] =
        (struct report_frame_change){ mfn, r->frames[mfn], *is };
}

static void note_entry(struct report *r, xm_mfn mfn, uint32_t slot, uint64_t is)
{
    struct report_entry_change *c = grow(
        r, r->entry_changes, r->nr_entry_changes, sizeof(*r->entry_changes));

    if (!c)
        return;
    r->entry_changes = c;
    c[r->nr_entry_changes++] =
        (struct report_entry_change){ mfn, slot,
                                      r->ram[mfn * XM_ENTRIES + slot], is };
}

/* Of a frame that is no live table these bytes hold a time stamp. */
static struct xm_frame meaning(const struct xm_frame *f)
{
    struct xm_frame m = { .count_info = f->count_info,
                          .type_info = f->type_info,
                          .owner = f->owner };

    if (report_table_level(f) != 0) {
        m.linear_count = f->linear_count;
        m.nr_validated = f->nr_validated;
        m.partial_set = f->partial_set;
    }
    return m;
}

static bool same_frame(const struct xm_frame *a, const struct xm_frame *b)
{
    return a->count_info == b->count_info && a->type_info == b->type_info &&
           a->owner == b->owner && a->linear_count == b->linear_count &&
           a->nr_validated == b->nr_validated &&
           a->partial_set == b->partial_set;
}

static void follow_block(struct report *r, xm_mfn first)
{
    const struct xm_machine *m = pvt_model_cpu(r->model)->machine;
    const xm_mfn end = first + PVT_FRAME_BLOCK;

    for (xm_mfn mfn = first; mfn < r->nr_frames && mfn < end; mfn++) {
        const struct xm_frame *f = xm_machine_frame_const(m, mfn);
        const struct xm_frame is = meaning(f);

        if (same_frame(&r->frames[mfn], &is))
            continue;
        /* Before the first step, what is free goes without saying. */
        if (r->step || !report_is_free(&is))
            note_frame(r, mfn, &is);
        r->frames[mfn] = is;
    }
}

/* There may be a hundred thousand, of which a step changes five. */
static void follow_frames(struct report *r)
{
    for (xm_mfn first = 0; first < r->nr_frames; first += PVT_FRAME_BLOCK) {
        uint8_t *const copy = r->memory + first * PVT_FRAME_BYTES;
        size_t size;
        const void *now = r->model->ops->frame_memory(r->model, first, &size);

        if (memcmp(copy, now, size) == 0)
            continue;
        memcpy(copy, now, size);
        follow_block(r, first);
    }
}

static void follow_page(struct report *r, xm_mfn mfn)
{
    const uint64_t *is = xm_ram_frame(pvt_model_cpu(r->model), mfn);
    uint64_t *was = &r->ram[mfn * XM_ENTRIES];

    if (memcmp(was, is, XM_PAGE_SIZE) == 0)
        return;
    for (uint32_t slot = 0; slot < XM_ENTRIES; slot++)
        if (was[slot] != is[slot])
            note_entry(r, mfn, slot, is[slot]);
    memcpy(was, is, XM_PAGE_SIZE);
}

static void follow_pages(struct report *r)
{
    /* A frame is a table, and followed, only after a change of its state. */
    for (uint32_t i = 0; i < r->nr_frame_changes; i++) {
        const xm_mfn mfn = r->frame_changes[i].mfn;

        if (!r->followed[mfn] && report_table_level(&r->frames[mfn]) != 0) {
            r->followed[mfn] = true;
            follow_page(r, mfn);
        }
    }
    for (size_t i = 0; i < XM_WRITTEN_WORDS(r->nr_frames); i++) {
        for (uint64_t word = r->written[i]; word; word &= word - 1) {
            const xm_mfn mfn = i * 64 + (unsigned int)__builtin_ctzll(word);

            if (r->followed[mfn])
                follow_page(r, mfn);
        }
        r->written[i] = 0;
    }
}

static void set_name(struct report *r, uint32_t i, const char *name, xm_mfn mfn)
{
    if (r->name[i].mfn == mfn)
        return;
    r->names_changed = true;
    r->name[i].mfn = mfn;
    snprintf(r->name[i].name, sizeof(r->name[i].name), "%s", name);
    if (mfn >= r->nr_frames)
        return;
    if (r->names[mfn] == 0)
        r->names[mfn] = i + 1;
    if (!r->followed[mfn]) {
        r->followed[mfn] = true;
        follow_page(r, mfn);
    }
}

/* Frames that every machine has, after those that the trace watches. */
static uint32_t set_known_names(struct report *r, uint32_t i)
{
    static const enum pvt_frame_kind kinds[] = { PVT_FRAME_XEN, PVT_FRAME_MMIO,
                                                 PVT_FRAME_M2P };
    const struct pvt_known_frames *known = &r->model->known;
    const xm_mfn mfns[] = { known->xen, known->mmio, known->m2p };
    char name[PVT_MAX_NAME + 1];

    for (uint32_t k = 0; k < 3 + r->trace->nr_domains; k++) {
        struct pvt_frame_ref ref = { .kind = PVT_FRAME_SHARED_INFO,
                                     .domain = k - 3 };
        FILE *f = fmemopen(name, sizeof(name), "w");
        const struct xm_domain *d;
        xm_mfn mfn = REPORT_NO_MFN;

        if (k < 3) {
            ref = (struct pvt_frame_ref){ .kind = kinds[k] };
            mfn = mfns[k];
        } else {
            d = xm_domain_find(pvt_model_cpu(r->model)->machine,
                               r->trace->domains[k - 3].domid);
            mfn = d ? d->shared_info : mfn;
        }
        if (!f) {
            r->failed = true;
            return i;
        }
        pvt_frame_ref_print(f, r->trace, ref);
        fclose(f);
        set_name(r, i++, name, mfn);
    }
    return i;
}

static void follow_names(struct report *r, const struct pvt_observation *o)
{
    if (r->name && !o->bound)
        return;
    if (!r->name) {
        r->nr_names = o->nr_watched + 3 + o->trace->nr_domains;
        r->name = malloc(r->nr_names * sizeof(*r->name));
        if (!r->name) {
            r->failed = true;
            return;
        }
        for (uint32_t i = 0; i < r->nr_names; i++)
            r->name[i] = (struct report_name){ .mfn = REPORT_NO_MFN };
        set_known_names(r, o->nr_watched);
    }
    for (uint32_t i = 0; i < o->nr_watched; i++)
        if (i >= o->trace->nr_pages || !o->trace->pages[i].value)
            set_name(r, i, o->watched[i].name, o->watched[i].mfn);
}

static bool same_vcpu(const struct report_vcpu *a, const struct report_vcpu *b)
{
    return a->domid == b->domid && a->vcpu == b->vcpu &&
           a->has_base == b->has_base && a->has_user_base == b->has_user_base &&
           a->base == b->base && a->user_base == b->user_base;
}

static void follow_vcpus(struct report *r)
{
    struct xm_machine *m = pvt_model_cpu(r->model)->machine;
    uint32_t n = 0;

    for (uint32_t i = 0; i < XM_MAX_DOMAINS; i++) {
        const struct xm_domain *d = xm_domain_at(m, i);

        for (uint32_t k = 0; d && !d->dying && k < d->nr_vcpus; k++) {
            const struct xm_vcpu *v = &d->vcpu[k];
            struct report_vcpu is = { .domid = d->domid,
                                      .vcpu = k,
                                      .has_base = v->has_base,
                                      .has_user_base = v->has_user_base };

            if (!v->initialised)
                continue;
            is.base = v->has_base ? v->guest_table : 0;
            is.user_base = v->has_user_base ? v->guest_table_user : 0;
            if (n >= r->nr_vcpus || !same_vcpu(&r->vcpus[n], &is))
                r->vcpus_changed = true;
            r->vcpus[n++] = is;
        }
    }
    r->vcpus_changed |= n != r->nr_vcpus;
    r->nr_vcpus = n;
}

void report_follow(struct report *r, const struct pvt_observation *o)
{
    r->trace = o->trace;
    r->step = o->step;
    r->number = o->number;
    if (o->model)
        r->outcome = *o->model;
    r->nr_frame_changes = r->nr_entry_changes = 0;
    r->vcpus_changed = r->names_changed = false;
    follow_frames(r);
    follow_names(r, o);
    follow_pages(r);
    follow_vcpus(r);
}
