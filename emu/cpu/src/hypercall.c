/* SPDX-License-Identifier: MIT
 *
 * Hypercalls, and what a call changes in the processor. Calls of a multicall
 * pass here one by one, as xm_others. Mirrors pv_hypercall() and
 * hypercall_page_initialise_ring3_kernel().
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#define YIELD_NS 1000000u
#define STUB_BYTES 32u
#define NR_STUBS (XM_PAGE_SIZE / STUB_BYTES)

void pvcpu__fill_hypercall_page(void *page)
{
    /* push rcx; push r11; mov eax, N; syscall; pop r11; pop rcx; ret */
    static const uint8_t stub[] = { 0x51, 0x41, 0x53, 0xb8, 0,    0,    0,
                                    0,    0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3 };
    /* push rcx; push r11; push rax; mov eax, 23; syscall */
    static const uint8_t iret[] = {
        0x51, 0x41, 0x53, 0x50, 0xb8, __HYPERVISOR_iret, 0, 0, 0, 0x0f, 0x05
    };
    uint8_t *const to = page;

    memset(to, 0xcc, XM_PAGE_SIZE);
    for (uint32_t i = 0; i < NR_STUBS; i++) {
        uint8_t *const at = to + (size_t)i * STUB_BYTES;

        if (i == __HYPERVISOR_iret) {
            memcpy(at, iret, sizeof(iret));
            continue;
        }
        memcpy(at, stub, sizeof(stub));
        memcpy(at + 4, &i, sizeof(i));
    }
}

void pvcpu__set_task_switched(struct pvcpu *p)
{
    const uint64_t ts = 8, cr0 = pvcpu__get(p, UC_X86_REG_CR0);
    const uint64_t wanted =
        pvcpu__domain_vcpu(p)->task_switched ? cr0 | ts : cr0 & ~ts;

    if (cr0 != wanted)
        pvcpu__set(p, UC_X86_REG_CR0, wanted);
}

/* The selector is loaded with the user's GS base in place, and stays. */
static void load_user_gs(struct pvcpu *p, uint16_t selector)
{
    const uint64_t kernels = pvcpu__get(p, UC_X86_REG_GS_BASE);

    if (selector > 3)
        selector |= 3;
    if (!pvcpu__load_segment(p, CPU_GS, selector))
        (void)pvcpu__load_segment(p, CPU_GS, 0);
    p->vcpu[p->current].gs_base_other = pvcpu__get(p, UC_X86_REG_GS_BASE);
    pvcpu__set(p, UC_X86_REG_GS_BASE, kernels);
}

static struct xm_result set_segment_base(struct pvcpu *p, uint64_t arg[6])
{
    const struct xm_result r =
        xm_model_hypercall(p->c, __HYPERVISOR_set_segment_base, arg);

    if (r.rc != 0)
        return r;
    switch ((uint32_t)arg[0]) {
    case SEGBASE_FS:
        pvcpu__set(p, UC_X86_REG_FS_BASE, arg[1]);
        break;
    case SEGBASE_GS_KERNEL:
        pvcpu__set(p, UC_X86_REG_GS_BASE, arg[1]);
        break;
    case SEGBASE_GS_USER:
        p->vcpu[p->current].gs_base_other = arg[1];
        break;
    default:
        load_user_gs(p, (uint16_t)arg[1]);
        break;
    }
    return r;
}

static struct xm_result initialise_vcpu(struct pvcpu *p, uint64_t arg[6])
{
    struct vcpu_guest_context *x = calloc(1, sizeof(*x));
    struct xm_result r;

    if (x)
        (void)xm_copy_from_guest(p->c, x, arg[2], sizeof(*x));
    r = xm_model_hypercall(p->c, __HYPERVISOR_vcpu_op, arg);
    if (x && r.rc == 0)
        pvcpu__load_context(p, (uint32_t)arg[1], x);
    free(x);
    return r;
}

bool pvcpu__other_hypercall(void *context, struct xm_cpu *c, uint64_t number,
                            uint64_t arg[6], struct xm_result *result)
{
    struct pvcpu *p = context;

    if (number == __HYPERVISOR_set_segment_base) {
        *result = set_segment_base(p, arg);
        return true;
    }
    if (number == __HYPERVISOR_vcpu_op &&
        (uint32_t)arg[0] == VCPUOP_initialise) {
        *result = initialise_vcpu(p, arg);
        return true;
    }
    return domain_hypercall(p->config.host, c, number, arg, result);
}

/* Without another vCPU it is some other domain that has run meanwhile. */
static void yield(struct pvcpu *p)
{
    if (pvcpu__running(p) > 1)
        p->slice_end = 0;
    else
        pvcpu__be_idle(p, YIELD_NS);
}

static void add_to_hash(struct pvcpu *p, uint64_t v)
{
    for (unsigned int i = 0; i < 8; i++, v >>= 8)
        p->hash = (p->hash ^ (v & 0xff)) * 1099511628211ull;
}

static void remember(struct pvcpu *p, const struct pvcpu_call *call)
{
    p->last[p->nr_calls++ % CPU_LAST_CALLS] = *call;
    add_to_hash(p, call->number);
    for (unsigned int i = 0; i < 6; i++)
        add_to_hash(p, call->arg[i]);
    add_to_hash(p, call->rax);
    p->counts.hypercalls++;
    p->counts.refused += call->result.rc < 0;
}

const struct pvcpu_call *pvcpu_last_call(const struct pvcpu *p, unsigned int i)
{
    return i < p->nr_calls && i < CPU_LAST_CALLS
               ? &p->last[(p->nr_calls - 1 - i) % CPU_LAST_CALLS]
               : NULL;
}

static struct xm_result call_model(struct pvcpu *p, uint64_t number,
                                   const uint64_t given[6])
{
    uint64_t arg[6];
    struct xm_result r;

    memcpy(arg, given, sizeof(arg));
    do
        r = xm_hypercall(p->c, number, arg);
    while (r.rc == -XEN_ERESTART);
    return r;
}

/* What the call may have changed outside of memory. */
static void follow(struct pvcpu *p)
{
    pvcpu__note_flushes(p);
    pvcpu__load_ldt(p);
    pvcpu__set_task_switched(p);
    pvcpu__follow_debug(p);
    domain_serve(p->config.host, p->c);
    if (xm_rule_set_has(&p->c->fired, XM_R_VCPU_LAST)) {
        p->d->down = true;
        p->d->reason = SHUTDOWN_poweroff;
    }
}

/* Its answer is a whole register, which the model's results are not. */
static uint64_t get_debugreg(struct pvcpu *p, uint64_t reg)
{
    uint64_t value;

    return domain_get_debug(pvcpu__domain_vcpu(p), (uint32_t)reg, &value)
               ? value
               : (uint64_t)-XEN_ENODEV;
}

/* The instruction keeps no selectors: Xen goes back with flat ones. */
static void load_flat_segments(struct pvcpu *p)
{
    if (pvcpu__get_selector(p, UC_X86_REG_CS) != FLAT_KERNEL_CS ||
        pvcpu__get_selector(p, UC_X86_REG_SS) != FLAT_KERNEL_SS)
        (void)pvcpu__far_return(p, FLAT_KERNEL_CS,
                                pvcpu__get(p, UC_X86_REG_RIP),
                                pvcpu__get(p, UC_X86_REG_RFLAGS),
                                pvcpu__get(p, UC_X86_REG_RSP), FLAT_KERNEL_SS);
}

void pvcpu__hypercall(struct pvcpu *p)
{
    static const int reg[6] = { UC_X86_REG_RDI, UC_X86_REG_RSI, UC_X86_REG_RDX,
                                UC_X86_REG_R10, UC_X86_REG_R8,  UC_X86_REG_R9 };
    const struct pvcpu_observer *o = &p->config.observer;
    struct pvcpu_call call = { .number = pvcpu__get(p, UC_X86_REG_RAX) };

    load_flat_segments(p);
    pvcpu__set(p, UC_X86_REG_RCX, pvcpu__get(p, UC_X86_REG_RIP));
    pvcpu__set(p, UC_X86_REG_R11, pvcpu__get(p, UC_X86_REG_RFLAGS));
    for (unsigned int i = 0; i < 6; i++)
        call.arg[i] = pvcpu__get(p, reg[i]);
    p->c->rsp = pvcpu__get(p, UC_X86_REG_RSP);
    p->d->now = pvcpu__now(p);
    if (o->before)
        o->before(o->context, call.number, call.arg);
    if (call.number == __HYPERVISOR_iret) {
        pvcpu__iret(p);
        call.rax = pvcpu__get(p, UC_X86_REG_RAX);
    } else if (call.number == __HYPERVISOR_get_debugreg) {
        call.rax = get_debugreg(p, call.arg[0]);
        pvcpu__set(p, UC_X86_REG_RAX, call.rax);
    } else {
        call.result = call_model(p, call.number, call.arg);
        call.rax = (uint64_t)(int64_t)call.result.rc;
        call.why = p->d->why;
        pvcpu__set(p, UC_X86_REG_RAX, call.rax);
        follow(p);
        if ((call.number == __HYPERVISOR_sched_op ||
             call.number == __HYPERVISOR_sched_op_compat) &&
            (int)call.arg[0] == SCHEDOP_yield)
            yield(p);
    }
    remember(p, &call);
    if (o->after)
        o->after(o->context, &call.result);
}
