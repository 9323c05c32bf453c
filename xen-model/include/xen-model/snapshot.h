/* SPDX-License-Identifier: MIT
 *
 * Going back to a known state, many times a second. A copy of the machine
 * block and of guest RAM is a snapshot, and needs no function. These copy only
 * the frames whose bit is set in cpu.written, which the model sets where it
 * writes RAM; whoever else writes there sets the bits too, or copies all.
 */
#ifndef XEN_MODEL_SNAPSHOT_H
#define XEN_MODEL_SNAPSHOT_H

#include <xen-model/machine.h>

struct xm_snapshot {
    void *block;   /* xm_machine_size() bytes of the caller's */
    uint64_t *ram; /* 512 words a frame, the caller's too */
};

/* Words of cpu.written for NR_FRAMES frames. */
#define XM_WRITTEN_WORDS(nr_frames) (((size_t)(nr_frames) + 63) / 64)

/* Copies everything, and clears cpu.written, if there is one. */
void xm_snapshot_take(struct xm_cpu *c, const struct xm_snapshot *s);

/*
 * The machine and S differ in the machine block and in the frames of
 * cpu.written at most (all frames if it is NULL): makes S as the machine is,
 * or the machine as S is. Then nothing is written.
 */
void xm_snapshot_update(struct xm_cpu *c, const struct xm_snapshot *s);
void xm_snapshot_restore(struct xm_cpu *c, const struct xm_snapshot *s);

#endif
