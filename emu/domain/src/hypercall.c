/* SPDX-License-Identifier: MIT
 *
 * Which hypercalls are answered here, and what comes after them.
 */
#include "internal.h"

typedef int handler(const struct call *k);

static handler *const handlers[] = {
    [__HYPERVISOR_set_trap_table] = domain__set_trap_table,
    [__HYPERVISOR_stack_switch] = domain__stack_switch,
    [__HYPERVISOR_set_callbacks] = domain__set_callbacks,
    [__HYPERVISOR_fpu_taskswitch] = domain__fpu_taskswitch,
    [__HYPERVISOR_sched_op_compat] = domain__sched_op_compat,
    [__HYPERVISOR_event_channel_op_compat] = domain__event_channel_op_compat,
    [__HYPERVISOR_platform_op] = domain__platform_op,
    [__HYPERVISOR_sysctl] = domain__sysctl,
    [__HYPERVISOR_set_debugreg] = domain__set_debugreg,
    [__HYPERVISOR_set_timer_op] = domain__set_timer_op,
    [__HYPERVISOR_xen_version] = domain__xen_version,
    [__HYPERVISOR_console_io] = domain__console_io,
    [__HYPERVISOR_nmi_op] = domain__nmi_op,
    [__HYPERVISOR_sched_op] = domain__sched_op,
    [__HYPERVISOR_callback_op] = domain__callback_op,
    [__HYPERVISOR_event_channel_op] = domain__event_channel_op,
    [__HYPERVISOR_xenpmu_op] = domain__xenpmu_op,
};

static bool answer(const struct call *k, uint64_t number, struct xm_result *r)
{
    if (number == __HYPERVISOR_vcpu_op)
        return domain__vcpu_op(k, r);
    if (number == __HYPERVISOR_physdev_op)
        return domain__physdev_op(k, &r->rc);
    if (number == __HYPERVISOR_physdev_op_compat) {
        *r = domain__physdev_op_compat(k);
        return true;
    }
    if (number >= sizeof(handlers) / sizeof(handlers[0]) || !handlers[number])
        return false;
    r->rc = handlers[number](k);
    return true;
}

bool domain_hypercall(void *context, struct xm_cpu *c, uint64_t number,
                      uint64_t arg[6], struct xm_result *result)
{
    const struct domain_host *h = context;
    const struct call k = { .host = h, .d = h->domain, .c = c, .arg = arg };
    struct xm_result r = { .rule = XM_R_NONE };
    const char *before = k.d->why;

    if (number == __HYPERVISOR_mmu_update ||
        number == __HYPERVISOR_update_va_mapping)
        return false; /* most calls are */
    k.d->why = NULL;
    if (!answer(&k, number, &r)) {
        k.d->why = before;
        return false;
    }
    *result = r;
    return true;
}

void domain_serve(const struct domain_host *h, struct xm_cpu *c)
{
    struct domain *d = h->domain;

    if (d->console_kicked)
        domain__drain_console(h, c);
    if (d->store_kicked)
        domain__serve_store(d, c);
    d->console_kicked = d->store_kicked = false;
}
