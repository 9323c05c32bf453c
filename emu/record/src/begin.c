/* SPDX-License-Identifier: MIT
 *
 * The beginning of a recording, the tables that the guest finds; and its end.
 */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_NEW "fffff" /* frames that calls return, and handles */

static const struct xm_vcpu *first_vcpu(const struct record *r)
{
    return &xm_domain_find(r->cpu->machine, r->domid)->vcpu[0];
}

static void name_frames(struct record *r)
{
    for (uint32_t mfn = 0; mfn < r->nr_frames; mfn++) {
        const struct xm_frame *f = xm_machine_frame_const(r->cpu->machine, mfn);
        const uint64_t pfn = *xm_machine_m2p(r->cpu->machine, mfn);

        if (f->owner == r->domid && pfn < r->config.nr_pages)
            r->frames[mfn].name = 1 + (uint32_t)pfn;
    }
}

/* An entry as it was before Xen has marked it as one of the guest's kernel. */
static uint64_t as_written(uint64_t e)
{
    return e & XM_PTE_GUEST_KERNEL ? e & ~(XM_PTE_GUEST_KERNEL | XM_PTE_US) : e;
}

static void put_table(struct record *r, xm_mfn mfn, unsigned int level)
{
    const uint64_t *words = xm_ram_frame(r->cpu, mfn);
    struct record_content *c;

    if (!record__is_named(r, mfn) || r->frames[mfn].content)
        return;
    c = r->frames[mfn].content = calloc(1, sizeof(*c));
    if (!c)
        abort();
    for (unsigned int i = 0; i < XM_ENTRIES; i++) {
        if (level == 4 && xm_l4_slot_is_xen(i)) {
            c->unknown[i / 64] |= 1ull << (i % 64);
            continue;
        }
        c->words[record__slot(r, level, i)] = words[i];
        if (words[i] == 0)
            continue;
        record__string(&r->out, "  pte ");
        record__put_frame(r, mfn);
        record__char(&r->out, '[');
        record__decimal(&r->out, record__slot(r, level, i));
        record__string(&r->out, "] = ");
        record__put_entry(r, as_written(words[i]));
        record__char(&r->out, '\n');
    }
    for (unsigned int i = 0; level > 1 && i < XM_ENTRIES; i++)
        if ((words[i] & XM_PTE_P) && !(level == 4 && xm_l4_slot_is_xen(i)))
            put_table(r, xm_pte_mfn(words[i]), level - 1);
}

static void put_domain(struct record *r)
{
    struct record_out *const o = &r->out;
    const struct xm_domain *d = xm_domain_find(r->cpu->machine, r->domid);

    record__string(o, "pvt 1\ntest recorded\n\"A guest's run.\"\n");
    if (d->check_l1tf)
        record__string(o, "xen v4.13..v4.22 l1tf\n");
    record__string(o, "\ninit {\n  dom d");
    record__decimal(o, r->domain);
    record__string(o, d->privileged ? " privileged\n" : " unprivileged\n");
    record__string(o, "  page d");
    record__decimal(o, r->domain);
    record__string(o, " x0..x");
    record__hex(o, r->config.nr_pages - 1u);
    record__string(o, "\n  new d");
    record__decimal(o, r->domain);
    record__string(o, " n0..n" MOST_NEW "\n  value h0..h" MOST_NEW "\n");
}

static void begin(struct record *r)
{
    const struct xm_vcpu *v = first_vcpu(r);
    const struct xm_frame *f =
        xm_machine_frame_const(r->cpu->machine, v->guest_table);

    name_frames(r);
    put_domain(r);
    put_table(r, v->guest_table, 4);
    record__string(&r->out, "}\nrun {\n");
    record__carry(r, v->guest_table);
    if (f->type_info & XM_PGT_PINNED) {
        record__who(r);
        record__string(&r->out, "pin L4 ");
        record__put_frame(r, v->guest_table);
        record__put_result(r, 0);
    }
    record__who(r);
    record__string(&r->out, "new_baseptr ");
    record__put_frame(r, v->guest_table);
    record__put_result(r, 0);
    record__commit(&r->out);
}

struct record *record_open(const struct record_config *config, char *error,
                           size_t size)
{
    struct record *r = calloc(1, sizeof(*r));

    if (!r) {
        snprintf(error, size, "%s: no memory for the recording", config->file);
        return NULL;
    }
    r->config = *config;
    r->cpu = config->cpu;
    r->domid = r->cpu->domid;
    r->domain = xm_domain_find(r->cpu->machine, r->domid)->privileged ? 0 : 1;
    r->nr_frames = xm_machine_config(r->cpu->machine)->nr_frames;
    r->frames = calloc(r->nr_frames, sizeof(*r->frames));
    if (!record__out_open(&r->out, config->file) || !r->frames) {
        snprintf(error, size, "%s: %s", config->file,
                 r->frames ? r->out.error : "no memory for the recording");
        record_close(r);
        return NULL;
    }
    begin(r);
    return r;
}

const char *record_error(const struct record *r)
{
    return r->out.error;
}

void record_close(struct record *r)
{
    if (!r)
        return;
    if (r->out.map || r->out.packed) {
        record__string(&r->out, "}\n");
        record__commit(&r->out);
    }
    record__out_close(&r->out);
    for (uint32_t i = 0; r->frames && i < r->nr_frames; i++)
        free(r->frames[i].content);
    free(r->frames);
    free(r->handles);
    free(r->calls);
    free(r->data);
    free(r);
}
