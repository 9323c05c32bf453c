/* SPDX-License-Identifier: MIT
 *
 * Guest kernel and guest user: what iret does, which tables are in use, what
 * a fault looks like. Rules CR3-20..37, MUL-11, PTW-03.
 */
#include "fixture.h"

#include <check.h>
#include <string.h>
#include <xen-model/descriptor.h>
#include <xen-model/mode.h>
#include <xen/errno.h>

#define STACK (FIRST_FREE + 0)
#define USER_L4 (FIRST_FREE + 1)
#define TABLE (FIRST_FREE + 2) /* an L1, mapped read-only */
#define PAGE (FIRST_FREE + 3)
#define KERNEL_ONLY (FIRST_FREE + 4)
#define NEW_L3 (FIRST_FREE + 5)
#define NEW_L2 (FIRST_FREE + 6)
#define SLOT(n) ((n)*4096ull) /* of BOOT_L1 */
#define STACK_VA SLOT(8)
#define TABLE_VA SLOT(9)
#define PAGE_VA SLOT(10)
#define CALLS_VA (STACK_VA + 2048)
#define M2P_VA 0xffff800000000000ull
/* The same pages, where only the kernel's L4 has them. */
#define KERNEL_VA(va) ((va) + (1ull << 39))

static struct fixture f;

static void setup(void)
{
    fixture_setup(&f, false);
    *entry(&f, USER_L4, 0) = xm_pte(BOOT_L3, RWU);
    expect(update(&f, BOOT_L1, 8, xm_pte(STACK, RWU)), 0, XM_R_NONE);
    expect(ext(&f, MMUEXT_PIN_L1_TABLE, TABLE), 0, XM_R_NONE);
    expect(update(&f, BOOT_L1, 9, xm_pte(TABLE, P | US)), 0, XM_R_NONE);
    expect(update(&f, BOOT_L1, 10, xm_pte(PAGE, RWU)), 0, XM_R_NONE);
    expect(update(&f, BOOT_L4, 1, xm_pte(BOOT_L3, RWU)), 0, XM_R_NONE);
    f.cpu.rsp = STACK_VA;
}

static void teardown(void)
{
    expect_invariants(&f);
    fixture_teardown(&f);
}

static void set_frame(uint64_t cs, uint64_t rax)
{
    const struct iret_context frame = { .cs = cs, .rax = rax };

    memcpy(entry(&f, STACK, 0), &frame, sizeof(frame));
}

static struct xm_result call(uint64_t number, uint64_t a, uint64_t b)
{
    uint64_t arg[6] = { a, b };

    return xm_hypercall(&f.cpu, number, arg);
}

static void to_user(void)
{
    expect(ext(&f, MMUEXT_NEW_USER_BASEPTR, USER_L4), 0, XM_R_NONE);
    set_frame(FLAT_RING3_CS64, 0);
    expect(call(__HYPERVISOR_iret, 0, 0), 0, XM_R_NONE);
}

static bool user_mode(void)
{
    return xm_domain_find(f.cpu.machine, f.cpu.domid)->vcpu[0].user_mode;
}

static bool crashed(void)
{
    return xm_domain_find(f.cpu.machine, f.cpu.domid)->crashed;
}

static void expect_fault(struct xm_page_fault fault, bool taken,
                         uint32_t error_code)
{
    ck_assert_int_eq(fault.taken, taken);
    if (taken)
        ck_assert_uint_eq(fault.error_code, error_code);
}

START_TEST(each_mode_has_its_tables)
{
    uint64_t word;

    *entry(&f, PAGE, 0) = 42;
    expect_fault(xm_load64(&f.cpu, KERNEL_VA(PAGE_VA), &word), false, 0);
    to_user();
    expect_fault(xm_load64(&f.cpu, PAGE_VA, &word), false, 0);
    ck_assert_uint_eq(word, 42);
    expect_fault(xm_load64(&f.cpu, KERNEL_VA(PAGE_VA), &word), true,
                 XM_PF_USER);
    xm_enter_kernel(&f.cpu);
    expect_fault(xm_load64(&f.cpu, KERNEL_VA(PAGE_VA), &word), false, 0);
}
END_TEST

START_TEST(iret_in_the_kernel)
{
    struct iret_context frame;

    set_frame(FLAT_RING3_CS64 & ~3u, 7);
    expect(xm_iret(&f.cpu, STACK_VA, &frame), 0, XM_R_NONE);
    ck_assert(!user_mode());
    ck_assert_uint_eq(frame.rax, 7);
}
END_TEST

START_TEST(iret_without_user_base)
{
    set_frame(FLAT_RING3_CS64, 0);
    expect(call(__HYPERVISOR_iret, 0, 0), 0, XM_R_IRET_NO_USER_BASE);
    ck_assert(crashed() && !user_mode());
}
END_TEST

START_TEST(iret_without_stack)
{
    f.cpu.rsp = STACK_VA - 8; /* the page before it is not mapped */
    expect(call(__HYPERVISOR_iret, 0, 0), 0, XM_R_IRET_FRAME);
    ck_assert(crashed());
}
END_TEST

START_TEST(user_stores_to_tables_are_not_emulated)
{
    xm_domain_find(f.cpu.machine, f.cpu.domid)->writable_pagetables = true;
    expect_fault(xm_store64(&f.cpu, TABLE_VA, xm_pte(PAGE, P | US)), false, 0);
    to_user();
    expect_fault(xm_store64(&f.cpu, TABLE_VA, 0), true,
                 XM_PF_PRESENT | XM_PF_WRITE | XM_PF_USER);
    ck_assert_uint_ne(*entry(&f, TABLE, 0), 0);
    xm_enter_kernel(&f.cpu);
    expect_fault(xm_store64(&f.cpu, TABLE_VA, 0), false, 0);
}
END_TEST

/* STRICT is set before or after the user base is loaded, or never. */
START_TEST(what_user_mode_sees_of_the_m2p)
{
    static const struct {
        bool strict, was_kernel_base, visible;
    } cases[] = { { false, false, false },
                  { false, true, true },
                  { true, false, false },
                  { true, true, false } };
    uint64_t word;

    if (cases[_i].was_kernel_base) {
        expect(ext(&f, MMUEXT_PIN_L4_TABLE, USER_L4), 0, XM_R_NONE);
        expect(ext(&f, MMUEXT_NEW_BASEPTR, USER_L4), 0, XM_R_NONE);
        expect(ext(&f, MMUEXT_NEW_BASEPTR, BOOT_L4), 0, XM_R_NONE);
    }
    if (cases[_i].strict)
        expect(call(__HYPERVISOR_vm_assist, VMASST_CMD_enable,
                    VMASST_TYPE_m2p_strict),
               0, XM_R_NONE);
    expect_fault(xm_load64(&f.cpu, M2P_VA, &word), false, 0);
    to_user();
    expect_fault(xm_load64(&f.cpu, M2P_VA, &word), !cases[_i].visible,
                 XM_PF_USER);
    expect_fault(xm_store64(&f.cpu, M2P_VA, 0), true,
                 XM_PF_WRITE | XM_PF_USER |
                     (cases[_i].visible ? XM_PF_PRESENT : 0));
}
END_TEST

START_TEST(ldt_is_looked_up_in_the_kernel_tables)
{
    const struct mmuext_op op = { .cmd = MMUEXT_SET_LDT,
                                  .arg1.linear_addr =
                                      KERNEL_VA(TABLE_VA) + 4096 * 3,
                                  .arg2.nr_ents = 1024 };
    struct xm_exception e;

    *entry(&f, KERNEL_ONLY, 1) = 0x00cff2000000ffff;
    expect(update(&f, BOOT_L1, 12, xm_pte(KERNEL_ONLY, P | US)), 0, XM_R_NONE);
    expect(xm_mmuext_op(&f.cpu, &op, 1, NULL, DOMID_SELF), 0, XM_R_NONE);
    to_user();
    e = xm_load_segment(&f.cpu, 15);
    ck_assert_uint_eq(e.vector, 0);
    expect_frame(&f, KERNEL_ONLY, 3, XM_PGT_SEG_DESC | XM_PGT_VALIDATED | 1);
    e = xm_load_segment(&f.cpu, 512 << 3 | 7);
    ck_assert_uint_eq(e.vector, XM_EXCEPTION_PF);
    ck_assert_uint_eq(e.error_code, XM_PF_USER);
    ck_assert_uint_eq(e.cr2, KERNEL_VA(TABLE_VA) + 4096 * 4);
}
END_TEST

/* RING3: to user mode; the list is only mapped in the kernel, or in both. */
START_TEST(iret_ends_a_multicall)
{
    static const struct {
        bool ring3, in_kernel_only;
    } cases[] = { { false, false }, { true, false }, { true, true } };
    const struct multicall_entry list[] = {
        { .op = __HYPERVISOR_iret, .result = 99 },
        { .op = 63, .result = 98 },
    };
    const xm_vaddr va = CALLS_VA;
    struct multicall_entry *after = (void *)entry(&f, STACK, 256);

    expect(ext(&f, MMUEXT_NEW_USER_BASEPTR, USER_L4), 0, XM_R_NONE);
    memcpy(after, list, sizeof(list));
    set_frame(cases[_i].ring3 ? FLAT_RING3_CS64 : FLAT_RING3_CS64 & ~3u,
              0x123456789);
    expect(call(__HYPERVISOR_multicall,
                cases[_i].in_kernel_only ? KERNEL_VA(va) : va, 2),
           0x23456789, XM_R_NONE);
    ck_assert_int_eq(user_mode(), cases[_i].ring3);
    ck_assert_uint_eq(after[0].result,
                      cases[_i].in_kernel_only ? 99 : 0x123456789);
    ck_assert_uint_eq(after[1].result, 98);
}
END_TEST

/* What the frame moved to CR3 is, and what becomes of it. */
START_TEST(moves_to_cr3)
{
    static const struct {
        uint64_t value;
        int rc;
        enum xm_rule rule;
        xm_mfn base;
    } cases[] = {
        { xen_pfn_to_cr3(USER_L4), 0, XM_R_NONE, USER_L4 },
        { xen_pfn_to_cr3(USER_L4) | 0xfff, 0, XM_R_NONE, USER_L4 },
        { xen_pfn_to_cr3(BOOT_L4), 0, XM_R_NONE, BOOT_L4 },
        { xen_pfn_to_cr3(TABLE), -XEN_EINVAL, XM_R_TYPE_CONFLICT, BOOT_L4 },
        { xen_pfn_to_cr3(FRAME_XEN), -XEN_EINVAL, XM_R_BASE_NOT_OWN, BOOT_L4 },
        { 1ull << 63, -XEN_EINVAL, XM_R_BASE_NOT_OWN, BOOT_L4 },
    };

    expect(xm_write_cr3(&f.cpu, cases[_i].value), cases[_i].rc, cases[_i].rule);
    ck_assert_uint_eq(xm_read_cr3(&f.cpu), xen_pfn_to_cr3(cases[_i].base));
}
END_TEST

START_TEST(interrupted_move_to_cr3)
{
    unsigned int restarts = 0;
    struct xm_result r;

    *entry(&f, USER_L4, 1) = xm_pte(NEW_L3, RWU);
    *entry(&f, NEW_L3, 0) = xm_pte(NEW_L2, RWU);
    for (unsigned int i = 0; i < 3; i++)
        *entry(&f, NEW_L2, i) = xm_pte(TABLE, RWU);
    f.cpu.preempt_after = _i;
    while ((r = xm_write_cr3(&f.cpu, xen_pfn_to_cr3(USER_L4))).rc ==
           -XEN_ERESTART) {
        expect_invariants(&f);
        restarts++;
    }
    expect(r, 0, XM_R_NONE);
    ck_assert_uint_eq(restarts, 1);
    expect_frame(&f, USER_L4, 2, XM_PGT_L4 | XM_PGT_VALIDATED | 1);
    expect_frame(&f, BOOT_L4, 1, XM_PGT_L4);
}
END_TEST

/* What an access of the guest tells of Xen's descriptor windows, and the end
 * of the M2P. */
START_TEST(faults_in_xens_range)
{
    static const struct {
        xm_vaddr va;
        uint32_t error_code;
    } cases[] = {
        { 0xffff820000000000, XM_PF_PRESENT }, /* the first page of the GDT */
        { 0xffff82000000e000, XM_PF_PRESENT }, /* Xen's */
        { 0xffff82000000f000, 0 },
        { 0xffff820000010000, 0 },             /* the LDT, not used yet */
        { 0xffff820000011000, XM_PF_PRESENT }, /* used */
        { 0xffff820000020000, 0 },             /* vCPU 1 is not initialised */
        { 0xffff820000100000, 0 },             /* there is no vCPU 8 */
        { 0xffff800000200000, 0 },             /* behind 2 MiB of M2P */
    };
    struct mmuext_op op = { .cmd = MMUEXT_SET_LDT, .arg2.nr_ents = 1024 };
    uint64_t word = 0;

    expect(xm_mmuext_op(&f.cpu, &op, 1, NULL, DOMID_SELF), 0, XM_R_NONE);
    expect(update(&f, BOOT_L1, 1, xm_pte(KERNEL_ONLY, P | US)), 0, XM_R_NONE);
    (void)xm_load_segment(&f.cpu, 512 << 3 | 7);
    expect_fault(xm_load64(&f.cpu, cases[_i].va, &word), true,
                 cases[_i].error_code);
    expect_fault(xm_load64(&f.cpu, M2P_VA + 8 * NR_FRAMES, &word), false, 0);
    ck_assert_uint_eq(word, ~0ull);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mode");
    TCase *t = tcase_create("mode");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, each_mode_has_its_tables);
    tcase_add_test(t, iret_in_the_kernel);
    tcase_add_test(t, iret_without_user_base);
    tcase_add_test(t, iret_without_stack);
    tcase_add_test(t, user_stores_to_tables_are_not_emulated);
    tcase_add_loop_test(t, what_user_mode_sees_of_the_m2p, 0, 4);
    tcase_add_test(t, ldt_is_looked_up_in_the_kernel_tables);
    tcase_add_loop_test(t, iret_ends_a_multicall, 0, 3);
    tcase_add_loop_test(t, moves_to_cr3, 0, 6);
    tcase_add_loop_test(t, interrupted_move_to_cr3, 0, 3);
    tcase_add_loop_test(t, faults_in_xens_range, 0, 8);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
