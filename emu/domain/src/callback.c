/* SPDX-License-Identifier: MIT
 *
 * Where Xen enters the guest: its trap table and its callbacks. Kept for the
 * embedder, who runs the processor. Mirrors do_set_trap_table(),
 * do_set_callbacks(), do_callback_op(), fixup_guest_code_selector().
 */
#include "internal.h"

#include <xen/callback.h>

static int fault(const struct call *k)
{
    return domain__refuse(k->d, XEN_EFAULT, "the argument cannot be reached");
}

/* Nothing of the guest runs in ring 0 to 2. */
static uint16_t code_selector(uint16_t cs)
{
    return (cs & 3) == 3 ? cs : cs | 3;
}

int domain__set_trap_table(const struct call *k)
{
    struct domain_vcpu *v = &k->d->vcpu[k->c->vcpu];
    xm_vaddr at = k->arg[0];
    struct trap_info t;

    if (at == 0) {
        __builtin_memset(v->trap, 0, sizeof(v->trap));
        return 0;
    }
    /* A list without an end is one that leaves the guest's memory. */
    for (;; at += sizeof(t)) {
        if (!domain__get(k, &t, at))
            return fault(k);
        if (t.address == 0)
            return 0;
        if (!domain__canonical(t.address))
            return domain__refuse(k->d, XEN_EINVAL,
                                  "a handler is at no canonical address");
        v->trap[t.vector] = (struct domain_entry){ .address = t.address,
                                                   .cs = code_selector(t.cs),
                                                   .flags = t.flags };
        if (at > UINT64_MAX - 2 * sizeof(t))
            return fault(k);
    }
}

static int which(uint32_t type)
{
    switch (type) {
    case CALLBACKTYPE_event:
        return DOMAIN_ON_EVENT;
    case CALLBACKTYPE_failsafe:
        return DOMAIN_ON_FAILSAFE;
    case CALLBACKTYPE_syscall:
        return DOMAIN_ON_SYSCALL;
    case CALLBACKTYPE_sysenter:
        return DOMAIN_ON_SYSENTER;
    case CALLBACKTYPE_syscall32:
        return DOMAIN_ON_SYSCALL32;
    default:
        return -1;
    }
}

static int set(const struct call *k, uint32_t type, xm_vaddr address,
               uint16_t flags)
{
    struct domain_vcpu *v = &k->d->vcpu[k->c->vcpu];
    const int i = which(type);

    if (!domain__canonical(address))
        return domain__refuse(k->d, XEN_EINVAL,
                              "a callback is at no canonical address");
    if (type == CALLBACKTYPE_nmi)
        return domain__set_nmi_callback(k, address);
    if (i < 0)
        return domain__refuse(k->d, XEN_ENOSYS, "there is no such callback");
    v->callback[i] =
        (struct domain_entry){ .address = address, .flags = (uint8_t)flags };
    return 0;
}

/* Each of the three is set, or left as it was. */
int domain__set_callbacks(const struct call *k)
{
    (void)set(k, CALLBACKTYPE_event, k->arg[0], 0);
    (void)set(k, CALLBACKTYPE_failsafe, k->arg[1], 0);
    (void)set(k, CALLBACKTYPE_syscall, k->arg[2], 0);
    return 0;
}

static int unregister(const struct call *k, uint32_t type)
{
    if (type == CALLBACKTYPE_nmi)
        return domain__clear_nmi_callback(k);
    return which(type) < 0
               ? domain__refuse(k->d, XEN_ENOSYS, "there is no such callback")
               : domain__refuse(k->d, XEN_EINVAL,
                                "that callback cannot be taken back");
}

int domain__callback_op(const struct call *k)
{
    struct callback_register r;
    struct callback_unregister u;

    switch ((int)k->arg[0]) {
    case CALLBACKOP_register:
        return domain__get(k, &r, k->arg[1])
                   ? set(k, r.type, r.address, r.flags)
                   : fault(k);
    case CALLBACKOP_unregister:
        return domain__get(k, &u, k->arg[1]) ? unregister(k, u.type) : fault(k);
    default:
        return domain__refuse(k->d, XEN_ENOSYS,
                              "callbacks have no such command");
    }
}
