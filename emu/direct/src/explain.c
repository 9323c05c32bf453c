/* SPDX-License-Identifier: MIT
 *
 * What Xen has against it, in sentences.
 */
#include "internal.h"

#include <execinfo.h>
#include <inttypes.h>
#include <string.h>
#include <xen-model/pte.h>

const char *pinfold_last_rule(void)
{
    return direct.why.rule == XM_R_NONE ? ""
                                        : xm_rule_info(direct.why.rule)->id;
}

void pinfold_explain(FILE *to)
{
    const struct xm_rule_info *rule = xm_rule_info(direct.why.rule);

    if (direct.why.rule == XM_R_NONE) {
        fputs("pinfold: nothing was refused\n", to);
        return;
    }
    fprintf(to, "pinfold: hypercall %u, request %u: refused by %s (%s): %s\n",
            direct.number, direct.why.index, rule->id, rule->reference,
            rule->sentence);
}

void direct__explain_first(void)
{
    void *frames[32];
    int n;

    if (direct.explained || direct.config.quiet)
        return;
    direct.explained = true;
    pinfold_explain(stderr);
    n = backtrace(frames, 32);
    backtrace_symbols_fd(frames, n, 2);
}
