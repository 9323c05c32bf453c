/* SPDX-License-Identifier: MIT
 *
 * What is known of a rule beside its sentence.
 */
#ifndef EXPLAIN_ADVICE_H
#define EXPLAIN_ADVICE_H

#include <xen-model/rule.h>

#include <stdbool.h>

struct advice {
    enum xm_rule rule;
    bool frame;       /* the first value that the rule judged is a frame */
    const char *text; /* what to do; NULL: the sentence says it */
};

/* The row of RULE; of a rule without one, a row that says nothing. */
const struct advice *explain__advice(enum xm_rule rule);

#endif
