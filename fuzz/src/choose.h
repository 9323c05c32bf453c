/* SPDX-License-Identifier: MIT
 *
 * What the generator chooses from: chances, pages by what they are meant for
 * or live as, flags.
 */
#ifndef FUZZ_CHOOSE_H
#define FUZZ_CHOOSE_H

#include <fuzz/generate.h>

uint32_t fz_below(struct fz_random *r, uint32_t n);
bool fz_chance(struct fz_random *r, uint32_t percent);

/* Page PAGE of LEVEL that a domain keeps for it; 0: data. */
uint8_t fz_page_for(uint32_t domain, unsigned int level, uint32_t page);
uint8_t fz_any_page(struct fz_random *r, uint32_t domain);

/* The state of a place, as the model has it. */
struct fz_look {
    const struct xm_frame *frame; /* NULL: it is not there */
    unsigned int level;           /* of its type, 0: no table's */
    uint64_t count;               /* of the type */
};

struct fz_look fz_look_at(const struct fz_session *s, uint32_t place);

uint32_t fz_some_domain(struct fz_random *r, const struct fz_session *s);

/* Mostly the domain itself. */
uint32_t fz_whose(struct fz_random *r, const struct fz_session *s,
                  uint32_t domain);

/* A frame to be used as LEVEL: live as that, meant for it, or anything. */
uint8_t fz_frame_for(struct fz_random *r, const struct fz_session *s,
                     uint32_t domain, unsigned int level);

/* Few flags other than those that work, and then one too many or too few. */
uint64_t fz_flags_for(struct fz_random *r, uint64_t usual);

/* Operations on descriptors: choose_segments.c. */
void fz_choose_gdt(struct fz_random *r, const struct fz_session *s,
                   uint32_t domain, struct fz_op *op);
void fz_choose_descriptor(struct fz_random *r, const struct fz_session *s,
                          uint32_t domain, struct fz_op *op);
void fz_choose_ldt(struct fz_random *r, const struct fz_session *s,
                   uint32_t domain, struct fz_op *op);
void fz_choose_selector(struct fz_random *r, const struct fz_session *s,
                        uint32_t domain, struct fz_op *op);
/* A descriptor in place of the entry. */
void fz_choose_stored(struct fz_random *r, struct fz_op *op);

/* Grants, and pages given back: choose_grants.c. */
void fz_choose_grant(struct fz_random *r, const struct fz_session *s,
                     uint32_t domain, struct fz_op *op);
void fz_choose_map(struct fz_random *r, const struct fz_session *s,
                   uint32_t domain, struct fz_op *op);
void fz_choose_unmap(struct fz_random *r, const struct fz_session *s,
                     uint32_t domain, struct fz_op *op);
void fz_choose_decrease(struct fz_random *r, const struct fz_session *s,
                        uint32_t domain, struct fz_op *op);

/* Calls by fields, and acts: choose_calls.c. So many operations are made. */
uint32_t fz_choose_call(struct fz_random *r, const struct fz_session *s,
                        uint32_t domain, struct fz_op *ops);
uint32_t fz_choose_act(struct fz_random *r, const struct fz_session *s,
                       uint32_t domain, struct fz_op *ops);

#endif
