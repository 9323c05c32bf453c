/* SPDX-License-Identifier: MIT
 *
 * Segment descriptors: what a guest may have, the GDT, the LDT that is mapped
 * at its first use, loading a selector. Rules SEG-*.
 */
#include "fixture.h"

#include <check.h>
#include <xen-model/descriptor.h>
#include <xen/errno.h>

#define DATA_SEGMENT 0x00cf92000000ffffull /* writable data, privilege 0 */
#define DATA_LOADED 0x00cff3000000ffffull  /* patched, and accessed */
#define TASK_STATE 0x000089000000ffffull
#define LDT_FRAME (FIRST_FREE + 0)
#define OTHER (FIRST_FREE + 1)
#define SLOT 8u /* of BOOT_L1: where the LDT is mapped */
#define LDT_VA (SLOT * 4096ull)
#define SELECTOR(index) ((uint16_t)((index) << 3 | 7))

static struct fixture f;

static void setup(void)
{
    fixture_setup(&f, false);
}

static void teardown(void)
{
    expect_invariants(&f);
    fixture_teardown(&f);
}

static struct xm_result call(uint64_t number, uint64_t a, uint64_t b)
{
    uint64_t arg[6] = { a, b };

    return xm_hypercall(&f.cpu, number, arg);
}

static struct xm_result set_ldt(xm_vaddr base, uint32_t entries)
{
    const struct mmuext_op op = { .cmd = MMUEXT_SET_LDT,
                                  .arg1.linear_addr = base,
                                  .arg2.nr_ents = entries };

    return xm_mmuext_op(&f.cpu, &op, 1, NULL, DOMID_SELF);
}

/* The LDT's first page is LDT_FRAME, with DATA_SEGMENT as entry 1. */
static void with_ldt(uint32_t entries)
{
    *entry(&f, LDT_FRAME, 1) = DATA_SEGMENT;
    expect(update(&f, BOOT_L1, SLOT, xm_pte(LDT_FRAME, P | US)), 0, XM_R_NONE);
    expect(set_ldt(LDT_VA, entries), 0, XM_R_NONE);
}

static void expect_exception(uint16_t selector, uint32_t vector,
                             uint32_t error_code, xm_vaddr cr2)
{
    const struct xm_exception e = xm_load_segment(&f.cpu, selector);

    ck_assert_uint_eq(e.vector, vector);
    ck_assert_uint_eq(e.error_code, error_code);
    ck_assert_uint_eq(e.cr2, cr2);
}

static void expect_loads(uint16_t selector)
{
    expect_exception(selector, 0, 0, 0);
}

START_TEST(first_load_maps_the_page)
{
    with_ldt(512);
    expect_frame(&f, LDT_FRAME, 2, 0);
    expect_loads(SELECTOR(1));
    expect_frame(&f, LDT_FRAME, 3, XM_PGT_SEG_DESC | XM_PGT_VALIDATED | 1);
    ck_assert_uint_eq(*entry(&f, LDT_FRAME, 1), DATA_LOADED);
    expect_loads(SELECTOR(1));
    expect_frame(&f, LDT_FRAME, 3, XM_PGT_SEG_DESC | XM_PGT_VALIDATED | 1);
}
END_TEST

START_TEST(another_ldt_drops_its_pages)
{
    with_ldt(512);
    expect_loads(SELECTOR(1));
    f.cpu.flushed = 0;
    expect(set_ldt(LDT_VA, 512), 0, XM_R_NONE);
    ck_assert_uint_eq(f.cpu.flushed, 0);
    expect_frame(&f, LDT_FRAME, 3, XM_PGT_SEG_DESC | XM_PGT_VALIDATED | 1);
    expect(set_ldt(LDT_VA, 511), 0, XM_R_NONE);
    ck_assert_uint_eq(f.cpu.flushed, XM_FLUSH_OWN);
    expect_frame(&f, LDT_FRAME, 2, XM_PGT_SEG_DESC | XM_PGT_VALIDATED);
    f.cpu.flushed = 0;
    expect(set_ldt(LDT_VA, 0), 0, XM_R_NONE);
    ck_assert_uint_eq(f.cpu.flushed, 0);
    expect_exception(SELECTOR(1), XM_EXCEPTION_GP, 12, 0);
}
END_TEST

START_TEST(new_base_drops_the_pages)
{
    with_ldt(512);
    expect_loads(SELECTOR(1));
    expect(ext(&f, MMUEXT_NEW_BASEPTR, BOOT_L4), 0, XM_R_NONE);
    expect_frame(&f, LDT_FRAME, 3, XM_PGT_SEG_DESC | XM_PGT_VALIDATED | 1);
    *entry(&f, OTHER, 0) = xm_pte(BOOT_L3, RWU);
    expect(ext(&f, MMUEXT_NEW_BASEPTR, OTHER), 0, XM_R_NONE);
    expect_frame(&f, LDT_FRAME, 2, XM_PGT_SEG_DESC | XM_PGT_VALIDATED);
    expect_loads(SELECTOR(1));
}
END_TEST

START_TEST(refused_page_faults_in_the_guest)
{
    static const struct {
        uint64_t e; /* maps the page */
        bool pinned;
        enum xm_rule rule;
    } cases[] = {
        { 0, false, XM_R_LDT_NOT_MAPPED },
        { P | US, true, XM_R_LDT_TYPE }, /* an L1 table */
        { RWU, false, XM_R_LDT_TYPE },   /* mapped writable */
    };

    *entry(&f, OTHER, 0) = 0;
    if (cases[_i].pinned)
        expect(ext(&f, MMUEXT_PIN_L1_TABLE, OTHER), 0, XM_R_NONE);
    expect(
        update(&f, BOOT_L1, SLOT, cases[_i].e ? xm_pte(OTHER, cases[_i].e) : 0),
        0, XM_R_NONE);
    expect(set_ldt(LDT_VA, 8), 0, XM_R_NONE);
    f.cpu.fired = (struct xm_rule_set){ { 0 } };
    expect_exception(SELECTOR(3), XM_EXCEPTION_PF, 0, LDT_VA + 24);
    ck_assert(xm_rule_set_has(&f.cpu.fired, cases[_i].rule));
    expect(
        call(__HYPERVISOR_set_segment_base, SEGBASE_GS_USER_SEL, SELECTOR(3)),
        0, XM_R_NONE);
    ck_assert(xm_rule_set_has(&f.cpu.fired, XM_R_SEGMENT_NULLED));
}
END_TEST

START_TEST(bad_descriptor_keeps_the_page_out)
{
    *entry(&f, LDT_FRAME, 2) = TASK_STATE;
    with_ldt(512);
    expect_exception(SELECTOR(1), XM_EXCEPTION_PF, 0, LDT_VA + 8);
    expect_frame(&f, LDT_FRAME, 2, 0);
    /* What lies before the bad one has been patched (SEG-10). */
    ck_assert_uint_eq(*entry(&f, LDT_FRAME, 1), 0x00cff2000000ffffull);
}
END_TEST

START_TEST(ldt_at_the_end_of_the_lower_half)
{
    expect(set_ldt((1ull << 47) - 4096, 1024), 0, XM_R_NONE);
    expect_exception(SELECTOR(511), XM_EXCEPTION_PF, 0, (1ull << 47) - 8);
    expect_exception(SELECTOR(512), XM_EXCEPTION_GP, 0x1004, 0);
}
END_TEST

/* Descriptors of the GDT, and the exception that loading one ends in. */
START_TEST(descriptor_kinds)
{
    static const struct {
        uint64_t descriptor;
        uint32_t vector;
    } cases[] = {
        { DATA_SEGMENT, 0 },
        { 0x00cf90000000ffff, 0 },               /* read-only data */
        { 0x00cf9a000000ffff, 0 },               /* readable code */
        { 0x00af9a000000ffff, 0 },               /* 64-bit code */
        { 0x00cf98000000ffff, XM_EXCEPTION_GP }, /* execute-only code */
        { 0x00cf9e000000ffff, 0 },               /* conforming */
        { 0x00cf12000000ffff, XM_EXCEPTION_GP }, /* absent, privilege 0 */
        { 0x00cf72000000ffff, XM_EXCEPTION_NP }, /* absent */
        { 0x00cf1e000000ffff, XM_EXCEPTION_NP }, /* absent, conforming */
        { 0x0000000000000000, XM_EXCEPTION_GP },
        { 0x00008c00e0330000, XM_EXCEPTION_GP }, /* call gate */
    };
    const uint64_t before = cases[_i].descriptor;
    const uint64_t accessed = 1ull << 40;
    uint64_t after;

    *entry(&f, BOOT_L1, SLOT + 1) = 0;
    *entry(&f, LDT_FRAME, 5) = before;
    *entry(&f, OTHER, 0) = LDT_FRAME;
    expect(update(&f, BOOT_L1, SLOT, xm_pte(OTHER, RWU)), 0, XM_R_NONE);
    expect(call(__HYPERVISOR_set_gdt, LDT_VA, 6), 0, XM_R_NONE);
    after = *entry(&f, LDT_FRAME, 5);
    expect_exception(5 << 3, cases[_i].vector, cases[_i].vector ? 5 << 3 : 0,
                     0);
    if (cases[_i].vector == 0)
        after |= accessed;
    ck_assert_uint_eq(*entry(&f, LDT_FRAME, 5), after);
}
END_TEST

START_TEST(selectors_without_a_frame)
{
    static const struct {
        uint16_t selector;
        uint32_t vector;
    } cases[] = {
        { 0, 0 },
        { 3, 0 },
        { 8, XM_EXCEPTION_GP }, /* the guest has no GDT */
        { 7167 << 3, XM_EXCEPTION_GP },
        { FLAT_RING3_CS32, 0 },
        { FLAT_RING3_DS32, 0 },
        { FLAT_RING3_CS64 & ~3, 0 },
        { 0xe008, XM_EXCEPTION_GP },
        { 0xe02f, XM_EXCEPTION_GP }, /* the same number in the LDT */
        { 0xfff8, XM_EXCEPTION_GP },
    };

    expect_exception(cases[_i].selector, cases[_i].vector,
                     cases[_i].vector ? cases[_i].selector & ~3u : 0, 0);
}
END_TEST

START_TEST(segment_bases)
{
    static const struct {
        uint64_t which, base;
        int rc;
        enum xm_rule rule;
    } cases[] = {
        { SEGBASE_FS, 0x7fffffffffff, 0, XM_R_NONE },
        { SEGBASE_FS, 0x800000000000, -XEN_EINVAL, XM_R_SEGMENT_BASE },
        { SEGBASE_GS_USER, ~0ull, 0, XM_R_NONE },
        { SEGBASE_GS_USER, 1ull << 63, -XEN_EINVAL, XM_R_SEGMENT_BASE },
        { SEGBASE_GS_KERNEL, 1ull << 47, -XEN_EINVAL, XM_R_SEGMENT_BASE },
        { SEGBASE_GS_USER_SEL, 0x10000, 0, XM_R_NONE },
        { 4, 0, -XEN_EINVAL, XM_R_SEGMENT_WHICH },
    };

    expect(call(__HYPERVISOR_set_segment_base, cases[_i].which, cases[_i].base),
           cases[_i].rc, cases[_i].rule);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("descriptor");
    TCase *t = tcase_create("descriptor");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, first_load_maps_the_page);
    tcase_add_test(t, another_ldt_drops_its_pages);
    tcase_add_test(t, new_base_drops_the_pages);
    tcase_add_loop_test(t, refused_page_faults_in_the_guest, 0, 3);
    tcase_add_test(t, bad_descriptor_keeps_the_page_out);
    tcase_add_test(t, ldt_at_the_end_of_the_lower_half);
    tcase_add_loop_test(t, descriptor_kinds, 0, 11);
    tcase_add_loop_test(t, selectors_without_a_frame, 0, 10);
    tcase_add_loop_test(t, segment_bases, 0, 7);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
