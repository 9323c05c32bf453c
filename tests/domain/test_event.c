/* SPDX-License-Identifier: MIT
 *
 * Event channels: states, bits, upcalls.
 */
#include "fixture.h"

/* -- what is refused, and why ------------------------------------------------
 */

struct row {
    const char *sentence;
    unsigned int command;
    uint32_t words[3]; /* of the argument */
    long rc;
};

START_TEST(refusals)
{
    static const struct row rows[] = {
        { "no such domain", EVTCHNOP_alloc_unbound, { 77 }, -3 },
        { "another domain", EVTCHNOP_alloc_unbound, { 0 }, -1 },
        { "oneself by number", EVTCHNOP_alloc_unbound, { DOMID }, 0 },
        { "no such port", EVTCHNOP_close, { 64 }, -22 },
        { "a wild port", EVTCHNOP_close, { ~0u }, -22 },
        { "a free port", EVTCHNOP_close, { 9 }, -22 },
        { "port 0 is reserved", EVTCHNOP_close, { 0 }, -22 },
        { "a free port is no sender", EVTCHNOP_send, { 9 }, -22 },
        { "a wild port", EVTCHNOP_send, { 1u << 31 }, -22 },
        { "unmasking a free port is allowed", EVTCHNOP_unmask, { 9 }, 0 },
        { "unmasking no port", EVTCHNOP_unmask, { 64 }, -22 },
        { "virq 24 does not exist", EVTCHNOP_bind_virq, { 24, 0 }, -22 },
        { "the console's virq is global", EVTCHNOP_bind_virq, { 2, 1 }, -22 },
        { "vcpu 2 does not exist", EVTCHNOP_bind_virq, { 0, 2 }, -2 },
        { "the timer of vcpu 1", EVTCHNOP_bind_virq, { 0, 1 }, 0 },
        { "ipi of vcpu 2", EVTCHNOP_bind_ipi, { 2 }, -2 },
        { "a port that nobody offers",
          EVTCHNOP_bind_interdomain,
          { DOMID, 40 },
          -22 },
        { "dom0 offers none", EVTCHNOP_bind_interdomain, { 0, 1 }, -22 },
        { "no such domain", EVTCHNOP_bind_interdomain, { 78, 1 }, -3 },
        { "to vcpu 2", EVTCHNOP_bind_vcpu, { 1, 2 }, -2 },
        { "of a free port", EVTCHNOP_bind_vcpu, { 9, 1 }, -22 },
        { "the store's port may move", EVTCHNOP_bind_vcpu, { 1, 1 }, 0 },
        { "fifo is not there", EVTCHNOP_init_control, { CONSOLE }, -38 },
        { "nor in a frame of Xen's", EVTCHNOP_init_control, { 0 }, -22 },
        { "a wild command", 999, { 0 }, -38 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint32_t argument[8] = { 0 };

        /* domids are 16 bits, and the first words of their structures. */
        __builtin_memcpy(argument, rows[i].words, sizeof(rows[i].words));
        ck_assert_msg(event_op(rows[i].command, argument) == rows[i].rc, "%s",
                      rows[i].sentence);
        ck_assert_msg((domain.why != NULL) == (rows[i].rc != 0), "%s: %s",
                      rows[i].sentence, domain.why);
    }
    ck_assert_int_eq(event_op(EVTCHNOP_close, NULL), -14);
}
END_TEST

START_TEST(first_ports)
{
    struct evtchn_status s = { .dom = DOMID_SELF, .port = 1 };

    ck_assert_int_eq(event_op(EVTCHNOP_status, &s), 0);
    ck_assert_uint_eq(s.status, EVTCHNSTAT_interdomain);
    ck_assert_uint_eq(s.u.interdomain.dom, 0);
    ck_assert_uint_eq(domain.store_port, 1);
    ck_assert_uint_eq(domain.console_port, 2);
    s.port = 0;
    ck_assert_int_eq(event_op(EVTCHNOP_status, &s), 0);
    ck_assert_uint_eq(s.status, EVTCHNSTAT_closed);
}
END_TEST

/* -- bits
 * ---------------------------------------------------------------------- */

static void unmask_upcalls(uint32_t vcpu)
{
    shared()->vcpu_info[vcpu].evtchn_upcall_mask = 0;
}

START_TEST(pending_and_masks)
{
    struct evtchn_bind_ipi b = { .vcpu = 1 };
    struct evtchn_send send;
    struct evtchn_unmask unmask;
    struct vcpu_info *v = &shared()->vcpu_info[1];

    ck_assert_int_eq(event_op(EVTCHNOP_bind_ipi, &b), 0);
    send.port = unmask.port = b.port;
    ck_assert_int_eq(v->evtchn_upcall_mask, 1);
    shared()->evtchn_mask[0] |= 1ul << b.port;
    ck_assert_int_eq(event_op(EVTCHNOP_send, &send), 0);
    ck_assert(pending(b.port));
    ck_assert_int_eq(v->evtchn_upcall_pending, 0); /* it is masked */
    ck_assert_int_eq(event_op(EVTCHNOP_unmask, &unmask), 0);
    ck_assert_int_eq(v->evtchn_upcall_pending, 1);
    ck_assert_uint_eq(v->evtchn_pending_sel, 1);
    ck_assert(!domain_upcall_due(&domain, &cpu, 1));
    unmask_upcalls(1);
    ck_assert(domain_upcall_due(&domain, &cpu, 1));
    ck_assert(!domain_upcall_due(&domain, &cpu, 0));
    domain_begin_upcall(&domain, &cpu, 1);
    ck_assert(!domain_upcall_due(&domain, &cpu, 1));
    v->evtchn_upcall_pending = 0;
    v->evtchn_pending_sel = 0;
    ck_assert(take(b.port));
    domain_end_upcall(&domain, &cpu, 1);
    ck_assert(!domain_upcall_due(&domain, &cpu, 1));
    /* The second word of ports has a bit of its own in the summary. */
    while (b.port < 70)
        ck_assert_int_eq(event_op(EVTCHNOP_bind_ipi, &b), 0);
    send.port = b.port;
    ck_assert_int_eq(event_op(EVTCHNOP_send, &send), 0);
    ck_assert_uint_eq(v->evtchn_pending_sel, 2);
}
END_TEST

START_TEST(to_oneself_and_back)
{
    struct evtchn_alloc_unbound a = { .dom = DOMID_SELF,
                                      .remote_dom = DOMID_SELF };
    struct evtchn_bind_interdomain b = { .remote_dom = DOMID_SELF };
    struct evtchn_status s = { .dom = DOMID_SELF };
    struct evtchn_close close;
    struct evtchn_send send;

    ck_assert_int_eq(event_op(EVTCHNOP_alloc_unbound, &a), 0);
    send.port = b.remote_port = a.port;
    ck_assert_int_eq(event_op(EVTCHNOP_send, &send), 0); /* nobody hears */
    ck_assert_int_eq(event_op(EVTCHNOP_bind_interdomain, &b), 0);
    ck_assert(take(b.local_port)); /* conservatively */
    ck_assert_int_eq(event_op(EVTCHNOP_send, &send), 0);
    ck_assert(take(b.local_port));
    send.port = b.local_port;
    ck_assert_int_eq(event_op(EVTCHNOP_send, &send), 0);
    ck_assert(pending(a.port));
    close.port = a.port;
    ck_assert_int_eq(event_op(EVTCHNOP_close, &close), 0);
    ck_assert(!pending(a.port)); /* for who gets the port next */
    s.port = b.local_port;
    ck_assert_int_eq(event_op(EVTCHNOP_status, &s), 0);
    ck_assert_uint_eq(s.status, EVTCHNSTAT_unbound);
    ck_assert_uint_eq(s.u.unbound.dom, DOMID);
    /* The lowest free port is the next one. */
    ck_assert_int_eq(event_op(EVTCHNOP_alloc_unbound, &a), 0);
    ck_assert_uint_eq(a.port, close.port);
}
END_TEST

START_TEST(virqs)
{
    const uint32_t port = bind_virq(VIRQ_TIMER, 1);
    struct evtchn_bind_virq again = { .virq = VIRQ_TIMER, .vcpu = 1 };
    struct evtchn_bind_vcpu move = { .port = port, .vcpu = 0 };
    struct evtchn_close close = { .port = port };

    ck_assert_int_eq(event_op(EVTCHNOP_bind_virq, &again), -17);
    ck_assert_int_eq(event_op(EVTCHNOP_bind_vcpu, &move), -22);
    ck_assert_int_eq(event_op(EVTCHNOP_close, &close), 0);
    ck_assert_int_eq(event_op(EVTCHNOP_bind_virq, &again), 0);
    move.port = bind_virq(VIRQ_CONSOLE, 0);
    move.vcpu = 1;
    ck_assert_int_eq(event_op(EVTCHNOP_bind_vcpu, &move), 0);
}
END_TEST

START_TEST(all_ports)
{
    struct evtchn_alloc_unbound a = { .dom = DOMID_SELF };
    struct evtchn_reset reset = { .dom = DOMID_SELF };
    uint32_t n = 0;

    while (event_op(EVTCHNOP_alloc_unbound, &a) == 0)
        n++;
    ck_assert_uint_eq(n, DOMAIN_PORTS - 3); /* 0, store, console */
    ck_assert_int_eq(event_op(EVTCHNOP_alloc_unbound, &a), -28);
    ck_assert_int_eq(event_op(EVTCHNOP_reset, &reset), 0);
    ck_assert_int_eq(event_op(EVTCHNOP_alloc_unbound, &a), 0);
    ck_assert_uint_eq(a.port, 1);
}
END_TEST

/* A vcpu_info elsewhere: what was there comes along, and an event is told. */
START_TEST(registered_info)
{
    struct {
        uint64_t mfn;
        uint32_t offset, pad;
    } r = { INFO, 512, 0 };
    struct evtchn_bind_ipi b = { .vcpu = 0 };
    const struct vcpu_info *v =
        (const void *)((char *)xm_ram_frame(&cpu, INFO) + 512);

    ck_assert_int_eq(event_op(EVTCHNOP_bind_ipi, &b), 0);
    ck_assert_int_eq(call(__HYPERVISOR_vcpu_op, 10, 0, (uintptr_t)&r), 0);
    ck_assert_int_eq(v->evtchn_upcall_mask, 1);
    ck_assert_int_eq(v->evtchn_upcall_pending, 1);
    ck_assert_uint_eq(v->evtchn_pending_sel, ~0ul);
    ck_assert_uint_ne(v->time.version, 0);
    shared()->vcpu_info[0].evtchn_upcall_mask = 0; /* means nothing now */
    ck_assert(!domain_upcall_due(&domain, &cpu, 0));
    ck_assert_int_eq(call(__HYPERVISOR_vcpu_op, 10, 0, (uintptr_t)&r), -22);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        refusals, first_ports, pending_and_masks, to_oneself_and_back,
        virqs,    all_ports,   registered_info,   NULL,
    };

    return run_tests("event", tests);
}
