/* SPDX-License-Identifier: MIT
 *
 * Xen enters the guest's kernel: exceptions, system calls, events; and the way
 * back. Mirrors create_bounce_frame(), pv_inject_event(), do_iret() and
 * toggle_guest_mode().
 *
 * The frame, as the guest finds it at its stack pointer:
 *
 *   rcx | r11 | error code, or data segments, if there are any | rip | cs, and
 * in bits 39:32 the event mask as it was | rflags | rsp | ss
 */
#include "internal.h"

#include <xen-model/mode.h>
#include <xen/callback.h>

#define FLAG_NT 0x4000u
#define FLAG_RF 0x10000u
#define FLAG_VM 0x20000u
#define FLAG_AC 0x40000u
#define FLAG_IOPL 0x3000u
#define IOPL_SHIFT 12
#define CLEARED_ON_ENTRY                                                       \
    (FLAG_AC | FLAG_VM | FLAG_RF | FLAG_NT | (uint64_t)XM_FLAG_TF)

#define TRAP_DISABLES_EVENTS 4u /* of a trap table's entry */
#define RING 3u
#define NMI 2u
#define INVALID_OPCODE 6u
#define SYSCALL_BYTES 2u
#define DEVICE_NOT_AVAILABLE 7u

/* What was interrupted. */
struct state {
    uint64_t rip, rflags, rsp;
    uint16_t cs, ss;
};

static struct state get_state(struct pvcpu *p)
{
    const uint64_t rip = pvcpu__get(p, UC_X86_REG_RIP);
    const bool resumes = p->vcpu[p->current].resumes_at == rip;

    return (struct state){
        .rip = rip,
        .rflags = pvcpu__get(p, UC_X86_REG_RFLAGS) &
                  ~(uint64_t)(resumes ? 0 : FLAG_RF),
        .rsp = pvcpu__get(p, UC_X86_REG_RSP),
        .cs = pvcpu__get_selector(p, UC_X86_REG_CS),
        .ss = pvcpu__get_selector(p, UC_X86_REG_SS),
    };
}

/* The processor goes on elsewhere, in the same mode or, after this, another. */
static bool set_state(struct pvcpu *p, const struct state *s)
{
    if (s->rflags & FLAG_RF)
        p->vcpu[p->current].resumes_at = s->rip;
    if (s->cs != pvcpu__get_selector(p, UC_X86_REG_CS) ||
        s->ss != pvcpu__get_selector(p, UC_X86_REG_SS))
        return pvcpu__far_return(p, s->cs, s->rip, s->rflags, s->rsp, s->ss);
    pvcpu__set(p, UC_X86_REG_RSP, s->rsp);
    pvcpu__set(p, UC_X86_REG_RFLAGS, s->rflags);
    pvcpu__set(p, UC_X86_REG_RIP, s->rip);
    return true;
}

static void to_kernel(struct pvcpu *p)
{
    xm_enter_kernel(p->c);
    pvcpu__swap_gs(p);
    pvcpu__flush(p);
}

/* Where and how the kernel is entered. */
struct bounce {
    xm_vaddr address;
    bool disable_events;
    uint32_t error_code;      /* or CPU_NO_ERROR_CODE */
    const uint16_t *selector; /* of the failsafe callback, else NULL */
};

/* What stands in the frame's flags in place of the processor's own. */
static uint64_t shown_iopl(struct pvcpu *p)
{
    return pvcpu__architectural_iopl(p)
               ? (uint64_t)pvcpu__domain_vcpu(p)->io_level << IOPL_SHIFT
               : 0;
}

/* WAS: what the frame shows. */
static void create_bounce_frame(struct pvcpu *p, const struct bounce *b,
                                struct state was)
{
    struct vcpu_info *info = domain_vcpu_info(p->d, p->c, p->current);
    const bool user = pvcpu__model_vcpu(p)->user_mode;
    const uint8_t mask = info->evtchn_upcall_mask;
    uint64_t frame[11], rsp = was.rsp;
    unsigned int n = 0;
    struct state s;

    if (b->address == 0 && !b->selector) {
        pvcpu__crash(p, "the guest has no handler where Xen has to enter it");
        return;
    }
    if (user) {
        to_kernel(p);
        rsp = pvcpu__domain_vcpu(p)->kernel_sp;
    } else {
        was.cs &= (uint16_t)~RING;
    }
    frame[n++] = pvcpu__get(p, UC_X86_REG_RCX);
    frame[n++] = pvcpu__get(p, UC_X86_REG_R11);
    if (b->error_code != CPU_NO_ERROR_CODE)
        frame[n++] = b->error_code;
    for (unsigned int i = 0; b->selector && i < CPU_NR_SEGMENTS; i++)
        frame[n++] = b->selector[i];
    frame[n++] = was.rip;
    frame[n++] = was.cs | (uint64_t)mask << 32;
    frame[n++] = (was.rflags & ~(uint64_t)(XM_FLAG_IF | FLAG_IOPL)) |
                 (mask ? 0 : XM_FLAG_IF) | shown_iopl(p);
    frame[n++] = was.rsp;
    frame[n++] = was.ss;
    rsp = (rsp & ~15ull) - n * sizeof(frame[0]);
    if (!xm_copy_to_guest(p->c, rsp, frame, n * sizeof(frame[0]))) {
        pvcpu__crash(p, "the kernel's stack at 0x%llx cannot take Xen's frame",
                     (unsigned long long)rsp);
        return;
    }
    if (b->disable_events)
        info->evtchn_upcall_mask = 1;
    s = (struct state){
        .rip = b->address,
        .rflags = (was.rflags & ~CLEARED_ON_ENTRY) | XM_FLAG_IF,
        .rsp = rsp,
        .cs = FLAT_KERNEL_CS,
        .ss = FLAT_KERNEL_SS,
    };
    if (!set_state(p, &s))
        pvcpu__end(p, CPU_BROKEN, "the kernel's own segments cannot be loaded");
    p->vcpu[p->current].by_sysret = true;
}

static void inject(struct pvcpu *p, uint32_t vector, uint32_t error_code,
                   const struct state *was)
{
    struct domain_vcpu *v = pvcpu__domain_vcpu(p);
    const struct domain_entry *e = &v->trap[vector % DOMAIN_VECTORS];
    const struct bounce b = {
        .address = e->address,
        .disable_events = e->flags & TRAP_DISABLES_EVENTS,
        .error_code = error_code,
    };

    /* The guest is told once, and has its registers back then. */
    if (vector == DEVICE_NOT_AVAILABLE) {
        v->task_switched = false;
        pvcpu__set_task_switched(p);
    }
    if (b.address == 0)
        pvcpu__crash(
            p,
            "the guest has no handler for exception %u (error code 0x%x,"
            " cr2 0x%llx)",
            vector, error_code == CPU_NO_ERROR_CODE ? 0 : error_code,
            (unsigned long long)domain_vcpu_info(p->d, p->c, p->current)
                ->arch.cr2);
    else
        create_bounce_frame(p, &b, *was);
}

void pvcpu__inject(struct pvcpu *p, uint32_t vector, uint32_t error_code)
{
    const struct state was = get_state(p);

    inject(p, vector, error_code, &was);
}

/* XM_EXCEPTION_*, which all have an error code. WAS: where it happened. */
static void inject_exception(struct pvcpu *p, const struct xm_exception *e,
                             const struct state *was)
{
    if (e->vector == XM_EXCEPTION_PF) {
        p->vcpu[p->current].cr2 = e->cr2;
        domain_vcpu_info(p->d, p->c, p->current)->arch.cr2 = e->cr2;
    }
    inject(p, e->vector, e->error_code, was);
}

void pvcpu__inject_exception(struct pvcpu *p, const struct xm_exception *e)
{
    const struct state was = get_state(p);

    inject_exception(p, e, &was);
}

void pvcpu__inject_page_fault(struct pvcpu *p, xm_vaddr cr2,
                              uint32_t error_code)
{
    const struct xm_exception e = { .vector = XM_EXCEPTION_PF,
                                    .error_code = error_code,
                                    .cr2 = cr2 };

    pvcpu__inject_exception(p, &e);
}

/*
 * As the instruction leaves it: Xen's own entry has no more to go by. The flags
 * of 64-bit programs' callback hold for that of 32-bit ones, too.
 */
void pvcpu__inject_syscall(struct pvcpu *p)
{
    const struct domain_vcpu *v = pvcpu__domain_vcpu(p);
    struct state was = get_state(p);
    const bool compat = was.cs == FLAT_USER_CS32;
    const struct bounce b = {
        .address = v->callback[compat ? DOMAIN_ON_SYSCALL32 : DOMAIN_ON_SYSCALL]
                       .address,
        .disable_events =
            v->callback[DOMAIN_ON_SYSCALL].flags & CALLBACKF_mask_events,
        .error_code = CPU_NO_ERROR_CODE,
    };

    pvcpu__set(p, UC_X86_REG_RCX, was.rip);
    pvcpu__set(p, UC_X86_REG_R11, was.rflags);
    was.cs = compat ? FLAT_USER_CS32 : FLAT_USER_CS;
    was.ss = FLAT_USER_SS;
    if (b.address == 0) { /* as if there were no such instruction */
        was.rip -= SYSCALL_BYTES;
        inject(p, INVALID_OPCODE, CPU_NO_ERROR_CODE, &was);
        return;
    }
    create_bounce_frame(p, &b, was);
}

/* Without an address the guest goes on at 0: Xen does not look. */
void pvcpu__inject_failsafe(struct pvcpu *p,
                            const uint16_t selector[CPU_NR_SEGMENTS])
{
    const struct domain_entry *e =
        &pvcpu__domain_vcpu(p)->callback[DOMAIN_ON_FAILSAFE];
    const struct bounce b = {
        .address = e->address,
        .disable_events = e->flags & CALLBACKF_mask_events,
        .error_code = CPU_NO_ERROR_CODE,
        .selector = selector,
    };

    create_bounce_frame(p, &b, get_state(p));
}

/* Without a handler it is lost. */
static void deliver_nmi(struct pvcpu *p)
{
    struct domain_vcpu *v = pvcpu__domain_vcpu(p);

    if (!v->nmi_pending || v->nmi_masked)
        return;
    v->nmi_pending = false;
    if (v->trap[NMI].address == 0)
        return;
    v->nmi_masked = true;
    pvcpu__inject(p, NMI, CPU_NO_ERROR_CODE);
}

void pvcpu__leave_xen(struct pvcpu *p)
{
    struct pvcpu_vcpu *v = &p->vcpu[p->current];

    if (!v->by_sysret)
        return;
    pvcpu__set(p, UC_X86_REG_RCX, pvcpu__get(p, UC_X86_REG_RIP));
    pvcpu__set(p, UC_X86_REG_R11, pvcpu__get(p, UC_X86_REG_RFLAGS));
    v->by_sysret = false;
}

void pvcpu__deliver_events(struct pvcpu *p)
{
    const struct bounce b = {
        .address = pvcpu__domain_vcpu(p)->callback[DOMAIN_ON_EVENT].address,
        .disable_events = true,
        .error_code = CPU_NO_ERROR_CODE,
    };

    deliver_nmi(p);
    if (!domain_upcall_due(p->d, p->c, p->current))
        return;
    p->counts.upcalls++;
    create_bounce_frame(p, &b, get_state(p));
}

void pvcpu__left(void *context, const struct iret_context *frame)
{
    struct pvcpu *p = context;
    struct state to = {
        .rip = frame->rip,
        .rflags =
            (frame->rflags & ~(uint64_t)(FLAG_IOPL | FLAG_VM)) | XM_FLAG_IF,
        .rsp = frame->rsp,
        .cs = (uint16_t)(frame->cs | RING),
        .ss = (uint16_t)(frame->ss | RING),
    };
    bool ok;

    if (pvcpu__architectural_iopl(p))
        pvcpu__domain_vcpu(p)->io_level =
            (uint8_t)((frame->rflags & FLAG_IOPL) >> IOPL_SHIFT);
    pvcpu__set(p, UC_X86_REG_RAX, frame->rax);
    if (frame->flags & VGCF_in_syscall) { /* it leaves by sysret */
        to.cs = to.cs == FLAT_USER_CS32 ? FLAT_USER_CS32 : FLAT_USER_CS;
        to.ss = FLAT_USER_SS;
    } else {
        pvcpu__set(p, UC_X86_REG_RCX, frame->rcx);
        pvcpu__set(p, UC_X86_REG_R11, frame->r11);
    }
    p->vcpu[p->current].by_sysret = frame->flags & VGCF_in_syscall;
    domain_vcpu_info(p->d, p->c, p->current)->evtchn_upcall_mask =
        !(frame->rflags & XM_FLAG_IF);
    pvcpu__domain_vcpu(p)->nmi_masked = false;
    if (pvcpu__model_vcpu(p)->user_mode)
        pvcpu__swap_gs(p);
    ok = set_state(p, &to);
    if (pvcpu__model_vcpu(p)->user_mode)
        pvcpu__flush(p);
    if (!ok) /* as if it happened there */
        inject_exception(p, &p->return_fault, &to);
}

void pvcpu__iret(struct pvcpu *p)
{
    const xm_vaddr rsp = pvcpu__get(p, UC_X86_REG_RSP);
    struct iret_context frame;
    const struct xm_result r = xm_iret(p->c, rsp, &frame);

    if (r.rule == XM_R_NONE)
        pvcpu__left(p, &frame);
    else
        pvcpu__crash(p, "iret with its frame at 0x%llx: %s",
                     (unsigned long long)rsp, xm_rule_info(r.rule)->sentence);
}
