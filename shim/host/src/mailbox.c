/* SPDX-License-Identifier: MIT
 *
 * Talking to the shim through its mailbox.
 */
#include "internal.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BOOT_SECONDS 60
#define CALL_SECONDS 60
#define SPINS 2000u /* then the CPU is given to QEMU */

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

int shim__attach(struct shim *s)
{
    const double deadline = now() + BOOT_SECONDS;
    char text[64];
    uint64_t address;

    while (
        !shim__serial_find(s, "pinfold shim: mailbox ", text, sizeof(text))) {
        if (!shim__alive(s))
            return gone(s, "Xen stopped while booting");
        if (now() > deadline)
            return gone(s, "Xen did not start the shim in time");
        usleep(2000);
    }
    address = strtoull(text, NULL, 16);
    if (address == 0 || address + sizeof(*s->mailbox) > s->ram_size)
        return shim__fail(s, "the shim's mailbox is at %s, not in RAM", text);
    s->mailbox = (struct shim_mailbox *)(void *)(s->ram + address);
    if (s->mailbox->magic != SHIM_MAGIC)
        return shim__fail(s, "the shim's mailbox has the wrong magic: the "
                             "kernel is of another version, build it again");
    s->p2m = (const uint64_t *)(void *)(s->ram + s->mailbox->p2m);
    s->next_pfn = s->mailbox->first_free;
    if (shim__serial_find(s, "Xen version ", text, sizeof(text)))
        snprintf(s->backend.version, sizeof(s->backend.version), "Xen %.*s",
                 (int)strcspn(text, " "), text);
    return 0;
}

int shim__call(struct shim *s, uint64_t command)
{
    struct shim_mailbox *m = s->mailbox;
    const uint32_t n = m->response + 1;
    double deadline = 0;

    m->command = command;
    __atomic_store_n(&m->request, n, __ATOMIC_RELEASE);
    for (uint32_t spins = 1;; spins++) {
        if (__atomic_load_n(&m->response, __ATOMIC_ACQUIRE) == n)
            return 0;
        if (spins % SPINS != 0) {
            __builtin_ia32_pause();
            continue;
        }
        sched_yield();
        if (deadline == 0)
            deadline = now() + CALL_SECONDS;
        if (spins % (SPINS * 64) != 0)
            continue;
        if (!shim__alive(s))
            return gone(s, "Xen stopped");
        if (now() > deadline)
            return gone(s, "Xen does not answer");
    }
}

int shim__hypercall(struct shim *s, uint64_t number, const uint64_t arg[5],
                    int64_t *rc)
{
    s->mailbox->arg[0] = number;
    memcpy(&s->mailbox->arg[1], arg, 5 * sizeof(arg[0]));
    if (shim__call(s, SHIM_HYPERCALL) != 0)
        return -1;
    *rc = s->mailbox->rc;
    return 0;
}

uint64_t shim__data(const struct shim *s, size_t offset)
{
    return s->mailbox->self + offsetof(struct shim_mailbox, data) + offset;
}
