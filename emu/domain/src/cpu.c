/* SPDX-License-Identifier: MIT
 *
 * State of the processor that a guest sets by hypercalls, kept for the embedder
 * who runs it: the kernel's stack, CR0.TS, the I/O privilege level. Mirrors
 * do_stack_switch(), do_fpu_taskswitch(), do_xenpmu_op(), do_physdev_op().
 */
#include "internal.h"

#include <xen/physdev.h>

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

int domain__xenpmu_op(const struct call *k)
{
    return domain__refuse(k->d, XEN_EOPNOTSUPP,
                          "there are no performance counters");
}

bool domain__physdev_op(const struct call *k, int64_t *rc)
{
    struct physdev_set_iopl level;
    struct physdev_set_iobitmap bitmap;
    xm_vaddr at;

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
        __builtin_memcpy(&at, &bitmap.bitmap, sizeof(at));
        *rc =
            bitmap.nr_ports > IO_PORTS
                ? domain__refuse(k->d, XEN_EINVAL, "there are 65536 I/O ports")
            : !domain__addr_ok(at)
                ? domain__refuse(k->d, XEN_EINVAL,
                                 "the bitmap is in Xen's part of memory")
                : 0;
        if (*rc == 0) {
            k->d->vcpu[k->c->vcpu].io_bitmap = at;
            k->d->vcpu[k->c->vcpu].io_ports = bitmap.nr_ports;
        }
        return true;
    default:
        return false;
    }
}
