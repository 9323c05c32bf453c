/* SPDX-License-Identifier: MIT
 *
 * A hypercall of the guest: the model answers, and the process's mappings
 * follow what it has changed.
 */
#include "internal.h"

/* What a hypercall takes. The guest's own instructions take no time. */
#define CALL_NS 1000u

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

long pinfold_hypercall(unsigned int number, uint64_t a1, uint64_t a2,
                       uint64_t a3, uint64_t a4, uint64_t a5)
{
    const xm_mfn base = direct.self->vcpu[0].guest_table;
    const uint64_t asked[6] = { a1, a2, a3, a4, a5 };
    uint64_t arg[6] = { a1, a2, a3, a4, a5 };
    struct xm_result r;

    direct.counts.hypercalls++;
    direct.caller = __builtin_return_address(0);
    if (direct.record)
        record_before(direct.record, number, arg);
    direct.cpu.refused.why.rule = XM_R_NONE;
    do {
        r = xm_hypercall(&direct.cpu, number, arg);
    } while (r.rc == -XEN_ERESTART && !direct.self->crashed);
    if (direct.self->vcpu[0].guest_table != base)
        direct__change_base();
    direct__pass_time(CALL_NS);
    direct__follow();
    direct__note_flushes(number, asked);
    if (direct.valgrind)
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
    if (direct.self->crashed)
        direct__crash();
    direct__after_call();
    return r.rc;
}
