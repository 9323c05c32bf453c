/* SPDX-License-Identifier: MIT
 *
 * What the runner finds: expectations that do not hold, and a machine that
 * does something else. The other machine is a second model that lies.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <traces/model.h>
#include <traces/runner.h>

#define NR_FRAMES 512u

static struct pvt_report report;

static void run(const char *step, struct pvt_backend *model,
                struct pvt_backend *other)
{
    const struct pvt_runner runner = { .model = model, .other = other };
    struct pvt_error error = { .line = 0 };
    struct pvt_trace *t;
    char text[1024];

    snprintf(text, sizeof(text),
             "pvt 1\ntest t\n\"T.\"\ninit {\n  dom d0 privileged\n"
             "  page d0 a d\n  window w\n  pte w[3] = a P US A\n"
             "  pte w[4] = d P RW US A D\n}\nrun {\n"
             "  d0.0: pin L1 a -> 0\n  d0.0: %s\n}\n",
             step);
    t = pvt_trace_parse(text, strlen(text), &error);
    ck_assert_msg(t != NULL, "%s: %u: %s", step, error.line, error.text);
    ck_assert_msg(pvt_run(&runner, t, &report) == 0, "%s: %s", step,
                  report.message);
    pvt_trace_free(t);
}

static const struct {
    const char *step;
    enum pvt_kind kind;
    const char *detail;
} wrong[] = {
    { "execute \"48 89 07\" rdi=window[3] rax=a P RW US -> ok", PVT_KIND_FAULT,
      "" },
    { "execute \"48 89 07\" rdi=window[3] rax=0 -> fault 3", PVT_KIND_FAULT,
      "" },
    { "execute \"48 89 07\" rdi=window[5] -> fault 3", PVT_KIND_ERROR_CODE,
      "" },
    { "execute \"48 89 07\" rdi=window[5] -> fault 2 at window[4]",
      PVT_KIND_CR2, "" },
    { "execute \"48 89 07\" rdi=window[3] -> ok by ptwr.part", PVT_KIND_BY,
      "" },
    { "execute \"48 89 07\" rdi=window[4] rbx=7 -> ok rbx=8", PVT_KIND_REGISTER,
      "rbx" },
    { "execute \"48 ff 07\" rdi=window[4] -> ok flags=0x40", PVT_KIND_REGISTER,
      "flags" },
    { "execute \"48 a5\" rdi=window[4] rsi=window[3] -> ok rdi=window[4]",
      PVT_KIND_REGISTER, "rdi" },
    { "store window[3] := 0 -> ok by ptwr.off", PVT_KIND_BY, "" },
    { "load window[4] -> value 1", PVT_KIND_VALUE, "" },
};

START_TEST(a_wrong_expectation_is_found)
{
    struct pvt_backend *model;

    ck_assert(pvt_model_open(NR_FRAMES, &model) == 0);
    run(wrong[_i].step, model, NULL);
    ck_assert_uint_eq(report.nr_differences, 1);
    ck_assert_str_eq(pvt_kind_name(report.differences[0].kind),
                     pvt_kind_name(wrong[_i].kind));
    ck_assert_str_eq(report.differences[0].detail, wrong[_i].detail);
    model->ops->close(model);
}
END_TEST

START_TEST(a_rule_that_should_be_silent_is_found)
{
    static const char text[] =
        "pvt 1\ntest t\n\"T.\"\nneighbour s pin.twice unpin.not-pinned\n"
        "init {\n  dom d0 privileged\n  page d0 a\n}\nrun {\n"
        "  d0.0: pin L1 a -> 0\n  d0.0: pin L1 a -> -EINVAL\n}\n";
    struct pvt_error error;
    struct pvt_trace *t = pvt_trace_parse(text, strlen(text), &error);
    struct pvt_runner runner = { .model = NULL };

    ck_assert_msg(t != NULL, "%u: %s", error.line, error.text);
    ck_assert(pvt_model_open(NR_FRAMES, &runner.model) == 0);
    ck_assert(pvt_run(&runner, t, &report) == 0);
    ck_assert_uint_eq(report.nr_differences, 1);
    ck_assert_str_eq(pvt_kind_name(report.differences[0].kind),
                     "rule of a neighbour");
    ck_assert_uint_eq(report.differences[0].right, XM_R_PIN_TWICE);
    runner.model->ops->close(runner.model);
    pvt_trace_free(t);
}
END_TEST

static const struct pvt_backend_ops *honest;
static uint32_t lie;       /* which register is reported wrongly */
static uint64_t lie_about; /* and which bits of it */

static int lying_execute(struct pvt_backend *b, const struct pvt_op *op,
                         struct pvt_outcome *out)
{
    const int rc = honest->execute(b, op, out);

    out->registers[lie] ^= lie_about;
    return rc;
}

/* and: AF is left undefined, ZF is not. */
static const struct {
    const char *step;
    uint32_t lie;
    uint64_t about;
    bool found;
} lies[] = {
    { "execute \"48 21 07\" rdi=window[4] -> ok", 3, 1, true },
    { "execute \"48 21 07\" rdi=window[4] -> ok", 15, 1ull << 63, true },
    /* and defines ZF, but not AF; bts defines CF. */
    { "execute \"48 21 07\" rdi=window[4] -> ok", PVT_FLAGS, 0x40, true },
    { "execute \"48 21 07\" rdi=window[4] -> ok", PVT_FLAGS, 0x10, false },
    { "execute \"48 0f ab 07\" rdi=window[4] -> ok", PVT_FLAGS, 1, true },
    { "execute \"48 0f ab 07\" rdi=window[4] -> ok", PVT_FLAGS, 0x894, false },
    { "execute \"48 89 07\" rdi=window[5] -> fault 2", 1, 1, true },
    /* rsp is each machine's own, unless it is given. */
    { "execute \"48 89 07\" rdi=window[4] -> ok", 4, 1, false },
    { "execute \"50\" rsp=window[4]+64 -> ok", 4, 1, true },
    { "load window[4] -> value 0", 1, 1, false }, /* has no registers */
};

START_TEST(a_register_that_differs_is_found)
{
    struct pvt_backend_ops ops;
    struct pvt_backend *model, *other;

    ck_assert(pvt_model_open(NR_FRAMES, &other) == 0);
    ck_assert(pvt_model_adopt(other, &model) == 0);
    honest = other->ops;
    ops = *honest;
    ops.execute = lying_execute;
    other->ops = &ops;
    lie = lies[_i].lie;
    lie_about = lies[_i].about;
    run(lies[_i].step, model, other);
    ck_assert_msg((report.nr_differences == 1) == lies[_i].found,
                  "%s: %u differences", lies[_i].step, report.nr_differences);
    if (lies[_i].found)
        ck_assert_int_eq(report.differences[0].kind, PVT_KIND_REGISTER);
    model->ops->close(model);
    other->ops = honest;
    other->ops->close(other);
}
END_TEST

static bool lie_about_sizes;

static int lying_grants(struct pvt_backend *b, xm_domid domid,
                        struct pvt_grants *to)
{
    const int rc = honest->read_grants(b, domid, to);

    if (lie_about_sizes)
        to->table.nr_frames++;
    else
        to->active[lie].pin = 1;
    return rc;
}

static const struct {
    const char *step;
    bool sizes;
    uint32_t ref;
    const char *detail; /* NULL: nobody looks */
} grant_lies[] = {
    { "grant.query_size { dom=self } -> 0", false, 9,
      "domain 0, entry 9: pin counts" },
    { "grant.query_size { dom=self } -> 0", true, 0,
      "domain 0, entry 0: frames" },
    { "unpin a -> 0", false, 9, NULL },
};

START_TEST(a_grant_table_that_differs_is_found)
{
    struct pvt_backend_ops ops;
    struct pvt_backend *model, *other;

    ck_assert(pvt_model_open(NR_FRAMES, &other) == 0);
    ck_assert(pvt_model_adopt(other, &model) == 0);
    honest = other->ops;
    ops = *honest;
    ops.read_grants = lying_grants;
    other->ops = &ops;
    lie = grant_lies[_i].ref;
    lie_about_sizes = grant_lies[_i].sizes;
    run(grant_lies[_i].step, model, other);
    ck_assert_uint_eq(report.nr_differences, grant_lies[_i].detail != NULL);
    if (grant_lies[_i].detail) {
        ck_assert_int_eq(report.differences[0].kind, PVT_KIND_GRANTS);
        ck_assert_str_eq(report.differences[0].detail, grant_lies[_i].detail);
    }
    model->ops->close(model);
    other->ops = honest;
    other->ops->close(other);
}
END_TEST

START_TEST(what_cannot_be_executed_is_said)
{
    struct pvt_backend *model;

    ck_assert(pvt_model_open(NR_FRAMES, &model) == 0);
    run("execute \"0f 29 07\" rdi=window[4] -> ok", model, NULL);
    ck_assert(report.nr_differences == 1 &&
              report.differences[0].kind == PVT_KIND_LOST);
    ck_assert(strstr(report.differences[0].detail, "only where it faults"));
    run("execute \"0f 29 07\" rdi=window[3] -> fault 3", model, NULL);
    ck_assert_uint_eq(report.nr_differences, 0);
    model->ops->close(model);
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

int main(void)
{
    Suite *s = suite_create("runner");
    TCase *t = tcase_create("findings");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(t, a_wrong_expectation_is_found, 0, COUNT(wrong));
    tcase_add_loop_test(t, a_register_that_differs_is_found, 0, COUNT(lies));
    tcase_add_loop_test(t, a_grant_table_that_differs_is_found, 0,
                        COUNT(grant_lies));
    tcase_add_test(t, a_rule_that_should_be_silent_is_found);
    tcase_add_test(t, what_cannot_be_executed_is_said);
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
