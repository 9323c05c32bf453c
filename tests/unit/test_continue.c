/* SPDX-License-Identifier: MIT
 *
 * Calls that are interrupted and gone on with, beside those of test_preempt.c:
 * lists of calls, reservations, a new vCPU, the end of a domain. Rules MUL-05,
 * MUL-06, MEM-07, CR3-34, OTH-01, FRM-62.
 */
#include "fixture.h"

#include <check.h>
#include <string.h>
#include <xen/errno.h>
#include <xen/memory.h>
#include <xen/vcpu.h>

#define L4A (FIRST_FREE + 0)
#define L3A (FIRST_FREE + 1)
#define L2A (FIRST_FREE + 2)
#define L1A (FIRST_FREE + 3)
#define L4B (FIRST_FREE + 4)
#define L3B (FIRST_FREE + 5)
#define GIVEN (FIRST_FREE + 8)
#define NR_GIVEN 3u
#define ARGUMENTS (FIRST_FREE + 7)
#define CONTEXT (FIRST_FREE + 12) /* and the one after it */
#define SLOT 500u
#define VA (SLOT << XM_PAGE_SHIFT)
#define CONTEXT_VA ((SLOT + 1) << XM_PAGE_SHIFT)
#define LISTS 1024u /* bytes from VA */

static struct fixture f;

static void map(unsigned int slot, xm_mfn mfn)
{
    expect(update(&f, BOOT_L1, slot, xm_pte(mfn, RWU)), 0, XM_R_NONE);
}

static void setup_with(struct xm_config config)
{
    fixture_setup_config(&f, true, config);
    map(SLOT, ARGUMENTS);
    map(SLOT + 1, CONTEXT);
    map(SLOT + 2, CONTEXT + 1);
    *entry(&f, L4A, 0) = xm_pte(L3A, RWU);
    *entry(&f, L3A, 3) = xm_pte(L2A, RWU);
    *entry(&f, L2A, 1) = xm_pte(L1A, RWU);
    *entry(&f, L4B, 0) = xm_pte(L3B, RWU);
}

static void setup(void)
{
    setup_with(xm_config_default(NR_FRAMES));
}

static void teardown(void)
{
    f.cpu.preempt_after = -1;
    expect_invariants(&f);
    fixture_teardown(&f);
}

/*
 * Enters the call until it has an answer; each part is interrupted after so
 * many QUESTIONS. Returns the number of parts.
 */
static unsigned int call(uint64_t number, uint64_t arg[6], int64_t questions,
                         struct xm_result *r)
{
    unsigned int parts = 0;

    do {
        f.cpu.preempt_after = questions;
        *r = xm_hypercall(&f.cpu, number, arg);
        if (r->rc == -XEN_ERESTART)
            expect_invariants(&f);
        ck_assert_uint_lt(++parts, 10000);
    } while (r->rc == -XEN_ERESTART);
    f.cpu.preempt_after = -1;
    return parts;
}

static struct multicall_entry *entries(void)
{
    return (struct multicall_entry *)entry(&f, ARGUMENTS, 0);
}

/* Two pins and an unknown call, by arguments behind the list. */
static void write_list(void)
{
    struct mmuext_op *ops = (struct mmuext_op *)((uint8_t *)entries() + LISTS);

    ops[0] = (struct mmuext_op){ .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = L4A };
    ops[1] = (struct mmuext_op){ .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = L4B };
    for (unsigned int i = 0; i < 3; i++)
        entries()[i] = (struct multicall_entry){
            .op = i == 2 ? 63 : __HYPERVISOR_mmuext_op,
            .args = { VA + LISTS + i * sizeof(*ops), 1, 0, DOMID_SELF },
        };
}

static void run_list(int64_t questions, unsigned int least_parts)
{
    uint64_t arg[6] = { VA, 3 };
    struct xm_result r;

    write_list();
    ck_assert_uint_ge(call(__HYPERVISOR_multicall, arg, questions, &r),
                      least_parts);
    expect(r, 0, XM_R_NONE);
    ck_assert_int_eq((int64_t)entries()[0].result, 0);
    ck_assert_int_eq((int64_t)entries()[1].result, 0);
    ck_assert_int_eq((int64_t)entries()[2].result, -XEN_ENOSYS);
    ck_assert(frame(&f, L4A)->type_info & XM_PGT_PINNED);
    ck_assert(frame(&f, L4B)->type_info & XM_PGT_PINNED);
}

START_TEST(list_of_calls)
{
    run_list(_i, _i < 4 ? 2 : 1);
}
END_TEST

START_TEST(list_of_calls_in_a_debug_build)
{
    struct xm_config config = xm_config_default(NR_FRAMES);

    fixture_teardown(&f);
    config.debug = true;
    setup_with(config);
    run_list(-1, 1);
    ck_assert_uint_eq(entries()[0].args[3], 0xaaaaaaaaaaaaaaaaull);
}
END_TEST

/* What is to be rewritten cannot be: the list is mapped only for reading. */
START_TEST(list_that_cannot_be_written)
{
    uint64_t arg[6] = { VA, 3 };
    struct xm_result r;

    write_list();
    expect(update(&f, BOOT_L1, SLOT, xm_pte(ARGUMENTS, RWU & ~XM_PTE_RW)), 0,
           XM_R_NONE);
    (void)call(__HYPERVISOR_multicall, arg, 2, &r);
    expect(r, -XEN_EFAULT, XM_R_CALL_FAULT);
    /* What the interrupted call has begun is finished before the next. */
    expect(ext(&f, MMUEXT_PIN_L4_TABLE, L4A), 0, XM_R_NONE);
}
END_TEST

START_TEST(reservation)
{
    struct xen_memory_reservation m = { .nr_extents = NR_GIVEN,
                                        .domid = DOMID_SELF };
    uint64_t arg[6] = { XENMEM_decrease_reservation, VA };
    const uint64_t list = VA + LISTS;
    struct xm_result r;

    memcpy(&m.extent_start, &list, sizeof(list));
    memcpy(entries(), &m, sizeof(m));
    for (unsigned int i = 0; i < NR_GIVEN; i++)
        *entry(&f, ARGUMENTS, LISTS / 8 + i) = GIVEN + i;
    ck_assert_uint_eq(call(__HYPERVISOR_memory_op, arg, _i, &r),
                      _i < 2 ? NR_GIVEN - (unsigned int)_i : 1);
    ck_assert_int_eq(r.rc, NR_GIVEN);
    for (unsigned int i = 0; i < NR_GIVEN; i++)
        ck_assert_uint_eq(frame(&f, GIVEN + i)->count_info & XM_PGC_STATE_MASK,
                          XM_PGC_STATE_FREE);
}
END_TEST

/* The user base is taken again, the kernel base is not taken twice. */
START_TEST(new_vcpu)
{
    struct vcpu_guest_context *x = (void *)entry(&f, CONTEXT, 0);
    struct xm_vcpu *v = &xm_domain_find(f.cpu.machine, 0)->vcpu[1];
    uint64_t arg[6] = { VCPUOP_initialise, 1, CONTEXT_VA };
    struct xm_result r;
    uint8_t bytes[sizeof(*x)] = { 0 };
    struct vcpu_guest_context c;

    memcpy(&c, bytes, sizeof(c));
    c.flags = VGCF_in_kernel;
    c.ctrlreg[3] = xen_pfn_to_cr3(L4B);
    c.ctrlreg[1] = xen_pfn_to_cr3(L4A);
    /* The two pages are one after the other. */
    memcpy(entry(&f, CONTEXT, 0), &c, XM_PAGE_SIZE);
    memcpy(entry(&f, CONTEXT + 1, 0), (uint8_t *)&c + XM_PAGE_SIZE,
           sizeof(c) - XM_PAGE_SIZE);
    v->initialised = false;
    ck_assert_uint_ge(call(__HYPERVISOR_vcpu_op, arg, _i, &r), 1);
    expect(r, 0, XM_R_NONE);
    ck_assert(v->initialised && v->has_base && v->has_user_base && !v->has_old);
    ck_assert_uint_eq(v->guest_table, L4B);
    ck_assert_uint_eq(v->guest_table_user, L4A);
    expect_frame(&f, L4B, 2, frame(&f, L4B)->type_info);
    expect_frame(&f, L4A, 2, frame(&f, L4A)->type_info);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("continue");
    TCase *t = tcase_create("continue");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, list_of_calls, 0, 40);
    tcase_add_test(t, list_of_calls_in_a_debug_build);
    tcase_add_test(t, list_that_cannot_be_written);
    tcase_add_loop_test(t, reservation, 0, 3);
    tcase_add_loop_test(t, new_vcpu, 0, 40);
    suite_add_tcase(suite, t);
    r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
