/* SPDX-License-Identifier: MIT
 *
 * The rule table: every reason for which an operation is refused, altered,
 * accepted by exception or restarted. The rows are in rules.def.
 */
#ifndef XEN_MODEL_RULE_H
#define XEN_MODEL_RULE_H

#include <xen-model/types.h>

/* Errnos inside Xen: a guest never sees them (CNV-09). */
#define XEN_EINTR 4     /* nothing was done, try again */
#define XEN_ERESTART 85 /* something was done, go on from there */

enum xm_rule {
    XM_R_NONE, /* nothing to say: an ordinary success */
#define XM_RULE(sym, id, err, ref, sentence, function) XM_R_##sym,
#include <xen-model/rules.def>
#undef XM_RULE
    XM_NR_RULES
};

struct xm_rule_info {
    const char *id;        /* stable word id, "l1e.writable-typed" */
    int error;             /* positive Xen errno, 0: not a refusal */
    const char *reference; /* id in the rules reference, "L1-15" */
    const char *sentence;  /* for a person */
    const char *function;  /* of Xen */
};

/* The row of RULE; of XM_R_NONE or a number out of range, an empty row. */
const struct xm_rule_info *xm_rule_info(enum xm_rule rule);

/* The rule whose id is ID, XM_R_NONE if there is none. */
enum xm_rule xm_rule_by_id(const char *id);

/* Which rules have spoken: one bit a rule. */
struct xm_rule_set {
    uint64_t bits[(XM_NR_RULES + 63) / 64];
};

static inline void xm_rule_set_add(struct xm_rule_set *s, enum xm_rule r)
{
    s->bits[r / 64] |= 1ull << (r % 64);
}

static inline bool xm_rule_set_has(const struct xm_rule_set *s, enum xm_rule r)
{
    return (s->bits[r / 64] >> (r % 64)) & 1;
}

/*
 * What an operation answers, as in rax. rc is 0 or a negative Xen errno (some
 * calls document a positive value, up to 2^32 - 1). rule is the row that decided, with the two
 * values it judged; index is the table slot it was judging, if any.
 */
struct xm_result {
    int64_t rc;
    enum xm_rule rule;
    uint32_t index;
    uint64_t seen[2];
};

/* The name of a Xen errno ("EINVAL"; sign ignored; 0 gives "0"), or NULL. */
const char *xm_errno_name(int error);

/* The positive Xen errno of NAME ("EINVAL", "0"), -1 if there is none. */
int xm_errno_by_name(const char *name);

#endif
