/* SPDX-License-Identifier: MIT
 *
 * Back to the beginning, for what runs a guest many times.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

void direct__touch(xm_mfn mfn)
{
    direct.touched[mfn / 64] |= 1ull << (mfn % 64);
}

static void save(void)
{
    direct.saved_block = malloc(direct.block_bytes);
    direct.saved_ram = malloc(direct.ram_bytes);
    if (!direct.saved_block || !direct.saved_ram)
        abort();
    memcpy(direct.saved_block, direct.block, direct.block_bytes);
    memcpy(direct.saved_ram, direct.cpu.ram, direct.ram_bytes);
    direct__save_domain();
}

static void restore_frame(xm_mfn mfn)
{
    memcpy(xm_ram_frame(&direct.cpu, mfn), direct.saved_ram + mfn * XM_ENTRIES,
           XM_PAGE_SIZE);
}

void pinfold_reset(void)
{
    direct__follow();
    if (!direct.saved_block)
        save();
    direct__forget();
    direct__flush_all();
    memcpy(direct.block, direct.saved_block, direct.block_bytes);
    direct__restore_domain();
    for (size_t i = 0; i < direct.nr_words; i++)
        for (; direct.touched[i]; direct.touched[i] &= direct.touched[i] - 1)
            restore_frame((xm_mfn)i * 64 +
                          (unsigned int)__builtin_ctzll(direct.touched[i]));
    direct.counts = (struct pinfold_counts){ 0 };
    direct.why = (struct xm_result){ .rule = XM_R_NONE };
}
