/* SPDX-License-Identifier: MIT
 *
 * A timer that strikes in the middle of the next hypercall, with luck.
 */
#include "probe.h"

#include <xen/vcpu.h>
#include <xen/xen.h>

#include "hypercall.h"

static uint64_t xen_time(const struct shim_timer *t)
{
    uint32_t low, high;
    uint64_t passed;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    passed = ((uint64_t)high << 32 | low) - t->tsc_timestamp;
    passed =
        t->tsc_shift < 0 ? passed >> -t->tsc_shift : passed << t->tsc_shift;
    return t->system_time +
           (uint64_t)((unsigned __int128)passed * t->tsc_to_system_mul >> 32);
}

void shim_start_timer(const struct shim_timer *t, uint32_t vcpu)
{
    struct vcpu_set_singleshot_timer timer = { .timeout_abs_ns =
                                                   xen_time(t) + t->delay };

    (void)hypercall(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, vcpu,
                    (uintptr_t)&timer, 0, 0);
}

void shim_stop_timer(uint32_t vcpu)
{
    (void)hypercall(__HYPERVISOR_vcpu_op, VCPUOP_stop_singleshot_timer, vcpu, 0,
                    0, 0);
}
