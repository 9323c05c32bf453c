/* SPDX-License-Identifier: MIT
 *
 * VCPUOP_initialise: the context a vCPU begins with. Mirrors
 * default_initialise_vcpu() and arch_set_info_guest(). Rules CR3-32..34.
 *
 * Of the context counts what holds references: the GDT, the LDT, both bases;
 * and the mode. Other registers are checked as Xen checks them.
 */

#include "../internal.h"

#define ASSISTS                                                                \
    (1ull << VMASST_TYPE_m2p_strict |                                          \
     ((2ull << VMASST_TYPE_runstate_update_flag) - 1))
#define MAX_LDT_ENTRIES 8192u

static bool canonical_traps(const struct vcpu_guest_context *x)
{
    bool all = true;

    for (size_t i = 0; i < sizeof(x->trap_ctxt) / sizeof(x->trap_ctxt[0]); i++)
        all &= xm__canonical(x->trap_ctxt[i].address);
    return all;
}

static bool canonical_registers(const struct vcpu_guest_context *x)
{
    return xm__canonical(x->user_regs.rip) && xm__canonical(x->user_regs.rsp) &&
           xm__canonical(x->kernel_sp) &&
           (x->ldt_ents == 0 || xm__canonical(x->ldt_base)) &&
           xm__canonical(x->fs_base) && xm__canonical(x->gs_base_kernel) &&
           xm__canonical(x->gs_base_user) &&
           xm__canonical(x->event_callback_eip) &&
           xm__canonical(x->syscall_callback_eip) &&
           xm__canonical(x->failsafe_callback_eip);
}

/* What is checked before anything is done. False: *WHY. */
static bool check(const struct vcpu_guest_context *x, bool first_vcpu,
                  struct xm_result *why)
{
    const uint32_t gdt_frames =
        (uint32_t)((x->gdt_ents + XM_ENTRIES - 1) / XM_ENTRIES);

    if (!canonical_registers(x) || !canonical_traps(x))
        return xm__refuse(why, XM_R_INIT_ADDRESS, x->user_regs.rip, 0);
    if (!xm__guest_address(x->ldt_base) || (x->ldt_base & (XM_PAGE_SIZE - 1)) ||
        x->ldt_ents > MAX_LDT_ENTRIES)
        return xm__refuse(why, XM_R_INIT_LDT, x->ldt_base, x->ldt_ents);
    if (first_vcpu && (x->vm_assist & ~ASSISTS))
        return xm__refuse(why, XM_R_INIT_ASSIST, x->vm_assist, 0);
    if (gdt_frames > XM_MAX_GDT_FRAMES)
        return xm__refuse(why, XM_R_GDT_ENTRIES, x->gdt_ents, 0);
    if (!(x->flags & VGCF_in_kernel) && x->ctrlreg[1] == 0)
        return xm__refuse(why, XM_R_INIT_NO_USER_BASE, x->flags, 0);
    return true;
}

/* These are the vCPU's even if what follows is refused. */
static void set_early(struct xm_cpu *c, struct xm_vcpu *v,
                      const struct vcpu_guest_context *x)
{
    struct xm_domain *d = xm__domain(c);

    v->user_mode = !(x->flags & VGCF_in_kernel);
    v->ldt.entries = (uint32_t)x->ldt_ents;
    v->ldt.base = x->ldt_ents ? x->ldt_base : 0;
    if (v != &d->vcpu[0])
        return;
    d->m2p_strict = x->vm_assist >> VMASST_TYPE_m2p_strict & 1;
    d->writable_pagetables =
        x->vm_assist >> VMASST_TYPE_writable_pagetables & 1;
}

static struct xm_result set_references(struct xm_cpu *c, struct xm_vcpu *v,
                                       const struct vcpu_guest_context *x)
{
    xm_mfn gdt[XM_MAX_GDT_FRAMES];
    struct xm_result r;

    for (unsigned int i = 0; i < XM_MAX_GDT_FRAMES; i++)
        gdt[i] = x->gdt_frames[i];
    r = xm__set_gdt(c, v, gdt, (uint32_t)x->gdt_ents);
    if (r.rc != 0)
        return r;
    r = xm__init_bases(c, v, xen_cr3_to_pfn(x->ctrlreg[3]), x->ctrlreg[1] != 0,
                       xen_cr3_to_pfn(x->ctrlreg[1]));
    if (r.rc != 0)
        (void)xm__set_gdt(c, v, gdt, 0); /* CR3-33 */
    return r;
}

struct xm_result xm__initialise_vcpu(struct xm_cpu *c, struct xm_vcpu *v,
                                     xm_vaddr context)
{
    struct vcpu_guest_context x;
    struct xm_result r;

    if (!xm__copy_from_guest(c, &x, context, sizeof(x)))
        return xm__deny(XM_R_VCPU_ARGUMENT, context, 0);
    if (v->initialised)
        return xm__deny(XM_R_INIT_TWICE, context, 0);
    if (!check(&x, v == &xm__domain(c)->vcpu[0], &r))
        return r;
    set_early(c, v, &x);
    if (xm__put_old_guest_table(c) != 0)
        return xm__interrupted(-XEN_ERESTART); /* NEVER: as in base.c */
    r = set_references(c, v, &x);
    if (r.rc != 0)
        return r;
    v->initialised = true;
    v->up = x.flags & VGCF_online;
    return r;
}
