/* SPDX-License-Identifier: MIT
 *
 * What to do about a refusal.
 */
#include "advice.h"

#include <stddef.h>

static const struct advice advices[] = {
    { XM_R_TYPE_CONFLICT, true,
      "A frame has one type at a time. Take away what holds the other one: a "
      "writable mapping must become read-only (or go) before the frame can be "
      "a table; a table must be unpinned, and unhooked from all tables and "
      "bases, before it can be mapped writable or be a table of another "
      "level." },
    { XM_R_L1E_WRITABLE_TYPED, true,
      "Map it read-only (without RW), and change its entries by mmu_update; or "
      "let go of its type first: unpin it and unhook it from the tables that "
      "name it." },
    { XM_R_L1E_FOREIGN, true,
      "Map a frame of your own; a frame of another domain takes a grant, or "
      "privilege and that domain's number as foreign domain. Compare the "
      "number with your P2M: a pfn where an mfn belongs looks like this." },
    { XM_R_L1E_OWNERLESS, true,
      "The frame is free, or Xen's own. A pfn where an mfn belongs looks like "
      "this." },
    { XM_R_L1E_NO_IOMEM, true,
      "There is no RAM at this number: a pfn where an mfn belongs, or a number "
      "that is not one. Devices are for domains that were given them." },
    { XM_R_L1E_MFN_ALL_ONES, true,
      "The number is all ones: an entry of the P2M that has no frame." },
    { XM_R_L1E_FLAGS, false,
      "Leave PWT, PCD and PAT out of the entry; a large page's PSE bit is PAT "
      "here." },
    { XM_R_L1E_SPECIAL_CACHE, true, "Map it with default caching." },
    { XM_R_L2E_FLAGS, false,
      "Leave PWT, PCD, PSE and G out of the entry. There are no superpages for "
      "PV guests." },
    { XM_R_L3E_FLAGS, false, "Leave PWT, PCD, PSE and G out of the entry." },
    { XM_R_L4E_FLAGS, false, "Leave PWT, PCD, PSE and G out of the entry." },
    { XM_R_L4E_XEN_SLOT, false,
      "Slots 256 to 271 are Xen's: leave them alone, also when you copy a "
      "whole "
      "L4." },
    { XM_R_L4E_LINEAR_WRITABLE, false,
      "A table may name itself, or one of its own level, read-only: leave RW "
      "out of the entry." },
    { XM_R_L3E_LINEAR_WRITABLE, false, "Leave RW out of the entry." },
    { XM_R_L2E_LINEAR_WRITABLE, false, "Leave RW out of the entry." },
    { XM_R_LINEAR_CONTAINER_USED, true,
      "A table that others name linearly names no others itself: one level of "
      "linear tables, not two." },
    { XM_R_LINEAR_TARGET_USES, true,
      "A table that names others linearly cannot be named itself." },
    { XM_R_PIN_NOT_OWN, true,
      "Compare the number with your P2M: what is pinned is given as an mfn." },
    { XM_R_PIN_TWICE, true, "It is pinned already: nothing is left to do." },
    { XM_R_UNPIN_NOT_OWN, true,
      "Compare the number with your P2M: what is unpinned is given as an "
      "mfn." },
    { XM_R_UNPIN_NOT_PINNED, true,
      "It is not pinned. What makes it a table are the tables that name it." },
    { XM_R_BASE_NOT_OWN, true,
      "Compare the number with your P2M: a base is given as an mfn." },
    { XM_R_USER_BASE_NOT_OWN, true,
      "Compare the number with your P2M: a base is given as an mfn." },
    { XM_R_CLEAR_TYPED, true,
      "Only a page that is idle or writable can be cleared or copied to." },
    { XM_R_COPY_SOURCE, true, NULL },
    { XM_R_MMU_NOT_OWN, true,
      "ptr is the machine address of the entry: the mfn of the table, times "
      "4096, plus 8 times the index. A pfn or a virtual address looks like "
      "this." },
    { XM_R_MMU_PARTIAL, true, NULL },
    { XM_R_EXCHANGE_INPUT, true,
      "Unmap the frame everywhere, unpin it, and take it out of the tables and "
      "of what you have granted, before you give it away." },
    { XM_R_UVM_NO_L2E, false,
      "There is no L1 table for this address in the tables that are loaded: "
      "hook one into the L2 first." },
    { XM_R_UVM_NOT_L1, true, NULL },
    { XM_R_UVM_L1_NOT_OWN, true, NULL },
    { XM_R_GDT_FRAME, true,
      "A page of descriptors is mapped read-only, and holds descriptors of the "
      "guest's privilege only." },
    { XM_R_DESCRIPTOR_TYPE, true, NULL },
    { XM_R_DESCRIPTOR_NOT_OWN, true, NULL },
    { XM_R_MACHPHYS_NOT_OWN, true, NULL },
    { XM_R_VCPU_INFO_TYPE, true, NULL },
    { XM_R_PTWR_OFF, false,
      "Change the entry by mmu_update; or enable writable page tables "
      "(vm_assist), and Xen emulates stores to L1 tables." },
    { XM_R_PTWR_NOT_L1, false,
      "Xen emulates stores to L1 tables only: use mmu_update." },
};

const struct advice *explain__advice(enum xm_rule rule)
{
    static const struct advice none = { .rule = XM_R_NONE };

    for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
        if (advices[i].rule == rule)
            return &advices[i];
    return &none;
}
