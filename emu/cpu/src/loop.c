/* SPDX-License-Identifier: MIT
 *
 * The run: which vCPU, until when, and what Unicorn came back for. Time is
 * blocks of instructions, and what is skipped while all vCPUs wait.
 */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>

#define INVALID_OPCODE 6u
#define SYSENTER_BYTES 2u
#define DEBUG_TRAP 1u
#define DOUBLE_FAULT 8u
#define GENERAL_PROTECTION 13u

void pvcpu__end(struct pvcpu *p, enum pvcpu_end end, const char *format, ...)
{
    va_list list;

    if (p->ended)
        return;
    p->ended = true;
    p->end = end;
    va_start(list, format);
    vsnprintf(p->why, sizeof(p->why), format, list);
    va_end(list);
}

void pvcpu_stop(struct pvcpu *p, const char *format, ...)
{
    char text[sizeof(p->why)];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    pvcpu__end(p, CPU_FINDING, "%s", text);
}

static bool has_error_code(uint32_t vector)
{
    return (vector >= 10 && vector <= 14) || vector == 17;
}

static void exception(struct pvcpu *p)
{
    bool is_int;
    const uint32_t vector = p->vector, hits = pvcpu__take_hits(p);
    const uint32_t error_code = pvcpu__take_exception(p, &is_int);

    if (is_int && vector != INVALID_OPCODE)
        pvcpu__software_interrupt(p, vector);
    else if (vector == GENERAL_PROTECTION)
        pvcpu__emulate_privileged(p, error_code);
    else if (vector == INVALID_OPCODE)
        pvcpu__invalid_opcode(p);
    else if (vector == DOUBLE_FAULT)
        pvcpu__end(p, CPU_BROKEN, "Unicorn sees a double fault");
    else if (vector == DEBUG_TRAP) /* of single steps */
        pvcpu__debug_trap(p, CPU_DR6_STEP | hits);
    else
        pvcpu__inject(p, vector,
                      has_error_code(vector) ? error_code : CPU_NO_ERROR_CODE);
}

void pvcpu__enter(struct pvcpu *p)
{
    const uint64_t rip = pvcpu__get(p, UC_X86_REG_RIP);
    uc_err e;

    pvcpu__leave_xen(p);
    p->debug.entered = true;
    p->exit = EXIT_NONE;
    p->counts.stops++;
    e = uc_emu_start(p->uc, rip, 0, 0, 0);
    if (p->exit == EXIT_CHECK)
        pvcpu__stop_at_ports(p);
    if (pvcpu__debug_exit(p))
        return;
    switch (p->exit) {
    case EXIT_SYSCALL:
        if (pvcpu__model_vcpu(p)->user_mode)
            pvcpu__inject_syscall(p);
        else
            pvcpu__hypercall(p);
        return;
    case EXIT_SYSENTER: /* on AMD's processors Xen does not set it up */
        pvcpu__set(p, UC_X86_REG_RIP,
                   pvcpu__get(p, UC_X86_REG_RIP) - SYSENTER_BYTES);
        pvcpu__inject(p, GENERAL_PROTECTION, 0);
        return;
    case EXIT_EXCEPTION:
        exception(p);
        return;
    case EXIT_PORT:
        pvcpu__at_port(p);
        return;
    case EXIT_CHECK:
    case EXIT_DEBUG:
        return;
    case EXIT_NONE:
        break;
    }
    if (e == UC_ERR_EXCEPTION)
        pvcpu__handle_miss(p);
    else if (e != UC_ERR_OK)
        pvcpu__end(p, CPU_BROKEN, "Unicorn: %s", uc_strerror(e));
}

/* -- time and turns -------------------------------------------------------- */

static struct xm_domain *domain(const struct pvcpu *p)
{
    return xm_domain_find(p->c->machine, p->c->domid);
}

static bool runs(const struct pvcpu *p, uint32_t i)
{
    return domain(p)->vcpu[i].up && !p->d->vcpu[i].blocked;
}

uint32_t pvcpu__running(const struct pvcpu *p)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < domain(p)->nr_vcpus; i++)
        n += runs(p, i);
    return n;
}

static void next_vcpu(struct pvcpu *p)
{
    const uint32_t n = domain(p)->nr_vcpus;
    uint32_t i = p->current;

    do
        i = (i + 1) % n;
    while (!runs(p, i));
    if (i != p->current) {
        pvcpu__switch(p, i);
        pvcpu__load_segments(p);
    }
    p->slice_end = p->counts.blocks + CPU_SLICE_BLOCKS;
}

static void sooner(uint64_t *first, uint64_t other)
{
    if (other < *first)
        *first = other;
}

/* When on_block() shall stop next; one block is always run. */
static void plan(struct pvcpu *p)
{
    const uint64_t blocks = p->counts.blocks, now = pvcpu__now(p);
    const uint64_t timer = domain_next_timer(p->d, p->c);
    const struct vcpu_info *info = domain_vcpu_info(p->d, p->c, p->current);
    uint64_t next = p->next_poll;

    if (timer != DOMAIN_NEVER)
        sooner(&next,
               blocks +
                   (timer > now ? (timer - now) / p->config.ns_per_block : 0));
    if (info->evtchn_upcall_pending && info->evtchn_upcall_mask)
        sooner(&next, blocks + CPU_MASKED_BLOCKS);
    if (pvcpu__running(p) > 1)
        sooner(&next, p->slice_end);
    if (p->config.max_blocks)
        sooner(&next, p->config.max_blocks);
    p->next_check = next > blocks ? next : blocks + 1;
}

void pvcpu__be_idle(struct pvcpu *p, uint64_t ns)
{
    enum pvcpu_idle idle = CPU_IDLE_SKIP;

    p->d->now = pvcpu__now(p);
    if (p->config.idle)
        idle = p->config.idle(p->config.context, ns);
    if (idle == CPU_IDLE_GIVE_UP)
        pvcpu__end(p, CPU_IDLE, "the guest waits for what will not come");
    else if (idle == CPU_IDLE_SKIP && ns == DOMAIN_NEVER)
        pvcpu__end(p, CPU_IDLE, "all vCPUs wait, and nothing will wake them");
    else if (idle == CPU_IDLE_SKIP)
        p->skipped_ns += ns;
}

/* All vCPUs wait: until the next timer, or for what the embedder has. */
static void wait(struct pvcpu *p)
{
    const uint64_t timer = domain_next_timer(p->d, p->c), now = pvcpu__now(p);

    pvcpu__be_idle(p, timer == DOMAIN_NEVER ? timer
                      : timer > now         ? timer - now
                                            : 0);
}

static void look_around(struct pvcpu *p)
{
    if (domain_next_timer(p->d, p->c) <= pvcpu__now(p))
        domain_set_time(p->d, p->c, pvcpu__now(p));
    if (p->counts.blocks >= p->next_poll) {
        p->next_poll = p->counts.blocks + CPU_POLL_BLOCKS;
        p->d->now = pvcpu__now(p);
        if (p->config.poll)
            p->config.poll(p->config.context);
    }
    if (p->config.max_blocks && p->counts.blocks >= p->config.max_blocks)
        pvcpu__end(p, CPU_MAX_BLOCKS, "the limit of blocks is reached");
    if (p->config.stop && *p->config.stop)
        pvcpu__end(p, CPU_STOPPED, "it was told to stop");
    if (p->d->down)
        pvcpu__end(p, CPU_SHUTDOWN, "the domain is down");
    else if (domain(p)->crashed)
        pvcpu__crash(p, "Xen has crashed the domain");
}

enum pvcpu_end pvcpu_run(struct pvcpu *p, const struct pvcpu_start *start)
{
    if (!pvcpu__begin(p, start))
        pvcpu__end(p, CPU_BROKEN, "Unicorn does not enter the guest");
    while (!p->ended) {
        look_around(p);
        if (p->ended)
            break;
        if (pvcpu__running(p) == 0) {
            wait(p);
            continue;
        }
        if (!runs(p, p->current) ||
            (pvcpu__running(p) > 1 && p->counts.blocks >= p->slice_end))
            next_vcpu(p);
        pvcpu__deliver_events(p);
        plan(p);
        if (!p->ended)
            pvcpu__enter(p);
    }
    pvcpu__set_clock(0);
    return p->end;
}

const char *pvcpu_why(const struct pvcpu *p)
{
    return p->why;
}

struct pvcpu_counts pvcpu_counts(const struct pvcpu *p)
{
    return p->counts;
}

uint64_t pvcpu_hash(const struct pvcpu *p)
{
    return p->hash;
}
