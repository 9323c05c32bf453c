/* SPDX-License-Identifier: MIT
 *
 * Running a program, one call after the other, on the model or in lockstep
 * with actual Xen. After every call the answers, the state of all frames of the
 * world, and what was written into them must agree; at the end of a program,
 * the state of all frames of the machine and all contents.
 */
#ifndef FUZZ_SESSION_H
#define FUZZ_SESSION_H

#include <fuzz/program.h>

#include <traces/model.h>

enum fz_outcome {
    FZ_AGREES,
    FZ_DIFFERS,
    FZ_NO_CALL, /* it was not executed */
    FZ_LOST,    /* the other machine is gone, or a domain of it */
    FZ_FAILED,  /* message says why */
};

/* A call in which Xen was interrupted, after it had looked so many times. */
struct fz_cut {
    uint32_t at;
    int64_t after; /* negative: in none */
    int64_t then;  /* and once more when it went on; negative: not */
};
#define FZ_MAX_CUTS 4096u /* of one program */

#define FZ_MAX_ALLOC 4096u /* frames of one program */
#define FZ_MAX_OPS 65536u  /* of a program with calls that can be anything */

/* How far the model is in a call that stops in the middle. */
struct fz_stopping {
    uint64_t arg[6]; /* registers to go on with */
    uint32_t wanted; /* how often it is to stop */
    uint32_t nr;     /* how often it has */
    bool differs;    /* in the middle: message says what */
    bool failed;     /* the model: message says why */
};

struct fz_session {
    struct pvt_backend *model;
    struct pvt_backend *other; /* NULL: the model alone */
    struct fz_world world;     /* of the program */
    struct fz_watched {        /* what of it has a state */
        uint32_t count;
        uint8_t places[FZ_NR_WATCHED];
        xm_mfn mfns[FZ_NR_WATCHED];
    } watched;
    struct pvt_outcome out[2];      /* of the last call: model, other */
    uint8_t answer[2][FZ_MAX_DATA]; /* what it left in guest memory */
    struct fz_call call;            /* the last one */
    uint64_t *written;              /* by the model, a bit a frame */
    /* What Xen has allocated in this program, and the operations it did so for:
     * an allocation may fail, and leave what was there for others. */
    xm_mfn alloc[FZ_MAX_ALLOC];
    uint32_t alloc_at[FZ_MAX_ALLOC];
    uint32_t nr_alloc;
    FILE *trace;    /* NULL, or where calls are written as steps */
    uint32_t turn;  /* whose content is looked at next, unasked */
    bool thorough;  /* all contents after every call */
    bool interrupt; /* the other machine often, by timers */
    /* Timers strike in calls; of their delays: 0, or the unit in ns. */
    uint64_t timer_unit;
    bool stops;     /* calls stop in the middle, as their operations say */
    bool leaked;    /* without another machine: see fz_check_model() */
    bool ahead;     /* the model is: see fz_start() */
    uint64_t calls; /* executed, ever */
    uint64_t interrupted; /* of these, explained by an interrupt */
    void *middle_block; /* the model before the call that a timer has stopped */
    uint64_t (*middle_pages)[XM_ENTRIES];
    struct fz_stopping stopping; /* the call that stops */
    uint64_t struck;             /* calls that a timer has stopped, compared */
    uint64_t stopped;            /* calls that have stopped ... */
    uint64_t middles[XM_NR_STOPS]; /* ... and where, compared each time */
    /*
     * What programs begin with: the world of these domains (with another
     * machine, of all), and the model's block and RAM before the pokes.
     */
    struct fz_world all;
    void *block;
    uint64_t *ram;
    uint64_t *changed; /* since then, a bit a frame, with those of written */
    /* Frames that calls returned, and what they held then. */
    xm_mfn fresh[FZ_BOOT_L4];
    uint64_t contents[FZ_BOOT_L4][XM_ENTRIES];
    /* Calls that are not for actual Xen, a bit each operation. */
    uint64_t refused[FZ_MAX_OPS / 64];
    struct {
        bool known, safe;
        struct fz_call call;
    } next; /* what fz_look_ahead() has found out */
    struct fz_cut cuts[FZ_MAX_CUTS];
    uint32_t nr_cuts;
    char message[256]; /* what differs, or why it has failed */
};

/* OTHER may be NULL. False: out of memory. */
bool fz_open(struct fz_session *s, struct pvt_backend *model,
             struct pvt_backend *other);
void fz_close(struct fz_session *s);

/*
 * The machines as all programs find them, with the same frames for each, the
 * windows open; then P's pokes. FZ_LOST: the other machine does not go back.
 */
enum fz_outcome fz_begin(struct fz_session *s, const struct fz_program *p);

/*
 * Begins the call at operation AT of the program that was begun; s->call.used
 * says how many operations it uses. If s->ahead then, the model has executed
 * it, and the other machine is about to.
 */
enum fz_outcome fz_start(struct fz_session *s, const struct fz_program *p,
                         uint32_t at);
/*
 * Between the two, if s->ahead: what will be asked of the call that begins at
 * OPS, of COUNT operations, is asked while the other machine is busy.
 */
void fz_look_ahead(struct fz_session *s, const struct fz_op *ops,
                   uint32_t count);
/* Ends it, and compares. */
enum fz_outcome fz_finish(struct fz_session *s, const struct fz_program *p);
/* Both. */
enum fz_outcome fz_step(struct fz_session *s, const struct fz_program *p,
                        uint32_t at);

/* Compares the whole machines. */
enum fz_outcome fz_compare_all(struct fz_session *s);

/*
 * P has been run to its end. Is the model in the same state when it does all
 * of it once more? Calls that were interrupted are understood by that.
 */
enum fz_outcome fz_check_repeat(struct fz_session *s,
                                const struct fz_program *p);

/*
 * Begins, runs all, compares all. *AT: the operation that ended it, or nr_ops.
 * TRACE: NULL, or where the lines of its steps go.
 */
enum fz_outcome fz_run(struct fz_session *s, const struct fz_program *p,
                       uint32_t *at, FILE *trace);

#endif
