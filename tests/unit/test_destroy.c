/* SPDX-License-Identifier: MIT
 *
 * The end of a domain: whatever it held is let go of, in whatever state its
 * tables were, and however often that is interrupted. Rules OTH-01, OTH-02,
 * PIN-08, REF-12, REF-15.
 */
#include "fixture.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <xen-model/destroy.h>
#include <xen-model/domctl.h>
#include <xen-model/snapshot.h>
#include <xen/errno.h>
#include <xen/memory.h>
#include <xen/vcpu.h>

#define L4A (FIRST_FREE + 0)
#define L3A (FIRST_FREE + 1)
#define L2A (FIRST_FREE + 2)
#define L1A (FIRST_FREE + 3)
#define L4B (FIRST_FREE + 4)
#define L3B (FIRST_FREE + 5)
#define L2B (FIRST_FREE + 6)
#define GDT (FIRST_FREE + 7)
#define LDT (FIRST_FREE + 8)
#define INFO (FIRST_FREE + 9)
#define ARGUMENTS (FIRST_FREE + 10)
#define PAGE (FIRST_FREE + 11)
#define SHARED (FIRST_FREE + 12) /* of Xen's heap */
#define ARGUMENTS_VA 0x1000ull
#define LDT_VA 0x2000ull
#define VICTIM 1u
#define CONTROL 0u
#define HOLDER 7u /* owns FRAME_FOREIGN */
#define MAX_PARTS 20000u

static struct fixture f;
static struct xm_snapshot start;

static struct xm_domain *domain(xm_domid domid)
{
    return xm_domain_find(f.cpu.machine, domid);
}

static void *arguments(void)
{
    return xm_ram_frame(&f.cpu, ARGUMENTS);
}

static struct xm_result call(uint64_t number, uint64_t a, uint64_t b,
                             uint64_t c)
{
    uint64_t arg[6] = { a, b, c };

    return xm_hypercall(&f.cpu, number, arg);
}

static void register_info(uint32_t vcpu, xm_mfn mfn)
{
    *(struct vcpu_register_vcpu_info *)arguments() =
        (struct vcpu_register_vcpu_info){ .mfn = mfn };
    expect(call(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, vcpu,
                ARGUMENTS_VA),
           0, XM_R_NONE);
}

/* Trees below both L4, linear entries at every level, one table that is both.
 */
static void link_trees(void)
{
    *entry(&f, L4A, 0) = *entry(&f, L4B, 5) = xm_pte(L3A, RWU);
    *entry(&f, L3A, 3) = xm_pte(L2A, RWU);
    *entry(&f, L2A, 1) = *entry(&f, L2A, 100) = xm_pte(L1A, RWU);
    *entry(&f, L1A, 0) = *entry(&f, L1A, 1) = xm_pte(PAGE, RWU);
    *entry(&f, L1A, 2) = xm_pte(L4B, P | US);
    *entry(&f, L1A, 3) = xm_pte(SHARED, RWU);
    *entry(&f, PAGE, 9) = 0x1234;
}

static void link_linear(void)
{
    expect(update(&f, L4A, 9, xm_pte(L4B, P | US)), 0, XM_R_NONE);
    expect(update(&f, L4A, 10, xm_pte(L4A, P | US)), 0, XM_R_NONE);
    expect(ext(&f, MMUEXT_PIN_L3_TABLE, L3B), 0, XM_R_NONE);
    expect(update(&f, L3B, 511, xm_pte(L3A, P | US)), 0, XM_R_NONE);
    expect(ext(&f, MMUEXT_PIN_L2_TABLE, L2B), 0, XM_R_NONE);
    expect(update(&f, L2B, 0, xm_pte(L2A, P | US)), 0, XM_R_NONE);
}

static void pinned(void)
{
    link_trees();
    expect(ext(&f, MMUEXT_PIN_L4_TABLE, L4A), 0, XM_R_NONE);
    expect(ext(&f, MMUEXT_PIN_L4_TABLE, L4B), 0, XM_R_NONE);
    expect(ext(&f, MMUEXT_PIN_L1_TABLE, L1A), 0, XM_R_NONE);
    link_linear();
}

/* Everything else that a vCPU may hold. */
static void held(void)
{
    uint64_t *const frames = arguments();

    link_trees();
    expect(ext(&f, MMUEXT_NEW_USER_BASEPTR, L4A), 0, XM_R_NONE);
    frames[0] = frames[1] = GDT;
    expect(call(__HYPERVISOR_set_gdt, ARGUMENTS_VA, 600, 0), 0, XM_R_NONE);
    register_info(0, INFO);
    register_info(2, INFO);
    *(struct mmuext_op *)arguments() = (struct mmuext_op){
        .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = LDT_VA, .arg2.nr_ents = 512
    };
    expect(xm_mmuext_op(&f.cpu, arguments(), 1, NULL, DOMID_SELF), 0,
           XM_R_NONE);
    (void)xm_load_segment(&f.cpu, 15);
    expect_frame(&f, LDT, 3, XM_PGT_SEG_DESC | XM_PGT_VALIDATED | 1);
    expect_frame(&f, GDT, 3, XM_PGT_SEG_DESC | XM_PGT_VALIDATED | 2);
    expect_frame(&f, INFO, 3, XM_PGT_WRITABLE | XM_PGT_VALIDATED | 2);
}

/* A call of MFN that is interrupted after QUESTIONS, and not gone on with. */
static void interrupt(unsigned int command, xm_mfn mfn, int64_t questions)
{
    f.cpu.preempt_after = questions;
    expect(ext(&f, command, mfn), -XEN_ERESTART, XM_R_CALL_PREEMPTED);
    f.cpu.preempt_after = -1;
    f.cpu.preempted = false;
}

static void pinned_half(void)
{
    link_trees();
    interrupt(MMUEXT_PIN_L4_TABLE, L4A, 50);
    ck_assert(frame(&f, L4A)->type_info & XM_PGT_PARTIAL);
    ck_assert(frame(&f, L2A)->type_info & XM_PGT_PARTIAL);
}

static void unpinned_half(void)
{
    pinned();
    expect(ext(&f, MMUEXT_UNPIN_TABLE, L1A), 0, XM_R_NONE);
    expect(update(&f, L4A, 0, 0), 0, XM_R_NONE);
    expect(update(&f, L4A, 9, 0), 0, XM_R_NONE);
    expect(update(&f, L3B, 511, 0), 0, XM_R_NONE);
    /* The operation itself succeeds. */
    interrupt(MMUEXT_UNPIN_TABLE, L4B, 0);
    ck_assert(domain(VICTIM)->vcpu[0].has_old);
}

static void loaded(void)
{
    link_trees();
    *entry(&f, L4A, 511) = xm_pte(BOOT_L3, RWU);
    *entry(&f, L4A, 0) = xm_pte(BOOT_L3, RWU);
    expect(ext(&f, MMUEXT_NEW_USER_BASEPTR, L4B), 0, XM_R_NONE);
    expect(ext(&f, MMUEXT_NEW_BASEPTR, L4A), 0, XM_R_NONE);
}

static void (*const states[])(void) = {
    link_trees, pinned, held, pinned_half, unpinned_half, loaded,
};
#define NR_STATES (int)(sizeof(states) / sizeof(states[0]))

static struct xm_snapshot snapshot(void)
{
    const struct xm_config config = xm_config_default(NR_FRAMES);
    const struct xm_snapshot s = { malloc(xm_machine_size(&config)),
                                   malloc(NR_FRAMES * XM_PAGE_SIZE) };

    ck_assert(s.block && s.ram);
    return s;
}

static void setup(void)
{
    struct xm_domain *d;

    fixture_setup(&f, false);
    d = xm_domain_create(f.cpu.machine, CONTROL, true);
    ck_assert(d != NULL);
    expect(update(&f, BOOT_L1, 1, xm_pte(ARGUMENTS, RWU)), 0, XM_R_NONE);
    expect(update(&f, BOOT_L1, 2, xm_pte(LDT, P | US)), 0, XM_R_NONE);
    *entry(&f, LDT, 1) = 0x00cff2000000ffffull;
    *frame(&f, SHARED) = (struct xm_frame){
        .count_info = XM_PGC_ALLOCATED | XM_PGC_XEN_HEAP | 1,
        .type_info = XM_PGT_WRITABLE | XM_PGT_VALIDATED | 1,
        .owner = VICTIM,
    };
    domain(VICTIM)->tot_pages--;
    start = snapshot();
}

static void teardown(void)
{
    free(start.block);
    free(start.ram);
    fixture_teardown(&f);
}

/* By the control domain, with QUESTIONS before each part is interrupted. */
static unsigned int destroy(int64_t questions, bool again)
{
    unsigned int parts = 1;

    f.cpu.domid = CONTROL;
    f.cpu.preempt_after = questions;
    for (;; parts++) {
        const struct xm_result r = xm_destroy_domain(&f.cpu, domain(VICTIM));

        ck_assert_uint_lt(parts, MAX_PARTS);
        if (r.rc == 0)
            break;
        expect(r, -XEN_ERESTART, XM_R_CALL_PREEMPTED);
        if (parts % 8 == 1)
            expect_invariants(&f);
        if (again)
            f.cpu.preempt_after = questions;
    }
    f.cpu.preempt_after = -1;
    expect_invariants(&f);
    return parts;
}

static bool is_zero(xm_mfn mfn)
{
    bool zero = true;

    for (unsigned int i = 0; i < XM_ENTRIES; i++)
        zero &= *entry(&f, mfn, i) == 0;
    return zero;
}

static void expect_gone(void)
{
    ck_assert(domain(VICTIM) == NULL);
    for (xm_mfn mfn = BOOT_L4; mfn < NR_FRAMES; mfn++)
        ck_assert_msg(frame(&f, mfn)->count_info == XM_PGC_STATE_FREE &&
                          is_zero(mfn),
                      "frame %d is not free, or not zero", (int)mfn);
}

START_TEST(nothing_is_left)
{
    states[_i]();
    ck_assert_uint_eq(destroy(-1, false), 1);
    expect_gone();
}
END_TEST

static void interrupted(int state, bool again)
{
    unsigned int parts = 2;

    states[state]();
    xm_snapshot_take(&f.cpu, &start);
    /* There are thousands of questions: not every number. */
    for (int64_t q = 0; parts > 1; q += 1 + q / (again ? 2 : 32)) {
        xm_snapshot_restore(&f.cpu, &start);
        f.cpu.domid = VICTIM;
        parts = destroy(q, again);
        expect_gone();
    }
}

START_TEST(an_interruption_is_gone_on_from)
{
    interrupted(_i, false);
}
END_TEST

START_TEST(many_interruptions_are)
{
    interrupted(_i, true);
}
END_TEST

/* MFN of the victim is mapped by the holder, in its own L1. */
static void hold(xm_mfn mfn, unsigned int slot, uint64_t flags)
{
    f.cpu.domid = HOLDER;
    domain(HOLDER)->privileged = true;
    if (!(frame(&f, FRAME_FOREIGN)->type_info & XM_PGT_PINNED))
        expect(ext(&f, MMUEXT_PIN_L1_TABLE, FRAME_FOREIGN), 0, XM_R_NONE);
    expect(xm_mmu_update(&f.cpu,
                         &(struct mmu_update){
                             .ptr = FRAME_FOREIGN << XM_PAGE_SHIFT | slot * 8u,
                             .val = mfn ? xm_pte(mfn, flags) : 0 },
                         1, NULL, mfn ? VICTIM : DOMID_SELF),
           0, XM_R_NONE);
}

START_TEST(what_others_hold_stays)
{
    pinned();
    hold(PAGE, 0, RWU);
    hold(PAGE, 1, P | US);
    hold(L4B, 2, P | US);
    hold(SHARED, 3, RWU);
    (void)destroy(-1, false);
    ck_assert(domain(VICTIM) && domain(VICTIM)->dying == XM_DEAD);
    ck_assert_uint_eq(domain(VICTIM)->tot_pages, 2);
    expect_frame(&f, PAGE, 2, XM_PGT_WRITABLE | XM_PGT_VALIDATED | 1);
    expect_frame(&f, L4B, 1, XM_PGT_L4);
    ck_assert_uint_eq(*entry(&f, PAGE, 9), 0x1234);
    ck_assert_uint_eq(frame(&f, L3A)->count_info, XM_PGC_STATE_FREE);
    hold(0, 0, 0);
    hold(0, 1, 0);
    ck_assert_uint_eq(frame(&f, PAGE)->count_info, XM_PGC_STATE_FREE);
    ck_assert_uint_eq(*entry(&f, PAGE, 9), 0);
    hold(0, 2, 0);
    ck_assert_uint_eq(domain(VICTIM)->tot_pages, 0);
    ck_assert_uint_eq(frame(&f, SHARED)->owner, VICTIM);
    expect_invariants(&f);
    hold(0, 3, 0);
    expect_gone();
}
END_TEST

/* PIN-08, REF-15. */
START_TEST(nothing_is_done_for_the_dead)
{
    struct mmuext_op op = { .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = PAGE };

    hold(PAGE, 0, P | US);
    hold(ARGUMENTS, 1, P | US);
    (void)destroy(-1, false);
    f.cpu.domid = HOLDER;
    for (; op.cmd <= MMUEXT_PIN_L4_TABLE; op.cmd++) {
        f.cpu.fired = (struct xm_rule_set){ { 0 } };
        expect(xm_mmuext_op(&f.cpu, &op, 1, NULL, VICTIM), 0, XM_R_NONE);
        ck_assert(xm_rule_set_has(&f.cpu.fired, XM_R_PIN_DYING));
        ck_assert_uint_eq(frame(&f, PAGE)->count_info, 1);
        ck_assert_uint_eq(frame(&f, PAGE)->type_info &
                              (XM_PGT_PINNED | XM_PGT_COUNT_MASK),
                          0);
    }
    (void)destroy(-1, false); /* once more: nothing happens */
    ck_assert_uint_eq(domain(VICTIM)->tot_pages, 2);
    f.cpu.domid = HOLDER;
    hold(0, 0, 0);
    hold(0, 1, 0);
    expect_gone();
}
END_TEST

START_TEST(a_domain_does_not_destroy_itself)
{
    expect(xm_destroy_domain(&f.cpu, domain(VICTIM)), -XEN_EINVAL,
           XM_R_DOMCTL_SELF);
    ck_assert_int_eq(domain(VICTIM)->dying, XM_ALIVE);
}
END_TEST

/* Of vCPU 0, interrupted after QUESTIONS. */
static unsigned int reset(int64_t questions)
{
    struct xm_vcpu *const v = &domain(VICTIM)->vcpu[0];
    unsigned int parts = 1;

    f.cpu.domid = CONTROL;
    f.cpu.preempt_after = questions;
    while (xm_reset_vcpu(&f.cpu, v).rc != 0) {
        expect_invariants(&f);
        f.cpu.preempted = false;
        ck_assert_uint_lt(++parts, MAX_PARTS);
    }
    f.cpu.preempt_after = -1;
    f.cpu.domid = VICTIM;
    return parts;
}

/* OTH-02 */
START_TEST(a_reset_takes_bases_and_gdt)
{
    unsigned int parts = 2;

    held();
    xm_snapshot_take(&f.cpu, &start);
    for (int64_t q = 0; parts > 1; q++) {
        const struct xm_vcpu *const v = &domain(VICTIM)->vcpu[0];

        xm_snapshot_restore(&f.cpu, &start);
        parts = reset(q);
        ck_assert(!v->initialised && !v->has_base && !v->has_user_base);
        expect_frame(&f, BOOT_L4, 1, XM_PGT_L4);
        expect_frame(&f, L4A, 1, XM_PGT_L4);
        expect_frame(&f, GDT, 1, XM_PGT_SEG_DESC | XM_PGT_VALIDATED);
        expect_frame(&f, LDT, 2, XM_PGT_SEG_DESC | XM_PGT_VALIDATED | 1);
        expect_invariants(&f);
    }
    (void)destroy(-1, false);
    expect_gone();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("destroy");
    TCase *t = tcase_create("destroy");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, nothing_is_left, 0, NR_STATES);
    tcase_add_loop_test(t, an_interruption_is_gone_on_from, 0, NR_STATES);
    tcase_add_loop_test(t, many_interruptions_are, 0, NR_STATES);
    tcase_add_test(t, what_others_hold_stays);
    tcase_add_test(t, nothing_is_done_for_the_dead);
    tcase_add_test(t, a_domain_does_not_destroy_itself);
    tcase_add_test(t, a_reset_takes_bases_and_gdt);
    suite_add_tcase(suite, t);
    r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
