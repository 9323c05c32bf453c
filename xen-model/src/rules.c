/* SPDX-License-Identifier: MIT
 *
 * The rule table as data, and names: of Xen's errnos, of the bits of entries.
 */
#include "internal.h"

#include <xen-model/pte.h>

#define XEN_0 0

static const struct xm_rule_info rules[XM_NR_RULES] = {
    [XM_R_NONE] = { "", 0, "", "", "" },
#define XM_RULE(sym, id, err, ref, sentence, function)                         \
    [XM_R_##sym] = { id, XEN_##err, ref, sentence, function },
#include <xen-model/rules.def>
#undef XM_RULE
};

const struct xm_pte_flag xm_pte_flags[] = {
    { "P", XM_PTE_P },      { "RW", XM_PTE_RW },
    { "US", XM_PTE_US },    { "PWT", XM_PTE_PWT },
    { "PCD", XM_PTE_PCD },  { "A", XM_PTE_A },
    { "D", XM_PTE_D },      { "PSE", XM_PTE_PSE },
    { "PAT", XM_PTE_PAT },  { "G", XM_PTE_G },
    { "AVAIL0", 1u << 9 },  { "AVAIL1", 1u << 10 },
    { "AVAIL2", 1u << 11 }, { "GK", XM_PTE_GUEST_KERNEL },
    { "B53", 1ull << 53 },  { "B54", 1ull << 54 },
    { "B55", 1ull << 55 },  { "B56", 1ull << 56 },
    { "B57", 1ull << 57 },  { "B58", 1ull << 58 },
    { "B59", 1ull << 59 },  { "B60", 1ull << 60 },
    { "B61", 1ull << 61 },  { "B62", 1ull << 62 },
    { "NX", XM_PTE_NX },    { NULL, 0 },
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

void xm__note_refused(struct xm_cpu *c, uint32_t number, uint32_t request,
                      uint64_t a, uint64_t b, const struct xm_result *why)
{
    if (c->refused.why.rule != XM_R_NONE || why->rule == XM_R_NONE ||
        why->rule == XM_R_CALL_PREEMPTED || why->rc >= 0)
        return;
    c->refused = (struct xm_refused){
        .why = *why, .number = number, .request = request, .asked = { a, b }
    };
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
