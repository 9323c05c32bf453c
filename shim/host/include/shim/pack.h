/* SPDX-License-Identifier: MIT
 *
 * A trace as a program for the shim, which needs no host then.
 */
#ifndef SHIM_PACK_H
#define SHIM_PACK_H

#include <traces/trace.h>

struct shim_packed {
    void *bytes; /* the caller frees them */
    size_t length;
    uint32_t frames; /* that the program takes of its domain */
};

/*
 * False and *ERROR (line 0: it is about no line): such a trace needs a host,
 * and why.
 */
bool shim_pack(const struct pvt_trace *t, struct shim_packed *to,
               struct pvt_error *error);

#endif
