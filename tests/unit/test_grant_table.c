/* SPDX-License-Identifier: MIT
 *
 * Grant tables as a whole, their versions, and pages given away. Rules GNT-60,
 * GNT-61, GNT-76..90.
 */
#include "grant_fixture.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <xen/errno.h>

#define LIST_VA (ARGS_VA + 0x800) /* the lists of frames that Xen writes */
#define OWN (FIRST_FREE + 1)      /* pages of domain 0 */
#define OTHER (FIRST_FREE + 2)
#define XEN_HEAP_WRITABLE (XM_PGT_WRITABLE | XM_PGT_VALIDATED | 1)
#define ERROR GNTST_general_error

static uint64_t list[4];

static int16_t setup_table(xm_domid dom, uint32_t n)
{
    struct gnttab_setup_table op = { .dom = dom, .nr_frames = n };

    op.frame_list.p = (void *)LIST_VA;
    expect(grant_call(GNTTABOP_setup_table, &op, sizeof(op), 1), 0, XM_R_NONE);
    memcpy(list, &entry(&gx, ARGS, 0)[0x100], sizeof(list));
    return op.status;
}

static int16_t status_frames(xm_domid dom, uint32_t n)
{
    struct gnttab_get_status_frames op = { .dom = dom, .nr_frames = n };

    op.frame_list.p = (void *)LIST_VA;
    expect(grant_call(GNTTABOP_get_status_frames, &op, sizeof(op), 1), 0,
           XM_R_NONE);
    memcpy(list, &entry(&gx, ARGS, 0)[0x100], sizeof(list));
    return op.status;
}

static struct xm_result set_version(uint32_t version)
{
    struct gnttab_set_version op = { .version = version };
    const struct xm_result r =
        grant_call(GNTTABOP_set_version, &op, sizeof(op), 1);

    ck_assert_uint_eq(op.version, domain(0)->grant.version);
    return r;
}

/* GNT-61, GNT-76, GNT-77. */
START_TEST(a_table_grows)
{
    /* 0 is in use already; the others are for active entries, and one. */
    static const xm_mfn hint[] = { 0, 50, 51, 52, 53, 54, 12, 9 };

    gx.cpu.alloc = hint;
    gx.cpu.nr_alloc = 8;
    ck_assert_int_eq(setup_table(DOMID_SELF, 2), GNTST_okay);
    ck_assert_uint_eq(list[0], 0);
    ck_assert_uint_eq(list[1], 12);
    expect_frame(&gx, 12, 1, XEN_HEAP_WRITABLE);
    ck_assert(frame(&gx, 12)->count_info & XM_PGC_XEN_HEAP);
    ck_assert_uint_eq(frame(&gx, 54)->count_info, XM_PGC_XEN_HEAP);
    ck_assert_int_eq(setup_table(0, 1), GNTST_okay); /* it never shrinks */
    ck_assert_uint_eq(domain(0)->grant.nr_frames, 2);
    gx.cpu.nr_alloc = 0;
    ck_assert_int_eq(setup_table(GRANTER, 2), GNTST_okay);
    ck_assert_uint_eq(list[0], 1);
    ck_assert_uint_eq(list[1], 11); /* the lowest, but for five others */
    expect_status(setup_table(0, MAX_GRANT_FRAMES + 1), ERROR, XM_R_GNT_LIMIT);
    expect_status(setup_table(6, 1), GNTST_bad_domain, XM_R_GNT_DOMAIN);
    domain(0)->privileged = false;
    expect_status(setup_table(GRANTER, 1), GNTST_permission_denied,
                  XM_R_GNT_PRIVILEGE);
    expect_status(status_frames(GRANTER, 0), GNTST_permission_denied,
                  XM_R_GNT_PRIVILEGE);
    for (xm_mfn mfn = 0; mfn < NR_FRAMES; mfn++)
        if (frame(&gx, mfn)->count_info == XM_PGC_STATE_FREE)
            xm_frame_assign(gx.cpu.machine, mfn, GRANTER);
    expect_status(setup_table(0, 3), ERROR, XM_R_GNT_MEMORY);
    expect(set_version(2), -XEN_ENOMEM, XM_R_GNT_VERSION_MEMORY);
}
END_TEST

/* So many frames are free; the number of those that there are. */
static unsigned int leave_free(unsigned int n)
{
    unsigned int found = 0;

    for (xm_mfn mfn = 0; mfn < NR_FRAMES; mfn++) {
        if (frame(&gx, mfn)->count_info != XM_PGC_STATE_FREE)
            continue;
        if (found == n)
            xm_frame_assign(gx.cpu.machine, mfn, GRANTER);
        else
            found++;
    }
    return found;
}

/* Five frames for active entries, one for the guest, one for status words. */
START_TEST(a_table_grows_in_whole_or_not)
{
    struct xm_domain *d = domain(0);

    d->grant.version = 2;
    ck_assert_uint_eq(leave_free((unsigned int)_i), _i);
    expect_status(setup_table(0, 2), ERROR, XM_R_GNT_MEMORY);
    ck_assert_uint_eq(d->grant.nr_frames, 1);
    ck_assert_uint_eq(leave_free((unsigned int)_i), _i);
    d->grant.version = 1;
}
END_TEST

START_TEST(a_domain_without_a_table)
{
    struct xm_config none = xm_config_default(NR_FRAMES);
    struct fixture f;

    xm_grant_table_destroy(&gx.cpu, domain(GRANTER));
    leave_free(0);
    ck_assert(!xm_grant_table_init(&gx.cpu, domain(GRANTER)));
    expect_status(setup_table(GRANTER, 1), GNTST_bad_domain, XM_R_GNT_DOMAIN);
    none.max_grant_frames = none.max_maptrack_frames = 0;
    fixture_setup_config(&f, true, none);
    ck_assert(!xm_grant_table_init(&f.cpu, xm_domain_at(f.cpu.machine, 0)));
    fixture_teardown(&f);
}
END_TEST

/* A mapping of one's own shared frame is an ordinary one. */
START_TEST(shared_frames_are_mapped)
{
    expect(update(&gx, BOOT_L1, TARGET_SLOT, xm_pte(0, RWU)), 0, XM_R_NONE);
    expect_frame(&gx, 0, 2, XEN_HEAP_WRITABLE + 1);
    expect(ext(&gx, MMUEXT_PIN_L1_TABLE, 0), -XEN_EINVAL, XM_R_TYPE_CONFLICT);
    expect(update(&gx, BOOT_L1, TARGET_SLOT + 1, xm_pte(1, RWU)), -XEN_EBUSY,
           XM_R_L1E_FOREIGN);
}
END_TEST

START_TEST(sizes_are_told)
{
    struct gnttab_query_size op = { .dom = DOMID_SELF }, two[2] = { op, op };

    expect(grant_call(GNTTABOP_query_size, &op, sizeof(op), 1), 0, XM_R_NONE);
    ck_assert_int_eq(op.status, GNTST_okay);
    ck_assert_uint_eq(op.nr_frames, 1);
    ck_assert_uint_eq(op.max_nr_frames, MAX_GRANT_FRAMES);
    op.dom = 6;
    expect(grant_call(GNTTABOP_query_size, &op, sizeof(op), 1), 0, XM_R_NONE);
    expect_status(op.status, GNTST_bad_domain, XM_R_GNT_DOMAIN);
    expect(grant_call(GNTTABOP_query_size, &two, sizeof(two[0]), 2),
           -XEN_EINVAL, XM_R_GNT_COUNT);
}
END_TEST

static struct xm_result get_version(xm_domid dom, uint32_t *version)
{
    struct gnttab_get_version op = { .dom = dom };
    const struct xm_result r =
        grant_call(GNTTABOP_get_version, &op, sizeof(op), 1);

    *version = op.version;
    return r;
}

START_TEST(versions_are_told)
{
    uint32_t v;

    expect(get_version(DOMID_SELF, &v), 0, XM_R_NONE);
    ck_assert_uint_eq(v, 1);
    expect(get_version(6, &v), -XEN_ESRCH, XM_R_GNT_GET_VERSION_DOMAIN);
    expect(set_version(3), -XEN_EINVAL, XM_R_GNT_VERSION);
    expect(set_version(2), 0, XM_R_NONE);
    expect(get_version(0, &v), 0, XM_R_NONE);
    ck_assert_uint_eq(v, 2);
    expect(set_version(1), 0, XM_R_NONE);
    domain(0)->grant.max_version = 1;
    expect(set_version(2), -XEN_ENOSYS, XM_R_GNT_VERSION_MAX);
    domain(0)->privileged = false;
    expect(get_version(GRANTER, &v), -XEN_EPERM,
           XM_R_GNT_GET_VERSION_PRIVILEGE);
}
END_TEST

/* GNT-78, GNT-81, GNT-82: to version 2 and back, with what is kept. */
START_TEST(versions_change)
{
    struct gnttab_map_grant_ref a;

    grant_entry(0, 3, GTF_permit_access, 0, OWN);
    grant_entry(0, 4, GTF_accept_transfer, 0, 0x1234);
    grant_entry(0, 9, GTF_permit_access, 0, OWN);
    a = map_at(TARGET_VA, 0, 9, GNTMAP_host_map);
    expect(set_version(2), -XEN_EBUSY, XM_R_GNT_VERSION_IN_USE);
    ck_assert_int_eq(unmap(TARGET_VA, 0, a.handle), GNTST_okay);
    a = map_at(TARGET_VA, 0, 3, GNTMAP_host_map);
    expect_status(status_frames(0, 1), ERROR, XM_R_GNT_STATUS_LIMIT);
    expect(set_version(2), 0, XM_R_NONE);

    ck_assert_int_eq(status_frames(DOMID_SELF, 1), GNTST_okay);
    ck_assert_uint_eq(list[0], 6); /* 5 holds handles */
    expect_frame(&gx, 6, 1, XEN_HEAP_WRITABLE);
    ck_assert_uint_eq(entry_flags(0, 3), GTF_permit_access);
    ck_assert_uint_eq(entry_status(0, 3), GTF_reading | GTF_writing);
    ck_assert_uint_eq(entry_frame(0, 3), OWN);
    ck_assert_uint_eq(entry_flags(0, 4), GTF_accept_transfer);
    ck_assert_uint_eq(entry_flags(0, 9), 0);
    expect_status(map_at(TARGET_VA, 0, 256, GNTMAP_host_map).status,
                  GNTST_bad_gntref, XM_R_GNT_REF);
    ck_assert_int_eq(unmap(TARGET_VA, 0, a.handle), GNTST_okay);
    ck_assert_uint_eq(entry_status(0, 3), 0);
    a = map_at(TARGET_VA, 0, 3, GNTMAP_host_map | GNTMAP_readonly);
    ck_assert_uint_eq(entry_status(0, 3), GTF_reading);

    expect(set_version(1), 0, XM_R_NONE);
    ck_assert_uint_eq(frame(&gx, 6)->count_info, XM_PGC_STATE_FREE);
    ck_assert_uint_eq(entry_flags(0, 3), GTF_permit_access | GTF_reading);
    ck_assert_uint_eq(entry_frame(0, 3), OWN);
    ck_assert_uint_eq(entry_flags(0, 4), 0);
    ck_assert_int_eq(unmap(TARGET_VA, 0, a.handle), GNTST_okay);
    ck_assert_uint_eq(entry_flags(0, 3), GTF_permit_access);
}
END_TEST

/* What of version 2 cannot be said in version 1. */
static const struct {
    uint16_t flags;
    uint64_t frame;
    int rc;
    enum xm_rule rule;
} version_2[] = {
    { GTF_permit_access, 1ull << 32, -XEN_ERANGE, XM_R_GNT_VERSION_RANGE },
    { GTF_permit_access, 0xffffffff, 0, XM_R_NONE },
    { GTF_transitive, 0, -XEN_ERANGE, XM_R_GNT_VERSION_RANGE },
    { GTF_accept_transfer, 1ull << 32, 0, XM_R_NONE },
};

START_TEST(entries_go_back_to_version_1)
{
    expect(set_version(2), 0, XM_R_NONE);
    grant_entry(0, 7, version_2[_i].flags, 0, version_2[_i].frame);
    expect(set_version(1), version_2[_i].rc, version_2[_i].rule);
}
END_TEST

START_TEST(a_mapped_status_frame_stays)
{
    ck_assert_int_eq(setup_table(0, 4), GNTST_okay);
    expect(set_version(2), 0, XM_R_NONE);
    ck_assert_int_eq(status_frames(0, 1), GNTST_okay);
    expect(update(&gx, BOOT_L1, TARGET_SLOT, xm_pte(list[0], P)), 0, XM_R_NONE);
    expect(set_version(1), -XEN_EBUSY, XM_R_GNT_STATUS_MAPPED);
    expect_frame(&gx, list[0], 2, XEN_HEAP_WRITABLE);
    expect(update(&gx, BOOT_L1, TARGET_SLOT, 0), 0, XM_R_NONE);
    expect(set_version(1), 0, XM_R_NONE);
    domain(0)->grant.nr_v2_ops = 0;
    expect(set_version(2), 0, XM_R_NONE);
    domain(0)->grant.nr_v2_ops = 1;
    expect(set_version(1), -XEN_EAGAIN, XM_R_GNT_VERSION_BUSY);
    xm_grant_table_destroy(&gx.cpu, domain(0));
    ck_assert_uint_eq(frame(&gx, 0)->count_info, XM_PGC_STATE_FREE);
    ck_assert_uint_eq(frame(&gx, list[0])->count_info, XM_PGC_STATE_FREE);
}
END_TEST

/* The first is on its way out when Xen finds that the second is in use. */
START_TEST(a_mapped_status_frame_keeps_those_before_it)
{
    /* Nine frames need much. */
    for (xm_mfn mfn = OTHER + 1; mfn < FIRST_SPARE; mfn++) {
        xm_frame_set_kind(gx.cpu.machine, mfn, XM_FRAME_FREE);
        domain(0)->tot_pages--;
    }
    ck_assert_int_eq(setup_table(0, 9), GNTST_okay);
    expect(set_version(2), 0, XM_R_NONE);
    ck_assert_int_eq(status_frames(0, 2), GNTST_okay);
    expect(update(&gx, BOOT_L1, TARGET_SLOT, xm_pte(list[1], P)), 0, XM_R_NONE);
    expect(set_version(1), -XEN_EBUSY, XM_R_GNT_STATUS_MAPPED);
    expect_frame(&gx, list[0], 1, XEN_HEAP_WRITABLE);
    ck_assert_uint_eq(frame(&gx, list[0])->owner, 0);
    expect_frame(&gx, list[1], 2, XEN_HEAP_WRITABLE);
    expect(update(&gx, BOOT_L1, TARGET_SLOT, xm_pte(list[0], P | RW)), 0,
           XM_R_NONE);
    expect(update(&gx, BOOT_L1, TARGET_SLOT, 0), 0, XM_R_NONE);
    expect(set_version(1), 0, XM_R_NONE);
    ck_assert_uint_eq(frame(&gx, list[0])->count_info, XM_PGC_STATE_FREE);
    ck_assert_uint_eq(frame(&gx, list[1])->count_info, XM_PGC_STATE_FREE);
}
END_TEST

static int16_t swap(uint32_t a, uint32_t b)
{
    struct gnttab_swap_grant_ref op = { .ref_a = a, .ref_b = b };

    expect(grant_call(GNTTABOP_swap_grant_ref, &op, sizeof(op), 1), 0,
           XM_R_NONE);
    return op.status;
}

START_TEST(entries_are_swapped)
{
    const uint32_t version = (uint32_t)_i;

    expect(set_version(version), 0, XM_R_NONE);
    grant_entry(0, 1, GTF_permit_access, 0, OWN);
    grant_entry(0, 2, GTF_permit_access | GTF_readonly, 3, OTHER);
    ck_assert_int_eq(swap(1, 2), GNTST_okay);
    ck_assert_uint_eq(entry_frame(0, 2), OWN);
    ck_assert_uint_eq(entry_frame(0, 1), OTHER);
    ck_assert_uint_eq(entry_flags(0, 1), GTF_permit_access | GTF_readonly);
    ck_assert_int_eq(map_at(TARGET_VA, 0, 2, GNTMAP_host_map).status,
                     GNTST_okay);
    expect_status(swap(1, 2), GNTST_eagain, XM_R_GNT_SWAP_BUSY);
    ck_assert_int_eq(swap(2, 2), GNTST_okay);
    expect_status(swap(1, 512), GNTST_bad_gntref, XM_R_GNT_REF);
}
END_TEST

static int16_t transfer(xm_domid dom, uint32_t ref, xm_mfn mfn)
{
    struct gnttab_transfer op = { .mfn = mfn, .domid = dom, .ref = ref };

    expect(grant_call(GNTTABOP_transfer, &op, sizeof(op), 1), 0, XM_R_NONE);
    return op.status;
}

/* GNT-60, GNT-90. */
START_TEST(a_page_is_given_away)
{
    grant_entry(GRANTER, 5, GTF_accept_transfer, 0, 0x1234);
    expect(update(&gx, BOOT_L1, TARGET_SLOT, xm_pte(OWN, P)), 0, XM_R_NONE);
    expect_status(transfer(GRANTER, 5, OWN), GNTST_bad_page,
                  XM_R_GNT_TRANSFER_FRAME);
    expect(update(&gx, BOOT_L1, TARGET_SLOT, 0), 0, XM_R_NONE);
    ck_assert_int_eq(transfer(GRANTER, 5, OWN), GNTST_okay);
    ck_assert_uint_eq(frame(&gx, OWN)->owner, GRANTER);
    expect_frame(&gx, OWN, 1, 0);
    ck_assert_uint_eq(*xm_machine_m2p(gx.cpu.machine, OWN), 0x1234);
    ck_assert_uint_eq(entry_frame(GRANTER, 5), OWN);
    ck_assert_uint_eq(entry_flags(GRANTER, 5), GTF_accept_transfer |
                                                   GTF_transfer_committed |
                                                   GTF_transfer_completed);
    expect_status(transfer(GRANTER, 5, OWN), GNTST_bad_page,
                  XM_R_GNT_TRANSFER_FRAME);
}
END_TEST

/* GNT-87..89: the page is lost whatever is wrong behind it. */
static const struct {
    xm_domid dom;
    uint32_t ref;
    xm_mfn mfn;
    int16_t status;
    enum xm_rule rule;
} transfers[] = {
    { 6, 5, OWN, GNTST_bad_domain, XM_R_GNT_TRANSFER_DOMAIN },
    { GRANTER, 4, OWN, ERROR, XM_R_GNT_TRANSFER_ENTRY },
    { GRANTER, 3, OWN, ERROR, XM_R_GNT_TRANSFER_ENTRY },
    { GRANTER, 512, OWN, ERROR, XM_R_GNT_REF },
    { GRANTER, 5, NR_FRAMES, GNTST_bad_page, XM_R_GNT_TRANSFER_FRAME },
    { GRANTER, 5, FRAME_MMIO, GNTST_bad_page, XM_R_GNT_TRANSFER_FRAME },
    { GRANTER, 5, PAGE, GNTST_bad_page, XM_R_GNT_TRANSFER_FRAME },
    { GRANTER, 5, 0, GNTST_bad_page, XM_R_GNT_TRANSFER_FRAME }, /* shared */
    { GRANTER, 5, BOOT_L1, GNTST_bad_page, XM_R_GNT_TRANSFER_FRAME },
};

START_TEST(transfers_fail)
{
    grant_entry(GRANTER, 5, GTF_accept_transfer, 0, 0x1234);
    grant_entry(GRANTER, 4, GTF_accept_transfer, 3, 0x1234);
    grant_entry(GRANTER, 3, GTF_permit_access, 0, 0x1234);
    expect_status(
        transfer(transfers[_i].dom, transfers[_i].ref, transfers[_i].mfn),
        transfers[_i].status, transfers[_i].rule);
    ck_assert_uint_eq(frame(&gx, OWN)->owner,
                      transfers[_i].mfn == OWN ? XM_DOMID_NONE : 0);
    domain(GRANTER)->max_pages = 1;
    expect_status(transfer(GRANTER, 5, OTHER), ERROR, XM_R_GNT_TRANSFER_ROOM);
    ck_assert_uint_eq(frame(&gx, OTHER)->count_info, XM_PGC_STATE_FREE);
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

int main(void)
{
    Suite *s = suite_create("grants: tables");
    TCase *t = tcase_create("tables");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, grant_setup, grant_teardown);
    tcase_add_test(t, a_table_grows);
    tcase_add_loop_test(t, a_table_grows_in_whole_or_not, 0, 7);
    tcase_add_test(t, a_domain_without_a_table);
    tcase_add_test(t, shared_frames_are_mapped);
    tcase_add_test(t, sizes_are_told);
    tcase_add_test(t, versions_are_told);
    tcase_add_test(t, versions_change);
    tcase_add_loop_test(t, entries_go_back_to_version_1, 0, COUNT(version_2));
    tcase_add_test(t, a_mapped_status_frame_stays);
    tcase_add_test(t, a_mapped_status_frame_keeps_those_before_it);
    tcase_add_loop_test(t, entries_are_swapped, 1, 3);
    tcase_add_test(t, a_page_is_given_away);
    tcase_add_loop_test(t, transfers_fail, 0, COUNT(transfers));
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
