/* SPDX-License-Identifier: MIT
 *
 * A hypercall of the guest: the model answers, and the process's mappings
 * follow what it has changed.
 */
#include "internal.h"

#include <string.h>

/* What a hypercall takes. The guest's own instructions take no time. */
#define CALL_NS 1000u

bool direct__read_guest(void *to, xm_vaddr va, size_t n)
{
    uint8_t *out = to;

    if (va < direct.first || va > direct.last)
        return direct.own.read(to, va, n);
    while (n != 0) {
        const struct xm_walk w = xm_walk(&direct.cpu, va, 0);
        const size_t in_page = va & (XM_PAGE_SIZE - 1);
        const size_t k =
            n < XM_PAGE_SIZE - in_page ? n : XM_PAGE_SIZE - in_page;

        if (!w.ok || w.m2p)
            return false;
        memcpy(out, (uint8_t *)xm_ram_frame(&direct.cpu, w.mfn) + in_page, k);
        out += k;
        va += k;
        n -= k;
    }
    return true;
}

int direct__record_begin(void)
{
    const struct record_config config = { .file = direct.config.record,
                                          .cpu = &direct.cpu,
                                          .nr_pages = direct.config.nr_pages };

    if (!config.file)
        return 0;
    direct.record = record_open(&config, direct.error, sizeof(direct.error));
    return direct.record ? 0 : -1;
}

void direct__record_check(void)
{
    if (record_error(direct.record)[0] == 0)
        return;
    fprintf(stderr, "pinfold: %s is not recorded any further: %s\n",
            direct.config.record, record_error(direct.record));
    record_close(direct.record);
    direct.record = NULL;
}

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
    const uint64_t asked[6] = { a1, a2, a3, a4, a5 };
    uint64_t arg[6] = { a1, a2, a3, a4, a5 };
    struct xm_result r;

    direct.counts.hypercalls++;
    direct__forget_arguments();
    if (direct.record)
        record_before(direct.record, number, arg);
    direct.cpu.fired = (struct xm_rule_set){ { 0 } };
    direct.cpu.refused.why.rule = XM_R_NONE;
    do {
        r = xm_hypercall(&direct.cpu, number, arg);
    } while (r.rc == -XEN_ERESTART);
    if (loads_base(v, base))
        direct__forget();
    direct__pass_time(CALL_NS);
    direct__follow();
    direct__note_flushes(number, asked);
    direct__populate();
    if (r.rule != XM_R_NONE || r.rc < 0) {
        direct.why = r;
        direct.number = number;
        direct.sentence = direct.domain->why;
    }
    if (direct.record) {
        record_after(direct.record, r);
        direct__record_check();
    }
    if (r.rc < 0) {
        direct.counts.refused++;
        direct__explain_first();
    }
    direct__after_call();
    return r.rc;
}
