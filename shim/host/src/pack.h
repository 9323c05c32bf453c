/* SPDX-License-Identifier: MIT
 *
 * What the files that pack share.
 */
#ifndef SHIM_HOST_PACK_H
#define SHIM_HOST_PACK_H

#include <shim/mailbox.h>
#include <shim/pack.h>
#include <shim/program.h>
#include <traces/resolve.h>

#define PACK_TRIALS 4u

struct packer {
    const struct pvt_trace *t;
    struct pvt_error *error;
    FILE *out;
    uint32_t frames;
    uint32_t uses; /* a bit for each enum shim_symbol */
    /* Of each trial: what the names mean, and the mailbox it makes. */
    struct pvt_known_frames known[PACK_TRIALS];
    xm_mfn *pages[PACK_TRIALS];
    struct pvt_places places[PACK_TRIALS];
    struct shim_mailbox *boxes;
    struct pvt_resolved *resolved;
    /* Of the step at hand. */
    struct shim_relocation *relocations;
    struct shim_program_bind *binds;
};

/* pack.c: false, and the error. */
bool pack__refuse(struct packer *p, unsigned int line, unsigned int column,
                  const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* pack_words.c */
bool pack__open(struct packer *p);
void pack__close(struct packer *p);
/* The symbol of a page of the trace. */
uint32_t pack__symbol(uint32_t page);
/*
 * A word as it is in each trial: does a symbol make it? False: the error says
 * what cannot be told by itself at LINE.
 */
bool pack__relocate(struct packer *p, unsigned int line, unsigned int column,
                    const uint64_t words[PACK_TRIALS],
                    struct shim_relocation *r, bool *found);

/* pack_refuse.c: what only a host can do. */
bool pack__is_one_domain(struct packer *p);
bool pack__can_run_alone(struct packer *p, const struct pvt_step *s);
/* It speaks of no domain by a number; p->resolved is S. */
bool pack__is_about_itself(struct packer *p, const struct pvt_step *s);

#endif
