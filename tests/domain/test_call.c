/* SPDX-License-Identifier: MIT
 *
 * The small calls: versions, traps and callbacks, registers; the console.
 */
#include "fixture.h"

#include <string.h>
#include <xen/callback.h>
#include <xen/features.h>
#include <xen/physdev.h>
#include <xen/version.h>

START_TEST(versions)
{
    struct xen_feature_info f = { 0 };
    char capabilities[1024] = "";
    struct xen_platform_parameters p;

    ck_assert_int_eq(call(__HYPERVISOR_xen_version, XENVER_version, 0, 0),
                     0x40011);
    ck_assert_int_eq(call(__HYPERVISOR_xen_version, XENVER_pagesize, 0, 0),
                     4096);
    ck_assert_int_eq(call(__HYPERVISOR_xen_version, XENVER_pagesize, 1, 0),
                     -22);
    ck_assert_int_eq(
        call(__HYPERVISOR_xen_version, XENVER_get_features, (uintptr_t)&f, 0),
        0);
    ck_assert(f.submap & 1u << XENFEAT_mmu_pt_update_preserve_ad);
    ck_assert(!(f.submap & 1u << XENFEAT_auto_translated_physmap));
    f.submap_idx = 1;
    ck_assert_int_eq(
        call(__HYPERVISOR_xen_version, XENVER_get_features, (uintptr_t)&f, 0),
        -22);
    ck_assert_int_eq(call(__HYPERVISOR_xen_version, XENVER_capabilities,
                          (uintptr_t)capabilities, 0),
                     0);
    ck_assert_str_eq(capabilities, "xen-3.0-x86_64 ");
    ck_assert_int_eq(call(__HYPERVISOR_xen_version, XENVER_platform_parameters,
                          (uintptr_t)&p, 0),
                     0);
    ck_assert_uint_eq(p.virt_start, 0xffff800000000000ull);
    ck_assert_int_eq(call(__HYPERVISOR_xen_version, XENVER_capabilities, 8, 0),
                     -14);
    ck_assert_int_eq(call(__HYPERVISOR_xen_version, 77, 0, 0), -38);
}
END_TEST

START_TEST(traps)
{
    struct trap_info t[3] = {
        { .vector = 14, .cs = 0xe030, .address = 0x1000 },
        { .vector = 3, .flags = 3, .cs = 0xe033, .address = 0xffffffff80001000 }
    };
    const struct domain_entry *trap = domain.vcpu[0].trap;

    ck_assert_int_eq(call(__HYPERVISOR_set_trap_table, (uintptr_t)t, 0, 0), 0);
    ck_assert_uint_eq(trap[14].address, 0x1000);
    ck_assert_uint_eq(trap[14].cs, 0xe033);
    ck_assert_uint_eq(trap[3].flags, 3);
    t[1].address = 1ull << 50;
    t[0].address = 0x2000;
    ck_assert_int_eq(call(__HYPERVISOR_set_trap_table, (uintptr_t)t, 0, 0),
                     -22);
    ck_assert_uint_eq(trap[14].address, 0x2000); /* as far as it got */
    ck_assert_int_eq(call(__HYPERVISOR_set_trap_table, 8, 0, 0), -14);
    ck_assert_int_eq(call(__HYPERVISOR_set_trap_table, 0, 0, 0), 0);
    ck_assert_uint_eq(trap[14].address, 0);
}
END_TEST

START_TEST(callbacks)
{
    struct callback_register r = { .type = CALLBACKTYPE_event,
                                   .address = 0x3000 };
    struct callback_unregister u = { .type = CALLBACKTYPE_event };
    const struct domain_entry *callback = domain.vcpu[0].callback;

    ck_assert_int_eq(
        call(__HYPERVISOR_set_callbacks, 0x1000, 1ull << 50, 0x2000), 0);
    ck_assert_uint_eq(callback[DOMAIN_ON_EVENT].address, 0x1000);
    ck_assert_uint_eq(callback[DOMAIN_ON_FAILSAFE].address, 0);
    ck_assert_uint_eq(callback[DOMAIN_ON_SYSCALL].address, 0x2000);
    ck_assert_int_eq(
        call(__HYPERVISOR_callback_op, CALLBACKOP_register, (uintptr_t)&r, 0),
        0);
    ck_assert_uint_eq(callback[DOMAIN_ON_EVENT].address, 0x3000);
    r.address = 1ull << 50;
    ck_assert_int_eq(
        call(__HYPERVISOR_callback_op, CALLBACKOP_register, (uintptr_t)&r, 0),
        -22);
    r = (struct callback_register){ .type = 99 };
    ck_assert_int_eq(
        call(__HYPERVISOR_callback_op, CALLBACKOP_register, (uintptr_t)&r, 0),
        -38);
    ck_assert_int_eq(
        call(__HYPERVISOR_callback_op, CALLBACKOP_unregister, (uintptr_t)&u, 0),
        -22);
    u.type = CALLBACKTYPE_nmi;
    ck_assert_int_eq(
        call(__HYPERVISOR_callback_op, CALLBACKOP_unregister, (uintptr_t)&u, 0),
        0);
    ck_assert_int_eq(call(__HYPERVISOR_callback_op, 9, 0, 0), -38);
}
END_TEST

START_TEST(registers)
{
    struct physdev_set_iopl level = { .iopl = 1 };
    static const struct {
        const char *sentence;
        uint64_t reg, value;
        long rc;
    } rows[] = {
        { "an address", 0, 0x1000, 0 },
        { "one of Xen", 3, 0xffff830000000000, -1 },
        { "status", 6, 0, 0 },
        { "high bits of status", 6, 1ull << 32, -22 },
        { "control", 7, 0x400, 0 },
        { "general detect", 7, 1 << 13, -1 },
        { "no such register", 8, 0, -19 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        ck_assert_msg(call(__HYPERVISOR_set_debugreg, rows[i].reg,
                           rows[i].value, 0) == rows[i].rc,
                      "%s", rows[i].sentence);
    ck_assert_int_eq(call(__HYPERVISOR_stack_switch, 0xe02b, 0x5000, 0), 0);
    ck_assert_uint_eq(domain.vcpu[0].kernel_sp, 0x5000);
    ck_assert_int_eq(call(__HYPERVISOR_fpu_taskswitch, 1, 0, 0), 0);
    ck_assert(domain.vcpu[0].task_switched);
    ck_assert_int_eq(
        call(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, (uintptr_t)&level, 0),
        0);
    ck_assert_uint_eq(domain.vcpu[0].io_level, 1);
    level.iopl = 4;
    ck_assert_int_eq(
        call(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, (uintptr_t)&level, 0),
        -22);
    ck_assert_int_eq(call(__HYPERVISOR_physdev_op, 9999, 0, 0), -38);
    ck_assert_int_eq(call(999, 0, 0, 0), -38); /* the model's answer */
}
END_TEST

/* Each call of a list comes here, too. */
START_TEST(in_a_multicall)
{
    struct multicall_entry e[2] = {
        { .op = __HYPERVISOR_fpu_taskswitch, .args = { 1 } },
        { .op = __HYPERVISOR_stack_switch, .args = { 0xe02b, 0x7000 } },
    };

    ck_assert_int_eq(call(__HYPERVISOR_multicall, (uintptr_t)e, 2, 0), 0);
    ck_assert_uint_eq(domain.vcpu[0].kernel_sp, 0x7000);
    ck_assert(domain.vcpu[0].task_switched);
}
END_TEST

/* -- the console --------------------------------------------------------------
 */

static void print(const char *text)
{
    struct xencons_interface *r = console();

    for (; *text; text++)
        r->out[r->out_prod++ & (sizeof(r->out) - 1)] = *text;
}

START_TEST(console_output)
{
    print("hello, ");
    ck_assert_uint_eq(nr_output, 0); /* it was not told yet */
    ck_assert_int_eq(event_op(EVTCHNOP_send, &domain.console_port), 0);
    console()->out_cons = console()->out_prod = 0xfffffffc;
    take(domain.console_port);
    print("across the end");
    ck_assert_int_eq(event_op(EVTCHNOP_send, &domain.console_port), 0);
    ck_assert_uint_eq(nr_output, 21);
    ck_assert_int_eq(memcmp(output, "hello, across the end", 21), 0);
    ck_assert_uint_eq(console()->out_cons, console()->out_prod);
    ck_assert(pending(domain.console_port)); /* there is room again */
}
END_TEST

START_TEST(console_input)
{
    char many[2000];

    memset(many, 'x', sizeof(many));
    ck_assert_uint_eq(domain_console_input(&domain, &cpu, "ab", 2), 2);
    ck_assert(take(domain.console_port));
    ck_assert_int_eq(memcmp(console()->in, "ab", 2), 0);
    ck_assert_uint_eq(domain_console_input(&domain, &cpu, many, sizeof(many)),
                      1022);
    ck_assert_uint_eq(domain_console_input(&domain, &cpu, many, 1), 0);
    console()->in_cons = console()->in_prod + 1; /* nonsense */
    ck_assert_uint_eq(domain_console_input(&domain, &cpu, many, 1), 0);
}
END_TEST

START_TEST(console_of_xen)
{
    const uint64_t text = (uintptr_t) "x";

    ck_assert_int_eq(call(__HYPERVISOR_console_io, CONSOLEIO_write, 1, text),
                     -1);
    xm_domain_find(cpu.machine, DOMID)->privileged = true;
    ck_assert_int_eq(call(__HYPERVISOR_console_io, CONSOLEIO_write, 1, text),
                     0);
    ck_assert_uint_eq(nr_output, 1);
    ck_assert_int_eq(call(__HYPERVISOR_console_io, CONSOLEIO_write, 1, 8), -14);
    ck_assert_int_eq(call(__HYPERVISOR_console_io, 7, 1, text), -38);
}
END_TEST

/* What the guest has made a table is no ring. */
START_TEST(rings_that_are_gone)
{
    xm_machine_frame(cpu.machine, CONSOLE)->type_info =
        XM_PGT_L1 | XM_PGT_VALIDATED | 1;
    xm_frame_set_kind(cpu.machine, STORE, XM_FRAME_FREE);
    print("lost");
    ck_assert_int_eq(event_op(EVTCHNOP_send, &domain.console_port), 0);
    ck_assert_int_eq(event_op(EVTCHNOP_send, &domain.store_port), 0);
    ck_assert_uint_eq(nr_output, 0);
    ck_assert_uint_eq(domain_console_input(&domain, &cpu, "x", 1), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        versions,      traps,          callbacks,
        registers,     in_a_multicall, console_output,
        console_input, console_of_xen, rings_that_are_gone,
        NULL,
    };

    return run_tests("call", tests);
}
