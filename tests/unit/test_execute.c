/* SPDX-License-Identifier: MIT
 *
 * Instructions: decoded, executed by the model on plain memory, and compared
 * with what the host's own processor does with the same bytes.
 */
#include "fixture.h"

#include <check.h>
#include <inttypes.h>
#include <shim/execute.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xen-decode/decode.h>
#include <xen-model/execute.h>

#define DATA (FIRST_FREE + 0)
#define STACK (FIRST_FREE + 1)
#define VA 0x100000u /* of DATA, on both sides; STACK follows */
#define SLOT (VA / XM_PAGE_SIZE)
#define ROUNDS 60

static struct fixture fx;
static uint8_t *code, *memory;

static void setup(void)
{
    fixture_setup(&fx, true);
    expect(update(&fx, BOOT_L1, SLOT, xm_pte(DATA, RWU)), 0, XM_R_NONE);
    expect(update(&fx, BOOT_L1, SLOT + 1, xm_pte(STACK, RWU)), 0, XM_R_NONE);
    code = mmap(NULL, XM_PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memory =
        mmap((void *)(uintptr_t)VA, 2 * XM_PAGE_SIZE, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    ck_assert(code != MAP_FAILED && memory != MAP_FAILED);
}

static void teardown(void)
{
    munmap(code, XM_PAGE_SIZE);
    munmap(memory, 2 * XM_PAGE_SIZE);
    fixture_teardown(&fx);
}

static uint64_t seed;

static uint64_t next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Interesting values are near 0, near a sign bit, or anything. */
static uint64_t value(void)
{
    static const uint64_t some[] = { 0,          1,          ~0ull,
                                     0x80,       0x7f,       0x8000,
                                     0x7fff,     0x80000000, 0x7fffffff,
                                     1ull << 63, ~0ull >> 1 };
    const uint64_t v = next();

    return v % 3 ? v : some[v / 3 % (sizeof(some) / sizeof(some[0]))];
}

static size_t bytes_of(const char *hex, uint8_t bytes[XM_MAX_INSN])
{
    size_t n = 0;
    int used;
    unsigned int byte;

    for (; sscanf(hex, " %2x%n", &byte, &used) == 1; hex += used)
        bytes[n++] = (uint8_t)byte;
    return n;
}

/* Memory at rdi, in the middle of a page; the stack in the next page. */
static const char *const instructions[] = {
    "00 07",
    "66 01 07",
    "01 07",
    "48 01 07", /* add [rdi], rax */
    "08 27",
    "48 09 07",
    "66 09 07", /* or; ah */
    "10 17",
    "48 11 07",
    "18 07",
    "48 19 07", /* adc, sbb */
    "20 07",
    "48 21 0f",
    "28 07",
    "48 29 07", /* and, sub */
    "30 07",
    "48 31 07",
    "80 07 81",
    "83 07 f0", /* xor, add imm */
    "48 83 27 fe",
    "66 81 2f 34 12",       /* and, sub imm */
    "48 81 0f 00 00 00 80", /* or imm, extended */
    "f0 48 01 07",
    "f0 ff 07",
    "fe 07",
    "ff 0f", /* lock; inc, dec */
    "48 ff 07",
    "66 ff 0f",
    "f6 17",
    "48 f7 17", /* not */
    "f6 1f",
    "66 f7 1f",
    "f7 1f",
    "48 f7 1f", /* neg */
    "d0 07",
    "48 d1 07",
    "d2 0f",
    "48 d3 0f", /* rol, ror */
    "d2 17",
    "66 d3 17",
    "48 d3 1f",
    "c0 17 05", /* rcl, rcr */
    "d2 27",
    "48 d3 27",
    "48 c1 2f 03",
    "48 d3 2f", /* shl, shr */
    "d3 3f",
    "48 d3 3f",
    "d1 37", /* sar, sal */
    "48 0f a4 07 09",
    "0f a5 07",
    "48 0f ad 17", /* shld, shrd */
    "0f ab 07",
    "48 0f ab 07",
    "66 0f b3 07", /* bts, btr */
    "48 0f bb 07",
    "48 0f ba 2f 05",
    "0f ba 3f 47", /* btc; imm */
    "86 07",
    "86 27",
    "66 87 07",
    "87 07",
    "48 87 07", /* xchg */
    "0f c0 07",
    "0f c1 07",
    "48 0f c1 07", /* xadd */
    "0f b0 0f",
    "66 0f b1 0f",
    "0f b1 0f", /* cmpxchg */
    "48 0f b1 0f",
    "f0 48 0f b1 0f",
    "0f c7 0f",
    "48 0f c7 0f", /* cmpxchg8b, 16b */
    "88 07",
    "88 27",
    "40 88 3f",
    "66 89 07", /* mov */
    "89 07",
    "48 89 07",
    "c6 07 12",
    "48 c7 07 00 00 00 80",
    "48 0f c3 07",
    "0f c3 07",
    "4c 89 47 08", /* movnti */
    "48 89 44 cf 10",
    "48 89 84 24 80 00 00 00", /* sib */
    "67 89 07",
    "0f 92 07",
    "0f 9f 07",
    "0f 94 07", /* 67; setcc */
    "0f 98 07",
    "0f 9d 07",
    "0f 9b 07",
    "0f 96 07",
    "a4",
    "48 a5",
    "66 a5",
    "a5",
    "aa",
    "48 ab", /* movs, stos */
    "f3 a4",
    "f3 48 a5",
    "f3 48 ab",
    "f2 ab",
    "67 f3 aa",
    "8f 07",
    "66 8f 07",
    "8f 44 24 10", /* pop [rdi] */
    "ff 37",
    "66 ff 37",
    "50",
    "54",
    "41 50",
    "6a 85", /* push */
    "68 78 56 34 12",
    "66 68 34 12",
    "66 6a ff",
    "c8 10 00 00",
    "c8 08 00 01",
    "c8 08 00 04", /* enter */
};

static void fill(struct xm_registers *m, struct shim_registers *n,
                 uint8_t data[2 * XM_PAGE_SIZE], const char *hex)
{
    for (unsigned int i = 0; i < 2 * XM_PAGE_SIZE; i += 8) {
        const uint64_t v = value();

        memcpy(data + i, &v, sizeof(v));
    }
    for (unsigned int i = 0; i < 16; i++)
        m->gpr[i] = value();
    m->gpr[XM_RDI] = VA + 0x800;
    m->gpr[XM_RSI] = VA + 0x400;
    m->gpr[XM_RSP] = VA + 0x1800;
    m->gpr[XM_RBP] = VA + 0x1900;
    /* A bit string, a scaled index and a count must end within the page. */
    if (strstr(hex, "0f ab") || strstr(hex, "0f b3") || strstr(hex, "0f bb"))
        m->gpr[XM_RAX] = (uint64_t)((int64_t)(value() % 8192) - 4096);
    if (strstr(hex, "f3") || strstr(hex, "f2") || strstr(hex, "cf"))
        m->gpr[XM_RCX] = next() % 9;
    /* Half of the comparisons succeed. */
    if ((strstr(hex, "0f b0") || strstr(hex, "0f b1")) && next() % 2)
        memcpy(&m->gpr[XM_RAX], data + 0x800, 8);
    if (strstr(hex, "0f c7") && next() % 2) {
        const unsigned int half = strstr(hex, "48") ? 8 : 4;

        memcpy(&m->gpr[XM_RAX], data + 0x800, half);
        memcpy(&m->gpr[XM_RDX], data + 0x800 + half, half);
    }
    m->rflags = next() & (XM_FLAGS_STATUS | XM_FLAG_DF);
    memcpy(n->gpr, m->gpr, sizeof(n->gpr));
    n->flags = m->rflags;
}

START_TEST(the_model_executes_as_the_processor)
{
    const char *const hex = instructions[_i];
    uint8_t bytes[XM_MAX_INSN], data[2 * XM_PAGE_SIZE];
    const size_t length = bytes_of(hex, bytes);
    struct xm_insn insn;

    ck_assert_msg(xm_decode(bytes, length, &insn) == XM_DECODED, "%s", hex);
    ck_assert_uint_eq(insn.length, length);
    seed = 0x9e3779b97f4a7c15u + (uint64_t)_i;
    for (unsigned int round = 0; round < ROUNDS; round++) {
        struct xm_registers m = { .rip = 0 };
        struct shim_registers n = { .rip = 0 };
        struct xm_execution e;

        fill(&m, &n, data, hex);
        memcpy(memory, data, sizeof(data));
        memcpy(xm_ram_frame(&fx.cpu, DATA), data, sizeof(data));
        shim_place(code, bytes, (uint32_t)length);
        shim_run(&n, code);
        e = xm_execute(&fx.cpu, &insn, &m);
        ck_assert(!e.fault.taken && !e.unknown && !e.stopped && !e.emulated);
        ck_assert_uint_eq(m.rip, length);
        for (unsigned int i = 0; i < 16; i++)
            ck_assert_msg(m.gpr[i] == n.gpr[i],
                          "%s: round %u: register %u: model %#" PRIx64
                          ", processor %#" PRIx64,
                          hex, round, i, m.gpr[i], n.gpr[i]);
        ck_assert_msg(((m.rflags ^ n.flags) & XM_FLAGS_STATUS &
                       ~(uint64_t)e.undefined_flags) == 0,
                      "%s: round %u: flags: model %#" PRIx64
                      ", processor %#" PRIx64 ", undefined %#x",
                      hex, round, m.rflags, n.flags, e.undefined_flags);
        ck_assert_msg(
            memcmp(memory, xm_ram_frame(&fx.cpu, DATA), sizeof(data)) == 0,
            "%s: round %u: memory differs", hex, round);
    }
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

int main(void)
{
    Suite *s = suite_create("execute");
    TCase *t = tcase_create("processor");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, the_model_executes_as_the_processor, 0,
                        COUNT(instructions));
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
