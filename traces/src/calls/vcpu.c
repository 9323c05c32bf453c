/* SPDX-License-Identifier: MIT
 *
 * vcpu_op: bringing up a vCPU, and what it may register.
 */
#include "calls.h"

#include <xen/vcpu.h>
#include <xen/xen.h>

#define CONTEXT(name, member)                                                  \
    PVT_MEMBER_AS(name, PVT_FIELD_WORD, struct vcpu_guest_context, member)
#define VCPU PVT_IN_REGISTER("vcpu", PVT_FIELD_WORD, 1)

const struct pvt_call_info calls_vcpu[] = {
    { "vcpu_op",
      __HYPERVISOR_vcpu_op,
      { PVT_NUMBER(0), PVT_NUMBER(0), PVT_NUMBER(0) },
      0,
      { PVT_IN_REGISTER("cmd", PVT_FIELD_WORD, 0), VCPU,
        PVT_IN_REGISTER("arg", PVT_FIELD_LIST, 2) } },
    { "vcpu.initialise",
      __HYPERVISOR_vcpu_op,
      { PVT_NUMBER(VCPUOP_initialise), PVT_NUMBER(0), PVT_ARGS },
      sizeof(struct vcpu_guest_context),
      { VCPU, CONTEXT("flags", flags), CONTEXT("rip", user_regs.rip),
        CONTEXT("rsp", user_regs.rsp), CONTEXT("kernel_sp", kernel_sp),
        CONTEXT("ldt_base", ldt_base), CONTEXT("ldt_ents", ldt_ents),
        CONTEXT("gdt_ents", gdt_ents), CONTEXT("gdt0", gdt_frames[0]),
        CONTEXT("gdt1", gdt_frames[1]), CONTEXT("kernel", ctrlreg[3]),
        CONTEXT("user", ctrlreg[1]), CONTEXT("fs_base", fs_base),
        CONTEXT("gs_base_user", gs_base_user),
        CONTEXT("callback", event_callback_eip),
        CONTEXT("trap255", trap_ctxt[255].address),
        CONTEXT("vm_assist", vm_assist) } },
    { "vcpu.register_info",
      __HYPERVISOR_vcpu_op,
      { PVT_NUMBER(VCPUOP_register_vcpu_info), PVT_NUMBER(0), PVT_ARGS },
      sizeof(struct vcpu_register_vcpu_info),
      { VCPU, PVT_MEMBER(struct vcpu_register_vcpu_info, mfn),
        PVT_MEMBER(struct vcpu_register_vcpu_info, offset) } },
    { "vcpu.register_runstate",
      __HYPERVISOR_vcpu_op,
      { PVT_NUMBER(VCPUOP_register_runstate_memory_area), PVT_NUMBER(0),
        PVT_ARGS },
      sizeof(struct vcpu_register_runstate_memory_area),
      { VCPU,
        PVT_MEMBER_AS("addr", PVT_FIELD_WORD,
                      struct vcpu_register_runstate_memory_area, addr.p) } },
    { "vcpu.register_time",
      __HYPERVISOR_vcpu_op,
      { PVT_NUMBER(VCPUOP_register_vcpu_time_memory_area), PVT_NUMBER(0),
        PVT_ARGS },
      sizeof(struct vcpu_register_time_memory_area),
      { VCPU, PVT_MEMBER_AS("addr", PVT_FIELD_WORD,
                            struct vcpu_register_time_memory_area, addr.p) } },
    { NULL },
};
