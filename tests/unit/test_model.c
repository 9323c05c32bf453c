/* SPDX-License-Identifier: MIT
 *
 * The model, by the worked scenarios of the rules reference (EXA-*, PRE-*,
 * LIN-*): state before, operation, result, state after.
 */
#include "fixture.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <xen/errno.h>

static struct fixture fx;

static void setup_unprivileged(void)
{
    fixture_setup(&fx, false);
}

static void setup_privileged(void)
{
    fixture_setup(&fx, true);
}

static void teardown(void)
{
    expect_invariants(&fx);
    fixture_teardown(&fx);
}

enum { A = FIRST_FREE, B, D, M, N, R, S };

#define WRITABLE (XM_PGT_WRITABLE | XM_PGT_VALIDATED)
#define LIVE(n) (XM_PGT_LEVEL(n) | XM_PGT_VALIDATED)
#define PINNED(n) (LIVE(n) | XM_PGT_PINNED)

START_TEST(writable_mappings_are_counted)
{
    expect(update(&fx, BOOT_L1, 1, xm_pte(D, RWU)), 0, XM_R_NONE);
    expect_frame(&fx, D, 2, WRITABLE | 1);
    expect(update(&fx, BOOT_L1, 2, xm_pte(D, RWU)), 0, XM_R_NONE);
    expect_frame(&fx, D, 3, WRITABLE | 2);
    expect(update(&fx, BOOT_L1, 2, 0), 0, XM_R_NONE);
    expect_frame(&fx, D, 2, WRITABLE | 1);
    expect(ext(&fx, MMUEXT_PIN_L1_TABLE, D), -XEN_EINVAL, XM_R_TYPE_CONFLICT);
    expect_frame(&fx, D, 2, WRITABLE | 1);
    expect(update(&fx, BOOT_L1, 1, xm_pte(D, P | US)), 0, XM_R_NONE);
    expect_frame(&fx, D, 2, WRITABLE);
    expect(ext(&fx, MMUEXT_PIN_L1_TABLE, D), 0, XM_R_NONE);
    expect_frame(&fx, D, 3, PINNED(1) | 1);
}
END_TEST

START_TEST(a_pinned_table_is_protected)
{
    expect(ext(&fx, MMUEXT_PIN_L1_TABLE, A), 0, XM_R_NONE);
    expect(update(&fx, BOOT_L1, 1, xm_pte(A, RWU)), -XEN_EBUSY,
           XM_R_L1E_WRITABLE_TYPED);
    expect_frame(&fx, A, 2, PINNED(1) | 1);
    expect(update(&fx, BOOT_L1, 1, xm_pte(A, P | US)), 0, XM_R_NONE);
    expect_frame(&fx, A, 3, PINNED(1) | 1);
    expect(ext(&fx, MMUEXT_PIN_L1_TABLE, A), -XEN_EINVAL, XM_R_PIN_TWICE);
    expect(ext(&fx, MMUEXT_PIN_L2_TABLE, A), -XEN_EINVAL, XM_R_TYPE_CONFLICT);
    expect(ext(&fx, MMUEXT_CLEAR_PAGE, A), -XEN_EINVAL, XM_R_CLEAR_TYPED);
    expect_frame(&fx, A, 3, PINNED(1) | 1);
    expect(ext(&fx, MMUEXT_UNPIN_TABLE, A), 0, XM_R_NONE);
    expect_frame(&fx, A, 2, XM_PGT_L1);
    expect(ext(&fx, MMUEXT_UNPIN_TABLE, A), -XEN_EINVAL, XM_R_UNPIN_NOT_PINNED);
    expect(update(&fx, A, 3, 0x1234), 0, XM_R_NONE);
    expect_frame(&fx, A, 2, WRITABLE);
    ck_assert_uint_eq(*entry(&fx, A, 3), 0x1234);
}
END_TEST

/* What is stored for what is written (ADJ-20..29). */
static const struct {
    unsigned int level;
    uint64_t written, stored;
} adjustments[] = {
    { 1, 0x63, 0x0010000000000067 },
    { 1, 0x67, 0x167 },
    { 1, 0x163, 0x0010000000000167 },
    { 1, 0x0010000000000067, 0x0010000000000067 },
    { 1, 0x8000000000000025, 0x8000000000000125 },
    { 1, 0x62, 0x62 },
    { 1, 0x0010000000000063, 0x0010000000000067 },
    { 2, 0x63, 0x67 },
    { 3, 0x63, 0x67 },
    { 4, 0x43, 0x67 },
    { 4, 0x07, 0x27 },
};

START_TEST(entries_are_adjusted)
{
    const xm_mfn tables[] = { 0, BOOT_L1, BOOT_L2, BOOT_L3, BOOT_L4 };
    const xm_mfn table = tables[adjustments[_i].level];

    expect(update(&fx, table, 7, xm_pte(D, adjustments[_i].written)), 0,
           XM_R_NONE);
    ck_assert_uint_eq(*entry(&fx, table, 7), xm_pte(D, adjustments[_i].stored));
}
END_TEST

/* What an unprivileged domain may put into an L1 entry (L1-30..40). */
static const struct {
    xm_mfn mfn;
    uint64_t flags;
    int rc;
    enum xm_rule rule;
} l1_entries[] = {
    { D, RWU, 0, XM_R_NONE },
    { BOOT_L2, P | US, 0, XM_R_NONE },
    { BOOT_L2, RWU, -XEN_EBUSY, XM_R_L1E_WRITABLE_TYPED },
    { BOOT_L1, RWU, -XEN_EBUSY, XM_R_L1E_WRITABLE_TYPED },
    { FRAME_FOREIGN, P, -XEN_EBUSY, XM_R_L1E_FOREIGN },
    { FRAME_XEN, P, -XEN_EBUSY, XM_R_L1E_OWNERLESS },
    { 1, P, -XEN_EBUSY, XM_R_L1E_OWNERLESS },
    { FRAME_M2P, P, -XEN_EBUSY, XM_R_L1E_FOREIGN },
    { FRAME_MMIO, P, -XEN_EPERM, XM_R_L1E_NO_IOMEM },
    { NR_FRAMES, P, -XEN_EPERM, XM_R_L1E_NO_IOMEM },
    { XM_MFN_ALL_ONES, P, -XEN_EINVAL, XM_R_L1E_MFN_ALL_ONES },
    { D, P | XM_PTE_PCD, -XEN_EINVAL, XM_R_L1E_FLAGS },
    { D, P | XM_PTE_PWT, -XEN_EINVAL, XM_R_L1E_FLAGS },
    { D, P | XM_PTE_PAT, -XEN_EINVAL, XM_R_L1E_FLAGS },
    { XM_MFN_ALL_ONES, XM_PTE_PCD, 0, XM_R_NONE },
};

START_TEST(l1_entries_are_checked)
{
    const struct xm_result r = update(
        &fx, BOOT_L1, 9, xm_pte(l1_entries[_i].mfn, l1_entries[_i].flags));

    expect(r, l1_entries[_i].rc, l1_entries[_i].rule);
}
END_TEST

/* The self-map of each level: the questions of 2008. */
START_TEST(a_self_map_is_read_only)
{
    const xm_mfn tables[] = { 0, 0, BOOT_L2, BOOT_L3, BOOT_L4 };
    const enum xm_rule refusal[] = { 0, 0, XM_R_L2E_LINEAR_WRITABLE,
                                     XM_R_L3E_LINEAR_WRITABLE,
                                     XM_R_L4E_LINEAR_WRITABLE };
    const xm_mfn t = tables[_i];
    const struct xm_frame before = *frame(&fx, t);

    expect(update(&fx, t, 255, xm_pte(t, RWU)), -XEN_EINVAL, refusal[_i]);
    ck_assert_uint_eq(*entry(&fx, t, 255), 0);
    expect(update(&fx, t, 255, xm_pte(t, P | US)), 0, XM_R_NONE);
    expect(update(&fx, t, 255, xm_pte(t, RWU)), -XEN_EINVAL, refusal[_i]);
    expect(update(&fx, t, 255, xm_pte(t, P | US | XM_PTE_D)), 0, XM_R_NONE);
    ck_assert(memcmp(&before, frame(&fx, t), sizeof(before)) == 0);
}
END_TEST

START_TEST(linear_chains_are_cut)
{
    expect(ext(&fx, MMUEXT_PIN_L4_TABLE, R), 0, XM_R_NONE);
    expect(ext(&fx, MMUEXT_PIN_L4_TABLE, S), 0, XM_R_NONE);
    expect(update(&fx, R, 300, xm_pte(S, P)), 0, XM_R_NONE);
    expect_frame(&fx, S, 3, PINNED(4) | 2);
    ck_assert_int_eq(frame(&fx, R)->linear_count, 1);
    ck_assert_int_eq(frame(&fx, S)->linear_count, -1);
    expect(update(&fx, S, 300, xm_pte(R, P)), -XEN_EINVAL,
           XM_R_LINEAR_CONTAINER_USED);
    expect(update(&fx, BOOT_L4, 300, xm_pte(R, P)), -XEN_EINVAL,
           XM_R_LINEAR_TARGET_USES);
    expect(update(&fx, S, 301, xm_pte(S, P)), 0, XM_R_NONE);
    expect(update(&fx, R, 301, xm_pte(S, P)), 0, XM_R_NONE);
    ck_assert_int_eq(frame(&fx, S)->linear_count, -2);
    expect(update(&fx, R, 300, 0), 0, XM_R_NONE);
    ck_assert_int_eq(frame(&fx, R)->linear_count, 1);
    expect_frame(&fx, S, 3, PINNED(4) | 2);
}
END_TEST

START_TEST(xen_slots_are_xens)
{
    for (unsigned int slot = 256; slot <= 271; slot++)
        expect(update(&fx, BOOT_L4, slot, 0), -XEN_EINVAL, XM_R_L4E_XEN_SLOT);
    expect(update(&fx, BOOT_L4, 272, 0), 0, XM_R_NONE);
}
END_TEST

/* PRE-64, PRE-63, PRE-65: how far a validation got shows in what is left. */
START_TEST(failed_validation_leaves_its_traces)
{
    *entry(&fx, M, 0) = xm_pte(A, RWU | XM_PTE_PSE);
    expect(ext(&fx, MMUEXT_PIN_L2_TABLE, M), -XEN_EINVAL, XM_R_L2E_FLAGS);
    expect_frame(&fx, M, 1, 0);

    *entry(&fx, M, 0) = xm_pte(A, RWU);
    *entry(&fx, M, 5) = xm_pte(B, RWU | XM_PTE_PSE);
    expect(ext(&fx, MMUEXT_PIN_L2_TABLE, M), -XEN_EINVAL, XM_R_L2E_FLAGS);
    expect_frame(&fx, M, 1, XM_PGT_L2);
    expect_frame(&fx, A, 1, XM_PGT_L1);

    *entry(&fx, N, 3) = xm_pte(M, RWU);
    *entry(&fx, R, 0) = xm_pte(N, RWU);
    expect(ext(&fx, MMUEXT_PIN_L4_TABLE, R), -XEN_EINVAL, XM_R_L2E_FLAGS);
    expect_frame(&fx, M, 1, XM_PGT_L2);
    expect_frame(&fx, N, 1, XM_PGT_L3);
    expect_frame(&fx, R, 1, 0);
}
END_TEST

START_TEST(an_l1_that_maps_a_table_writable_spoils_the_tree)
{
    *entry(&fx, R, 0) = xm_pte(N, RWU);
    *entry(&fx, N, 0) = xm_pte(M, RWU);
    *entry(&fx, M, 0) = xm_pte(A, RWU);
    *entry(&fx, M, 1) = xm_pte(B, RWU);
    *entry(&fx, A, 4) = xm_pte(B, RWU);
    expect(ext(&fx, MMUEXT_PIN_L4_TABLE, R), -XEN_EINVAL, XM_R_L2E_TYPE);
    *entry(&fx, A, 4) = 0;
    *entry(&fx, B, 4) = xm_pte(A, RWU);
    expect(ext(&fx, MMUEXT_PIN_L4_TABLE, R), -XEN_EBUSY,
           XM_R_L1E_WRITABLE_TYPED);
    *entry(&fx, B, 4) = 0;
    expect(ext(&fx, MMUEXT_PIN_L4_TABLE, R), 0, XM_R_NONE);
    expect_frame(&fx, A, 2, LIVE(1) | 1);
}
END_TEST

/* PRE-61, PRE-62: interrupted, the states in between are as Xen's. */
START_TEST(preemption_leaves_partial_tables)
{
    struct xm_result r;

    *entry(&fx, R, 0) = xm_pte(N, RWU);
    *entry(&fx, N, 2) = xm_pte(M, RWU);
    fx.cpu.preempt_after = 2 + 4; /* before N[1], N[2], M[1] .. M[4] */
    r = ext(&fx, MMUEXT_PIN_L4_TABLE, R);
    expect(r, -XEN_ERESTART, XM_R_CALL_PREEMPTED);
    expect_frame(&fx, M, 3, XM_PGT_L2 | XM_PGT_PARTIAL | 1);
    ck_assert_uint_eq(frame(&fx, M)->nr_validated, 5);
    expect_frame(&fx, N, 3, XM_PGT_L3 | XM_PGT_PARTIAL | 1);
    ck_assert_uint_eq(frame(&fx, N)->nr_validated, 2);
    ck_assert_uint_eq(frame(&fx, N)->partial_set, 1);
    expect_frame(&fx, R, 2, XM_PGT_L4 | XM_PGT_PARTIAL | 1);
    expect_invariants(&fx);

    fx.cpu.preempt_after = -1;
    expect(ext(&fx, MMUEXT_PIN_L4_TABLE, R), 0, XM_R_NONE);
    expect_frame(&fx, M, 2, LIVE(2) | 1);
    expect_frame(&fx, R, 2, PINNED(4) | 1);

    fx.cpu.preempt_after = 509 + 311;
    expect(ext(&fx, MMUEXT_UNPIN_TABLE, R), -XEN_ERESTART, XM_R_CALL_PREEMPTED);
    expect_invariants(&fx);
    fx.cpu.preempt_after = -1;
    expect(xm_mmu_update(&fx.cpu, NULL, XM_PREEMPTED, NULL, 0), 0, XM_R_NONE);
    expect_frame(&fx, M, 1, XM_PGT_L2);
    expect_frame(&fx, R, 1, XM_PGT_L4);
}
END_TEST

START_TEST(base_pointers_hold_references)
{
    expect(ext(&fx, MMUEXT_PIN_L4_TABLE, BOOT_L4), 0, XM_R_NONE);
    expect_frame(&fx, BOOT_L4, 3, PINNED(4) | 2);
    expect(ext(&fx, MMUEXT_NEW_BASEPTR, S), 0, XM_R_NONE);
    expect_frame(&fx, S, 2, LIVE(4) | 1);
    expect_frame(&fx, BOOT_L4, 2, PINNED(4) | 1);
    expect(ext(&fx, MMUEXT_NEW_USER_BASEPTR, S), 0, XM_R_NONE);
    expect_frame(&fx, S, 3, LIVE(4) | 2);
    expect(ext(&fx, MMUEXT_NEW_USER_BASEPTR, 0), 0, XM_R_NONE);
    expect(ext(&fx, MMUEXT_NEW_BASEPTR, BOOT_L4), 0, XM_R_NONE);
    expect_frame(&fx, S, 1, XM_PGT_L4);
    expect(ext(&fx, MMUEXT_NEW_BASEPTR, FRAME_FOREIGN), -XEN_EINVAL,
           XM_R_BASE_NOT_OWN);
}
END_TEST

START_TEST(a_batch_stops_at_the_first_refusal)
{
    const struct mmu_update reqs[] = {
        { BOOT_L1 << XM_PAGE_SHIFT | 8, xm_pte(D, RWU) },
        { BOOT_L1 << XM_PAGE_SHIFT | 16, xm_pte(BOOT_L1, RWU) },
        { BOOT_L1 << XM_PAGE_SHIFT | 24, xm_pte(D, RWU) },
    };
    uint32_t done = 77;

    expect(xm_mmu_update(&fx.cpu, reqs, 3, &done, DOMID_SELF), -XEN_EBUSY,
           XM_R_L1E_WRITABLE_TYPED);
    ck_assert_uint_eq(done, 1);
    ck_assert_uint_eq(*entry(&fx, BOOT_L1, 3), 0);
    expect(xm_mmu_update(&fx.cpu, reqs, 0, &done, fx.cpu.domid), -XEN_ESRCH,
           XM_R_MMU_FD);
    ck_assert_uint_eq(done, 0);
}
END_TEST

START_TEST(update_va_mapping_finds_its_table)
{
    expect(xm_update_va_mapping(&fx.cpu, 0x5000, xm_pte(D, RWU), 0), 0,
           XM_R_NONE);
    ck_assert_uint_eq(*entry(&fx, BOOT_L1, 5), xm_pte(D, 0x107));
    expect(xm_update_va_mapping(&fx.cpu, 0x200000, 0, 0), -XEN_EINVAL,
           XM_R_UVM_NO_L2E);
    expect(xm_update_va_mapping(&fx.cpu, 0xffff800000000000, 0, 0), -XEN_EINVAL,
           XM_R_UVM_VA);
    expect(xm_update_va_mapping(&fx.cpu, 0x5000, 0, UVMF_TLB_FLUSH | 0x100000),
           -XEN_EFAULT, XM_R_UVM_VCPU_MASK);
    ck_assert_uint_eq(*entry(&fx, BOOT_L1, 5), 0);
}
END_TEST

START_TEST(a_domain_without_privilege_names_only_itself)
{
    const struct mmu_update req = { BOOT_L1 << XM_PAGE_SHIFT, 0 };
    const struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };

    expect(xm_mmu_update(&fx.cpu, &req, 1, NULL, 7), -XEN_EPERM,
           XM_R_MMU_PRIVILEGE);
    expect(xm_mmuext_op(&fx.cpu, &op, 1, NULL, 7), -XEN_EPERM,
           XM_R_EXT_PRIVILEGE);
    expect(ext(&fx, MMUEXT_FLUSH_CACHE, 0), -XEN_EACCES, XM_R_EXT_CACHE);
    expect(ext(&fx, MMUEXT_FLUSH_CACHE_GLOBAL, 0), -XEN_EINVAL,
           XM_R_EXT_CACHE_GLOBAL);
}
END_TEST

START_TEST(dom0_maps_io_uncached_and_foreign_frames)
{
    const struct mmu_update req = { BOOT_L1 << XM_PAGE_SHIFT | 8,
                                    xm_pte(FRAME_FOREIGN, RWU) };

    expect(update(&fx, BOOT_L1, 2, xm_pte(FRAME_MMIO, RWU)), 0, XM_R_NONE);
    ck_assert_uint_eq(*entry(&fx, BOOT_L1, 2),
                      xm_pte(FRAME_MMIO, 0x107 | XM_PTE_PWT | XM_PTE_PCD));
    expect(xm_mmu_update(&fx.cpu, &req, 1, NULL, 7), 0, XM_R_NONE);
    expect_frame(&fx, FRAME_FOREIGN, 2, WRITABLE | 1);
    expect(xm_mmu_update(&fx.cpu, &req, 1, NULL, DOMID_SELF), 0, XM_R_NONE);
    expect(update(&fx, BOOT_L1, 3, xm_pte(FRAME_FOREIGN, RWU)), -XEN_EBUSY,
           XM_R_L1E_FOREIGN);
    expect(update(&fx, BOOT_L1, 1, 0), 0, XM_R_NONE);
}
END_TEST

START_TEST(accesses_go_by_the_tables)
{
    struct xm_page_fault pf;
    uint64_t value = 0;

    expect(update(&fx, BOOT_L1, 1, xm_pte(BOOT_L1, P)), 0, XM_R_NONE);
    expect(update(&fx, BOOT_L1, 2, xm_pte(BOOT_L2, P)), 0, XM_R_NONE);
    pf = xm_load64(&fx.cpu, 0x1008, &value);
    ck_assert(!pf.taken);
    ck_assert_uint_eq(value, xm_pte(BOOT_L1, 0x0010000000000025));
    pf = xm_load64(&fx.cpu, 0x3000, &value);
    ck_assert(pf.taken && pf.error_code == 0 && pf.cr2 == 0x3000);
    /* L2 table: the fault is the guest's own. */
    pf = xm_store64(&fx.cpu, 0x2008, 0);
    ck_assert(pf.taken && pf.error_code == 3);
    /* L1 table: dom0's store is carried out, an illegal one is a fault. */
    pf = xm_store64(&fx.cpu, 0x1018, xm_pte(D, RWU));
    ck_assert(!pf.taken);
    expect_frame(&fx, D, 2, WRITABLE | 1);
    pf = xm_store64(&fx.cpu, 0x1020, xm_pte(BOOT_L1, RWU));
    ck_assert(pf.taken && pf.error_code == 3);
}
END_TEST

START_TEST(each_fault_removes_a_check)
{
    xm_machine_set_faults(fx.cpu.machine, 1u << XM_FAULT_LINEAR_WRITABLE);
    expect(update(&fx, BOOT_L4, 255, xm_pte(BOOT_L4, RWU)), 0, XM_R_NONE);
    expect(update(&fx, BOOT_L4, 255, 0), 0, XM_R_NONE);

    expect(update(&fx, BOOT_L4, 255, xm_pte(BOOT_L4, P)), 0, XM_R_NONE);
    xm_machine_set_faults(fx.cpu.machine, 1u << XM_FAULT_FAST_PATH_RW);
    expect(update(&fx, BOOT_L4, 255, xm_pte(BOOT_L4, RWU)), 0, XM_R_NONE);
    expect(update(&fx, BOOT_L4, 255, 0), 0, XM_R_NONE);
    xm_machine_set_faults(fx.cpu.machine, 0);
}
END_TEST

START_TEST(rules_have_unique_ids)
{
    for (unsigned int i = 1; i < XM_NR_RULES; i++) {
        const struct xm_rule_info *info = xm_rule_info((enum xm_rule)i);

        ck_assert_uint_eq(xm_rule_by_id(info->id), i);
        ck_assert(info->sentence[0] && info->reference[0]);
    }
    ck_assert_uint_eq(xm_rule_by_id("no.such"), XM_R_NONE);
    ck_assert_int_eq(xm_errno_by_name("EBUSY"), XEN_EBUSY);
    ck_assert_str_eq(xm_errno_name(-XEN_EBUSY), "EBUSY");
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

int main(void)
{
    Suite *s = suite_create("model");
    TCase *u = tcase_create("unprivileged");
    TCase *p = tcase_create("privileged");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(u, setup_unprivileged, teardown);
    tcase_add_test(u, writable_mappings_are_counted);
    tcase_add_test(u, a_pinned_table_is_protected);
    tcase_add_loop_test(u, entries_are_adjusted, 0, COUNT(adjustments));
    tcase_add_loop_test(u, l1_entries_are_checked, 0, COUNT(l1_entries));
    tcase_add_loop_test(u, a_self_map_is_read_only, 2, 5);
    tcase_add_test(u, linear_chains_are_cut);
    tcase_add_test(u, xen_slots_are_xens);
    tcase_add_test(u, failed_validation_leaves_its_traces);
    tcase_add_test(u, an_l1_that_maps_a_table_writable_spoils_the_tree);
    tcase_add_test(u, preemption_leaves_partial_tables);
    tcase_add_test(u, base_pointers_hold_references);
    tcase_add_test(u, a_batch_stops_at_the_first_refusal);
    tcase_add_test(u, update_va_mapping_finds_its_table);
    tcase_add_test(u, a_domain_without_privilege_names_only_itself);
    tcase_add_test(u, each_fault_removes_a_check);
    tcase_add_test(u, rules_have_unique_ids);
    suite_add_tcase(s, u);

    tcase_add_checked_fixture(p, setup_privileged, teardown);
    tcase_add_test(p, dom0_maps_io_uncached_and_foreign_frames);
    tcase_add_test(p, accesses_go_by_the_tables);
    suite_add_tcase(s, p);

    runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
