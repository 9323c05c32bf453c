/* SPDX-License-Identifier: MIT
 *
 * A xenstore for one guest: a tree of small values, in a few buffers of fixed
 * size. Where a quota of xenstored would be reached there, or a buffer here,
 * the answer is ENOSPC.
 */
#ifndef DOMAIN_STORE_H
#define DOMAIN_STORE_H

#include <stdbool.h>
#include <stdint.h>

#define DOMAIN_STORE_BYTES 32768u      /* of all nodes */
#define DOMAIN_STORE_VALUE 2048u       /* of one */
#define DOMAIN_STORE_WATCHES 64u       /* at a time ... */
#define DOMAIN_STORE_WATCH_BYTES 8192u /* ... their paths and tokens */
#define DOMAIN_STORE_TRANSACTIONS 4u
#define DOMAIN_STORE_QUEUE 65536u /* what the guest has not taken yet */
#define DOMAIN_STORE_MESSAGE (16u + 4096u)

/* Nodes one behind the other, in the order of their paths. */
struct domain_tree {
    uint32_t used;
    uint8_t bytes[DOMAIN_STORE_BYTES];
};

struct domain_transaction {
    uint32_t id;    /* 0: none */
    uint64_t began; /* the store's generation then */
    bool changed;
    struct domain_tree tree;
};

struct domain_store {
    uint64_t generation; /* counts changes */
    uint32_t next_id;
    uint32_t nr_watches;
    uint32_t watch_bytes;
    uint32_t in;     /* bytes of a request that have come */
    uint32_t queued; /* bytes of answers and events that are to go */
    bool broken;     /* the guest has broken the ring */
    struct domain_tree tree;
    struct domain_transaction transaction[DOMAIN_STORE_TRANSACTIONS];
    uint8_t watches[DOMAIN_STORE_WATCH_BYTES]; /* path, token, ... */
    uint8_t request[DOMAIN_STORE_MESSAGE];
    uint8_t queue[DOMAIN_STORE_QUEUE];
};

#endif
