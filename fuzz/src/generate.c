/* SPDX-License-Identifier: MIT
 *
 * The generator.
 */
#include "choose.h"
#include "forms.h"

#include <fuzz/generate.h>

#include <xen-model/pte.h>

#define TABLE_FLAGS (XM_PTE_P | XM_PTE_RW | XM_PTE_US | XM_PTE_A)
#define DATA_FLAGS (TABLE_FLAGS | XM_PTE_D)

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

static bool poke_descriptor(struct fz_random *r, struct fz_program *p,
                            uint8_t page)
{
    struct fz_op op = { .kind = FZ_POKE,
                        .table = page,
                        .slot = (uint16_t)fz_below(r, 8) };

    fz_choose_stored(r, &op);
    return fz_append(p, &op);
}

/* Each table of DOMAIN gets entries for what is below it, mostly. */
static bool poke_trees(struct fz_random *r, struct fz_program *p, uint32_t d)
{
    bool good = true;

    for (unsigned int level = 4; level >= 1; level--) {
        for (uint32_t i = 0; i < FZ_PAGES_OF_LEVEL; i++) {
            const uint32_t n = fz_below(r, 4);

            for (uint32_t k = 0; k < n; k++)
                good &= poke(p, fz_page_for(d, level, i), fz_below(r, 6),
                             fz_page_for(d, level - 1, fz_below(r, 3)),
                             level == 1 && fz_chance(r, 40)
                                 ? DATA_FLAGS & ~XM_PTE_RW
                                 : DATA_FLAGS);
        }
    }
    for (uint32_t n = fz_below(r, 8); n > 0; n--)
        good &= poke_descriptor(r, p, fz_page_for(d, 0, fz_below(r, 3)));
    /* A base must carry the guest. */
    for (uint32_t i = 0; i < FZ_PAGES_OF_LEVEL; i++)
        good &= poke(p, fz_page_for(d, 4, i), 511,
                     (uint8_t)fz_own_frame(d, FZ_BOOT_L3), TABLE_FLAGS);
    return good;
}

bool fz_generate_begin(struct fz_random *r, struct fz_program *p)
{
    static const uint8_t choices[] = { 1, 1, 2, 2, 3, 3, 3, 6, 7, 7 };
    bool good = true;

    *p =
        (struct fz_program){ .domains = choices[fz_below(r, sizeof(choices))] };
    for (uint32_t d = 0; good && d < FZ_DOMAINS; d++)
        if (p->domains >> d & 1)
            good = poke_trees(r, p, d);
    return good;
}

static uint16_t slot_for(struct fz_random *r)
{
    static const uint16_t edges[] = { 255, 256, 257, 271, 272, 300, 510, 508 };

    return (uint16_t)(fz_chance(r, 80) ? fz_below(r, 6)
                                       : edges[fz_below(r, 8)]);
}

/* What is there already, with one flag changed: the fast paths. */
static bool change_flags(struct fz_random *r, const struct fz_session *s,
                         struct fz_op *op)
{
    const struct fz_look l = fz_look_at(s, op->table);
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
    op->flags = fz_pack_flags(fz_flags_for(r, old & XM_PTE_FLAGS_MASK));
    return true;
}

/* An entry for a table of LEVEL, in TARGET and FLAGS. */
static void entry_for(struct fz_random *r, const struct fz_session *s,
                      uint32_t domain, unsigned int level, struct fz_op *op)
{
    uint64_t flags = DATA_FLAGS;

    if (fz_chance(r, 25)) {
        op->target = FZ_ZERO;
        op->flags = 0;
        return;
    }
    if (fz_chance(r, 30) && change_flags(r, s, op))
        return;
    if (fz_chance(r, 12) && level > 1) { /* linear */
        op->target =
            fz_chance(r, 50) ? op->table : fz_frame_for(r, s, domain, level);
        flags &= ~XM_PTE_RW;
    } else {
        op->target = fz_frame_for(r, s, domain, level ? level - 1 : 0);
        if (level <= 1 &&
            (fz_chance(r, 30) || fz_look_at(s, op->target).level != 0))
            flags &= ~XM_PTE_RW;
        if (level <= 1 && fz_chance(r, 15)) /* tables, to be read */
            op->target = fz_frame_for(r, s, domain, 1u + fz_below(r, 4));
    }
    op->flags = fz_pack_flags(fz_flags_for(r, flags));
}

/* The owner that this frame needs, said or not. */
static uint8_t fd_for(struct fz_random *r, uint32_t domain, uint32_t frame)
{
    const uint32_t place = frame % FZ_NR_FRAMES;

    if (fz_chance(r, 4))
        return (uint8_t)fz_below(r, FZ_NR_FDS);
    if (place == FZ_MMIO && fz_chance(r, 50))
        return FZ_FD_IO;
    if (place >= FZ_XEN || fz_frame_domain(place) == domain || fz_chance(r, 10))
        return FZ_FD_NONE;
    return (uint8_t)(FZ_FD_D0 + fz_frame_domain(place));
}

static void make_update(struct fz_random *r, const struct fz_session *s,
                        uint32_t domain, struct fz_op *op)
{
    const uint32_t d = fz_whose(r, s, domain);
    const unsigned int wanted = 1u + fz_below(r, 4);
    struct fz_look l;

    if (fz_chance(r, 8)) {
        fz_choose_grant(r, s, domain, op);
        return;
    }
    op->cmd = fz_chance(r, 80)   ? MMU_NORMAL_PT_UPDATE
              : fz_chance(r, 80) ? MMU_PT_UPDATE_PRESERVE_AD
                                 : MMU_PT_UPDATE_NO_TRANSLATE;
    op->table = fz_frame_for(r, s, d, wanted);
    op->slot = slot_for(r);
    l = fz_look_at(s, op->table);
    entry_for(r, s, fz_is_page(op->table) ? d : domain,
              l.level ? l.level : wanted, op);
    if (fz_chance(r, l.level == 0 ? 20 : 1))
        fz_choose_stored(r, op);
    op->fd = fd_for(r, domain, op->target);
    if (d != domain)
        op->fd |= (uint8_t)((FZ_FD_D0 + d) << 4);
}

static uint8_t pinned_page(struct fz_random *r, const struct fz_session *s,
                           uint32_t domain)
{
    uint8_t page = fz_any_page(r, domain);

    for (uint32_t i = 0; i < FZ_PAGES; i++) {
        const uint8_t next =
            (uint8_t)(domain * FZ_PAGES + (page + i) % FZ_PAGES);
        const struct fz_look l = fz_look_at(s, next);

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
    const uint32_t d = fz_whose(r, s, domain), what = fz_below(r, 100);

    if (what < 45) {
        const unsigned int level = 1u + fz_below(r, 4);

        op->cmd = (uint8_t)(MMUEXT_PIN_L1_TABLE + level - 1);
        op->target = fz_frame_for(r, s, d, level);
    } else if (what < 75) {
        op->cmd = MMUEXT_UNPIN_TABLE;
        op->target = pinned_page(r, s, d);
    } else if (what < 90) {
        op->cmd =
            fz_chance(r, 70) ? MMUEXT_NEW_BASEPTR : MMUEXT_NEW_USER_BASEPTR;
        op->target = fz_chance(r, 20)
                         ? (uint8_t)fz_own_frame(domain, FZ_BOOT_L4)
                     : fz_chance(r, 15) ? (uint8_t)FZ_ZERO
                                        : fz_frame_for(r, s, domain, 4);
    } else {
        op->cmd = others[fz_below(r, sizeof(others))];
        op->target = fz_frame_for(r, s, d, fz_chance(r, 30) ? 1 : 0);
        op->table = fz_frame_for(r, s, d, 0);
        op->slot = (uint16_t)fz_below(r, FZ_WINDOW_PAGES);
        if (fz_chance(r, 30)) {
            op->cmd = MMUEXT_SET_LDT;
            fz_choose_ldt(r, s, domain, op);
        }
    }
    op->fd = fd_for(r, domain, op->target);
}

/* Somewhere in the window, and what to store there. */
static void make_access(struct fz_random *r, const struct fz_session *s,
                        uint32_t domain, struct fz_op *op)
{
    op->slot = (uint16_t)fz_below(r, FZ_WINDOW_PAGES);
    op->extra =
        (uint8_t)(fz_chance(r, 97) ? fz_below(r, 6) : 0xf0u + fz_below(r, 16));
    op->cmd = (uint8_t)fz_below(r, 16);
    op->table = (uint8_t)(domain * FZ_PAGES);
    entry_for(r, s, domain, 1, op);
}

static void make_mapping(struct fz_random *r, const struct fz_session *s,
                         uint32_t domain, struct fz_op *op)
{
    make_access(r, s, domain, op);
    if (fz_chance(r, 80))
        op->cmd = 0; /* flushes of everything are slow, and change nothing */
    if (op->extra < 0xf0u)
        op->extra = 0;
    if (fz_chance(r, 15)) { /* descriptors, perhaps */
        op->target = fz_frame_for(r, s, domain, 0);
        op->flags = fz_pack_flags(fz_flags_for(r, DATA_FLAGS & ~XM_PTE_RW));
    } else if (fz_chance(r, 40)) { /* tables, where stores are emulated */
        op->target = fz_frame_for(r, s, domain, 1);
        op->flags = fz_pack_flags(fz_flags_for(r, DATA_FLAGS & ~XM_PTE_RW));
    }
    op->fd = fd_for(r, domain, op->target);
}

static enum fz_kind some_kind(struct fz_random *r)
{
    static const struct {
        enum fz_kind kind;
        uint32_t per_mille;
    } weights[] = {
        { FZ_MMU_UPDATE, 375 },
        { FZ_MMUEXT, 175 },
        { FZ_UPDATE_VA_MAPPING, 150 },
        { FZ_EXECUTE, 60 },
        { FZ_STORE, 45 },
        { FZ_LOAD, 40 },
        { FZ_SET_GDT, 20 },
        { FZ_UPDATE_DESCRIPTOR, 20 },
        { FZ_LOAD_SEGMENT, 25 },
        { FZ_GRANT_MAP, 30 },
        { FZ_GRANT_UNMAP, 30 },
        { FZ_DECREASE, 2 },
        { FZ_CALL, 10 },
        { FZ_GUEST, 10 },
    };
    uint32_t n = fz_below(r, 1000);

    if (r->long_calls && fz_chance(r, 40))
        return FZ_MMUEXT;
    for (size_t i = 0; i < sizeof(weights) / sizeof(weights[0]); i++) {
        if (n < weights[i].per_mille)
            return weights[i].kind;
        n -= weights[i].per_mille;
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
        op->cmd = (uint8_t)fz_below(r, 2);
        op->extra = (uint8_t)fz_below(r, 8);
        break;
    case FZ_SET_GDT:
        fz_choose_gdt(r, s, domain, op);
        break;
    case FZ_UPDATE_DESCRIPTOR:
        fz_choose_descriptor(r, s, domain, op);
        break;
    case FZ_LOAD_SEGMENT:
        fz_choose_selector(r, s, domain, op);
        break;
    case FZ_DECREASE:
        fz_choose_decrease(r, s, domain, op);
        break;
    case FZ_GRANT_MAP:
        fz_choose_map(r, s, domain, op);
        break;
    case FZ_GRANT_UNMAP:
        fz_choose_unmap(r, s, domain, op);
        break;
    case FZ_STORE:
        make_access(r, s, domain, op);
        if (fz_chance(r, 10))
            fz_choose_stored(r, op);
        break;
    default:
        make_access(r, s, domain, op);
        break;
    }
}

/* For a while the same: going to another costs Xen as much as many calls. */
static void choose_caller(struct fz_random *r, const struct fz_session *s)
{
    if (!fz_chance(r, 1) && fz_has_domain(&s->world, r->domain))
        return;
    r->domain = fz_some_domain(r, s);
    r->vcpu = fz_chance(r, 25);
}

/* Mostly a few times, sometimes wherever Xen looks. */
static uint16_t stops_for(struct fz_random *r)
{
    const uint32_t what = fz_below(r, 100);

    if (r->timers && fz_chance(r, 70)) /* all orders of magnitude alike */
        return (uint16_t)(FZ_BY_TIMER |
                          (1u + fz_below(r, 1u << fz_below(r, 15))));
    return (uint16_t)(what < 40   ? 1u + fz_below(r, 12)
                      : what < 50 ? 1u << fz_below(r, 10)
                      : what < 52 ? INT16_MAX
                                  : 0);
}

uint32_t fz_generate(struct fz_random *r, const struct fz_session *s,
                     struct fz_op ops[FZ_MAX_CHOSEN])
{
    const enum fz_kind kind = some_kind(r);
    const bool batch = kind <= FZ_MMUEXT && fz_chance(r, 15);
    const uint32_t n = batch ? 1u + fz_below(r, FZ_MAX_BATCH) : 1u;
    uint8_t who;

    choose_caller(r, s);
    who = (uint8_t)(r->domain | r->vcpu << 2);
    if (kind == FZ_CALL || kind == FZ_GUEST) {
        const uint32_t made = kind == FZ_CALL
                                  ? fz_choose_call(r, s, r->domain, ops)
                                  : fz_choose_act(r, s, r->domain, ops);

        ops[0].who = who;
        return made;
    }
    for (uint32_t i = 0; i < n; i++) {
        ops[i] = (struct fz_op){ .kind = (uint8_t)kind, .who = who };
        make(r, s, r->domain, &ops[i]);
        ops[i].fd = ops[0].fd; /* of the whole call */
        ops[i].mode |= i + 1 < n ? FZ_JOINED : 0;
    }
    if (r->stops && fz_may_stop(ops)) {
        ops[0].reserved = stops_for(r);
        ops[0].mode |= batch && fz_chance(r, 50) ? FZ_MULTICALL : 0;
    }
    return n;
}
