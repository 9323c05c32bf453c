/* SPDX-License-Identifier: MIT
 *
 * The page-table calls with everything in guest memory, for what the handy
 * forms cannot say: counts, addresses and done pointers that are wrong.
 */
#include "calls.h"

#include <xen/xen.h>

#define ARG1 PVT_MEMBER_AS("arg1", PVT_FIELD_WORD, struct mmuext_op, arg1)
#define ARG2 PVT_MEMBER_AS("arg2", PVT_FIELD_WORD, struct mmuext_op, arg2)
#define COUNT PVT_IN_REGISTER("count", PVT_FIELD_WORD, 1)
#define PDONE PVT_IN_REGISTER("pdone", PVT_FIELD_LIST, 2)
#define FOREIGN PVT_IN_REGISTER("foreign", PVT_FIELD_WORD, 3)
#define REGISTERS                                                              \
    {                                                                          \
        PVT_ARGS, PVT_COUNT, PVT_NUMBER(0), PVT_NUMBER(DOMID_SELF)             \
    }

const struct pvt_call_info calls_raw[] = {
    { "raw.mmu_update",
      __HYPERVISOR_mmu_update,
      REGISTERS,
      sizeof(struct mmu_update),
      { PVT_MEMBER(struct mmu_update, ptr), PVT_MEMBER(struct mmu_update, val),
        COUNT, PDONE, FOREIGN } },
    { "raw.mmuext_op",
      __HYPERVISOR_mmuext_op,
      REGISTERS,
      sizeof(struct mmuext_op),
      { PVT_MEMBER(struct mmuext_op, cmd), ARG1, ARG2, COUNT, PDONE,
        FOREIGN } },
    { "raw.hypercall",
      0,
      { PVT_NUMBER(0), PVT_NUMBER(0), PVT_NUMBER(0), PVT_NUMBER(0),
        PVT_NUMBER(0) },
      0,
      { PVT_IN_REGISTER("rdi", PVT_FIELD_WORD, 0),
        PVT_IN_REGISTER("rsi", PVT_FIELD_WORD, 1),
        PVT_IN_REGISTER("rdx", PVT_FIELD_WORD, 2),
        PVT_IN_REGISTER("r10", PVT_FIELD_WORD, 3),
        PVT_IN_REGISTER("r8", PVT_FIELD_WORD, 4),
        PVT_IN_REGISTER("number", PVT_FIELD_WORD, PVT_CALL_NUMBER) } },
    { NULL },
};
