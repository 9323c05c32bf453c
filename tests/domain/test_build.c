/* SPDX-License-Identifier: MIT
 *
 * A domain as the toolstack builds it, at usual addresses and at others: a
 * P2M beside the mapping, which shares tables with it, and what fits nowhere.
 */
#include <check.h>
#include <domain/build.h>
#include <stdlib.h>
#include <xen-model/hypercall.h>
#include <xen-model/invariants.h>
#include <xen-model/walk.h>

#define DOMID 1u
#define NR_PAGES 4096u
#define BASE 0xffffffff80000000ull
#define GIB (1ull << 30)
#define MIB (1ull << 20)
#define NOWHERE DOMAIN_P2M_MAPPED

static struct xm_cpu cpu;
static void *scratch;

static void setup(void)
{
    const struct xm_config config = xm_config_default(domain_frames(NR_PAGES));

    cpu = (struct xm_cpu){
        .machine = xm_machine_init(malloc(xm_machine_size(&config)), &config),
        .ram = calloc(config.nr_frames, XM_PAGE_SIZE),
        .domid = DOMID,
        .preempt_after = -1,
    };
    scratch = malloc((size_t)config.nr_frames * 16u);
}

static void teardown(void)
{
    free(cpu.machine);
    free(cpu.ram);
    free(scratch);
}

static struct domain_image image(xm_vaddr base, xm_vaddr p2m)
{
    return (struct domain_image){ .virt_base = base,
                                  .kernel_end = base + 3 * MIB,
                                  .ramdisk_bytes = 5000,
                                  .init_p2m = p2m,
                                  .nr_pages = NR_PAGES,
                                  .nr_vcpus = 1 };
}

/* TABLES: L3, L2 and L1 that the P2M does not share. */
static const struct {
    xm_vaddr base, p2m;
    uint32_t tables;
} good[] = {
    { BASE, NOWHERE, 0 },
    { 0, NOWHERE, 0 },
    { BASE, BASE + 64 * MIB, 0 }, /* not below it: as if there were no note */
    { BASE, BASE - 4096 + 1, 0 }, /* no page */
    { 0 - 4 * MIB, NOWHERE, 0 },  /* up to the last address */
    { 512 * GIB - 2 * MIB, NOWHERE, 0 },
    { BASE, 0x8000000000, 3 },    /* its own L4 slot */
    { BASE, BASE - GIB, 2 },      /* the same L3 */
    { BASE + 4 * MIB, BASE, 1 },  /* the same L2 */
    { BASE + MIB, BASE, 0 },      /* the same L1 */
    { BASE, BASE - 8 * 4096, 2 }, /* up to the first page of it */
    { BASE + 4 * MIB, BASE + 4 * MIB - 8 * 4096, 1 },
    { BASE + 4 * MIB, BASE + 2 * MIB - 4 * 4096, 2 }, /* two L1 */
    { 512 * GIB, 512 * GIB - 4 * 4096 - 4 * 4096, 3 },
    { BASE, 1ull << 62, 3 }, /* the other bits do not count */
};
#define NR_GOOD (int)(sizeof(good) / sizeof(good[0]))

static xm_mfn translation(xm_vaddr va)
{
    const struct xm_walk w =
        xm_walk(&cpu, (xm_vaddr)((int64_t)(va << 16) >> 16), 0);

    ck_assert_msg(w.ok, "0x%llx is not mapped", (unsigned long long)va);
    return w.mfn;
}

static unsigned int level_of(uint32_t pfn)
{
    return xm_pgt_level(
        xm_machine_frame(cpu.machine, domain_mfn(NR_PAGES, pfn))->type_info);
}

START_TEST(test_mapped)
{
    const struct domain_image i = image(good[_i].base, good[_i].p2m);
    struct domain_layout l;

    ck_assert(domain_lay_out(&i, &l));
    ck_assert_uint_eq(l.nr_p2m_tables, good[_i].tables);
    ck_assert_uint_le(l.used, NR_PAGES);
    ck_assert(domain_build(&cpu, &i, &l));
    for (uint32_t pfn = 0; pfn < l.end; pfn++)
        ck_assert_uint_eq(translation(i.virt_base + pfn * XM_PAGE_SIZE),
                          domain_mfn(NR_PAGES, pfn));
    for (uint32_t k = 0; l.p2m >= l.end && k < l.nr_p2m; k++)
        ck_assert_uint_eq(translation(i.init_p2m + k * XM_PAGE_SIZE),
                          domain_mfn(NR_PAGES, l.p2m + k));
    for (uint32_t k = 0; k < l.nr_p2m_tables; k++)
        ck_assert_uint_gt(level_of(l.p2m_tables + k), 0);
    ck_assert(!xm_check_invariants(&cpu, scratch).found);
}
END_TEST

static const struct {
    xm_vaddr base, p2m;
    uint64_t bytes; /* of the kernel */
    bool wrong;
} bad[] = {
    { 0 - 2 * MIB, NOWHERE, 4096, true },
    { 0 - 4 * MIB, NOWHERE, 4 * MIB - 4096, true },
    { BASE, BASE - 4096, 4096, true },
    { BASE, (BASE - 4096) << 16 >> 16, 4096, true },
    { BASE, (1ull << 48) - 4096, 4096, true },
    { BASE, NOWHERE, 16 * MIB, false },
    { 0, NOWHERE, 1ull << 44, false }, /* 2^32 pages */
    { 0, NOWHERE, UINT64_MAX, false },
};
#define NR_BAD (int)(sizeof(bad) / sizeof(bad[0]))

START_TEST(test_refused)
{
    struct domain_image i = image(bad[_i].base, bad[_i].p2m);
    struct domain_layout l;

    i.kernel_end = i.virt_base + bad[_i].bytes;
    ck_assert(!domain_lay_out(&i, &l));
    ck_assert(bad[_i].wrong == (l.wrong != NULL));
    ck_assert(bad[_i].wrong || l.used > NR_PAGES);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("domain build");
    TCase *t = tcase_create("layout");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, test_mapped, 0, NR_GOOD);
    tcase_add_loop_test(t, test_refused, 0, NR_BAD);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
