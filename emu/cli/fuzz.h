/* SPDX-License-Identifier: MIT
 *
 * A campaign of pinfold fuzz.
 */
#ifndef EMU_CLI_FUZZ_H
#define EMU_CLI_FUZZ_H

#include <fuzz/generate.h>

#define FUZZ_MODEL_FRAMES 256u /* of a machine of the model's own */

struct fuzz_options {
    bool on_xen, interrupt, preempt;
    uint64_t seed, ops, seconds, length, stop_after;
    const char *findings, *hypervisor, *kernel;
    unsigned int icount; /* 0, or 1 + shift (xen.h) */
    uint32_t faults;     /* a bit each, 1 << enum xm_fault */
};

struct fuzz_run {
    const struct fuzz_options *options;
    struct pvt_backend *other; /* NULL: the model alone */
    /* With another machine the first; else one for each set of domains. */
    struct fz_session sessions[1u << FZ_DOMAINS];
    struct fz_session *session; /* the one in use */
    bool begun;                 /* the last program had its frames */
    uint64_t begun_last;        /* which program had none at first */
    bool watched;               /* by somebody at a terminal */
    double started, shown;
    uint64_t ops, programs, findings, restarts, interrupted;
    uint64_t stopped, struck,
        middles[XM_NR_STOPS]; /* of sessions that are closed */
    uint64_t by_kind[FZ_NR_KINDS], by_domain[FZ_DOMAINS], refused;
    struct xm_rule_set fired; /* of all programs */
    char version[64];
};

/* The machines of a campaign. An exit status. */
int fuzz_open(struct fuzz_run *r);
void fuzz_close(struct fuzz_run *r);
bool fuzz_restart(struct fuzz_run *r);

/* Makes r->session the one for DOMAINS. False: out of memory. */
bool fuzz_choose(struct fuzz_run *r, uint32_t domains);

/* Shrinks P, which ended in WHY, prints it as a trace and saves it. */
int fuzz_finding(struct fuzz_run *r, struct fz_program *p, enum fz_outcome why);

int fuzz_campaign(const struct fuzz_options *o);

#endif
