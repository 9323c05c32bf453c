/* SPDX-License-Identifier: MIT
 *
 * Making a trace small that still shows what it shows.
 */
#ifndef TRACES_SHRINK_H
#define TRACES_SHRINK_H

#include <traces/runner.h>

/* Something with parts, of which fewer may do. */
struct pvt_parts {
    uint32_t (*count)(void *context);
    /* Leaves out COUNT of them for good, if what is left still does. */
    bool (*without)(void *context, uint32_t first, uint32_t count);
    void *context;
};

/* Tries to leave out pieces of SIZE, from the end: late parts need early ones.
 * True: something is gone. */
bool pvt_parts_pass(const struct pvt_parts *p, uint32_t size);

/* Ever smaller pieces, until no single part can be left out. */
bool pvt_parts_reduce(const struct pvt_parts *p);

/* What is looked for in a trace: the first step of this kind. */
enum pvt_goal_kind {
    PVT_GOAL_DIFFERENCE, /* from what is expected, or between the machines */
    PVT_GOAL_REFUSED,    /* by an errno, or an exception with a reason */
    PVT_GOAL_RULE,       /* .rule speaks */
    PVT_GOAL_STEP,       /* step .step, whatever it answers */
    PVT_GOAL_ANSWER,     /* the errno .rc */
    PVT_GOAL_BREAK,      /* without the checks .faults it is different */
};

/* All of a step's answer that matters. */
struct pvt_answer {
    int64_t rc;
    enum xm_rule rule;
    uint32_t vector, error_code;
};

struct pvt_goal {
    enum pvt_goal_kind kind;
    enum xm_rule rule;
    uint32_t step;
    int64_t rc;
    uint32_t faults; /* BREAK */
    struct pvt_backend *model;
    struct pvt_backend *other; /* actual Xen, or NULL */
    /* Opens both anew when other is lost; -1: it cannot. */
    int (*reopen)(void *context, struct pvt_goal *g);
    void *context;

    /* pvt_goal_find() fills in which step it is, and what it shows. */
    uint32_t found;           /* PVT_STEP_FINAL: the final section */
    struct pvt_answer answer; /* of the model with all its checks */
    struct pvt_answer broken; /* BREAK: without .faults */
    enum pvt_kind difference; /* DIFFERENCE: what differs, and how */
    uint64_t left, right;
    bool expected; /* from what the trace expects */
    char message[256];

    /* Of pvt_goal_find() and pvt_goal_holds() alone. */
    struct pvt_report *report;
    struct pvt_answer last, whole;
    uint64_t *digests;          /* BREAK: of each step */
    uint32_t nr_digests, first; /* the step that is it */
    bool states;                /* it shows in frames, not in answers */
    bool kernel_stays; /* each base that is loaded maps the guest's kernel */
    bool kernel_gone;
};

/*
 * Finds the step in T. 1: there is none; -1: T cannot be run; message says
 * why. On success T ends with that step, or with that line of its final
 * section, and its rules and neighbours are gone. T is to be shrunk, and is of
 * no other use.
 */
int pvt_goal_find(struct pvt_goal *g, struct pvt_trace *t);

/* Does the end of T show it? */
bool pvt_goal_holds(struct pvt_goal *g, const struct pvt_trace *t);

void pvt_goal_close(struct pvt_goal *g);

struct pvt_shrink {
    bool (*holds)(void *context, const struct pvt_trace *t);
    /* NULL, or called before each trial. False: enough. */
    bool (*go_on)(void *context, const struct pvt_trace *t, uint32_t trials);
    bool keep_last; /* the last step stays */
    void *context;
};

/*
 * Takes away steps, requests of lists, contents and pages, and makes plainer
 * what stays, as long as HOLDS says yes. Takes *T, and
 * leaves there what was reached. Returns how often HOLDS was asked.
 */
uint32_t pvt_shrink(const struct pvt_shrink *s, struct pvt_trace **t);

/*
 * T expects what GOAL's machine answers (actual Xen, where there is one), but
 * of the step that is a difference from what T expects: that stays. Rules of
 * refusals are named. 0, or -1 and the message of GOAL.
 */
int pvt_expect_answers(struct pvt_goal *g, struct pvt_trace *t);

#endif
