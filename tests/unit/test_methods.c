/* SPDX-License-Identifier: MIT
 *
 * Every method on every layout, over the model: it works, leaves nothing
 * behind, and its counts are those that its description promises.
 */
#include "../../emu/cli/methods.h"

#include <check.h>
#include <stdlib.h>

#define ARENA_FIRST 0x2000u
#define STRIDE 7u

static xm_mfn arena[METHODS_POOL * STRIDE];
static const struct methods_memory memory = {
    .nr_frames = 0x8000,
    .boot_l4 = 0x101,
    .boot_l3 = 0x102,
    .boot_l2 = 0x103,
    .nr_arena = METHODS_POOL * STRIDE,
    .arena = arena,
};

static struct mm_report try(enum mm_method method, unsigned stride,
                            uint32_t nr_pool, uint32_t nr_data)
{
    const struct mm_request request = {
        .method = method,
        .nr_pool = nr_pool,
        .nr_data = nr_data,
        .boot_l4 = memory.boot_l4,
        .boot_l3 = memory.boot_l3,
        .pages = { 1, 512, 65536 },
    };
    static uint64_t pool[METHODS_POOL];
    struct mm_report report;
    char message[256] = "";
    int rc;

    for (unsigned i = 0; i < memory.nr_arena; i++)
        arena[i] = ARENA_FIRST + i;
    for (unsigned i = 0; i < nr_pool; i++)
        pool[i] = arena[i * stride];
    rc = methods_run_model(&memory, &request, pool, &report, message,
                           sizeof(message));
    ck_assert_msg(!rc, "%s", message);
    return report;
}

static struct mm_report run(enum mm_method method, unsigned stride)
{
    const struct mm_report r = try(method, stride, METHODS_POOL, METHODS_DATA);

    ck_assert_msg(!r.rc, "rc %d, %s:%u, why %u", r.rc, r.file, r.where, r.why);
    return r;
}

/* Tables of the kernel's own virtual space: L3, L2, L1s. */
static const struct {
    const char *sentence;
    enum mm_method method;
    unsigned stride;
    uint64_t kernel_tables, book[MM_NR_WORKLOADS];
} cases[] = {
    { "machine frames, dense: 2048 frames need 4 L1",
      MM_MACHINE,
      1,
      6,
      { 0, 0, 0 } },
    { "machine frames, one in 7: the gaps need tables too",
      MM_MACHINE,
      STRIDE,
      2 + 28,
      { 0, 0, 0 } },
    { "pseudo-physical, dense: 2048 words of p2m",
      MM_PSEUDO,
      1,
      6,
      { 4, 4, 4 } },
    { "pseudo-physical has no gaps", MM_PSEUDO, STRIDE, 6, { 4, 4, 4 } },
    { "shadow: a page for each table", MM_SHADOW, 1, 3, { 4, 4, 131 } },
    { "shadow does not see the layout", MM_SHADOW, STRIDE, 3, { 4, 4, 131 } },
    { "recursive: nothing at all", MM_RECURSIVE, 1, 0, { 0, 0, 0 } },
    { "recursive, scattered", MM_RECURSIVE, STRIDE, 0, { 0, 0, 0 } },
    { "window: one page of virtual space", MM_WINDOW, 1, 3, { 0, 0, 0 } },
    { "window, scattered", MM_WINDOW, STRIDE, 3, { 0, 0, 0 } },
};

START_TEST(frames)
{
    const struct mm_report r = run(cases[_i].method, cases[_i].stride);
    static const uint64_t space[MM_NR_WORKLOADS] = { 4, 4, 3 + 128 };

    for (unsigned i = 0; i < MM_NR_WORKLOADS; i++) {
        ck_assert_msg(r.workload[i].table_frames ==
                          cases[_i].kernel_tables + space[i],
                      "%s: %u: %lu tables", cases[_i].sentence, i,
                      (unsigned long)r.workload[i].table_frames);
        ck_assert_msg(r.workload[i].book_frames == cases[_i].book[i],
                      "%s: %u: %lu book", cases[_i].sentence, i,
                      (unsigned long)r.workload[i].book_frames);
    }
}
END_TEST

START_TEST(updates)
{
    const struct mm_report r = run(cases[_i].method, cases[_i].stride);

    for (unsigned i = 0; i < MM_NR_WORKLOADS; i++) {
        const struct mm_workload_report *w = &r.workload[i];

        /* Each page once, and each new table in its parent. */
        ck_assert_uint_ge(w->phase[MM_MAP].updates,
                          w->pages + 2 + (w->pages + 511) / 512);
        ck_assert_uint_ge(w->phase[MM_PROTECT].updates, w->pages);
        ck_assert_uint_ge(w->phase[MM_UNMAP].updates, w->pages);
        /* Batches of 64, and one flush of the TLB. */
        ck_assert_uint_ge(w->phase[MM_UNMAP].hypercalls,
                          (w->pages + 63) / 64 + 1);
        ck_assert_uint_le(w->phase[MM_UNMAP].hypercalls,
                          (w->pages + 63) / 64 + 1 +
                              (cases[_i].method == MM_WINDOW
                                   ? 4 * ((w->pages + 511) / 512)
                                   : 0));
    }
}
END_TEST

START_TEST(verdicts)
{
    const struct mm_report r = run((enum mm_method)_i, 1);

    ck_assert(r.verdict[MM_V_READ].asked);
    ck_assert_int_eq(r.verdict[MM_V_READ].rc, 0);
    ck_assert_int_eq(r.verdict[MM_V_WRITE].rc, _i == MM_RECURSIVE ? -22 : -16);
    ck_assert_int_eq(r.verdict[MM_V_MAKE_WRITE].rc,
                     _i == MM_RECURSIVE ? -22 : -16);
    ck_assert_int_eq(r.verdict[MM_V_CROSS].asked, _i == MM_RECURSIVE);
    ck_assert_int_eq(r.verdict[MM_V_CROSS].rc, 0);
    ck_assert_int_eq(r.verdict[MM_V_CROSS_WRITE].rc,
                     _i == MM_RECURSIVE ? -22 : 0);
}
END_TEST

/*
 * However early the pool runs dry, the method says so and leaves the machine
 * as it was (try() looks).
 */
START_TEST(out_of_memory)
{
    for (uint32_t tables = 1; tables < 130; tables++) {
        const struct mm_report r =
            try((enum mm_method)_i, STRIDE, 64 + tables, 64);

        ck_assert_int_eq(r.rc, -12);
        ck_assert_str_eq(r.file, "frames.c");
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("methods");
    TCase *t = tcase_create("model");
    SRunner *runner = srunner_create(s);
    const int n = (int)(sizeof(cases) / sizeof(cases[0]));
    int failed;

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, frames, 0, n);
    tcase_add_loop_test(t, updates, 0, n);
    tcase_add_loop_test(t, verdicts, 0, MM_NR_METHODS);
    tcase_add_loop_test(t, out_of_memory, 0, MM_NR_METHODS);
    suite_add_tcase(s, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
