/* SPDX-License-Identifier: MIT
 *
 * The direct engine: pages of the process are what the tables say, at once.
 */
#include "hypercall.h"
#include "mm.h"

#include <pinfold/pinfold.h>

#include <check.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/version.h>

#define VA (USER_BASE + 5 * PAGE)

static uint64_t fault_va;
static uint32_t fault_code;
static sigjmp_buf after_fault;

static bool note_fault(uint64_t va, uint32_t error_code)
{
    fault_va = va;
    fault_code = error_code;
    siglongjmp(after_fault, 1);
}

static void setup(void)
{
    const struct pinfold_config config = { .quiet = true };
    struct start_info *si;

    ck_assert_msg(pinfold_open(&config) == 0, "%s", pinfold_error());
    si = pinfold_start_info();
    ck_assert_int_eq(mm_start(si, (unsigned long)si & ~((1ul << 30) - 1)), 0);
    pinfold_on_page_fault(note_fault);
}

static void teardown(void)
{
    ck_assert_msg(pinfold_check(), "%s", pinfold_error());
    pinfold_close();
}

static volatile unsigned long *word(unsigned long va)
{
    return (volatile unsigned long *)va;
}

/* True: no fault. */
static bool stores(unsigned long va, unsigned long value)
{
    if (sigsetjmp(after_fault, 1))
        return false;
    *word(va) = value;
    return true;
}

static bool loads(unsigned long va)
{
    if (sigsetjmp(after_fault, 1))
        return false;
    (void)*word(va);
    return true;
}

/* The table that maps VA, and its words. */
static unsigned long *l1_of(unsigned long l4, unsigned long *table)
{
    *table = table_below(table_below(table_below(l4, VA >> 39 & 511, false),
                                     VA >> 30 & 511, false),
                         VA >> 21 & 511, false);
    return pfn_to_virt(*table);
}

START_TEST(first_state)
{
    const struct start_info *si = pinfold_start_info();

    ck_assert_str_eq(si->magic, "xen-3.0-x86_64");
    ck_assert_uint_eq(si->nr_pages, 4096);
    for (unsigned long pfn = 0; pfn < si->nr_pages; pfn++)
        ck_assert_uint_eq(pinfold_m2p()[mm.p2m[pfn]], pfn);
}
END_TEST

START_TEST(mapping_appears_and_goes)
{
    const unsigned long l4 = space_create();

    ck_assert_int_eq(space_map(l4, VA, P | RW | US), 0);
    ck_assert(!stores(VA, 1)); /* it is not loaded */
    ck_assert_uint_eq(fault_va, VA);
    ck_assert_uint_eq(fault_code, 2);
    ck_assert_int_eq(space_load(l4), 0);
    ck_assert(stores(VA, 1234));
    ck_assert_uint_eq(*word(VA), 1234);
    ck_assert_int_eq(space_protect(l4, VA, P | US), 0);
    ck_assert(!stores(VA, 1));
    ck_assert_uint_eq(fault_code, 3);
    ck_assert_uint_eq(*word(VA), 1234);
    ck_assert_int_eq(space_unmap(l4, VA), 0);
    ck_assert(!loads(VA));
    ck_assert_uint_eq(fault_code, 0);
    ck_assert_int_eq(space_load(0), 0);
    ck_assert_int_eq(space_destroy(l4), 0);
}
END_TEST

/*
 * Under another base stays what its tables map in the same way, if a processor
 * would set no bit in them.
 */
START_TEST(another_base)
{
    const unsigned long first = space_create(), second = space_create();
    const unsigned int at4 = VA >> 39 & 511, at3 = VA >> 30 & 511;
    unsigned long *from, *to, l3;
    uint64_t mapped;

    ck_assert_int_eq(space_map(first, VA, P | RW | US), 0);
    ck_assert_int_eq(space_load(first), 0);
    ck_assert(stores(VA, 7));
    from = pfn_to_virt(table_below(first, at4, false));
    l3 = table_below(second, at4, true);
    to = pfn_to_virt(l3);
    ck_assert_int_eq(table_set(l3, at3, from[at3] & ~A), 0);
    ck_assert(!(to[at3] & A));
    mapped = pinfold_counts().mapped;
    ck_assert_int_eq(space_load(second), 0);
    ck_assert(!(to[at3] & A)); /* the kernel's pages are there still */
    ck_assert_uint_eq(pinfold_counts().mapped, mapped);
    ck_assert_uint_eq(*word(VA), 7);
    ck_assert_uint_eq(to[at3], from[at3]);
    /* With the same entries, and with fewer rights. */
    mapped = pinfold_counts().mapped;
    ck_assert_int_eq(space_load(first), 0);
    ck_assert(stores(VA, 8));
    ck_assert_uint_eq(pinfold_counts().mapped, mapped);
    /* A bit that a processor sets again needs no flush. */
    ck_assert_int_eq(
        table_set(table_below(first, at4, false), at3, from[at3] & ~A), 0);
    ck_assert_uint_eq(*word(VA), 8);
    ck_assert(from[at3] & A);
    ck_assert_uint_eq(pinfold_counts().stale, 0);
    ck_assert_int_eq(table_set(l3, at3, from[at3] & ~RW), 0);
    ck_assert_int_eq(space_load(second), 0);
    ck_assert(!stores(VA, 9));
    ck_assert_uint_eq(fault_code, 3);
    ck_assert_uint_eq(*word(VA), 8);
    ck_assert_int_eq(space_load(0), 0);
    ck_assert_int_eq(table_set(l3, at3, 0), 0);
    ck_assert_int_eq(space_destroy(second), 0);
    ck_assert_int_eq(space_destroy(first), 0);
}
END_TEST

/* Rights are taken away, or the frame; the page is used before a flush. */
START_TEST(missing_flush)
{
    const unsigned long l4 = space_create();
    unsigned long l1;

    ck_assert_int_eq(space_map(l4, VA, P | RW | US), 0);
    ck_assert_int_eq(space_load(l4), 0);
    (void)l1_of(l4, &l1);
    ck_assert(stores(VA, 1));
    ck_assert_int_eq(table_set(l1, 5, 0), 0);
    ck_assert(!loads(VA));
    ck_assert_uint_eq(pinfold_counts().stale, 1);
    ck_assert(!loads(VA)); /* said once */
    ck_assert_uint_eq(pinfold_counts().stale, 1);
    /* With the flush it is a plain fault; new rights need none. */
    ck_assert_int_eq(space_map(l4, VA, P | US), 0);
    ck_assert(loads(VA));
    ck_assert_int_eq(space_protect(l4, VA, P | RW | US), 0);
    ck_assert(stores(VA, 1));
    ck_assert_int_eq(space_unmap(l4, VA), 0);
    ck_assert(!loads(VA));
    ck_assert_uint_eq(pinfold_counts().stale, 1);
}
END_TEST

START_TEST(one_frame_at_two_addresses)
{
    const unsigned long pfn = page_alloc();

    ck_assert_int_eq(update_va_mapping((unsigned long)pfn_to_virt(1),
                                       entry_of(pfn, P | RW), UVMF_INVLPG),
                     0);
    *word((unsigned long)pfn_to_virt(1)) = 77;
    ck_assert_uint_eq(*word((unsigned long)pfn_to_virt(pfn)), 77);
}
END_TEST

START_TEST(accessed_and_dirty)
{
    const unsigned long l4 = space_create();
    unsigned long table, *l1;

    ck_assert_int_eq(space_map(l4, VA, P | RW | US), 0);
    l1 = l1_of(l4, &table);
    ck_assert_uint_eq(l1[5] & (A | D), 0);
    ck_assert_int_eq(space_load(l4), 0);
    ck_assert(loads(VA));
    ck_assert_uint_eq(l1[5] & (A | D), A);
    ck_assert(stores(VA, 1));
    ck_assert_uint_eq(l1[5] & (A | D), A | D);
}
END_TEST

/* What an entry gets, its page has at once, and is not mapped again for it. */
START_TEST(changes_that_take_nothing)
{
    const unsigned long l4 = space_create();
    unsigned long table, *l1;
    uint64_t mapped;

    ck_assert_int_eq(space_map(l4, VA, P | US), 0);
    l1 = l1_of(l4, &table);
    ck_assert_int_eq(space_load(l4), 0);
    ck_assert(loads(VA));
    ck_assert_uint_ne(l1[5] & A, 0);
    ck_assert_int_eq(table_set(table, 5, l1[5]), 0); /* touches what it takes */
    mapped = pinfold_counts().mapped;
    ck_assert_int_eq(table_set(table, 5, l1[5] | 1ul << 9), 0);
    ck_assert(loads(VA));
    ck_assert_uint_eq(pinfold_counts().mapped, mapped);
    ck_assert_int_eq(table_set(table, 5, l1[5] | RW), 0);
    ck_assert(loads(VA));
    ck_assert_uint_eq(pinfold_counts().mapped, mapped);
    ck_assert(stores(VA, 8));
    ck_assert_uint_eq(pinfold_counts().mapped, mapped + 1);
    /* Bits that a processor sets are set again. */
    ck_assert_int_eq(table_set(table, 5, l1[5] & ~(unsigned long)D), 0);
    ck_assert(stores(VA, 9));
    ck_assert_uint_eq(l1[5] & (A | D), A | D);
    ck_assert_int_eq(table_set(table, 5, l1[5] & ~(unsigned long)A), 0);
    ck_assert(loads(VA));
    ck_assert_uint_eq(l1[5] & A, A);
    ck_assert_uint_eq(pinfold_counts().stale, 0);
    /* A page that is only read since, and might be written. */
    ck_assert_int_eq(table_set(table, 5, l1[5] & ~(unsigned long)D), 0);
    ck_assert(loads(VA));
    ck_assert_int_eq(table_set(table, 5, l1[5] & ~(unsigned long)RW), 0);
    ck_assert(loads(VA));
    ck_assert_uint_eq(pinfold_counts().stale, 1);
}
END_TEST

/* A page whose D bit is set is writable from its first load on. */
START_TEST(dirty_already)
{
    const unsigned long l4 = space_create();
    unsigned long table, *l1;
    uint64_t mapped;

    ck_assert_int_eq(space_map(l4, VA, P | RW | US), 0);
    l1 = l1_of(l4, &table);
    ck_assert_int_eq(table_set(table, 5, l1[5] | A | D), 0);
    ck_assert_int_eq(space_load(l4), 0);
    ck_assert(loads(VA));
    mapped = pinfold_counts().mapped;
    ck_assert(stores(VA, 7));
    ck_assert_uint_eq(pinfold_counts().mapped, mapped);
    ck_assert_int_eq(space_protect(l4, VA, P | US), 0);
    ck_assert(!stores(VA, 8));
    ck_assert_uint_eq(*word(VA), 7);
    /* Not below a table that is mapped read-only. */
    ck_assert_int_eq(space_load(0), 0);
    ck_assert_int_eq(table_set(table, 5, l1[5] | RW | A | D), 0);
    ck_assert_int_eq(
        table_set(l4, VA >> 39 & 511,
                  ((unsigned long *)pfn_to_virt(l4))[VA >> 39 & 511] & ~RW),
        0);
    ck_assert_int_eq(space_load(l4), 0);
    ck_assert(loads(VA));
    ck_assert(!stores(VA, 9));
    ck_assert_uint_eq(fault_code, 3);
}
END_TEST

START_TEST(emulated_store)
{
    const unsigned long l4 = space_create();
    unsigned long table, *l1;

    ck_assert_int_eq(space_map(l4, VA, P | RW | US), 0);
    l1 = l1_of(l4, &table);
    ck_assert(!stores((unsigned long)&l1[6], 0));
    ck_assert_str_eq(pinfold_last_rule(), "ptwr.off");
    ck_assert_int_eq(hypercall(__HYPERVISOR_vm_assist, VMASST_CMD_enable,
                               VMASST_TYPE_writable_pagetables, 0, 0),
                     0);
    ck_assert(stores((unsigned long)&l1[6], l1[5]));
    ck_assert_uint_eq(pinfold_counts().emulated, 1);
    ck_assert_int_eq(space_load(l4), 0);
    ck_assert(stores(VA, 99));
    ck_assert_uint_eq(*word(VA + PAGE), 99);
}
END_TEST

static long xen_version(unsigned int command, const void *to)
{
    return hypercall(__HYPERVISOR_xen_version, command, (unsigned long)to, 0,
                     0);
}

START_TEST(arguments_in_the_guest)
{
    static const char read_only[16] = "constant";
    /* A page with nothing behind it. */
    char *const page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *const edge = page + PAGE;
    struct mmu_update *update = pfn_to_virt(page_alloc());
    const unsigned long table = table_alloc();

    /* In its own memory, and across what is not mapped. */
    update->ptr = (mm.p2m[table] << 12) + 8;
    update->val = 0;
    ck_assert_int_eq(mmu_update(update, 1), 0);
    ck_assert_int_eq(mmu_update((struct mmu_update *)USER_BASE, 1), -14);
    ck_assert_int_eq(mmu_update((struct mmu_update *)8, 1), -14);
    ck_assert_int_eq(munmap(edge, PAGE), 0);
    ck_assert_int_eq(mmu_update((struct mmu_update *)(edge - 8), 1), -14);
    ck_assert_int_eq(xen_version(XENVER_extraversion, edge - 16), 0);
    ck_assert_int_eq(xen_version(XENVER_extraversion, edge - 8), -14);
    ck_assert_int_eq(xen_version(XENVER_extraversion, read_only), -14);
    ck_assert_str_eq(read_only, "constant");
    ck_assert_int_eq(munmap(page, PAGE), 0);
}
END_TEST

static sigjmp_buf after_bus;

static void on_bus(int signal)
{
    (void)signal;
    siglongjmp(after_bus, 1);
}

/* A mapping whose file has become shorter: SIGBUS, which is the program's own
 * only outside of hypercalls. */
START_TEST(arguments_in_a_file)
{
    const int fd = memfd_create("arguments", 0);
    struct sigaction own = { .sa_handler = on_bus };
    struct mmu_update *update;
    volatile bool told = false;

    pinfold_close();
    ck_assert_int_eq(sigaction(SIGBUS, &own, NULL), 0);
    setup();
    ck_assert_int_eq(ftruncate(fd, PAGE), 0);
    update = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    update->ptr = (mm.p2m[table_alloc()] << 12) + 8;
    ck_assert_int_eq(mmu_update(update, 1), 0);
    ck_assert_int_eq(ftruncate(fd, 0), 0);
    ck_assert_int_eq(mmu_update(update, 1), -14);
    ck_assert_int_eq(xen_version(XENVER_extraversion, update), -14);
    if (sigsetjmp(after_bus, 1) == 0)
        (void)*(volatile uint64_t *)&update->ptr;
    else
        told = true;
    ck_assert(told);
    own.sa_handler = SIG_DFL;
    ck_assert_int_eq(sigaction(SIGBUS, &own, NULL), 0);
    munmap(update, PAGE);
    close(fd);
}
END_TEST

/* A list in the program's memory that ends before its last request does. */
START_TEST(list_over_an_edge)
{
    char *const page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const unsigned long table = table_alloc();
    const unsigned long *words = pfn_to_virt(table);
    const unsigned int n = 40;
    struct mmu_update *list = (struct mmu_update *)(page + PAGE) - n;

    ck_assert_int_eq(mmuext_op(&(struct mmuext_op){ .cmd = MMUEXT_PIN_L1_TABLE,
                                                    .arg1.mfn = mm.p2m[table] },
                               1),
                     0);
    ck_assert_int_eq(munmap(page + PAGE, PAGE), 0);
    for (unsigned int i = 0; i < n; i++)
        list[i] = (struct mmu_update){ .ptr = (mm.p2m[table] << 12) + i * 8,
                                       .val = (i + 1) << 12 };
    ck_assert_int_eq(mmu_update(list, n + 1), -14);
    for (unsigned int i = 0; i < n; i++)
        ck_assert_uint_eq(words[i], (i + 1) << 12);
    ck_assert_uint_eq(words[n], 0);
    /* The eleventh is refused: those behind it have not been done. */
    for (unsigned int i = 0; i < n; i++)
        list[i].val = i == 10 ? P : 0; /* a frame of Xen */
    ck_assert_int_eq(mmu_update(list, n), -1);
    for (unsigned int i = 0; i < n; i++)
        ck_assert_uint_eq(words[i], i < 10 ? 0 : (i + 1) << 12);
    ck_assert_int_eq(munmap(page, PAGE), 0);
}
END_TEST

START_TEST(frames_come_and_go)
{
    unsigned long pfn = page_alloc();
    xen_pfn_t frame = mm.p2m[pfn];
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

    set_xen_guest_handle(r.extent_start, &frame);
    ck_assert_int_eq(
        update_va_mapping((unsigned long)pfn_to_virt(pfn), 0, UVMF_INVLPG), 0);
    ck_assert_int_eq(hypercall(__HYPERVISOR_memory_op,
                               XENMEM_decrease_reservation, (unsigned long)&r,
                               0, 0),
                     1);
    ck_assert(!loads((unsigned long)pfn_to_virt(pfn)));
    frame = pfn;
    ck_assert_int_eq(hypercall(__HYPERVISOR_memory_op, XENMEM_populate_physmap,
                               (unsigned long)&r, 0, 0),
                     1);
    ck_assert_uint_eq(pinfold_m2p()[frame], pfn);
}
END_TEST

/* Given back while a processor may still write there; and with the flush. */
START_TEST(given_back_too_soon)
{
    for (unsigned long flush = 0; flush <= UVMF_INVLPG; flush += UVMF_INVLPG) {
        const unsigned long pfn = page_alloc();
        const unsigned long va = (unsigned long)pfn_to_virt(pfn);
        const uint64_t before = pinfold_counts().given_cached;
        xen_pfn_t frame = mm.p2m[pfn];
        struct xen_memory_reservation r = { .nr_extents = 1,
                                            .domid = DOMID_SELF };

        set_xen_guest_handle(r.extent_start, &frame);
        ck_assert(stores(va, 1));
        ck_assert_int_eq(update_va_mapping(va, 0, flush), 0);
        ck_assert_int_eq(hypercall(__HYPERVISOR_memory_op,
                                   XENMEM_decrease_reservation,
                                   (unsigned long)&r, 0, 0),
                         1);
        ck_assert_uint_eq(pinfold_counts().given_cached - before, flush == 0);
    }
}
END_TEST

static sigjmp_buf after_end;
static unsigned int end_reason;

static void note_end(unsigned int reason)
{
    end_reason = reason;
    siglongjmp(after_end, 1);
}

/* By a hypercall, and by a store that Xen would emulate. */
START_TEST(l1tf_is_the_end)
{
    const struct pinfold_config config = { .quiet = true, .l1tf = true };
    struct start_info *si;
    unsigned long l4, table;
    unsigned long *l1;

    pinfold_close();
    ck_assert_msg(pinfold_open(&config) == 0, "%s", pinfold_error());
    si = pinfold_start_info();
    ck_assert_int_eq(mm_start(si, (unsigned long)si & ~((1ul << 30) - 1)), 0);
    pinfold_on_shutdown(note_end);
    l4 = space_create();
    ck_assert_int_eq(space_map(l4, VA, P | RW | US), 0);
    l1 = l1_of(l4, &table);
    ck_assert_int_eq(table_set(table, 6, 0xffe), 0);
    end_reason = SHUTDOWN_MAX + 1;
    if (sigsetjmp(after_end, 1) == 0) {
        if (_i == 0)
            (void)table_set(table, 6, 0x123456000);
        else if (hypercall(__HYPERVISOR_vm_assist, VMASST_CMD_enable,
                           VMASST_TYPE_writable_pagetables, 0, 0) == 0)
            *(volatile unsigned long *)&l1[6] = 0x123456000;
    }
    ck_assert_uint_eq(end_reason, SHUTDOWN_crash);
    ck_assert_str_eq(pinfold_last_rule(), "l1tf.crash");
    ck_assert_uint_eq(l1[6], 0xffe);
}
END_TEST

START_TEST(reset)
{
    const unsigned long free = mm.nr_free;

    pinfold_reset();
    for (int i = 0; i < 3; i++) {
        const unsigned long l4 = space_create();

        ck_assert_uint_ne(l4, 0);
        ck_assert_int_eq(space_map(l4, VA, P | RW | US), 0);
        ck_assert_int_eq(space_load(l4), 0);
        ck_assert(stores(VA, 5));
        pinfold_reset();
        ck_assert(!loads(VA));
        /* The guest's own variables are its own to put back. */
        mm.free = pfn_to_virt(l4);
        mm.nr_free = free;
    }
}
END_TEST

START_TEST(wrong_configurations)
{
    const struct pinfold_config again = { .quiet = true };
    const struct pinfold_config configs[] = {
        { .virt_base = 4096 }, { .virt_base = (1ull << 41) + 4096 },
        { .nr_pages = 100 },   { .nr_pages = 20000, .image_pages = 20000 },
        { .xen = 12 },
    };

    ck_assert_int_eq(pinfold_open(&again), -1); /* there is one */
    pinfold_close();
    for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
        ck_assert_int_eq(pinfold_open(&configs[i]), -1);
        ck_assert_str_ne(pinfold_error(), "");
    }
    setup();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("direct");
    TCase *t = tcase_create("engine");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, first_state);
    tcase_add_test(t, mapping_appears_and_goes);
    tcase_add_test(t, another_base);
    tcase_add_test(t, missing_flush);
    tcase_add_test(t, one_frame_at_two_addresses);
    tcase_add_test(t, accessed_and_dirty);
    tcase_add_test(t, changes_that_take_nothing);
    tcase_add_test(t, dirty_already);
    tcase_add_test(t, emulated_store);
    tcase_add_test(t, arguments_in_the_guest);
    tcase_add_test(t, arguments_in_a_file);
    tcase_add_test(t, list_over_an_edge);
    tcase_add_test(t, frames_come_and_go);
    tcase_add_test(t, given_back_too_soon);
    tcase_add_loop_test(t, l1tf_is_the_end, 0, 2);
    tcase_add_test(t, reset);
    tcase_add_test(t, wrong_configurations);
    suite_add_tcase(s, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
