/* SPDX-License-Identifier: MIT
 *
 * A second opinion: what Xen answers to one operation, written from sections 3
 * to 6 of docs/rules-reference.md and from nothing else. It shares no code, no
 * type and no constant with the model, and knows a world of a dozen frames
 * with a few entries each.
 */
#ifndef EXHAUSTIVE_ORACLE_H
#define EXHAUSTIVE_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

/* Whom a frame belongs to; the first three are domains, D0 privileged. */
enum oracle_owner {
    OR_D0,
    OR_D1,
    OR_D2,
    OR_IO,
    OR_XEN,
    OR_NOBODY, /* free, or private to Xen */
    OR_ABSENT, /* a number without a frame */
    OR_ALL_ONES,
};

/* In the order of Xen's encoding. */
enum oracle_type {
    OR_NONE,
    OR_L1,
    OR_L2,
    OR_L3,
    OR_L4,
    OR_SEG,
    OR_SHARED,
    OR_WRITABLE,
};

/* Bits of an entry. */
#define OR_P 0x1ull
#define OR_RW 0x2ull
#define OR_US 0x4ull
#define OR_PWT 0x8ull
#define OR_PCD 0x10ull
#define OR_A 0x20ull
#define OR_D 0x40ull
#define OR_PAT 0x80ull /* PSE above L1 */
#define OR_G 0x100ull
#define OR_KERNEL (1ull << 52)
#define OR_NX (1ull << 63)

enum {
    OR_EPERM = 1,
    OR_EACCES = 13,
    OR_EBUSY = 16,
    OR_EINVAL = 22,
};

#define OR_MAX_FRAMES 16
#define OR_MAX_CONTENTS 3

struct oracle_entry {
    unsigned int frame; /* an index into the world */
    uint64_t flags;     /* the other bits */
};

struct oracle_slot {
    unsigned int slot;
    struct oracle_entry e;
};

struct oracle_frame {
    enum oracle_owner owner;
    enum oracle_type type;
    uint64_t general, count; /* C and T */
    bool validated, pinned, partial, non_coherent;
    bool special;                 /* shared from Xen's heap */
    bool io_denied, io_read_only; /* of MMIO: not even D0's; not writable */
    int linear;
    /* Non-zero entries, by ascending slot; of the table of an update also. */
    unsigned int nr_contents;
    struct oracle_slot contents[OR_MAX_CONTENTS];
};

struct oracle_world {
    struct oracle_frame frame[OR_MAX_FRAMES];
    bool self_snoop;
    enum oracle_owner caller;
    bool fast; /* of the last update: only whitelisted bits changed */
};

/*
 * One request of mmu_update to the slot of CONTENTS[0] of frame TABLE. FD: the
 * domain (or OR_IO, OR_XEN) that the request names. All of the world changes
 * as Xen's does; the answer is 0 or a negative errno.
 */
int oracle_update(struct oracle_world *w, unsigned int table,
                  struct oracle_entry new, enum oracle_owner fd,
                  bool preserve_ad);

int oracle_pin(struct oracle_world *w, unsigned int frame, unsigned int level);
int oracle_unpin(struct oracle_world *w, unsigned int frame);
int oracle_clear_page(struct oracle_world *w, unsigned int frame);

#endif
