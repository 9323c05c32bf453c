/* SPDX-License-Identifier: MIT
 *
 * Copies by way of grants, and what all calls have in common: faults, batches,
 * continuations. Rules GNT-62..69, GNT-91..96.
 */
#include "grant_fixture.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <xen/errno.h>

#define OWN (FIRST_FREE + 1) /* pages of domain 0 */
#define OTHER (FIRST_FREE + 2)
#define ERROR GNTST_general_error

static struct gnttab_copy copy_op(uint32_t source_ref, xm_mfn dest,
                                  uint16_t from, uint16_t to, uint16_t len)
{
    struct gnttab_copy op = { .len = len, .flags = GNTCOPY_source_gref };

    op.source.u.ref = source_ref;
    op.source.domid = GRANTER;
    op.source.offset = from;
    op.dest.u.gmfn = dest;
    op.dest.domid = DOMID_SELF;
    op.dest.offset = to;
    return op;
}

static int16_t copy(struct gnttab_copy op)
{
    expect(grant_call(GNTTABOP_copy, &op, sizeof(op), 1), 0, XM_R_NONE);
    return op.status;
}

static uint8_t *bytes(xm_mfn mfn)
{
    return (uint8_t *)xm_ram_frame(&gx.cpu, mfn);
}

/* Without the call: only the frames are told apart. */
static void set_version_2(xm_domid domid, xm_mfn status, xm_mfn shared)
{
    struct xm_domain *d = domain(domid);

    d->grant.version = 2;
    d->grant.nr_status_frames = 1;
    xm_grant_status_frames(gx.cpu.machine, d)[0] = status;
    xm_grant_shared_frames(gx.cpu.machine, d)[0] = shared;
}

/* GNT-62, GNT-91, GNT-92. */
START_TEST(copies_of_pages)
{
    struct gnttab_copy op;

    grant_entry(GRANTER, 1, GTF_permit_access | GTF_readonly, 0, PAGE);
    memcpy(bytes(PAGE) + 5, "grant", 5);
    ck_assert_int_eq(copy(copy_op(1, OWN, 5, 4090, 5)), GNTST_okay);
    ck_assert(memcmp(bytes(OWN) + 4090, "grant", 5) == 0);
    expect_frame(&gx, OWN, 1, WRITABLE(0));
    ck_assert_uint_eq(active(GRANTER, 1)->pin, 0);
    ck_assert_uint_eq(entry_flags(GRANTER, 1),
                      GTF_permit_access | GTF_readonly);
    expect_status(copy(copy_op(1, OWN, 5, 4092, 5)), GNTST_bad_copy_arg,
                  XM_R_GNT_COPY_PAGE);
    expect_status(copy(copy_op(1, BOOT_L2, 0, 0, 8)), ERROR,
                  XM_R_GNT_COPY_TYPED);
    expect_status(copy(copy_op(1, PAGE, 0, 0, 8)), GNTST_bad_page,
                  XM_R_GNT_COPY_FRAME);
    expect_status(copy(copy_op(512, OWN, 0, 0, 8)), GNTST_bad_gntref,
                  XM_R_GNT_REF);
    op = copy_op(1, OWN, 0, 0, 8);
    op.flags |= GNTCOPY_dest_gref; /* entry OWN of its own table */
    expect_status(copy(op), ERROR, XM_R_GNT_ENTRY);
    op.dest.u.ref = 1;
    op.dest.domid = GRANTER;
    expect_status(copy(op), ERROR, XM_R_GNT_READONLY);
    op.dest.domid = 6;
    expect_status(copy(op), GNTST_bad_domain, XM_R_GNT_DOMAIN);
    op.flags = 0; /* domains first, then the source, then the destination */
    expect_status(copy(op), GNTST_bad_domain, XM_R_GNT_DOMAIN);
    op.dest.domid = GRANTER;
    op.source.domid = DOMID_SELF;
    op.source.u.gmfn = PAGE;
    expect_status(copy(op), GNTST_bad_page, XM_R_GNT_COPY_FRAME);
    op.source.u.gmfn = OWN;
    expect_status(copy(op), GNTST_permission_denied, XM_R_GNT_COPY_FOREIGN);
    expect_frame(&gx, PAGE, 1, 0);
}
END_TEST

START_TEST(entries_refuse_copies)
{
    struct xm_grant_active *act =
        xm_grant_active(gx.cpu.machine, domain(GRANTER));

    grant_entry(GRANTER, 1, GTF_permit_access, 0, FRAME_XEN);
    expect_status(copy(copy_op(1, OWN, 0, 0, 8)), GNTST_bad_page,
                  XM_R_GNT_NOT_OWN);
    ck_assert_uint_eq(entry_flags(GRANTER, 1), GTF_permit_access);
    grant_entry(GRANTER, 1, GTF_permit_access, 0, PAGE);
    act[1] = (struct xm_grant_active){ .pin = XM_PIN_HOST_READ, .domid = 3 };
    expect_status(copy(copy_op(1, OWN, 0, 0, 8)), ERROR, XM_R_GNT_PINNED);
    act[1] = (struct xm_grant_active){ .pin = 128 * XM_PIN_HOST_READ };
    expect_status(copy(copy_op(1, OWN, 0, 0, 8)), ERROR, XM_R_GNT_PINNED);
    act[1].pin = 0;
    set_version_2(GRANTER, 1, 15);
    grant_entry(GRANTER, 2, GTF_transitive, 3, 0);
    expect_status(copy(copy_op(2, OWN, 0, 0, 8)), ERROR, XM_R_GNT_ENTRY);
}
END_TEST

START_TEST(a_pin_without_its_page)
{
    struct gnttab_map_grant_ref a;

    grant_entry(GRANTER, 1, GTF_permit_access, 0, PAGE);
    a = map_at(TARGET_VA, GRANTER, 1, GNTMAP_host_map);
    ck_assert_int_eq(a.status, GNTST_okay);
    ck_assert_int_eq(copy(copy_op(1, OWN, 0, 0, 8)), GNTST_okay);
    expect_frame(&gx, PAGE, 2, WRITABLE(1));
    /* Implicitly unmapped, and given away. */
    expect(update(&gx, BOOT_L1, TARGET_SLOT, 0), 0, XM_R_NONE);
    give(PAGE, 0);
    expect_status(copy(copy_op(1, OWN, 0, 0, 8)), GNTST_bad_domain,
                  XM_R_GNT_OWNER);
    /* The first to write looks at the entry again. */
    grant_entry(GRANTER, 2, GTF_permit_access, 0, OTHER);
    give(OTHER, GRANTER);
    a = map_at(TARGET_VA, GRANTER, 2, GNTMAP_host_map | GNTMAP_readonly);
    ck_assert_int_eq(a.status, GNTST_okay);
    grant_entry(GRANTER, 2, GTF_permit_access, 0, OTHER + 1);
    give(OTHER + 1, GRANTER);
    {
        struct gnttab_copy op = copy_op(2, OWN, 0, 0, 8);

        op.flags = GNTCOPY_dest_gref;
        op.dest.u.ref = 2;
        op.dest.domid = GRANTER;
        op.source.u.gmfn = OWN;
        op.source.domid = DOMID_SELF;
        expect_status(copy(op), ERROR, XM_R_GNT_CHANGED);
    }
    expect_frame(&gx, OTHER + 1, 1, 0);
}
END_TEST

/* GNT-92..96: parts of a page, and transitive entries, of version 2. */
START_TEST(copies_of_version_2)
{
    union grant_entry_v2 *e;

    set_version_2(0, 14, 0);
    set_version_2(GRANTER, 1, 15);
    e = (union grant_entry_v2 *)bytes(15);
    e[1].sub_page.hdr.flags = GTF_permit_access | GTF_sub_page;
    e[1].sub_page.page_off = 100;
    e[1].sub_page.length = 50;
    e[1].sub_page.frame = PAGE;
    ck_assert_int_eq(copy(copy_op(1, OWN, 100, 0, 50)), GNTST_okay);
    expect_status(copy(copy_op(1, OWN, 100, 0, 51)), ERROR,
                  XM_R_GNT_COPY_BOUNDS);
    expect_status(copy(copy_op(1, OWN, 99, 0, 1)), ERROR, XM_R_GNT_COPY_BOUNDS);
    ck_assert_uint_eq(domain(GRANTER)->grant.nr_v2_ops, 0);
    ck_assert_uint_eq(entry_status(GRANTER, 1), 0);

    /* By way of domain 0, which grants OTHER to domain 7. */
    grant_entry(0, 6, GTF_permit_access, GRANTER, OTHER);
    e[2].transitive.hdr.flags = GTF_transitive;
    e[2].transitive.trans_domid = 0;
    e[2].transitive.gref = 6;
    memcpy(bytes(OTHER), "third", 5);
    ck_assert_int_eq(copy(copy_op(2, OWN, 0, 0, 5)), GNTST_okay);
    ck_assert(memcmp(bytes(OWN), "third", 5) == 0);
    expect_frame(&gx, OTHER, 1, 0);
    ck_assert_uint_eq(active(GRANTER, 2)->pin, 0);
    ck_assert_uint_eq(active(0, 6)->pin, 0);
    ck_assert_uint_eq(entry_status(0, 6), 0);
    ck_assert_uint_eq(domain(GRANTER)->grant.nr_v2_ops, 0);
    expect_status(map_at(TARGET_VA, GRANTER, 2, GNTMAP_host_map).status, ERROR,
                  XM_R_GNT_ENTRY);

    ((union grant_entry_v2 *)bytes(0))[6].hdr.flags = GTF_transitive;
    expect_status(copy(copy_op(2, OWN, 0, 0, 5)), ERROR,
                  XM_R_GNT_TRANSITIVE_TWICE);
    e[2].transitive.trans_domid = GRANTER;
    expect_status(copy(copy_op(2, OWN, 0, 0, 5)), ERROR,
                  XM_R_GNT_TRANSITIVE_SELF);
    e[2].transitive.trans_domid = 6;
    expect_status(copy(copy_op(2, OWN, 0, 0, 5)), ERROR,
                  XM_R_GNT_TRANSITIVE_DOMAIN);
    ck_assert_uint_eq(entry_status(GRANTER, 2), 0);

    /* Mapped, and transitive from now on: the call never ends. */
    grant_entry(GRANTER, 3, GTF_permit_access, 0, PAGE);
    ck_assert_int_eq(
        map_at(TARGET_VA, GRANTER, 3, GNTMAP_host_map | GNTMAP_readonly).status,
        GNTST_okay);
    grant_entry(0, 6, GTF_permit_access, GRANTER, OTHER);
    e[3] = e[2];
    e[3].transitive.trans_domid = 0;
    {
        struct gnttab_copy op = copy_op(3, OWN, 0, 0, 5);

        expect(grant_call(GNTTABOP_copy, &op, sizeof(op), 1), -XEN_ERESTART,
               XM_R_CALL_PREEMPTED);
        ck_assert(xm_rule_set_has(&gx.cpu.fired, XM_R_GNT_TRANSITIVE_CHANGED));
    }
    expect_frame(&gx, OTHER, 1, 0);
    expect_frame(&gx, PAGE, 2, 0);
    ck_assert_uint_eq(domain(GRANTER)->grant.nr_v2_ops, 0);
}
END_TEST

/* GNT-64..66. */
START_TEST(calls_are_checked)
{
    uint64_t arg[6] = { 99, ARGS_VA, 1 };

    expect(xm_hypercall(&gx.cpu, __HYPERVISOR_grant_table_op, arg), -XEN_ENOSYS,
           XM_R_GNT_COMMAND);
    arg[0] = GNTTABOP_map_grant_ref | 0x1000;
    expect(xm_hypercall(&gx.cpu, __HYPERVISOR_grant_table_op, arg), -XEN_EINVAL,
           XM_R_GNT_CONTINUATION);
    arg[0] = GNTTABOP_map_grant_ref;
    arg[2] = 0x80000000;
    expect(xm_hypercall(&gx.cpu, __HYPERVISOR_grant_table_op, arg), -XEN_EINVAL,
           XM_R_GNT_COUNT);
    arg[2] = 0x100000000; /* 32 bits count */
    arg[1] = UNMAPPED_VA;
    expect(xm_hypercall(&gx.cpu, __HYPERVISOR_grant_table_op, arg), 0,
           XM_R_NONE);
    arg[1] = 0xffff800000000000;
    expect(xm_hypercall(&gx.cpu, __HYPERVISOR_grant_table_op, arg), -XEN_EFAULT,
           XM_R_CALL_ADDRESS);
    domain(0)->grant.version = 0;
    expect(xm_hypercall(&gx.cpu, __HYPERVISOR_grant_table_op, arg), -XEN_ENOSYS,
           XM_R_CALL_UNKNOWN);
    domain(0)->grant.version = 1;
}
END_TEST

/* Every call that takes structures, with nothing there, or half of it. */
static const struct {
    unsigned int cmd;
    size_t size;
} calls[] = {
    { GNTTABOP_map_grant_ref, sizeof(struct gnttab_map_grant_ref) },
    { GNTTABOP_unmap_grant_ref, sizeof(struct gnttab_unmap_grant_ref) },
    { GNTTABOP_unmap_and_replace, sizeof(struct gnttab_unmap_and_replace) },
    { GNTTABOP_transfer, sizeof(struct gnttab_transfer) },
    { GNTTABOP_copy, sizeof(struct gnttab_copy) },
    { GNTTABOP_swap_grant_ref, sizeof(struct gnttab_swap_grant_ref) },
    { GNTTABOP_setup_table, sizeof(struct gnttab_setup_table) },
    { GNTTABOP_query_size, sizeof(struct gnttab_query_size) },
    { GNTTABOP_get_status_frames, sizeof(struct gnttab_get_status_frames) },
    { GNTTABOP_get_version, sizeof(struct gnttab_get_version) },
    { GNTTABOP_set_version, sizeof(struct gnttab_set_version) },
    { GNTTABOP_cache_flush, sizeof(struct gnttab_cache_flush) },
};

START_TEST(arguments_fault)
{
    uint64_t arg[6] = { calls[_i].cmd, UNMAPPED_VA, 1 };

    expect(xm_hypercall(&gx.cpu, __HYPERVISOR_grant_table_op, arg), -XEN_EFAULT,
           XM_R_CALL_FAULT);
    /* Ends beyond the page; what is behind is not mapped. */
    arg[1] = ARGS_VA + XM_PAGE_SIZE - calls[_i].size / 2;
    expect(xm_hypercall(&gx.cpu, __HYPERVISOR_grant_table_op, arg), -XEN_EFAULT,
           XM_R_CALL_FAULT);
    /* There, but not writable. */
    expect(update(&gx, BOOT_L1, TARGET_SLOT, xm_pte(OTHER, P | US)), 0,
           XM_R_NONE);
    memset(bytes(OTHER), 0, XM_PAGE_SIZE);
    arg[1] = TARGET_VA;
    if (calls[_i].cmd == GNTTABOP_cache_flush) { /* has no status */
        expect(xm_hypercall(&gx.cpu, __HYPERVISOR_grant_table_op, arg), 0,
               XM_R_NONE);
        return;
    }
    expect(xm_hypercall(&gx.cpu, __HYPERVISOR_grant_table_op, arg), -XEN_EFAULT,
           XM_R_CALL_FAULT);
}
END_TEST

START_TEST(lists_of_frames_fault)
{
    struct gnttab_setup_table op = { .dom = 0, .nr_frames = 2 };
    struct gnttab_get_status_frames status = { .dom = 0, .nr_frames = 0 };

    op.frame_list.p = (void *)(ARGS_VA + XM_PAGE_SIZE - 8);
    expect(grant_call(GNTTABOP_setup_table, &op, sizeof(op), 1), 0, XM_R_NONE);
    expect_status(op.status, GNTST_bad_virt_addr, XM_R_GNT_FRAME_LIST);
    ck_assert_uint_eq(entry(&gx, ARGS, 0)[511], 0);
    op.frame_list.p = (void *)0xffff800000000000;
    expect(grant_call(GNTTABOP_setup_table, &op, sizeof(op), 1), -XEN_EFAULT,
           XM_R_CALL_ADDRESS);
    status.frame_list.p = (void *)0xffff800000000000;
    expect(grant_call(GNTTABOP_get_status_frames, &status, sizeof(status), 1),
           -XEN_EFAULT, XM_R_CALL_ADDRESS);
}
END_TEST

/* GNT-67: what was done before a fault stays done. */
START_TEST(a_batch_faults_half_way)
{
    /* Not to where the second structure should be. */
    const xm_vaddr va = TARGET_VA + 0x1000;
    const struct gnttab_map_grant_ref m = { .host_addr = va,
                                            .flags = GNTMAP_host_map,
                                            .dom = GRANTER };
    const struct gnttab_unmap_grant_ref u = { .host_addr = va };
    uint64_t arg[6] = { GNTTABOP_map_grant_ref,
                        ARGS_VA + XM_PAGE_SIZE - sizeof(m), 2 };

    grant_entry(GRANTER, 0, GTF_permit_access, 0, PAGE);
    memcpy(bytes(ARGS) + XM_PAGE_SIZE - sizeof(m), &m, sizeof(m));
    expect(xm_hypercall(&gx.cpu, __HYPERVISOR_grant_table_op, arg), -XEN_EFAULT,
           XM_R_CALL_FAULT);
    ck_assert_uint_eq(active(GRANTER, 0)->pin, XM_PIN_HOST_WRITE);
    /* And the unmap that came before a fault is completed. */
    arg[0] = GNTTABOP_unmap_grant_ref;
    arg[1] = ARGS_VA + XM_PAGE_SIZE - sizeof(u);
    arg[2] = 2;
    memcpy(bytes(ARGS) + XM_PAGE_SIZE - sizeof(u), &u, sizeof(u));
    expect(xm_hypercall(&gx.cpu, __HYPERVISOR_grant_table_op, arg), -XEN_EFAULT,
           XM_R_CALL_FAULT);
    expect_frame(&gx, PAGE, 1, WRITABLE(0));
    ck_assert_uint_eq(active(GRANTER, 0)->pin, 0);
}
END_TEST

static struct gnttab_cache_flush flush_op(xm_mfn mfn)
{
    return (struct gnttab_cache_flush){ .a.dev_bus_addr = mfn << 12,
                                        .length = 1,
                                        .op = GNTTAB_CACHE_CLEAN };
}

static struct xm_result flush(struct gnttab_cache_flush op)
{
    return grant_call(GNTTABOP_cache_flush, &op, sizeof(op), 1);
}

/* GNT-97, GNT-98. */
START_TEST(caches_are_flushed)
{
    struct gnttab_cache_flush op = flush_op(OWN);

    expect(flush(op), 0, XM_R_NONE);
    op.offset = XM_PAGE_SIZE;
    expect(flush(op), -XEN_EINVAL, XM_R_GNT_CACHE_ARGUMENTS);
    op.offset = XM_PAGE_SIZE - 1;
    expect(flush(op), 0, XM_R_NONE);
    op.length = 2;
    expect(flush(op), -XEN_EINVAL, XM_R_GNT_CACHE_ARGUMENTS);
    op = flush_op(OWN);
    op.op = GNTTAB_CACHE_SOURCE_GREF;
    expect(flush(op), -XEN_EINVAL, XM_R_GNT_CACHE_ARGUMENTS);
    expect(flush(flush_op(NR_FRAMES)), -XEN_EINVAL, XM_R_GNT_CACHE_FRAME);
    expect(flush(flush_op(FRAME_XEN)), -XEN_EPERM, XM_R_GNT_CACHE_OWNER);
    expect(flush(flush_op(FRAME_MMIO)), -XEN_EPERM, XM_R_GNT_CACHE_OWNER);
    expect(flush(flush_op(PAGE)), -XEN_EINVAL, XM_R_GNT_CACHE_NOT_MAPPED);
}
END_TEST

/* GNT-99: the place of the search goes through the command word. */
START_TEST(a_search_for_a_grant_is_continued)
{
    const struct gnttab_cache_flush op = flush_op(PAGE);
    uint64_t arg[6] = { GNTTABOP_cache_flush, ARGS_VA, 1 };
    struct xm_grant_active *last =
        &xm_grant_active(gx.cpu.machine, domain(GRANTER))[4100];

    domain(GRANTER)->grant.nr_frames = MAX_GRANT_FRAMES;
    *last = (struct xm_grant_active){ .pin = 1, .mfn = PAGE };
    memcpy(bytes(ARGS), &op, sizeof(op));
    gx.cpu.preempt_after = 0;
    expect(xm_hypercall(&gx.cpu, __HYPERVISOR_grant_table_op, arg),
           -XEN_ERESTART, XM_R_CALL_PREEMPTED);
    ck_assert_uint_eq(arg[0], GNTTABOP_cache_flush | 4096);
    ck_assert_uint_eq(arg[1], ARGS_VA);
    expect(xm_hypercall(&gx.cpu, __HYPERVISOR_grant_table_op, arg), 0,
           XM_R_NONE);
    last->domid = 3; /* used by somebody else */
    arg[0] = GNTTABOP_cache_flush;
    arg[1] = ARGS_VA;
    arg[2] = 1;
    expect(xm_hypercall(&gx.cpu, __HYPERVISOR_grant_table_op, arg), -XEN_EINVAL,
           XM_R_GNT_CACHE_NOT_MAPPED);
    entry(&gx, ARGS, 1)[0] = 0; /* nothing to be flushed */
    arg[0] = GNTTABOP_cache_flush | 4096;
    expect(xm_hypercall(&gx.cpu, __HYPERVISOR_grant_table_op, arg), -XEN_EILSEQ,
           XM_R_GNT_CACHE_PLACE);
    domain(GRANTER)->grant.nr_frames = 1;
}
END_TEST

/* Calls until it is done; how often it was interrupted. */
static unsigned int run(unsigned int cmd, void *ops, size_t size, uint32_t n)
{
    uint64_t arg[6] = { cmd, ARGS_VA, n };
    unsigned int parts = 0;
    struct xm_result r;

    memcpy(bytes(ARGS), ops, size * n);
    do {
        gx.cpu.preempt_after = 0;
        r = xm_hypercall(&gx.cpu, __HYPERVISOR_grant_table_op, arg);
        parts++;
        ck_assert_uint_eq(arg[1], r.rc == 0 ? ARGS_VA + size * n : arg[1]);
    } while (r.rc == -XEN_ERESTART);
    expect(r, 0, XM_R_NONE);
    gx.cpu.preempt_after = -1;
    memcpy(ops, bytes(ARGS), size * n);
    return parts;
}

/* GNT-68, GNT-69: between any two, or after 32 unmaps. */
START_TEST(batches_are_continued)
{
    struct gnttab_map_grant_ref maps[70];
    struct gnttab_unmap_grant_ref unmaps[70];
    struct gnttab_copy copies[3];

    grant_entry(GRANTER, 0, GTF_permit_access, 0, PAGE);
    for (unsigned int i = 0; i < 70; i++)
        maps[i] = (struct gnttab_map_grant_ref){ .flags = GNTMAP_device_map,
                                                 .dom = GRANTER };
    ck_assert_uint_eq(run(GNTTABOP_map_grant_ref, maps, sizeof(maps[0]), 70),
                      70);
    expect_frame(&gx, PAGE, 71, WRITABLE(70));
    for (unsigned int i = 0; i < 70; i++) {
        ck_assert_int_eq(maps[i].status, GNTST_okay);
        unmaps[i] = (struct gnttab_unmap_grant_ref){ .dev_bus_addr =
                                                         maps[i].dev_bus_addr,
                                                     .handle = maps[i].handle };
    }
    ck_assert_uint_eq(
        run(GNTTABOP_unmap_grant_ref, unmaps, sizeof(unmaps[0]), 70), 3);
    expect_frame(&gx, PAGE, 1, WRITABLE(0));
    for (unsigned int i = 0; i < 3; i++) {
        copies[i] = copy_op(0, OWN, 0, (uint16_t)(i * 8), 8);
        copies[i].status = 1;
    }
    memcpy(bytes(PAGE), "continue", 8);
    ck_assert_uint_eq(run(GNTTABOP_copy, copies, sizeof(copies[0]), 3), 3);
    ck_assert_int_eq(copies[2].status, GNTST_okay);
    ck_assert(memcmp(bytes(OWN) + 16, "continue", 8) == 0);
    expect_frame(&gx, PAGE, 1, WRITABLE(0));
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

int main(void)
{
    Suite *s = suite_create("grants: copies and calls");
    TCase *t = tcase_create("copies and calls");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, grant_setup, grant_teardown);
    tcase_add_test(t, copies_of_pages);
    tcase_add_test(t, entries_refuse_copies);
    tcase_add_test(t, a_pin_without_its_page);
    tcase_add_test(t, copies_of_version_2);
    tcase_add_test(t, caches_are_flushed);
    tcase_add_test(t, a_search_for_a_grant_is_continued);
    tcase_add_test(t, calls_are_checked);
    tcase_add_loop_test(t, arguments_fault, 0, COUNT(calls));
    tcase_add_test(t, lists_of_frames_fault);
    tcase_add_test(t, a_batch_faults_half_way);
    tcase_add_test(t, batches_are_continued);
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
