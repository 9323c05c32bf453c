/* SPDX-License-Identifier: MIT
 *
 * New code and stack segments, loaded as the processor loads them: by an iretq
 * on pages of Xen's own. It lands at an address where nothing is, so that it
 * is the only instruction that runs.
 */
#include "internal.h"

#include <string.h>

#define USER_FLAGS 2u

static bool return_to(struct pvcpu *p, uint16_t cs, uint64_t rflags,
                      xm_vaddr rsp, uint16_t ss)
{
    const uint64_t frame[5] = { CPU_LANDING, cs, rflags, rsp, ss };

    memcpy(p->own + (size_t)CPU_OWN_STACK * XM_PAGE_SIZE, frame, sizeof(frame));
    pvcpu__set(p, UC_X86_REG_RSP, CPU_RETURN_STACK);
    p->returning = true;
    p->exit = EXIT_NONE;
    (void)uc_emu_start(p->uc, CPU_RETURN_CODE, 0, 0, 0);
    p->returning = false;
    return p->exit == EXIT_NONE && pvcpu__get(p, UC_X86_REG_RIP) == CPU_LANDING;
}

bool pvcpu__far_return(struct pvcpu *p, uint16_t cs, xm_vaddr rip,
                       uint64_t rflags, xm_vaddr rsp, uint16_t ss)
{
    bool is_int;

    if (!return_to(p, cs, rflags, rsp, ss)) {
        p->return_error = pvcpu__take_exception(p, &is_int);
        return false;
    }
    pvcpu__set(p, UC_X86_REG_RIP, rip);
    return true;
}

bool pvcpu__first_return(struct pvcpu *p)
{
    return return_to(p, FLAT_KERNEL_CS, USER_FLAGS | XM_FLAG_IF, 0,
                     FLAT_KERNEL_SS);
}
