/* SPDX-License-Identifier: MIT
 *
 * Transactions: each has a copy of the tree, and its end puts that in the
 * tree's place, if nothing else has changed meanwhile. (xenstored looks at the
 * nodes that were used, so that it says EAGAIN less often.)
 */
#include "store.h"

struct domain_transaction *domain__transaction(struct domain_store *s,
                                               uint32_t id)
{
    for (uint32_t i = 0; i < DOMAIN_STORE_TRANSACTIONS; i++)
        if (id != 0 && s->transaction[i].id == id)
            return &s->transaction[i];
    return NULL;
}

uint32_t domain__begin_transaction(struct domain_store *s)
{
    for (uint32_t i = 0; i < DOMAIN_STORE_TRANSACTIONS; i++) {
        struct domain_transaction *t = &s->transaction[i];

        if (t->id != 0)
            continue;
        do
            s->next_id++;
        while (s->next_id == 0 || domain__transaction(s, s->next_id));
        t->id = s->next_id;
        t->began = s->generation;
        t->changed = false;
        t->tree.used = s->tree.used;
        __builtin_memcpy(t->tree.bytes, s->tree.bytes, s->tree.used);
        return t->id;
    }
    return 0;
}

uint32_t domain__commit_events(struct domain_store *s,
                               const struct domain_transaction *t,
                               xm_domid domid, bool emit)
{
    uint32_t bytes = 0;
    struct node n, other;

    for (uint32_t at = 0; domain__next_node(&t->tree, &at, &n);)
        if (n.flags & NODE_TOUCHED)
            bytes += domain__events(s, n.path, false, domid, emit);
    /* Of what is gone, the topmost. */
    for (uint32_t at = 0; domain__next_node(&s->tree, &at, &n);)
        if (!domain__find_node(&t->tree, n.path, &other) &&
            domain__find_node(&t->tree, domain__parent(n.path), &other))
            bytes += domain__events(s, n.path, true, domid, emit);
    return bytes;
}

int domain__end_transaction(struct domain_store *s,
                            struct domain_transaction *t, bool commit,
                            xm_domid domid)
{
    const bool conflict = t->began != s->generation;
    uint32_t at = 0;
    struct node n;

    t->id = 0;
    if (!commit || (!t->changed && !conflict))
        return 0;
    if (conflict)
        return XEN_EAGAIN;
    (void)domain__commit_events(s, t, domid, EMIT);
    s->tree.used = t->tree.used;
    __builtin_memcpy(s->tree.bytes, t->tree.bytes, t->tree.used);
    while (domain__next_node(&s->tree, &at, &n))
        domain__forget_touch(&s->tree, &n);
    s->generation++;
    return 0;
}
