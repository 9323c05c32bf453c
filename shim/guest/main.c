/* SPDX-License-Identifier: MIT
 *
 * The shim: a PV kernel that executes, one at a time, the operations a host
 * puts into its mailbox, or those of a program. It runs as dom0 on the tables
 * that Xen's builder made, and as domU on those of the host. Each of its vCPUs
 * has a mailbox.
 *
 * It says where the mailboxes are by one line on Xen's console, which only
 * dom0 may write to; of a domU the host knows the memory.
 */
#include <guest-mm/scenario.h>
#include <shim/mailbox.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/xen.h>

#include "alone.h"
#include "console.h"
#include "execute.h"
#include "hypercall.h"
#include "layout.h"
#include "measure.h"
#include "probe.h"

#define MAX_POOL 4096u

void shim_main(const struct start_info *si, uint64_t others, uint64_t rsp,
               uint64_t flags);
void shim_secondary(struct shim_mailbox *m);
void shim_secondary_entry(void);

/* park.S */
void shim_park(const uint32_t *word, uint32_t value);
extern uint8_t shim_park_end[];

static struct shim_mailbox mailboxes[SHIM_VCPUS] __attribute__((aligned(4096)));
extern uint8_t stack_end[]; /* of vCPU 0; that of vCPU 1 begins there */
static uint64_t pool[MAX_POOL], scratch[2 * MAX_POOL];
static struct mm_report report;

static const uint64_t *p2m;

static uint64_t machine_address(const void *p)
{
    const uint64_t offset = (uintptr_t)p - SHIM_VIRT_BASE;

    return p2m[offset / SHIM_PAGE_SIZE] * SHIM_PAGE_SIZE +
           offset % SHIM_PAGE_SIZE;
}

struct shim_mailbox *shim_own_mailbox(void)
{
    return &mailboxes[(const uint8_t *)__builtin_frame_address(0) >= stack_end];
}

static void announce(uint64_t address)
{
    static const char digits[] = "0123456789abcdef";
    char line[] = "pinfold shim: mailbox 0x0000000000000000\n";
    const uint64_t end = sizeof(line) - 2;

    for (uint64_t i = 1; i <= 16; i++, address >>= 4)
        line[end - i] = digits[address & 15];
    shim_print_n(line, sizeof(line) - 1);
}

static void run_scenario(struct shim_mailbox *m)
{
    struct mm_request request;
    const uint64_t *p = (const uint64_t *)(m->data + sizeof(request));

    request = *(const struct mm_request *)m->data;
    m->rc = -1;
    if (request.nr_pool > MAX_POOL)
        return;
    for (uint32_t i = 0; i < request.nr_pool; i++)
        pool[i] = p[i];
    mm_scenario_run(0, &request, pool, scratch, &report);
    *(struct mm_report *)m->data = report;
    m->rc = 0;
}

static uint32_t number_of(const struct shim_mailbox *m)
{
    return (uint32_t)(m - mailboxes);
}

void shim_execute(struct shim_mailbox *m)
{
    switch (m->command) {
    case SHIM_HYPERCALL:
        if (m->timer.delay)
            shim_start_timer(&m->timer, number_of(m));
        m->rc = hypercall(m->arg[0], m->arg[1], m->arg[2], m->arg[3], m->arg[4],
                          m->arg[5]);
        if (m->timer.delay)
            shim_stop_timer(number_of(m));
        break;
    case SHIM_LOAD:
    case SHIM_STORE:
    case SHIM_LOAD_SEGMENT:
    case SHIM_WRITE_CR3:
    case SHIM_READ_CR3:
    case SHIM_INVLPG:
        shim_probe(m);
        break;
    case SHIM_EXECUTE:
        shim_run_instruction(m);
        break;
    case SHIM_SCENARIO:
        run_scenario(m);
        break;
    case SHIM_SHUTDOWN: {
        struct sched_shutdown reboot = { .reason = SHUTDOWN_reboot };

        (void)hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown,
                        (uintptr_t)&reboot, 0, 0, 0);
        break;
    }
    case SHIM_MEASURE:
        shim_run_measure((struct shim_measure *)m->data);
        break;
    case SHIM_PARK:
        __atomic_store_n(&m->parked, m->request, __ATOMIC_RELEASE);
        shim_park(&m->released, m->request);
        shim_flush_tlb();
        break;
    default: /* SHIM_PING */
        m->rc = 0;
        break;
    }
}

static void serve(struct shim_mailbox *m)
{
    uint64_t spins = 0;

    for (;;) {
        const uint32_t n = __atomic_load_n(&m->request, __ATOMIC_ACQUIRE);

        if (n != m->response) {
            shim_execute(m);
            /* Read again: what is on the stack may be of another time. */
            __atomic_store_n(&m->response,
                             __atomic_load_n(&m->request, __ATOMIC_RELAXED),
                             __ATOMIC_RELEASE);
            spins = 0;
        } else if (++spins < *(volatile uint64_t *)&m->spins) {
            __asm__ volatile("" ::: "memory");
        } else {
            (void)hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0, 0);
            spins = 0;
        }
    }
}

/* Nobody waits for ticks of it, and each switch to a vCPU would set it up. */
static void stop_timer(uint64_t vcpu)
{
    (void)hypercall(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, vcpu, 0,
                    0, 0);
}

void shim_secondary(struct shim_mailbox *m)
{
    shim_set_traps();
    shim_set_upcall();
    stop_timer(1);
    serve(m);
}

void shim_main(const struct start_info *si, uint64_t others, uint64_t rsp,
               uint64_t flags)
{
    struct shim_mailbox *const m = &mailboxes[0];

    p2m = (const uint64_t *)si->mfn_list;
    shim_set_traps();
    shim_set_upcall();
    stop_timer(0);
    for (uint32_t i = 0; i < SHIM_VCPUS; i++)
        mailboxes[i].self = (uintptr_t)&mailboxes[i];
    m->p2m = machine_address(p2m);
    m->nr_pages = si->nr_pages;
    m->first_unused = (shim_end_of_stack(si) - SHIM_VIRT_BASE) / SHIM_PAGE_SIZE;
    m->first_free = shim_first_free(si);
    m->boot_l4 = machine_address((const void *)si->pt_base) / SHIM_PAGE_SIZE;
    m->shared_info = si->shared_info;
    m->secondary = (uintptr_t)shim_secondary_entry;
    m->start_info = (uintptr_t)si;
    m->entry_others = others;
    m->entry_rsp = rsp;
    m->entry_flags = flags;
    m->park = (uintptr_t)shim_park;
    m->park_end = (uintptr_t)shim_park_end;
    if (shim_runs_alone(si, m))
        return;
    /* The host may look at any time: the magic comes last. */
    __atomic_store_n(&m->magic, SHIM_MAGIC, __ATOMIC_RELEASE);
    announce(machine_address(m));
    serve(m);
}
