/* SPDX-License-Identifier: MIT
 *
 * Mapping and unmapping grants: entries, references, pins, status bits. Rules
 * GNT-01..54, GNT-70..75.
 */
#include "grant_fixture.h"

#include <check.h>
#include <stdlib.h>
#include <xen/errno.h>

#define HOST GNTMAP_host_map
#define DEVICE GNTMAP_device_map
#define RO GNTMAP_readonly
#define APP GNTMAP_application_map
#define CONTAINS GNTMAP_contains_pte

enum { GOOD_REF, RO_REF, OTHER_REF, XEN_REF, FREE_REF, PART_REF, TABLE_REF };
#define TABLE (FIRST_FREE + 1) /* a pinned L1 of domain 0 */

static void setup(void)
{
    grant_setup();
    grant_entry(GRANTER, GOOD_REF, GTF_permit_access, 0, PAGE);
    grant_entry(GRANTER, RO_REF, GTF_permit_access | GTF_readonly, 0, PAGE);
    grant_entry(GRANTER, OTHER_REF, GTF_permit_access, 3, PAGE);
    grant_entry(GRANTER, XEN_REF, GTF_permit_access, 0, FRAME_XEN);
    grant_entry(GRANTER, FREE_REF, GTF_invalid, 0, PAGE);
    grant_entry(GRANTER, PART_REF, GTF_permit_access | GTF_sub_page, 0, PAGE);
    expect(ext(&gx, MMUEXT_PIN_L1_TABLE, TABLE), 0, XM_R_NONE);
    grant_entry(0, TABLE_REF, GTF_permit_access, 0, TABLE);
}

/* GNT-20..22: what is stored. */
static const struct {
    uint32_t flags;
    uint64_t stored;
} values[] = {
    { HOST, 0x8010000000000067 },
    { HOST | RO, 0x8010000000000065 },
    { HOST | APP, 0x8000000000000167 },
    { HOST | APP | RO, 0x8000000000000165 },
    { HOST | 5u << _GNTMAP_guest_avail0, 0x8010000000000a67 },
    { HOST | 8u << _GNTMAP_guest_avail0, 0x8010000000000067 },
};

START_TEST(entries_are_stored)
{
    const uint32_t flags = values[_i].flags;
    const struct gnttab_map_grant_ref a = map(GOOD_REF, flags);

    ck_assert_int_eq(a.status, GNTST_okay);
    ck_assert_uint_eq(a.dev_bus_addr, (uint64_t)PAGE << 12);
    ck_assert_uint_eq(*entry(&gx, BOOT_L1, TARGET_SLOT),
                      values[_i].stored | (uint64_t)PAGE << 12);
    ck_assert_int_eq(unmap(TARGET_VA, 0, a.handle), GNTST_okay);
    ck_assert_uint_eq(*entry(&gx, BOOT_L1, TARGET_SLOT), 0);
    expect_frame(&gx, PAGE, 1, WRITABLE(0) & (flags & RO ? 0 : ~0ull));
}
END_TEST

/* GNT-07, GNT-11, GNT-12, GNT-28, GNT-38: what a mapping holds. */
static const struct {
    uint32_t flags;
    uint32_t general, writable, pin;
} holds[] = {
    { HOST, 1, 1, 0x00000001 },
    { HOST | RO, 1, 0, 0x00000100 },
    { DEVICE, 1, 1, 0x00010000 },
    { DEVICE | RO, 1, 0, 0x01000000 },
    { HOST | DEVICE, 2, 2, 0x00010001 },
    { HOST | DEVICE | RO, 2, 0, 0x01000100 },
};

START_TEST(references_are_taken)
{
    const bool ro = holds[_i].flags & RO;
    const struct gnttab_map_grant_ref a = map(GOOD_REF, holds[_i].flags);

    ck_assert_int_eq(a.status, GNTST_okay);
    expect_frame(&gx, PAGE, 1 + holds[_i].general,
                 ro ? 0 : WRITABLE(holds[_i].writable));
    ck_assert_uint_eq(active(GRANTER, GOOD_REF)->pin, holds[_i].pin);
    ck_assert_uint_eq(entry_flags(GRANTER, GOOD_REF),
                      GTF_permit_access | GTF_reading | (ro ? 0 : GTF_writing));
    expect_invariants(&gx);
    ck_assert_int_eq(unmap(TARGET_VA, (uint64_t)PAGE << 12, a.handle),
                     GNTST_okay);
    expect_frame(&gx, PAGE, 1, ro ? 0 : WRITABLE(0));
    ck_assert_uint_eq(active(GRANTER, GOOD_REF)->pin, 0);
    ck_assert_uint_eq(entry_flags(GRANTER, GOOD_REF), GTF_permit_access);
    expect_status(unmap(TARGET_VA, 0, a.handle), GNTST_bad_handle,
                  XM_R_GNT_HANDLE);
}
END_TEST

#define ERROR GNTST_general_error

/* A mapping that is refused leaves nothing behind (GNT-17). */
static const struct {
    uint64_t host_addr;
    uint32_t dom, ref, flags;
    int16_t status;
    enum xm_rule rule;
} refusals[] = {
    { TARGET_VA, 7, GOOD_REF, RO, GNTST_bad_gntref, XM_R_GNT_NO_MAP },
    { TARGET_VA, 6, GOOD_REF, HOST, GNTST_bad_domain, XM_R_GNT_DOMAIN },
    { TARGET_VA, DOMID_SELF, 0, HOST, GNTST_bad_domain, XM_R_GNT_DOMAIN },
    { TARGET_VA, DOMID_IO, 0, HOST, GNTST_bad_domain, XM_R_GNT_DOMAIN },
    { TARGET_VA, 7, 512, HOST, GNTST_bad_gntref, XM_R_GNT_REF },
    { TARGET_VA, 7, RO_REF, HOST, ERROR, XM_R_GNT_READONLY },
    { TARGET_VA, 7, OTHER_REF, HOST, ERROR, XM_R_GNT_ENTRY },
    { TARGET_VA, 7, FREE_REF, HOST | RO, ERROR, XM_R_GNT_ENTRY },
    { TARGET_VA, 7, PART_REF, HOST | RO, ERROR, XM_R_GNT_ENTRY },
    { TARGET_VA, 7, XEN_REF, HOST, GNTST_bad_page, XM_R_GNT_NOT_OWN },
    { TARGET_VA, 0, TABLE_REF, HOST, ERROR, XM_R_GNT_WRITABLE_TYPED },
    { TARGET_VA, 0, TABLE_REF, DEVICE, ERROR, XM_R_GNT_WRITABLE_TYPED },
    { TARGET_PTE | 4, 7, 0, HOST | CONTAINS, ERROR, XM_R_GNT_PTE_MISALIGNED },
    { PAGE << 12, 7, 0, HOST | CONTAINS, ERROR, XM_R_GNT_PTE_NOT_OWN },
    { ~7ull, 7, 0, HOST | CONTAINS | RO, ERROR, XM_R_GNT_PTE_NOT_OWN },
    { ARGS << 12, 7, 0, HOST | CONTAINS, ERROR, XM_R_GNT_PTE_NOT_L1 },
    { BOOT_L2 << 12, 7, 0, HOST | CONTAINS, ERROR, XM_R_GNT_PTE_NOT_L1 },
    { UNMAPPED_VA, 7, 0, HOST | DEVICE, ERROR, XM_R_GNT_PTE_VA },
    { 0xffff800000000000, 7, 0, HOST | RO, ERROR, XM_R_GNT_PTE_VA },
};

START_TEST(refused_mappings_leave_nothing)
{
    const struct xm_frame before = *frame(&gx, PAGE);
    const uint64_t table = frame(&gx, TABLE)->count_info;
    const struct gnttab_map_grant_ref a =
        map_at(refusals[_i].host_addr, (xm_domid)refusals[_i].dom,
               refusals[_i].ref, refusals[_i].flags);
    const struct xm_frame *after = frame(&gx, PAGE);

    expect_status(a.status, refusals[_i].status, refusals[_i].rule);
    ck_assert_uint_eq(after->count_info, before.count_info);
    ck_assert_uint_eq(after->type_info & XM_PGT_COUNT_MASK, 0);
    ck_assert_uint_eq(frame(&gx, TABLE)->count_info, table);
    ck_assert_uint_eq(*entry(&gx, BOOT_L1, TARGET_SLOT), 0);
    for (uint32_t ref = 0; ref < 8; ref++) {
        ck_assert_uint_eq(active(GRANTER, ref)->pin, 0);
        ck_assert_uint_eq(
            entry_flags(GRANTER, ref) & (GTF_reading | GTF_writing), 0);
    }
}
END_TEST

/* GNT-18, GNT-19: a page is granted writable, or a table, never both. */
START_TEST(tables_and_writable_grants_exclude_each_other)
{
    struct gnttab_map_grant_ref a = map_at(TARGET_VA, 0, TABLE_REF, HOST | RO);

    ck_assert_int_eq(a.status, GNTST_okay);
    expect_frame(&gx, TABLE, 3,
                 XM_PGT_L1 | XM_PGT_VALIDATED | XM_PGT_PINNED | 1);
    ck_assert_int_eq(unmap(TARGET_VA, 0, a.handle), GNTST_okay);
    expect(ext(&gx, MMUEXT_UNPIN_TABLE, TABLE), 0, XM_R_NONE);
    a = map_at(TARGET_VA, 0, TABLE_REF, HOST);
    ck_assert_int_eq(a.status, GNTST_okay);
    expect(ext(&gx, MMUEXT_PIN_L1_TABLE, TABLE), -XEN_EINVAL,
           XM_R_TYPE_CONFLICT);
    ck_assert_int_eq(unmap(TARGET_VA, 0, a.handle), GNTST_okay);
    expect(ext(&gx, MMUEXT_PIN_L1_TABLE, TABLE), 0, XM_R_NONE);
}
END_TEST

/* GNT-06, GNT-09: further uses of an entry that is in use. */
START_TEST(an_entry_in_use_is_used_again)
{
    const struct gnttab_map_grant_ref a = map(GOOD_REF, HOST | RO);
    struct gnttab_map_grant_ref b, w;

    /* What the entry says now does not matter to readers. */
    grant_entry(GRANTER, GOOD_REF, GTF_invalid, 3, FRAME_XEN);
    b = map_at(TARGET_VA + 0x1000, GRANTER, GOOD_REF, HOST | RO);
    ck_assert_int_eq(b.status, GNTST_okay);
    ck_assert_uint_eq(active(GRANTER, GOOD_REF)->pin, 0x200);
    /* The first writer only needs the entry not to be read-only. */
    grant_entry(GRANTER, GOOD_REF, GTF_readonly, 3, FRAME_XEN);
    expect_status(map(GOOD_REF, DEVICE).status, ERROR, XM_R_GNT_READONLY);
    grant_entry(GRANTER, GOOD_REF, GTF_invalid, 3, FRAME_XEN);
    w = map(GOOD_REF, DEVICE);
    ck_assert_int_eq(w.status, GNTST_okay);
    expect_frame(&gx, PAGE, 4, WRITABLE(1));
    ck_assert_uint_eq(entry_flags(GRANTER, GOOD_REF),
                      GTF_reading | GTF_writing);
    /* GNT-74: the last writer is gone, readers stay. */
    ck_assert_int_eq(unmap(0, (uint64_t)PAGE << 12, w.handle), GNTST_okay);
    ck_assert_uint_eq(entry_flags(GRANTER, GOOD_REF), GTF_reading);
    ck_assert_int_eq(unmap(TARGET_VA, 0, a.handle), GNTST_okay);
    ck_assert_uint_eq(entry_flags(GRANTER, GOOD_REF), GTF_reading);
    ck_assert_int_eq(unmap(TARGET_VA + 0x1000, 0, b.handle), GNTST_okay);
    ck_assert_uint_eq(entry_flags(GRANTER, GOOD_REF), 0);
}
END_TEST

/* GNT-06: each counter goes to 128. */
START_TEST(pins_are_counted_to_128)
{
    uint32_t handles[129];

    for (unsigned int i = 0; i < 129; i++) {
        const struct gnttab_map_grant_ref a = map(GOOD_REF, DEVICE | RO);

        handles[i] = a.handle;
        if (i < 128)
            ck_assert_int_eq(a.status, GNTST_okay);
        else
            expect_status(a.status, ERROR, XM_R_GNT_PINNED);
    }
    /* Another counter has room. */
    ck_assert_int_eq(map(GOOD_REF, HOST | RO).status, GNTST_okay);
    ck_assert_uint_eq(active(GRANTER, GOOD_REF)->pin, 0x80000100);
    for (unsigned int i = 0; i < 128; i++)
        ck_assert_int_eq(unmap(0, (uint64_t)PAGE << 12, handles[i]),
                         GNTST_okay);
    expect_frame(&gx, PAGE, 2, 0);
}
END_TEST

/* GNT-23, GNT-27: into an entry by its address; what was there is dropped. */
START_TEST(the_old_entry_is_dropped)
{
    struct gnttab_map_grant_ref a;

    expect(update(&gx, BOOT_L1, TARGET_SLOT, xm_pte(TABLE + 1, RWU)), 0,
           XM_R_NONE);
    expect_frame(&gx, TABLE + 1, 2, WRITABLE(1));
    a = map_at(TARGET_PTE, GRANTER, GOOD_REF, HOST | CONTAINS);
    ck_assert_int_eq(a.status, GNTST_okay);
    expect_frame(&gx, TABLE + 1, 1, WRITABLE(0));
    /* GNT-39: the kind of address is that of the mapping. */
    expect_status(unmap(TARGET_VA, 0, a.handle), ERROR, XM_R_GNT_PTE_NOT_OWN);
    expect_status(unmap(TARGET_PTE | 1, 0, a.handle), ERROR,
                  XM_R_GNT_PTE_MISALIGNED);
    ck_assert_int_eq(unmap(TARGET_PTE, 0, a.handle), GNTST_okay);
    expect_frame(&gx, PAGE, 1, WRITABLE(0));
}
END_TEST

/* GNT-34..37: one half after the other. */
START_TEST(halves_go_one_by_one)
{
    const uint64_t bus = (uint64_t)PAGE << 12;
    const struct gnttab_map_grant_ref a = map(GOOD_REF, HOST | DEVICE);

    expect_status(unmap(TARGET_VA, bus + 0x1000, a.handle), GNTST_bad_dev_addr,
                  XM_R_GNT_DEV_ADDR);
    expect_frame(&gx, PAGE, 3, WRITABLE(2));
    expect_status(unmap(0, 0, a.handle), GNTST_okay, XM_R_GNT_HALF);
    expect_status(unmap(0, bus, a.handle), GNTST_okay, XM_R_GNT_HALF);
    expect_frame(&gx, PAGE, 2, WRITABLE(1));
    ck_assert_uint_eq(active(GRANTER, GOOD_REF)->pin, XM_PIN_HOST_WRITE);
    /* There is no such half any more: no address is wrong. */
    expect_status(unmap(0, bus + 0x1000, a.handle), GNTST_okay, XM_R_GNT_HALF);
    ck_assert_int_eq(unmap(TARGET_VA, 0, a.handle), GNTST_okay);
    expect_frame(&gx, PAGE, 1, WRITABLE(0));
}
END_TEST

/* GNT-44, GNT-48: what an unmap tolerates in the entry. */
static const struct {
    uint64_t flip;
    int16_t status;
} changes[] = {
    { XM_PTE_A | XM_PTE_D, GNTST_okay },
    { XM_PTE_AVAIL | XM_PTE_NX, GNTST_okay },
    { XM_PTE_RW, ERROR },
    { XM_PTE_P, ERROR },
    { 0x1000, ERROR },
};

START_TEST(an_unmap_finds_its_entry)
{
    const struct gnttab_map_grant_ref a = map(GOOD_REF, HOST);
    uint64_t *slot = entry(&gx, BOOT_L1, TARGET_SLOT);

    *slot ^= changes[_i].flip;
    expect_status(unmap(TARGET_VA, 0, a.handle), changes[_i].status,
                  changes[_i].status == 0 ? XM_R_NONE : XM_R_GNT_PTE_MISMATCH);
    if (changes[_i].status == GNTST_okay)
        return;
    ck_assert_uint_ne(*slot, 0);
    *slot ^= changes[_i].flip;
    ck_assert_int_eq(unmap(TARGET_VA, 0, a.handle), GNTST_okay);
}
END_TEST

static int16_t replace(uint64_t host_addr, uint64_t new_addr, uint32_t handle)
{
    struct gnttab_unmap_and_replace op = { .host_addr = host_addr,
                                           .new_addr = new_addr,
                                           .handle = handle };

    expect(grant_call(GNTTABOP_unmap_and_replace, &op, sizeof(op), 1), 0,
           XM_R_NONE);
    return op.status;
}

/* GNT-41, GNT-42, GNT-45, GNT-46. */
START_TEST(a_mapping_is_replaced)
{
    const xm_vaddr spare = TARGET_VA + 0x1000;
    uint64_t *slots = entry(&gx, BOOT_L1, TARGET_SLOT);
    struct gnttab_map_grant_ref a = map(GOOD_REF, HOST);
    uint64_t e;

    expect(update(&gx, BOOT_L1, TARGET_SLOT + 1, xm_pte(TABLE + 1, RWU)), 0,
           XM_R_NONE);
    e = slots[1];
    ck_assert_int_eq(replace(TARGET_VA, spare, a.handle), GNTST_okay);
    ck_assert_uint_eq(slots[0], e);
    ck_assert_uint_eq(slots[1], 0);
    expect_frame(&gx, TABLE + 1, 2, WRITABLE(1));
    expect_frame(&gx, PAGE, 1, WRITABLE(0));

    /* Not the place of the mapping: what was taken out is lost. */
    a = map_at(spare, GRANTER, GOOD_REF, HOST);
    expect_status(replace(UNMAPPED_VA, TARGET_VA, a.handle), ERROR,
                  XM_R_GNT_REPLACE_LOST);
    ck_assert_uint_eq(slots[0], 0);
    expect_frame(&gx, TABLE + 1, 1, WRITABLE(0));
    /* The mapping itself, taken out. */
    expect_status(replace(spare, UNMAPPED_VA, a.handle), ERROR,
                  XM_R_GNT_PTE_VA);
    expect_status(replace(spare, spare, a.handle), ERROR,
                  XM_R_GNT_REPLACE_LOST);
    expect_frame(&gx, PAGE, 1, WRITABLE(0));
    ck_assert_uint_eq(active(GRANTER, GOOD_REF)->pin, XM_PIN_HOST_WRITE);

    a = map_at(TARGET_PTE, GRANTER, RO_REF, HOST | CONTAINS | RO);
    expect_status(replace(TARGET_PTE, spare, a.handle), ERROR,
                  XM_R_GNT_REPLACE_PTE);
}
END_TEST

/* GNT-50, GNT-51, GNT-52, GNT-14. */
START_TEST(an_entry_that_is_overwritten_unmaps)
{
    const struct gnttab_map_grant_ref a = map(GOOD_REF, HOST);

    expect(update(&gx, BOOT_L1, TARGET_SLOT, 0), 0, XM_R_NONE);
    expect_frame(&gx, PAGE, 1, WRITABLE(0));
    ck_assert_uint_eq(active(GRANTER, GOOD_REF)->pin, XM_PIN_HOST_WRITE);
    expect_status(unmap(TARGET_VA, 0, a.handle), ERROR, XM_R_GNT_PTE_MISMATCH);
    expect_status(unmap(0, 0, a.handle), GNTST_okay, XM_R_GNT_HALF);
    /* The granter may give the page away; the entry still names it. */
    give(PAGE, 0);
    gx.cpu.domid = 0;
    expect_status(map(GOOD_REF, HOST | RO).status, ERROR, XM_R_GNT_OWNER);
    expect_frame(&gx, PAGE, 1, WRITABLE(0));
    ck_assert_uint_eq(active(GRANTER, GOOD_REF)->pin, XM_PIN_HOST_WRITE);
}
END_TEST

START_TEST(a_table_that_goes_unmaps)
{
    const uint64_t pte = (uint64_t)TABLE << 12 | 8;

    ck_assert_int_eq(map_at(pte, GRANTER, GOOD_REF, HOST | CONTAINS).status,
                     GNTST_okay);
    expect_frame(&gx, PAGE, 2, WRITABLE(1));
    expect(ext(&gx, MMUEXT_UNPIN_TABLE, TABLE), 0, XM_R_NONE);
    expect_frame(&gx, PAGE, 1, WRITABLE(0));
    ck_assert_uint_eq(active(GRANTER, GOOD_REF)->pin, XM_PIN_HOST_WRITE);
}
END_TEST

/* GNT-31, GNT-33: the granter is gone, or another has its number. */
START_TEST(a_granter_that_is_gone)
{
    const struct gnttab_map_grant_ref a = map(GOOD_REF, HOST);

    expect(update(&gx, BOOT_L1, TARGET_SLOT, 0), 0, XM_R_NONE);
    domain(GRANTER)->grant.nr_frames = 0;
    expect_status(unmap(TARGET_VA, 0, a.handle), GNTST_bad_handle,
                  XM_R_GNT_HANDLE_STALE);
    domain(GRANTER)->exists = false;
    (void)unmap(TARGET_VA, 0, a.handle);
    ck_assert(xm_rule_set_has(&gx.cpu.fired, XM_R_GNT_GRANTER_GONE));
    ck_assert(domain(0)->crashed);
}
END_TEST

/* GNT-53: a dying domain. Its entries go later, with its tables. */
START_TEST(a_dying_domain_lets_go)
{
    (void)map(GOOD_REF, HOST | DEVICE);
    (void)map_at(TARGET_VA + 0x1000, GRANTER, RO_REF, HOST | DEVICE | RO);
    expect_frame(&gx, PAGE, 5, WRITABLE(2));
    xm_grant_release_mappings(&gx.cpu, domain(0));
    expect_frame(&gx, PAGE, 3, WRITABLE(1));
    ck_assert_uint_eq(active(GRANTER, GOOD_REF)->pin, 0);
    ck_assert_uint_eq(active(GRANTER, RO_REF)->pin, 0);
    ck_assert_uint_eq(entry_flags(GRANTER, GOOD_REF), GTF_permit_access);
    ck_assert_uint_eq(domain(0)->grant.maptrack_limit, 0);
    ck_assert_uint_eq(frame(&gx, 5)->count_info, XM_PGC_STATE_FREE);
    expect_invariants(&gx);
    expect(update(&gx, BOOT_L1, TARGET_SLOT, 0), 0, XM_R_NONE);
    expect(update(&gx, BOOT_L1, TARGET_SLOT + 1, 0), 0, XM_R_NONE);
    expect_frame(&gx, PAGE, 1, WRITABLE(0));
}
END_TEST

static uint32_t next_handle(void)
{
    return map(GOOD_REF, DEVICE | RO).handle;
}

/* More handles than one frame of them holds: that is where it may stop. */
START_TEST(a_dying_domain_lets_go_in_parts)
{
    const uint32_t n = XM_MAPTRACK_PER_FRAME + 4;

    for (uint32_t i = 0; i < n; i++) /* a counter has room for 127 */
        ck_assert_int_eq(map(i % 3 == 0 ? RO_REF : GOOD_REF,
                             i % 3 == 1 ? DEVICE : DEVICE | RO)
                             .status,
                         GNTST_okay);
    ck_assert_uint_eq(domain(0)->grant.maptrack_limit,
                      2 * XM_MAPTRACK_PER_FRAME);
    gx.cpu.preempt_after = 0;
    ck_assert_int_eq(xm_grant_release_mappings(&gx.cpu, domain(0)),
                     -XEN_ERESTART);
    ck_assert_uint_eq(domain(0)->grant.maptrack_limit, XM_MAPTRACK_PER_FRAME);
    ck_assert_uint_eq(frame(&gx, PAGE)->count_info & XM_PGC_COUNT_MASK,
                      XM_MAPTRACK_PER_FRAME); /* its last one is not used */
    ck_assert_int_eq(xm_grant_release_mappings(&gx.cpu, domain(0)), 0);
    ck_assert_uint_eq(domain(0)->grant.maptrack_limit, 0);
    expect_frame(&gx, PAGE, 1, WRITABLE(0));
}
END_TEST

/* GNT-70, GNT-71: the list of free handles. */
START_TEST(handles_come_in_order)
{
    const uint64_t bus = (uint64_t)PAGE << 12;

    ck_assert_uint_eq(next_handle(), 0);
    ck_assert_uint_eq(next_handle(), 1);
    ck_assert_uint_eq(next_handle(), 2);
    ck_assert_int_eq(unmap(0, bus, 1), GNTST_okay);
    ck_assert_uint_eq(next_handle(), 3); /* 1 is behind 255 */
    /* A refusal takes one, too, and puts it behind. */
    expect_status(map(OTHER_REF, HOST).status, ERROR, XM_R_GNT_ENTRY);
    ck_assert_uint_eq(next_handle(), 5);
    /* Another vCPU has a list of its own, with the next 256. */
    gx.cpu.vcpu = 1;
    domain(0)->vcpu[1] = domain(0)->vcpu[0];
    domain(0)->vcpu[1].has_base = true;
    domain(0)->vcpu[1].maptrack_head = XM_MAPTRACK_TAIL;
    domain(0)->vcpu[1].maptrack_tail = XM_MAPTRACK_TAIL;
    frame(&gx, BOOT_L4)->count_info++;
    frame(&gx, BOOT_L4)->type_info++;
    ck_assert_uint_eq(next_handle(), 256);
    ck_assert_uint_eq(next_handle(), 257);
    /* Whoever gives it back, it goes to the list it came from. */
    ck_assert_int_eq(unmap(0, bus, 0), GNTST_okay);
    ck_assert_uint_eq(domain(0)->vcpu[0].maptrack_tail, 0);
}
END_TEST

/* GNT-04, GNT-72: no more handles; one always stays in a list. */
START_TEST(handles_run_out)
{
    for (unsigned int i = 0; i < 127; i++)
        ck_assert_int_eq(map(GOOD_REF, DEVICE | RO).status, GNTST_okay);
    for (unsigned int i = 0; i < 127; i++)
        ck_assert_int_eq(map(GOOD_REF, DEVICE).status, GNTST_okay);
    ck_assert_int_eq(map(GOOD_REF, HOST).status, GNTST_okay);
    domain(0)->grant.max_maptrack_frames = 1;
    expect_status(map(GOOD_REF, HOST).status, GNTST_no_space,
                  XM_R_GNT_NO_HANDLE);
    domain(0)->grant.max_maptrack_frames = 2;
    ck_assert_uint_eq(next_handle(), 256);
    domain(0)->grant.max_maptrack_frames = 0;
    /* A vCPU without a list, and nobody who has handles. */
    gx.cpu.vcpu = 1;
    domain(0)->vcpu[1] = domain(0)->vcpu[0];
    domain(0)->vcpu[0].maptrack_head = XM_MAPTRACK_TAIL;
    domain(0)->vcpu[1].maptrack_head = XM_MAPTRACK_TAIL;
    domain(0)->vcpu[1].maptrack_tail = XM_MAPTRACK_TAIL;
    expect_status(map(GOOD_REF, HOST).status, GNTST_no_space,
                  XM_R_GNT_NO_HANDLE);
    domain(0)->vcpu[0].maptrack_head = 257;
    gx.cpu.vcpu = 0;
    /* Another vCPU: two are taken from the first, one for the list. */
    gx.cpu.vcpu = 1;
    domain(0)->vcpu[1] = domain(0)->vcpu[0];
    domain(0)->vcpu[1].maptrack_head = XM_MAPTRACK_TAIL;
    domain(0)->vcpu[1].maptrack_tail = XM_MAPTRACK_TAIL;
    frame(&gx, BOOT_L4)->count_info++;
    frame(&gx, BOOT_L4)->type_info++;
    gx.cpu.random = 5;
    ck_assert_uint_eq(map(GOOD_REF, HOST | RO).handle, 258);
    ck_assert(xm_rule_set_has(&gx.cpu.fired, XM_R_GNT_STOLEN_HANDLE));
    ck_assert_uint_eq(domain(0)->vcpu[1].maptrack_head, 257);
    ck_assert_uint_eq(domain(0)->vcpu[1].maptrack_tail, 257);
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

int main(void)
{
    Suite *s = suite_create("grants: mappings");
    TCase *t = tcase_create("mappings");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, setup, grant_teardown);
    tcase_add_loop_test(t, entries_are_stored, 0, COUNT(values));
    tcase_add_loop_test(t, references_are_taken, 0, COUNT(holds));
    tcase_add_loop_test(t, refused_mappings_leave_nothing, 0, COUNT(refusals));
    tcase_add_test(t, tables_and_writable_grants_exclude_each_other);
    tcase_add_test(t, an_entry_in_use_is_used_again);
    tcase_add_test(t, pins_are_counted_to_128);
    tcase_add_test(t, the_old_entry_is_dropped);
    tcase_add_test(t, halves_go_one_by_one);
    tcase_add_loop_test(t, an_unmap_finds_its_entry, 0, COUNT(changes));
    tcase_add_test(t, a_mapping_is_replaced);
    tcase_add_test(t, an_entry_that_is_overwritten_unmaps);
    tcase_add_test(t, a_table_that_goes_unmaps);
    tcase_add_test(t, a_granter_that_is_gone);
    tcase_add_test(t, a_dying_domain_lets_go);
    tcase_add_test(t, a_dying_domain_lets_go_in_parts);
    tcase_add_test(t, handles_come_in_order);
    tcase_add_test(t, handles_run_out);
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
