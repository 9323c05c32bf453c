/* SPDX-License-Identifier: MIT
 *
 * The edges of the model that no trace reaches: counts at their limits, the
 * last reference, another configuration, tables as only Xen's own builder
 * makes them, a second vCPU in between.
 */
#include "fixture.h"

#include <check.h>
#include <stdlib.h>
#include <xen/errno.h>

#define L4A (FIRST_FREE + 0)
#define L3A (FIRST_FREE + 1)
#define L2A (FIRST_FREE + 2)
#define L1A (FIRST_FREE + 3)
#define PAGE (FIRST_FREE + 4)

#define WRITABLE (XM_PGT_WRITABLE | XM_PGT_VALIDATED)

static struct fixture f;

static void setup(void)
{
    fixture_setup(&f, true);
}

static void teardown(void)
{
    fixture_teardown(&f);
}

/* A configuration is for life; a test may have another. */
static struct xm_config *config(void)
{
    return (struct xm_config *)(uintptr_t)xm_machine_config(f.cpu.machine);
}

/* TYP-01: one more would not fit; TYP-08 with one less it does. */
START_TEST(a_type_count_has_an_end)
{
    frame(&f, PAGE)->type_info = WRITABLE | XM_PGT_COUNT_MASK;
    expect(update(&f, BOOT_L1, 1, xm_pte(PAGE, RWU)), -XEN_EBUSY,
           XM_R_L1E_WRITABLE_TYPED);
    expect_frame(&f, PAGE, 1, WRITABLE | XM_PGT_COUNT_MASK);
    frame(&f, PAGE)->type_info--;
    expect(update(&f, BOOT_L1, 1, xm_pte(PAGE, RWU)), 0, XM_R_NONE);
    expect_frame(&f, PAGE, 2, WRITABLE | XM_PGT_COUNT_MASK);
    frame(&f, L1A)->type_info =
        XM_PGT_L1 | XM_PGT_VALIDATED | XM_PGT_COUNT_MASK;
    expect(ext(&f, MMUEXT_PIN_L1_TABLE, L1A), -XEN_EINVAL, XM_R_TYPE_OVERFLOW);
}
END_TEST

/* REF-03: the last value but one stays in reserve. */
START_TEST(a_general_count_has_an_end)
{
    const uint64_t most = XM_PGC_COUNT_MASK - 1;

    frame(&f, PAGE)->count_info = XM_PGC_ALLOCATED | most;
    expect(update(&f, BOOT_L1, 1, xm_pte(PAGE, P | US)), -XEN_EBUSY,
           XM_R_L1E_OWNERLESS);
    frame(&f, PAGE)->count_info--;
    expect(update(&f, BOOT_L1, 1, xm_pte(PAGE, P | US)), 0, XM_R_NONE);
    ck_assert_uint_eq(frame(&f, PAGE)->count_info, XM_PGC_ALLOCATED | most);
}
END_TEST

/* A page that was given back lives as long as it is mapped. */
START_TEST(the_last_reference_frees)
{
    expect(update(&f, BOOT_L1, 1, xm_pte(PAGE, RWU)), 0, XM_R_NONE);
    *xm_machine_m2p(f.cpu.machine, PAGE) = 77;
    frame(&f, PAGE)->count_info -= XM_PGC_ALLOCATED | 1;
    expect_frame(&f, PAGE, 1, WRITABLE | 1);
    expect_invariants(&f);
    expect(update(&f, BOOT_L1, 1, 0), 0, XM_R_NONE);
    ck_assert_uint_eq(frame(&f, PAGE)->count_info, XM_PGC_STATE_FREE);
    ck_assert_uint_eq(frame(&f, PAGE)->owner, XM_DOMID_NONE);
    ck_assert_uint_eq(*xm_machine_m2p(f.cpu.machine, PAGE), ~0ull);
}
END_TEST

START_TEST(linear_tables_can_be_off)
{
    config()->pv_linear_pt = false;
    expect(update(&f, BOOT_L4, 300, xm_pte(BOOT_L4, P | US)), -XEN_EINVAL,
           XM_R_LINEAR_OFF);
    config()->pv_linear_pt = true;
    expect(update(&f, BOOT_L4, 300, xm_pte(BOOT_L4, P | US)), 0, XM_R_NONE);
}
END_TEST

/* L1-17, TYP-11: remembered until the page gets another type. */
START_TEST(write_combining_is_remembered)
{
    const uint64_t wc = xm_pte(PAGE, RWU | XM_PTE_PAT);

    expect(update(&f, BOOT_L1, 1, wc), 0, XM_R_NONE);
    expect_frame(&f, PAGE, 2, WRITABLE | XM_PGT_NON_COHERENT | 1);
    expect(update(&f, BOOT_L1, 1, 0), 0, XM_R_NONE);
    expect_frame(&f, PAGE, 1, WRITABLE | XM_PGT_NON_COHERENT);
    expect(update(&f, BOOT_L1, 1, xm_pte(PAGE, RWU)), 0, XM_R_NONE);
    expect_frame(&f, PAGE, 2, WRITABLE | XM_PGT_NON_COHERENT | 1);
    expect(update(&f, BOOT_L1, 1, 0), 0, XM_R_NONE);
    expect(ext(&f, MMUEXT_PIN_L1_TABLE, PAGE), 0, XM_R_NONE);
    expect_frame(&f, PAGE, 2, XM_PGT_L1 | XM_PGT_PINNED | XM_PGT_VALIDATED | 1);

    config()->self_snoop = true;
    expect(update(&f, BOOT_L1, 1, xm_pte(L1A, RWU | XM_PTE_PAT)), 0, XM_R_NONE);
    expect_frame(&f, L1A, 2, WRITABLE | 1);
}
END_TEST

START_TEST(the_fault_lets_a_table_be_written)
{
    expect(update(&f, BOOT_L1, 1, xm_pte(BOOT_L2, RWU)), -XEN_EBUSY,
           XM_R_L1E_WRITABLE_TYPED);
    xm_machine_set_faults(f.cpu.machine, 1u << XM_FAULT_WRITABLE_TYPED);
    expect(update(&f, BOOT_L1, 1, xm_pte(BOOT_L2, RWU)), 0, XM_R_NONE);
    expect_frame(&f, BOOT_L2, 3, XM_PGT_L2 | XM_PGT_VALIDATED | 2);
}
END_TEST

/* MMU-06: tables of a domain that has no vCPU yet. */
START_TEST(a_domain_without_vcpu_has_no_tables)
{
    const struct mmu_update req = { FRAME_FOREIGN << XM_PAGE_SHIFT, 0 };
    uint32_t done = 9;

    xm_domain_find(f.cpu.machine, 7)->nr_vcpus = 0;
    expect(xm_mmu_update(&f.cpu, &req, 1, &done, (7u + 1) << 16 | DOMID_SELF),
           -XEN_EINVAL, XM_R_MMU_NO_VCPU);
    ck_assert_uint_eq(done, 0);
    done = 9;
    expect(xm_mmu_update(&f.cpu, &req, 1, &done, (9u + 1) << 16 | DOMID_SELF),
           -XEN_ESRCH, XM_R_MMU_PT_DOMAIN);
    ck_assert_uint_eq(done, 9);
    xm_domain_find(f.cpu.machine, 7)->nr_vcpus = 1; /* not initialised */
    expect(xm_mmu_update(&f.cpu, &req, 1, &done, (7u + 1) << 16 | DOMID_SELF),
           0, XM_R_NONE);
    ck_assert_uint_eq(done, 1);
}
END_TEST

START_TEST(update_va_mapping_by_registers)
{
    uint64_t arg[6] = { 3ull << XM_PAGE_SHIFT, xm_pte(PAGE, RWU), UVMF_NONE };

    expect(xm_hypercall(&f.cpu, __HYPERVISOR_update_va_mapping, arg), 0,
           XM_R_NONE);
    ck_assert_uint_eq(xm_pte_mfn(*entry(&f, BOOT_L1, 3)), PAGE);
    arg[1] = xm_pte(FRAME_FOREIGN, RWU);
    arg[3] = 7;
    expect(
        xm_hypercall(&f.cpu, __HYPERVISOR_update_va_mapping_otherdomain, arg),
        0, XM_R_NONE);
    ck_assert_uint_eq(xm_pte_mfn(*entry(&f, BOOT_L1, 3)), FRAME_FOREIGN);
    arg[3] = 9;
    expect(
        xm_hypercall(&f.cpu, __HYPERVISOR_update_va_mapping_otherdomain, arg),
        -XEN_ESRCH, XM_R_UVM_FD);
}
END_TEST

/* VMA-08: a strict domain's user mode does not see the M2P. */
START_TEST(a_strict_user_base_shows_no_m2p)
{
    struct xm_domain *d = xm_domain_find(f.cpu.machine, 0);

    expect(ext(&f, MMUEXT_PIN_L4_TABLE, L4A), 0, XM_R_NONE);
    *entry(&f, L4A, 256) = P;
    expect(ext(&f, MMUEXT_NEW_USER_BASEPTR, L4A), 0, XM_R_NONE);
    ck_assert_uint_eq(*entry(&f, L4A, 256), P);
    expect(ext(&f, MMUEXT_NEW_USER_BASEPTR, 0), 0, XM_R_NONE);
    d->m2p_strict = true;
    expect(ext(&f, MMUEXT_NEW_USER_BASEPTR, L4A), 0, XM_R_NONE);
    ck_assert_uint_eq(*entry(&f, L4A, 256), 0);
}
END_TEST

/* The walk's refusals: Xen's slots, the M2P's end, no base, no such address. */
START_TEST(walks_end)
{
    const xm_vaddr m2p = 0xffff800000000000ull;
    struct xm_walk w = xm_walk(&f.cpu, m2p + (2u << 20), 0);

    ck_assert(!w.ok && w.error_code == XM_PF_USER);
    w = xm_walk(&f.cpu, m2p + 8, XM_PF_WRITE);
    ck_assert(!w.ok &&
              w.error_code == (XM_PF_USER | XM_PF_WRITE | XM_PF_PRESENT));
    w = xm_walk(&f.cpu, m2p + 8, 0);
    ck_assert(w.ok && w.m2p && w.mfn == 1);
    w = xm_walk(&f.cpu, 0xffff820000000000ull, 0);
    ck_assert(!w.ok && w.error_code == (XM_PF_USER | XM_PF_PRESENT));
    w = xm_walk(&f.cpu, 1ull << 47, 0);
    ck_assert(!w.ok && w.level == 4);
    f.cpu.vcpu = 1;
    w = xm_walk(&f.cpu, 0, XM_PF_FETCH);
    ck_assert(!w.ok && w.error_code == (XM_PF_USER | XM_PF_FETCH));
}
END_TEST

/*
 * PRE-39 and its kin: vCPU 0 is interrupted while it releases a tree, vCPU 1
 * takes the half released L3 into use again, and vCPU 0 goes on.
 */
START_TEST(another_vcpu_finishes_a_partial_table)
{
    struct xm_cpu other = f.cpu;
    const struct mmuext_op pin = { .cmd = MMUEXT_PIN_L3_TABLE,
                                   .arg1.mfn = L3A };
    const struct mmuext_op load = { .cmd = MMUEXT_NEW_BASEPTR,
                                    .arg1.mfn = BOOT_L4 };

    other.vcpu = 1;
    xm_domain_find(f.cpu.machine, 0)->vcpu[1].initialised = true;
    expect(xm_mmuext_op(&other, &load, 1, NULL, DOMID_SELF), 0, XM_R_NONE);
    *entry(&f, L4A, 5) = xm_pte(L3A, RWU);
    *entry(&f, L3A, 3) = xm_pte(L2A, RWU);
    expect(ext(&f, MMUEXT_PIN_L4_TABLE, L4A), 0, XM_R_NONE);
    f.cpu.preempt_after = 600; /* in the L3: 511 questions for the L2 */
    expect(ext(&f, MMUEXT_UNPIN_TABLE, L4A), -XEN_ERESTART,
           XM_R_CALL_PREEMPTED);
    ck_assert(frame(&f, L3A)->type_info & XM_PGT_PARTIAL);
    ck_assert(frame(&f, L4A)->partial_set == 1);
    expect(xm_mmuext_op(&other, &pin, 1, NULL, DOMID_SELF), 0, XM_R_NONE);
    expect_invariants(&f);
    expect(xm_mmuext_op(&f.cpu, NULL, XM_PREEMPTED, NULL, 0), 0, XM_R_NONE);
    expect_frame(&f, L4A, 1, XM_PGT_L4);
    expect_frame(&f, L3A, 2, XM_PGT_L3 | XM_PGT_PINNED | XM_PGT_VALIDATED | 1);
    expect_invariants(&f);
}
END_TEST

/* PRE-51: the first entry is vulnerable; shadow paging begins, then again. */
START_TEST(a_base_stops_at_a_vulnerable_entry)
{
    struct xm_domain *d = xm_domain_find(f.cpu.machine, 0);

    config()->l1tf_hwdom = XM_L1TF_SHADOW;
    d->check_l1tf = true;
    *entry(&f, L4A, 0) = 5ull << XM_PAGE_SHIFT;
    ck_assert_int_eq(ext(&f, MMUEXT_NEW_USER_BASEPTR, L4A).rc, -XEN_ERESTART);
    ck_assert(d->shadow_forced && !d->vcpu[0].has_user_base);
    expect_frame(&f, L4A, 1, XM_PGT_L4);
    expect(ext(&f, MMUEXT_NEW_USER_BASEPTR, L4A), 0, XM_R_NONE);
    ck_assert(d->vcpu[0].has_user_base);
    expect_invariants(&f);
}
END_TEST

START_TEST(a_machine_has_room_for_eight)
{
    struct xm_machine *m = f.cpu.machine;
    xm_domid domid = 100;

    ck_assert(xm_domain_create(m, 7, false) == NULL); /* there is one */
    ck_assert(xm_domain_create(m, DOMID_IO, false) == NULL);
    for (unsigned int i = 2; i < XM_MAX_DOMAINS; i++)
        ck_assert(xm_domain_create(m, domid++, false) != NULL);
    ck_assert(xm_domain_create(m, domid, false) == NULL);
}
END_TEST

START_TEST(errnos_have_names)
{
    ck_assert_str_eq(xm_errno_name(-XEN_EBUSY), "EBUSY");
    ck_assert_str_eq(xm_errno_name(0), "0");
    ck_assert(xm_errno_name(12345) == NULL);
    ck_assert_int_eq(xm_errno_by_name("EBUSY"), XEN_EBUSY);
    ck_assert_int_eq(xm_errno_by_name("ENOTHING"), -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("edges");
    TCase *t = tcase_create("edges");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_type_count_has_an_end);
    tcase_add_test(t, a_general_count_has_an_end);
    tcase_add_test(t, the_last_reference_frees);
    tcase_add_test(t, linear_tables_can_be_off);
    tcase_add_test(t, write_combining_is_remembered);
    tcase_add_test(t, the_fault_lets_a_table_be_written);
    tcase_add_test(t, a_domain_without_vcpu_has_no_tables);
    tcase_add_test(t, update_va_mapping_by_registers);
    tcase_add_test(t, a_strict_user_base_shows_no_m2p);
    tcase_add_test(t, walks_end);
    tcase_add_test(t, another_vcpu_finishes_a_partial_table);
    tcase_add_test(t, a_base_stops_at_a_vulnerable_entry);
    tcase_add_test(t, a_machine_has_room_for_eight);
    tcase_add_test(t, errnos_have_names);
    suite_add_tcase(suite, t);
    r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
