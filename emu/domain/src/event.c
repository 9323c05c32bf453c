/* SPDX-License-Identifier: MIT
 *
 * HYPERVISOR_event_channel_op. Mirrors do_event_channel_op() and what it calls.
 *
 * GAP: FIFO event channels, interrupts of devices. The other end of a channel
 * is the guest itself or a backend that is here.
 */
#include "internal.h"

#include <xen/event_channel.h>

#define NO_PORT "all event channels of the domain are in use"
#define BAD_PORT "there is no such event channel"

static int self(const struct call *k, uint32_t id)
{
    if (domain__is_self(k->c, id))
        return 0;
    return domain__exists(k->c, id)
               ? domain__refuse(k->d, XEN_EPERM, "it is about another domain")
               : domain__refuse(k->d, XEN_ESRCH, "there is no such domain");
}

static xm_domid real_id(const struct call *k, xm_domid id)
{
    return id == DOMID_SELF ? k->c->domid : id;
}

static int alloc_unbound(const struct call *k, struct evtchn_alloc_unbound *a)
{
    const int rc = self(k, a->dom);

    if (rc != 0)
        return rc;
    a->port = domain__new_port(k->d, DOMAIN_PORT_UNBOUND, 0);
    if (a->port == 0)
        return domain__refuse(k->d, XEN_ENOSPC, NO_PORT);
    k->d->port[a->port].remote = real_id(k, a->remote_dom);
    return 0;
}

static int bind_interdomain(const struct call *k,
                            struct evtchn_bind_interdomain *b)
{
    struct domain *d = k->d;
    struct domain_port *remote;

    if (!domain__exists(k->c, b->remote_dom))
        return domain__refuse(d, XEN_ESRCH, "there is no such domain");
    if (!domain__is_self(k->c, b->remote_dom))
        return domain__refuse(d, XEN_EINVAL,
                              "the remote port is not offered to the domain");
    b->local_port = domain__new_port(d, DOMAIN_PORT_INTERDOMAIN, k->c->vcpu);
    if (b->local_port == 0)
        return domain__refuse(d, XEN_ENOSPC, NO_PORT);
    remote = domain__port(d, b->remote_port);
    if (!remote || remote->state != DOMAIN_PORT_UNBOUND ||
        remote->remote != k->c->domid) {
        d->port[b->local_port] = (struct domain_port){ 0 };
        return domain__refuse(d, XEN_EINVAL,
                              "the remote port is not offered to the domain");
    }
    d->port[b->local_port].remote = remote->remote = k->c->domid;
    d->port[b->local_port].other = b->remote_port;
    remote->state = DOMAIN_PORT_INTERDOMAIN;
    remote->other = b->local_port;
    /* What was sent before is not lost. */
    domain__set_pending(d, k->c, b->local_port);
    return 0;
}

static bool is_global(uint32_t virq)
{
    return virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF &&
           virq != VIRQ_XENPMU;
}

static int bind_virq(const struct call *k, struct evtchn_bind_virq *b)
{
    struct domain *d = k->d;

    if (b->virq >= DOMAIN_VIRQS)
        return domain__refuse(d, XEN_EINVAL, "there is no such VIRQ");
    if (is_global(b->virq) && b->vcpu != 0)
        return domain__refuse(d, XEN_EINVAL, "that VIRQ is of vCPU 0 alone");
    if (b->vcpu >= domain__nr_vcpus(k->c))
        return domain__refuse(d, XEN_ENOENT, "there is no such vCPU");
    if (d->vcpu[b->vcpu].virq[b->virq] != 0)
        return domain__refuse(d, XEN_EEXIST, "that VIRQ is bound already");
    b->port = domain__new_port(d, DOMAIN_PORT_VIRQ, b->vcpu);
    if (b->port == 0)
        return domain__refuse(d, XEN_ENOSPC, NO_PORT);
    d->port[b->port].other = b->virq;
    d->vcpu[b->vcpu].virq[b->virq] = b->port;
    return 0;
}

static int bind_ipi(const struct call *k, struct evtchn_bind_ipi *b)
{
    if (b->vcpu >= domain__nr_vcpus(k->c))
        return domain__refuse(k->d, XEN_ENOENT, "there is no such vCPU");
    b->port = domain__new_port(k->d, DOMAIN_PORT_IPI, b->vcpu);
    return b->port ? 0 : domain__refuse(k->d, XEN_ENOSPC, NO_PORT);
}

static int close_port(const struct call *k, uint32_t number)
{
    struct domain *d = k->d;
    struct domain_port *p = domain__port(d, number);
    struct domain_port *other;

    if (!p || p->state == DOMAIN_PORT_FREE || p->state == DOMAIN_PORT_RESERVED)
        return domain__refuse(d, XEN_EINVAL, BAD_PORT);
    if (p->state == DOMAIN_PORT_VIRQ)
        d->vcpu[p->vcpu].virq[p->other] = 0;
    if (p->state == DOMAIN_PORT_INTERDOMAIN && p->remote == k->c->domid) {
        other = &d->port[p->other];
        other->state = DOMAIN_PORT_UNBOUND;
        other->remote = k->c->domid;
    }
    domain__clear_pending(k->c, number);
    *p = (struct domain_port){ 0 };
    return 0;
}

static int send(const struct call *k, uint32_t number)
{
    struct domain *d = k->d;
    const struct domain_port *p = domain__port(d, number);

    switch (p ? p->state : DOMAIN_PORT_FREE) {
    case DOMAIN_PORT_INTERDOMAIN:
        if (p->remote == k->c->domid) {
            domain__set_pending(d, k->c, p->other);
        } else {
            d->console_kicked |= number == d->console_port;
            d->store_kicked |= number == d->store_port;
        }
        return 0;
    case DOMAIN_PORT_IPI:
        domain__set_pending(d, k->c, number);
        return 0;
    case DOMAIN_PORT_UNBOUND: /* nobody hears it */
        return 0;
    default:
        return domain__refuse(d, XEN_EINVAL,
                              "nothing can be sent by that event channel");
    }
}

static int status(const struct call *k, struct evtchn_status *s)
{
    static const uint32_t states[] = {
        [DOMAIN_PORT_FREE] = EVTCHNSTAT_closed,
        [DOMAIN_PORT_RESERVED] = EVTCHNSTAT_closed,
        [DOMAIN_PORT_UNBOUND] = EVTCHNSTAT_unbound,
        [DOMAIN_PORT_INTERDOMAIN] = EVTCHNSTAT_interdomain,
        [DOMAIN_PORT_VIRQ] = EVTCHNSTAT_virq,
        [DOMAIN_PORT_IPI] = EVTCHNSTAT_ipi,
    };
    const struct domain_port *p;
    int rc;

    if (!domain__exists(k->c, s->dom))
        return domain__refuse(k->d, XEN_ESRCH, "there is no such domain");
    rc = self(k, s->dom);
    if (rc != 0)
        return rc;
    p = domain__port(k->d, s->port);
    if (!p)
        return domain__refuse(k->d, XEN_EINVAL, BAD_PORT);
    s->status = states[p->state];
    s->vcpu = p->vcpu;
    switch (p->state) {
    case DOMAIN_PORT_UNBOUND:
        s->u.unbound.dom = p->remote;
        break;
    case DOMAIN_PORT_INTERDOMAIN:
        s->u.interdomain.dom = p->remote;
        s->u.interdomain.port = p->other;
        break;
    case DOMAIN_PORT_VIRQ:
        s->u.virq = p->other;
        break;
    default:
        break;
    }
    return 0;
}

static int bind_vcpu(const struct call *k, const struct evtchn_bind_vcpu *b)
{
    struct domain_port *p = domain__port(k->d, b->port);

    if (b->vcpu >= domain__nr_vcpus(k->c))
        return domain__refuse(k->d, XEN_ENOENT, "there is no such vCPU");
    switch (p ? p->state : DOMAIN_PORT_FREE) {
    case DOMAIN_PORT_VIRQ:
        if (is_global(p->other))
            break;
        return domain__refuse(k->d, XEN_EINVAL,
                              "that VIRQ belongs to the vCPU it was bound to");
    case DOMAIN_PORT_UNBOUND:
    case DOMAIN_PORT_INTERDOMAIN:
        break;
    default:
        return domain__refuse(k->d, XEN_EINVAL,
                              "that event channel is not bound to any vCPU");
    }
    p->vcpu = (uint8_t)b->vcpu;
    return 0;
}

static int reset(const struct call *k, uint32_t id)
{
    const int rc = self(k, id);

    for (uint32_t i = 0; rc == 0 && i < k->d->nr_ports; i++)
        (void)close_port(k, i);
    return rc;
}

/* As far as Xen refuses it; what is good meets a Xen without such channels. */
static int init_control(const struct call *k,
                        const struct evtchn_init_control *a)
{
    const struct xm_frame *f =
        xm_machine_frame_const(k->c->machine, a->control_gfn);

    if (a->vcpu >= domain__nr_vcpus(k->c))
        return domain__refuse(k->d, XEN_ENOENT, "there is no such vCPU");
    if (a->offset > XM_PAGE_SIZE - sizeof(struct evtchn_fifo_control_block) ||
        a->offset % 8 != 0)
        return domain__refuse(k->d, XEN_EINVAL,
                              "the control block is not within a page");
    if (!f || f->owner != k->c->domid ||
        ((f->type_info & XM_PGT_COUNT_MASK) &&
         (f->type_info & XM_PGT_TYPE_MASK) != XM_PGT_WRITABLE))
        return domain__refuse(k->d, XEN_EINVAL,
                              "the control block's page cannot be written");
    return domain__refuse(k->d, XEN_ENOSYS,
                          "there are no FIFO event channels here");
}

static int set_priority(const struct call *k, uint32_t port)
{
    return domain__port(k->d, port)
               ? domain__refuse(k->d, XEN_ENOSYS,
                                "there are no FIFO event channels here")
               : domain__refuse(k->d, XEN_EINVAL, BAD_PORT);
}

static int unmask(const struct call *k, uint32_t port)
{
    if (!domain__port(k->d, port))
        return domain__refuse(k->d, XEN_EINVAL, BAD_PORT);
    domain__unmask(k->d, k->c, port);
    return 0;
}

/* Copies the argument in, acts, and copies it out where Xen does. */
#define COMMAND(type, name, act, out)                                          \
    case EVTCHNOP_##name: {                                                    \
        struct evtchn_##type a;                                                \
                                                                               \
        if (!domain__get(k, &a, k->arg[1]))                                    \
            return fault(k);                                                   \
        rc = act;                                                              \
        if (rc == 0 && (out) && !domain__put(k, k->arg[1], &a))                \
            rc = fault(k);                                                     \
        return rc;                                                             \
    }

static int fault(const struct call *k)
{
    return domain__refuse(k->d, XEN_EFAULT, "the argument cannot be reached");
}

int domain__event_channel_op(const struct call *k)
{
    int rc;

    switch ((int)k->arg[0]) {
        COMMAND(alloc_unbound, alloc_unbound, alloc_unbound(k, &a), true)
        COMMAND(bind_interdomain, bind_interdomain, bind_interdomain(k, &a),
                true)
        COMMAND(bind_virq, bind_virq, bind_virq(k, &a), true)
        COMMAND(bind_ipi, bind_ipi, bind_ipi(k, &a), true)
        COMMAND(close, close, close_port(k, a.port), false)
        COMMAND(send, send, send(k, a.port), false)
        COMMAND(status, status, status(k, &a), true)
        COMMAND(bind_vcpu, bind_vcpu, bind_vcpu(k, &a), false)
        COMMAND(unmask, unmask, unmask(k, a.port), false)
        COMMAND(reset, reset, reset(k, a.dom), false)
        COMMAND(init_control, init_control, init_control(k, &a), false)
        COMMAND(set_priority, set_priority, set_priority(k, a.port), false)
    case EVTCHNOP_expand_array:
        return domain__refuse(k->d, XEN_EOPNOTSUPP,
                              "event channels are not FIFO ones");
    default:
        return domain__refuse(k->d, XEN_ENOSYS,
                              "event channels have no such command here");
    }
}
