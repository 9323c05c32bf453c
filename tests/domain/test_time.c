/* SPDX-License-Identifier: MIT
 *
 * Time, timers, and waiting for them.
 */
#include "fixture.h"

#include <xen/sched.h>
#include <xen/vcpu.h>

#define MS 1000000ull

static const struct domain_vcpu *vcpu(uint32_t i)
{
    return &domain.vcpu[i];
}

START_TEST(clocks)
{
    const struct vcpu_time_info *t = &shared()->vcpu_info[0].time;
    const uint32_t version = t->version;

    ck_assert_uint_eq(version % 2, 0);
    ck_assert_uint_eq(shared()->wc_sec, 1234567890);
    ck_assert_uint_eq(shared()->wc_nsec, 123456789);
    ck_assert_uint_eq(shared()->wc_version % 2, 0);
    domain_set_time(&domain, &cpu, 5 * MS);
    ck_assert_uint_eq(t->system_time, 5 * MS);
    ck_assert_uint_eq(t->version, version + 2);
    domain_set_time(&domain, &cpu, 4 * MS); /* never back */
    ck_assert_uint_eq(t->system_time, 5 * MS);
}
END_TEST

START_TEST(one_shot)
{
    const uint32_t port = bind_virq(VIRQ_TIMER, 0);

    ck_assert_int_eq(
        call(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0), 0);
    ck_assert_uint_eq(domain_next_timer(&domain, &cpu), 10 * MS); /* vCPU 1 */
    ck_assert_int_eq(
        call(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 1, 0), 0);
    ck_assert_uint_eq(domain_next_timer(&domain, &cpu), DOMAIN_NEVER);
    ck_assert_int_eq(call(__HYPERVISOR_set_timer_op, 3 * MS, 0, 0), 0);
    ck_assert_uint_eq(domain_next_timer(&domain, &cpu), 3 * MS);
    domain_set_time(&domain, &cpu, 3 * MS - 1);
    ck_assert(!pending(port));
    domain_set_time(&domain, &cpu, 3 * MS);
    ck_assert(take(port));
    domain_set_time(&domain, &cpu, 4 * MS);
    ck_assert(!pending(port)); /* one shot */
    ck_assert_int_eq(call(__HYPERVISOR_set_timer_op, 5 * MS, 0, 0), 0);
    ck_assert_int_eq(call(__HYPERVISOR_set_timer_op, 0, 0, 0), 0);
    ck_assert_uint_eq(domain_next_timer(&domain, &cpu), DOMAIN_NEVER);
    /* What is too far away is a mistake, and comes soon. */
    ck_assert_int_eq(call(__HYPERVISOR_set_timer_op, ~0ull, 0, 0), 0);
    ck_assert_uint_eq(domain_next_timer(&domain, &cpu), 104 * MS);
    ck_assert_int_eq(call(__HYPERVISOR_set_timer_op, 1ull << 60, 0, 0), 0);
    ck_assert_uint_eq(domain_next_timer(&domain, &cpu), 104 * MS);
}
END_TEST

START_TEST(by_vcpu_op)
{
    struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = 2 * MS };
    struct vcpu_set_periodic_timer p = { .period_ns = MS - 1 };
    const uint64_t at = (uintptr_t)&t;
    struct {
        const char *sentence;
        uint32_t command, vcpu;
        uint64_t argument;
        long rc;
    } rows[] = {
        { "set", VCPUOP_set_singleshot_timer, 0, at, 0 },
        { "of another vCPU", VCPUOP_set_singleshot_timer, 1, at, -22 },
        { "stopped by another", VCPUOP_stop_singleshot_timer, 1, 0, -22 },
        { "nowhere", VCPUOP_set_singleshot_timer, 0, 8, -14 },
        { "too short a period", VCPUOP_set_periodic_timer, 1, (uintptr_t)&p,
          -22 },
        { "no such vCPU", VCPUOP_set_periodic_timer, 2, (uintptr_t)&p, -2 },
        { "stopped", VCPUOP_stop_singleshot_timer, 0, 0, 0 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        ck_assert_msg(call(__HYPERVISOR_vcpu_op, rows[i].command, rows[i].vcpu,
                           rows[i].argument) == rows[i].rc,
                      "%s", rows[i].sentence);
    domain_set_time(&domain, &cpu, 3 * MS);
    t.flags = VCPU_SSHOTTMR_future;
    ck_assert_int_eq(call(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0,
                          (uintptr_t)&t),
                     -62);
}
END_TEST

START_TEST(periodic)
{
    struct vcpu_set_periodic_timer p = { .period_ns = 2 * MS };
    const uint32_t port = bind_virq(VIRQ_TIMER, 1);

    ck_assert_int_eq(
        call(__HYPERVISOR_vcpu_op, VCPUOP_set_periodic_timer, 1, (uintptr_t)&p),
        0);
    for (uint64_t i = 1; i <= 3; i++) {
        ck_assert_uint_eq(domain_next_timer(&domain, &cpu), 2 * MS * i);
        domain_set_time(&domain, &cpu, 2 * MS * i);
        ck_assert(take(port));
        domain_set_time(&domain, &cpu, 2 * MS * i + MS);
        ck_assert(!pending(port));
    }
}
END_TEST

/* A vCPU that waits has no ticks; when it wakes, one that was due comes. */
START_TEST(block)
{
    const uint32_t port = bind_virq(VIRQ_TIMER, 0);
    struct evtchn_bind_ipi b = { .vcpu = 0 };
    struct vcpu_runstate_info r;

    ck_assert_int_eq(event_op(EVTCHNOP_bind_ipi, &b), 0);
    ck_assert_int_eq(call(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0), 0);
    ck_assert(vcpu(0)->blocked);
    ck_assert_int_eq(shared()->vcpu_info[0].evtchn_upcall_mask, 0);
    domain_set_time(&domain, &cpu, 50 * MS);
    ck_assert(!pending(port));
    ck_assert(vcpu(0)->blocked);
    ck_assert_int_eq(event_op(EVTCHNOP_send, &b.port), 0);
    ck_assert(!vcpu(0)->blocked);
    ck_assert(pending(port));
    ck_assert_int_eq(
        call(__HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, 0, (uintptr_t)&r),
        0);
    ck_assert_int_eq(r.state, RUNSTATE_running);
    ck_assert_uint_eq(r.time[RUNSTATE_blocked], 50 * MS);
    /* With an event at hand there is nothing to wait for. */
    ck_assert_int_eq(call(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0), 0);
    ck_assert(!vcpu(0)->blocked);
}
END_TEST

START_TEST(poll)
{
    struct evtchn_bind_ipi a = { .vcpu = 1 }, b = { .vcpu = 1 };
    evtchn_port_t ports[2];
    struct sched_poll p = { .nr_ports = 1, .timeout = 7 * MS };
    const uint64_t at = (uintptr_t)&p;

    set_xen_guest_handle(p.ports, ports);
    ck_assert_int_eq(event_op(EVTCHNOP_bind_ipi, &a), 0);
    ck_assert_int_eq(event_op(EVTCHNOP_bind_ipi, &b), 0);
    ports[0] = a.port;
    ports[1] = 64;
    ck_assert_int_eq(call(__HYPERVISOR_sched_op, SCHEDOP_poll, at, 0), 0);
    ck_assert(vcpu(0)->blocked);
    ck_assert_int_eq(event_op(EVTCHNOP_send, &b.port), 0);
    ck_assert(vcpu(0)->blocked); /* it waits for the other */
    ck_assert_int_eq(event_op(EVTCHNOP_send, &a.port), 0);
    ck_assert(!vcpu(0)->blocked);
    ck_assert_int_eq(call(__HYPERVISOR_sched_op, SCHEDOP_poll, at, 0), 0);
    ck_assert(!vcpu(0)->blocked); /* it is pending already */
    ck_assert(take(a.port));
    ck_assert_int_eq(call(__HYPERVISOR_sched_op, SCHEDOP_poll, at, 0), 0);
    ck_assert_uint_eq(domain_next_timer(&domain, &cpu), 7 * MS);
    domain_set_time(&domain, &cpu, 7 * MS);
    ck_assert(!vcpu(0)->blocked);
    p.nr_ports = 2;
    ck_assert_int_eq(call(__HYPERVISOR_sched_op, SCHEDOP_poll, at, 0), -22);
    p.nr_ports = 129;
    ck_assert_int_eq(call(__HYPERVISOR_sched_op, SCHEDOP_poll, at, 0), -22);
    ck_assert(!vcpu(0)->blocked);
}
END_TEST

START_TEST(ends)
{
    struct sched_watchdog w = { .timeout = 1 };
    struct sched_shutdown s = { .reason = SHUTDOWN_poweroff };

    ck_assert_int_eq(
        call(__HYPERVISOR_sched_op, SCHEDOP_watchdog, (uintptr_t)&w, 0), 1);
    ck_assert_int_eq(
        call(__HYPERVISOR_sched_op, SCHEDOP_watchdog, (uintptr_t)&w, 0), 2);
    ck_assert_int_eq(
        call(__HYPERVISOR_sched_op, SCHEDOP_watchdog, (uintptr_t)&w, 0), -28);
    w = (struct sched_watchdog){ .id = 1 };
    ck_assert_int_eq(
        call(__HYPERVISOR_sched_op, SCHEDOP_watchdog, (uintptr_t)&w, 0), 0);
    ck_assert_int_eq(
        call(__HYPERVISOR_sched_op, SCHEDOP_watchdog, (uintptr_t)&w, 0), -22);
    domain_set_time(&domain, &cpu, 1100 * MS);
    ck_assert(domain.down);
    ck_assert_uint_eq(domain.reason, SHUTDOWN_watchdog);
    ck_assert_int_eq(
        call(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (uintptr_t)&s, 0), 0);
    ck_assert_uint_eq(domain.reason, SHUTDOWN_poweroff);
    ck_assert_int_eq(call(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0), 0);
    ck_assert_int_eq(
        call(__HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, (uintptr_t)&s, 0),
        -1);
    ck_assert_int_eq(call(__HYPERVISOR_sched_op, 99, 0, 0), -38);
}
END_TEST

START_TEST(areas)
{
    struct vcpu_runstate_info r = { 0 };
    struct vcpu_time_info t = { 0 };
    uint64_t at = (uintptr_t)&r;

    ck_assert_int_eq(call(__HYPERVISOR_vcpu_op,
                          VCPUOP_register_runstate_memory_area, 0,
                          (uintptr_t)&at),
                     0);
    at = (uintptr_t)&t;
    ck_assert_int_eq(call(__HYPERVISOR_vcpu_op,
                          VCPUOP_register_vcpu_time_memory_area, 0,
                          (uintptr_t)&at),
                     0);
    domain_set_time(&domain, &cpu, 9 * MS);
    ck_assert_uint_eq(t.system_time, 9 * MS);
    ck_assert_int_eq(call(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0), 0);
    ck_assert_int_eq(r.state, RUNSTATE_blocked);
    ck_assert_uint_eq(r.time[RUNSTATE_running], 9 * MS);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { clocks,   one_shot, by_vcpu_op,
                                   periodic, block,    poll,
                                   ends,     areas,    NULL };

    return run_tests("time", tests);
}
