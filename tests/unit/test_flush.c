/* SPDX-License-Identifier: MIT
 *
 * Which TLB flushes Xen makes, call by call.
 */
#include "fixture.h"

#include <check.h>
#include <stdlib.h>
#include <xen/errno.h>
#include <xen/memory.h>

#define TABLE (FIRST_FREE + 0)
#define DATA (FIRST_FREE + 1)

static struct fixture fx;

static void setup(void)
{
    fixture_setup(&fx, true);
    expect(update(&fx, BOOT_L1, 1, xm_pte(DATA, RWU)), 0, XM_R_NONE);
    fx.cpu.flushed = 0;
}

static void teardown(void)
{
    fixture_teardown(&fx);
}

static void expect_flushed(uint32_t flushed)
{
    ck_assert_msg(fx.cpu.flushed == flushed, "flushed %#x, expected %#x",
                  fx.cpu.flushed, flushed);
    fx.cpu.flushed = 0;
}

START_TEST(updates_flush_above_l1_only)
{
    const struct mmu_update batch[] = {
        { .ptr = BOOT_L2 << XM_PAGE_SHIFT | 8 },
        { .ptr = FRAME_FOREIGN << XM_PAGE_SHIFT },
    };

    (void)update(&fx, BOOT_L1, 1, 0);
    expect_flushed(0);
    (void)update(&fx, DATA, 0, 1); /* a plain store */
    expect_flushed(0);
    (void)update(&fx, BOOT_L2, 1, 0);
    expect_flushed(XM_FLUSH_DOMAIN);
    (void)update(&fx, BOOT_L3, 1, 0);
    expect_flushed(XM_FLUSH_DOMAIN);
    (void)update(&fx, BOOT_L4, 1, 0);
    expect_flushed(XM_FLUSH_DOMAIN);
    (void)update(&fx, BOOT_L4, 256, 0); /* refused */
    expect_flushed(0);
    ck_assert(xm_mmu_update(&fx.cpu, batch, 2, NULL, DOMID_SELF).rc != 0);
    expect_flushed(XM_FLUSH_DOMAIN);
    /* An L1 table of a frame that had no type. */
    (void)update(&fx, BOOT_L2, 2, xm_pte(TABLE, RWU));
    expect_flushed(XM_FLUSH_DOMAIN | XM_FLUSH_TYPE);
}
END_TEST

static const struct {
    unsigned int command;
    uint32_t flushed;
} commands[] = {
    { MMUEXT_TLB_FLUSH_LOCAL, XM_FLUSH_OWN },
    { MMUEXT_INVLPG_LOCAL, XM_FLUSH_OWN_PAGE },
    { MMUEXT_TLB_FLUSH_MULTI, XM_FLUSH_VCPUS },
    { MMUEXT_INVLPG_MULTI, XM_FLUSH_VCPUS_PAGE },
    { MMUEXT_TLB_FLUSH_ALL, XM_FLUSH_DOMAIN },
    { MMUEXT_INVLPG_ALL, XM_FLUSH_DOMAIN_PAGE },
    { MMUEXT_FLUSH_CACHE, 0 },
};

START_TEST(commands_flush_what_they_say)
{
    struct mmuext_op op = { .cmd = commands[_i].command };

    op.arg1.linear_addr = 0x1000;
    op.arg2.src_mfn = 0x1000; /* the address of a bitmap */
    expect(xm_mmuext_op(&fx.cpu, &op, 1, NULL, DOMID_SELF), 0, XM_R_NONE);
    expect_flushed(commands[_i].flushed);
    op.arg2.src_mfn = 0x9000; /* not mapped */
    (void)xm_mmuext_op(&fx.cpu, &op, 1, NULL, DOMID_SELF);
    expect_flushed(commands[_i].flushed &
                   ~(uint32_t)(XM_FLUSH_VCPUS | XM_FLUSH_VCPUS_PAGE));
}
END_TEST

static const struct {
    uint64_t flags;
    uint32_t flushed;
} mappings[] = {
    { UVMF_NONE, 0 },
    { UVMF_TLB_FLUSH, XM_FLUSH_OWN },
    { UVMF_TLB_FLUSH | UVMF_ALL, XM_FLUSH_DOMAIN },
    { UVMF_TLB_FLUSH | 0x1000, XM_FLUSH_VCPUS },
    { UVMF_INVLPG, XM_FLUSH_OWN_PAGE },
    { UVMF_INVLPG | UVMF_ALL, XM_FLUSH_DOMAIN_PAGE },
    { UVMF_INVLPG | 0x1000, XM_FLUSH_VCPUS_PAGE },
    { UVMF_FLUSHTYPE_MASK, 0 },
};

START_TEST(mappings_flush_as_they_are_told)
{
    const struct xm_result r = xm_update_va_mapping(
        &fx.cpu, 0x3000, xm_pte(DATA, RWU), mappings[_i].flags);

    expect(r, 0, XM_R_NONE);
    expect_flushed(mappings[_i].flushed);
    /* What is refused has changed nothing, so there is nothing to flush. */
    (void)xm_update_va_mapping(&fx.cpu, 0x3000, xm_pte(BOOT_L1, RWU),
                               mappings[_i].flags);
    expect_flushed(0);
}
END_TEST

START_TEST(the_kernel_base_flushes_and_the_users_does_not)
{
    expect(ext(&fx, MMUEXT_NEW_BASEPTR, BOOT_L4), 0, XM_R_NONE);
    expect_flushed(XM_FLUSH_OWN);
    expect(ext(&fx, MMUEXT_NEW_USER_BASEPTR, BOOT_L4), 0, XM_R_NONE);
    expect_flushed(0);
    ck_assert(ext(&fx, MMUEXT_NEW_BASEPTR, FRAME_FOREIGN).rc != 0);
    expect_flushed(0);
    expect(ext(&fx, MMUEXT_NEW_BASEPTR, TABLE), 0, XM_R_NONE);
    expect_flushed(XM_FLUSH_OWN | XM_FLUSH_TYPE);
}
END_TEST

START_TEST(a_change_of_type_flushes)
{
    expect(ext(&fx, MMUEXT_PIN_L1_TABLE, TABLE), 0, XM_R_NONE);
    expect_flushed(XM_FLUSH_TYPE);
    expect(ext(&fx, MMUEXT_UNPIN_TABLE, TABLE), 0, XM_R_NONE);
    expect(ext(&fx, MMUEXT_PIN_L1_TABLE, TABLE), 0, XM_R_NONE);
    expect_flushed(0); /* the same type again */
    expect(ext(&fx, MMUEXT_UNPIN_TABLE, TABLE), 0, XM_R_NONE);
    expect(update(&fx, BOOT_L1, 2, xm_pte(TABLE, RWU)), 0, XM_R_NONE);
    expect_flushed(XM_FLUSH_TYPE);
    expect(update(&fx, BOOT_L1, 2, 0), 0, XM_R_NONE);
    expect(ext(&fx, MMUEXT_PIN_L1_TABLE, TABLE), 0, XM_R_NONE);
    expect_flushed(XM_FLUSH_TYPE);
}
END_TEST

START_TEST(a_store_to_a_table_flushes_nothing)
{
    expect(update(&fx, BOOT_L1, 2, xm_pte(BOOT_L1, P | US)), 0, XM_R_NONE);
    fx.cpu.flushed = 0;
    ck_assert(!xm_store64(&fx.cpu, 0x2008, 0).taken);
    ck_assert_uint_eq(*entry(&fx, BOOT_L1, 1), 0);
    expect_flushed(0);
}
END_TEST

START_TEST(a_new_gdt_flushes)
{
    uint64_t arg[6] = { 0x1000, 1 };

    expect(update(&fx, BOOT_L1, 1, xm_pte(DATA, RWU)), 0, XM_R_NONE);
    *entry(&fx, DATA, 0) = FRAME_FOREIGN;
    expect(xm_hypercall(&fx.cpu, __HYPERVISOR_set_gdt, arg), -XEN_EINVAL,
           XM_R_GDT_FRAME);
    expect_flushed(0);
    arg[1] = 0;
    expect(xm_hypercall(&fx.cpu, __HYPERVISOR_set_gdt, arg), 0, XM_R_NONE);
    expect_flushed(XM_FLUSH_OWN);
}
END_TEST

/* Somebody may have it mapped still from when it was last used. */
START_TEST(allocating_flushes)
{
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
    uint64_t arg[6] = { XENMEM_increase_reservation, 0x1000 };

    *(struct xen_memory_reservation *)entry(&fx, DATA, 0) = r;
    expect(xm_hypercall(&fx.cpu, __HYPERVISOR_memory_op, arg), 1, XM_R_NONE);
    expect_flushed(XM_FLUSH_TYPE);
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

int main(void)
{
    Suite *s = suite_create("flush");
    TCase *t = tcase_create("privileged");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, updates_flush_above_l1_only);
    tcase_add_loop_test(t, commands_flush_what_they_say, 0, COUNT(commands));
    tcase_add_loop_test(t, mappings_flush_as_they_are_told, 0, COUNT(mappings));
    tcase_add_test(t, the_kernel_base_flushes_and_the_users_does_not);
    tcase_add_test(t, a_change_of_type_flushes);
    tcase_add_test(t, a_store_to_a_table_flushes_nothing);
    tcase_add_test(t, a_new_gdt_flushes);
    tcase_add_test(t, allocating_flushes);
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
