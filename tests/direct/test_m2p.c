/* SPDX-License-Identifier: MIT
 *
 * The M2P by the name that Xen's public headers give it, which the guest's
 * build has overridden: all of it, and as it changes.
 */
#include "hypercall.h"
#include "mm.h"

#include <pinfold/pinfold.h>

#include <check.h>
#include <stdlib.h>
#include <xen/memory.h>

static struct start_info *si;

static void setup(void)
{
    const struct pinfold_config config = { .quiet = true };

    ck_assert_msg(pinfold_open(&config) == 0, "%s", pinfold_error());
    si = pinfold_start_info();
}

static void teardown(void)
{
    pinfold_close();
}

START_TEST(all_of_it)
{
    const unsigned long *p2m = (unsigned long *)si->mfn_list;

    for (unsigned long pfn = 0; pfn < si->nr_pages; pfn++)
        ck_assert_uint_eq(machine_to_phys_mapping[p2m[pfn]], pfn);
    /* What is Xen's has no page frame. */
    ck_assert_uint_eq(machine_to_phys_mapping[0], ~0ul);
    ck_assert_uint_eq(machine_to_phys_mapping[si->shared_info >> 12], ~0ul);
}
END_TEST

START_TEST(as_it_changes)
{
    unsigned long *p2m = (unsigned long *)si->mfn_list;
    const struct mmu_update u = { .ptr = p2m[9] << 12 | MMU_MACHPHYS_UPDATE,
                                  .val = 1234 };
    xen_pfn_t in = p2m[2000], out = 2000;
    struct xen_memory_exchange x = {
        .in = { .nr_extents = 1, .domid = DOMID_SELF },
        .out = { .nr_extents = 1, .domid = DOMID_SELF },
    };

    ck_assert_int_eq(mmu_update(&u, 1), 0);
    ck_assert_uint_eq(machine_to_phys_mapping[p2m[9]], 1234);
    set_xen_guest_handle(x.in.extent_start, &in);
    set_xen_guest_handle(x.out.extent_start, &out);
    ck_assert_int_eq(hypercall(__HYPERVISOR_memory_op, XENMEM_exchange,
                               (unsigned long)&x, 0, 0),
                     0);
    ck_assert_uint_ne(out, in);
    ck_assert_uint_eq(machine_to_phys_mapping[out], 2000);
}
END_TEST

/* Where it really is on Xen, the guest is told. */
START_TEST(where_xen_has_it)
{
    struct xen_machphys_mapping m;

    ck_assert_int_eq(hypercall(__HYPERVISOR_memory_op, XENMEM_machphys_mapping,
                               (unsigned long)&m, 0, 0),
                     0);
    ck_assert_uint_eq(m.v_start, HYPERVISOR_VIRT_START);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("m2p");
    TCase *t = tcase_create("m2p");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, all_of_it);
    tcase_add_test(t, as_it_changes);
    tcase_add_test(t, where_xen_has_it);
    suite_add_tcase(s, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
