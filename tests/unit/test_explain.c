/* SPDX-License-Identifier: MIT
 *
 * What is said of refusals that traces cannot bring about, and of raw calls.
 * What is said of the others is in tests/cli/explain.txt.
 */
#include "fixture.h"

#include <check.h>
#include <explain/explain.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static struct fixture fx;

static void name(void *context, xm_mfn mfn, char buffer[EXPLAIN_NAME])
{
    (void)context;
    snprintf(buffer, EXPLAIN_NAME, "f%" PRIu64, mfn);
}

static const struct explain_names names = { .frame = name };

static void setup(void)
{
    fixture_setup(&fx, false);
}

static void teardown(void)
{
    fixture_teardown(&fx);
}

static void protect(enum xm_l1tf l1tf)
{
    struct xm_config *config =
        (struct xm_config *)(uintptr_t)xm_machine_config(fx.cpu.machine);

    config->l1tf_domu = l1tf;
    config->l1tf_safe = 3ull << 38;
    xm_domain_find(fx.cpu.machine, 1)->check_l1tf = true;
}

START_TEST(an_absent_entry_with_an_address)
{
    struct explanation e;
    struct xm_result r;

    protect(XM_L1TF_CRASH);
    r = update(&fx, BOOT_L1, 7, 0x123456000);
    explain_find(&e, &fx.cpu, &r, &names);
    ck_assert_str_eq(e.rule->id, "l1tf.crash");
    ck_assert_str_eq(e.request, "request 1, mmu_update f19[7] := f1193046");
    ck_assert_str_eq(e.entry, "f19[7] := f1193046");
    ck_assert_uint_eq(e.level, 1);
    ck_assert(!e.frame.is);
    ck_assert(strstr(e.advice, "absent entry") != NULL);
}
END_TEST

START_TEST(a_table_with_many_mappings)
{
    struct explanation e;
    struct xm_result r;

    for (unsigned int i = 0; i < 20; i++)
        r = update(&fx, BOOT_L1, 100 + i, xm_pte(FIRST_FREE, P | US));
    r = update(&fx, BOOT_L1, 200, xm_pte(FIRST_FREE, RWU));
    ck_assert_int_eq(r.rc, 0);
    r = ext(&fx, MMUEXT_PIN_L1_TABLE, FIRST_FREE);
    explain_find(&e, &fx.cpu, &r, &names);
    ck_assert_str_eq(e.rule->id, "type.conflict");
    ck_assert_uint_eq(e.frame.nr_holders, 22);
    ck_assert_str_eq(e.frame.holders[0].text,
                     "f19[200], an L1, maps it writable");
    ck_assert(e.frame.holders[0].type);
    ck_assert(!e.frame.holders[1].type);
}
END_TEST

START_TEST(a_number_that_is_no_frame)
{
    struct explanation e;
    const struct xm_result r = ext(&fx, MMUEXT_PIN_L2_TABLE, 1u << 20);

    explain_find(&e, &fx.cpu, &r, &names);
    ck_assert_str_eq(e.rule->id, "pin.not-own");
    ck_assert(e.frame.is && !e.frame.exists);
}
END_TEST

/* Tables that name each other are looked at once. */
START_TEST(a_search_ends)
{
    struct explanation e;
    struct xm_result r;

    *entry(&fx, FIRST_FREE, 0) = xm_pte(FIRST_FREE, P);
    *entry(&fx, FIRST_FREE, 1) = xm_pte(FIRST_FREE + 1, P);
    *entry(&fx, FIRST_FREE + 1, 0) = xm_pte(FIRST_FREE, P);
    *entry(&fx, FIRST_FREE + 1, 1) = xm_pte(FRAME_FOREIGN, P);
    r = ext(&fx, MMUEXT_PIN_L2_TABLE, FIRST_FREE);
    explain_find(&e, &fx.cpu, &r, &names);
    ck_assert_str_eq(e.rule->id, "l1e.foreign");
    ck_assert_str_eq(e.entry, "f21[1] = f8 P");
    ck_assert_str_eq(e.way, "f20[1]");
}
END_TEST

START_TEST(a_success_says_nothing)
{
    struct explanation e;
    const struct xm_result r = update(&fx, BOOT_L1, 200, 0);
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);

    explain_find(&e, &fx.cpu, &r, &names);
    ck_assert(e.rule == NULL);
    explain_print(f, &e);
    fclose(f);
    ck_assert_uint_eq(length, 0);
    free(text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("explain");
    TCase *c = tcase_create("explain");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, an_absent_entry_with_an_address);
    tcase_add_test(c, a_table_with_many_mappings);
    tcase_add_test(c, a_number_that_is_no_frame);
    tcase_add_test(c, a_search_ends);
    tcase_add_test(c, a_success_says_nothing);
    suite_add_tcase(s, c);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
