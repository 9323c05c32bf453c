/* SPDX-License-Identifier: MIT
 *
 * The direct engine around the MMU: upcalls, time, console, xenstore, the end.
 */
#include "event.h"
#include "hypercall.h"
#include "mm.h"

#include <pinfold/pinfold.h>

#include <check.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/io/console.h>
#include <xen/io/xs_wire.h>
#include <xen/memory.h>
#include <xen/sched.h>

static struct start_info *si;
static unsigned long page;
static char output[256];
static size_t nr_output;

static void note_output(const char *bytes, size_t n)
{
    ck_assert_uint_le(nr_output + n, sizeof(output));
    memcpy(output + nr_output, bytes, n);
    nr_output += n;
}

static void setup(void)
{
    const struct pinfold_config config = { .quiet = true,
                                           .command_line = "a=b" };

    ck_assert_msg(pinfold_open(&config) == 0, "%s", pinfold_error());
    si = pinfold_start_info();
    ck_assert_int_eq(mm_start(si, (unsigned long)si & ~((1ul << 30) - 1)), 0);
    page = page_alloc();
    ck_assert_int_eq(events_start(si, page), 0);
    nr_output = 0;
    pinfold_on_console(note_output);
}

static void teardown(void)
{
    ck_assert_msg(pinfold_check(), "%s", pinfold_error());
    pinfold_close();
}

static volatile struct shared_info *shared(void)
{
    return pfn_to_virt(page);
}

static long event_op(unsigned int command, void *argument)
{
    return hypercall(__HYPERVISOR_event_channel_op, command,
                     (unsigned long)argument, 0, 0);
}

/* Rules BLD-40 to BLD-56: what libxenguest leaves. */
START_TEST(as_the_builder_leaves_it)
{
    const unsigned long p2m = (si->mfn_list - mm.base) / PAGE;
    const unsigned long info = ((unsigned long)si - mm.base) / PAGE;
    const unsigned long tables = (si->pt_base - mm.base) / PAGE;
    struct evtchn_status status = { .dom = DOMID_SELF,
                                    .port = si->store_evtchn };

    /* Kernel, P2M, start_info, xenstore, console, tables, stack, padding. */
    ck_assert_uint_eq(p2m, 16);
    ck_assert_uint_eq(info, p2m + si->nr_pages / 512);
    ck_assert_uint_eq(pinfold_m2p()[si->store_mfn], info + 1);
    ck_assert_uint_eq(pinfold_m2p()[si->console.domU.mfn], info + 2);
    ck_assert_uint_eq(tables, info + 3);
    ck_assert_uint_eq(si->nr_pt_frames, 5);
    ck_assert_uint_eq(si->flags, 0);
    ck_assert_uint_eq(si->first_p2m_pfn, 0);
    ck_assert_uint_eq(si->nr_p2m_frames, 0);
    ck_assert_uint_eq(si->mod_start, 0);
    ck_assert_str_eq((char *)si->cmd_line, "a=b");
    ck_assert_int_eq(event_op(EVTCHNOP_status, &status), 0);
    ck_assert_uint_eq(status.status, EVTCHNSTAT_interdomain);
    status.port = si->console.domU.evtchn;
    ck_assert_int_eq(event_op(EVTCHNOP_status, &status), 0);
    ck_assert_uint_eq(status.status, EVTCHNSTAT_interdomain);
    for (unsigned int i = 1; i < XEN_LEGACY_MAX_VCPUS; i++)
        ck_assert_uint_eq(shared()->vcpu_info[i].evtchn_upcall_mask, 1);
}
END_TEST

/* The toolstack has granted both rings to dom0. */
START_TEST(granted_rings)
{
    struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 1 };
    xen_pfn_t frame;
    struct grant_entry_v1 *entries;

    set_xen_guest_handle(s.frame_list, &frame);
    ck_assert_int_eq(hypercall(__HYPERVISOR_grant_table_op,
                               GNTTABOP_setup_table, (unsigned long)&s, 1, 0),
                     0);
    ck_assert_int_eq(update_va_mapping((unsigned long)pfn_to_virt(1),
                                       frame << 12 | P | RW, UVMF_INVLPG),
                     0);
    entries = pfn_to_virt(1);
    ck_assert_uint_eq(entries[GNTTAB_RESERVED_CONSOLE].frame,
                      si->console.domU.mfn);
    ck_assert_uint_eq(entries[GNTTAB_RESERVED_XENSTORE].frame, si->store_mfn);
    ck_assert_uint_eq(entries[1].flags, GTF_permit_access);
    ck_assert_uint_eq(entries[2].flags, 0);
}
END_TEST

/* -- upcalls
 * -------------------------------------------------------------------- */

static evtchn_port_t ipi;
static unsigned int upcalls, deep, deepest;

static void send_ipi(void)
{
    struct evtchn_send send = { .port = ipi };

    ck_assert_int_eq(event_op(EVTCHNOP_send, &send), 0);
}

/* Sends itself another one while it runs: that has to wait. */
static void upcall(void)
{
    if (++deep > deepest)
        deepest = deep;
    ck_assert_uint_eq(shared()->vcpu_info[0].evtchn_upcall_mask, 1);
    shared()->vcpu_info[0].evtchn_upcall_pending = 0;
    shared()->vcpu_info[0].evtchn_pending_sel = 0;
    shared()->evtchn_pending[0] = 0;
    if (++upcalls == 1)
        send_ipi();
    deep--;
}

START_TEST(upcalls_between_instructions)
{
    struct evtchn_bind_ipi b = { .vcpu = 0 };

    ck_assert_int_eq(event_op(EVTCHNOP_bind_ipi, &b), 0);
    ipi = b.port;
    upcalls = deepest = 0;
    pinfold_on_event(upcall);
    shared()->vcpu_info[0].evtchn_upcall_mask = 1;
    send_ipi();
    ck_assert_uint_eq(upcalls, 0);
    shared()->vcpu_info[0].evtchn_upcall_mask = 0;
    ck_assert_uint_eq(upcalls, 0); /* not before the next call, as on Xen */
    (void)hypercall(__HYPERVISOR_xen_version, 0, 0, 0, 0);
    ck_assert_uint_eq(upcalls, 2);
    ck_assert_uint_eq(deepest, 1);
    ck_assert_uint_eq(shared()->vcpu_info[0].evtchn_upcall_mask, 0);
}
END_TEST

/* -- time
 * ------------------------------------------------------------------------- */

START_TEST(sleeping)
{
    const uint64_t before = pinfold_time();

    pinfold_on_event(events_upcall);
    ck_assert_uint_eq(sleep_ns(3000000), 1);
    ck_assert_uint_ge(pinfold_time(), before + 3000000);
    ck_assert_uint_le(pinfold_time(), before + 3010000);
}
END_TEST

START_TEST(time_passes_without_calls)
{
    pinfold_on_event(upcall);
    upcalls = 1;
    pinfold_pass_time(20000000); /* a guest begins with ticks of 10 ms */
    ck_assert_uint_eq(upcalls, 2);
}
END_TEST

/* -- console, xenstore
 * -------------------------------------------------------------- */

static bool typed;

static bool type(void)
{
    const bool first = !typed;

    typed = true;
    return first && pinfold_type("hi", 2) == 2;
}

START_TEST(console)
{
    const struct xencons_interface *ring =
        pfn_to_virt(pinfold_m2p()[si->console.domU.mfn]);

    pinfold_on_event(events_upcall);
    print("some words\n");
    ck_assert_uint_eq(nr_output, 11);
    ck_assert_int_eq(memcmp(output, "some words\n", 11), 0);
    typed = false;
    pinfold_on_idle(type);
    ck_assert_int_eq(hypercall(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0, 0),
                     0);
    ck_assert_int_eq(memcmp(ring->in, "hi", 2), 0);
}
END_TEST

START_TEST(xenstore)
{
    struct xenstore_domain_interface *ring =
        pfn_to_virt(pinfold_m2p()[si->store_mfn]);
    const struct xsd_sockmsg ask = { .type = XS_READ, .req_id = 5, .len = 5 };
    struct evtchn_send send = { .port = si->store_evtchn };
    struct xsd_sockmsg heard;
    size_t n;

    memcpy(ring->req, &ask, sizeof(ask));
    memcpy(ring->req + sizeof(ask), "name", 5);
    ring->req_prod = sizeof(ask) + 5;
    ck_assert_int_eq(event_op(EVTCHNOP_send, &send), 0);
    memcpy(&heard, ring->rsp, sizeof(heard));
    ck_assert_uint_eq(heard.type, XS_READ);
    ck_assert_uint_eq(heard.req_id, 5);
    ck_assert_uint_eq(heard.len, 5);
    ck_assert_int_eq(memcmp(ring->rsp + sizeof(heard), "guest", 5), 0);
    ck_assert(pinfold_store_write("/local/domain/1/device/vif/0/mac", "x"));
    ck_assert(!pinfold_store_write("relative", "x"));
    ck_assert_ptr_nonnull(
        pinfold_store_read("/local/domain/1/device/vif/0/mac", &n));
    ck_assert_uint_eq(n, 1);
}
END_TEST

/* Back to the beginning: what was written, bound and said is gone. */
START_TEST(reset)
{
    struct evtchn_bind_ipi b = { .vcpu = 0 };
    evtchn_port_t first;
    uint64_t time;
    size_t n;

    pinfold_reset();
    time = pinfold_time();
    ck_assert_int_eq(event_op(EVTCHNOP_bind_ipi, &b), 0);
    first = b.port;
    ck_assert(pinfold_store_write("/local/domain/1/x", "x"));
    pinfold_reset();
    ck_assert_uint_eq(pinfold_time(), time);
    ck_assert_ptr_null(pinfold_store_read("/local/domain/1/x", &n));
    ck_assert_int_eq(event_op(EVTCHNOP_bind_ipi, &b), 0);
    ck_assert_uint_eq(b.port, first);
}
END_TEST

/* -- refusals, the end
 * ------------------------------------------------------------------ */

START_TEST(explained)
{
    struct evtchn_close close = { .port = 63 };
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);

    ck_assert_int_eq(event_op(EVTCHNOP_close, &close), -22);
    pinfold_explain(f);
    fclose(f);
    ck_assert_ptr_nonnull(strstr(text, "no such event channel"));
    free(text);
}
END_TEST

static jmp_buf after_shutdown;
static unsigned int reason;

static void note_shutdown(unsigned int r)
{
    reason = r;
    longjmp(after_shutdown, 1);
}

static void shut_down(unsigned int r)
{
    struct sched_shutdown s = { .reason = r };

    (void)hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (unsigned long)&s,
                    0, 0);
}

START_TEST(shutdown_that_is_caught)
{
    pinfold_on_shutdown(note_shutdown);
    if (setjmp(after_shutdown) == 0) {
        shut_down(SHUTDOWN_reboot);
        ck_abort_msg("it went on");
    }
    ck_assert_uint_eq(reason, SHUTDOWN_reboot);
}
END_TEST

START_TEST(power_off)
{
    shut_down(SHUTDOWN_poweroff);
}
END_TEST

START_TEST(crash)
{
    shut_down(SHUTDOWN_crash);
}
END_TEST

/* Nothing will ever wake it. */
START_TEST(waits_for_ever)
{
    (void)hypercall(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("event");
    TCase *t = tcase_create("event");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, as_the_builder_leaves_it);
    tcase_add_test(t, granted_rings);
    tcase_add_test(t, upcalls_between_instructions);
    tcase_add_test(t, sleeping);
    tcase_add_test(t, time_passes_without_calls);
    tcase_add_test(t, console);
    tcase_add_test(t, xenstore);
    tcase_add_test(t, reset);
    tcase_add_test(t, explained);
    tcase_add_test(t, shutdown_that_is_caught);
    tcase_add_exit_test(t, power_off, 0);
    tcase_add_exit_test(t, crash, 1);
    tcase_add_test_raise_signal(t, waits_for_ever, SIGABRT);
    suite_add_tcase(s, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
