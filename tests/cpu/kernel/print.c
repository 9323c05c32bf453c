/* SPDX-License-Identifier: MIT
 *
 * What the processor test prints: on its console, whichever the machine has.
 */
#include "kernel.h"

#include <xen/event_channel.h>
#include <xen/io/console.h>

static struct xencons_interface *ring;
static uint32_t console_port;

void find_console(const struct start_info *si)
{
    console_port = si->console.domU.evtchn;
    ring = (struct xencons_interface *)((uintptr_t)si + 2 * PAGE);
}

static char line[512];
static unsigned int length;

void flush(void)
{
    struct evtchn_send send = { .port = console_port };

    if (hypercall(__HYPERVISOR_console_io, 0, length, (uintptr_t)line, 0) < 0) {
        for (unsigned int i = 0; i < length; i++)
            ring->out[ring->out_prod++ % sizeof(ring->out)] = line[i];
        (void)hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send,
                        (uintptr_t)&send, 0, 0);
    }
    length = 0;
}

void print(const char *text)
{
    while (*text && length < sizeof(line))
        line[length++] = *text++;
}

void print_hex(uint64_t v)
{
    char digits[17];
    unsigned int n = 16;

    digits[n] = '\0';
    do
        digits[--n] = "0123456789abcdef"[v % 16];
    while (v /= 16);
    print("0x");
    print(digits + n);
}

void print_answer(const char *name, long answer)
{
    print(length ? " " : "");
    print(name);
    print(answer < 0 ? " -" : " ");
    print_hex((uint64_t)(answer < 0 ? -answer : answer));
}

void end_line(void)
{
    print("\n");
    flush();
}

/* -- values in relation to what is known ----------------------------------- */

const struct form *running;
uint64_t end_of_map;
uint8_t memory[PAGE] __attribute__((aligned(4096)));
uint8_t stack[2 * PAGE] __attribute__((aligned(4096)));
uint8_t kernel_stack[PAGE] __attribute__((aligned(4096))); /* of Xen's */
struct vcpu_info *info;

static void print_from(const char *base, uint64_t v, uint64_t from)
{
    print(base);
    if (v - from) {
        print(v >= from ? "+" : "-");
        print_hex(v >= from ? v - from : from - v);
    }
}

static void print_value(uint64_t v)
{
    const uint64_t code = (uintptr_t)running->code;

    if (v - NOT_THERE < PAGE)
        print_from("absent", v, NOT_THERE);
    else if (v - (end_of_map - PAGE) < 2 * PAGE)
        print_from("end", v, end_of_map);
    else if (v - (uintptr_t)memory < PAGE)
        print_from("memory", v, (uintptr_t)memory);
    else if (v - (uintptr_t)stack < 2 * PAGE)
        print_from("stack", v, (uintptr_t)stack + PAGE);
    else if (v - (uintptr_t)kernel_stack < PAGE)
        print_from("kernel stack", v, (uintptr_t)kernel_stack + PAGE);
    else if (v - code < 256)
        print_from("code", v, code);
    else if (v - (uintptr_t)vectors < 259 * 128)
        print("a handler");
    else
        print_hex(v);
}

void print_named(const char *name, uint64_t v)
{
    print(" ");
    print(name);
    print(" ");
    print_value(v);
}
