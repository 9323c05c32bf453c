/* SPDX-License-Identifier: MIT
 *
 * Debug registers, kept for the embedder who runs the processor. Mirrors
 * set_debugreg(), do_get_debugreg().
 *
 * GAP: HYPERVISOR_get_debugreg is the embedder's: its answers are no results of
 * the model's width.
 */
#include "internal.h"

#define DR6_ALWAYS_1 0xffff0ff0ull
#define DR6_ALWAYS_0 (1ull << 12)
#define DR7_ALWAYS_1 (1ull << 10)
#define DR7_ALWAYS_0 (3ull << 11 | 3ull << 14)
#define DR7_GENERAL_DETECT (1ull << 13)
#define DR7_ENABLES 0xffull
#define NR_BREAKPOINTS 4u
#define ON_PORT 2u /* the kind of a breakpoint */

static int refuse(int error, const char **why, const char *reason)
{
    *why = reason;
    return -error;
}

/* Xen keeps breakpoints on ports from the processor, and looks itself. */
static int set_control(struct domain_vcpu *v, uint64_t value, const char **why)
{
    uint32_t ports = 0;

    value = (value & ~DR7_ALWAYS_0) | DR7_ALWAYS_1;
    if (value & DR7_GENERAL_DETECT)
        return refuse(XEN_EPERM, why, "debug registers are not guarded for it");
    for (unsigned int i = 0; (value & DR7_ENABLES) && i < NR_BREAKPOINTS; i++) {
        if ((value >> (16 + 4 * i) & 3) != ON_PORT)
            continue;
        if (!v->debug_extensions)
            return refuse(XEN_EPERM, why,
                          "breakpoints on ports are for those with CR4.DE");
        ports |= (uint32_t)value & 3u << 2 * i;
    }
    v->debug_io = ports;
    v->debug[7] = value & ~(uint64_t)ports;
    return 0;
}

int domain_set_debug(struct domain_vcpu *v, uint32_t reg, uint64_t value,
                     const char **why)
{
    switch (reg) {
    case 0:
    case 1:
    case 2:
    case 3:
        if (!domain__addr_ok(value))
            return refuse(XEN_EPERM, why, "Xen's addresses are not watched");
        v->debug[reg] = value;
        return 0;
    case 4: /* other names of the two below, without CR4.DE */
    case 5:
        if (v->debug_extensions)
            break;
        return domain_set_debug(v, reg + 2, value, why);
    case 6:
    case 7:
        if (value >> 32)
            return refuse(XEN_EINVAL, why, "that register has 32 bits");
        if (reg == 7)
            return set_control(v, value, why);
        v->debug[6] = (value & ~DR6_ALWAYS_0) | DR6_ALWAYS_1;
        return 0;
    default:
        break;
    }
    return refuse(XEN_ENODEV, why, "there is no such debug register");
}

bool domain_get_debug(const struct domain_vcpu *v, uint32_t reg,
                      uint64_t *value)
{
    if (reg == 4 || reg == 5) {
        if (v->debug_extensions)
            return false;
        reg += 2;
    }
    if (reg > 7)
        return false;
    *value = v->debug[reg] | (reg == 7 ? v->debug_io : 0);
    return true;
}

int domain__set_debugreg(const struct call *k)
{
    return domain_set_debug(&k->d->vcpu[k->c->vcpu], (uint32_t)k->arg[0],
                            k->arg[1], &k->d->why);
}
