/* SPDX-License-Identifier: MIT
 *
 * What only the control domain may ask of Xen: others are refused once Xen has
 * read what they ask. Mirrors the beginnings of do_sysctl() and
 * do_platform_op().
 *
 * GAP: the control domain has none of it either.
 */
#include "internal.h"

#define SYSCTL_VERSION 0x15u /* since 4.15 */
#define PLATFORM_VERSION 0x03000001u

/* How both begin, and how long they are. Their own headers are for GNU C. */
struct request {
    uint32_t command, version;
    uint64_t rest[16];
};

static int refuse(const struct call *k, uint32_t xens)
{
    struct request r;

    if (domain__privileged(k->c))
        return domain__refuse(k->d, XEN_ENOSYS,
                              "calls of the toolstack are not there");
    if (!domain__get(k, &r, k->arg[0]))
        return domain__refuse(k->d, XEN_EFAULT,
                              "the argument cannot be reached");
    if (r.version != xens)
        return domain__refuse(k->d, XEN_EACCES,
                              "it is of another version of the interface");
    return domain__refuse(k->d, XEN_EPERM, "that is for the control domain");
}

int domain__sysctl(const struct call *k)
{
    return refuse(k, SYSCTL_VERSION);
}

int domain__platform_op(const struct call *k)
{
    return refuse(k, PLATFORM_VERSION);
}
