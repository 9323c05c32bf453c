/* SPDX-License-Identifier: MIT
 *
 * The generator.
 */
#include "forms.h"

#include <fuzz/generate.h>

#include <xen-model/pte.h>

#define TABLE_FLAGS (XM_PTE_P | XM_PTE_RW | XM_PTE_US | XM_PTE_A)
#define DATA_FLAGS (TABLE_FLAGS | XM_PTE_D)

/* splitmix64 */
uint64_t fz_next(struct fz_random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

static uint32_t below(struct fz_random *r, uint32_t n)
{
    return (uint32_t)((fz_next(r) >> 32) * n >> 32);
}

static bool chance(struct fz_random *r, uint32_t percent)
{
    return below(r, 100) < percent;
}

/* Page PAGE of LEVEL that a domain keeps for it; 0: data. */
static uint8_t page_for(uint32_t domain, unsigned int level, uint32_t page)
{
    return (uint8_t)(domain * FZ_PAGES + FZ_FIRST_OF_LEVEL(level) +
                     page % FZ_PAGES_OF_LEVEL);
}

static bool poke(struct fz_program *p, uint8_t table, uint32_t slot,
                 uint8_t target, uint64_t flags)
{
    const struct fz_op op = { .kind = FZ_POKE,
                              .table = table,
                              .slot = (uint16_t)slot,
                              .target = target,
                              .flags = fz_pack_flags(flags) };

    return fz_append(p, &op);
}

/* Each table of DOMAIN gets entries for what is below it, mostly. */
static bool poke_trees(struct fz_random *r, struct fz_program *p, uint32_t d)
{
    bool good = true;

    for (unsigned int level = 4; level >= 1; level--) {
        for (uint32_t i = 0; i < FZ_PAGES_OF_LEVEL; i++) {
            const uint32_t n = below(r, 4);

            for (uint32_t k = 0; k < n; k++)
                good &=
                    poke(p, page_for(d, level, i), below(r, 6),
                         page_for(d, level - 1, below(r, 3)),
                         level == 1 && chance(r, 40) ? DATA_FLAGS & ~XM_PTE_RW
                                                     : DATA_FLAGS);
        }
    }
    /* A base must carry the guest. */
    for (uint32_t i = 0; i < FZ_PAGES_OF_LEVEL; i++)
        good &= poke(p, page_for(d, 4, i), 511,
                     (uint8_t)(FZ_BOOT_L4 + d * 4u + 1u), TABLE_FLAGS);
    return good;
}

bool fz_generate_begin(struct fz_random *r, struct fz_program *p)
{
    static const uint8_t choices[] = { 1, 1, 1, 2, 2, 3, 3, 3, 6, 7 };
    bool good = true;

    *p = (struct fz_program){ .domains = choices[below(r, sizeof(choices))] };
    for (uint32_t d = 0; good && d < FZ_DOMAINS; d++)
        if (p->domains >> d & 1)
            good = poke_trees(r, p, d);
    return good;
}

/* The state of a place, as the model has it. */
struct look {
    const struct xm_frame *frame; /* NULL: it is not there */
    unsigned int level;           /* of its type, 0: no table's */
    uint64_t count;               /* of the type */
};

static struct look look_at(const struct fz_session *s, uint32_t place)
{
    const xm_mfn mfn = fz_mfn(&s->world, place);
    struct look l = {
        .frame = xm_machine_frame_const(pvt_model_cpu(s->model)->machine, mfn),
    };

    if (l.frame) {
        l.level = xm_pgt_level(l.frame->type_info);
        l.count = l.frame->type_info & XM_PGT_COUNT_MASK;
    }
    return l;
}

static uint32_t some_domain(struct fz_random *r, const struct fz_session *s)
{
    uint32_t d = below(r, FZ_DOMAINS);

    while (!fz_has_domain(&s->world, d))
        d = (d + 1) % FZ_DOMAINS;
    return d;
}

/* Mostly the domain itself. */
static uint32_t whose(struct fz_random *r, const struct fz_session *s,
                      uint32_t domain)
{
    return chance(r, 90) ? domain : some_domain(r, s);
}

static uint8_t any_page(struct fz_random *r, uint32_t domain)
{
    return (uint8_t)(domain * FZ_PAGES + below(r, FZ_PAGES));
}

/* A frame to be used as LEVEL: live as that, meant for it, or anything. */
static uint8_t frame_for(struct fz_random *r, const struct fz_session *s,
                         uint32_t domain, unsigned int level)
{
    const uint32_t d = whose(r, s, domain);

    if (chance(r, 4))
        return (uint8_t)below(r, FZ_NR_FRAMES);
    if (chance(r, 8))
        return any_page(r, d);
    if (chance(r, 4) && level != 0)
        return (uint8_t)(FZ_BOOT_L4 + d * 4u + (4u - level) % 3u);
    for (uint32_t tries = 0; tries < 4 && level != 0; tries++) {
        const uint8_t page = any_page(r, d);
        const struct look l = look_at(s, page);

        if (l.level == level && l.count != 0)
            return page;
    }
    return page_for(d, level, below(r, FZ_PAGES_OF_LEVEL));
}

/* Few flags other than those that work, and then one too many or too few. */
static uint64_t flags_for(struct fz_random *r, uint64_t usual)
{
    static const uint8_t interesting[] = { 0, 1, 2, 3,  4,  5,  6,
                                           7, 8, 9, 52, 59, 62, 63 };
    uint64_t flags = usual;

    while (chance(r, 25))
        flags ^= 1ull << interesting[below(r, sizeof(interesting))];
    return flags;
}

static uint16_t slot_for(struct fz_random *r)
{
    static const uint16_t edges[] = { 255, 256, 257, 271, 272, 300, 510, 508 };

    return (uint16_t)(chance(r, 80) ? below(r, 6) : edges[below(r, 8)]);
}

/* What is there already, with one flag changed: the fast paths. */
static bool change_flags(struct fz_random *r, const struct fz_session *s,
                         struct fz_op *op)
{
    const struct look l = look_at(s, op->table);
    const xm_mfn mfn = fz_mfn(&s->world, op->table);
    uint64_t old;
    uint32_t place;

    if (!l.frame)
        return false;
    old = xm_ram_frame(pvt_model_cpu(s->model), mfn)[op->slot];
    place = fz_place(&s->world, xm_pte_mfn(old));
    if (!(old & XM_PTE_P) || place == FZ_NR_FRAMES)
        return false;
    op->target = (uint8_t)place;
    op->flags = fz_pack_flags(flags_for(r, old & XM_PTE_FLAGS_MASK));
    return true;
}

/* An entry for a table of LEVEL, in TARGET and FLAGS. */
static void entry_for(struct fz_random *r, const struct fz_session *s,
                      uint32_t domain, unsigned int level, struct fz_op *op)
{
    uint64_t flags = DATA_FLAGS;

    if (chance(r, 25)) {
        op->target = FZ_ZERO;
        op->flags = 0;
        return;
    }
    if (chance(r, 30) && change_flags(r, s, op))
        return;
    if (chance(r, 12) && level > 1) { /* linear */
        op->target = chance(r, 50) ? op->table : frame_for(r, s, domain, level);
        flags &= ~XM_PTE_RW;
    } else {
        op->target = frame_for(r, s, domain, level ? level - 1 : 0);
        if (level <= 1 && (chance(r, 30) || look_at(s, op->target).level != 0))
            flags &= ~XM_PTE_RW;
        if (level <= 1 && chance(r, 15)) /* tables, to be read */
            op->target = frame_for(r, s, domain, 1u + below(r, 4));
    }
    op->flags = fz_pack_flags(flags_for(r, flags));
}

/* The owner that this frame needs, said or not. */
static uint8_t fd_for(struct fz_random *r, uint32_t domain, uint32_t frame)
{
    const uint32_t place = frame % FZ_NR_FRAMES;

    if (chance(r, 4))
        return (uint8_t)below(r, FZ_NR_FDS);
    if (place == FZ_MMIO && chance(r, 50))
        return FZ_FD_IO;
    if (place >= FZ_XEN || fz_frame_domain(place) == domain || chance(r, 10))
        return FZ_FD_NONE;
    return (uint8_t)(FZ_FD_D0 + fz_frame_domain(place));
}

static void make_update(struct fz_random *r, const struct fz_session *s,
                        uint32_t domain, struct fz_op *op)
{
    const uint32_t d = whose(r, s, domain);
    const unsigned int wanted = 1u + below(r, 4);
    struct look l;

    op->cmd = chance(r, 80)   ? MMU_NORMAL_PT_UPDATE
              : chance(r, 80) ? MMU_PT_UPDATE_PRESERVE_AD
                              : MMU_PT_UPDATE_NO_TRANSLATE;
    op->table = frame_for(r, s, d, wanted);
    op->slot = slot_for(r);
    l = look_at(s, op->table);
    entry_for(r, s, fz_is_page(op->table) ? d : domain,
              l.level ? l.level : wanted, op);
    op->fd = fd_for(r, domain, op->target);
    if (d != domain)
        op->fd |= (uint8_t)((FZ_FD_D0 + d) << 4);
}

static uint8_t pinned_page(struct fz_random *r, const struct fz_session *s,
                           uint32_t domain)
{
    uint8_t page = any_page(r, domain);

    for (uint32_t i = 0; i < FZ_PAGES; i++) {
        const uint8_t next =
            (uint8_t)(domain * FZ_PAGES + (page + i) % FZ_PAGES);
        const struct look l = look_at(s, next);

        if (l.frame && (l.frame->type_info & XM_PGT_PINNED))
            return next;
    }
    return page;
}

static void make_ext(struct fz_random *r, const struct fz_session *s,
                     uint32_t domain, struct fz_op *op)
{
    static const uint8_t others[] = {
        MMUEXT_TLB_FLUSH_LOCAL, MMUEXT_TLB_FLUSH_ALL, MMUEXT_INVLPG_LOCAL,
        MMUEXT_INVLPG_ALL,      MMUEXT_CLEAR_PAGE,    MMUEXT_COPY_PAGE,
    };
    const uint32_t d = whose(r, s, domain), what = below(r, 100);

    if (what < 45) {
        const unsigned int level = 1u + below(r, 4);

        op->cmd = (uint8_t)(MMUEXT_PIN_L1_TABLE + level - 1);
        op->target = frame_for(r, s, d, level);
    } else if (what < 75) {
        op->cmd = MMUEXT_UNPIN_TABLE;
        op->target = pinned_page(r, s, d);
    } else if (what < 90) {
        op->cmd = chance(r, 70) ? MMUEXT_NEW_BASEPTR : MMUEXT_NEW_USER_BASEPTR;
        op->target = chance(r, 20)   ? (uint8_t)(FZ_BOOT_L4 + domain * 4u)
                     : chance(r, 15) ? (uint8_t)FZ_ZERO
                                     : frame_for(r, s, domain, 4);
    } else {
        op->cmd = others[below(r, sizeof(others))];
        op->target = frame_for(r, s, d, chance(r, 30) ? 1 : 0);
        op->table = frame_for(r, s, d, 0);
        op->slot = (uint16_t)below(r, FZ_WINDOW_PAGES);
    }
    op->fd = fd_for(r, domain, op->target);
}

/* Somewhere in the window, and what to store there. */
static void make_access(struct fz_random *r, const struct fz_session *s,
                        uint32_t domain, struct fz_op *op)
{
    op->slot = (uint16_t)below(r, FZ_WINDOW_PAGES);
    op->extra = (uint8_t)(chance(r, 97) ? below(r, 6) : 0xf0u + below(r, 16));
    op->cmd = (uint8_t)below(r, 16);
    op->table = (uint8_t)(domain * FZ_PAGES);
    entry_for(r, s, domain, 1, op);
}

static void make_mapping(struct fz_random *r, const struct fz_session *s,
                         uint32_t domain, struct fz_op *op)
{
    make_access(r, s, domain, op);
    if (op->extra < 0xf0u)
        op->extra = 0;
    if (chance(r, 40)) { /* tables, where stores are emulated */
        op->target = frame_for(r, s, domain, 1);
        op->flags = fz_pack_flags(flags_for(r, DATA_FLAGS & ~XM_PTE_RW));
    }
    op->fd = fd_for(r, domain, op->target);
}

static enum fz_kind some_kind(struct fz_random *r)
{
    static const struct {
        enum fz_kind kind;
        uint32_t percent;
    } weights[] = {
        { FZ_MMU_UPDATE, 45 }, { FZ_MMUEXT, 20 }, { FZ_UPDATE_VA_MAPPING, 18 },
        { FZ_EXECUTE, 7 },     { FZ_STORE, 5 },   { FZ_LOAD, 4 },
    };
    uint32_t n = below(r, 100);

    if (r->long_calls && chance(r, 40))
        return FZ_MMUEXT;
    for (size_t i = 0; i < sizeof(weights) / sizeof(weights[0]); i++) {
        if (n < weights[i].percent)
            return weights[i].kind;
        n -= weights[i].percent;
    }
    return FZ_VM_ASSIST;
}

static void make(struct fz_random *r, const struct fz_session *s,
                 uint32_t domain, struct fz_op *op)
{
    switch (op->kind) {
    case FZ_MMU_UPDATE:
        make_update(r, s, domain, op);
        break;
    case FZ_MMUEXT:
        make_ext(r, s, domain, op);
        break;
    case FZ_UPDATE_VA_MAPPING:
        make_mapping(r, s, domain, op);
        break;
    case FZ_VM_ASSIST:
        op->cmd = (uint8_t)below(r, 2);
        op->extra = (uint8_t)below(r, 8);
        break;
    default:
        make_access(r, s, domain, op);
        break;
    }
}

/* For a while the same: going to another costs Xen a switch. */
static uint32_t next_domain(struct fz_random *r, const struct fz_session *s)
{
    if (chance(r, 10) || !fz_has_domain(&s->world, r->domain))
        r->domain = some_domain(r, s);
    return r->domain;
}

uint32_t fz_generate(struct fz_random *r, const struct fz_session *s,
                     struct fz_op ops[FZ_MAX_BATCH])
{
    const uint32_t domain = next_domain(r, s);
    const uint8_t who = (uint8_t)(domain | (chance(r, 95) ? 0 : 4u));
    const enum fz_kind kind = some_kind(r);
    const bool batch = kind <= FZ_MMUEXT && chance(r, 15);
    const uint32_t n = batch ? 1u + below(r, FZ_MAX_BATCH) : 1u;

    for (uint32_t i = 0; i < n; i++) {
        ops[i] = (struct fz_op){ .kind = (uint8_t)kind, .who = who };
        make(r, s, domain, &ops[i]);
        ops[i].fd = ops[0].fd; /* of the whole call */
        ops[i].mode = i + 1 < n ? FZ_JOINED : 0;
    }
    return n;
}
