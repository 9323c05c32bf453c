/* SPDX-License-Identifier: MIT
 *
 * A superpage as Xen's dom0 builder maps the P2M: each of its small frames
 * holds references, and they are dropped with the entry. Rules L2-08, INV-01.
 */
#include <xen-model/hypercall.h>
#include <xen-model/invariants.h>
#include <xen-model/pte.h>

#include <check.h>
#include <stdlib.h>

#define L2 16u
#define FIRST 512u /* of the superpage */
#define NR_FRAMES 1024u
#define SLOT 3u

static struct xm_cpu cpu;
static struct xm_config config;

static void ext(unsigned int cmd, xm_mfn mfn)
{
    const struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };

    ck_assert_int_eq(xm_mmuext_op(&cpu, &op, 1, NULL, DOMID_SELF).rc, 0);
}

static void setup(void)
{
    config = xm_config_default(NR_FRAMES);
    cpu = (struct xm_cpu){
        .machine = xm_machine_init(malloc(xm_machine_size(&config)), &config),
        .ram = calloc(NR_FRAMES, XM_PAGE_SIZE),
        .preempt_after = -1,
    };
    ck_assert(xm_domain_create(cpu.machine, 0, true) && cpu.ram);
    for (xm_mfn mfn = L2; mfn < NR_FRAMES; mfn++)
        xm_frame_assign(cpu.machine, mfn, 0);
}

static void teardown(void)
{
    free(cpu.machine);
    free(cpu.ram);
}

/* What the builder leaves: the guest itself could not make such an entry. */
static void build(uint64_t rights)
{
    ext(MMUEXT_PIN_L2_TABLE, L2);
    xm_ram_frame(&cpu, L2)[SLOT] =
        xm_pte(FIRST, XM_PTE_P | XM_PTE_US | XM_PTE_PSE | rights);
    for (xm_mfn mfn = FIRST; mfn < NR_FRAMES; mfn++) {
        struct xm_frame *f = xm_machine_frame(cpu.machine, mfn);

        f->count_info++;
        if (rights & XM_PTE_RW)
            f->type_info = (XM_PGT_WRITABLE | XM_PGT_VALIDATED) + 1;
    }
}

static void expect_pages(uint64_t count, uint64_t type_info)
{
    void *scratch = malloc(16u * NR_FRAMES);

    ck_assert(!xm_check_invariants(&cpu, scratch).found);
    free(scratch);
    for (xm_mfn mfn = FIRST; mfn < NR_FRAMES; mfn++) {
        const struct xm_frame *f = xm_machine_frame(cpu.machine, mfn);

        ck_assert_uint_eq(f->count_info & XM_PGC_COUNT_MASK, count);
        ck_assert_uint_eq(f->type_info, type_info);
    }
}

START_TEST(a_superpage_holds_each_frame)
{
    build(XM_PTE_RW);
    expect_pages(2, (XM_PGT_WRITABLE | XM_PGT_VALIDATED) + 1);
    ext(MMUEXT_UNPIN_TABLE, L2);
    expect_pages(1, XM_PGT_WRITABLE | XM_PGT_VALIDATED);
}
END_TEST

START_TEST(a_read_only_superpage_has_no_type)
{
    const struct mmu_update clear = { L2 << XM_PAGE_SHIFT | SLOT * 8u, 0 };

    build(0);
    expect_pages(2, 0);
    ck_assert_int_eq(xm_mmu_update(&cpu, &clear, 1, NULL, DOMID_SELF).rc, 0);
    expect_pages(1, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("superpage");
    TCase *t = tcase_create("superpage");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_superpage_holds_each_frame);
    tcase_add_test(t, a_read_only_superpage_has_no_type);
    suite_add_tcase(suite, t);
    r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
