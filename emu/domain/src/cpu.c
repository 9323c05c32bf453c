/* SPDX-License-Identifier: MIT
 *
 * State of the processor that a guest sets by hypercalls, kept for the embedder
 * who runs it: the kernel's stack, CR0.TS, debug registers, the I/O privilege
 * level. Mirrors do_stack_switch(), do_fpu_taskswitch(), set_debugreg(),
 * do_xenpmu_op(), do_physdev_op().
 *
 * GAP: get_debugreg, whose answers are no results of the model's width.
 */
#include "internal.h"

#include <xen/physdev.h>

#define DR6_ALWAYS_1 0xffff0ff0ull
#define DR6_ALWAYS_0 (1ull << 12)
#define DR7_ALWAYS_1 (1ull << 10)
#define DR7_ALWAYS_0 (3ull << 11 | 3ull << 14)
#define DR7_GENERAL_DETECT (1ull << 13)
#define IO_PORTS 65536u

int domain__stack_switch(const struct call *k)
{
    struct domain_vcpu *v = &k->d->vcpu[k->c->vcpu];

    v->kernel_ss = (uint16_t)(k->arg[0] | 3);
    v->kernel_sp = k->arg[1];
    return 0;
}

int domain__fpu_taskswitch(const struct call *k)
{
    k->d->vcpu[k->c->vcpu].task_switched = k->arg[0] != 0;
    return 0;
}

static bool may_be_watched(uint64_t va)
{
    return va < (1ull << 47) || va >= 0xffff880000000000ull;
}

int domain__set_debugreg(const struct call *k)
{
    uint64_t *debug = k->d->vcpu[k->c->vcpu].debug;
    const uint32_t reg = (uint32_t)k->arg[0];
    uint64_t value = k->arg[1];

    switch (reg) {
    case 0:
    case 1:
    case 2:
    case 3:
        if (!may_be_watched(value))
            return domain__refuse(k->d, XEN_EPERM,
                                  "Xen's addresses are not watched");
        debug[reg] = value;
        return 0;
    case 4: /* other names of the two below */
    case 5:
    case 6:
    case 7:
        if (value >> 32)
            return domain__refuse(k->d, XEN_EINVAL,
                                  "that register has 32 bits");
        if ((reg | 2) == 7 && (value & DR7_GENERAL_DETECT))
            return domain__refuse(k->d, XEN_EPERM,
                                  "debug registers are not guarded for it");
        debug[reg | 2] = (reg | 2) == 6
                             ? (value & ~DR6_ALWAYS_0) | DR6_ALWAYS_1
                             : (value & ~DR7_ALWAYS_0) | DR7_ALWAYS_1;
        return 0;
    default:
        return domain__refuse(k->d, XEN_ENODEV,
                              "there is no such debug register");
    }
}

int domain__xenpmu_op(const struct call *k)
{
    return domain__refuse(k->d, XEN_EOPNOTSUPP,
                          "there are no performance counters");
}

bool domain__physdev_op(const struct call *k, int64_t *rc)
{
    struct physdev_set_iopl level;
    struct physdev_set_iobitmap bitmap;

    *rc = domain__refuse(k->d, XEN_EFAULT, "the argument cannot be reached");
    switch ((int)k->arg[0]) {
    case PHYSDEVOP_set_iopl:
        if (!domain__get(k, &level, k->arg[1]))
            return true;
        *rc = level.iopl > 3
                  ? domain__refuse(k->d, XEN_EINVAL, "I/O levels are 0 to 3")
                  : 0;
        if (*rc == 0)
            k->d->vcpu[k->c->vcpu].io_level = (uint8_t)level.iopl;
        return true;
    case PHYSDEVOP_set_iobitmap:
        if (!domain__get(k, &bitmap, k->arg[1]))
            return true;
        *rc =
            bitmap.nr_ports > IO_PORTS
                ? domain__refuse(k->d, XEN_EINVAL, "there are 65536 I/O ports")
                : 0;
        if (*rc == 0) {
            __builtin_memcpy(&k->d->vcpu[k->c->vcpu].io_bitmap, &bitmap.bitmap,
                             sizeof(uint64_t));
            k->d->vcpu[k->c->vcpu].io_ports = bitmap.nr_ports;
        }
        return true;
    default:
        return false;
    }
}
