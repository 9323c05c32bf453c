/* SPDX-License-Identifier: MIT
 *
 * What the guest may read and write. A node that it must not see is EACCES,
 * and so is one that is not there below such a node.
 */
#include "store.h"

static bool is_root(struct text path)
{
    return path.n == 1;
}

/* Of a node that is not there: what its parents allow to know. */
static int missing(const struct domain_tree *t, struct text path)
{
    struct node n;

    while (!is_root(path)) {
        path = domain__parent(path);
        if (domain__find_node(t, path, &n))
            return n.flags & (NODE_READABLE | NODE_OWNED) ? XEN_ENOENT
                                                          : XEN_EACCES;
    }
    return XEN_EACCES;
}

int domain__read_node(const struct domain_tree *t, struct text path,
                      struct node *n)
{
    if (!domain__find_node(t, path, n))
        return missing(t, path);
    return n->flags & (NODE_READABLE | NODE_OWNED) ? 0 : XEN_EACCES;
}

/* The nearest node above PATH that is there; false: none. */
static bool find_above(const struct domain_tree *t, struct text path,
                       struct node *n)
{
    while (!is_root(path)) {
        path = domain__parent(path);
        if (domain__find_node(t, path, n))
            return true;
    }
    return false;
}

int domain__write_node(struct domain_tree *t, struct text path,
                       struct text value, bool guest, uint8_t flags)
{
    const struct domain_tree *const tree = t;
    struct text empty = { NULL, 0 }, above;
    struct node n;

    if (value.n > DOMAIN_STORE_VALUE)
        return XEN_ENOSPC;
    if (domain__find_node(tree, path, &n)) {
        if (guest && !(n.flags & NODE_OWNED))
            return XEN_EACCES;
        return domain__set_node(t, path, value,
                                n.flags | (flags & NODE_TOUCHED))
                   ? 0
                   : XEN_ENOSPC;
    }
    if (guest && !(find_above(tree, path, &n) && (n.flags & NODE_OWNED)))
        return XEN_EACCES;
    /* From the top: a directory is there before what is in it. */
    for (;;) {
        above = path;
        for (struct text up = path; !is_root(up);) {
            up = domain__parent(up);
            if (domain__find_node(tree, up, &n))
                break;
            above = up;
        }
        if (domain__same(above, path))
            break;
        if (!domain__set_node(t, above, empty, flags))
            return XEN_ENOSPC;
    }
    return domain__set_node(t, path, value, flags) ? 0 : XEN_ENOSPC;
}

int domain__remove_node(struct domain_tree *t, struct text path)
{
    struct node n, parent;

    if (is_root(path))
        return XEN_EINVAL;
    if (!domain__find_node(t, path, &n)) {
        const int error = missing(t, path);

        /* What is not there, in a directory that is, need not be removed. */
        if (error == XEN_ENOENT &&
            domain__find_node(t, domain__parent(path), &parent))
            return 0;
        return error;
    }
    if (!(n.flags & NODE_OWNED))
        return XEN_EACCES;
    domain__remove_nodes(t, path);
    return 0;
}
