/* SPDX-License-Identifier: MIT
 *
 * From the names of a trace to numbers, for who executes its steps elsewhere.
 */
#ifndef TRACES_RESOLVE_H
#define TRACES_RESOLVE_H

#include <traces/trace.h>

/* A step with all names resolved. */
struct pvt_resolved {
    struct pvt_op op;
    struct mmu_update updates[PVT_MAX_BATCH];
    struct mmuext_op ops[PVT_MAX_BATCH];
    struct pvt_code code;
    uint8_t data[2][PVT_MAX_DATA]; /* op.data is the first */
};

/* What the names mean: the frames of each domain, and those of the pages. */
struct pvt_places {
    const struct pvt_known_frames *known;
    const xm_mfn *pages;
};

/* 0, or -1: the arguments are too long. */
int pvt_step_resolve(const struct pvt_trace *t, const struct pvt_step *s,
                     const struct pvt_places *p, struct pvt_resolved *to);

uint64_t pvt_entry_resolve(const struct pvt_trace *t, const struct pvt_entry *e,
                           const struct pvt_places *p);

/*
 * A page to come, and those behind it in its extent, whose number is in SIZE
 * bytes at OFFSET of op.data when the call has succeeded.
 */
struct pvt_bind {
    uint32_t page, extent;
    uint32_t offset, size;
};

/* The number N, from 0 on, of S; false: it has no more. */
bool pvt_step_bind(const struct pvt_step *s, uint32_t n, struct pvt_bind *to);

#endif
