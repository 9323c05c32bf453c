/* SPDX-License-Identifier: MIT
 *
 * Talking to the shim through the mailbox of each of its vCPUs.
 */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BOOT_SECONDS 60
#define CALL_SECONDS 60
#define LOOK_SECONDS 0.05 /* then it may have crashed */
#define SPINS 4000u       /* some 100 us, then it waits for longer */
#define NAP_NANOSECONDS 20000
/* Of the guest, before it gives its CPU to another vCPU. */
#define GUEST_SPINS_ACTIVE 1000000u
#define GUEST_SPINS_IDLE 1u

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int gone(struct shim *s, const char *what)
{
    char tail[160];

    shim__serial_tail(s, tail, sizeof(tail));
    return shim__fail(s, "%s; Xen's last words: %s", what, tail);
}

int shim__adopt_mailboxes(struct shim_domain *d, uint64_t address)
{
    struct shim *s = d->shim;
    struct shim_mailbox *const m =
        (struct shim_mailbox *)(void *)(s->ram + address);

    if (address == 0 || address + SHIM_VCPUS * sizeof(*m) > s->ram_size)
        return shim__fail(s, "the shim's mailbox is at %#llx, not in RAM",
                          (unsigned long long)address);
    if (m->magic != SHIM_MAGIC)
        return shim__fail(s, "the shim's mailbox has the wrong magic: the "
                             "kernel is of another version, build it again");
    for (uint32_t i = 0; i < SHIM_VCPUS; i++)
        d->vcpu[i] = (struct shim_vcpu){ .domain = d,
                                         .number = i,
                                         .mailbox = &m[i],
                                         .up = i == 0,
                                         .has_run = i == 0 };
    d->p2m = (const uint64_t *)(void *)(s->ram + m->p2m);
    d->nr_pages = m->nr_pages;
    d->first_unused = m->first_unused;
    d->first_pfn = d->next_pfn = d->trace_pfn = m->first_free;
    d->boot_l4 = m->boot_l4;
    d->shared_info = m->shared_info / XM_PAGE_SIZE;
    d->exists = d->running = true;
    d->spoiled = d->used_up = d->crashed = false;
    return 0;
}

int shim__attach(struct shim *s)
{
    const double deadline = now() + BOOT_SECONDS;
    char text[256];

    for (xm_domid i = 0; i < SHIM_DOMAINS; i++)
        s->domains[i] = (struct shim_domain){ .shim = s, .domid = i };
    while (
        !shim__serial_find(s, "pinfold shim: mailbox ", text, sizeof(text))) {
        if (!shim__alive(s))
            return gone(s, "Xen stopped while booting");
        if (now() > deadline)
            return gone(s, "Xen did not start the shim in time");
        usleep(2000);
    }
    if (shim__adopt_mailboxes(&s->domains[0], strtoull(text, NULL, 16)) != 0)
        return -1;
    if (shim__serial_find(s, "Xen version ", text, sizeof(text))) {
        (void)sscanf(text, "4.%u", &s->backend.xen_minor);
        /* Where struct grant_table has its fields is known of one version. */
        s->backend.without_grants = s->backend.xen_minor != 17;
        s->backend.l1tf = s->config.l1tf;
        s->backend.xen_debug = strstr(text, " debug=y") != NULL;
        snprintf(s->backend.version, sizeof(s->backend.version), "Xen %.*s%s",
                 (int)strcspn(text, " "), text,
                 s->backend.xen_debug ? " debug" : "");
    }
    return 0;
}

/* Of all that poll, the one that will be spoken to next spins. */
static void activate(struct shim_vcpu *v)
{
    struct shim *s = v->domain->shim;

    if (s->active == v)
        return;
    if (s->active && s->active->mailbox)
        s->active->mailbox->spins = GUEST_SPINS_IDLE;
    v->mailbox->spins = GUEST_SPINS_ACTIVE;
    s->active = v;
}

void shim__post(struct shim_vcpu *v, uint64_t command)
{
    activate(v);
    v->mailbox->command = command;
    __atomic_store_n(&v->mailbox->request, v->mailbox->response + 1,
                     __ATOMIC_RELEASE);
}

/* Nothing for a while: is there somebody to wait for? */
static int look(struct shim_vcpu *v, double started)
{
    struct shim *s = v->domain->shim;
    const char *obituary = NULL;

    if (!shim__alive(s))
        return gone(s, "Xen stopped");
    if (now() > started + CALL_SECONDS)
        return gone(s, "Xen does not answer");
    if (v->domain->domid != 0)
        obituary = shim__obituary(v->domain);
    if (!obituary)
        return 0;
    v->domain->spoiled = true;
    return shim__fail(s, "domain %u %s", v->domain->domid, obituary);
}

/*
 * Beside other work QEMU waits for a CPU, and so should we: whoever sleeps is
 * let in at once when it wakes, while a CPU that was given away by
 * sched_yield() is back only when everybody else has had it.
 */
static void nap(void)
{
    const struct timespec t = { .tv_nsec = NAP_NANOSECONDS };

    nanosleep(&t, NULL);
}

/* Until WORD of its mailbox is that of the request. */
static int await_word(struct shim_vcpu *v, const uint32_t *word)
{
    struct shim_mailbox *m = v->mailbox;
    const uint32_t n = m->request;
    double started = 0, looked = 0;

    for (uint32_t spins = 1;; spins++) {
        if (__atomic_load_n(word, __ATOMIC_ACQUIRE) == n)
            return 0;
        if (__atomic_load_n(&m->upcalls, __ATOMIC_ACQUIRE) != m->resumed) {
            shim__at_upcall(v);
            started = 0; /* it lives */
        }
        if (spins % SPINS != 0) {
            __builtin_ia32_pause();
            continue;
        }
        nap();
        if (started == 0)
            started = looked = now();
        if (spins % (SPINS * 64) != 0 || now() < looked + LOOK_SECONDS)
            continue;
        if (look(v, started) != 0)
            return -1;
        looked = now();
    }
}

int shim__await(struct shim_vcpu *v)
{
    return await_word(v, &v->mailbox->response);
}

int shim__await_parked(struct shim_vcpu *v)
{
    return await_word(v, &v->mailbox->parked);
}

int shim__call(struct shim_vcpu *v, uint64_t command)
{
    shim__post(v, command);
    return shim__await(v);
}

int shim__hypercall(struct shim_vcpu *v, uint64_t number, const uint64_t arg[5],
                    int64_t *rc)
{
    v->mailbox->arg[0] = number;
    memcpy(&v->mailbox->arg[1], arg, 5 * sizeof(arg[0]));
    if (shim__call(v, SHIM_HYPERCALL) != 0)
        return -1;
    *rc = v->mailbox->rc;
    return 0;
}

uint64_t shim__data(const struct shim_vcpu *v, size_t offset)
{
    return v->mailbox->self + offsetof(struct shim_mailbox, data) + offset;
}
