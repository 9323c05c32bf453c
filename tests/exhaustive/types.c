/* SPDX-License-Identifier: MIT
 *
 * Every type over every other one: a frame in each state, asked for each
 * type; and tables of each level whose entries name frames in each state.
 */
#include "cases.h"

static const enum operation operations[] = {
    OP_PIN_L1, OP_PIN_L1 + 1, OP_PIN_L1 + 2, OP_PIN_L4,
    OP_UNPIN,  OP_CLEAR_PAGE, OP_UPDATE,
};
#define NR_OPERATIONS (sizeof(operations) / sizeof(operations[0]))

#define MAX_T ((1ull << 55) - 1)
#define MAX_C ((1ull << 57) - 1)

static void init(const struct run *r, struct kase *k, enum oracle_owner owner,
                 enum operation op)
{
    kase_init(r, k, owner, owner);
    k->op = op;
    k->new = (struct oracle_entry){ W_A, OR_P | OR_RW };
    k->used |= 1u << W_A;
}

static void add(struct kase *k, unsigned int slot, unsigned int frame,
                uint64_t flags)
{
    struct oracle_frame *f = &k->w.frame[W_TABLE];

    f->contents[f->nr_contents++] =
        (struct oracle_slot){ slot, { frame, flags } };
    k->used |= 1u << frame;
}

/* Both counts as they are and at the end of their range. */
static void saturate(struct oracle_frame *f, unsigned int how)
{
    if (how & 3)
        f->general = MAX_C + 1 - (how & 3);
    if (f->count != 0 && (how >> 2) != 0)
        f->count = MAX_T + 1 - (how >> 2);
}

static void change_one(struct run *r, enum oracle_owner owner)
{
    struct kase k;

    for (unsigned int s = 0; s < nr_states; s++)
        for (unsigned int op = 0; op < NR_OPERATIONS; op++)
            for (unsigned int how = 0; how < 12; how++) {
                if (!run_wants_next(r))
                    continue;
                init(r, &k, owner, operations[op]);
                set_state(&k, W_TABLE, &states[s]);
                saturate(&k.w.frame[W_TABLE], how);
                add(&k, 7, W_ZERO, 0);
                run_case(r, &k);
            }
}

/* A pinned L1, and a frame in each state that it is made to map. */
static void map_one(struct run *r, enum oracle_owner owner)
{
    struct kase k;

    for (unsigned int level = 1; level <= 4; level++)
        for (unsigned int s = 0; s < nr_states; s++)
            for (unsigned int how = 0; how < 24; how++) {
                if (!run_wants_next(r))
                    continue;
                init(r, &k, owner, OP_UPDATE);
                make_table(&k, level, 7);
                set_state(&k, W_A, &states[s]);
                saturate(&k.w.frame[W_A], how / 2);
                k.new.flags = how & 1 ? OR_P : OR_P | OR_RW;
                run_case(r, &k);
            }
}

/* Flags of the entries that a new table holds. */
static const uint64_t entry_flags[] = { OR_P | OR_RW, OR_P,
                                        OR_P | OR_RW | OR_PAT, OR_RW };

/* A table that nobody uses, with entries to frames in every two states. */
static void validate(struct run *r, enum oracle_owner owner, unsigned int state)
{
    struct kase k;

    for (unsigned int level = 1; level <= 4; level++)
        for (unsigned int a = 0; a < nr_states; a++)
            for (unsigned int b = 0; b < nr_states; b++)
                for (unsigned int i = 0; i < 32; i++) {
                    if (!run_wants_next(r))
                        continue;
                    init(r, &k, owner, OP_PIN_L1 + level - 1);
                    set_state(&k, W_TABLE, &states[state]);
                    set_state(&k, W_A, &states[a]);
                    set_state(&k, W_B, &states[b]);
                    add(&k, i & 16 ? 0 : 2, W_A, entry_flags[i & 3]);
                    add(&k, 5, W_B, entry_flags[i >> 2 & 3]);
                    run_case(r, &k);
                }
}

/* The same with frames that are not the owner's, and with the table itself. */
static void validate_others(struct run *r, enum oracle_owner owner,
                            unsigned int state)
{
    static const unsigned int first[] = { W_TABLE, W_A, W_ZERO };
    struct kase k;

    for (unsigned int level = 1; level <= 4; level++)
        for (unsigned int n = 0; n < 3 * NR_W; n++)
            for (unsigned int i = 0; i < 32; i++) {
                if (!run_wants_next(r))
                    continue;
                init(r, &k, owner, OP_PIN_L1 + level - 1);
                set_state(&k, W_TABLE, &states[state]);
                add(&k, i & 16 ? 0 : 2, first[n / NR_W], entry_flags[i & 3]);
                add(&k, 5, n % NR_W, entry_flags[i >> 2 & 3]);
                run_case(r, &k);
            }
}

void enumerate_types(struct run *r)
{
    for (enum oracle_owner owner = OR_D0; owner <= OR_D1; owner++) {
        change_one(r, owner);
        map_one(r, owner);
        validate(r, owner, 0);
        validate_others(r, owner, 0);
    }
}
