/* SPDX-License-Identifier: MIT
 *
 * A guest's side of xenstore, for tests.
 */
#ifndef DOMAIN_CLIENT_H
#define DOMAIN_CLIENT_H

#include "fixture.h"

#include <stdio.h>
#include <string.h>

struct message {
    struct xsd_sockmsg header;
    char body[4097];
};

/* Puts bytes into the ring, as many as have room, and tells the store. */
static inline uint32_t push(const void *bytes, uint32_t n)
{
    struct xenstore_domain_interface *r = store();
    uint32_t i;

    for (i = 0; i < n && r->req_prod - r->req_cons < XENSTORE_RING_SIZE; i++)
        r->req[MASK_XENSTORE_IDX(r->req_prod++)] = ((const char *)bytes)[i];
    (void)event_op(EVTCHNOP_send, &domain.store_port);
    return i;
}

/* Takes N bytes, with what it costs to have them sent. */
static inline bool pull(void *to, uint32_t n)
{
    struct xenstore_domain_interface *r = store();

    for (uint32_t i = 0; i < n; i++) {
        if (r->rsp_prod == r->rsp_cons)
            ck_assert_int_eq(event_op(EVTCHNOP_send, &domain.store_port), 0);
        if (r->rsp_prod == r->rsp_cons)
            return false;
        ((char *)to)[i] = r->rsp[MASK_XENSTORE_IDX(r->rsp_cons++)];
    }
    return true;
}

static inline void ask(uint32_t type, uint32_t tx, const void *body, uint32_t n)
{
    const struct xsd_sockmsg header = {
        .type = type, .req_id = 77, .tx_id = tx, .len = n
    };
    uint32_t done = push(&header, sizeof(header));

    ck_assert_uint_eq(done, sizeof(header));
    for (done = 0; done < n;)
        done += push((const char *)body + done, n - done);
}

/* False: nothing came. */
static inline bool hear(struct message *m)
{
    memset(m, 0, sizeof(*m));
    if (!pull(&m->header, sizeof(m->header)))
        return false;
    ck_assert_uint_le(m->header.len, 4096);
    return pull(m->body, m->header.len);
}

/* Events that came while an answer was waited for: they may come before it. */
#define MAX_EARLY 80u
static struct message early[MAX_EARLY];
static unsigned int nr_early, next_early;

static inline bool hear_event(struct message *m)
{
    if (next_early != nr_early) {
        *m = early[next_early++];
        return true;
    }
    nr_early = next_early = 0;
    return hear(m);
}

/* The answer in words: what it says, or the name of the error. */
static inline const char *answer(uint32_t type, uint32_t tx, const void *body,
                                 uint32_t n)
{
    static struct message m;

    ask(type, tx, body, n);
    for (;;) {
        ck_assert(hear(&m));
        if (m.header.type != XS_WATCH_EVENT)
            break;
        ck_assert_uint_lt(nr_early, MAX_EARLY);
        early[nr_early++] = m;
    }
    ck_assert_uint_eq(m.header.req_id, 77);
    ck_assert(m.header.type == type || m.header.type == XS_ERROR);
    return m.body;
}

/* TEXT with its NUL. */
#define ANSWER(type, tx, text) answer(type, tx, text, sizeof(text))

#endif
