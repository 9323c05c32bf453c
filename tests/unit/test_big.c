/* SPDX-License-Identifier: MIT
 *
 * What the runner finds in a trace of many pages, of which it does not look at
 * everything after each step. The other machine is a second model, in which
 * something changes that no step names.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <traces/model.h>
#include <traces/runner.h>
#include <xen-model/pte.h>

#define PAGES 1024u /* two tables name them */
#define STEPS 12u   /* all turns, and some */
#define AT 3u       /* the step that goes wrong */

static struct pvt_report report;

static struct pvt_trace *parse(void)
{
    struct pvt_error error = { .line = 0 };
    char *text;
    size_t length;
    FILE *f = open_memstream(&text, &length);
    struct pvt_trace *t;

    fputs("pvt 1\ntest t\n\"T.\"\ninit {\n  dom d0 privileged\n"
          "  page d0 a b\n  page d0 x0..x3ff\n",
          f);
    for (unsigned int i = 0; i < PAGES; i++)
        fprintf(f, "  pte %c[%u] = x%x P US A\n", i < 512 ? 'a' : 'b', i % 512,
                i);
    fputs("}\nrun {\n  d0.0: pin L1 a -> 0\n  d0.0: pin L1 b -> 0\n", f);
    for (unsigned int i = 0; i < STEPS - 2; i++)
        fprintf(f, "  d0.0: mmu_update a[%u] := 0 -> 0\n", i);
    fputs("}\n", f);
    fclose(f);
    t = pvt_trace_parse(text, length, &error);
    ck_assert_msg(t != NULL, "%u: %s", error.line, error.text);
    free(text);
    return t;
}

static const struct pvt_backend_ops *honest;
static unsigned int calls;
static xm_mfn first; /* of the trace's pages: a, b, x0, ... */
static void (*change)(struct xm_cpu *c);

static int take(struct pvt_backend *b, xm_domid domid, uint32_t count,
                xm_mfn *mfns)
{
    const int rc = honest->take_frames(b, domid, count, mfns);

    first = mfns[0];
    return rc;
}

static int execute(struct pvt_backend *b, const struct pvt_op *op,
                   struct pvt_outcome *out)
{
    const int rc = honest->execute(b, op, out);

    if (++calls == AT && change)
        change(pvt_model_cpu(b));
    return rc;
}

/* x300, and b[9]. */
static void change_count(struct xm_cpu *c)
{
    xm_machine_frame(c->machine, first + 2 + 0x300)->count_info++;
}

static void change_type(struct xm_cpu *c)
{
    xm_machine_frame(c->machine, first + 2 + 0x300)->type_info ^=
        XM_PGT_VALIDATED;
}

static void change_entry(struct xm_cpu *c)
{
    xm_ram_frame(c, first + 1)[9] ^= XM_PTE_A;
}

/* Of pages that are no tables; those that had their turn before the change. */
static void change_page(struct xm_cpu *c)
{
    xm_ram_frame(c, first + 2 + 0x300)[5] = 1;
}

static const struct {
    void (*change)(struct xm_cpu *c);
    enum pvt_kind kind;
    const char *frame;
    uint32_t step; /* at the latest */
} changes[] = {
    { NULL, PVT_KIND_RC, NULL, 0 },
    { change_count, PVT_KIND_COUNT_INFO, "x300", AT },
    { change_type, PVT_KIND_TYPE_INFO, "x300", AT },
    { change_entry, PVT_KIND_ENTRY, "b", AT },
    { change_page, PVT_KIND_ENTRY, "x300", AT + 2 + PAGES / PVT_BY_TURNS },
};

START_TEST(what_no_step_names_is_looked_at)
{
    struct pvt_trace *t = parse();
    struct pvt_runner runner = { .model = NULL };
    const struct pvt_difference *d = &report.differences[0];
    struct pvt_backend_ops ops;

    ck_assert(pvt_model_open(pvt_model_frames(t), &runner.other) == 0);
    ck_assert(pvt_model_adopt(runner.other, &runner.model) == 0);
    honest = runner.other->ops;
    ops = *honest;
    ops.take_frames = take;
    ops.execute = execute;
    runner.other->ops = &ops;
    calls = 0;
    change = changes[_i].change;
    ck_assert_msg(pvt_run(&runner, t, &report) == 0, "%s", report.message);
    if (!change) {
        ck_assert_uint_eq(report.nr_differences, 0);
        ck_assert_uint_eq(report.steps, STEPS);
    } else {
        ck_assert_uint_eq(report.nr_differences, 1);
        ck_assert_int_eq(d->kind, changes[_i].kind);
        ck_assert_str_eq(d->frame, changes[_i].frame);
        ck_assert_uint_ge(d->step, AT);
        ck_assert_uint_le(d->step, changes[_i].step);
    }
    runner.model->ops->close(runner.model);
    runner.other->ops = honest;
    honest->close(runner.other);
    pvt_trace_free(t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("big");
    TCase *c = tcase_create("findings");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(c, what_no_step_names_is_looked_at, 0,
                        (int)(sizeof(changes) / sizeof(changes[0])));
    suite_add_tcase(s, c);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
