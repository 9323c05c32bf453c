/* SPDX-License-Identifier: MIT
 *
 * The layout of dom0's boot mapping: rules BLD-01..13. That it is Xen's, the
 * shim checks whenever it attaches; here are sizes that it does not have.
 */
#include <check.h>
#include <stdlib.h>
#include <xen-model/build.h>
#include <xen-model/pte.h>

#define BASE 0xffffffff80000000ull
#define MIB (1ull << 20)

static struct xm_dom0_layout layout(xm_vaddr base, uint64_t kernel,
                                    uint64_t initrd, uint64_t pages)
{
    return xm_dom0_layout(&(struct xm_dom0_image){ .virt_base = base,
                                                   .kernel_end = base + kernel,
                                                   .initrd_bytes = initrd,
                                                   .nr_pages = pages });
}

static const struct {
    xm_vaddr base;
    uint64_t kernel, initrd, pages;
} sizes[] = {
    { BASE, 1, 0, 16384 },
    { BASE, 0x61000, 5000, 16384 },
    { BASE, 40 * MIB, 70 * MIB + 1, 1 << 20 },
    { BASE, 3 * MIB + 512 * 1024 - 34 * 4096, 0, 16384 },
    { 0xffffff8000000000ull - 8 * MIB, 30 * MIB, 0, 4096 }, /* two L3 */
    { 0x40000000ull - 2 * MIB, 5 * MIB, 0, 512 },           /* two L2 */
};
#define NR_SIZES (int)(sizeof(sizes) / sizeof(sizes[0]))

static struct xm_dom0_layout size(int i)
{
    return layout(sizes[i].base, sizes[i].kernel, sizes[i].initrd,
                  sizes[i].pages);
}

START_TEST(test_order)
{
    const struct xm_dom0_layout l = size(_i);

    ck_assert_uint_eq(l.virt_base, sizes[_i].base);
    ck_assert(sizes[_i].initrd ? l.initrd >= l.virt_base + sizes[_i].kernel &&
                                     l.p2m >= l.initrd + sizes[_i].initrd
                               : l.initrd == 0);
    ck_assert_uint_eq(l.p2m % XM_PAGE_SIZE, 0);
    ck_assert_uint_ge(l.start_info, l.p2m + sizes[_i].pages * 8);
    ck_assert_uint_eq(l.tables, l.start_info + XM_PAGE_SIZE);
    ck_assert_uint_eq(l.stack, l.tables + l.nr_tables * XM_PAGE_SIZE);
    ck_assert_uint_eq(l.stack_end, l.stack + XM_PAGE_SIZE);
    ck_assert_uint_eq(l.end % (4 * MIB), 0);
    ck_assert_uint_ge(l.end - l.stack_end, MIB / 2);
    ck_assert_uint_lt(l.end - l.stack_end, 4 * MIB + MIB / 2);
}
END_TEST

/* A walk along the mapping, that takes a page when it needs one. */
START_TEST(test_tables)
{
    const struct xm_dom0_layout l = size(_i);
    uint64_t next = 1, have[4] = { 0 };
    bool any = false;

    for (xm_vaddr va = l.virt_base; va != l.end; va += XM_PAGE_SIZE) {
        for (unsigned int level = 1; level <= 3; level++) {
            if (!any || va % (1ull << (XM_PAGE_SHIFT + 9 * level)) == 0)
                have[level] = next++;
            ck_assert_uint_eq(xm_dom0_table(&l, level, va), have[level]);
        }
        any = true;
        ck_assert_uint_eq(xm_dom0_table(&l, 4, va), 0);
    }
    ck_assert_uint_eq(next, l.nr_tables);
}
END_TEST

START_TEST(test_entries)
{
    const struct xm_dom0_layout l = size(0);

    ck_assert_uint_eq(xm_dom0_l1e(&l, l.virt_base, 5), 0x0010000000005027);
    ck_assert_uint_eq(xm_dom0_l1e(&l, l.tables, 5), 0x0010000000005025);
    ck_assert_uint_eq(xm_dom0_l1e(&l, l.stack, 5), 0x0010000000005027);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("build");
    TCase *t = tcase_create("dom0");
    SRunner *r;
    int failed;

    tcase_add_loop_test(t, test_order, 0, NR_SIZES);
    tcase_add_loop_test(t, test_tables, 0, NR_SIZES);
    tcase_add_test(t, test_entries);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
