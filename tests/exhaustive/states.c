/* SPDX-License-Identifier: MIT
 *
 * The states that a frame of a domain may be in (FRM-48..55), with counts
 * that are as low as the state allows, or higher.
 */
#include "cases.h"

#define WRITABLE .type = OR_WRITABLE, .validated = true
#define SEG .type = OR_SEG, .validated = true
#define LIVE(l) .type = OR_L##l, .validated = true

#define STATES_OF_A_TABLE(l)                                                   \
    { "idle l" #l, { .type = OR_L##l, .general = 1 } },                        \
        { "l" #l, { LIVE(l), .count = 1, .general = 2 } },                     \
        { "pinned l" #l,                                                       \
          { LIVE(l), .count = 1, .general = 2, .pinned = true } },             \
    {                                                                          \
        "pinned l" #l ", mapped twice",                                        \
        {                                                                      \
            LIVE(l), .count = 3, .general = 5, .pinned = true                  \
        }                                                                      \
    }

/* Tables that use or are used by tables of their level, and partial ones. */
#define STATES_OF_AN_UPPER_TABLE(l)                                            \
    { "l" #l ", partial",                                                      \
      { .type = OR_L##l, .count = 1, .general = 2, .partial = true } },        \
        { "l" #l ", uses",                                                     \
          { LIVE(l), .count = 1, .general = 2, .linear = 2 } },                \
    {                                                                          \
        "l" #l ", used",                                                       \
        {                                                                      \
            LIVE(l), .count = 3, .general = 4, .linear = -2                    \
        }                                                                      \
    }

const struct state states[] = {
    { "none", { .type = OR_NONE, .general = 1 } },
    { "none, mapped", { .type = OR_NONE, .general = 2 } },
    { "idle writable", { WRITABLE, .general = 1 } },
    { "writable", { WRITABLE, .count = 1, .general = 2 } },
    { "idle writable, incoherent",
      { WRITABLE, .general = 1, .non_coherent = true } },
    { "writable, incoherent",
      { WRITABLE, .count = 1, .general = 2, .non_coherent = true } },
    { "idle seg_desc", { SEG, .general = 1 } },
    { "seg_desc", { SEG, .count = 1, .general = 2 } },
    STATES_OF_A_TABLE(1),
    STATES_OF_A_TABLE(2),
    STATES_OF_A_TABLE(3),
    STATES_OF_A_TABLE(4),
    STATES_OF_AN_UPPER_TABLE(2),
    STATES_OF_AN_UPPER_TABLE(3),
    STATES_OF_AN_UPPER_TABLE(4),
};

const unsigned int nr_states = sizeof(states) / sizeof(states[0]);

void make_table(struct kase *k, unsigned int level, unsigned int slot)
{
    k->w.frame[W_TABLE] = (struct oracle_frame){
        .owner = k->owner,
        .type = (enum oracle_type)level,
        .validated = true,
        .pinned = true,
        .count = 1,
        .general = 2,
        .nr_contents = 1,
        .contents = { { slot, { W_ZERO, 0 } } },
    };
}

void set_state(struct kase *k, unsigned int i, const struct state *s)
{
    const enum oracle_owner owner = k->w.frame[i].owner;

    k->w.frame[i] = s->f;
    k->w.frame[i].owner = owner;
    k->used |= 1u << i;
}
