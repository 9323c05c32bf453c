/* SPDX-License-Identifier: MIT
 *
 * Page faults of the process at the guest's addresses: a page that is touched
 * for the first time; a store that Xen emulates; or the guest's own fault, with
 * the error code that Xen gives it. Mirrors do_page_fault().
 */
#include "internal.h"

#include <xen-decode/decode.h>
#include <xen-model/execute.h>

#include <asm/prctl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>

#define STACK_BYTES (256u * 1024u)

static struct sigaction before, bus_before;
/* One for all: a sanitizer may have marked memory that comes and goes. */
static uint8_t stack[STACK_BYTES] __attribute__((aligned(64)));
static uint64_t fs_base; /* of this thread */

/* Not by libc, which may be out of order. */
static long arch_prctl(int code, uint64_t value)
{
    long rc;

    __asm__ volatile("syscall"
                     : "=a"(rc)
                     : "a"((long)SYS_arch_prctl), "D"((long)code), "S"(value)
                     : "rcx", "r11", "memory");
    return rc;
}

/* General registers in the order of the machine's encoding. */
static const int greg[XM_NR_GPRS] = {
    REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
    REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};

static struct xm_registers registers_of(const gregset_t g)
{
    struct xm_registers r = { .rip = (uint64_t)g[REG_RIP],
                              .rflags = (uint64_t)g[REG_EFL] };

    for (unsigned int i = 0; i < XM_NR_GPRS; i++)
        r.gpr[i] = (uint64_t)g[greg[i]];
    return r;
}

/*
 * From VA on, or down from there: the elements of a repeated instruction, and
 * the one that was the end of the domain.
 */
static void record_store(const struct xm_insn *insn, uint64_t elements,
                         bool down, xm_vaddr va, const struct xm_execution *e)
{
    const uint64_t behind = (elements - 1) * insn->width;
    const xm_vaddr next =
        down ? va - elements * insn->width : va + elements * insn->width;

    if (direct.record && e->emulated && elements != 0)
        record_emulated(direct.record, down ? va - behind : va,
                        behind + insn->width);
    if (direct.record && e->stopped)
        record_fatal_store(direct.record, next & ~7ull, e->why.seen[0]);
}

/* Xen's emulation. True: done, or FAULT is what the guest is to see. */
static bool emulate(gregset_t g, struct xm_page_fault *fault)
{
    struct xm_registers r = registers_of(g);
    const uint64_t count = r.gpr[XM_RCX];
    const xm_vaddr va = fault->cr2;
    struct xm_execution e;
    struct xm_insn insn;

    if (xm_decode((const uint8_t *)(uintptr_t)r.rip, XM_MAX_INSN, &insn) !=
        XM_DECODED)
        return false;
    e = xm_execute(&direct.cpu, &insn, &r);
    direct__follow();
    record_store(&insn, insn.rep ? count - r.gpr[XM_RCX] : e.emulated,
                 r.rflags & XM_FLAG_DF, va, &e);
    if (e.unknown)
        return false;
    if (e.why.rule != XM_R_NONE) {
        direct.why = e.why;
        direct.number = 0;
    }
    if (e.stopped) {
        direct__explain_first();
        direct__crash();
    }
    *fault = e.fault;
    if (e.fault.taken)
        return true;
    direct.counts.emulated += e.emulated;
    for (unsigned int i = 0; i < XM_NR_GPRS; i++)
        g[greg[i]] = (greg_t)r.gpr[i];
    g[REG_EFL] = (greg_t)r.rflags;
    g[REG_RIP] += insn.length;
    return true;
}

__attribute__((noinline)) void pinfold_unhandled_fault(void)
{
    __asm__ volatile(""); /* so that the call stays */
}

static void report(const struct xm_page_fault *f, uint64_t rip)
{
    fprintf(stderr,
            "pinfold: page fault at 0x%llx, error code %u (%s, %s), by the "
            "instruction at 0x%llx\n",
            (unsigned long long)f->cr2, f->error_code,
            f->error_code & XM_PF_PRESENT ? "no right" : "not present",
            f->error_code & XM_PF_WRITE ? "a store" : "a load",
            (unsigned long long)rip);
    direct__show_instruction((const void *)(uintptr_t)rip);
    if (direct.why.rule != XM_R_NONE)
        pinfold_explain(stderr);
}

#define M2P_FIRST 0xffff800000000000ull
#define M2P_END 0xffff804000000000ull

/* The one address of Xen's that guests know by heart. */
static void explain_m2p(xm_vaddr va, uint64_t rip)
{
    if (va >= M2P_FIRST && va < M2P_END)
        fprintf(stderr,
                "pinfold: the instruction at 0x%llx reads the M2P at 0x%llx, "
                "where Xen shows it and a process cannot have it: compile with "
                "-include pinfold/m2p.h\n",
                (unsigned long long)rip, (unsigned long long)va);
}

/*
 * A kernel's start-up code loads fs, and without it libc is lost, so that
 * nothing could even be said about it.
 */
static bool mend_fs(void)
{
    uint64_t now = 0;
    const bool lost = arch_prctl(ARCH_GET_FS, (uint64_t)(uintptr_t)&now) != 0 ||
                      now != fs_base;

    if (lost)
        (void)arch_prctl(ARCH_SET_FS, fs_base);
    return lost;
}

/* It is no address of the guest: what its kernel does that no process may. */
static void explain_other(xm_vaddr va, const siginfo_t *info, uint64_t rip)
{
    if (mend_fs())
        fprintf(stderr,
                "pinfold: the program has lost its thread-local storage before "
                "the instruction at 0x%llx: the guest has loaded fs. Leave "
                "such code out.\n",
                (unsigned long long)rip);
    else if (info->si_code == SI_KERNEL)
        fprintf(stderr,
                "pinfold: the instruction at 0x%llx is for ring 0, or uses "
                "no canonical address. Where Xen would emulate it, leave it "
                "out or make the hypercall.\n",
                (unsigned long long)rip);
    else
        explain_m2p(va, rip);
}

/* Something else, or nobody saw to it: as if we had never been here. */
static void give_up(int signal)
{
    const struct sigaction *was = signal == SIGBUS ? &bus_before : &before;
    struct sigaction deadly = { .sa_handler = SIG_DFL };

    sigaction(signal, was->sa_handler == SIG_DFL ? &deadly : was, NULL);
}

/* Memory that a hypercall's arguments are said to be in. True: not there. */
static bool in_copy(greg_t *g)
{
    const uintptr_t at = (uintptr_t)g[REG_RIP];

    if (at < (uintptr_t)direct__copy_in || at >= (uintptr_t)direct__copy_end)
        return false;
    g[REG_RIP] = (greg_t)(uintptr_t)direct__copy_failed;
    return true;
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
    ucontext_t *u = context;
    greg_t *g = u->uc_mcontext.gregs;
    const xm_vaddr va = (xm_vaddr)(uintptr_t)info->si_addr;
    const bool write = (g[REG_ERR] & XM_PF_WRITE) != 0;
    struct xm_page_fault f = { .cr2 = va };

    if (in_copy(g))
        return;
    if (va < direct.first || va > direct.last) {
        explain_other(va, info, (uint64_t)g[REG_RIP]);
        give_up(signal);
        return;
    }
    direct.why = (struct xm_result){ .rule = XM_R_NONE };
    direct__check_use(va, (const void *)(uintptr_t)g[REG_RIP]);
    if (direct__map(va, write))
        return;
    if (!emulate(g, &f)) {
        const struct xm_walk w =
            xm_walk(&direct.cpu, va, write ? XM_PF_WRITE : 0);

        f.error_code = w.error_code & ~XM_PF_USER;
        f.taken = true;
    }
    if (!f.taken)
        return;
    direct.counts.faults++;
    if (direct.handler && direct.handler(f.cr2, f.error_code))
        return;
    report(&f, (uint64_t)g[REG_RIP]);
    pinfold_unhandled_fault();
    give_up(signal);
}

/* A file of the program that is shorter than its mapping. */
static void on_bus_error(int signal, siginfo_t *info, void *context)
{
    ucontext_t *u = context;

    (void)info;
    if (!in_copy(u->uc_mcontext.gregs))
        give_up(signal);
}

int direct__catch_faults(void)
{
    struct sigaction action = { .sa_sigaction = on_fault,
                                .sa_flags =
                                    SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
    struct sigaction bus = { .sa_sigaction = on_bus_error,
                             .sa_flags = SA_SIGINFO | SA_ONSTACK };
    stack_t s = { .ss_sp = stack, .ss_size = sizeof(stack) };

    (void)arch_prctl(ARCH_GET_FS, (uint64_t)(uintptr_t)&fs_base);
    if (sigaltstack(&s, NULL) != 0 ||
        sigaction(SIGSEGV, &action, &before) != 0 ||
        sigaction(SIGBUS, &bus, &bus_before) != 0)
        return direct__fail("page faults cannot be caught");
    return 0;
}

void direct__release_faults(void)
{
    const stack_t none = { .ss_flags = SS_DISABLE };

    sigaction(SIGSEGV, &before, NULL);
    sigaction(SIGBUS, &bus_before, NULL);
    sigaltstack(&none, NULL);
}
