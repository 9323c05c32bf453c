/* SPDX-License-Identifier: MIT
 *
 * What a domain is begun with.
 */
#ifndef SHIM_GUEST_LAYOUT_H
#define SHIM_GUEST_LAYOUT_H

#include <shim/mailbox.h>
#include <xen/xen.h>

#define SHIM_PAGE_SIZE 4096u

/* Behind the tables is a stack, which is the last that the kernel was given. */
static inline uint64_t shim_end_of_stack(const struct start_info *si)
{
    return si->pt_base + si->nr_pt_frames * SHIM_PAGE_SIZE + SHIM_PAGE_SIZE;
}

/*
 * The first page frame beyond the boot map, which ends on a 4 MiB boundary,
 * 512 KiB or more behind the stack.
 */
static inline uint64_t shim_first_free(const struct start_info *si)
{
    const uint64_t mib4 = 4u << 20;
    const uint64_t end = shim_end_of_stack(si) + (512u << 10);

    return (((end + mib4 - 1) & ~(mib4 - 1)) - SHIM_VIRT_BASE) / SHIM_PAGE_SIZE;
}

#endif
