/* SPDX-License-Identifier: MIT
 *
 * What the files of the model as a backend share.
 */
#ifndef TRACES_SRC_MODEL_H
#define TRACES_SRC_MODEL_H

#include <traces/model.h>

#include "refusal.h"

#include <stdio.h>

struct model {
    struct pvt_backend backend;
    struct xm_cpu cpu;
    struct xm_config config;
    void *block, *scratch;
    size_t block_size, ram_size;
    int memory;                  /* a file: block, then RAM; or -1 */
    struct rehearsal *rehearsal; /* NULL: none was ever made */
    struct refusal refusal;
    struct xm_violation violation; /* by the last call */
    bool unchecked;                /* nobody asks for these */
    bool synthetic;
    xm_mfn next_free; /* synthetic: all from here on are free ... */
    xm_mfn end;       /* ... below this; and the last frame is */
};

static inline struct model *model_of(struct pvt_backend *b)
{
    return (struct model *)b;
}

static inline int fail(struct model *m, const char *message)
{
    snprintf(m->backend.message, sizeof(m->backend.message), "%s", message);
    return -1;
}

/*
 * A machine made up for traces: dom0 alone, as small as it can be. -1 and a
 * message: the model is at fault.
 */
int model__boot(struct model *m);
/* Another domain of that machine. */
int model__add_domain(struct model *m, xm_domid domid, bool privileged,
                      struct pvt_known_frames *known);

/* model_execute.c: of struct pvt_backend_ops. */
int model__execute(struct pvt_backend *b, const struct pvt_op *op,
                   struct pvt_outcome *out);

void model__drop_ram(struct model *m);

/* Where RAM begins in m->memory. */
size_t model__ram_offset(const struct model *m);

/* rehearsal.c */
void model__forget_rehearsal(struct model *m);

#endif
