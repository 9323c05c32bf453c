/* SPDX-License-Identifier: MIT
 *
 * Why Xen refused something, for a person: the rule, the frame it spoke about,
 * who holds that frame, and what would make the call legal.
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

/*
 * R, the answer of a call on the machine of C, which is as the call has left
 * it: a refusal changes little. Prints nothing if no rule has spoken.
 */
void explain_result(FILE *f, struct xm_cpu *c, const struct xm_result *r,
                    const struct explain_names *names);

/* The state of a frame and everything that refers to it. */
void explain_frame(FILE *f, struct xm_cpu *c, xm_mfn mfn,
                   const struct explain_names *names);

#endif
