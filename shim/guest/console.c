/* SPDX-License-Identifier: MIT
 *
 * The console.
 */
#include "console.h"

#include <shim/mailbox.h>
#include <xen/event_channel.h>
#include <xen/io/console.h>
#include <xen/sched.h>

#include "hypercall.h"

#define PAGE_SIZE 4096u
#define PATIENCE 1000000u /* yields without anything taken */

static struct xencons_interface *ring; /* NULL: none */
static uint32_t port;
static bool initial;

bool shim_console_open(const struct start_info *si)
{
    const uint64_t *p2m = (const uint64_t *)si->mfn_list;

    initial = (si->flags & SIF_INITDOMAIN) != 0;
    if (initial || !si->console.domU.mfn)
        return false;
    port = si->console.domU.evtchn;
    /* It is in the boot map, behind the kernel. */
    for (uint64_t pfn = 0; pfn < si->nr_pages && !ring; pfn++)
        if (p2m[pfn] == si->console.domU.mfn)
            ring = (void *)(SHIM_VIRT_BASE + pfn * PAGE_SIZE);
    return ring;
}

static void notify(void)
{
    struct evtchn_send send = { .port = port };

    (void)hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send,
                    (uintptr_t)&send, 0, 0, 0);
}

static uint32_t waiting(void)
{
    return ring->out_prod - __atomic_load_n(&ring->out_cons, __ATOMIC_ACQUIRE);
}

/* Until fewer than FEWER bytes wait. */
static void await_reader(uint32_t fewer)
{
    uint32_t before = waiting();

    notify();
    for (uint32_t i = 0; waiting() >= fewer && i < PATIENCE; i++) {
        (void)hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0, 0);
        if (waiting() == before)
            continue;
        before = waiting();
        i = 0;
    }
}

static void put(char c)
{
    if (waiting() >= sizeof(ring->out))
        await_reader(sizeof(ring->out));
    ring->out[MASK_XENCONS_IDX(ring->out_prod, ring->out)] = c;
    __atomic_store_n(&ring->out_prod, ring->out_prod + 1, __ATOMIC_RELEASE);
}

void shim_print_n(const char *text, uint64_t length)
{
    if (ring)
        for (uint64_t i = 0; i < length; i++)
            put(text[i]);
    else
        (void)hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, length,
                        (uintptr_t)text, 0, 0);
}

void shim_print(const char *text)
{
    uint64_t n = 0;

    while (text[n])
        n++;
    shim_print_n(text, n);
}

static void print_number(uint64_t n, unsigned int base, const char *before)
{
    char digits[24];
    unsigned int i = sizeof(digits);

    do
        digits[--i] = "0123456789abcdef"[n % base];
    while (n /= base);
    shim_print(before);
    shim_print_n(digits + i, sizeof(digits) - i);
}

void shim_print_decimal(int64_t n)
{
    print_number(n < 0 ? -(uint64_t)n : (uint64_t)n, 10, n < 0 ? "-" : "");
}

void shim_print_hex(uint64_t n)
{
    print_number(n, 16, "0x");
}

void shim_console_close(void)
{
    if (ring)
        await_reader(1);
}

void shim_power_off(void)
{
    /* Without dom0 a machine that is off stays as it is: it starts anew. */
    struct sched_shutdown how = { .reason = initial ? SHUTDOWN_reboot
                                                    : SHUTDOWN_poweroff };

    shim_console_close();
    (void)hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (uintptr_t)&how, 0,
                    0, 0);
}
