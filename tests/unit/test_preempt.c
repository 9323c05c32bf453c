/* SPDX-License-Identifier: MIT
 *
 * Preemption at every point where Xen asks: whatever is interrupted and gone
 * on with ends in the state, the answer and the done count of a call that was
 * not, and both counts are right at every stop. Rules PRE-*.
 */
#include "fixture.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <xen-model/snapshot.h>

#define L4A (FIRST_FREE + 0)
#define L3A (FIRST_FREE + 1)
#define L2A (FIRST_FREE + 2)
#define L1A (FIRST_FREE + 3)
#define L2B (FIRST_FREE + 4)
#define L4B (FIRST_FREE + 5)
#define PAGE (FIRST_FREE + 6)
#define ARGUMENTS (FIRST_FREE + 7)
#define ARGUMENTS_SLOT 511u
#define DONE_AT 2048u
#define MAX_OPS 4u
#define MAX_PARTS 10000

static struct fixture f;
static struct xm_snapshot start, reference;
static struct xm_config config;

/* Trees below L4A and L4B, which share the L3; three entries in the L2. */
static void link_trees(void)
{
    *entry(&f, L4A, 0) = *entry(&f, L4B, 5) = xm_pte(L3A, RWU);
    *entry(&f, L3A, 3) = xm_pte(L2A, RWU);
    *entry(&f, L3A, 7) = xm_pte(L2B, RWU);
    *entry(&f, L2A, 1) = *entry(&f, L2A, 100) = xm_pte(L1A, RWU);
    *entry(&f, L2B, 2) = xm_pte(L1A, RWU);
    *entry(&f, L1A, 0) = xm_pte(PAGE, RWU);
}

static void pinned(void)
{
    link_trees();
    expect(ext(&f, MMUEXT_PIN_L4_TABLE, L4A), 0, XM_R_NONE);
}

static void pinned_l2(void)
{
    link_trees();
    expect(ext(&f, MMUEXT_PIN_L2_TABLE, L2A), 0, XM_R_NONE);
}

static void loaded(void)
{
    link_trees();
    *entry(&f, L4A, 511) = *entry(&f, L4B, 511) = *entry(&f, BOOT_L4, 0);
    *entry(&f, L4A, 0) = *entry(&f, BOOT_L4, 0);
    *entry(&f, L4B, 0) = *entry(&f, BOOT_L4, 0);
}

static void with_user_base(void)
{
    link_trees();
    expect(ext(&f, MMUEXT_NEW_USER_BASEPTR, L4A), 0, XM_R_NONE);
}

/* The third entry of the L2 is no table of the domain. */
static void spoiled(void)
{
    link_trees();
    *entry(&f, L2A, 300) = xm_pte(FRAME_FOREIGN, RWU);
}

static void spoiled_l3(void)
{
    link_trees();
    *entry(&f, L3A, 9) = xm_pte(FRAME_FOREIGN, RWU);
}

#define OP(command, frame)                                                     \
    {                                                                          \
        .cmd = (command), .arg1.mfn = (frame)                                  \
    }
#define ENTRY(table, slot, value)                                              \
    {                                                                          \
        (uint64_t)(table) << XM_PAGE_SHIFT | (slot)*8u, value                  \
    }

static const struct scenario {
    const char *name;
    void (*prepare)(void);
    uint32_t nr_ops, nr_updates;
    bool refused;
    struct mmuext_op ops[MAX_OPS];
    struct mmu_update updates[MAX_OPS];
} scenarios[] = {
    { "pin", link_trees, .nr_ops = 1, .ops = { OP(MMUEXT_PIN_L4_TABLE, L4A) } },
    { "pin L3", link_trees, .nr_ops = 1,
      .ops = { OP(MMUEXT_PIN_L3_TABLE, L3A) } },
    { "pin both, unpin", link_trees, .nr_ops = 3,
      .ops = { OP(MMUEXT_PIN_L4_TABLE, L4A), OP(MMUEXT_PIN_L4_TABLE, L4B),
               OP(MMUEXT_UNPIN_TABLE, L4A) } },
    { "unpin", pinned, .nr_ops = 1, .ops = { OP(MMUEXT_UNPIN_TABLE, L4A) } },
    { "unpin L2, then L4", pinned_l2, .nr_ops = 2,
      .ops = { OP(MMUEXT_UNPIN_TABLE, L2A), OP(MMUEXT_PIN_L4_TABLE, L4A) } },
    { "pin twice", pinned, .refused = true, .nr_ops = 2,
      .ops = { OP(MMUEXT_PIN_L3_TABLE, L3A), OP(MMUEXT_PIN_L4_TABLE, L4A) } },
    { "load, load the other", loaded, .nr_ops = 3,
      .ops = { OP(MMUEXT_NEW_BASEPTR, L4A), OP(MMUEXT_NEW_BASEPTR, L4B),
               OP(MMUEXT_NEW_BASEPTR, BOOT_L4) } },
    { "user base and none", with_user_base, .nr_ops = 2,
      .ops = { OP(MMUEXT_NEW_USER_BASEPTR, L4B),
               OP(MMUEXT_NEW_USER_BASEPTR, 0) } },
    { "a bad entry", spoiled, .refused = true, .nr_ops = 1,
      .ops = { OP(MMUEXT_PIN_L2_TABLE, L2A) } },
    { "a bad entry further up", spoiled_l3, .refused = true, .nr_ops = 1,
      .ops = { OP(MMUEXT_PIN_L3_TABLE, L3A) } },
    { "replace an L3 entry", pinned, .nr_updates = 2,
      .updates = { ENTRY(L3A, 3, 0), ENTRY(L3A, 7, 0) } },
    { "replace an L4 entry", pinned, .nr_updates = 3,
      .updates = { ENTRY(L4A, 0, 0), ENTRY(L4A, 1, 0),
                   ENTRY(L4A, 0, (uint64_t)L3A << XM_PAGE_SHIFT | RWU) } },
    { "replace, then a refusal", pinned, .refused = true, .nr_updates = 2,
      .updates = { ENTRY(L4A, 0, 0), ENTRY(L4A, 300, 0) } },
};

#define NR_SCENARIOS (int)(sizeof(scenarios) / sizeof(scenarios[0]))

struct end {
    int rc;
    uint32_t done;
    uint32_t parts; /* in which it was done */
};

static void setup(void)
{
    fixture_setup(&f, true);
    config = xm_config_default(NR_FRAMES);
    start.block = malloc(xm_machine_size(&config));
    start.ram = malloc(NR_FRAMES * XM_PAGE_SIZE);
    reference.block = malloc(xm_machine_size(&config));
    reference.ram = malloc(NR_FRAMES * XM_PAGE_SIZE);
    ck_assert(start.block && start.ram && reference.block && reference.ram);
    expect(update(&f, BOOT_L1, ARGUMENTS_SLOT, xm_pte(ARGUMENTS, RWU)), 0,
           XM_R_NONE);
}

static void teardown(void)
{
    free(start.block);
    free(start.ram);
    free(reference.block);
    free(reference.ram);
    fixture_teardown(&f);
}

/* The stops in between: what is counted is there. */
static void check_stop(struct xm_result r)
{
    ck_assert_int_eq(r.rc, -XEN_ERESTART);
    ck_assert_uint_eq(r.rule, XM_R_CALL_PREEMPTED);
    expect_invariants(&f);
}

/* By registers, as a guest calls: QUESTIONS before each part is interrupted. */
static struct end run_raw(const struct scenario *s, int64_t questions,
                          bool again)
{
    uint64_t arg[6] = { ARGUMENTS_SLOT << XM_PAGE_SHIFT,
                        s->nr_ops ? s->nr_ops : s->nr_updates,
                        (ARGUMENTS_SLOT << XM_PAGE_SHIFT) + DONE_AT,
                        DOMID_SELF };
    uint8_t *const page = (uint8_t *)xm_ram_frame(&f.cpu, ARGUMENTS);
    struct end end = { 0 };

    memcpy(page, s->ops, sizeof(s->ops));
    if (s->nr_updates)
        memcpy(page, s->updates, sizeof(s->updates));
    f.cpu.preempt_after = questions;
    for (;;) {
        const struct xm_result r = xm_hypercall(
            &f.cpu,
            s->nr_ops ? __HYPERVISOR_mmuext_op : __HYPERVISOR_mmu_update, arg);

        ck_assert_uint_lt(++end.parts, MAX_PARTS);
        end.rc = r.rc;
        if (r.rc != -XEN_ERESTART)
            break;
        check_stop(r);
        if (again)
            f.cpu.preempt_after = questions;
    }
    memcpy(&end.done, page + DONE_AT, sizeof(end.done));
    f.cpu.preempt_after = -1;
    return end;
}

/* The same through the typed entry; of requests that all succeed. */
static struct end run_typed(const struct scenario *s, int64_t questions,
                            bool again)
{
    const uint32_t all = s->nr_ops ? s->nr_ops : s->nr_updates;
    uint32_t count = all, foreigndom = DOMID_SELF;
    struct end end = { 0 };
    uint32_t from = 0;

    f.cpu.preempt_after = questions;
    for (;;) {
        const bool none = (count & ~XM_PREEMPTED) == 0;
        const struct xm_result r =
            s->nr_ops ? xm_mmuext_op(&f.cpu, none ? NULL : s->ops + from, count,
                                     &end.done, foreigndom)
                      : xm_mmu_update(&f.cpu, none ? NULL : s->updates + from,
                                      count, &end.done, foreigndom);

        ck_assert_uint_lt(++end.parts, MAX_PARTS);
        end.rc = r.rc;
        if (r.rc != -XEN_ERESTART)
            break;
        check_stop(r);
        from = end.done;
        count = (all - from) | XM_PREEMPTED;
        foreigndom = from == all ? (uint32_t)r.seen[0] : DOMID_SELF;
        if (again)
            f.cpu.preempt_after = questions;
    }
    f.cpu.preempt_after = -1;
    return end;
}

typedef struct end runner(const struct scenario *s, int64_t questions,
                          bool again);

/* Everything but how far a validation once was, which nothing looks at. */
static void expect_reference(const char *name)
{
    struct xm_machine *const m = reference.block;

    for (xm_mfn mfn = 0; mfn < NR_FRAMES; mfn++) {
        const struct xm_frame *a = frame(&f, mfn);
        const struct xm_frame *b = xm_machine_frame(m, mfn);

        ck_assert_msg(a->count_info == b->count_info &&
                          a->type_info == b->type_info &&
                          a->linear_count == b->linear_count,
                      "%s: frame %d", name, (int)mfn);
        ck_assert_msg(mfn == ARGUMENTS ||
                          memcmp(xm_ram_frame(&f.cpu, mfn),
                                 reference.ram + mfn * XM_ENTRIES,
                                 XM_PAGE_SIZE) == 0,
                      "%s: words of frame %d", name, (int)mfn);
    }
    ck_assert_mem_eq(xm_domain_find(f.cpu.machine, 0), xm_domain_find(m, 0),
                     sizeof(struct xm_domain));
}

static void run_scenario(const struct scenario *s, runner *run, bool again)
{
    struct end whole, end;

    s->prepare();
    xm_snapshot_take(&f.cpu, &start);
    whole = run(s, -1, false);
    ck_assert_uint_eq(whole.parts, 1);
    expect_invariants(&f);
    xm_snapshot_take(&f.cpu, &reference);
    /* Interrupted again and again there are many parts: not every number. */
    for (int64_t questions = 0;; questions += again ? 1 + questions / 8 : 1) {
        xm_snapshot_restore(&f.cpu, &start);
        end = run(s, questions, again);
        ck_assert_int_eq(end.rc, whole.rc);
        ck_assert_uint_eq(end.done, whole.done);
        expect_reference(s->name);
        if (end.parts == 1)
            break; /* there are no more questions than that */
    }
}

START_TEST(a_raw_call_goes_on)
{
    run_scenario(&scenarios[_i], run_raw, false);
}
END_TEST

START_TEST(a_raw_call_goes_on_and_on)
{
    run_scenario(&scenarios[_i], run_raw, true);
}
END_TEST

START_TEST(a_typed_call_goes_on)
{
    if (scenarios[_i].refused)
        return; /* it would not tell a refusal from a stop */
    run_scenario(&scenarios[_i], run_typed, false);
}
END_TEST

/* A third part begins where the second one was asked for the fourth time. */
START_TEST(a_call_is_stopped_twice)
{
    struct end end;

    scenarios[0].prepare();
    xm_snapshot_take(&f.cpu, &start);
    f.cpu.preempt_again = 4;
    end = run_raw(&scenarios[0], 2, false);
    ck_assert_uint_eq(end.parts, 3);
    ck_assert_uint_eq(f.cpu.preempt_again, 0);
    xm_snapshot_restore(&f.cpu, &start);
    end = run_raw(&scenarios[0], 2, false);
    ck_assert_uint_eq(end.parts, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("preempt");
    TCase *t = tcase_create("preempt");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, a_raw_call_goes_on, 0, NR_SCENARIOS);
    tcase_add_loop_test(t, a_raw_call_goes_on_and_on, 0, NR_SCENARIOS);
    tcase_add_loop_test(t, a_typed_call_goes_on, 0, NR_SCENARIOS);
    tcase_add_test(t, a_call_is_stopped_twice);
    suite_add_tcase(suite, t);
    r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
