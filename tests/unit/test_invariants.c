/* SPDX-License-Identifier: MIT
 *
 * Each invariant fires on a machine that is broken by hand, and says which
 * frame and entry it is about, what it found and what it should have found.
 */
#include "fixture.h"

#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xen/errno.h>

#define PAGE (FIRST_FREE + 0)     /* mapped writable by BOOT_L1[1] */
#define READABLE (FIRST_FREE + 1) /* mapped read-only by BOOT_L1[2] */
#define IDLE (FIRST_FREE + 2)     /* untouched */
#define GDT (FIRST_FREE + 3)
#define USER_L4 (FIRST_FREE + 4) /* the user base */
#define L2A (FIRST_FREE + 5)     /* pinned; [5] is L2B, [6] itself */
#define L2B (FIRST_FREE + 6)     /* pinned */
#define FREE_FRAME 5u
#define NO_SUCH_FRAME (NR_FRAMES + 1)

#define KERNEL XM_PTE_GUEST_KERNEL
#define LEAF (P | US | KERNEL)
#define ENTRY(mfn, flags) ((uint64_t)(mfn) << XM_PAGE_SHIFT | (flags))
#define LIVE(type) ((type) | XM_PGT_VALIDATED | 1)

static struct fixture f;
static struct xm_violation v;

static struct xm_domain *domain(void)
{
    return xm_domain_find(f.cpu.machine, 1);
}

static struct xm_vcpu *vcpu(void)
{
    return &domain()->vcpu[0];
}

static void setup(void)
{
    fixture_setup(&f, false);
    expect(update(&f, BOOT_L1, 1, xm_pte(PAGE, RWU)), 0, XM_R_NONE);
    expect(update(&f, BOOT_L1, 2, xm_pte(READABLE, P | US)), 0, XM_R_NONE);
    *entry(&f, USER_L4, 0) = xm_pte(BOOT_L3, RWU);
    expect(ext(&f, MMUEXT_NEW_USER_BASEPTR, USER_L4), 0, XM_R_NONE);
    expect(ext(&f, MMUEXT_PIN_L2_TABLE, L2B), 0, XM_R_NONE);
    expect(ext(&f, MMUEXT_PIN_L2_TABLE, L2A), 0, XM_R_NONE);
    expect(update(&f, L2A, 5, xm_pte(L2B, P | US)), 0, XM_R_NONE);
    expect(update(&f, L2A, 6, xm_pte(L2A, P | US)), 0, XM_R_NONE);
    vcpu()->nr_gdt = 1;
    vcpu()->gdt[0] = GDT;
    frame(&f, GDT)->count_info++;
    frame(&f, GDT)->type_info = LIVE(XM_PGT_SEG_DESC);
    expect_invariants(&f);
}

static void teardown(void)
{
    fixture_teardown(&f);
}

static struct xm_violation check_machine(void)
{
    void *scratch = malloc(NR_FRAMES * 16u);
    struct xm_violation found;

    ck_assert(scratch != NULL);
    memset(scratch, 0xa5, NR_FRAMES * 16u);
    found = xm_check_invariants(&f.cpu, scratch);
    free(scratch);
    return found;
}

/* How a machine is broken: a field gets BITS added, or an entry is written. */
enum broken {
    COUNT_INFO,  /* of frame MFN: plus VALUE */
    TYPE_INFO,   /* becomes VALUE */
    TYPE_COUNT,  /* plus VALUE */
    LINEAR,      /* becomes VALUE */
    TABLE_ENTRY, /* of frame MFN: becomes VALUE */
    FLAGS_SET,   /* of that entry */
    FLAGS_CLEARED,
    OWNER,
    PARTIAL, /* MFN is a partial L2 with type_info VALUE, 600 entries done */
    SIZE,    /* of the domain: plus VALUE */
    NO_BASE,
    BASE, /* becomes VALUE */
    USER_BASE,
    DEFERRED, /* a put of VALUE, with its references */
};

static const struct breakage {
    const char *invariant;
    enum broken how;
    xm_mfn where; /* what is broken */
    uint32_t slot;
    uint64_t value;
    /* What is found. */
    xm_mfn mfn;
    uint32_t at;
    uint64_t expected, actual;
} breakages[] = {
    /* The counts. */
    { "INV-01", COUNT_INFO, PAGE, 0, 1, PAGE, XM_NO_SLOT, 2, 3 },
    { "INV-01", COUNT_INFO, FRAME_M2P, 0, 1, FRAME_M2P, XM_NO_SLOT, 1, 2 },
    { "INV-01", TABLE_ENTRY, BOOT_L1, 2, 0, READABLE, XM_NO_SLOT, 1, 2 },
    { "INV-01", TABLE_ENTRY, BOOT_L1, 8, ENTRY(IDLE, LEAF), IDLE, XM_NO_SLOT, 2,
      1 },
    { "INV-02", TYPE_COUNT, PAGE, 0, 1, PAGE, XM_NO_SLOT, 1, 2 },
    { "INV-03", TYPE_COUNT, BOOT_L3, 0, 1, BOOT_L3, XM_NO_SLOT, 2, 3 },
    { "INV-03", TYPE_COUNT, L2B, 0, -1ull, L2B, XM_NO_SLOT, 2, 1 },
    { "INV-04", TYPE_COUNT, BOOT_L4, 0, 1, BOOT_L4, XM_NO_SLOT, 1, 2 },
    { "INV-05", TYPE_COUNT, GDT, 0, 1, GDT, XM_NO_SLOT, 1, 2 },
    { "INV-20", TYPE_INFO, IDLE, 0, 1, IDLE, XM_NO_SLOT, 0, 1 },
    /* Tables and descriptors that a guest could write: mapped, ... */
    { "INV-06", TABLE_ENTRY, BOOT_L1, 8, ENTRY(BOOT_L3, LEAF | RW), BOOT_L3,
      XM_NO_SLOT, 0, 1 },
    { "INV-06", TABLE_ENTRY, BOOT_L1, 8, ENTRY(GDT, LEAF | RW), GDT, XM_NO_SLOT,
      0, 1 },
    /* ... through a linear entry, of the kernel's base and the user's, ... */
    { "INV-06", TABLE_ENTRY, BOOT_L4, 5, ENTRY(BOOT_L4, RWU | XM_PTE_A),
      BOOT_L1, XM_NO_SLOT, 0, ENTRY(BOOT_L1, RWU) },
    { "INV-06", TABLE_ENTRY, USER_L4, 5, ENTRY(USER_L4, RWU | XM_PTE_A),
      BOOT_L1, XM_NO_SLOT, 0, ENTRY(BOOT_L1, RWU) },
    /* ... in a superpage, through Xen's own slot. */
    { "INV-06", TABLE_ENTRY, BOOT_L2, 9, ENTRY(0, RWU | XM_PTE_PSE), BOOT_L4,
      XM_NO_SLOT, 0, ENTRY(0, RWU | XM_PTE_PSE) },
    { "INV-06", TABLE_ENTRY, BOOT_L3, 9, ENTRY(0, RWU | XM_PTE_PSE), BOOT_L4,
      XM_NO_SLOT, 0, ENTRY(0, RWU | XM_PTE_PSE) },
    { "INV-06", FLAGS_SET, BOOT_L4, 258, US, BOOT_L1, XM_NO_SLOT, 0,
      ENTRY(BOOT_L1, RWU) },
    /* What entries name. */
    { "INV-07", TABLE_ENTRY, BOOT_L3, 3, ENTRY(READABLE, P | US), BOOT_L3, 3,
      XM_PGT_L2 | XM_PGT_VALIDATED | 1, 0 },
    { "INV-07", TABLE_ENTRY, BOOT_L3, 3, ENTRY(BOOT_L1, P | US), BOOT_L3, 3,
      XM_PGT_L2 | XM_PGT_VALIDATED | 1, LIVE(XM_PGT_L1) },
    { "INV-07", TABLE_ENTRY, BOOT_L3, 3, ENTRY(FRAME_FOREIGN, P | US), BOOT_L3,
      3, 1, 7 },
    { "INV-07", TABLE_ENTRY, BOOT_L3, 3, ENTRY(NO_SUCH_FRAME, P | US), BOOT_L3,
      3, 1, XM_DOMID_NONE },
    { "INV-07", TYPE_INFO, BOOT_L1, 0, XM_PGT_L1 | 1, BOOT_L2, 0,
      LIVE(XM_PGT_L1), XM_PGT_L1 | 1 },
    { "INV-07", TYPE_INFO, BOOT_L1, 0, XM_PGT_L1, BOOT_L2, 0, LIVE(XM_PGT_L1),
      XM_PGT_L1 },
    /* Linear counts. */
    { "INV-08", LINEAR, BOOT_L3, 0, 1, BOOT_L3, XM_NO_SLOT, 0, 1 },
    { "INV-08", LINEAR, L2A, 0, 2, L2A, XM_NO_SLOT, 1, 2 },
    { "INV-08", LINEAR, L2A, 0, 0, L2A, 5, 1, 0 },
    { "INV-08", LINEAR, L2B, 0, 0, L2B, XM_NO_SLOT, -1ull, 0 },
    /* What entries look like. */
    { "INV-09", FLAGS_CLEARED, BOOT_L1, 1, US, BOOT_L1, 1,
      ENTRY(PAGE, RWU | XM_PTE_G), ENTRY(PAGE, P | RW | XM_PTE_G) },
    { "INV-09", FLAGS_CLEARED, BOOT_L1, 1, XM_PTE_G, BOOT_L1, 1,
      ENTRY(PAGE, RWU | XM_PTE_G), ENTRY(PAGE, RWU) },
    { "INV-09", FLAGS_CLEARED, BOOT_L3, 0, US, BOOT_L3, 0, ENTRY(BOOT_L2, RWU),
      ENTRY(BOOT_L2, P | RW) },
    { "INV-09", FLAGS_CLEARED, BOOT_L4, 0, XM_PTE_A, BOOT_L4, 0,
      ENTRY(BOOT_L3, RWU | XM_PTE_A), ENTRY(BOOT_L3, RWU) },
    { "INV-10", FLAGS_SET, BOOT_L3, 0, XM_PTE_PCD, BOOT_L3, 0,
      ENTRY(BOOT_L2, RWU), ENTRY(BOOT_L2, RWU | XM_PTE_PCD) },
    { "INV-10", FLAGS_SET, BOOT_L2, 0, XM_PTE_G, BOOT_L2, 0,
      ENTRY(BOOT_L1, RWU), ENTRY(BOOT_L1, RWU | XM_PTE_G) },
    { "INV-10", TABLE_ENTRY, BOOT_L2, 9, ENTRY(0, P | US | XM_PTE_PSE), BOOT_L2,
      9, ENTRY(0, P | US), ENTRY(0, P | US | XM_PTE_PSE) },
    { "INV-11", FLAGS_SET, L2A, 5, RW, L2A, 5, ENTRY(L2B, P | US),
      ENTRY(L2B, RWU) },
    { "INV-11", FLAGS_SET, L2A, 6, RW, L2A, 6, ENTRY(L2A, P | US),
      ENTRY(L2A, RWU) },
    { "INV-12", TABLE_ENTRY, BOOT_L1, 8, ENTRY(FRAME_MMIO, LEAF | XM_PTE_PCD),
      BOOT_L1, 8, 0, ENTRY(FRAME_MMIO, LEAF | XM_PTE_PCD) },
    { "INV-12", TABLE_ENTRY, BOOT_L1, 8, ENTRY(NO_SUCH_FRAME, LEAF), BOOT_L1, 8,
      0, ENTRY(NO_SUCH_FRAME, LEAF) },
    { "INV-12", FLAGS_SET, BOOT_L1, 2, XM_PTE_PWT, BOOT_L1, 2,
      ENTRY(READABLE, P | US | XM_PTE_G),
      ENTRY(READABLE, P | US | XM_PTE_G | XM_PTE_PWT) },
    /* Owners and sizes. */
    { "INV-13", SIZE, 0, 0, 1, XM_NO_FRAME, XM_NO_SLOT, 48, 49 },
    { "INV-13", OWNER, IDLE, 0, 7, XM_NO_FRAME, XM_NO_SLOT, 47, 48 },
    { "INV-14", TABLE_ENTRY, BOOT_L1, 8, ENTRY(FREE_FRAME, LEAF), FREE_FRAME,
      XM_NO_SLOT, 0, 1 },
    { "INV-14", COUNT_INFO, FREE_FRAME, 0, 1, FREE_FRAME, XM_NO_SLOT, 0, 1 },
    { "INV-14", OWNER, IDLE, 0, XM_DOMID_NONE, IDLE, XM_NO_SLOT, 0, 1 },
    { "INV-14", COUNT_INFO, IDLE, 0, -1ull, IDLE, XM_NO_SLOT, 1, 0 },
    /* Xen's slots. */
    { "INV-15", FLAGS_SET, BOOT_L4, 256, RW, BOOT_L4, 256, P | US, 0 },
    { "INV-15", FLAGS_SET, USER_L4, 260, US, USER_L4, 260, 0, 0 },
    { "INV-15", TABLE_ENTRY, USER_L4, 258, 0, USER_L4, 258, ENTRY(USER_L4, P),
      0 },
    /* vCPUs. */
    { "INV-16", NO_BASE, 0, 0, 0, XM_NO_FRAME, XM_NO_SLOT, 1, 0 },
    { "INV-16", BASE, 0, 0, BOOT_L3, BOOT_L3, XM_NO_SLOT, LIVE(XM_PGT_L4),
      XM_PGT_L3 | XM_PGT_VALIDATED | 2 },
    { "INV-16", BASE, 0, 0, FRAME_FOREIGN, FRAME_FOREIGN, XM_NO_SLOT, 1, 7 },
    { "INV-16", USER_BASE, 0, 0, IDLE, IDLE, XM_NO_SLOT, LIVE(XM_PGT_L4), 0 },
    { "INV-16", USER_BASE, 0, 0, NO_SUCH_FRAME, NO_SUCH_FRAME, XM_NO_SLOT, 1,
      XM_DOMID_NONE },
    { "INV-17", DEFERRED, 0, 0, L2B, L2B, XM_NO_SLOT, 0, 1 },
    /* Combinations that there are not. */
    { "FRM-51", TYPE_INFO, IDLE, 0, XM_PGT_L1 | XM_PGT_VALIDATED, IDLE,
      XM_NO_SLOT, 0, XM_PGT_L1 | XM_PGT_VALIDATED },
    { "FRM-52", TYPE_INFO, GDT, 0, XM_PGT_SEG_DESC | 1, GDT, XM_NO_SLOT,
      LIVE(XM_PGT_SEG_DESC), XM_PGT_SEG_DESC | 1 },
    { "FRM-55", PARTIAL, IDLE, 0, XM_PGT_L2 | XM_PGT_PARTIAL | 1, IDLE,
      XM_NO_SLOT, XM_ENTRIES, 600 },
    { "FRM-56", PARTIAL, IDLE, 0, XM_PGT_L2 | XM_PGT_PARTIAL | 2, IDLE,
      XM_NO_SLOT, 1, 2 },
    { "FRM-56", TYPE_INFO, IDLE, 0, XM_PGT_L2 | XM_PGT_PARTIAL, IDLE,
      XM_NO_SLOT, 1, 0 },
    { "FRM-57", TYPE_INFO, IDLE, 0, XM_PGT_L1 | XM_PGT_PINNED, IDLE, XM_NO_SLOT,
      1, 0 },
    { "FRM-58", TYPE_INFO, BOOT_L2, 0, LIVE(XM_PGT_L2) | XM_PGT_PARTIAL,
      BOOT_L2, XM_NO_SLOT, LIVE(XM_PGT_L2), LIVE(XM_PGT_L2) | XM_PGT_PARTIAL },
};

static void break_frame(const struct breakage *b)
{
    struct xm_frame *p = frame(&f, b->where);

    switch (b->how) {
    case COUNT_INFO:
        p->count_info += b->value;
        break;
    case TYPE_INFO:
        p->type_info = b->value;
        break;
    case TYPE_COUNT:
        p->type_info += b->value;
        break;
    case LINEAR:
        p->linear_count = (int16_t)b->value;
        break;
    case OWNER:
        p->owner = (xm_domid)b->value;
        break;
    case PARTIAL:
        p->type_info = b->value;
        p->nr_validated = 600;
        p->count_info++;
        break;
    default:
        ck_abort_msg("not about a frame");
    }
}

static void break_machine(const struct breakage *b)
{
    switch (b->how) {
    case TABLE_ENTRY:
        *entry(&f, b->where, b->slot) = b->value;
        break;
    case FLAGS_SET:
        *entry(&f, b->where, b->slot) |= b->value;
        break;
    case FLAGS_CLEARED:
        *entry(&f, b->where, b->slot) &= ~b->value;
        break;
    case SIZE:
        domain()->tot_pages += b->value;
        break;
    case NO_BASE:
        vcpu()->has_base = false;
        break;
    case BASE:
        vcpu()->guest_table = b->value;
        break;
    case USER_BASE:
        vcpu()->guest_table_user = b->value;
        break;
    case DEFERRED:
        vcpu()->has_old = true;
        vcpu()->old_guest_table = b->value;
        frame(&f, b->value)->count_info++;
        frame(&f, b->value)->type_info++;
        break;
    default:
        break_frame(b);
    }
}

/* The words of Xen's slots are its own. */
static bool is_xen_slot(const struct breakage *b)
{
    return b->how == FLAGS_SET && b->where != L2A && b->slot >= 256;
}

START_TEST(each_fires)
{
    const struct breakage *b = &breakages[_i];

    break_machine(b);
    v = check_machine();
    ck_assert_msg(v.found, "%s: row %d is not found", b->invariant, _i);
    ck_assert_msg(strcmp(v.invariant, b->invariant) == 0, "%s, not %s: %s",
                  v.invariant, b->invariant, v.sentence);
    ck_assert_msg(v.mfn == b->mfn && v.slot == b->at,
                  "%s: frame %" PRIu64 " slot %u", b->invariant, v.mfn, v.slot);
    if (is_xen_slot(b) && strcmp(b->invariant, "INV-15") == 0) {
        ck_assert_uint_eq(v.actual, *entry(&f, b->where, b->slot));
        return;
    }
    ck_assert_msg(v.expected == b->expected && v.actual == b->actual,
                  "%s: expected %#" PRIx64 ", is %#" PRIx64, b->invariant,
                  v.expected, v.actual);
    if (b->mfn == XM_NO_FRAME)
        ck_assert_uint_eq(v.domid, 1);
}
END_TEST

/* INV-17: a call that was interrupted may leave its put to what goes on. */
START_TEST(a_preempted_call_may_leave_a_put)
{
    const struct breakage deferred = { .how = DEFERRED, .value = L2B };

    break_machine(&deferred);
    f.cpu.preempted = true;
    v = check_machine();
    ck_assert(!v.found);
    /* Its linear entry has been taken away already. */
    *entry(&f, L2A, 5) = 0;
    frame(&f, L2B)->count_info--;
    frame(&f, L2B)->type_info--;
    ck_assert_str_eq(check_machine().invariant, "INV-08");
    vcpu()->has_old_ptpg = true;
    vcpu()->old_guest_ptpg = L2A;
    v = check_machine();
    ck_assert(!v.found);
    f.cpu.preempted = false;
    ck_assert_str_eq(check_machine().invariant, "INV-17");
    /* That of another vCPU may be between a call and what goes on with it. */
    f.cpu.vcpu = 1;
    v = check_machine();
    ck_assert(!v.found);
}
END_TEST

/* The entry at nr_validated has a reference, and is not adjusted yet. */
START_TEST(a_partial_table_is_taken_as_far_as_it_is)
{
    struct xm_frame *p = frame(&f, IDLE);

    p->type_info = XM_PGT_L2 | XM_PGT_PARTIAL | 1;
    p->count_info++;
    p->nr_validated = 4;
    *entry(&f, IDLE, 4) = xm_pte(READABLE, P);
    *entry(&f, IDLE, 5) = xm_pte(NO_SUCH_FRAME, P);
    v = check_machine();
    ck_assert(!v.found);
    p->partial_set = 1;
    v = check_machine();
    ck_assert_str_eq(v.invariant, "INV-01");
    ck_assert_uint_eq(v.mfn, READABLE);
    frame(&f, READABLE)->count_info++;
    v = check_machine();
    ck_assert(!v.found);
    p->nr_validated = 5;
    v = check_machine();
    ck_assert_str_eq(v.invariant, "INV-09");
    ck_assert(v.mfn == IDLE && v.slot == 4);
}
END_TEST

/* INV-08: one table with both kinds, whose sum is what it should be. */
START_TEST(a_table_is_linear_or_has_linear_entries)
{
    *entry(&f, L2B, 7) = xm_pte(L2A, P | US);
    frame(&f, L2A)->count_info++;
    frame(&f, L2A)->type_info++;
    frame(&f, L2A)->linear_count = 0;
    frame(&f, L2B)->linear_count = 0;
    v = check_machine();
    ck_assert_str_eq(v.invariant, "INV-08");
    ck_assert(v.mfn == L2A && v.slot == 5);
}
END_TEST

START_TEST(a_refused_entry_stays)
{
    const uint64_t before = *entry(&f, BOOT_L1, 1);

    expect(update(&f, BOOT_L1, 1, xm_pte(BOOT_L2, RWU)), -XEN_EBUSY,
           XM_R_L1E_WRITABLE_TYPED);
    ck_assert(!xm_check_refused_entry(&f.cpu, BOOT_L1, 1, before).found);
    *entry(&f, BOOT_L1, 1) ^= XM_PTE_A;
    ck_assert(!xm_check_refused_entry(&f.cpu, BOOT_L1, 1, before).found);
    *entry(&f, BOOT_L1, 1) ^= XM_PTE_D;
    v = xm_check_refused_entry(&f.cpu, BOOT_L1, 1, before);
    ck_assert_str_eq(v.invariant, "INV-18");
    ck_assert(v.mfn == BOOT_L1 && v.slot == 1 && v.expected == before &&
              v.actual == *entry(&f, BOOT_L1, 1));
    ck_assert(!xm_check_refused_entry(&f.cpu, NO_SUCH_FRAME, 1, before).found);
}
END_TEST

/* INV-19: a pin that fails half way gives up the types of what it touched. */
START_TEST(a_refused_pin_leaves_no_reference)
{
    struct xm_frame before[NR_FRAMES];
    const struct xm_frame *frames = xm_machine_frame_const(f.cpu.machine, 0);

    *entry(&f, IDLE, 0) = xm_pte(IDLE + 10, RWU);
    *entry(&f, IDLE, 1) = xm_pte(FRAME_FOREIGN, RWU);
    memcpy(before, frames, sizeof(before));
    expect(ext(&f, MMUEXT_PIN_L2_TABLE, IDLE), -XEN_EINVAL, XM_R_L2E_NOT_OWN);
    ck_assert(frame(&f, IDLE)->type_info != before[IDLE].type_info);
    ck_assert(!xm_check_refused_table(&f.cpu, before).found);

    frame(&f, IDLE + 10)->count_info++;
    v = xm_check_refused_table(&f.cpu, before);
    ck_assert_str_eq(v.invariant, "INV-19");
    ck_assert(v.mfn == IDLE + 10);
    ck_assert_uint_eq(v.actual, v.expected + 1);
    frame(&f, IDLE + 10)->count_info--;
    frame(&f, PAGE)->type_info++;
    v = xm_check_refused_table(&f.cpu, before);
    ck_assert_str_eq(v.invariant, "INV-19");
    ck_assert(v.mfn == PAGE);
    frame(&f, PAGE)->type_info = XM_PGT_L1 | XM_PGT_VALIDATED | 1;
    ck_assert_uint_eq(xm_check_refused_table(&f.cpu, before).mfn, PAGE);
    frame(&f, PAGE)->type_info = before[PAGE].type_info;
    frame(&f, L2B)->linear_count--;
    ck_assert_uint_eq(xm_check_refused_table(&f.cpu, before).actual, -2ull);
    frame(&f, L2B)->linear_count++;
    frame(&f, IDLE)->owner = 7;
    ck_assert_uint_eq(xm_check_refused_table(&f.cpu, before).actual, 7);
}
END_TEST

static uint64_t seed = 88172645463325252ull;

static uint64_t word(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Mostly a number that means something. */
static uint64_t number(uint64_t n)
{
    return word() % 16 == 0 ? word() : word() % n;
}

static void make_wild(void)
{
    for (xm_mfn mfn = 0; mfn < NR_FRAMES; mfn++) {
        struct xm_frame *p = frame(&f, mfn);

        *p =
            (struct xm_frame){ word() & ~(word() << 8), word() & ~(word() << 3),
                               (xm_domid)number(9),     (uint16_t)number(600),
                               (int16_t)number(9),      word() & 1 };
        for (unsigned int i = 0; i < 8; i++)
            *entry(&f, mfn, number(512) % 512) =
                xm_pte(number(NR_FRAMES + 4), word() & 0x1ff) | RWU;
    }
    for (unsigned int i = 0; i < XM_MAX_VCPUS; i++)
        domain()->vcpu[i] = (struct xm_vcpu){
            .initialised = word() & 1,
            .has_base = word() & 1,
            .has_user_base = word() & 1,
            .has_info = word() & 1,
            .has_old = word() & 1,
            .has_old_ptpg = word() & 1,
            .guest_table = number(NR_FRAMES),
            .guest_table_user = number(NR_FRAMES),
            .old_guest_table = number(NR_FRAMES),
            .old_guest_ptpg = number(NR_FRAMES),
            .nr_gdt = (uint32_t)number(15),
            .gdt = { number(NR_FRAMES), number(NR_FRAMES) },
            .ldt = { .mapped = (uint16_t)word(),
                     .frame = { (uint32_t)number(NR_FRAMES) } },
            .info_frame = number(NR_FRAMES),
        };
    domain()->grant.maptrack_limit = (uint32_t)number(4096);
    for (unsigned int i = 0; i < XM_MAPTRACK_PER_FRAME; i++)
        xm_grant_maptrack(f.cpu.machine, domain())[i] =
            (struct xm_grant_mapping){ .ref = (uint32_t)number(4096),
                                       .flags = (uint16_t)word(),
                                       .domid = 1 };
}

/* Whatever is in a machine: the check stays in it, and finds something. */
START_TEST(a_wild_machine_is_looked_at_safely)
{
    for (unsigned int i = 0; i < 100; i++) {
        make_wild();
        v = check_machine();
        ck_assert(v.found && v.invariant && v.sentence);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("invariants");
    TCase *t = tcase_create("invariants");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, each_fires, 0,
                        (int)(sizeof(breakages) / sizeof(breakages[0])));
    tcase_add_test(t, a_preempted_call_may_leave_a_put);
    tcase_add_test(t, a_partial_table_is_taken_as_far_as_it_is);
    tcase_add_test(t, a_table_is_linear_or_has_linear_entries);
    tcase_add_test(t, a_refused_entry_stays);
    tcase_add_test(t, a_refused_pin_leaves_no_reference);
    tcase_add_test(t, a_wild_machine_is_looked_at_safely);
    suite_add_tcase(suite, t);
    r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
