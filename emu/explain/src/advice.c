/* SPDX-License-Identifier: MIT
 *
 * What to do about a refusal.
 */
#include "advice.h"

#include <stddef.h>

#define NOT_OWN_TABLE                                                          \
    "Name a frame of your own: a table cannot be shared with another domain. " \
    "Compare the number with your P2M: a pfn where an mfn belongs looks like " \
    "this."
#define FLAGS_ABOVE_L1                                                         \
    "Leave PWT, PCD, PSE and G out of the entry. There are no superpages for " \
    "PV guests: map 512 small pages."

static const struct advice advices[] = {
    /* What to do depends on the type that the frame has. */
    { XM_R_TYPE_CONFLICT, ABOUT_FRAME, NULL },
    { XM_R_L2E_TYPE, ABOUT_FRAME, NULL },
    { XM_R_L3E_TYPE, ABOUT_FRAME, NULL },
    { XM_R_L4E_TYPE, ABOUT_FRAME, NULL },
    { XM_R_L2E_NOT_OWN, ABOUT_FRAME, NOT_OWN_TABLE },
    { XM_R_L3E_NOT_OWN, ABOUT_FRAME, NOT_OWN_TABLE },
    { XM_R_L4E_NOT_OWN, ABOUT_FRAME, NOT_OWN_TABLE },
    { XM_R_L1E_WRITABLE_TYPED, ABOUT_FRAME,
      "Map it read-only (without RW), and change its entries by mmu_update; or "
      "let go of its type first: unpin it and unhook it from the tables that "
      "name it." },
    { XM_R_L1E_FOREIGN, ABOUT_FRAME,
      "Map a frame of your own; a frame of another domain takes a grant, or "
      "privilege and that domain's number as foreign domain. Compare the "
      "number with your P2M: a pfn where an mfn belongs looks like this." },
    { XM_R_L1E_OWNERLESS, ABOUT_FRAME,
      "The frame is free, or Xen's own: nobody can map it. A frame that was "
      "given back is gone, and a pfn where an mfn belongs looks like this." },
    { XM_R_L1E_NO_IOMEM, ABOUT_FRAME,
      "There is no RAM at this number: a pfn where an mfn belongs, or a number "
      "that is not one. Devices are for domains that were given them." },
    { XM_R_L1E_MFN_ALL_ONES, ABOUT_FRAME,
      "The number is all ones: an entry of the P2M that has no frame." },
    { XM_R_L1E_FLAGS, ABOUT_ENTRY,
      "Leave PWT, PCD and PAT out of the entry; a large page's PSE bit is PAT "
      "here." },
    { XM_R_L1E_SPECIAL_CACHE, ABOUT_FRAME, "Map it with default caching." },
    { XM_R_L2E_FLAGS, ABOUT_ENTRY, FLAGS_ABOVE_L1 },
    { XM_R_L3E_FLAGS, ABOUT_ENTRY, FLAGS_ABOVE_L1 },
    { XM_R_L4E_FLAGS, ABOUT_ENTRY, FLAGS_ABOVE_L1 },
    { XM_R_L4E_XEN_SLOT, ABOUT_NONE,
      "Slots 256 to 271 are Xen's: leave them alone, also when you copy a "
      "whole "
      "L4." },
    { XM_R_L4E_LINEAR_WRITABLE, ABOUT_FRAME,
      "A table may name itself, or one of its own level, read-only: leave RW "
      "out of the entry." },
    { XM_R_L3E_LINEAR_WRITABLE, ABOUT_FRAME, "Leave RW out of the entry." },
    { XM_R_L2E_LINEAR_WRITABLE, ABOUT_FRAME, "Leave RW out of the entry." },
    { XM_R_LINEAR_CONTAINER_USED, ABOUT_FRAME,
      "A table that others name linearly names no others itself: one level of "
      "linear tables, not two." },
    { XM_R_LINEAR_TARGET_USES, ABOUT_FRAME,
      "A table that names others linearly cannot be named itself." },
    { XM_R_PIN_NOT_OWN, ABOUT_FRAME,
      "Compare the number with your P2M: what is pinned is given as an mfn." },
    { XM_R_PIN_TWICE, ABOUT_FRAME,
      "It is pinned already: nothing is left to do." },
    { XM_R_UNPIN_NOT_OWN, ABOUT_FRAME,
      "Compare the number with your P2M: what is unpinned is given as an "
      "mfn." },
    { XM_R_UNPIN_NOT_PINNED, ABOUT_FRAME,
      "It is not pinned, so nothing is left to do; if it still is a table, "
      "that is by what holds its type: unhook it there." },
    { XM_R_BASE_NOT_OWN, ABOUT_FRAME,
      "A base is an L4 of your own. Compare the number with your P2M: it is "
      "given as an mfn." },
    { XM_R_USER_BASE_NOT_OWN, ABOUT_FRAME,
      "A base is an L4 of your own. Compare the number with your P2M: it is "
      "given as an mfn." },
    { XM_R_CLEAR_TYPED, ABOUT_FRAME,
      "Only a page that is idle or writable can be cleared or copied to." },
    { XM_R_COPY_SOURCE, ABOUT_FRAME, NULL },
    { XM_R_MMU_NOT_OWN, ABOUT_FRAME,
      "ptr is the machine address of the entry: the mfn of the table, times "
      "4096, plus 8 times the index. A pfn or a virtual address looks like "
      "this." },
    { XM_R_MMU_PARTIAL, ABOUT_FRAME, NULL },
    { XM_R_EXCHANGE_INPUT, ABOUT_FRAME,
      "Unmap the frame everywhere, unpin it, and take it out of the tables and "
      "of what you have granted, before you give it away." },
    { XM_R_UVM_NO_L2E, ABOUT_NONE,
      "There is no L1 table for this address in the tables that are loaded: "
      "hook one into the L2 first." },
    { XM_R_UVM_NOT_L1, ABOUT_FRAME,
      "update_va_mapping changes the L1 table that translates the address in "
      "the tables that are loaded. Through a table that maps itself that is a "
      "table of a higher level: change it by mmu_update." },
    { XM_R_MMU_BAD_TYPE, ABOUT_FRAME,
      "A page of descriptors is changed by update_descriptor; or load another "
      "GDT or LDT first." },
    { XM_R_L1TF_CRASH, ABOUT_NONE,
      "Clear the address bits of an absent entry, or invert them: on such "
      "processors it must name no memory." },
    { XM_R_L1TF_SHADOW, ABOUT_NONE,
      "Clear the address bits of an absent entry, or invert them: on such "
      "processors it must name no memory. Else the domain goes on with shadow "
      "page tables, slowly." },
    { XM_R_UVM_L1_NOT_OWN, ABOUT_FRAME, NULL },
    { XM_R_GDT_FRAME, ABOUT_FRAME,
      "A page of descriptors is mapped read-only, and holds descriptors of the "
      "guest's privilege only." },
    { XM_R_DESCRIPTOR_TYPE, ABOUT_FRAME, NULL },
    { XM_R_DESCRIPTOR_NOT_OWN, ABOUT_FRAME, NULL },
    { XM_R_MACHPHYS_NOT_OWN, ABOUT_FRAME, NULL },
    { XM_R_VCPU_INFO_TYPE, ABOUT_FRAME, NULL },
    { XM_R_PTWR_OFF, ABOUT_NONE,
      "Change the entry by mmu_update; or enable writable page tables "
      "(vm_assist), and Xen emulates stores to L1 tables." },
    { XM_R_PTWR_NOT_L1, ABOUT_NONE,
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
