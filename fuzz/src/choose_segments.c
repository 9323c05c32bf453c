/* SPDX-License-Identifier: MIT
 *
 * The generator, of descriptors: tables that are there, selectors within
 * them, and pages that could be tables.
 */
#include "choose.h"
#include "segments.h"

#include <xen-model/pte.h>
#include <xen-model/walk.h>

static bool is_descriptors(const struct fz_look *l)
{
    return l->frame &&
           (l->frame->type_info & XM_PGT_TYPE_MASK) == XM_PGT_SEG_DESC;
}

/* A page for descriptors: in use as such, or in no use. */
static uint8_t descriptors_page(struct fz_random *r, const struct fz_session *s,
                                uint32_t domain)
{
    for (uint32_t tries = 0; tries < 4; tries++) {
        const uint8_t page =
            fz_page_for(domain, 0, fz_below(r, FZ_PAGES_OF_LEVEL));
        const struct fz_look l = fz_look_at(s, page);

        if (is_descriptors(&l) || l.count == 0)
            return page;
    }
    return fz_frame_for(r, s, domain, fz_chance(r, 90) ? 0 : 1);
}

void fz_choose_gdt(struct fz_random *r, const struct fz_session *s,
                   uint32_t domain, struct fz_op *op)
{
    op->cmd = (uint8_t)fz_below(r, FZ_NR_GDT_SIZES);
    op->target = descriptors_page(r, s, domain);
    op->table = fz_chance(r, 40) ? op->target : descriptors_page(r, s, domain);
    op->extra = fz_chance(r, 60) ? op->target : descriptors_page(r, s, domain);
}

void fz_choose_descriptor(struct fz_random *r, const struct fz_session *s,
                          uint32_t domain, struct fz_op *op)
{
    op->table = descriptors_page(r, s, domain);
    op->slot = (uint16_t)fz_below(r, fz_chance(r, 90) ? 8 : XM_ENTRIES);
    op->flags = fz_below(r, FZ_NR_DESCRIPTORS);
    op->extra = (uint8_t)(fz_chance(r, 97) ? 0 : fz_below(r, 8));
}

static struct xm_walk walk(const struct fz_session *s, uint32_t domain,
                           uint32_t vcpu, xm_vaddr va)
{
    struct xm_cpu c = *pvt_model_cpu(s->model);

    c.domid = (xm_domid)domain;
    c.vcpu = vcpu;
    return xm_walk(&c, va, 0);
}

/* In the window, mostly a page that is not mapped to be written. */
void fz_choose_ldt(struct fz_random *r, const struct fz_session *s,
                   uint32_t domain, struct fz_op *op)
{
    for (uint32_t tries = 0; tries < FZ_WINDOW_PAGES; tries++) {
        struct xm_walk w;

        op->slot = (uint16_t)fz_below(r, FZ_WINDOW_PAGES);
        w = walk(s, domain, op->who >> 2 & 1u,
                 PVT_WINDOW_VA + op->slot * XM_PAGE_SIZE);
        if (w.ok && !(w.entry[1] & XM_PTE_RW))
            break;
    }
    op->extra = (uint8_t)(fz_chance(r, 95) ? 0 : fz_below(r, 6));
    op->table = (uint8_t)fz_below(r, FZ_NR_LDT_SIZES);
}

/* Where the page of a table of descriptors lies; FZ_NONE: nowhere. */
static xm_mfn page_of_table(const struct fz_session *s, uint32_t domain,
                            uint32_t vcpu, bool ldt, uint32_t page)
{
    struct xm_machine *m = pvt_model_cpu(s->model)->machine;
    const struct xm_vcpu *v = &xm_domain_find(m, (xm_domid)domain)->vcpu[vcpu];
    struct xm_walk w;

    if (!ldt)
        return page < v->nr_gdt ? v->gdt[page] : FZ_NONE;
    if (v->ldt.entries == 0)
        return FZ_NONE;
    if (v->ldt.mapped >> page & 1)
        return v->ldt.frame[page];
    w = walk(s, domain, vcpu, v->ldt.base + page * XM_PAGE_SIZE);
    return w.ok && fz_place(&s->world, w.mfn) < FZ_BOOT_L4 ? w.mfn : FZ_NONE;
}

/* One of the first of that page, if there is any but 0. */
static uint32_t some_slot(struct fz_random *r, const struct fz_session *s,
                          xm_mfn mfn)
{
    const uint32_t first = fz_below(r, 8);

    for (uint32_t i = 0; mfn != FZ_NONE && i < 8; i++)
        if (xm_ram_frame(pvt_model_cpu(s->model), mfn)[(first + i) % 8] != 0)
            return (first + i) % 8;
    return first;
}

/* Mostly of a table that is there; seldom one of Xen's, or anything. */
void fz_choose_selector(struct fz_random *r, const struct fz_session *s,
                        uint32_t domain, struct fz_op *op)
{
    const uint32_t vcpu = op->who >> 2 & 1u, rpl = fz_below(r, 4);
    const bool ldt = fz_chance(r, 60);
    const uint32_t page = fz_chance(r, 70) ? 0 : fz_below(r, 4);
    const bool here = page_of_table(s, domain, vcpu, ldt, page) != FZ_NONE;
    /* The other table, if this one is not there. */
    const bool ti = here ? ldt : !ldt;
    const uint32_t index =
        page * XM_ENTRIES +
        some_slot(r, s, page_of_table(s, domain, vcpu, ti, page));

    if (fz_chance(r, 5))
        op->slot = (uint16_t)(0xe000u + fz_below(r, 0x80));
    else if (fz_chance(r, 2))
        op->slot = (uint16_t)fz_next(r);
    else
        op->slot = (uint16_t)(index << 3 | (ti ? 4u : 0) | rpl);
}

void fz_choose_stored(struct fz_random *r, struct fz_op *op)
{
    op->mode |= FZ_DESCRIPTOR;
    op->flags = fz_below(r, FZ_NR_DESCRIPTORS);
}
