/* SPDX-License-Identifier: MIT
 *
 * The rule table as data, and the names of Xen's errnos.
 */
#include "internal.h"

#define XEN_0 0

static const struct xm_rule_info rules[XM_NR_RULES] = {
    [XM_R_NONE] = { "", 0, "", "", "" },
#define XM_RULE(sym, id, err, ref, sentence, function)                         \
    [XM_R_##sym] = { id, XEN_##err, ref, sentence, function },
#include <xen-model/rules.def>
#undef XM_RULE
};

static bool equal(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

const struct xm_rule_info *xm_rule_info(enum xm_rule rule)
{
    return &rules[(unsigned int)rule < XM_NR_RULES ? rule : XM_R_NONE];
}

struct xm_result xm__deny(enum xm_rule rule, uint64_t a, uint64_t b)
{
    return (struct xm_result){ .rc = -xm_rule_info(rule)->error,
                               .rule = rule,
                               .seen = { a, b } };
}

void xm__say_why(struct xm_result *why, enum xm_rule rule, uint64_t a,
                 uint64_t b)
{
    *why = xm__deny(rule, a, b);
}

const struct xm_fault_info *xm_fault_info(enum xm_fault fault)
{
    static const struct xm_fault_info faults[] = {
#define XM_FAULT(symbol, name, sentence) { name, sentence },
#include <xen-model/faults.def>
#undef XM_FAULT
    };

    return &faults[fault];
}

enum xm_rule xm_rule_by_id(const char *id)
{
    for (unsigned int i = 1; i < XM_NR_RULES; i++)
        if (equal(rules[i].id, id))
            return (enum xm_rule)i;
    return XM_R_NONE;
}

static const struct {
    const char *name;
    int error;
} errnos[] = {
    { "0", 0 },
    { "EINTR", XEN_EINTR },
    { "ERESTART", XEN_ERESTART },
#define XEN_ERRNO(name, value) { #name, value },
#include <xen/errno.h>
};

const char *xm_errno_name(int error)
{
    if (error < 0)
        error = -error;
    for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++)
        if (errnos[i].error == error)
            return errnos[i].name;
    return NULL;
}

int xm_errno_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++)
        if (equal(errnos[i].name, name))
            return errnos[i].error;
    return -1;
}
