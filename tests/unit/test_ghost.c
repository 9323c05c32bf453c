/* SPDX-License-Identifier: MIT
 *
 * Translations that may still be cached: what makes one, what flushes it, and
 * frames that are given back while there is one.
 */
#include "fixture.h"

#include <xen-model/ghost.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <xen/memory.h>

#define VA 0x5000ull
#define DATA (FIRST_FREE + 1)
#define OTHER (FIRST_FREE + 2)
#define BOTH 3u

static struct fixture fx;
static struct xm_ghosts g;

static bool read_own(void *to, xm_vaddr from, size_t n)
{
    if (from < 4096)
        return false;
    memcpy(to, (const void *)(uintptr_t)from, n);
    return true;
}

static bool write_own(xm_vaddr to, const void *from, size_t n)
{
    memcpy((void *)(uintptr_t)to, from, n);
    return true;
}

static void setup(void)
{
    /* Arguments lie in the test's own memory. */
    static const struct xm_own_memory own = {
        .first = 1, .last = 0, .read = read_own, .write = write_own
    };

    fixture_setup(&fx, false);
    fx.cpu.own = &own;
    memset(&g, 0, sizeof(g));
    fx.cpu.flushed = 0;
}

static void teardown(void)
{
    fixture_teardown(&fx);
}

/* One that both vCPUs have used. */
static void make_ghost(xm_vaddr va)
{
    xm_ghosts_changed(&g, &fx.cpu, va, xm_pte(DATA, RWU), 0, BOTH, 42);
}

static long call(uint64_t number, uint64_t a0, uint64_t a1, uint64_t a2,
                 uint64_t a3)
{
    const uint64_t asked[6] = { a0, a1, a2, a3 };
    uint64_t arg[6] = { a0, a1, a2, a3 };
    const long rc = xm_hypercall(&fx.cpu, number, arg).rc;

    xm_ghosts_flushed(&g, &fx.cpu, number, asked);
    return rc;
}

START_TEST(what_makes_one)
{
    static const struct {
        const char *sentence;
        xm_mfn before_mfn, after_mfn;
        uint64_t before, after;
        bool ghost;
    } rows[] = {
        { "another frame", DATA, OTHER, RWU, RWU, true },
        { "not there any more", DATA, DATA, RWU, 0, true },
        { "read-only now", DATA, DATA, RWU, P | US, true },
        { "writable now", DATA, DATA, P | US, RWU, false },
        { "as it was", DATA, DATA, RWU, RWU, false },
        { "another read-only frame", DATA, OTHER, P | US, P | US, true },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memset(&g, 0, sizeof(g));
        xm_ghosts_changed(&g, &fx.cpu, VA + 8,
                          xm_pte(rows[i].before_mfn, rows[i].before),
                          xm_pte(rows[i].after_mfn, rows[i].after), 1, i);
        ck_assert_msg((xm_ghosts_find(&g, VA, 0) != NULL) == rows[i].ghost,
                      "%s", rows[i].sentence);
        ck_assert_ptr_null(xm_ghosts_find(&g, VA, 1));
    }
}
END_TEST

START_TEST(what_flushes_it)
{
    static uint64_t mask = 2; /* vCPU 1 */
    static const struct {
        const char *sentence;
        uint32_t cmd;
        xm_vaddr va;
        bool masked;
        uint32_t left; /* vCPUs that still have it */
    } rows[] = {
        { "the caller's", MMUEXT_TLB_FLUSH_LOCAL, 0, false, 2 },
        { "everybody's", MMUEXT_TLB_FLUSH_ALL, 0, false, 0 },
        { "vCPU 1's", MMUEXT_TLB_FLUSH_MULTI, 0, true, 1 },
        { "the page", MMUEXT_INVLPG_LOCAL, VA + 77, false, 2 },
        { "another page", MMUEXT_INVLPG_LOCAL, VA + 4096, false, 3 },
        { "the page everywhere", MMUEXT_INVLPG_ALL, VA, false, 0 },
        { "the page of vCPU 1", MMUEXT_INVLPG_MULTI, VA, true, 1 },
        { "nothing", MMUEXT_FLUSH_CACHE, 0, false, 3 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (int in_a_list = 0; in_a_list < 2; in_a_list++) {
            struct mmuext_op op = { .cmd = rows[i].cmd };
            struct multicall_entry e = {
                .op = __HYPERVISOR_mmuext_op,
                .args = { (uintptr_t)&op, 1, 0, DOMID_SELF },
            };
            uint32_t left = 0;

            op.arg1.linear_addr = rows[i].va;
            if (rows[i].masked)
                op.arg2.src_mfn = (uintptr_t)&mask;
            memset(&g, 0, sizeof(g));
            make_ghost(VA);
            (void)(in_a_list
                       ? call(__HYPERVISOR_multicall, (uintptr_t)&e, 1, 0, 0)
                       : call(__HYPERVISOR_mmuext_op, (uintptr_t)&op, 1, 0,
                              DOMID_SELF));
            for (uint32_t v = 0; v < 2; v++)
                left |= (uint32_t)(xm_ghosts_find(&g, VA, v) != NULL) << v;
            ck_assert_msg(left == rows[i].left, "%s: %u", rows[i].sentence,
                          left);
        }
}
END_TEST

START_TEST(by_update_va_mapping)
{
    static uint64_t mask = 2;
    const struct {
        const char *sentence;
        uint64_t flags;
        uint32_t left;
    } rows[] = {
        { "none", 0, 3 },
        { "the page here", UVMF_INVLPG, 2 },
        { "all here", UVMF_TLB_FLUSH, 2 },
        { "the page everywhere", UVMF_INVLPG | UVMF_ALL, 0 },
        { "all everywhere", UVMF_TLB_FLUSH | UVMF_ALL, 0 },
        { "the page of vCPU 1", UVMF_INVLPG | (uintptr_t)&mask, 1 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint32_t left = 0;

        memset(&g, 0, sizeof(g));
        make_ghost(VA);
        ck_assert_int_eq(
            call(__HYPERVISOR_update_va_mapping, VA, 0, rows[i].flags, 0), 0);
        for (uint32_t v = 0; v < 2; v++)
            left |= (uint32_t)(xm_ghosts_find(&g, VA, v) != NULL) << v;
        ck_assert_msg(left == rows[i].left, "%s: %u", rows[i].sentence, left);
    }
    /* Another base flushes the vCPU that loads it. */
    make_ghost(VA);
    expect(ext(&fx, MMUEXT_NEW_BASEPTR, BOOT_L4), 0, XM_R_NONE);
    xm_ghosts_flushed(&g, &fx.cpu, __HYPERVISOR_mmuext_op,
                      (const uint64_t[6]){ 0 });
    ck_assert_ptr_null(xm_ghosts_find(&g, VA, 0));
    ck_assert_ptr_nonnull(xm_ghosts_find(&g, VA, 1));
}
END_TEST

static void give_back(xm_mfn mfn)
{
    xen_pfn_t list = mfn;
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

    set_xen_guest_handle(r.extent_start, &list);
    ck_assert_int_eq(call(__HYPERVISOR_memory_op, XENMEM_decrease_reservation,
                          (uintptr_t)&r, 0, 0),
                     1);
}

START_TEST(given_back)
{
    struct xm_ghost out;

    make_ghost(VA);
    give_back(OTHER);
    ck_assert(!xm_ghosts_given_back(&g, &fx.cpu, &out));
    give_back(DATA);
    ck_assert(xm_ghosts_given_back(&g, &fx.cpu, &out));
    ck_assert_uint_eq(out.va, VA);
    ck_assert_uint_eq(out.cause, 42);
    ck_assert_uint_eq(out.vcpus, BOTH);
    ck_assert(!xm_ghosts_given_back(&g, &fx.cpu, &out)); /* said once */
}
END_TEST

/* A frame of somebody else is not given back by not mapping it. */
START_TEST(not_ones_own)
{
    struct xm_ghost out;

    xm_ghosts_changed(&g, &fx.cpu, VA, xm_pte(FRAME_FOREIGN, RWU), 0, 1, 0);
    ck_assert(!xm_ghosts_given_back(&g, &fx.cpu, &out));
    ck_assert_ptr_nonnull(xm_ghosts_find(&g, VA, 0));
}
END_TEST

START_TEST(never_more_than_there_is_room)
{
    for (uint32_t i = 0; i < XM_GHOSTS + 10; i++)
        make_ghost(VA + i * 4096ull);
    ck_assert_uint_eq(g.nr, XM_GHOSTS);
    ck_assert_uint_eq(g.lost, 10);
    ck_assert_ptr_null(xm_ghosts_find(&g, VA + 9 * 4096, 0));
    ck_assert_ptr_nonnull(xm_ghosts_find(&g, VA + 10 * 4096, 0));
    xm_ghosts_flush_all(&g, BOTH);
    ck_assert_uint_eq(g.nr, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ghost");
    TCase *t = tcase_create("ghost");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_makes_one);
    tcase_add_test(t, what_flushes_it);
    tcase_add_test(t, by_update_va_mapping);
    tcase_add_test(t, given_back);
    tcase_add_test(t, not_ones_own);
    tcase_add_test(t, never_more_than_there_is_room);
    suite_add_tcase(s, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
