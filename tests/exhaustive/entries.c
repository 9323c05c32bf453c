/* SPDX-License-Identifier: MIT
 *
 * Every entry into an empty slot of a table: level, flags, target, caller and
 * the FD it names.
 *
 * Bits 9 to 11 and 53 to 62 of an entry are in no rule of sections 4 to 6
 * (MSK-15: storage of the guest), so the product of all flags has one bit for
 * the thirteen; that each of them alone is stored and changes nothing else is
 * what enumerate_storage() goes through.
 */
#include "cases.h"

#define STORAGE 0x7fe0000000000e00ull
#define STORAGE_ALONE 13u

static const uint64_t all_flags[] = { OR_P,   OR_RW,     OR_US, OR_PWT,
                                      OR_PCD, OR_A,      OR_D,  OR_PAT,
                                      OR_G,   OR_KERNEL, OR_NX, STORAGE };
#define NR_FLAGS (sizeof(all_flags) / sizeof(all_flags[0]))
#define LOW_FLAGS 9u /* the first of them, bits 0 to 8 */

/* Who calls, and whose the tables are. */
static const struct {
    enum oracle_owner owner, caller;
} actors[] = { { OR_D0, OR_D0 }, { OR_D1, OR_D1 }, { OR_D1, OR_D0 } };
#define NR_ACTORS (sizeof(actors) / sizeof(actors[0]))

/* A target that is no frame of the owner: its state is as it is, or chosen. */
static const unsigned int others[] = {
    W_SHARED,   W_M2P,     W_IO,   W_IO_READ_ONLY, W_IO_DENIED, W_ABSENT,
    W_ALL_ONES, W_PRIVATE, W_FREE, W_ZERO,         W_TABLE,
};
#define NR_OTHERS (sizeof(others) / sizeof(others[0]))

static uint64_t flags_of(unsigned int bits)
{
    uint64_t flags = 0;

    for (unsigned int i = 0; i < NR_FLAGS; i++)
        if (bits & 1u << i)
            flags |= all_flags[i];
    return flags;
}

static unsigned int nr_targets(void)
{
    return 2 * nr_states + NR_OTHERS;
}

/* The N-th target: a frame of the owner, a foreign one, or another kind. */
static void choose_target(struct kase *k, unsigned int n)
{
    k->new.frame = n < nr_states       ? W_A
                   : n < 2 * nr_states ? W_FOREIGN
                                       : others[n - 2 * nr_states];
    if (n < 2 * nr_states)
        set_state(k, k->new.frame, &states[n % nr_states]);
    k->used |= 1u << k->new.frame;
}

static void enumerate_flags(struct run *r, struct kase *k, unsigned int bits)
{
    for (unsigned int i = 0; i < 1u << bits; i++) {
        if (!run_wants_next(r))
            continue;
        k->new.flags = flags_of(i);
        run_case(r, k);
    }
}

static void enumerate_targets(struct run *r, unsigned int actor,
                              unsigned int level, enum oracle_owner fd,
                              unsigned int bits)
{
    struct kase k;

    for (unsigned int n = 0; n < nr_targets(); n++) {
        kase_init(r, &k, actors[actor].owner, actors[actor].caller);
        make_table(&k, level, 5);
        choose_target(&k, n);
        k.fd = fd;
        enumerate_flags(r, &k, bits);
    }
}

static void enumerate_storage(struct run *r, unsigned int actor,
                              unsigned int level)
{
    static const unsigned int targets[] = { 0, 3 }; /* none, writable */
    struct kase k;

    for (unsigned int t = 0; t < 2 * STORAGE_ALONE; t++) {
        uint64_t rest = STORAGE;

        kase_init(r, &k, actors[actor].owner, actors[actor].caller);
        make_table(&k, level, 5);
        choose_target(&k, targets[t & 1]);
        for (unsigned int i = 0; i < t / 2; i++)
            rest &= rest - 1;
        for (unsigned int i = 0; i < 1u << LOW_FLAGS; i++) {
            if (!run_wants_next(r))
                continue;
            k.new.flags = flags_of(i) | (rest & -rest);
            run_case(r, &k);
        }
    }
}

static void enumerate_slots(struct run *r, unsigned int actor,
                            unsigned int level)
{
    static const uint64_t flags[] = { OR_P | OR_RW | OR_US, OR_P, OR_P | OR_PAT,
                                      OR_RW, 0 };
    static const unsigned int targets[] = { W_A, W_TABLE, W_FOREIGN };
    struct kase k;

    for (unsigned int slot = 0; slot < 512; slot++)
        for (unsigned int i = 0; i < 15; i++) {
            if (!run_wants_next(r))
                continue;
            kase_init(r, &k, actors[actor].owner, actors[actor].caller);
            make_table(&k, level, slot);
            k.new = (struct oracle_entry){ targets[i / 5], flags[i % 5] };
            k.used |= 1u << k.new.frame;
            run_case(r, &k);
        }
}

void enumerate_entries(struct run *r)
{
    static const enum oracle_owner fds[] = { OR_D0, OR_D1, OR_IO, OR_XEN };

    for (unsigned int actor = 0; actor < NR_ACTORS; actor++)
        for (unsigned int level = 1; level <= 4; level++) {
            enumerate_storage(r, actor, level);
            enumerate_slots(r, actor, level);
            enumerate_targets(r, actor, level, actors[actor].owner, NR_FLAGS);
            for (unsigned int i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
                if (fds[i] != actors[actor].owner)
                    enumerate_targets(r, actor, level, fds[i], LOW_FLAGS);
        }
}
