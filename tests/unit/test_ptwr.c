/* SPDX-License-Identifier: MIT
 *
 * Stores to read-only L1 tables and I/O, for what no trace on actual Xen can
 * set up: other configurations, segment bases, single steps.
 */
#include "fixture.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <xen-decode/decode.h>
#include <xen-model/execute.h>

#define TABLE (FIRST_FREE + 0) /* a pinned L1 */
#define DATA (FIRST_FREE + 1)
#define TABLE_VA 0x1000u
#define DATA_VA 0x2000u
#define MMIO_VA 0x3000u

static struct fixture fx;

static void setup(bool privileged)
{
    fixture_setup(&fx, privileged);
    expect(ext(&fx, MMUEXT_PIN_L1_TABLE, TABLE), 0, XM_R_NONE);
    expect(update(&fx, BOOT_L1, 1, xm_pte(TABLE, P | US)), 0, XM_R_NONE);
    expect(update(&fx, BOOT_L1, 2, xm_pte(DATA, RWU)), 0, XM_R_NONE);
}

static void setup_privileged(void)
{
    setup(true);
}

static void setup_unprivileged(void)
{
    setup(false);
}

static void teardown(void)
{
    expect_invariants(&fx);
    fixture_teardown(&fx);
}

/* The configuration, which the model itself never changes. */
static struct xm_config *config(void)
{
    return (struct xm_config *)(uintptr_t)xm_machine_config(fx.cpu.machine);
}

static struct xm_execution run(const char *bytes, size_t n,
                               struct xm_registers *r)
{
    struct xm_insn i;

    ck_assert_int_eq(xm_decode((const uint8_t *)bytes, n, &i), XM_DECODED);
    fx.cpu.fired = (struct xm_rule_set){ { 0 } };
    return xm_execute(&fx.cpu, &i, r);
}
#define RUN(bytes, r) run(bytes, sizeof(bytes) - 1, r)

static void expect_fault(struct xm_execution e, uint32_t error_code,
                         xm_vaddr cr2, enum xm_rule rule)
{
    ck_assert(e.fault.taken && !e.emulated);
    ck_assert_uint_eq(e.fault.error_code, error_code);
    ck_assert_uint_eq(e.fault.cr2, cr2);
    ck_assert_str_eq(xm_rule_info(e.why.rule)->id, xm_rule_info(rule)->id);
}

static void expect_emulated(struct xm_execution e, enum xm_rule rule)
{
    ck_assert(!e.fault.taken && e.emulated);
    ck_assert(xm_rule_set_has(&fx.cpu.fired, rule));
}

#define MOV "\x48\x89\x07" /* mov [rdi], rax */
#define MOV_GS "\x65\x48\x89\x07"
#define MOV_DWORD "\x89\x07"
#define MOVS_GS "\x65\x48\xa5" /* mov [rdi], gs:[rsi] */

START_TEST(without_the_assist_a_store_is_a_fault)
{
    struct xm_registers r = { .gpr = { [XM_RAX] = 0x10, [XM_RDI] = TABLE_VA } };
    const struct xm_registers before = r;

    expect_fault(RUN(MOV, &r), 3, TABLE_VA, XM_R_PTWR_OFF);
    ck_assert_mem_eq(&r, &before, sizeof(r));
    xm_domain_find(fx.cpu.machine, 1)->writable_pagetables = true;
    expect_emulated(RUN(MOV, &r), XM_R_PTWR_STORE);
    ck_assert_uint_eq(r.rip, 3);
    ck_assert_uint_eq(*entry(&fx, TABLE, 0), 0x10);
    /* The rights are those of the domain: no cache attributes. */
    r.gpr[XM_RAX] = xm_pte(DATA, RWU | XM_PTE_PCD);
    expect_fault(RUN(MOV, &r), 3, TABLE_VA, XM_R_L1E_FLAGS);
    /* Read-only I/O is for the hardware domain. */
    config()->iomem_read_only[0] = (struct xm_mfn_range){ TABLE, TABLE + 1 };
    r.gpr[XM_RAX] = 0x20;
    expect_emulated(RUN(MOV, &r), XM_R_PTWR_STORE);
}
END_TEST

START_TEST(the_emulation_knows_no_segment_base)
{
    struct xm_registers r = { .gpr = { [XM_RAX] = 0x10,
                                       [XM_RDI] = TABLE_VA - 0x1000,
                                       [XM_RSI] = DATA_VA - 0x1000 },
                              .gs_base = 0x1000 };

    /* To memory the processor adds it. */
    r.gpr[XM_RDI] = DATA_VA - 0x1000;
    ck_assert(!RUN(MOV_GS, &r).fault.taken);
    ck_assert_uint_eq(*entry(&fx, DATA, 0), 0x10);
    r.gpr[XM_RDI] = TABLE_VA - 0x1000;
    expect_fault(RUN(MOV_GS, &r), 3, TABLE_VA, XM_R_PTWR_PAGE);
    /* The processor has read the data, Xen reads the table. */
    r.gpr[XM_RDI] = TABLE_VA + 8;
    *entry(&fx, DATA, 0) = 0x30;
    expect_emulated(RUN(MOVS_GS, &r), XM_R_PTWR_STORE);
    ck_assert_uint_eq(*entry(&fx, TABLE, 1), 0);
    r.gs_base = 0;
    r.gpr[XM_RSI] = DATA_VA;
    expect_emulated(RUN(MOVS_GS, &r), XM_R_PTWR_STORE);
    ck_assert_uint_eq(*entry(&fx, TABLE, 2), 0x30);
}
END_TEST

START_TEST(a_single_step_traps_after_each_element)
{
    struct xm_registers r = {
        .gpr = { [XM_RAX] = 0x10, [XM_RCX] = 3, [XM_RDI] = TABLE_VA },
        .rflags = XM_FLAG_TF
    };
    struct xm_execution e = RUN("\xf3\x48\xab", &r); /* rep stosq */

    expect_emulated(e, XM_R_PTWR_STORE);
    ck_assert(e.debug_trap);
    ck_assert(r.gpr[XM_RCX] == 2 && r.rip == 0);
    r.rflags = 0;
    e = RUN("\xf3\x48\xab", &r);
    expect_emulated(e, XM_R_PTWR_STORE);
    ck_assert(!e.debug_trap && r.gpr[XM_RCX] == 0 && r.rip == 3);
    ck_assert_uint_eq(*entry(&fx, TABLE, 2), 0x10);
    /* A fault is not a step. */
    r.rflags = XM_FLAG_TF;
    r.gpr[XM_RDI] = MMIO_VA;
    e = RUN(MOV, &r);
    ck_assert(e.fault.taken && !e.debug_trap);
}
END_TEST

START_TEST(read_only_io_takes_precedence)
{
    struct xm_registers r = { .gpr = { [XM_RAX] = 0x10, [XM_RDI] = TABLE_VA } };

    config()->iomem_read_only[0] = (struct xm_mfn_range){ TABLE, TABLE + 1 };
    expect_fault(RUN(MOV, &r), 3, TABLE_VA, XM_R_MMIO_RO_RAM);
    config()->iomem_read_only[0] =
        (struct xm_mfn_range){ TABLE + 1, TABLE + 2 };
    expect_emulated(RUN(MOV, &r), XM_R_PTWR_STORE);
}
END_TEST

START_TEST(configuration_space_takes_four_bytes)
{
    struct xm_registers r = { .gpr = { [XM_RDI] = MMIO_VA } };

    config()->iomem_read_only[0] =
        (struct xm_mfn_range){ FRAME_MMIO, FRAME_MMIO + 1 };
    expect(update(&fx, BOOT_L1, 3, xm_pte(FRAME_MMIO, RWU)), 0, XM_R_NONE);
    ck_assert(!(*entry(&fx, BOOT_L1, 3) & RW));
    expect_emulated(RUN(MOV, &r), XM_R_MMIO_RO_DISCARDED);
    config()->mmcfg[0] = config()->iomem_read_only[0];
    expect_fault(RUN(MOV, &r), 3, MMIO_VA, XM_R_MMCFG_PLACE);
    expect_emulated(RUN(MOV_DWORD, &r), XM_R_MMCFG_STORE);
    r.gpr[XM_RDI]++;
    expect_fault(RUN(MOV_DWORD, &r), 3, MMIO_VA + 1, XM_R_MMCFG_PLACE);
    r.gpr[XM_RDI]--;
    expect_fault(RUN("\x83\x0f\x01", &r), 3, MMIO_VA, XM_R_MMIO_RO_READ);
}
END_TEST

START_TEST(a_misaligned_cmpxchg16b_is_another_exception)
{
    struct xm_registers r = { .gpr = { [XM_RDI] = TABLE_VA + 8 } };

    ck_assert(RUN("\x48\x0f\xc7\x0f", &r).unknown);
    r.gpr[XM_RDI] = TABLE_VA;
    expect_fault(RUN("\x48\x0f\xc7\x0f", &r), 3, TABLE_VA, XM_R_PTWR_SIZE);
    r.gpr[XM_RAX] = 1;
    expect_emulated(RUN("\x48\x0f\xc7\x0f", &r), XM_R_PTWR_COMPARE);
    ck_assert_uint_eq(r.gpr[XM_RAX], 0);
}
END_TEST

START_TEST(calls_push_their_return_address)
{
    struct xm_registers r = {
        .gpr = { [XM_RSP] = TABLE_VA + 16, [XM_RAX] = 0x4000 }, .rip = 0x70000
    };

    expect_emulated(RUN("\xff\xd0", &r), XM_R_PTWR_STORE); /* call rax */
    ck_assert_uint_eq(*entry(&fx, TABLE, 1), 0x70002);
    ck_assert(r.rip == 0x4000 && r.gpr[XM_RSP] == TABLE_VA + 8);
    r.rip = 0x70000;
    expect_emulated(RUN("\xe8\x10\x00\x00\x00", &r), XM_R_PTWR_STORE);
    ck_assert(r.rip == 0x70015 && r.gpr[XM_RSP] == TABLE_VA);
    /* An odd return address is a present entry, and an illegal one. */
    r.rip = (BOOT_L1 << XM_PAGE_SHIFT) + 1;
    r.gpr[XM_RSP] = TABLE_VA + 16;
    expect_fault(RUN("\xff\xd0", &r), 3, TABLE_VA + 8, XM_R_L1E_WRITABLE_TYPED);
    r.rflags = 0x202;
    expect_emulated(RUN("\x9c", &r), XM_R_PTWR_STORE); /* pushfq */
    ck_assert_uint_eq(*entry(&fx, TABLE, 1), 0x202);
}
END_TEST

START_TEST(other_stores_are_known_by_their_place)
{
    static const struct {
        const char *bytes;
        size_t n;
        unsigned int width;
    } others[] = {
        { "\x0f\x29\x07", 3, 16 },     /* movaps [rdi], xmm0 */
        { "\xc5\xfc\x29\x07", 4, 32 }, /* vmovaps [rdi], ymm0 */
        { "\x66\x0f\xd6\x07", 4, 8 },  /* movq [rdi], xmm0 */
        { "\xf2\x0f\x11\x07", 4, 8 },  /* movsd [rdi], xmm0 */
        { "\x8c\x1f", 2, 2 },          /* mov [rdi], ds */
        { "\x0f\x01\x07", 3, 10 },     /* sgdt [rdi] */
        { "\x0f\xae\x07", 3, 512 },    /* fxsave [rdi] */
        { "\x0f\x38\xf1\x07", 4, 4 },  /* movbe [rdi], eax */
    };
    struct xm_registers r = { .gpr = { [XM_RDI] = DATA_VA } };
    struct xm_insn i;

    ck_assert_int_eq(
        xm_decode((const uint8_t *)others[_i].bytes, others[_i].n, &i),
        XM_DECODED);
    ck_assert(i.op == XM_OP_OTHER && i.width == others[_i].width);
    ck_assert(xm_execute(&fx.cpu, &i, &r).unknown);
    ck_assert_uint_eq(r.rip, 0);
    r.gpr[XM_RDI] = TABLE_VA;
    expect_fault(xm_execute(&fx.cpu, &i, &r), 3, TABLE_VA,
                 XM_R_PTWR_INSTRUCTION);
}
END_TEST

START_TEST(what_is_no_store_is_not_decoded)
{
    static const struct {
        const char *bytes;
        size_t n;
        enum xm_decoded result;
    } cases[] = {
        { "\x48\x8b\x07", 3, XM_DECODE_NO_STORE },    /* mov rax, [rdi] */
        { "\x48\x89\xc7", 3, XM_DECODE_NO_STORE },    /* mov rdi, rax */
        { "\x48\x39\x07", 3, XM_DECODE_NO_STORE },    /* cmp [rdi], rax */
        { "\x0f\xa3\x07", 3, XM_DECODE_NO_STORE },    /* bt [rdi], eax */
        { "\x0f\x18\x07", 3, XM_DECODE_NO_STORE },    /* prefetchnta */
        { "\x66\xe8\x00\x00", 4, XM_DECODE_INVALID }, /* cut off, or 16 bits */
        { "\x48\x89", 2, XM_DECODE_INVALID },         /* cut off */
        { "\xf0\x48\x89\x07", 4, XM_DECODE_INVALID }, /* lock mov */
        { "\x60", 1, XM_DECODE_INVALID },             /* pusha */
        { "", 0, XM_DECODE_INVALID },
    };
    struct xm_insn i;

    ck_assert_int_eq(
        xm_decode((const uint8_t *)cases[_i].bytes, cases[_i].n, &i),
        cases[_i].result);
}
END_TEST

/* Nothing is popped from a stack that is not there. */
START_TEST(pop_from_nowhere)
{
    static const uint8_t pop[] = { 0x8f, 0x07 };
    struct xm_registers r = { .gpr = {
                                  [XM_RDI] = DATA_VA, [XM_RSP] = 0x500000 } };
    struct xm_execution e;
    struct xm_insn i;

    ck_assert_int_eq(xm_decode(pop, sizeof(pop), &i), XM_DECODED);
    e = xm_execute(&fx.cpu, &i, &r);
    ck_assert(e.fault.taken);
    ck_assert_uint_eq(e.fault.cr2, 0x500000);
    ck_assert_uint_eq(r.gpr[XM_RSP], 0x500000);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ptwr");
    TCase *u = tcase_create("unprivileged");
    TCase *p = tcase_create("privileged");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(u, setup_unprivileged, teardown);
    tcase_add_test(u, pop_from_nowhere);
    tcase_add_test(u, without_the_assist_a_store_is_a_fault);
    suite_add_tcase(s, u);

    tcase_add_checked_fixture(p, setup_privileged, teardown);
    tcase_add_test(p, the_emulation_knows_no_segment_base);
    tcase_add_test(p, a_single_step_traps_after_each_element);
    tcase_add_test(p, read_only_io_takes_precedence);
    tcase_add_test(p, configuration_space_takes_four_bytes);
    tcase_add_test(p, a_misaligned_cmpxchg16b_is_another_exception);
    tcase_add_test(p, calls_push_their_return_address);
    tcase_add_loop_test(p, other_stores_are_known_by_their_place, 0, 8);
    tcase_add_loop_test(p, what_is_no_store_is_not_decoded, 0, 10);
    suite_add_tcase(s, p);

    runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
