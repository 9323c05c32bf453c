/* SPDX-License-Identifier: MIT
 *
 * Segments, loaded as the processor loads them: by an iretq, or a mov, on
 * pages of Xen's own. It lands at an address where nothing is, so that no other
 * instruction runs. What 32-bit code jumps to has 32 bits: the same pages lie
 * there, too, meanwhile.
 */
#include "internal.h"

#include <string.h>

#define FLAG_NT 0x4000u
#define USER_FLAGS 2u

/* Runs the code at FROM, which lands if it can load the selectors A and B. */
static bool run(struct pvcpu *p, xm_vaddr from, uint16_t a, uint16_t b)
{
    bool landed, is_int;

    p->wanted[0] = a;
    p->wanted[1] = b;
    /* Xen is entered without these: with NT an iretq faults. */
    pvcpu__set(p, UC_X86_REG_RFLAGS,
               pvcpu__get(p, UC_X86_REG_RFLAGS) &
                   ~(uint64_t)(XM_FLAG_TF | FLAG_NT));
    p->returning = true;
    p->exit = EXIT_NONE;
    (void)uc_emu_start(p->uc, from, 0, 0, 0);
    landed = p->exit == EXIT_NONE &&
             (uint32_t)pvcpu__get(p, UC_X86_REG_RIP) == (uint32_t)CPU_LANDING;
    if (landed)
        ;
    else if (p->exit == EXIT_EXCEPTION)
        p->return_fault = (struct xm_exception){
            .vector = p->vector, .error_code = pvcpu__take_exception(p, &is_int)
        };
    else if (!pvcpu__ldt_fault(p, &p->return_fault))
        pvcpu__end(p, CPU_BROKEN, "Unicorn does not reach Xen's own pages");
    p->returning = false;
    return landed;
}

static bool return_to(struct pvcpu *p, xm_vaddr from, uint16_t cs,
                      uint64_t rflags, xm_vaddr rsp, uint16_t ss)
{
    const uint64_t frame[5] = { CPU_LANDING, cs, rflags, rsp, ss };

    memcpy(p->own + (size_t)CPU_OWN_STACK * XM_PAGE_SIZE, frame, sizeof(frame));
    pvcpu__set(p, UC_X86_REG_RSP, CPU_RETURN_STACK);
    return run(p, from, cs, ss);
}

bool pvcpu__far_return(struct pvcpu *p, uint16_t cs, xm_vaddr rip,
                       uint64_t rflags, xm_vaddr rsp, uint16_t ss)
{
    const bool compat = pvcpu__is_compat(p);
    bool ok;

    if (compat) /* the guest may have its own where these pages come to lie */
        pvcpu__flush(p);
    ok = return_to(p, compat ? CPU_RETURN_FROM_32 : CPU_RETURN_CODE, cs, rflags,
                   rsp, ss);
    if (compat)
        pvcpu__flush(p);
    if (ok)
        pvcpu__set(p, UC_X86_REG_RIP, rip);
    return ok;
}

const int pvcpu__segment[CPU_NR_SEGMENTS] = {
    [CPU_DS] = UC_X86_REG_DS,
    [CPU_ES] = UC_X86_REG_ES,
    [CPU_FS] = UC_X86_REG_FS,
    [CPU_GS] = UC_X86_REG_GS,
};

bool pvcpu__load_segment(struct pvcpu *p, enum pvcpu_segment segment,
                         uint16_t selector)
{
    const uint64_t rip = pvcpu__get(p, UC_X86_REG_RIP);
    const uint64_t rax = pvcpu__get(p, UC_X86_REG_RAX);
    const uint64_t rflags = pvcpu__get(p, UC_X86_REG_RFLAGS);
    bool ok;

    pvcpu__set(p, UC_X86_REG_RAX, selector);
    ok = run(p, CPU_LOAD_CODE(segment), selector, 0);
    pvcpu__set(p, UC_X86_REG_RFLAGS, rflags);
    pvcpu__set(p, UC_X86_REG_RAX, rax);
    pvcpu__set(p, UC_X86_REG_RIP, rip);
    return ok;
}

bool pvcpu__first_return(struct pvcpu *p)
{
    return return_to(p, CPU_RETURN_CODE, FLAT_KERNEL_CS,
                     USER_FLAGS | XM_FLAG_IF, 0, FLAT_KERNEL_SS);
}
