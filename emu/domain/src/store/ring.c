/* SPDX-License-Identifier: MIT
 *
 * The ring between the guest and its xenstore. Bytes of a request are taken as
 * they come, a header before its body: a guest may wait until they are gone.
 * Indices are the guest's: whoever writes nonsense there is not served any
 * more, nor who says that a request is longer than any may be.
 */
#include "store.h"

typedef struct xenstore_domain_interface ring;

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Answers and events go, as many as have room. True: there were some. */
static bool send(struct domain_store *s, ring *r)
{
    const uint32_t used = r->rsp_prod - r->rsp_cons;
    uint32_t n;

    if (used > XENSTORE_RING_SIZE) {
        s->broken = true;
        return false;
    }
    n = least(s->queued, XENSTORE_RING_SIZE - used);
    for (uint32_t i = 0; i < n; i++)
        r->rsp[MASK_XENSTORE_IDX(r->rsp_prod + i)] = (char)s->queue[i];
    r->rsp_prod += n;
    s->queued -= n;
    __builtin_memmove(s->queue, s->queue + n, s->queued);
    return n != 0;
}

/* Bytes that the request in hand still lacks. */
static uint32_t lacking(struct domain_store *s)
{
    struct xsd_sockmsg header;

    if (s->in < sizeof(header))
        return (uint32_t)sizeof(header) - s->in;
    __builtin_memcpy(&header, s->request, sizeof(header));
    if (header.len > XENSTORE_PAYLOAD_MAX) {
        s->broken = true;
        return 0;
    }
    return (uint32_t)sizeof(header) + header.len - s->in;
}

/* True: bytes were taken. */
static bool receive(struct domain_store *s, ring *r)
{
    const uint32_t there = r->req_prod - r->req_cons;
    uint32_t n;

    if (there > XENSTORE_RING_SIZE) {
        s->broken = true;
        return false;
    }
    n = least(there, lacking(s));
    for (uint32_t i = 0; i < n; i++)
        s->request[s->in + i] =
            (uint8_t)r->req[MASK_XENSTORE_IDX(r->req_cons + i)];
    r->req_cons += n;
    s->in += n;
    return n != 0;
}

/* True: a whole request was answered. */
static bool answer(struct domain_store *s, xm_domid domid)
{
    if (s->in < sizeof(struct xsd_sockmsg) || lacking(s) != 0 || s->broken ||
        !domain__answer_request(s, domid))
        return false;
    s->in = 0;
    return true;
}

void domain__serve_store(struct domain *d, struct xm_cpu *c)
{
    struct domain_store *s = &d->store;
    ring *r = domain__page(c, d->store_mfn);
    bool any = false;

    if (!r)
        return;
    d->store_changed = true;
    while (!s->broken) {
        const bool received = receive(s, r);
        const bool answered = answer(s, c->domid);
        const bool sent = !s->broken && send(s, r);

        if (!received && !answered && !sent)
            break;
        any |= received || sent;
    }
    if (any && d->port[d->store_port].state == DOMAIN_PORT_INTERDOMAIN)
        domain__set_pending(d, c, d->store_port);
}
