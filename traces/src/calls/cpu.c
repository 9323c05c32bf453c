/* SPDX-License-Identifier: MIT
 *
 * Lists of hypercalls, assists, segments and their descriptors.
 */
#include "calls.h"

#include <xen/xen.h>

#define ARG(n)                                                                 \
    {                                                                          \
        "arg" #n, PVT_FIELD_LIST, false, 8,                                    \
            offsetof(struct multicall_entry, args) + n * 8, 0                  \
    }

const struct pvt_call_info calls_cpu[] = {
    { "multicall",
      __HYPERVISOR_multicall,
      { PVT_ARGS, PVT_COUNT },
      sizeof(struct multicall_entry),
      { PVT_MEMBER(struct multicall_entry, op),
        PVT_MEMBER(struct multicall_entry, result), ARG(0), ARG(1), ARG(2),
        ARG(3), ARG(4), ARG(5), PVT_IN_REGISTER("count", PVT_FIELD_WORD, 1) } },
    { "vm_assist",
      __HYPERVISOR_vm_assist,
      { PVT_NUMBER(0), PVT_NUMBER(0) },
      0,
      { PVT_IN_REGISTER("cmd", PVT_FIELD_WORD, 0),
        PVT_IN_REGISTER("type", PVT_FIELD_WORD, 1) } },
    { "set_gdt",
      __HYPERVISOR_set_gdt,
      { PVT_NUMBER(0), PVT_NUMBER(0) },
      0,
      { PVT_IN_REGISTER("frames", PVT_FIELD_LIST, 0),
        PVT_IN_REGISTER("entries", PVT_FIELD_WORD, 1) } },
    { "update_descriptor",
      __HYPERVISOR_update_descriptor,
      { PVT_NUMBER(0), PVT_NUMBER(0) },
      0,
      { PVT_IN_REGISTER("maddr", PVT_FIELD_WORD, 0),
        PVT_IN_REGISTER("descriptor", PVT_FIELD_WORD, 1) } },
    { "set_segment_base",
      __HYPERVISOR_set_segment_base,
      { PVT_NUMBER(0), PVT_NUMBER(0) },
      0,
      { PVT_IN_REGISTER("which", PVT_FIELD_WORD, 0),
        PVT_IN_REGISTER("base", PVT_FIELD_WORD, 1) } },
    { NULL },
};
