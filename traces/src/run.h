/* SPDX-License-Identifier: MIT
 *
 * What the files of the runner share.
 */
#ifndef TRACES_SRC_RUN_H
#define TRACES_SRC_RUN_H

#include <traces/model.h>
#include <traces/resolve.h>
#include <traces/runner.h>
#include <xen-model/pte.h>

enum side { SIDE_MODEL, SIDE_OTHER, NR_SIDES };

/* A trace being run. */
struct run {
    const struct pvt_runner *runner;
    const struct pvt_trace *trace;
    struct pvt_report *report;
    struct pvt_backend *sides[NR_SIDES];
    struct pvt_known_frames known[PVT_MAX_DOMAINS]; /* of each domain */
    xm_mfn *pages;
    struct pvt_watched *watched; /* the pages, then the boot tables */
    uint32_t nr_watched;
    struct pvt_grants *grants; /* one a side */
    xm_mfn *alloc; /* what Xen's allocator delivered in the step at hand */
    uint32_t nr_alloc;
    /* Where we are. */
    uint32_t step;
    const struct pvt_step *current; /* NULL before and after the steps */
    unsigned int line;
    enum xm_rule rule;
    struct xm_rule_set fired;
    bool bound; /* by the step at hand pages that were to come are here */
    bool whole; /* nothing is left for later when states are compared */
    /* Of what is watched, a bit each: */
    uint64_t *dirty;   /* its state may not be that of before the step */
    uint64_t *tables;  /* it is a table, so that what it holds is compared */
    uint64_t *read;    /* that is compared after this step */
    uint64_t *awaited; /* the answer of this step says which frame it is */
    struct changes *changes; /* NULL: all is dirty, always */
};

static inline void run_mark(uint64_t *set, uint32_t i)
{
    set[i / 64] |= 1ull << (i % 64);
}

static inline void run_unmark(uint64_t *set, uint32_t i)
{
    set[i / 64] &= ~(1ull << (i % 64));
}

static inline bool run_is_marked(const uint64_t *set, uint32_t i)
{
    return set[i / 64] >> (i % 64) & 1;
}

#define PVT_NO_MFN (~(xm_mfn)0) /* of a page that is still to come */

/* runner.c: PAGE, which was to come, is here. */
void run_watch(struct run *r, uint32_t page, xm_mfn mfn);

/* resolve.c */
xm_mfn run_frame(const struct run *r, struct pvt_frame_ref ref);
void run_frame_name(const struct run *r, struct pvt_frame_ref ref, char *name,
                    size_t size);
uint64_t run_entry(const struct run *r, const struct pvt_entry *e);
xm_vaddr run_va(struct pvt_va va);
xm_domid run_domid(struct pvt_fd fd);
/* Where the arguments of S lie. */
xm_vaddr run_args(const struct run *r, const struct pvt_step *s);
/* 0, or -1: the arguments are too long. */
int run_resolve(const struct run *r, const struct pvt_step *s,
                struct pvt_resolved *to);

/* arguments.c */
uint64_t run_value(const struct run *r, const struct pvt_value *v);
int run_resolve_call(const struct run *r, const struct pvt_step *s,
                     struct pvt_op *op);
/*
 * Before a call: which pages of its answer are still to come? Those that have
 * been given back come once more: Xen's allocator may deliver other frames
 * than it did when the trace was made.
 */
void run_await(struct run *r, const struct pvt_step *s);
/* They get the numbers that the call returned. */
void run_bind(struct run *r, const struct pvt_step *s, const uint8_t *data,
              int64_t rc);
void run_expect_out(struct run *r, const struct pvt_step *s, enum side side,
                    const uint8_t *data);

/* instruction.c */
void run_resolve_instruction(const struct run *r,
                             const struct pvt_instruction *i,
                             struct pvt_code *to);
void run_compare_registers(struct run *r, const struct pvt_code *code,
                           const struct pvt_outcome *a,
                           const struct pvt_outcome *b);
void run_expect_registers(struct run *r, const struct pvt_settings *s,
                          enum side side, const struct pvt_outcome *got);

/* difference.c: the new record, for more to be filled in; never NULL. */
struct pvt_difference *run_differ(struct run *r, enum pvt_kind kind,
                                  const char *left_name, uint64_t left,
                                  const char *right_name, uint64_t right);
const char *run_side_name(const struct run *r, enum side side);

/* changes.c: of big traces. NULL: out of memory. */
struct changes *changes_open(const struct run *r);
void changes_close(struct changes *c);
/* MFN: where the I-th that is watched is from now on. */
void changes_watch(struct changes *c, uint32_t i, xm_mfn mfn);
/* Marks in SET what may have changed since the last time. */
void changes_find(struct changes *c, const struct run *r, uint64_t *set);

/* compare.c: -1 if a machine cannot be read. */
void run_compare_outcomes(struct run *r, enum pvt_call call,
                          const struct pvt_outcome *a,
                          const struct pvt_outcome *b);
void run_compare_arguments(struct run *r, const uint8_t *a, const uint8_t *b,
                           uint32_t size);
int run_compare_state(struct run *r);
/* The same, and of a big trace too of each page what it holds. */
int run_compare_whole_state(struct run *r);
/* grants.c: of all domains of the trace. */
int run_compare_grants(struct run *r);
int run_compare_m2p(struct run *r);

/* expect.c */
void run_expect(struct run *r, const struct pvt_expect *e, enum side side,
                const struct pvt_outcome *got);
int run_expect_final(struct run *r);
void run_expect_rules(struct run *r);
void run_check_invariants(struct run *r);

#endif
