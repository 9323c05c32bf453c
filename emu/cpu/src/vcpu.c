/* SPDX-License-Identifier: MIT
 *
 * The vCPUs take turns on Unicorn's one processor: all but the one that runs
 * lie in contexts. Mirrors context_switch() and arch_set_info_guest() as far
 * as the processor is concerned.
 */
#include "internal.h"

struct domain_vcpu *pvcpu__domain_vcpu(struct pvcpu *p)
{
    return &p->d->vcpu[p->current];
}

struct xm_vcpu *pvcpu__model_vcpu(struct pvcpu *p)
{
    return &xm_domain_find(p->c->machine, p->c->domid)->vcpu[p->current];
}

bool pvcpu__architectural_iopl(const struct pvcpu *p)
{
    return xm_domain_find(p->c->machine, p->c->domid)->architectural_iopl;
}

void pvcpu__swap_gs(struct pvcpu *p)
{
    uint64_t *other = &p->vcpu[p->current].gs_base_other;
    const uint64_t base = pvcpu__get(p, UC_X86_REG_GS_BASE);

    pvcpu__set(p, UC_X86_REG_GS_BASE, *other);
    *other = base;
}

/* The windows through which the processor sees descriptors move with it. */
static void load_gdt(struct pvcpu *p)
{
    const uc_x86_mmr gdt = {
        .base = CPU_GDT_FIRST + p->current * CPU_GDT_STRIDE,
        .limit = CPU_GDT_LIMIT,
    };

    (void)uc_reg_write(p->uc, UC_X86_REG_GDTR, &gdt);
}

static void save(struct pvcpu *p)
{
    struct pvcpu_vcpu *v = &p->vcpu[p->current];

    for (unsigned int i = 0; i < CPU_NR_SEGMENTS; i++)
        v->selector[i] = pvcpu__get_selector(p, pvcpu__segment[i]);
    if (v->context || uc_context_alloc(p->uc, &v->context) == UC_ERR_OK)
        (void)uc_context_save(p->uc, v->context);
    else
        pvcpu__end(p, CPU_BROKEN, "there is no memory for another vCPU");
}

void pvcpu__switch(struct pvcpu *p, uint32_t vcpu)
{
    struct pvcpu_vcpu *v = &p->vcpu[vcpu];

    if (p->current == vcpu)
        return;
    save(p);
    p->current = p->c->vcpu = vcpu;
    if (v->context)
        (void)uc_context_restore(p->uc, v->context);
    load_gdt(p);
    pvcpu__load_ldt(p);
    pvcpu__set_task_switched(p);
    pvcpu__flush(p);
}

/* NUL, or of Xen's own page: the context has them as they were. */
static bool always_loads(uint16_t selector)
{
    return selector <= 3 ||
           (!(selector & 4) && selector >> 3 >= XM_RESERVED_GDT_ENTRY);
}

/*
 * The descriptors may have changed meanwhile. What cannot be loaded becomes
 * NUL, and the guest is told what it had. The bases of FS and GS are kept as
 * they were.
 */
void pvcpu__load_segments(struct pvcpu *p)
{
    const uint16_t *selector = p->vcpu[p->current].selector;
    const uint64_t fs = pvcpu__get(p, UC_X86_REG_FS_BASE);
    const uint64_t gs = pvcpu__get(p, UC_X86_REG_GS_BASE);
    bool ok = true;

    for (unsigned int i = 0; i < CPU_NR_SEGMENTS; i++) {
        if ((always_loads(selector[i]) &&
             pvcpu__get_selector(p, pvcpu__segment[i]) == selector[i]) ||
            pvcpu__load_segment(p, i, selector[i]))
            continue;
        ok = false;
        (void)pvcpu__load_segment(p, i, 0);
    }
    pvcpu__set(p, UC_X86_REG_FS_BASE, fs);
    pvcpu__set(p, UC_X86_REG_GS_BASE, gs);
    if (!ok)
        pvcpu__inject_failsafe(p, selector);
}

bool pvcpu__begin(struct pvcpu *p, const struct pvcpu_start *start)
{
    for (uint32_t i = 0; i < XM_MAX_VCPUS; i++)
        p->vcpu[i].cr4 = CPU_CR4;
    p->current = p->c->vcpu = 0;
    load_gdt(p);
    if (!pvcpu__first_return(p))
        return false;
    pvcpu__set(p, UC_X86_REG_RSI, start->rsi);
    pvcpu__set(p, UC_X86_REG_RSP, start->rsp);
    pvcpu__set(p, UC_X86_REG_RIP, start->rip);
    pvcpu__flush(p);
    return true;
}

/* What Xen keeps of a context beside the registers. */
static void load_callbacks(struct domain_vcpu *v,
                           const struct vcpu_guest_context *x)
{
    const char *why;

    for (unsigned int i = 0; i < DOMAIN_VECTORS; i++)
        v->trap[i] = (struct domain_entry){
            .address = x->trap_ctxt[i].address,
            .cs = (uint16_t)(x->trap_ctxt[i].cs | 3),
            .flags = x->trap_ctxt[i].flags,
        };
    v->kernel_sp = x->kernel_sp;
    v->kernel_ss = (uint16_t)(x->kernel_ss | 3);
    v->callback[DOMAIN_ON_EVENT].address = x->event_callback_eip;
    v->callback[DOMAIN_ON_FAILSAFE] = (struct domain_entry){
        .address = x->failsafe_callback_eip,
        .flags = !!(x->flags & VGCF_failsafe_disables_events),
    };
    v->callback[DOMAIN_ON_SYSCALL] = (struct domain_entry){
        .address = x->syscall_callback_eip,
        .flags = !!(x->flags & VGCF_syscall_disables_events),
    };
    v->task_switched = x->ctrlreg[0] & 8;
    for (unsigned int i = 0; i < 8; i++)
        if (i != 4 && i != 5)
            (void)domain_set_debug(v, i, x->debugreg[i], &why);
    v->io_level = x->user_regs.rflags >> 12 & 3; /* IOPL, virtualised */
}

static void load_registers(struct pvcpu *p, const struct cpu_user_regs *r)
{
    const struct xm_registers to = {
        .gpr = { [XM_RAX] = r->rax,
                 [XM_RCX] = r->rcx,
                 [XM_RDX] = r->rdx,
                 [XM_RBX] = r->rbx,
                 [XM_RSP] = r->rsp,
                 [XM_RBP] = r->rbp,
                 [XM_RSI] = r->rsi,
                 [XM_RDI] = r->rdi,
                 [8] = r->r8,
                 [9] = r->r9,
                 [10] = r->r10,
                 [11] = r->r11,
                 [12] = r->r12,
                 [13] = r->r13,
                 [14] = r->r14,
                 [15] = r->r15 },
        .rip = r->rip,
        .rflags = (r->rflags & ~0x3000ull) | XM_FLAG_IF | 2,
    };

    pvcpu__set_registers(p, &to);
}

void pvcpu__load_context(struct pvcpu *p, uint32_t vcpu,
                         const struct vcpu_guest_context *x)
{
    const uint32_t before = p->current;

    load_callbacks(&p->d->vcpu[vcpu], x);
    pvcpu__switch(p, vcpu);
    if (!pvcpu__far_return(p, (uint16_t)(x->user_regs.cs | 3), x->user_regs.rip,
                           2, x->user_regs.rsp,
                           (uint16_t)(x->user_regs.ss | 3)) &&
        !pvcpu__first_return(p))
        pvcpu__end(p, CPU_BROKEN, "vCPU %u has no segments to begin with",
                   vcpu);
    load_registers(p, &x->user_regs);
    pvcpu__set(p, UC_X86_REG_FS_BASE, x->fs_base);
    pvcpu__set(p, UC_X86_REG_GS_BASE,
               x->flags & VGCF_in_kernel ? x->gs_base_kernel : x->gs_base_user);
    p->vcpu[vcpu].gs_base_other =
        x->flags & VGCF_in_kernel ? x->gs_base_user : x->gs_base_kernel;
    pvcpu__switch(p, before);
    p->vcpu[vcpu].selector[CPU_DS] = x->user_regs.ds;
    p->vcpu[vcpu].selector[CPU_ES] = x->user_regs.es;
    p->vcpu[vcpu].selector[CPU_FS] = x->user_regs.fs;
    p->vcpu[vcpu].selector[CPU_GS] = x->user_regs.gs;
}
