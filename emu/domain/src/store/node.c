/* SPDX-License-Identifier: MIT
 *
 * Nodes in a buffer, one behind the other in the order in which they were made:
 *
 *   length of the path (2) | of the value (2) | flags (1) | path | value
 */
#include "store.h"

#define FLAGS 4u  /* where they are ... */
#define HEADER 5u /* ... and how long it is */

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static uint32_t size_of(const struct node *n)
{
    return HEADER + n->path.n + n->value.n;
}

bool domain__next_node(const struct domain_tree *t, uint32_t *at,
                       struct node *n)
{
    const uint8_t *p = &t->bytes[*at];

    if (*at >= t->used)
        return false;
    *n = (struct node){ .path = { p + HEADER, get16(p) },
                        .value = { p + HEADER + get16(p), get16(p + 2) },
                        .flags = p[FLAGS],
                        .at = *at };
    *at += size_of(n);
    return true;
}

bool domain__find_node(const struct domain_tree *t, struct text path,
                       struct node *n)
{
    for (uint32_t at = 0; domain__next_node(t, &at, n);)
        if (domain__same(n->path, path))
            return true;
    return false;
}

/* The bytes at AT, OLD of them, become NEW; false: no room. */
static bool resize(struct domain_tree *t, uint32_t at, uint32_t old,
                   uint32_t new)
{
    if (t->used - old + new > sizeof(t->bytes))
        return false;
    __builtin_memmove(&t->bytes[at + new], &t->bytes[at + old],
                      t->used - at - old);
    t->used += new - old;
    return true;
}

bool domain__set_node(struct domain_tree *t, struct text path,
                      struct text value, uint8_t flags)
{
    const uint32_t size = HEADER + path.n + value.n;
    struct node old;
    uint8_t *p;

    if (!domain__find_node(t, path, &old))
        old = (struct node){ .at = t->used };
    if (!resize(t, old.at, old.path.at ? size_of(&old) : 0, size))
        return false;
    p = &t->bytes[old.at];
    put16(p, path.n);
    put16(p + 2, value.n);
    p[FLAGS] = flags;
    __builtin_memcpy(p + HEADER, path.at, path.n);
    if (value.n != 0)
        __builtin_memcpy(p + HEADER + path.n, value.at, value.n);
    return true;
}

void domain__remove_nodes(struct domain_tree *t, struct text path)
{
    struct node n;

    for (uint32_t at = 0; domain__next_node(t, &at, &n);) {
        if (!domain__is_below(path, n.path))
            continue;
        at = n.at;
        (void)resize(t, at, size_of(&n), 0);
    }
}

void domain__forget_touch(struct domain_tree *t, const struct node *n)
{
    t->bytes[n->at + FLAGS] &= (uint8_t)~NODE_TOUCHED;
}
