/* SPDX-License-Identifier: MIT
 *
 * One page of the kernel's that shows frames.
 */
#include "view.h"

#include <stddef.h>
#include <xen/xen.h>

#include "hypercall.h"

#define P 0x001u
#define RW 0x002u
#define A 0x020u
#define D 0x040u

static uint64_t page[512] __attribute__((aligned(4096)));

static int64_t map(uint64_t entry)
{
    return hypercall(__HYPERVISOR_update_va_mapping, (uintptr_t)page, entry,
                     UVMF_INVLPG | UVMF_LOCAL, 0, 0);
}

uint64_t *shim_view(uint64_t mfn, bool writable)
{
    const uint64_t flags = P | A | (writable ? RW | D : 0);

    return map(mfn << 12 | flags) == 0 ? page : NULL;
}

void shim_view_close(void)
{
    (void)map(0);
}
