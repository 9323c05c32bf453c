/* SPDX-License-Identifier: MIT
 *
 * Events as a PV guest takes them: shared_info at an address of its own, a
 * timer, and the console's ring.
 */
#include "event.h"
#include "hypercall.h"
#include "mm.h"

#include <xen/event_channel.h>
#include <xen/io/console.h>
#include <xen/sched.h>

static struct shared_info *shared;
static struct xencons_interface *console;
static evtchn_port_t console_port, timer_port;
static volatile unsigned long struck;

static long event_op(unsigned int command, void *argument)
{
    return hypercall(__HYPERVISOR_event_channel_op, command,
                     (unsigned long)argument, 0, 0);
}

long events_start(const struct start_info *si, unsigned long page)
{
    struct evtchn_bind_virq timer;
    long rc;

    timer.virq = VIRQ_TIMER;
    timer.vcpu = 0;
    shared = pfn_to_virt(page);
    /* It is no frame of ours: its machine address is all that is known. */
    rc = update_va_mapping((unsigned long)shared, si->shared_info | P | RW,
                           UVMF_INVLPG);
    if (rc != 0)
        return rc;
    console = pfn_to_virt(machine_to_phys_mapping[si->console.domU.mfn]);
    console_port = si->console.domU.evtchn;
    rc = event_op(EVTCHNOP_bind_virq, &timer);
    timer_port = timer.port;
    shared->vcpu_info[0].evtchn_upcall_mask = 0;
    return rc;
}

void events_upcall(void)
{
    struct vcpu_info *v = &shared->vcpu_info[0];
    unsigned long words;

    v->evtchn_upcall_pending = 0;
    words = __atomic_exchange_n(&v->evtchn_pending_sel, 0, __ATOMIC_ACQ_REL);
    for (; words; words &= words - 1) {
        const unsigned int i = (unsigned int)__builtin_ctzl(words);
        unsigned long bits = __atomic_exchange_n(&shared->evtchn_pending[i], 0,
                                                 __ATOMIC_ACQ_REL);

        for (; bits; bits &= bits - 1)
            if (i * 64 + (unsigned int)__builtin_ctzl(bits) == timer_port)
                struck++;
    }
}

unsigned long sleep_ns(unsigned long ns)
{
    const unsigned long before = struck;
    const unsigned long until = shared->vcpu_info[0].time.system_time + ns;

    while (shared->vcpu_info[0].time.system_time < until) {
        (void)hypercall(__HYPERVISOR_set_timer_op, until, 0, 0, 0);
        (void)hypercall(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0, 0);
    }
    return struck - before;
}

void print(const char *text)
{
    struct evtchn_send send = { .port = console_port };

    while (*text) {
        while (*text &&
               console->out_prod - console->out_cons < sizeof(console->out)) {
            console->out[console->out_prod & (sizeof(console->out) - 1)] =
                *text++;
            __atomic_store_n(&console->out_prod, console->out_prod + 1,
                             __ATOMIC_RELEASE);
        }
        (void)event_op(EVTCHNOP_send, &send);
    }
}
