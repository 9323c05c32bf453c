/* SPDX-License-Identifier: MIT
 *
 * Hypercalls by a `syscall` instruction, by hypercall_page, by a call: each is
 * answered, leaves the registers alone that Xen leaves alone, and the
 * program's own system calls go where they always went.
 */
#include "hypercall.h"

#include <pinfold/pinfold.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xen/event_channel.h>
#include <xen/version.h>

extern char hypercall_page[];
#define VERSION_CALL (32 * __HYPERVISOR_xen_version)

static char version_text[sizeof(xen_extraversion_t)];

/* The guest's code has a section, so that its bounds are known. */
#define GUEST __attribute__((noinline, section("guest_text")))
extern char __start_guest_text[], __stop_guest_text[];

GUEST static long inline_call(unsigned int number, unsigned long a1,
                              unsigned long a2)
{
    long rc;

    __asm__ volatile("syscall"
                     : "=a"(rc)
                     : "a"((unsigned long)number), "D"(a1), "S"(a2)
                     : "rcx", "r11", "memory");
    return rc;
}

/* All registers but rax, rcx and r11, and what lies below the stack. */
GUEST static unsigned long registers_kept(void)
{
    unsigned long differ;

    __asm__ volatile("movq $0x1111, %%rbx\n\t"
                     "movq $0x2222, %%r12\n\t"
                     "movq $0x3333, %%r8\n\t"
                     "movq $0x4444, %%r10\n\t"
                     "movq $0x5555, -128(%%rsp)\n\t"
                     "movq $0x6666, -8(%%rsp)\n\t"
                     "movq %%rsp, %%r13\n\t"
                     "movl %[version], %%eax\n\t"
                     "xorl %%edi, %%edi\n\t"
                     "xorl %%esi, %%esi\n\t"
                     "syscall\n\t"
                     "xorq %%rsp, %%r13\n\t"
                     "xorq $0x1111, %%rbx\n\t"
                     "xorq $0x2222, %%r12\n\t"
                     "xorq $0x3333, %%r8\n\t"
                     "xorq $0x4444, %%r10\n\t"
                     "xorq $0x5555, -128(%%rsp)\n\t"
                     "xorq $0x6666, -8(%%rsp)\n\t"
                     "orq %%rbx, %%r13\n\t"
                     "orq %%r12, %%r13\n\t"
                     "orq %%r8, %%r13\n\t"
                     "orq %%r10, %%r13\n\t"
                     "orq -128(%%rsp), %%r13\n\t"
                     "orq -8(%%rsp), %%r13\n\t"
                     "movq %%r13, %[differ]"
                     : [differ] "=r"(differ)
                     : [version] "i"(__HYPERVISOR_xen_version)
                     : "rax", "rbx", "rcx", "rdi", "rsi", "r8", "r10", "r11",
                       "r12", "r13", "memory", "cc");
    return differ;
}

/* CF, PF, AF, ZF, SF and OF, as GIVEN. */
static unsigned long flags_after(unsigned long given)
{
    unsigned long flags;

    __asm__ volatile(
        "subq $136, %%rsp\n\t" /* the red zone */
        "pushq %[given]\n\t"
        "popfq\n\t"
        "call *%[entry]\n\t"
        "pushfq\n\t"
        "popq %[flags]\n\t"
        "leaq 136(%%rsp), %%rsp"
        : [flags] "=&r"(flags)
        : [given] "r"(given), [entry] "r"(hypercall_page + VERSION_CALL),
          "D"(XENVER_version), "S"(0ul)
        : "memory", "cc", "rax");
    return flags & 0x8d5;
}

/* All that a C function may change of them. */
static void vectors_after(const uint8_t given[256], uint8_t out[256])
{
    __asm__ volatile("subq $128, %%rsp\n\t"
                     ".set n, 0\n\t"
                     ".irp x, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n\t"
                     "movups n(%[given]), %%xmm\\x\n\t"
                     ".set n, n + 16\n\t"
                     ".endr\n\t"
                     "call *%[entry]\n\t"
                     ".set n, 0\n\t"
                     ".irp x, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n\t"
                     "movups %%xmm\\x, n(%[out])\n\t"
                     ".set n, n + 16\n\t"
                     ".endr\n\t"
                     "subq $-128, %%rsp"
                     :
                     : [given] "r"(given), [out] "r"(out),
                       [entry] "r"(hypercall_page + VERSION_CALL),
                       "D"(XENVER_extraversion), "S"(version_text)
                     : "memory", "cc", "rax", "xmm0", "xmm1", "xmm2", "xmm3",
                       "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
                       "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

static void setup(void)
{
    const struct pinfold_config config = { .quiet = true,
                                           .code = __start_guest_text,
                                           .code_end = __stop_guest_text };

    ck_assert_msg(pinfold_open(&config) == 0, "%s", pinfold_error());
}

static void teardown(void)
{
    pinfold_close();
}

START_TEST(three_ways)
{
    struct evtchn_bind_virq b = { .virq = VIRQ_DEBUG };
    const unsigned long at = (unsigned long)&b;

    ck_assert_int_eq(inline_call(__HYPERVISOR_xen_version, XENVER_version, 0),
                     0x40011);
    ck_assert_int_eq(
        hypercall(__HYPERVISOR_xen_version, XENVER_version, 0, 0, 0), 0x40011);
    ck_assert_int_eq(
        pinfold_hypercall(__HYPERVISOR_xen_version, XENVER_version, 0, 0, 0, 0),
        0x40011);
    ck_assert_uint_eq(pinfold_counts().hypercalls, 3);
    ck_assert_int_eq(
        inline_call(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, at), 0);
    ck_assert_uint_eq(b.port, 3);
    ck_assert_int_eq(
        inline_call(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, at),
        -17);
    ck_assert_int_eq(registers_kept(), 0);
}
END_TEST

/* The number of xen_version is that of Linux's lstat(). */
/* What C code changes, by the page of calls. */
START_TEST(flags_and_vectors)
{
    uint8_t before[256], after[256];

    for (unsigned int i = 0; i < sizeof(before); i++)
        before[i] = (uint8_t)(i * 7 + 1);
    vectors_after(before, after);
    ck_assert_mem_eq(before, after, sizeof(before));
    ck_assert_uint_eq(flags_after(0), 0);
    ck_assert_uint_eq(flags_after(0x8d5), 0x8d5);
    for (unsigned long flag = 1; flag <= 0x800; flag <<= 1)
        if (flag & 0x8d5)
            ck_assert_uint_eq(flags_after(flag), flag);
}
END_TEST

START_TEST(own_system_calls)
{
    char *buffer = malloc(1 << 20);
    int pipes[2];

    ck_assert_int_eq(pipe(pipes), 0);
    ck_assert_int_eq(write(pipes[1], "x", 1), 1);
    ck_assert_int_eq(read(pipes[0], buffer, 1), 1);
    ck_assert_int_eq(close(pipes[0]) | close(pipes[1]), 0);
    ck_assert_int_gt(getpid(), 0);
    ck_assert_uint_eq(pinfold_counts().hypercalls, 0);
    free(buffer);
}
END_TEST

/* One that is no guest's, below the libraries: the program's own. */
static long by_the_program(void)
{
    long rc;

    __asm__ volatile("syscall"
                     : "=a"(rc)
                     : "a"(39ul) /* getpid */
                     : "rcx", "r11", "memory");
    return rc;
}

START_TEST(not_the_guests)
{
    ck_assert_int_eq(by_the_program(), getpid());
    ck_assert_uint_eq(pinfold_counts().hypercalls, 0);
}
END_TEST

static unsigned int upcalls;
static volatile struct shared_info *shared;

static void upcall(void)
{
    upcalls++;
    shared->vcpu_info[0].evtchn_upcall_pending = 0;
    shared->vcpu_info[0].evtchn_pending_sel = 0;
    shared->evtchn_pending[0] = 0;
    (void)inline_call(__HYPERVISOR_xen_version, 0, 0);
}

/* An upcall behind an inline call, which makes one itself. */
START_TEST(upcall_behind_it)
{
    struct evtchn_bind_virq b = { .virq = VIRQ_TIMER };
    struct start_info *si = pinfold_start_info();
    const unsigned long base = (unsigned long)si & ~((1ul << 30) - 1);

    shared = (void *)base;
    ck_assert_int_eq(update_va_mapping(base, si->shared_info | 3, 2), 0);
    ck_assert_int_eq(inline_call(__HYPERVISOR_event_channel_op,
                                 EVTCHNOP_bind_virq, (unsigned long)&b),
                     0);
    pinfold_on_event(upcall);
    shared->vcpu_info[0].evtchn_upcall_mask = 0;
    ck_assert_int_eq(inline_call(__HYPERVISOR_set_timer_op, 1, 0), 0);
    ck_assert_uint_eq(upcalls, 1);
}
END_TEST

START_TEST(refused)
{
    const struct pinfold_config config = { .quiet = true,
                                           .code = __stop_guest_text,
                                           .code_end = __start_guest_text };

    pinfold_close();
    ck_assert_int_eq(pinfold_open(&config), -1);
    ck_assert_ptr_nonnull(strstr(pinfold_error(), "code_end"));
    setup();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("inline");
    TCase *t = tcase_create("inline");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, three_ways);
    tcase_add_test(t, flags_and_vectors);
    tcase_add_test(t, own_system_calls);
    tcase_add_test(t, not_the_guests);
    tcase_add_test(t, upcall_behind_it);
    tcase_add_test(t, refused);
    suite_add_tcase(s, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
