/* SPDX-License-Identifier: MIT
 *
 * memory_op, domctl and rights to I/O where memory ends or cannot be written.
 * Rules MEM-12, MEM-62, MEM-63, MEM-80, OTH-04, OTH-10, FRM-12.
 */
#include "fixture.h"

#include <check.h>
#include <string.h>
#include <xen-model/domctl.h>
#include <xen/errno.h>
#include <xen/memory.h>
#include <xen/vcpu.h>

#define ARGUMENTS (FIRST_FREE + 0)
#define READ_ONLY (FIRST_FREE + 1)
#define GIVEN (FIRST_FREE + 2)
#define SLOT 500ull
#define VA (SLOT << XM_PAGE_SHIFT)
#define READ_ONLY_VA (VA + XM_PAGE_SIZE)
#define NOWHERE (VA + 2 * XM_PAGE_SIZE)
#define LISTS 1024u /* bytes from VA */

static struct fixture f;

static void setup(void)
{
    fixture_setup(&f, true);
    expect(update(&f, BOOT_L1, SLOT, xm_pte(ARGUMENTS, RWU)), 0, XM_R_NONE);
    expect(update(&f, BOOT_L1, SLOT + 1, xm_pte(READ_ONLY, RWU & ~XM_PTE_RW)),
           0, XM_R_NONE);
}

static void teardown(void)
{
    expect_invariants(&f);
    fixture_teardown(&f);
}

static struct xm_result memory_op(uint64_t command, xm_vaddr va)
{
    uint64_t arg[6] = { command, va };

    return xm_hypercall(&f.cpu, __HYPERVISOR_memory_op, arg);
}

/* One frame for another; the new number goes to OUT. */
static void write_exchange(xm_mfn at, xm_vaddr out)
{
    struct xen_memory_exchange x = {
        .in = { .nr_extents = 1, .domid = DOMID_SELF },
        .out = { .nr_extents = 1, .domid = DOMID_SELF },
    };
    const xm_vaddr in = VA + LISTS;

    memcpy(&x.in.extent_start, &in, sizeof(in));
    memcpy(&x.out.extent_start, &out, sizeof(out));
    *entry(&f, ARGUMENTS, LISTS / 8) = GIVEN;
    memcpy(entry(&f, at, 0), &x, sizeof(x));
}

/* The chunk is exchanged, though its number cannot be told. */
START_TEST(exchange_without_a_place_for_the_number)
{
    write_exchange(ARGUMENTS, NOWHERE);
    expect(memory_op(XENMEM_exchange, VA), -XEN_EFAULT, XM_R_EXCHANGE_FAULT);
    ck_assert_uint_eq(frame(&f, GIVEN)->count_info & XM_PGC_STATE_MASK,
                      XM_PGC_STATE_FREE);
}
END_TEST

START_TEST(exchange_without_a_place_for_the_progress)
{
    write_exchange(READ_ONLY, VA + LISTS + 8);
    expect(memory_op(XENMEM_exchange, READ_ONLY_VA), -XEN_EFAULT,
           XM_R_EXCHANGE_FAULT);
    ck_assert_uint_eq(frame(&f, GIVEN)->count_info & XM_PGC_STATE_MASK,
                      XM_PGC_STATE_FREE);
}
END_TEST

START_TEST(no_machine_map)
{
    expect(memory_op(XENMEM_machine_memory_map, VA), -XEN_ENOSYS,
           XM_R_MEMORY_COMMAND);
}
END_TEST

START_TEST(no_more_frames)
{
    struct xen_memory_reservation m = { .nr_extents = 1, .domid = DOMID_SELF };
    const xm_vaddr list = VA + LISTS;

    memcpy(&m.extent_start, &list, sizeof(list));
    memcpy(entry(&f, ARGUMENTS, 0), &m, sizeof(m));
    for (xm_mfn mfn = 0; mfn < NR_FRAMES; mfn++)
        if ((frame(&f, mfn)->count_info & XM_PGC_STATE_MASK) ==
            XM_PGC_STATE_FREE)
            xm_frame_set_kind(f.cpu.machine, mfn, XM_FRAME_XEN);
    expect(memory_op(XENMEM_populate_physmap, VA), 0, XM_R_MEMORY_STOPPED);
    expect(memory_op(XENMEM_increase_reservation, VA), 0, XM_R_MEMORY_STOPPED);
}
END_TEST

START_TEST(no_more_than_the_maximum)
{
    struct xen_memory_reservation m = { .nr_extents = 1, .domid = DOMID_SELF };
    struct xm_domain *d = xm_domain_find(f.cpu.machine, 0);

    d->max_pages = d->tot_pages;
    memcpy(entry(&f, ARGUMENTS, 0), &m, sizeof(m));
    expect(memory_op(XENMEM_increase_reservation, VA), 0, XM_R_MEMORY_STOPPED);
    d->max_pages++;
    ck_assert_int_eq(memory_op(XENMEM_increase_reservation, VA).rc, 1);
}
END_TEST

/* The table of another domain grows when a frame of it is asked for. */
START_TEST(resource_grows)
{
    struct xen_mem_acquire_resource q = { .domid = 7,
                                          .type = XENMEM_resource_grant_table,
                                          .nr_frames = 2 };
    struct xm_domain *d = xm_domain_find(f.cpu.machine, 7);
    const xm_vaddr list = VA + LISTS;

    ck_assert(xm_grant_table_init(&f.cpu, d));
    memcpy(&q.frame_list, &list, sizeof(list));
    memcpy(entry(&f, ARGUMENTS, 0), &q, sizeof(q));
    expect(memory_op(XENMEM_acquire_resource, VA), 0, XM_R_NONE);
    ck_assert_uint_eq(d->grant.nr_frames, 2);
    for (unsigned int i = 0; i < 2; i++)
        ck_assert_uint_eq(*entry(&f, ARGUMENTS, LISTS / 8 + i),
                          xm_grant_shared_frames(f.cpu.machine, d)[i]);
    q.frame = d->grant.max_frames;
    memcpy(entry(&f, ARGUMENTS, 0), &q, sizeof(q));
    expect(memory_op(XENMEM_acquire_resource, VA), -XEN_EINVAL,
           XM_R_RESOURCE_NONE);
}
END_TEST

static struct xm_result domctl(uint32_t cmd, struct xm_domctl op)
{
    uint64_t arg[6] = { VA };

    op.cmd = cmd;
    op.version = XM_DOMCTL_VERSION;
    op.dom = 7;
    memcpy(entry(&f, ARGUMENTS, 0), &op, sizeof(op));
    return xm_hypercall(&f.cpu, __HYPERVISOR_domctl, arg);
}

START_TEST(frame_info_that_cannot_be_stored)
{
    expect(domctl(XM_DOMCTL_GET_FRAME_INFO,
                  (struct xm_domctl){
                      .u.frame_info = { .num = 1, .array = READ_ONLY_VA } }),
           -XEN_EFAULT, XM_R_DOMCTL_FAULT);
}
END_TEST

START_TEST(context_of_another_vcpu)
{
    /* It lies in one page with the call's own structure. */
    ck_assert_uint_gt(sizeof(struct vcpu_guest_context), XM_PAGE_SIZE);
    expect(update(&f, BOOT_L1, SLOT + 2, xm_pte(READ_ONLY, RWU & ~XM_PTE_RW)),
           0, XM_R_NONE);
    expect(domctl(XM_DOMCTL_SET_VCPU_CONTEXT,
                  (struct xm_domctl){
                      .u.vcpu_context = { .vcpu = 0, .ctxt = READ_ONLY_VA } }),
           -XEN_ENOSYS, XM_R_DOMCTL_COMMAND);
}
END_TEST

START_TEST(rights_in_too_many_pieces)
{
    for (unsigned int i = 0; i <= XM_MAX_RANGES; i++)
        expect(
            domctl(XM_DOMCTL_IOMEM_PERMISSION,
                   (struct xm_domctl){ .u.iomem = { 0x100000 + 2 * i, 1, 1 } }),
            i < XM_MAX_RANGES ? 0 : -XEN_ENOMEM,
            i < XM_MAX_RANGES ? XM_R_NONE : XM_R_DOMCTL_MEMORY);
}
END_TEST

START_TEST(old_dom_io)
{
    struct xm_config config = xm_config_default(NR_FRAMES);

    fixture_teardown(&f);
    config.dom_io_is_xen_heap = true;
    fixture_setup_config(&f, true, config);
    ck_assert(frame(&f, FRAME_MMIO)->count_info & XM_PGC_XEN_HEAP);
    ck_assert(!xm_config_set_xen(&config, XM_XEN_LAST + 1));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory");
    TCase *t = tcase_create("memory");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, exchange_without_a_place_for_the_number);
    tcase_add_test(t, exchange_without_a_place_for_the_progress);
    tcase_add_test(t, no_machine_map);
    tcase_add_test(t, no_more_frames);
    tcase_add_test(t, no_more_than_the_maximum);
    tcase_add_test(t, resource_grows);
    tcase_add_test(t, frame_info_that_cannot_be_stored);
    tcase_add_test(t, context_of_another_vcpu);
    tcase_add_test(t, rights_in_too_many_pieces);
    tcase_add_test(t, old_dom_io);
    suite_add_tcase(suite, t);
    r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
