/* SPDX-License-Identifier: MIT
 *
 * The registers of the vCPU that runs, which Unicorn has.
 */
#include "internal.h"

const int pvcpu__gpr[16] = {
    [XM_RAX] = UC_X86_REG_RAX, [XM_RCX] = UC_X86_REG_RCX,
    [XM_RDX] = UC_X86_REG_RDX, [XM_RBX] = UC_X86_REG_RBX,
    [XM_RSP] = UC_X86_REG_RSP, [XM_RBP] = UC_X86_REG_RBP,
    [XM_RSI] = UC_X86_REG_RSI, [XM_RDI] = UC_X86_REG_RDI,
    [8] = UC_X86_REG_R8,       [9] = UC_X86_REG_R9,
    [10] = UC_X86_REG_R10,     [11] = UC_X86_REG_R11,
    [12] = UC_X86_REG_R12,     [13] = UC_X86_REG_R13,
    [14] = UC_X86_REG_R14,     [15] = UC_X86_REG_R15,
};

uint64_t pvcpu__get(struct pvcpu *p, int reg)
{
    uint64_t value = 0;

    (void)uc_reg_read(p->uc, reg, &value);
    return value;
}

void pvcpu__set(struct pvcpu *p, int reg, uint64_t value)
{
    (void)uc_reg_write(p->uc, reg, &value);
}

uint16_t pvcpu__get_selector(struct pvcpu *p, int reg)
{
    uint16_t value = 0;

    (void)uc_reg_read(p->uc, reg, &value);
    return value;
}

void pvcpu__get_registers(struct pvcpu *p, struct xm_registers *r)
{
    for (unsigned int i = 0; i < XM_NR_GPRS; i++)
        r->gpr[i] = pvcpu__get(p, pvcpu__gpr[i]);
    r->rip = pvcpu__get(p, UC_X86_REG_RIP);
    r->rflags = pvcpu__get(p, UC_X86_REG_RFLAGS);
    r->fs_base = pvcpu__get(p, UC_X86_REG_FS_BASE);
    r->gs_base = pvcpu__get(p, UC_X86_REG_GS_BASE);
}

void pvcpu__set_registers(struct pvcpu *p, const struct xm_registers *r)
{
    for (unsigned int i = 0; i < XM_NR_GPRS; i++)
        pvcpu__set(p, pvcpu__gpr[i], r->gpr[i]);
    pvcpu__set(p, UC_X86_REG_RFLAGS, r->rflags);
    pvcpu__set(p, UC_X86_REG_RIP, r->rip);
}

void pvcpu_registers(struct pvcpu *p, struct pvcpu_registers *r)
{
    struct xm_registers x;

    pvcpu__get_registers(p, &x);
    *r = (struct pvcpu_registers){
        .rip = x.rip,
        .rflags = x.rflags,
        .fs_base = x.fs_base,
        .gs_base = x.gs_base,
        .cs = pvcpu__get_selector(p, UC_X86_REG_CS),
        .ss = pvcpu__get_selector(p, UC_X86_REG_SS),
        .ds = pvcpu__get_selector(p, UC_X86_REG_DS),
        .es = pvcpu__get_selector(p, UC_X86_REG_ES),
        .fs = pvcpu__get_selector(p, UC_X86_REG_FS),
        .gs = pvcpu__get_selector(p, UC_X86_REG_GS),
        .vcpu = p->current,
        .user_mode = pvcpu__model_vcpu(p)->user_mode,
    };
    for (unsigned int i = 0; i < XM_NR_GPRS; i++)
        r->gpr[i] = x.gpr[i];
}
