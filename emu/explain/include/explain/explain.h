/* SPDX-License-Identifier: MIT
 *
 * Why Xen refused something, for a person: the request, the entry, the rule,
 * the frame it spoke about, who holds that frame, and what would make the call
 * legal.
 */
#ifndef EXPLAIN_EXPLAIN_H
#define EXPLAIN_EXPLAIN_H

#include <xen-model/machine.h>

#include <stdio.h>

#define EXPLAIN_NAME 64u

/* How frames are called: "l4", "pfn 0x17". Writes the name of MFN to BUFFER. */
struct explain_names {
    void (*frame)(void *context, xm_mfn mfn, char buffer[EXPLAIN_NAME]);
    void *context;
};

/* One that refers to a frame. */
struct explain_holder {
    char text[128]; /* "w[1], an L1, maps it writable" */
    bool type;      /* it needs the type that the frame has */
};
#define EXPLAIN_MAX_HOLDERS 12u

struct explain_frame {
    bool is;     /* there is one to speak of */
    bool exists; /* and the machine has it */
    xm_mfn mfn;
    char name[EXPLAIN_NAME];
    char owner[32]; /* "domain 1's", "free", "Xen's own" */
    bool counted;   /* a domain's: the rest means something */
    char type[16];
    bool pinned;
    uint64_t type_count, general_count;
    struct explain_holder holders[EXPLAIN_MAX_HOLDERS];
    uint32_t nr_holders; /* may be more than are kept */
};

struct explanation {
    const struct xm_rule_info *rule; /* NULL: nothing was refused */
    char request[160];  /* "request 2, mmu_update l1[7] := a P RW", or "" */
    bool one_of_many;   /* in a list, or in a multicall */
    char entry[160];    /* "l1[7] = a P RW", or "": there is none, or which is
                           not known */
    unsigned int level; /* of the table it is in */
    char way[256];      /* the entries that lead there: "l4[0], l3[1]" */
    struct explain_frame frame;
    char advice[512]; /* "": none */
};

/*
 * R, the answer of the last call on the machine of C, which is as the call has
 * left it: a refusal changes little.
 */
void explain_find(struct explanation *to, struct xm_cpu *c,
                  const struct xm_result *r, const struct explain_names *names);

/* The state of a frame and everything that refers to it. */
void explain_find_frame(struct explain_frame *to, struct xm_cpu *c, xm_mfn mfn,
                        const struct explain_names *names);

/* In sentences, indented by two spaces; of no rule, nothing. */
void explain_print(FILE *f, const struct explanation *e);
void explain_print_frame(FILE *f, const struct explain_frame *frame);

/* Both at once. */
void explain_result(FILE *f, struct xm_cpu *c, const struct xm_result *r,
                    const struct explain_names *names);
void explain_frame(FILE *f, struct xm_cpu *c, xm_mfn mfn,
                   const struct explain_names *names);

#endif
