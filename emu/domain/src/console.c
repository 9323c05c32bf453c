/* SPDX-License-Identifier: MIT
 *
 * The guest's console: its ring, which a backend serves, and
 * HYPERVISOR_console_io. Indices in the ring are the guest's, and may be
 * anything: a difference beyond the ring's size means that there is nothing.
 */
#include "internal.h"

#include <xen/io/console.h>

#define PART 128u

static struct xencons_interface *ring_of(struct domain *d, struct xm_cpu *c)
{
    return domain__page(c, d->console_mfn);
}

static void put(const struct domain_host *h, const char *bytes, size_t n)
{
    if (h->output && n != 0)
        h->output(h->context, bytes, n);
}

static void tell(struct domain *d, struct xm_cpu *c)
{
    if (d->console_port != 0 &&
        d->port[d->console_port].state == DOMAIN_PORT_INTERDOMAIN)
        domain__set_pending(d, c, d->console_port);
}

void domain__drain_console(const struct domain_host *h, struct xm_cpu *c)
{
    struct xencons_interface *r = ring_of(h->domain, c);
    uint32_t n;

    if (!r)
        return;
    n = r->out_prod - r->out_cons;
    if (n == 0 || n > sizeof(r->out))
        return;
    while (n != 0) {
        const uint32_t at = r->out_cons & (sizeof(r->out) - 1);
        const uint32_t rest = (uint32_t)sizeof(r->out) - at;
        const uint32_t k = n < rest ? n : rest;

        put(h, &r->out[at], k);
        r->out_cons += k;
        n -= k;
    }
    tell(h->domain, c);
}

size_t domain_console_input(struct domain *d, struct xm_cpu *c,
                            const void *bytes, size_t n)
{
    struct xencons_interface *r = ring_of(d, c);
    const char *from = bytes;
    uint32_t used;
    size_t done;

    if (!r)
        return 0;
    used = r->in_prod - r->in_cons;
    if (used > sizeof(r->in))
        return 0;
    for (done = 0; done < n && used < sizeof(r->in); done++, used++)
        r->in[r->in_prod++ & (sizeof(r->in) - 1)] = from[done];
    if (done != 0)
        tell(d, c);
    return done;
}

size_t domain_console_waiting(struct domain *d, struct xm_cpu *c)
{
    const struct xencons_interface *r = ring_of(d, c);

    return r ? r->in_prod - r->in_cons : 0;
}

static int write(const struct call *k, uint64_t n, xm_vaddr from)
{
    char part[PART];

    while (n != 0) {
        const size_t m = n < PART ? n : PART;

        if (!xm_copy_from_guest(k->c, part, from, m))
            return domain__refuse(k->d, XEN_EFAULT,
                                  "the text cannot be reached");
        put(k->host, part, m);
        from += m;
        n -= m;
    }
    return 0;
}

int domain__console_io(const struct call *k)
{
    const bool debug = xm_machine_config(k->c->machine)->debug;
    const int command = (int)k->arg[0];

    /* Who has no right may write on a debug build, and that is all. */
    if (!domain__privileged(k->c) && !(debug && command == CONSOLEIO_write))
        return domain__refuse(k->d, XEN_EPERM,
                              "Xen's own console is for the control domain");
    switch (command) {
    case CONSOLEIO_write:
        return write(k, (uint32_t)k->arg[1], k->arg[2]);
    case CONSOLEIO_read: /* nothing was typed there */
        return 0;
    default:
        return domain__refuse(k->d, XEN_ENOSYS,
                              "the console has no such command");
    }
}
