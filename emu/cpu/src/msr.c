/* SPDX-License-Identifier: MIT
 *
 * Model-specific registers, as far as a PV guest has them. Mirrors
 * emul-priv-op.c's read_msr() and write_msr(), guest_rdmsr(), guest_wrmsr()
 * and wrmsr_hypervisor_regs().
 */
#include "internal.h"

#define MSR_TSC 0x10u
#define MSR_APIC_BASE 0x1bu
#define MSR_PATCH_LEVEL 0x8bu
#define MSR_MCG_CAP 0x179u
#define MSR_MCG_STATUS 0x17au
#define MSR_PAT 0x277u
#define MSR_MC_FIRST 0x400u /* control, status, address, misc of each bank */
#define MSR_MC_LAST 0x47fu
#define MSR_MISC_ENABLE 0x1a0u
#define MSR_HWCR 0xc0010015u
#define MSR_HYPERCALL_PAGE 0x40000000u
#define MSR_EFER 0xc0000080u
#define MSR_FS_BASE 0xc0000100u
#define MSR_GS_BASE 0xc0000101u
#define MSR_SHADOW_GS_BASE 0xc0000102u

#define PATCH_LEVEL_OF_QEMU 0x1000065u
#define MISC_ENABLE_OF_QEMU 0x801801u
#define MC_BANKS 2u /* so many Xen shows to a guest */
#define XENS_PAT 0x050100070406ull
#define APIC_BASE_OF_A_PC 0xfee00800ull
#define APIC_BASE_BSP 0x100ull
#define EFER_OF_A_GUEST 0xd01ull /* NXE, LMA, LME, SCE */

static bool is_machine_check(uint32_t msr)
{
    return msr == MSR_MCG_STATUS || (msr >= MSR_MC_FIRST && msr <= MSR_MC_LAST);
}

bool pvcpu__read_msr(struct pvcpu *p, uint32_t msr, uint64_t *value)
{
    switch (msr) {
    case MSR_FS_BASE:
        *value = pvcpu__get(p, UC_X86_REG_FS_BASE);
        return true;
    case MSR_GS_BASE:
        *value = pvcpu__get(p, UC_X86_REG_GS_BASE);
        return true;
    case MSR_SHADOW_GS_BASE:
        *value = p->vcpu[p->current].gs_base_other;
        return true;
    case MSR_EFER:
        *value = EFER_OF_A_GUEST;
        return true;
    case MSR_TSC:
        *value = pvcpu__now(p);
        return true;
    case MSR_APIC_BASE: /* Linux wants to know, and does not care */
        *value = APIC_BASE_OF_A_PC | (p->current == 0 ? APIC_BASE_BSP : 0);
        return true;
    case MSR_PAT:
        *value = XENS_PAT;
        return true;
    case MSR_PATCH_LEVEL:
        *value = PATCH_LEVEL_OF_QEMU;
        return true;
    case MSR_MISC_ENABLE:
        *value = MISC_ENABLE_OF_QEMU;
        return true;
    case MSR_HWCR:
        *value = 0;
        return true;
    case MSR_MCG_CAP:
        *value = MC_BANKS;
        return true;
    default: /* no machine check has happened */
        *value = msr >= MSR_MC_FIRST && msr < MSR_MC_FIRST + 4 * MC_BANKS &&
                         msr % 4 == 0
                     ? ~0ull
                     : 0;
        return is_machine_check(msr);
    }
}

/* The page of stubs is written to a frame that the guest names. */
static bool write_hypercall_page(struct pvcpu *p, uint64_t value)
{
    const xm_mfn mfn = value / XM_PAGE_SIZE;
    const struct xm_frame *f = xm_machine_frame_const(p->c->machine, mfn);

    if ((value & (XM_PAGE_SIZE - 1)) != 0 || !f || f->owner != p->c->domid ||
        ((f->type_info & XM_PGT_COUNT_MASK) &&
         (f->type_info & XM_PGT_TYPE_MASK) != XM_PGT_WRITABLE))
        return false;
    pvcpu__fill_hypercall_page(xm_ram_to_write(p->c, mfn));
    (void)uc_ctl_flush_tb(p->uc); /* what was there may have been run */
    return true;
}

bool pvcpu__write_msr(struct pvcpu *p, uint32_t msr, uint64_t value)
{
    switch (msr) {
    case MSR_FS_BASE:
        if (pvcpu__canonical(value))
            pvcpu__set(p, UC_X86_REG_FS_BASE, value);
        return pvcpu__canonical(value);
    case MSR_GS_BASE:
        if (pvcpu__canonical(value))
            pvcpu__set(p, UC_X86_REG_GS_BASE, value);
        return pvcpu__canonical(value);
    case MSR_SHADOW_GS_BASE:
        if (pvcpu__canonical(value))
            p->vcpu[p->current].gs_base_other = value;
        return pvcpu__canonical(value);
    case MSR_EFER: /* as it is: else it is ignored, too */
    case MSR_PAT:
        return msr == MSR_EFER || value == XENS_PAT;
    case MSR_HYPERCALL_PAGE:
        return write_hypercall_page(p, value);
    default:
        return is_machine_check(msr);
    }
}
