/* SPDX-License-Identifier: MIT
 *
 * How a run has ended; if not well, everything that helps to see why.
 */
#include "run.h"

#include <cpu/symbols.h>
#include <explain/explain.h>

#include <xen/sched.h>

#include <inttypes.h>
#include <string.h>

#define MAX_CALLERS 24u

static const char *const call_names[] = {
    [__HYPERVISOR_set_trap_table] = "set_trap_table",
    [__HYPERVISOR_mmu_update] = "mmu_update",
    [__HYPERVISOR_set_gdt] = "set_gdt",
    [__HYPERVISOR_stack_switch] = "stack_switch",
    [__HYPERVISOR_set_callbacks] = "set_callbacks",
    [__HYPERVISOR_fpu_taskswitch] = "fpu_taskswitch",
    [6] = "sched_op_compat",
    [__HYPERVISOR_platform_op] = "platform_op",
    [__HYPERVISOR_set_debugreg] = "set_debugreg",
    [__HYPERVISOR_get_debugreg] = "get_debugreg",
    [__HYPERVISOR_update_descriptor] = "update_descriptor",
    [__HYPERVISOR_memory_op] = "memory_op",
    [__HYPERVISOR_multicall] = "multicall",
    [__HYPERVISOR_update_va_mapping] = "update_va_mapping",
    [__HYPERVISOR_set_timer_op] = "set_timer_op",
    [16] = "event_channel_op_compat",
    [__HYPERVISOR_xen_version] = "xen_version",
    [__HYPERVISOR_console_io] = "console_io",
    [19] = "physdev_op_compat",
    [__HYPERVISOR_grant_table_op] = "grant_table_op",
    [__HYPERVISOR_vm_assist] = "vm_assist",
    [__HYPERVISOR_update_va_mapping_otherdomain] =
        "update_va_mapping_otherdomain",
    [__HYPERVISOR_iret] = "iret",
    [__HYPERVISOR_vcpu_op] = "vcpu_op",
    [__HYPERVISOR_set_segment_base] = "set_segment_base",
    [__HYPERVISOR_mmuext_op] = "mmuext_op",
    [__HYPERVISOR_nmi_op] = "nmi_op",
    [__HYPERVISOR_sched_op] = "sched_op",
    [__HYPERVISOR_callback_op] = "callback_op",
    [__HYPERVISOR_event_channel_op] = "event_channel_op",
    [__HYPERVISOR_physdev_op] = "physdev_op",
    [__HYPERVISOR_hvm_op] = "hvm_op",
    [__HYPERVISOR_sysctl] = "sysctl",
    [__HYPERVISOR_domctl] = "domctl",
    [__HYPERVISOR_kexec_op] = "kexec_op",
    [__HYPERVISOR_xenpmu_op] = "xenpmu_op",
};

/* CALLED: it lies behind a call, which may have been the function's last. */
static void print_place(FILE *f, const struct pvcpu_symbols *s, uint64_t va,
                        bool called)
{
    char name[CPU_SYMBOL_NAME];
    uint64_t offset;

    fprintf(f, "%016" PRIx64, va);
    if (pvcpu_symbol(s, va - called, name, &offset))
        fprintf(f, " %s+0x%" PRIx64, name, offset + called);
    fputc('\n', f);
}

static void print_registers(FILE *f, struct pvcpu *p)
{
    static const char *const name[16] = { "rax", "rcx", "rdx", "rbx",
                                          "rsp", "rbp", "rsi", "rdi",
                                          "r8",  "r9",  "r10", "r11",
                                          "r12", "r13", "r14", "r15" };
    struct pvcpu_registers r;

    pvcpu_registers(p, &r);
    fprintf(f, "vCPU %u, the guest's %s\n", r.vcpu,
            r.user_mode ? "user" : "kernel");
    for (unsigned int i = 0; i < 16; i++)
        fprintf(f, "%s%-3s %016" PRIx64 "%s", i % 4 ? "  " : "  ", name[i],
                r.gpr[i], i % 4 == 3 ? "\n" : "");
    fprintf(f, "  rip %016" PRIx64 "  rflags %08" PRIx64 "  cs %04x ss %04x\n",
            r.rip, r.rflags, r.cs, r.ss);
    fprintf(f,
            "  ds %04x es %04x fs %04x, base %016" PRIx64
            "  gs %04x, base %016" PRIx64 "\n",
            r.ds, r.es, r.fs, r.fs_base, r.gs, r.gs_base);
}

static void print_callers(FILE *f, struct pvcpu_guest *g, struct pvcpu *p)
{
    struct pvcpu_symbols *s = pvcpu_symbols_open(&g->kernel);
    xm_vaddr address[MAX_CALLERS];
    const size_t n = pvcpu_backtrace(p, address, MAX_CALLERS);

    fputs("it was at, called from (what looks so on its stack):\n", f);
    for (size_t i = 0; i < n; i++) {
        fputs("  ", f);
        print_place(f, s, address[i], i != 0);
    }
    pvcpu_symbols_close(s);
}

static void print_call(FILE *f, const struct pvcpu_call *k)
{
    const char *name = k->number < sizeof(call_names) / sizeof(call_names[0])
                           ? call_names[k->number]
                           : NULL;

    if (name)
        fprintf(f, "  %s(", name);
    else
        fprintf(f, "  hypercall %" PRIu64 "(", k->number);
    for (unsigned int i = 0; i < 4; i++)
        fprintf(f, "%s0x%" PRIx64, i ? ", " : "", k->arg[i]);
    fprintf(f, ") = %" PRId64, (int64_t)k->rax);
    if (k->result.rule != XM_R_NONE)
        fprintf(f, " by %s", xm_rule_info(k->result.rule)->id);
    else if (k->result.rc < 0 && k->why)
        fprintf(f, ": %s", k->why);
    fputc('\n', f);
}

/* The guest thinks in page frames of its own. */
static void name_frame(void *context, xm_mfn mfn, char buffer[EXPLAIN_NAME])
{
    const struct pvcpu_guest *g = context;
    const uint64_t pfn = mfn < xm_machine_config(g->cpu.machine)->nr_frames
                             ? *xm_machine_m2p(g->cpu.machine, mfn)
                             : UINT64_MAX;

    if (pfn < g->nr_pages)
        snprintf(buffer, EXPLAIN_NAME, "pfn 0x%" PRIx64 " (mfn 0x%" PRIx64 ")",
                 pfn, mfn);
    else
        snprintf(buffer, EXPLAIN_NAME, "mfn 0x%" PRIx64, mfn);
}

static void print_calls(FILE *f, struct pvcpu_guest *g, struct pvcpu *p)
{
    const struct explain_names names = { .frame = name_frame, .context = g };
    const struct pvcpu_call *k, *refused = NULL;
    unsigned int n = 0;

    while (pvcpu_last_call(p, n))
        n++;
    if (n)
        fputs("its last hypercalls:\n", f);
    while (n-- > 0) {
        k = pvcpu_last_call(p, n);
        print_call(f, k);
        if (k->result.rc < 0 && k->result.rule != XM_R_NONE)
            refused = k;
    }
    if (!refused)
        return;
    fputs("the last of them that was refused by the model:\n", f);
    explain_result(f, &g->cpu, &refused->result, &names);
}

static void print_stop(FILE *f, int stopped)
{
    fputs("pinfold run: the guest was stopped: ", f);
    if (stopped == RUN_LEFT)
        fputs("by Ctrl-]", f);
    else if (stopped == SIGALRM)
        fputs("the time that --timeout gives it is over", f);
    else
        fprintf(f, "by a signal (%s)", strsignal(stopped));
}

static void print_end(FILE *f, const struct pvcpu_guest *g, struct pvcpu *p,
                      enum pvcpu_end end, int stopped)
{
    static const char *const reasons[] = {
        [SHUTDOWN_poweroff] = "powered off",
        [SHUTDOWN_reboot] = "asks for a reboot",
        [SHUTDOWN_suspend] = "asks to be suspended",
        [SHUTDOWN_crash] = "says that it crashed",
        [SHUTDOWN_watchdog] = "was shut down by its watchdog",
    };
    const uint8_t reason = g->domain->reason;

    if (end == CPU_STOPPED)
        print_stop(f, stopped);
    else if (end != CPU_SHUTDOWN)
        fprintf(f, "pinfold run: the guest %s: %s",
                end == CPU_CRASH ? "crashed" : "was stopped", pvcpu_why(p));
    else if (reason < sizeof(reasons) / sizeof(reasons[0]) && reasons[reason])
        fprintf(f, "pinfold run: the guest %s", reasons[reason]);
    else
        fprintf(f, "pinfold run: the guest shut down for reason %u", reason);
    fputc('\n', f);
}

static void print_counts(FILE *f, const struct pvcpu_guest *g, struct pvcpu *p,
                         double seconds)
{
    const struct pvcpu_counts n = pvcpu_counts(p);

    fprintf(f,
            "%" PRIu64 " hypercalls, %" PRIu64 " refused, hash %016" PRIx64
            "; %" PRIu64 " page faults, %" PRIu64 " stores emulated\n"
            "%.1f s of its time, %" PRIu64 " blocks, %" PRIu64
            " translations, in %.1f s by Unicorn %s\n",
            n.hypercalls, n.refused, pvcpu_hash(p), n.faults, n.emulated,
            (double)g->domain->now / 1e9, n.blocks, n.fills, seconds,
            pvcpu_version());
}

void run_report(struct pvcpu_guest *g, struct pvcpu *p, enum pvcpu_end end,
                int stopped, double seconds)
{
    FILE *f = stderr;
    const uint8_t reason = g->domain->reason;

    print_end(f, g, p, end, stopped);
    if (end != CPU_SHUTDOWN ||
        (reason != SHUTDOWN_poweroff && reason != SHUTDOWN_reboot)) {
        print_registers(f, p);
        print_callers(f, g, p);
        print_calls(f, g, p);
    }
    print_counts(f, g, p, seconds);
}
