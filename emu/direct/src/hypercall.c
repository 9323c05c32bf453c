/* SPDX-License-Identifier: MIT
 *
 * A hypercall of the guest: the model answers, and the process's mappings
 * follow what it has changed.
 */
#include "internal.h"

static bool loads_base(const struct xm_vcpu *v, xm_mfn before)
{
    return v->guest_table != before;
}

long pinfold_hypercall(unsigned int number, uint64_t a1, uint64_t a2,
                       uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct xm_vcpu *v =
        &xm_domain_find(direct.cpu.machine, DIRECT_DOMID)->vcpu[0];
    const xm_mfn base = v->guest_table;
    uint64_t arg[6] = { a1, a2, a3, a4, a5 };
    struct xm_result r;

    direct.counts.hypercalls++;
    direct__record_before(number, arg);
    direct.cpu.fired = (struct xm_rule_set){ { 0 } };
    do {
        r = xm_hypercall(&direct.cpu, number, arg);
    } while (r.rc == -XEN_ERESTART);
    if (loads_base(v, base))
        direct__forget();
    direct__follow();
    if (r.rule != XM_R_NONE) {
        direct.why = r;
        direct.number = number;
    }
    direct__record_after(r.rc);
    if (r.rc < 0) {
        direct.counts.refused++;
        direct__explain_first();
    }
    return r.rc;
}
