/* SPDX-License-Identifier: MIT
 *
 * One case: a world of the oracle and one operation on it. A case is put into
 * each machine as a state of its frames, executed there, and read back; so no
 * case depends on another one.
 */
#ifndef EXHAUSTIVE_MACHINE_H
#define EXHAUSTIVE_MACHINE_H

#include "oracle.h"

#include <traces/backend.h>
#include <xen-model/invariants.h>

/* The frames of the world. Those from W_IO on are no domain's. */
enum {
    W_TABLE, /* what the operation is about */
    W_A,
    W_B,
    W_C,
    W_FOREIGN, /* of a domain that is not the owner of the others */
    W_SHARED,  /* the owner's shared_info */
    W_M2P,
    W_IO,
    W_IO_READ_ONLY, /* of the I/O APIC */
    W_IO_DENIED,    /* of the local APIC */
    W_ABSENT,       /* the first number past the machine */
    W_ALL_ONES,
    W_PRIVATE,
    W_FREE,
    W_ZERO, /* frame 0, which is MMIO */
    NR_W,
};

_Static_assert(NR_W <= OR_MAX_FRAMES, "the world has room for all");

enum operation {
    OP_UPDATE,
    OP_PIN_L1, /* to L4 */
    OP_PIN_L4 = OP_PIN_L1 + 3,
    OP_UNPIN,
    OP_CLEAR_PAGE,
};

struct kase {
    struct oracle_world w;
    uint32_t used;           /* one bit a frame of W that matters */
    enum oracle_owner owner; /* of all frames but W_FOREIGN */
    enum operation op;       /* on W_TABLE */
    struct oracle_entry new; /* of OP_UPDATE, with what follows */
    enum oracle_owner fd;
    bool preserve_ad;
};

struct machine {
    const char *name;
    bool has_rules; /* it says which rules have spoken */
    struct pvt_backend *backend;
    uint64_t *(*page)(struct machine *m, xm_mfn mfn);
    void (*set_frame)(struct machine *m, xm_mfn mfn, const struct xm_frame *f);
};

#define MAX_MACHINES 2u

struct run {
    struct machine machine[MAX_MACHINES];
    unsigned int nr_machines;
    /* By the owner of most: the frames, and in which state they are given. */
    xm_mfn mfn[OR_D1 + 1][OR_MAX_FRAMES];
    struct oracle_world world[OR_D1 + 1];
    /* Of COUNT cases about SAMPLE are executed; 0: all. */
    uint64_t seed, sample, count;
    bool counting;
    uint64_t number; /* of the next case */
    uint64_t executed, differences;
    bool lost; /* a machine is gone */
};

/*
 * The model alone, or Xen and a model that has adopted its state. 0, or -1 and
 * MESSAGE.
 */
int run_open(struct run *r, bool on_xen, char *message, size_t size);
void run_close(struct run *r);
/* The invariants of the model. */
struct xm_violation run_check(struct run *r);

/* False: the next case is none of the sample, and need not be made. */
bool run_wants_next(struct run *r);
/* Executes K on all machines and compares with the oracle. */
void run_case(struct run *r, const struct kase *k);

/* A case of frames of OWNER, by CALLER, about nothing yet. */
void kase_init(const struct run *r, struct kase *k, enum oracle_owner owner,
               enum oracle_owner caller);

/* The rules of the model's fast paths have spoken. */
bool kase_was_fast(const struct pvt_outcome *out);

/* K in words, what the oracle expects, and what M has made of it. */
void kase_print(const struct run *r, const struct machine *m,
                const struct kase *k, const struct kase *after, int rc,
                const struct pvt_outcome *out);

/* E as the machine's 64 bits. */
uint64_t entry_of(const struct run *r, const struct kase *k,
                  struct oracle_entry e);

/* What page_info holds of F. */
struct xm_frame frame_of(const struct oracle_frame *f);

#endif
