/* SPDX-License-Identifier: MIT
 *
 * Bringing up a vCPU: what its context must be, what it holds afterwards, and
 * what is left after a refusal or an interruption. Rules CR3-32..44, OTH-05.
 */
#include "fixture.h"

#include <check.h>
#include <string.h>
#include <xen/errno.h>
#include <xen/vcpu.h>

#define KERNEL_L4 (FIRST_FREE + 0)
#define USER_L4 (FIRST_FREE + 1)
#define USER_L3 (FIRST_FREE + 2)
#define GDT (FIRST_FREE + 3)
#define INFO (FIRST_FREE + 4)
#define TABLE (FIRST_FREE + 5)
#define ARGUMENT (FIRST_FREE + 8) /* two pages */
#define ARGUMENT_VA (8 * 4096ull)
#define NOT_CANONICAL (1ull << 47)
#define SECOND 1u /* the vCPU that is brought up */

static struct fixture f;
static struct vcpu_guest_context x;

static struct xm_vcpu *vcpu(unsigned int i)
{
    return &xm_domain_find(f.cpu.machine, f.cpu.domid)->vcpu[i];
}

static void setup(void)
{
    fixture_setup(&f, false);
    expect(update(&f, BOOT_L1, 8, xm_pte(ARGUMENT, RWU)), 0, XM_R_NONE);
    expect(update(&f, BOOT_L1, 9, xm_pte(ARGUMENT + 1, RWU)), 0, XM_R_NONE);
    vcpu(0)->up = true;
    *entry(&f, KERNEL_L4, 0) = xm_pte(BOOT_L3, RWU);
    *entry(&f, USER_L4, 0) = xm_pte(USER_L3, RWU);
    memset(&x, 0, sizeof(x));
    x.flags = VGCF_in_kernel;
    x.gdt_frames[0] = x.gdt_frames[1] = GDT;
    x.gdt_ents = 513;
    x.ctrlreg[3] = xen_pfn_to_cr3(KERNEL_L4);
    x.ctrlreg[1] = xen_pfn_to_cr3(USER_L4);
}

static void teardown(void)
{
    expect_invariants(&f);
    fixture_teardown(&f);
}

static struct xm_result vcpu_op(uint64_t command, uint64_t id, uint64_t a)
{
    uint64_t arg[6] = { command, id, a };

    return xm_hypercall(&f.cpu, __HYPERVISOR_vcpu_op, arg);
}

static struct xm_result initialise(void)
{
    memcpy(entry(&f, ARGUMENT, 0), &x, sizeof(x));
    return vcpu_op(VCPUOP_initialise, SECOND, ARGUMENT_VA);
}

static void expect_nothing_held(void)
{
    expect_frame(&f, KERNEL_L4, 1, frame(&f, KERNEL_L4)->type_info);
    expect_frame(&f, USER_L4, 1, frame(&f, USER_L4)->type_info);
    expect_frame(&f, GDT, 1, frame(&f, GDT)->type_info);
    ck_assert(!vcpu(SECOND)->initialised);
}

START_TEST(brought_up)
{
    expect(vcpu_op(VCPUOP_up, SECOND, 0), -XEN_EINVAL,
           XM_R_VCPU_NOT_INITIALISED);
    x.ldt_ents = 5;
    x.ldt_base = 0x7000;
    expect(initialise(), 0, XM_R_NONE);
    expect_frame(&f, KERNEL_L4, 2, XM_PGT_L4 | XM_PGT_VALIDATED | 1);
    expect_frame(&f, USER_L4, 2, XM_PGT_L4 | XM_PGT_VALIDATED | 1);
    expect_frame(&f, GDT, 3, XM_PGT_SEG_DESC | XM_PGT_VALIDATED | 2);
    ck_assert_uint_eq(vcpu(SECOND)->ldt.entries, 5);
    ck_assert_uint_eq(vcpu(SECOND)->ldt.base, 0x7000);
    ck_assert(!vcpu(SECOND)->user_mode);
    expect(initialise(), -XEN_EEXIST, XM_R_INIT_TWICE);
    expect(vcpu_op(VCPUOP_is_up, SECOND, 0), 0, XM_R_NONE);
    expect(vcpu_op(VCPUOP_up, SECOND, 0), 0, XM_R_NONE);
    expect(vcpu_op(VCPUOP_is_up, SECOND, 0), 1, XM_R_NONE);
    expect(vcpu_op(VCPUOP_down, SECOND, 0), 0, XM_R_NONE);
    expect(vcpu_op(VCPUOP_is_up, SECOND, 0), 0, XM_R_NONE);
}
END_TEST

START_TEST(begins_in_user_mode)
{
    uint64_t word;

    x.flags = VGCF_online;
    expect(initialise(), 0, XM_R_NONE);
    ck_assert(vcpu(SECOND)->user_mode && vcpu(SECOND)->up);
    f.cpu.vcpu = SECOND;
    /* Below the user base nothing is mapped at all. */
    ck_assert_uint_eq(xm_load64(&f.cpu, ARGUMENT_VA, &word).error_code,
                      XM_PF_USER);
}
END_TEST

/* One word of the context is wrong. */
START_TEST(refused_before_anything_is_done)
{
    const struct {
        unsigned long *word;
        unsigned long value;
        enum xm_rule rule;
    } cases[] = {
        { &x.user_regs.rip, NOT_CANONICAL, XM_R_INIT_ADDRESS },
        { &x.user_regs.rsp, NOT_CANONICAL, XM_R_INIT_ADDRESS },
        { &x.kernel_sp, NOT_CANONICAL, XM_R_INIT_ADDRESS },
        { &x.fs_base, NOT_CANONICAL, XM_R_INIT_ADDRESS },
        { &x.gs_base_kernel, NOT_CANONICAL, XM_R_INIT_ADDRESS },
        { &x.gs_base_user, NOT_CANONICAL, XM_R_INIT_ADDRESS },
        { &x.event_callback_eip, NOT_CANONICAL, XM_R_INIT_ADDRESS },
        { &x.syscall_callback_eip, NOT_CANONICAL, XM_R_INIT_ADDRESS },
        { &x.failsafe_callback_eip, NOT_CANONICAL, XM_R_INIT_ADDRESS },
        { &x.trap_ctxt[255].address, NOT_CANONICAL, XM_R_INIT_ADDRESS },
        { &x.ldt_base, NOT_CANONICAL, XM_R_INIT_LDT }, /* no entries */
        { &x.ldt_base, 0xffff800000000000, XM_R_INIT_LDT },
        { &x.ldt_base, 8, XM_R_INIT_LDT },
        { &x.ldt_ents, 8193, XM_R_INIT_LDT },
        { &x.gdt_ents, 7169, XM_R_GDT_ENTRIES },
    };

    *cases[_i].word = cases[_i].value;
    expect(initialise(), -XEN_EINVAL, cases[_i].rule);
    expect_nothing_held();
}
END_TEST

START_TEST(ldt_base_not_canonical)
{
    x.ldt_base = NOT_CANONICAL;
    x.ldt_ents = 1;
    expect(initialise(), -XEN_EINVAL, XM_R_INIT_ADDRESS);
}
END_TEST

START_TEST(user_mode_needs_a_user_base)
{
    x.flags = 0;
    x.ctrlreg[1] = 0;
    expect(initialise(), -XEN_EINVAL, XM_R_INIT_NO_USER_BASE);
    expect_nothing_held();
}
END_TEST

START_TEST(refused_reference_undoes_the_gdt)
{
    static const struct {
        xm_mfn kernel, gdt;
        enum xm_rule rule;
    } cases[] = {
        { FRAME_FOREIGN, GDT, XM_R_INIT_BASE_NOT_OWN },
        { NR_FRAMES, GDT, XM_R_INIT_BASE_NOT_OWN },
        { BOOT_L3, GDT, XM_R_TYPE_CONFLICT },
        { KERNEL_L4, FRAME_FOREIGN, XM_R_GDT_FRAME },
    };

    x.ctrlreg[3] = xen_pfn_to_cr3(cases[_i].kernel);
    x.gdt_frames[1] = cases[_i].gdt;
    x.ldt_ents = 9;
    expect(initialise(), -XEN_EINVAL, cases[_i].rule);
    expect_nothing_held();
    ck_assert_uint_eq(vcpu(SECOND)->ldt.entries, 9);
}
END_TEST

/* Interrupted after so many questions: the continuation ends the same. */
START_TEST(interrupted_and_continued)
{
    uint64_t arg[6] = { VCPUOP_initialise, SECOND, ARGUMENT_VA };
    unsigned int restarts = 0;
    struct xm_result r;

    *entry(&f, KERNEL_L4, 5) = xm_pte(USER_L3, RWU);
    memcpy(entry(&f, ARGUMENT, 0), &x, sizeof(x));
    f.cpu.preempt_after = _i;
    while ((r = xm_hypercall(&f.cpu, __HYPERVISOR_vcpu_op, arg)).rc ==
           -XEN_ERESTART) {
        expect_invariants(&f);
        ck_assert_uint_lt(restarts++, 2);
        ck_assert(arg[0] == VCPUOP_initialise && arg[1] == SECOND &&
                  arg[2] == ARGUMENT_VA);
    }
    expect(r, 0, XM_R_NONE);
    ck_assert_uint_eq(restarts, 1);
    expect_frame(&f, KERNEL_L4, 2, XM_PGT_L4 | XM_PGT_VALIDATED | 1);
    expect_frame(&f, USER_L4, 2, XM_PGT_L4 | XM_PGT_VALIDATED | 1);
    expect_frame(&f, GDT, 3, XM_PGT_SEG_DESC | XM_PGT_VALIDATED | 2);
    ck_assert(!vcpu(SECOND)->has_old);
}
END_TEST

START_TEST(m2p_slots_of_the_bases)
{
    xm_domain_find(f.cpu.machine, f.cpu.domid)->m2p_strict = _i;
    expect(initialise(), 0, XM_R_NONE);
    ck_assert_uint_ne(*entry(&f, KERNEL_L4, 256), 0);
    ck_assert_uint_eq(*entry(&f, USER_L4, 256), 0);
}
END_TEST

START_TEST(first_vcpu_sets_the_assists)
{
    struct xm_domain *d = xm_domain_find(f.cpu.machine, f.cpu.domid);

    /* The second one runs, on a base of its own, and initialises the first. */
    expect(initialise(), 0, XM_R_NONE);
    expect(ext(&f, MMUEXT_NEW_BASEPTR, KERNEL_L4), 0, XM_R_NONE);
    f.cpu.vcpu = SECOND;
    expect(ext(&f, MMUEXT_NEW_BASEPTR, BOOT_L4), 0, XM_R_NONE);
    d->vcpu[1].up = true;
    frame(&f, KERNEL_L4)->count_info--;
    frame(&f, KERNEL_L4)->type_info--;
    d->vcpu[0] = (struct xm_vcpu){ .initialised = false };
    x.vm_assist = 1ull << 6;
    memcpy(entry(&f, ARGUMENT, 0), &x, sizeof(x));
    expect(vcpu_op(VCPUOP_initialise, 0, ARGUMENT_VA), -XEN_EINVAL,
           XM_R_INIT_ASSIST);
    x.vm_assist = 1ull << VMASST_TYPE_m2p_strict |
                  1ull << VMASST_TYPE_writable_pagetables;
    x.gdt_ents = 0;
    x.ctrlreg[1] = 0;
    memcpy(entry(&f, ARGUMENT, 0), &x, sizeof(x));
    expect(vcpu_op(VCPUOP_initialise, 0, ARGUMENT_VA), 0, XM_R_NONE);
    ck_assert(d->m2p_strict && d->writable_pagetables);
}
END_TEST

START_TEST(arguments_of_vcpu_op)
{
    static const struct {
        uint64_t command, id, argument;
        int rc;
        enum xm_rule rule;
    } cases[] = {
        { VCPUOP_up, 8, 0, -XEN_ENOENT, XM_R_VCPU_NONE },
        { 99, 8, 0, -XEN_ENOENT, XM_R_VCPU_NONE },
        { 99, 0, 0, -XEN_ENOSYS, XM_R_VCPU_COMMAND },
        { VCPUOP_initialise, 0, 4096, -XEN_EFAULT, XM_R_VCPU_ARGUMENT },
        { VCPUOP_initialise, 0, ARGUMENT_VA, -XEN_EEXIST, XM_R_INIT_TWICE },
        { VCPUOP_up, 0, 0, 0, XM_R_NONE },
        { VCPUOP_down, 1, 0, 0, XM_R_NONE },
    };

    expect(vcpu_op(cases[_i].command, cases[_i].id, cases[_i].argument),
           cases[_i].rc, cases[_i].rule);
}
END_TEST

START_TEST(last_vcpu_goes_down)
{
    expect(vcpu_op(VCPUOP_down, 0, 0), 0, XM_R_NONE);
    ck_assert(xm_rule_set_has(&f.cpu.fired, XM_R_VCPU_LAST));
}
END_TEST

static struct xm_result register_info(uint64_t id, xm_mfn mfn, uint32_t offset)
{
    const struct vcpu_register_vcpu_info info = { .mfn = mfn,
                                                  .offset = offset };

    memcpy(entry(&f, ARGUMENT, 0), &info, sizeof(info));
    return vcpu_op(VCPUOP_register_vcpu_info, id, ARGUMENT_VA);
}

START_TEST(vcpu_info)
{
    expect(ext(&f, MMUEXT_PIN_L1_TABLE, TABLE), 0, XM_R_NONE);
    expect(register_info(0, INFO, 4096 - 56), -XEN_ENXIO, XM_R_VCPU_INFO_PLACE);
    expect(register_info(0, INFO, 4), -XEN_ENXIO, XM_R_VCPU_INFO_PLACE);
    expect(register_info(0, FRAME_FOREIGN, 0), -XEN_EINVAL,
           XM_R_VCPU_INFO_NOT_OWN);
    expect(register_info(0, TABLE, 0), -XEN_EINVAL, XM_R_VCPU_INFO_TYPE);
    expect(register_info(0, INFO, 4096 - 64), 0, XM_R_NONE);
    expect_frame(&f, INFO, 2, XM_PGT_WRITABLE | XM_PGT_VALIDATED | 1);
    expect(register_info(0, INFO, 0), -XEN_EINVAL, XM_R_VCPU_INFO_STATE);
    vcpu(1)->up = true;
    expect(register_info(1, INFO, 0), -XEN_EINVAL, XM_R_VCPU_INFO_STATE);
    vcpu(1)->up = false;
    expect(register_info(1, INFO, 0), 0, XM_R_NONE);
    expect_frame(&f, INFO, 3, XM_PGT_WRITABLE | XM_PGT_VALIDATED | 2);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("vcpu");
    TCase *t = tcase_create("vcpu");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, brought_up);
    tcase_add_test(t, begins_in_user_mode);
    tcase_add_loop_test(t, refused_before_anything_is_done, 0, 15);
    tcase_add_test(t, ldt_base_not_canonical);
    tcase_add_test(t, user_mode_needs_a_user_base);
    tcase_add_loop_test(t, refused_reference_undoes_the_gdt, 0, 4);
    tcase_add_loop_test(t, interrupted_and_continued, 0, 6);
    tcase_add_loop_test(t, m2p_slots_of_the_bases, 0, 2);
    tcase_add_test(t, first_vcpu_sets_the_assists);
    tcase_add_loop_test(t, arguments_of_vcpu_op, 0, 7);
    tcase_add_test(t, last_vcpu_goes_down);
    tcase_add_test(t, vcpu_info);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
