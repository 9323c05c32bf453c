/* SPDX-License-Identifier: MIT
 *
 * The xenstore's own words: trees of nodes, paths, watches, messages.
 */
#ifndef DOMAIN_STORE_INTERNAL_H
#define DOMAIN_STORE_INTERNAL_H

#include "../internal.h"

#include <xen/io/xs_wire.h>

/* A string that is not ended by a NUL. */
struct text {
    const uint8_t *at;
    uint32_t n;
};

#define NODE_READABLE 1u /* by the guest */
#define NODE_OWNED 2u    /* by the guest, which may write it */
#define NODE_TOUCHED 4u  /* in the transaction whose tree this is */

struct node {
    struct text path, value;
    uint8_t flags;
    uint32_t at; /* in the tree's bytes */
};

/* -- node.c: one behind the other -------------------------------------------
 */

/* The node at *AT; *AT goes on to the next. False: there are no more. */
bool domain__next_node(const struct domain_tree *t, uint32_t *at,
                       struct node *n);
bool domain__find_node(const struct domain_tree *t, struct text path,
                       struct node *n);
/* Sets or makes one. False: no room. */
bool domain__set_node(struct domain_tree *t, struct text path,
                      struct text value, uint8_t flags);
/* The node, and what lies below it. */
void domain__remove_nodes(struct domain_tree *t, struct text path);
/* It is no node of a transaction any more. */
void domain__forget_touch(struct domain_tree *t, const struct node *n);

/* -- path.c ------------------------------------------------------------------
 */

struct path {
    uint32_t n;
    uint8_t bytes[XENSTORE_ABS_PATH_MAX + 1];
};

static inline struct text domain__text_of(const struct path *p)
{
    return (struct text){ p->bytes, p->n };
}

struct text domain__text(const char *s);
bool domain__same(struct text a, struct text b);
/* B is A, or lies below it. */
bool domain__is_below(struct text a, struct text b);
struct text domain__parent(struct text path);
/*
 * NAME as an absolute path of guest DOMID; SPECIAL: such as "@releaseDomain"
 * are allowed. False: it is no path.
 */
bool domain__make_path(struct path *out, struct text name, xm_domid domid,
                       bool special);
/* The length of "/local/domain/DOMID/". */
uint32_t domain__home(xm_domid domid, char out[32]);

/* -- tree.c: what a guest may ------------------------------------------------
 */

/* 0, or a positive errno, as xenstored has it. */
int domain__read_node(const struct domain_tree *t, struct text path,
                      struct node *n);
/* The guest, or with GUEST false the toolstack, writes; parents are made. */
int domain__write_node(struct domain_tree *t, struct text path,
                       struct text value, bool guest, uint8_t flags);
int domain__remove_node(struct domain_tree *t, struct text path);

/* -- event.c: watches ---------------------------------------------------------
 */

#define EMIT true /* else only how many bytes the events would take */

/*
 * PATH has changed; GONE: with what lies below it. The bytes of all events that
 * come of it.
 */
uint32_t domain__events(struct domain_store *s, struct text path, bool gone,
                        xm_domid domid, bool emit);
/* 0 or an errno. RELATIVE: the guest named it so, and is told so. */
int domain__add_watch(struct domain_store *s, struct text path,
                      struct text token, bool relative);
int domain__remove_watch(struct domain_store *s, struct text path,
                         struct text token);
void domain__first_event(struct domain_store *s, struct text path,
                         struct text token, bool relative, xm_domid domid);
/* The guest will be sent a message. There is room. */
void domain__queue(struct domain_store *s, const struct xsd_sockmsg *header,
                   struct text a, struct text b);

static inline uint32_t domain__queue_room(const struct domain_store *s)
{
    return DOMAIN_STORE_QUEUE - s->queued;
}

/* -- transaction.c ------------------------------------------------------------
 */

/* NULL: there is none of that number. */
struct domain_transaction *domain__transaction(struct domain_store *s,
                                               uint32_t id);
/* A number; 0: there are too many. */
uint32_t domain__begin_transaction(struct domain_store *s);
/* The bytes of the events that its end would be told by. */
uint32_t domain__commit_events(struct domain_store *s,
                               const struct domain_transaction *t,
                               xm_domid domid, bool emit);
/* 0, or EAGAIN: the store has changed meanwhile. */
int domain__end_transaction(struct domain_store *s,
                            struct domain_transaction *t, bool commit,
                            xm_domid domid);

/* -- request.c ------------------------------------------------------------- */

/* The request in s->request. False: not now, the queue has no room. */
bool domain__answer_request(struct domain_store *s, xm_domid domid);

#endif
