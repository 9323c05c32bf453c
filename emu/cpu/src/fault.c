/* SPDX-License-Identifier: MIT
 *
 * Page faults. Mirrors do_page_fault() and fixup_page_fault(): stores to L1
 * tables are carried out by the model, all others are the guest's.
 */
#include "internal.h"

#include <xen-decode/decode.h>
#include <xen-model/execute.h>

#define PAGE_OF(va) ((va) & ~(XM_PAGE_SIZE - 1ull))
#define DEBUG_TRAP 1u
#define STACK_FAULT 12u
#define GENERAL_PROTECTION 13u

static void page_fault(struct pvcpu *p, xm_vaddr cr2, uint32_t error_code)
{
    p->counts.faults++;
    pvcpu__inject_page_fault(p, cr2, error_code);
}

/* The guest's view of the walk that failed; ok: now it would not. */
static struct xm_walk look_again(struct pvcpu *p, xm_vaddr va, uint32_t access)
{
    struct xm_walk w = xm_walk(p->c, va, access);

    w.ok |= w.mmio;
    if (!pvcpu__model_vcpu(p)->user_mode)
        w.error_code &= ~XM_PF_USER;
    return w;
}

/* From VA on, or down from there: the elements of a repeated instruction. */
static void tell_emulated(struct pvcpu *p, const struct xm_insn *insn,
                          xm_vaddr va, uint64_t elements, bool down)
{
    const struct pvcpu_observer *o = &p->config.observer;
    const uint64_t behind = (elements - 1) * insn->width;

    if (o->emulated && elements != 0)
        o->emulated(o->context, down ? va - behind : va, behind + insn->width);
}

/* The store faults at VA. False: Xen has nothing to do with it. */
static bool emulate_store(struct pvcpu *p, xm_vaddr rip, xm_vaddr va)
{
    uint64_t count;
    struct xm_registers r;
    struct xm_execution e;
    struct xm_insn insn;
    uint8_t code[15];
    const unsigned int n = pvcpu__read_code(p, rip, code);

    if (xm_decode(code, n, &insn) != XM_DECODED || insn.op == XM_OP_OTHER)
        return false;
    pvcpu__get_registers(p, &r);
    count = r.gpr[XM_RCX];
    e = xm_execute(p->c, &insn, &r);
    if (e.unknown)
        return false;
    if (e.stopped) {
        pvcpu__crash(p, "Xen gives up a store to a page table at 0x%llx",
                     (unsigned long long)rip);
        return true;
    }
    pvcpu__set_registers(p, &r);
    p->counts.emulated += e.emulated;
    if (e.emulated)
        tell_emulated(p, &insn, va, insn.rep ? count - r.gpr[XM_RCX] : 1,
                      r.rflags & XM_FLAG_DF);
    if (e.fault.taken)
        page_fault(p, e.fault.cr2, e.fault.error_code);
    else if (e.debug_trap)
        pvcpu__inject(p, DEBUG_TRAP, CPU_NO_ERROR_CODE);
    return true;
}

/*
 * An instruction that crosses into a page that is not there: Unicorn stays
 * where the block of instructions begins, and those before it have not run. So
 * they run now, and no further.
 */
static void run_up_to(struct pvcpu *p, xm_vaddr from, xm_vaddr to)
{
    uint64_t exit = to;

    (void)uc_ctl_set_exits(p->uc, &exit, 1);
    pvcpu__enter(p);
    (void)uc_ctl_set_exits(p->uc, &exit, 0);
    /* Blocks that end there have been made for this once. */
    (void)uc_ctl_remove_cache(p->uc, from, to + 1);
}

static void fetch_fault(struct pvcpu *p, xm_vaddr rip)
{
    const xm_vaddr page = p->miss;
    const struct xm_walk w = look_again(p, page, XM_PF_FETCH);
    xm_vaddr at = rip;
    unsigned int n;

    if (w.ok)
        return;
    while (PAGE_OF(at) == page - XM_PAGE_SIZE &&
           (n = pvcpu__length(p, at)) != 0 && at + n <= page)
        at += n;
    if (at != rip && PAGE_OF(at) != page)
        run_up_to(p, rip, at);
    else
        page_fault(p, PAGE_OF(rip) == page ? rip : page, w.error_code);
}

void pvcpu__handle_miss(struct pvcpu *p)
{
    const xm_vaddr rip = pvcpu__get(p, UC_X86_REG_RIP);
    const bool write = p->miss_access & XM_PF_WRITE;
    struct xm_exception of_ldt;
    struct xm_walk w;
    xm_vaddr va;
    bool on_stack;

    if (p->miss_access & XM_PF_FETCH) {
        if (pvcpu__canonical(p->miss))
            fetch_fault(p, rip);
        else
            pvcpu__inject(p, GENERAL_PROTECTION, 0);
        return;
    }
    if (pvcpu__ldt_fault(p, &of_ldt)) {
        p->counts.faults += of_ldt.vector == XM_EXCEPTION_PF;
        pvcpu__inject_exception(p, &of_ldt);
        return;
    }
    va = pvcpu__data_address(p, rip, p->miss, write, &on_stack);
    if (!pvcpu__canonical(va)) {
        pvcpu__inject(p, on_stack ? STACK_FAULT : GENERAL_PROTECTION, 0);
        return;
    }
    w = look_again(p, va, p->miss_access);
    if (w.ok)
        return;
    if (write && (w.error_code & XM_PF_PRESENT) &&
        !pvcpu__model_vcpu(p)->user_mode && emulate_store(p, rip, va))
        return;
    page_fault(p, va, w.error_code);
}
