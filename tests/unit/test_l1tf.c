/* SPDX-License-Identifier: MIT
 *
 * Absent entries that are vulnerable to L1TF: crash, or shadow page tables.
 */
#include "fixture.h"

#include <check.h>
#include <stdlib.h>
#include <xen/errno.h>
#include <xen-model/execute.h>

#define TABLE (FIRST_FREE + 0)
#define CHILD (FIRST_FREE + 1)
#define OTHER (FIRST_FREE + 2)
#define VULNERABLE 0x123456000ull
#define SAFE (3ull << 38)
#define PSE XM_PTE_PSE

static struct fixture fx;

/* As if the domain had been made under this option. */
static struct xm_domain *protect(enum xm_l1tf l1tf)
{
    struct xm_config *config =
        (struct xm_config *)(uintptr_t)xm_machine_config(fx.cpu.machine);
    struct xm_domain *d = xm_domain_find(fx.cpu.machine, 1);

    config->l1tf_domu = l1tf;
    config->l1tf_safe = SAFE; /* as on a machine without a hole at the top */
    d->check_l1tf = l1tf != XM_L1TF_UNCHECKED;
    return d;
}

static void setup(void)
{
    fixture_setup(&fx, false);
}

static void teardown(void)
{
    expect_invariants(&fx);
    fixture_teardown(&fx);
}

static const struct {
    xm_mfn table;
    uint64_t value;
    bool vulnerable;
} entries[] = {
    { BOOT_L1, 0, false },
    { BOOT_L1, 0xffe | XM_PTE_NX, false }, /* flags only */
    { BOOT_L1, 0x1000, true },
    { BOOT_L1, SAFE - 0x1000, true },
    { BOOT_L1, SAFE, false },
    { BOOT_L1, SAFE | 1ull << 45, false },
    { BOOT_L1, 1ull << 45, false }, /* no address bit of the L1 cache */
    { BOOT_L1, 1ull << 45 | 0x1000, true },
    { BOOT_L1, PSE, false },
    { BOOT_L2, PSE, true },
    { BOOT_L2, SAFE | PSE, true },
    { BOOT_L2, SAFE, false },
    { BOOT_L3, PSE, true },
    { BOOT_L3, VULNERABLE, true },
    { BOOT_L4, VULNERABLE, true },
    { BOOT_L4, PSE, true },
    { BOOT_L4, 0xe00, false },
};

START_TEST(shadow_page_tables_make_any_entry_acceptable)
{
    const xm_mfn table = entries[_i].table;
    const uint64_t v = entries[_i].value;
    const struct xm_domain *d = protect(XM_L1TF_SHADOW);

    if (entries[_i].vulnerable) {
        expect(update(&fx, table, 5, v), -XEN_ERESTART, XM_R_L1TF_SHADOW);
        ck_assert(d->shadow_forced && !d->crashed);
        ck_assert_uint_eq(*entry(&fx, table, 5), 0);
    }
    expect(update(&fx, table, 5, v), 0, XM_R_NONE);
    ck_assert_uint_eq(*entry(&fx, table, 5), v);
    ck_assert_int_eq(d->shadow_forced, entries[_i].vulnerable);
}
END_TEST

START_TEST(without_them_the_domain_crashes)
{
    const xm_mfn table = entries[_i].table;
    const uint64_t v = entries[_i].value;
    const struct xm_domain *d = protect(XM_L1TF_CRASH);

    if (entries[_i].vulnerable) {
        expect(update(&fx, table, 5, v), -XEN_ERESTART, XM_R_L1TF_CRASH);
        ck_assert(d->crashed && !d->shadow_forced);
        ck_assert_uint_eq(*entry(&fx, table, 5), 0);
    } else {
        expect(update(&fx, table, 5, v), 0, XM_R_NONE);
        ck_assert(!d->crashed);
    }
}
END_TEST

START_TEST(unchecked_domains_store_what_they_like)
{
    protect(XM_L1TF_UNCHECKED);
    expect(update(&fx, entries[_i].table, 5, entries[_i].value), 0, XM_R_NONE);
    ck_assert_uint_eq(*entry(&fx, entries[_i].table, 5), entries[_i].value);
}
END_TEST

START_TEST(an_l1_is_validated_up_to_the_entry)
{
    protect(XM_L1TF_SHADOW);
    *entry(&fx, TABLE, 2) = xm_pte(CHILD, RWU);
    *entry(&fx, TABLE, 3) = VULNERABLE;
    *entry(&fx, TABLE, 4) = xm_pte(FRAME_FOREIGN, RWU);
    /* Begun again with what it has, so an error behind it comes later. */
    expect(ext(&fx, MMUEXT_PIN_L1_TABLE, TABLE), -XEN_ERESTART,
           XM_R_L1TF_SHADOW);
    expect_frame(&fx, TABLE, 1, XM_PGT_L1);
    expect_frame(&fx, CHILD, 1, XM_PGT_WRITABLE | XM_PGT_VALIDATED);
    expect(ext(&fx, MMUEXT_PIN_L1_TABLE, TABLE), -XEN_EBUSY, XM_R_L1E_FOREIGN);
}
END_TEST

START_TEST(an_error_before_the_entry_comes_first)
{
    const struct xm_domain *d = protect(XM_L1TF_CRASH);

    *entry(&fx, TABLE, 3) = xm_pte(FRAME_FOREIGN, RWU);
    *entry(&fx, TABLE, 4) = VULNERABLE;
    expect(ext(&fx, MMUEXT_PIN_L1_TABLE, TABLE), -XEN_EBUSY, XM_R_L1E_FOREIGN);
    ck_assert(!d->crashed);
    *entry(&fx, TABLE, 3) = 0;
    expect(ext(&fx, MMUEXT_PIN_L1_TABLE, TABLE), -XEN_ERESTART,
           XM_R_L1TF_CRASH);
    ck_assert(d->crashed);
}
END_TEST

START_TEST(an_upper_table_is_left_partial)
{
    const unsigned int level = (unsigned int)_i;
    const unsigned int pin = MMUEXT_PIN_L1_TABLE + level - 1;

    protect(XM_L1TF_SHADOW);
    *entry(&fx, TABLE, 0) = xm_pte(CHILD, RWU);
    *entry(&fx, TABLE, 7) = VULNERABLE;
    expect(ext(&fx, pin, TABLE), -XEN_ERESTART, XM_R_L1TF_SHADOW);
    expect_frame(&fx, TABLE, 2, XM_PGT_LEVEL(level) | XM_PGT_PARTIAL | 1);
    ck_assert_uint_eq(frame(&fx, TABLE)->nr_validated, 7);
    expect(ext(&fx, pin, TABLE), 0, XM_R_NONE);
    expect_frame(&fx, CHILD, 2, XM_PGT_LEVEL(level - 1) | XM_PGT_VALIDATED | 1);
    ck_assert_uint_eq(*entry(&fx, TABLE, 7), VULNERABLE);
}
END_TEST

START_TEST(a_vulnerable_first_entry_leaves_nothing)
{
    protect(XM_L1TF_SHADOW);
    *entry(&fx, TABLE, 0) = VULNERABLE;
    expect(ext(&fx, MMUEXT_PIN_L2_TABLE, TABLE), -XEN_ERESTART,
           XM_R_L1TF_SHADOW);
    expect_frame(&fx, TABLE, 1, XM_PGT_L2);
    expect(ext(&fx, MMUEXT_PIN_L2_TABLE, TABLE), 0, XM_R_NONE);
}
END_TEST

static struct xm_execution store(uint64_t v)
{
    static const struct xm_insn mov = {
        .op = XM_OP_MOV,
        .length = 3,
        .width = 8,
        .source = XM_SRC_REGISTER,
        .reg = XM_RAX,
        .mem = { .base = XM_RDI, .index = XM_NO_REG, .size = 8 },
    };
    struct xm_registers r = { .gpr = { [XM_RAX] = v, [XM_RDI] = 0x1028 } };
    struct xm_execution e = xm_execute(&fx.cpu, &mov, &r);

    ck_assert_uint_eq(r.rip, e.stopped ? 0 : 3);
    return e;
}

START_TEST(a_store_is_executed_again)
{
    struct xm_domain *d = protect(XM_L1TF_UNCHECKED);

    d->writable_pagetables = true;
    expect(update(&fx, BOOT_L1, 1, xm_pte(BOOT_L1, P | US)), 0, XM_R_NONE);
    protect(XM_L1TF_CRASH);
    ck_assert(!store(0x70).stopped);
    ck_assert(store(VULNERABLE).stopped);
    ck_assert(d->crashed);
    ck_assert_uint_eq(*entry(&fx, BOOT_L1, 5), 0x70);
    d->crashed = false;
    protect(XM_L1TF_SHADOW);
    ck_assert(store(VULNERABLE).emulated);
    ck_assert(d->shadow_forced);
    ck_assert_uint_eq(*entry(&fx, BOOT_L1, 5), VULNERABLE);
}
END_TEST

START_TEST(domains_are_checked_by_their_kind)
{
    struct xm_config config = xm_config_default(NR_FRAMES);
    void *block = malloc(xm_machine_size(&config));
    struct xm_machine *m;

    ck_assert(block != NULL);
    config.l1tf_domu = XM_L1TF_SHADOW;
    m = xm_machine_init(block, &config);
    ck_assert(!xm_domain_create(m, 0, true)->check_l1tf);
    ck_assert(xm_domain_create(m, 1, false)->check_l1tf);
    config.l1tf_hwdom = XM_L1TF_CRASH;
    config.l1tf_domu = XM_L1TF_UNCHECKED;
    m = xm_machine_init(block, &config);
    ck_assert(xm_domain_create(m, 0, true)->check_l1tf);
    ck_assert(!xm_domain_create(m, 1, false)->check_l1tf);
    free(block);
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

int main(void)
{
    Suite *s = suite_create("l1tf");
    TCase *t = tcase_create("unprivileged");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, shadow_page_tables_make_any_entry_acceptable, 0,
                        COUNT(entries));
    tcase_add_loop_test(t, without_them_the_domain_crashes, 0, COUNT(entries));
    tcase_add_loop_test(t, unchecked_domains_store_what_they_like, 0,
                        COUNT(entries));
    tcase_add_test(t, an_l1_is_validated_up_to_the_entry);
    tcase_add_test(t, an_error_before_the_entry_comes_first);
    tcase_add_loop_test(t, an_upper_table_is_left_partial, 2, 5);
    tcase_add_test(t, a_vulnerable_first_entry_leaves_nothing);
    tcase_add_test(t, a_store_is_executed_again);
    tcase_add_test(t, domains_are_checked_by_their_kind);
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
