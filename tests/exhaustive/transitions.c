/* SPDX-License-Identifier: MIT
 *
 * Every entry over every other one, by class: absent, the same frame with
 * other flags, another frame, linear, MMIO; with and without preserve_ad.
 * What the old entry holds is part of the world that a case begins with.
 */
#include "cases.h"

#define STORAGE 0xe00ull

struct set {
    uint64_t flags[256];
    unsigned int n;
};

/* All combinations of BITS, each with each of the N values of ALSO. */
static struct set combine(uint64_t bits, const uint64_t *also, unsigned int n)
{
    struct set s = { .n = 0 };
    uint64_t subset = 0;

    do {
        for (unsigned int i = 0; i < n; i++)
            s.flags[s.n++] = subset | also[i];
        subset = (subset - bits) & bits;
    } while (subset != 0);
    return s;
}

/* One entry that is there, with its references. */
static void put_old(struct kase *k, unsigned int level, struct oracle_entry e)
{
    struct oracle_frame *f = &k->w.frame[e.frame];
    struct oracle_frame *table = &k->w.frame[W_TABLE];

    table->contents[0].e = e;
    k->used |= 1u << e.frame;
    if (!(e.flags & OR_P) || f->owner > OR_D2)
        return;
    if (level == 1) {
        if (e.flags & OR_RW) {
            f->type = OR_WRITABLE;
            f->validated = true;
            f->count++;
        }
        f->general++;
    } else if (f != table) {
        if (f->count++ == 0) { /* nothing but this entry uses it */
            f->type = (enum oracle_type)(level - 1);
            f->validated = true;
        }
        f->general++;
        if (f->type == (enum oracle_type)level) {
            f->linear--;
            table->linear++;
        }
    }
}

struct world {
    enum oracle_owner owner;
    unsigned int level;
    const unsigned int *targets;
    unsigned int nr_targets;
    bool (*possible)(const struct world *w, struct oracle_entry old);
};

/* The other frames that old and new entries name. */
static void make_frames(struct kase *k, unsigned int level)
{
    if (level == 1)
        return;
    k->w.frame[W_B] = (struct oracle_frame){
        .owner = k->owner,
        .type = (enum oracle_type)(level - 1),
        .validated = true,
        .pinned = true,
        .count = 1,
        .general = 2,
    };
    k->w.frame[W_C] = k->w.frame[W_B];
    k->w.frame[W_C].type = (enum oracle_type)level;
}

static void enumerate_new(struct run *r, const struct world *w,
                          const struct set *new, struct oracle_entry old)
{
    struct kase k;

    for (unsigned int t = 0; t < w->nr_targets; t++)
        for (unsigned int i = 0; i < 2 * new->n; i++) {
            if (!run_wants_next(r))
                continue;
            kase_init(r, &k, w->owner, w->owner);
            make_table(&k, w->level, 5);
            make_frames(&k, w->level);
            put_old(&k, w->level, old);
            k.new.frame = w->targets[t];
            k.new.flags = new->flags[i / 2];
            k.preserve_ad = i & 1;
            k.used |= 1u << k.new.frame;
            run_case(r, &k);
        }
}

static void enumerate_world(struct run *r, const struct world *w,
                            const struct set *old, const struct set *new)
{
    for (unsigned int t = 0; t < w->nr_targets; t++)
        for (unsigned int i = 0; i < old->n; i++) {
            const struct oracle_entry e = { w->targets[t], old->flags[i] };

            if (!(e.flags & OR_P) || w->possible(w, e))
                enumerate_new(r, w, new, e);
        }
}

/* An L1 entry with these flags can have come to be. */
static bool possible_l1(const struct world *w, struct oracle_entry e)
{
    const uint64_t cache = e.flags & (OR_PWT | OR_PCD | OR_PAT);

    switch (e.frame) {
    case W_TABLE:
        return !(e.flags & OR_RW) && (w->owner == OR_D0 || cache == 0);
    case W_A:
    case W_FOREIGN: /* through an FD */
        return w->owner == OR_D0 || cache == 0;
    case W_IO_READ_ONLY:
        return w->owner == OR_D0 && cache != 0 && !(e.flags & OR_RW);
    case W_IO:
    case W_ABSENT:
        return w->owner == OR_D0 && cache != 0;
    default:
        return false;
    }
}

static bool possible_upper(const struct world *w, struct oracle_entry e)
{
    if (w->level == 4 && !(e.flags & OR_A))
        return false;
    return e.frame == W_A || e.frame == W_B ||
           ((e.frame == W_TABLE || e.frame == W_C) && !(e.flags & OR_RW));
}

static void enumerate_l1(struct run *r, enum oracle_owner owner)
{
    static const unsigned int targets[] = {
        W_A, W_B, W_TABLE, W_FOREIGN, W_IO, W_IO_READ_ONLY, W_ABSENT, W_ZERO,
    };
    /* Kernel pages, user pages, both with all that is storage. */
    static const uint64_t old[] = { OR_US | OR_KERNEL, OR_US | OR_G,
                                    OR_US | OR_KERNEL | OR_PCD | STORAGE,
                                    OR_US | OR_G | OR_PWT | OR_PCD | OR_NX,
                                    OR_US | OR_G | OR_PAT };
    static const uint64_t new[] = { 0,
                                    OR_PCD,
                                    OR_PWT | OR_PCD | OR_NX,
                                    OR_PAT | STORAGE,
                                    OR_US | OR_KERNEL,
                                    OR_US | OR_G | STORAGE,
                                    OR_G,
                                    OR_US | OR_PCD };
    const struct set from = combine(OR_P | OR_RW | OR_A | OR_D, old, 5);
    const struct set to = combine(OR_P | OR_RW | OR_A | OR_D, new, 8);
    const struct world w = { owner, 1, targets,
                             sizeof(targets) / sizeof(targets[0]),
                             possible_l1 };

    enumerate_world(r, &w, &from, &to);
}

static void enumerate_upper(struct run *r, enum oracle_owner owner,
                            unsigned int level)
{
    static const unsigned int targets[] = { W_A, W_B, W_C, W_TABLE, W_ZERO };
    static const uint64_t old[] = { OR_US, OR_US | OR_NX | STORAGE };
    static const uint64_t new[] = { 0,      OR_NX | STORAGE, OR_US,
                                    OR_PCD, OR_PAT,          OR_G,
                                    OR_PWT };
    const struct set from = combine(OR_P | OR_RW | OR_A | OR_D, old, 2);
    const struct set to = combine(OR_P | OR_RW | OR_A | OR_D, new, 7);
    const struct world w = { owner, level, targets,
                             sizeof(targets) / sizeof(targets[0]),
                             possible_upper };

    enumerate_world(r, &w, &from, &to);
}

void enumerate_transitions(struct run *r)
{
    for (enum oracle_owner owner = OR_D0; owner <= OR_D1; owner++) {
        enumerate_l1(r, owner);
        for (unsigned int level = 2; level <= 4; level++)
            enumerate_upper(r, owner, level);
    }
}
