/* SPDX-License-Identifier: MIT
 *
 * What Xen has against it, in sentences.
 */
#include "internal.h"

#include <inttypes.h>
#include <string.h>
#include <xen-model/pte.h>

const char *pinfold_last_rule(void)
{
    return direct.why.rule == XM_R_NONE ? ""
                                        : xm_rule_info(direct.why.rule)->id;
}

/* The guest thinks in pseudo-physical frames. */
void direct__name_frame(void *context, xm_mfn mfn, char buffer[EXPLAIN_NAME])
{
    const uint64_t pfn = mfn < xm_machine_config(direct.cpu.machine)->nr_frames
                             ? *xm_machine_m2p(direct.cpu.machine, mfn)
                             : UINT64_MAX;

    (void)context;
    if (pfn < direct.config.nr_pages)
        snprintf(buffer, EXPLAIN_NAME, "pfn 0x%" PRIx64 " (mfn 0x%" PRIx64 ")",
                 pfn, mfn);
    else
        snprintf(buffer, EXPLAIN_NAME, "mfn 0x%" PRIx64, mfn);
}

void pinfold_explain(FILE *to)
{
    const struct explain_names names = { .frame = direct__name_frame };
    struct explanation e;

    if (direct.why.rule == XM_R_NONE && direct.why.rc < 0) {
        fprintf(to, "pinfold: hypercall %u is refused: %s\n", direct.number,
                direct.sentence ? direct.sentence : "no more is known");
        return;
    }
    if (direct.why.rule == XM_R_NONE) {
        fputs("pinfold: nothing was refused\n", to);
        return;
    }
    explain_find(&e, &direct.cpu, &direct.why, &names);
    if (e.request[0])
        fprintf(to, "pinfold: %s, is refused\n", e.request);
    else if (direct.number != 0)
        fprintf(to, "pinfold: hypercall %u is refused\n", direct.number);
    e.one_of_many = false; /* said already */
    explain_print(to, &e);
}

void direct__explain_first(void)
{
    void *frames[32];
    /* What no rule says does not use up the one explanation. */
    bool *done = direct.why.rule == XM_R_NONE ? &direct.explained_other
                                              : &direct.explained;

    if (*done || direct.config.quiet)
        return;
    *done = true;
    pinfold_explain(stderr);
    fputs("It was asked here:\n", stderr);
    direct__show_callers(frames, direct__callers(direct.caller, frames, 32));
}
