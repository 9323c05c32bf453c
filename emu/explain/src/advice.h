/* SPDX-License-Identifier: MIT
 *
 * What is known of each rule beside its row in rules.def.
 */
#ifndef EXPLAIN_SRC_ADVICE_H
#define EXPLAIN_SRC_ADVICE_H

#include <xen-model/rule.h>

/* Which frame a rule is about. */
enum about {
    ABOUT_NONE,
    ABOUT_FRAME, /* seen[0] is its number */
    ABOUT_ENTRY, /* seen[1] is the entry that names it */
};

struct advice {
    enum xm_rule rule;
    enum about about;
    const char *text; /* what to do, or NULL */
};

/* The row of RULE; never NULL. */
const struct advice *explain__advice(enum xm_rule rule);

#endif
