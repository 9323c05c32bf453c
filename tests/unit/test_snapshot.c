/* SPDX-License-Identifier: MIT
 *
 * Snapshots that copy what was written: after any operation the frames whose
 * bit is clear are as they were, and going back leaves no trace.
 */
#include "fixture.h"

#include <xen-model/grant.h>
#include <xen-model/snapshot.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define RAM_SIZE ((size_t)NR_FRAMES * XM_PAGE_SIZE)
#define OPERATIONS 20000

static struct fixture f;
static struct xm_config config;
static struct xm_snapshot s;
static uint64_t written[XM_WRITTEN_WORDS(NR_FRAMES)];
static uint64_t seed;

static uint64_t random_below(uint64_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % n;
}

static void setup(void)
{
    fixture_setup(&f, true);
    config = xm_config_default(NR_FRAMES);
    s.block = malloc(xm_machine_size(&config));
    s.ram = malloc(RAM_SIZE);
    ck_assert(s.block && s.ram);
    memset(written, 0xff, sizeof(written));
    f.cpu.written = written;
    seed = 88172645463325252ull;
}

static void teardown(void)
{
    free(s.block);
    free(s.ram);
    fixture_teardown(&f);
}

static uint64_t random_entry(void)
{
    static const uint64_t flags[] = { 0,
                                      P,
                                      P | US,
                                      RWU,
                                      P | RW,
                                      RWU | XM_PTE_A,
                                      P | US | XM_PTE_A,
                                      RWU | XM_PTE_PCD };

    return xm_pte(BOOT_L4 + random_below(NR_FRAMES - BOOT_L4),
                  flags[random_below(8)]);
}

/* Operations that write RAM; most are refused, which must not matter. */
static void random_operation(void)
{
    static const unsigned int commands[] = {
        MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE, MMUEXT_PIN_L3_TABLE,
        MMUEXT_PIN_L4_TABLE, MMUEXT_UNPIN_TABLE,  MMUEXT_NEW_BASEPTR,
        MMUEXT_CLEAR_PAGE,   MMUEXT_COPY_PAGE,    MMUEXT_NEW_USER_BASEPTR
    };
    const xm_mfn mfn = BOOT_L4 + random_below(NR_FRAMES - BOOT_L4);
    const unsigned int slot = (unsigned int)random_below(8);
    struct mmuext_op op = { .arg1.mfn = mfn };
    uint64_t value;

    switch (random_below(6)) {
    case 0:
    case 1:
        (void)update(&f, mfn, slot, random_entry());
        break;
    case 2:
        op.cmd = commands[random_below(9)];
        op.arg2.src_mfn = BOOT_L4 + random_below(NR_FRAMES - BOOT_L4);
        (void)xm_mmuext_op(&f.cpu, &op, 1, NULL, DOMID_SELF);
        break;
    case 3:
        (void)xm_update_va_mapping(&f.cpu, slot << XM_PAGE_SHIFT,
                                   random_entry(), UVMF_NONE);
        break;
    case 4:
        (void)xm_store64(&f.cpu, slot << XM_PAGE_SHIFT, random_entry());
        break;
    default:
        (void)xm_load64(&f.cpu, slot << XM_PAGE_SHIFT, &value);
        break;
    }
}

static void expect_unwritten_unchanged(void)
{
    for (xm_mfn mfn = 0; mfn < NR_FRAMES; mfn++)
        if (!((written[mfn / 64] >> (mfn % 64)) & 1))
            ck_assert_msg(memcmp(f.ram + mfn * XM_ENTRIES,
                                 s.ram + mfn * XM_ENTRIES, XM_PAGE_SIZE) == 0,
                          "frame %d changed unnoticed", (int)mfn);
}

START_TEST(every_write_is_noticed)
{
    xm_snapshot_take(&f.cpu, &s);
    for (int i = 0; i < OPERATIONS; i++) {
        random_operation();
        expect_unwritten_unchanged();
        xm_snapshot_update(&f.cpu, &s);
    }
    ck_assert(memcmp(f.ram, s.ram, RAM_SIZE) == 0);
}
END_TEST

START_TEST(going_back_leaves_nothing)
{
    const size_t size = xm_machine_size(&config);
    uint64_t *const ram = malloc(RAM_SIZE);
    void *const block = malloc(size);

    ck_assert(ram && block);
    xm_snapshot_take(&f.cpu, &s);
    memcpy(ram, f.ram, RAM_SIZE);
    memcpy(block, f.block, size);
    for (int i = 0; i < OPERATIONS; i++) {
        random_operation();
        if (random_below(16) != 0)
            continue;
        xm_snapshot_restore(&f.cpu, &s);
        ck_assert(memcmp(f.ram, ram, RAM_SIZE) == 0);
        ck_assert(memcmp(f.block, block, size) == 0);
    }
    free(ram);
    free(block);
}
END_TEST

/* As if it had mapped and granted everything. */
static void use_grants(struct xm_domain *d)
{
    struct xm_machine *m = f.cpu.machine;

    d->grant.nr_frames = config.max_grant_frames;
    d->grant.maptrack_limit =
        config.max_maptrack_frames * XM_MAPTRACK_PER_FRAME;
    for (uint32_t i = 0; i < d->grant.nr_frames * XM_GRANTS_PER_FRAME_V1; i++)
        xm_grant_active(m, d)[i].pin = i;
    for (uint32_t i = 0; i < d->grant.maptrack_limit; i++)
        xm_grant_maptrack(m, d)[i].flags = (uint16_t)i;
    xm_grant_shared_frames(m, d)[1] = 77;
}

/* Pools that come, grow and go; nothing is copied of those nobody uses. */
START_TEST(grants_go_back)
{
    const size_t size = xm_machine_size(&config);
    struct xm_domain *d = xm_domain_find(f.cpu.machine, 0);
    void *const before = malloc(size), *const with = malloc(size);

    ck_assert(before && with);
    if (d->grant.version != 0)
        xm_grant_table_destroy(&f.cpu, d);
    xm_snapshot_take(&f.cpu, &s);
    memcpy(before, f.block, size);
    ck_assert(xm_grant_table_init(&f.cpu, d));
    use_grants(d);
    xm_snapshot_restore(&f.cpu, &s);
    ck_assert(memcmp(f.block, before, size) == 0);

    ck_assert(xm_grant_table_init(&f.cpu, d));
    xm_snapshot_update(&f.cpu, &s);
    memcpy(with, f.block, size);
    ck_assert(memcmp(s.block, with, size) == 0);
    use_grants(d);
    xm_snapshot_restore(&f.cpu, &s);
    ck_assert(memcmp(f.block, with, size) == 0);
    xm_grant_table_destroy(&f.cpu, d);
    xm_snapshot_restore(&f.cpu, &s);
    ck_assert(memcmp(f.block, with, size) == 0);

    xm_grant_table_destroy(&f.cpu, d);
    xm_snapshot_update(&f.cpu, &s);
    ck_assert(memcmp(s.block, f.block, size) == 0);
    free(before);
    free(with);
}
END_TEST

START_TEST(without_bits_all_is_copied)
{
    f.cpu.written = NULL;
    xm_snapshot_take(&f.cpu, &s);
    f.ram[40 * XM_ENTRIES] = 1;
    xm_snapshot_update(&f.cpu, &s);
    ck_assert_uint_eq(s.ram[40 * XM_ENTRIES], 1);
    f.ram[41 * XM_ENTRIES] = 1;
    xm_snapshot_restore(&f.cpu, &s);
    ck_assert_uint_eq(f.ram[41 * XM_ENTRIES], 0);
    ck_assert_uint_eq(f.ram[40 * XM_ENTRIES], 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("snapshot");
    TCase *t = tcase_create("snapshot");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, every_write_is_noticed);
    tcase_add_test(t, going_back_leaves_nothing);
    tcase_add_test(t, grants_go_back);
    tcase_add_test(t, without_bits_all_is_copied);
    suite_add_tcase(suite, t);
    r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
