/* SPDX-License-Identifier: MIT
 *
 * NMIs: who takes them, who sends them. The embedder, who runs the processor,
 * delivers what is pending. Mirrors do_nmi_op(), register_guest_nmi_callback(),
 * and VCPUOP_send_nmi. What a machine sends of its own never comes.
 */
#include "internal.h"

#include <xen/nmi.h>

#define NMI 2u
#define DISABLES_EVENTS 4u /* of a trap table's entry */

int domain__set_nmi_callback(const struct call *k, xm_vaddr address)
{
    k->d->vcpu[k->c->vcpu].trap[NMI] = (struct domain_entry){
        .address = address, .cs = FLAT_KERNEL_CS, .flags = DISABLES_EVENTS
    };
    return 0;
}

int domain__clear_nmi_callback(const struct call *k)
{
    k->d->vcpu[k->c->vcpu].trap[NMI] = (struct domain_entry){ 0 };
    return 0;
}

int domain__nmi_op(const struct call *k)
{
    struct xennmi_callback cb;

    switch ((uint32_t)k->arg[0]) {
    case XENNMI_register_callback:
        if (!domain__get(k, &cb, k->arg[1]))
            return domain__refuse(k->d, XEN_EFAULT,
                                  "the argument cannot be reached");
        return domain__canonical(cb.handler_address)
                   ? domain__set_nmi_callback(k, cb.handler_address)
                   : domain__refuse(k->d, XEN_EINVAL,
                                    "a callback is at no canonical address");
    case XENNMI_unregister_callback:
        return domain__clear_nmi_callback(k);
    default:
        return domain__refuse(k->d, XEN_ENOSYS, "NMIs have no such command");
    }
}

/* One that is pending already is not sent again. */
int domain__send_nmi(const struct call *k, uint32_t vcpu)
{
    struct domain_vcpu *v = &k->d->vcpu[vcpu];

    if (k->arg[2] != 0)
        return domain__refuse(k->d, XEN_EINVAL, "an NMI has no argument");
    if (!v->nmi_pending) {
        v->nmi_pending = true;
        domain__wake(k->d, k->c, vcpu);
    }
    return 0;
}
