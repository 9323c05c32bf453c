/* SPDX-License-Identifier: MIT
 *
 * Shrinking: what must stay does, what need not goes, and what is left is true.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <traces/model.h>
#include <traces/shrink.h>

#define NR_FRAMES 512u

struct numbers {
    uint32_t n, value[64];
    uint32_t needed[3];
    uint32_t trials;
};

static uint32_t count(void *context)
{
    const struct numbers *s = context;

    return s->n;
}

static bool without(void *context, uint32_t first, uint32_t n)
{
    struct numbers *s = context;

    s->trials++;
    for (uint32_t i = first; i < first + n; i++)
        for (uint32_t k = 0; k < 3; k++)
            if (s->value[i] == s->needed[k])
                return false;
    memmove(&s->value[first], &s->value[first + n],
            (s->n - first - n) * sizeof(s->value[0]));
    s->n -= n;
    return true;
}

START_TEST(parts_that_are_needed_stay)
{
    struct numbers s = { .n = 64, .needed = { 0, 31, 63 } };
    const struct pvt_parts parts = { count, without, &s };

    for (uint32_t i = 0; i < s.n; i++)
        s.value[i] = i;
    ck_assert(pvt_parts_reduce(&parts));
    ck_assert_uint_eq(s.n, 3);
    ck_assert_uint_eq(s.value[1], 31);
    ck_assert_uint_lt(s.trials, 64);
    ck_assert(!pvt_parts_reduce(&parts));
}
END_TEST

#define INIT                                                                   \
    "pvt 1\ntest t\n\"T.\"\ninit {\n  dom d0 privileged\n"                     \
    "  dom d1 unprivileged\n  page d0 l4 l3 l1 data spare\n  page d1 theirs\n" \
    "  pte l4[0] = l3 P RW US\n  pte l4[511] = boot.l3 P RW US A\n"            \
    "  fill l1[0..99] = data P US\n}\n"

static const struct {
    const char *what;
    struct pvt_goal goal;
    const char *run, *left;
} cases[] = {
    { "steps and pages that a refusal does not need",
      { .kind = PVT_GOAL_REFUSED },
      "  d0.0: pin L4 l4 -> 0\n  d1.0: pin L1 theirs -> 0\n"
      "  d0.0: pin L1 l1 -> 0\n"
      "  d0.0: mmu_update l1[7] := l1 P RW US A D -> -EBUSY\n"
      "  d0.0: unpin l4 -> 0\n",
      "rules l1e.writable-typed\n\ninit {\n  dom d0 privileged\n"
      "  page d0 l1\n}\nrun {\n  d0.0: pin L1 l1 -> 0\n"
      "  d0.0: mmu_update l1[7] := l1 P RW -> -EBUSY by l1e.writable-typed\n"
      "}\n" },
    { "requests of a list",
      { .kind = PVT_GOAL_ANSWER, .rc = -22 },
      "  d0.0: mmuext { pin L1 l1, pin L4 l4, tlb_flush_local, unpin data, "
      "unpin l1 } -> -EINVAL done 3\n",
      "rules unpin.not-pinned\n\ninit {\n  dom d0 privileged\n"
      "  page d0 data\n}\nrun {\n"
      "  d0.0: unpin data -> -EINVAL done 0 by unpin.not-pinned\n}\n" },
    { "ranges and flags",
      { .kind = PVT_GOAL_RULE, .rule = XM_R_L1E_FOREIGN },
      "  d1.0: pin L1 theirs -> 0\n  d1.0: unpin theirs -> 0\n"
      "  d1.0: mmu_update theirs[1] := data P RW US A D -> 0\n"
      "  d1.0: pin L1 theirs -> -EBUSY\n",
      "rules l1e.foreign\n\ninit {\n  dom d0 privileged\n"
      "  dom d1 unprivileged\n  page d0 data\n  page d1 theirs\n}\nrun {\n"
      "  d1.0: mmu_update theirs[1] := data P -> 0\n"
      "  d1.0: pin L1 theirs -> -EBUSY by l1e.foreign\n}\n" },
    { "the guest's own kernel stays in a base",
      { .kind = PVT_GOAL_STEP, .step = 2 },
      "  d0.0: pin L4 l4 -> 0\n  d0.0: new_baseptr l4 -> 0\n",
      "\ninit {\n  dom d0 privileged\n  page d0 l4\n"
      "  pte l4[511] = boot.l3 P RW\n}\nrun {\n"
      "  d0.0: new_baseptr l4 -> 0\n}\n" },
    { "a difference keeps what was expected",
      { .kind = PVT_GOAL_DIFFERENCE },
      "  d0.0: pin L4 l4 -> 0\n  d0.0: pin L1 l4 -> 0\n",
      "\ninit {\n  dom d0 privileged\n  page d0 l4\n}\nrun {\n"
      "  d0.0: pin L4 l4 -> 0\n  d0.0: pin L1 l4 -> 0\n}\n" },
    { "what a missing check lets through",
      { .kind = PVT_GOAL_BREAK, .faults = 1u << XM_FAULT_PIN_TWICE },
      "  d0.0: pin L4 l4 -> 0\n  d0.0: pin L1 l1 -> 0\n"
      "  d0.0: pin L1 l1 -> -EINVAL\n",
      "rules pin.twice\n\ninit {\n  dom d0 privileged\n  page d0 l1\n}\n"
      "run {\n  d0.0: pin L1 l1 -> 0\n"
      "  d0.0: pin L1 l1 -> -EINVAL by pin.twice\n}\n" },
};

static struct pvt_trace *parse(const char *run)
{
    struct pvt_error error;
    struct pvt_trace *t;
    char text[2048];

    snprintf(text, sizeof(text), "%srun {\n%s}\n", INIT, run);
    t = pvt_trace_parse(text, strlen(text), &error);
    ck_assert_msg(t != NULL, "%u:%u: %s", error.line, error.column, error.text);
    return t;
}

static bool holds(void *context, const struct pvt_trace *t)
{
    return pvt_goal_holds(context, t);
}

START_TEST(what_is_left)
{
    struct pvt_trace *t = parse(cases[_i].run);
    struct pvt_goal goal = cases[_i].goal;
    const struct pvt_shrink how = { .holds = holds,
                                    .keep_last = true,
                                    .context = &goal };
    char *text = NULL;
    size_t length;
    FILE *f;

    ck_assert(pvt_model_open(NR_FRAMES, &goal.model) == 0);
    ck_assert_msg(pvt_goal_find(&goal, t) == 0, "%s: %s", cases[_i].what,
                  goal.message);
    ck_assert_uint_gt(pvt_shrink(&how, &t), 0);
    ck_assert_msg(pvt_expect_answers(&goal, t) == 0, "%s: %s", cases[_i].what,
                  goal.message);
    f = open_memstream(&text, &length);
    pvt_trace_print(f, t);
    fclose(f);
    ck_assert_msg(
        strcmp(text + strlen("pvt 1\ntest t\n\"T.\"\n"), cases[_i].left) == 0,
        "%s: left is\n%s", cases[_i].what, text);
    free(text);
    pvt_goal_close(&goal);
    goal.model->ops->close(goal.model);
    pvt_trace_free(t);
}
END_TEST

static bool no_more(void *context, const struct pvt_trace *t, uint32_t trials)
{
    (void)context;
    (void)t;
    return trials < 3;
}

START_TEST(enough_is_enough)
{
    struct pvt_trace *t = parse(cases[0].run);
    struct pvt_goal goal = cases[0].goal;
    const struct pvt_shrink how = {
        .holds = holds, .go_on = no_more, .keep_last = true, .context = &goal
    };

    ck_assert(pvt_model_open(NR_FRAMES, &goal.model) == 0);
    ck_assert(pvt_goal_find(&goal, t) == 0);
    ck_assert_uint_eq(pvt_shrink(&how, &t), 3);
    ck_assert(pvt_goal_holds(&goal, t));
    pvt_goal_close(&goal);
    goal.model->ops->close(goal.model);
    pvt_trace_free(t);
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
    struct pvt_trace *t = parse("  d0.0: pin L4 l4 -> 0\n");
    struct pvt_goal goal = { .kind = PVT_GOAL_REFUSED };

    ck_assert(pvt_model_open(NR_FRAMES, &goal.model) == 0);
    ck_assert_int_eq(pvt_goal_find(&goal, t), 1);
    ck_assert_str_ne(goal.message, "");
    pvt_goal_close(&goal);
    goal.model->ops->close(goal.model);
    pvt_trace_free(t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("shrink");
    TCase *c = tcase_create("shrink");
    SRunner *r;
    int failed;

    tcase_add_test(c, parts_that_are_needed_stay);
    tcase_add_loop_test(c, what_is_left, 0,
                        (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_test(c, enough_is_enough);
    tcase_add_test(c, what_is_not_there_is_not_found);
    suite_add_tcase(s, c);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
