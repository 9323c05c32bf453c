/* SPDX-License-Identifier: MIT
 *
 * Hypercalls by the clock. Started with icount, QEMU counts instructions: the
 * least of several rounds is one that no interrupt came into.
 */
#include "measure.h"

#include "hypercall.h"

static uint64_t read_clock(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

static void make(struct shim_measured_call *call)
{
    const int64_t rc = hypercall(call->number, call->arg[0], call->arg[1],
                                 call->arg[2], call->arg[3], call->arg[4]);

    if (call->rc == 0)
        call->rc = rc;
}

static void measure(struct shim_measured_call *call)
{
    const uint64_t start = read_clock();
    uint64_t clock;

    make(call);
    clock = read_clock() - start;
    if (clock < call->clock)
        call->clock = clock;
}

void shim_run_measure(struct shim_measure *m)
{
    for (uint32_t i = 0; i < SHIM_MEASURED; i++) {
        m->call[i].rc = 0;
        m->call[i].clock = ~0ull;
    }
    for (uint64_t n = 0; n < m->rounds; n++)
        for (uint32_t i = 0; i < SHIM_MEASURED; i++)
            if (m->untimed)
                make(&m->call[i]);
            else
                measure(&m->call[i]);
}
