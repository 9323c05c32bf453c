/* SPDX-License-Identifier: MIT
 *
 * Running a trace on the model, alone or in lockstep with another machine.
 *
 * After every step, what both answered and the state of every frame of the
 * trace must agree; what the trace expects must hold on both; and the model's
 * invariants must hold. A trace stops at its first step that differs.
 */
#ifndef TRACES_RUNNER_H
#define TRACES_RUNNER_H

#include <traces/trace.h>

enum pvt_kind {
    PVT_KIND_RC,
    PVT_KIND_DONE,
    PVT_KIND_FAULT, /* the exception that was taken, or none */
    PVT_KIND_ERROR_CODE,
    PVT_KIND_CR2,
    PVT_KIND_VALUE,
    PVT_KIND_REGISTER, /* detail names it */
    PVT_KIND_ENTRY,
    PVT_KIND_COUNT_INFO,
    PVT_KIND_TYPE_INFO,
    PVT_KIND_LINEAR,
    PVT_KIND_NR_VALIDATED,
    PVT_KIND_PARTIAL,
    PVT_KIND_M2P,
    PVT_KIND_GENERAL,    /* C, as final asks for it */
    PVT_KIND_BY,         /* left and right are rules */
    PVT_KIND_INVARIANT,  /* detail says which */
    PVT_KIND_SILENT,     /* a rule of the trace that has never spoken */
    PVT_KIND_NOT_SILENT, /* one that it silences has spoken */
    PVT_KIND_ARGUMENT,   /* what a call left in its arguments */
    PVT_KIND_GRANTS,     /* Xen's side of a grant table; detail says what */
    PVT_KIND_LOST,       /* the machine is gone; detail says how */
};

/* "rc", "count_info", ... */
const char *pvt_kind_name(enum pvt_kind kind);

/*
 * Of a trace with more pages than these, what is in those that are no tables is
 * compared by turns, so many after each step, and all of it at the end. Of one
 * with so many steps, the invariants that follow from the model's whole state
 * are checked after one step in PVT_ONE_IN, and after the last.
 */
#define PVT_MANY_PAGES 512u
#define PVT_BY_TURNS 256u
#define PVT_MANY_STEPS 4096u
#define PVT_ONE_IN 16u

#define PVT_STEP_INIT 0u /* steps count from 1 */
#define PVT_STEP_FINAL UINT32_MAX
#define PVT_NO_SLOT UINT32_MAX

/* One thing that is not as it should be. */
struct pvt_difference {
    enum pvt_kind kind;
    uint32_t step;     /* PVT_STEP_INIT, PVT_STEP_FINAL, or its number */
    unsigned int line; /* of the trace, 0: none */
    char text[160];    /* the step */
    char frame[PVT_MAX_NAME + 1]; /* its name, "": none */
    xm_mfn mfn;
    uint32_t slot;
    /* Whose values: "expected", "model", or the other's version. */
    const char *left_name, *right_name;
    uint64_t left, right;
    enum xm_rule rule; /* the model's reason, or the one that is expected */
    char detail[256];
};

/* A value as a person reads it: an errno, a rule, a number. */
const char *pvt_value_text(enum pvt_kind kind, uint64_t value, char buffer[32]);

#define PVT_MAX_DIFFERENCES 64u

struct pvt_report {
    uint32_t steps;          /* executed */
    uint32_t nr_differences; /* may be more than are kept */
    struct pvt_difference differences[PVT_MAX_DIFFERENCES];
    bool skipped; /* message says why */
    bool lost;    /* the other machine is gone, or must be closed */
    char message[256];
};

struct pvt_watched {
    char name[PVT_MAX_NAME + 1];
    xm_mfn mfn;
    struct xm_frame model, other;
};

/* What a step did, or what there is before the first of them. */
struct pvt_observation {
    const struct pvt_trace *trace;
    const struct pvt_step *step;             /* NULL before the first */
    uint32_t number;                         /* from 1; 0 before the first */
    const struct pvt_outcome *model, *other; /* other may be NULL */
    const struct pvt_watched *watched;
    uint32_t nr_watched;
    bool bound; /* of what is watched, some have their frames by this step */
    uint32_t nr_differences; /* found by this step */
    const struct pvt_difference *differences;
};

struct pvt_runner {
    struct pvt_backend *model;
    struct pvt_backend *other; /* NULL: the model alone */
    uint32_t unasked;  /* so many steps, from the first, may answer anything */
    bool answers_only; /* no frame, entry or invariant is looked at */
    /* Both may be NULL: before the first step, without an outcome; after each
     */
    void (*begin)(void *context, const struct pvt_observation *o);
    void (*observe)(void *context, const struct pvt_observation *o);
    void *context;
};

/* So many frames T takes of the I-th of its domains. */
uint32_t pvt_frames_taken(const struct pvt_trace *t, uint32_t i);

/* Do the states of one frame agree, as far as they mean something? */
bool pvt_frames_agree(const struct xm_frame *model,
                      const struct xm_frame *other);

/*
 * Runs T. Findings are in REPORT and are no failure; -1 and the message of
 * REPORT if it could not be run.
 */
int pvt_run(const struct pvt_runner *r, const struct pvt_trace *t,
            struct pvt_report *report);

#endif
