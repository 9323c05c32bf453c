/* SPDX-License-Identifier: MIT
 *
 * Putting a case into machines, and reading back what they made of it.
 */
#include "machine.h"

#include <xen-model/pte.h>

#include <stdio.h>
#include <string.h>

/* The domains of the oracle are those of the machine, by number. */
static xm_domid domid_of(enum oracle_owner o)
{
    switch (o) {
    case OR_IO:
        return DOMID_IO;
    case OR_XEN:
        return DOMID_XEN;
    default:
        return (xm_domid)o;
    }
}

struct xm_frame frame_of(const struct oracle_frame *f)
{
    return (struct xm_frame){
        .count_info =
            XM_PGC_ALLOCATED | f->general | (f->special ? XM_PGC_XEN_HEAP : 0),
        .type_info = (uint64_t)f->type << XM_PGT_TYPE_SHIFT | f->count |
                     (f->validated ? XM_PGT_VALIDATED : 0) |
                     (f->pinned ? XM_PGT_PINNED : 0) |
                     (f->partial ? XM_PGT_PARTIAL : 0) |
                     (f->non_coherent ? XM_PGT_NON_COHERENT : 0),
        .linear_count = (int16_t)f->linear,
        .nr_validated = f->partial ? 1 : 0,
        .owner = domid_of(f->owner),
    };
}

/* A frame whose state operations may change. */
static bool changes(const struct oracle_frame *f)
{
    return f->owner <= OR_D2 || f->owner == OR_XEN;
}

static bool has_page(const struct oracle_frame *f)
{
    return f->owner <= OR_D2 && !f->special;
}

uint64_t entry_of(const struct run *r, const struct kase *k,
                  struct oracle_entry e)
{
    return xm_pte(r->mfn[k->owner][e.frame], e.flags);
}

/* The world as it is before the operation. */
static void put(struct run *r, struct machine *m, const struct kase *k)
{
    for (unsigned int i = 0; i < NR_W; i++) {
        const struct oracle_frame *f = &k->w.frame[i];
        const xm_mfn mfn = r->mfn[k->owner][i];
        const struct xm_frame state = frame_of(f);

        if (!(k->used & 1u << i) || !changes(f))
            continue;
        m->set_frame(m, mfn, &state);
        for (unsigned int s = 0; s < f->nr_contents; s++)
            m->page(m, mfn)[f->contents[s].slot] =
                entry_of(r, k, f->contents[s].e);
    }
}

/* All pages are zero between two cases. */
static void wipe(struct run *r, struct machine *m, const struct kase *k)
{
    for (unsigned int i = 0; i < NR_W; i++) {
        const struct oracle_frame *f = &k->w.frame[i];
        uint64_t *page;

        if (!(k->used & 1u << i) || !has_page(f))
            continue;
        page = m->page(m, r->mfn[k->owner][i]);
        for (unsigned int s = 0; s < f->nr_contents; s++)
            page[f->contents[s].slot] = 0;
        if (k->op == OP_PIN_L4)
            memset(page + XM_L4_XEN_FIRST, 0,
                   (XM_L4_XEN_LAST - XM_L4_XEN_FIRST + 1) * sizeof(*page));
    }
}

static int execute(struct run *r, struct machine *m, const struct kase *k,
                   struct pvt_outcome *out)
{
    const xm_mfn mfn = r->mfn[k->owner][W_TABLE];
    const struct mmuext_op ext = {
        .cmd = k->op == OP_UNPIN ? MMUEXT_UNPIN_TABLE
               : k->op == OP_CLEAR_PAGE
                   ? MMUEXT_CLEAR_PAGE
                   : MMUEXT_PIN_L1_TABLE + k->op - OP_PIN_L1,
        .arg1.mfn = mfn,
    };
    const struct mmu_update update = {
        .ptr =
            mfn << XM_PAGE_SHIFT |
            k->w.frame[W_TABLE].contents[0].slot * sizeof(uint64_t) |
            (k->preserve_ad ? MMU_PT_UPDATE_PRESERVE_AD : MMU_NORMAL_PT_UPDATE),
        .val = entry_of(r, k, k->new),
    };
    struct pvt_op op = {
        .call = k->op == OP_UPDATE ? PVT_MMU_UPDATE : PVT_MMUEXT_OP,
        .domid = domid_of(k->w.caller),
        .count = 1,
        .updates = &update,
        .ops = &ext,
        .foreigndom = DOMID_SELF,
        .other = DOMID_SELF,
    };

    if (k->op == OP_UPDATE && k->fd != k->w.caller)
        op.foreigndom = domid_of(k->fd);
    if (k->op == OP_UPDATE && k->owner != k->w.caller)
        op.foreigndom |= (domid_of(k->owner) + 1u) << 16;
    return m->backend->ops->execute(m->backend, &op, out);
}

/* The oracle's answer, and the world it leaves in K. */
static int ask_oracle(struct kase *k)
{
    switch (k->op) {
    case OP_UPDATE:
        return oracle_update(&k->w, W_TABLE, k->new, k->fd, k->preserve_ad);
    case OP_UNPIN:
        return oracle_unpin(&k->w, W_TABLE);
    case OP_CLEAR_PAGE:
        return oracle_clear_page(&k->w, W_TABLE);
    default:
        return oracle_pin(&k->w, W_TABLE, k->op - OP_PIN_L1 + 1);
    }
}

static bool same_frame(const struct machine *m, xm_mfn mfn,
                       const struct oracle_frame *f)
{
    const struct xm_frame want = frame_of(f);
    struct xm_frame is;

    if (m->backend->ops->read_frame(m->backend, mfn, &is) != 0)
        return false;
    return is.count_info == want.count_info && is.type_info == want.type_info &&
           (f->type < OR_L1 || f->type > OR_L4 || f->count == 0 ||
            is.linear_count == want.linear_count) &&
           (!f->partial || is.nr_validated == want.nr_validated);
}

/* The words of a page are the contents of F, and zero. */
static bool same_page(struct run *r, struct machine *m, const struct kase *k,
                      unsigned int i)
{
    const struct oracle_frame *f = &k->w.frame[i];
    const uint64_t *page = m->page(m, r->mfn[k->owner][i]);
    uint64_t others = 0;
    unsigned int next = 0;

    for (unsigned int s = 0; s < f->nr_contents; s++) {
        while (next < f->contents[s].slot)
            others |= page[next++];
        if (page[next++] != entry_of(r, k, f->contents[s].e))
            return false;
    }
    if (k->op != OP_PIN_L4)
        while (next < XM_ENTRIES)
            others |= page[next++];
    return others == 0;
}

static bool same(struct run *r, struct machine *m, const struct kase *k)
{
    for (unsigned int i = 0; i < NR_W; i++) {
        const struct oracle_frame *f = &k->w.frame[i];

        if (!(k->used & 1u << i))
            continue;
        if (changes(f) && !same_frame(m, r->mfn[k->owner][i], f))
            return false;
        if (has_page(f) && !same_page(r, m, k, i))
            return false;
    }
    return true;
}

/* All frames that K has used back to what the domains were given. */
static void restore(struct run *r, struct machine *m, const struct kase *k)
{
    for (unsigned int i = 0; i < NR_W; i++) {
        const struct oracle_frame *f = &r->world[k->owner].frame[i];
        const struct xm_frame state = frame_of(f);

        if ((k->used & 1u << i) && changes(f))
            m->set_frame(m, r->mfn[k->owner][i], &state);
    }
}

void run_case(struct run *r, const struct kase *k)
{
    struct kase after = *k;
    const int rc = ask_oracle(&after);

    r->executed++;
    for (unsigned int i = 0; i < r->nr_machines && !r->lost; i++) {
        struct machine *m = &r->machine[i];
        struct pvt_outcome out;

        put(r, m, k);
        if (execute(r, m, k, &out) != 0) {
            printf("%s: %s\n", m->name, m->backend->message);
            r->lost = true;
        } else if (out.rc != rc || !same(r, m, &after) ||
                   (m->has_rules && k->op == OP_UPDATE &&
                    kase_was_fast(&out) != after.w.fast)) {
            kase_print(r, m, k, &after, rc, &out);
            r->differences++;
        }
        wipe(r, m, k);
        restore(r, m, k);
    }
}

bool run_wants_next(struct run *r)
{
    uint64_t h = r->number++ ^ r->seed;

    if (r->counting || r->lost)
        return false;
    if (r->sample == 0)
        return true;
    /* Murmur's finaliser: every bit of the number moves all of the hash. */
    h = (h ^ h >> 33) * 0xff51afd7ed558ccdull;
    h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53ull;
    return (h ^ h >> 33) % r->count < r->sample;
}
