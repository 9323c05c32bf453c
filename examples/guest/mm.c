/* SPDX-License-Identifier: MIT
 *
 * The kernel's own memory: frames, tables, the 1:1 mapping.
 */
#include "mm.h"
#include "hypercall.h"

#include <string.h>

struct mm mm;

static unsigned long mfn_to_pfn(unsigned long mfn)
{
    return machine_to_phys_mapping[mfn];
}

unsigned long page_alloc(void)
{
    const unsigned long *page = (unsigned long *)mm.free;

    if (!page)
        return 0;
    mm.free = (unsigned long *)page[0];
    mm.nr_free--;
    return virt_to_pfn(page);
}

void page_free(unsigned long pfn)
{
    unsigned long *page = pfn_to_virt(pfn);

    page[0] = (unsigned long)mm.free;
    mm.free = page;
    mm.nr_free++;
}

long table_set(unsigned long table, unsigned int i, unsigned long entry)
{
    const struct mmu_update update = {
        .ptr = (mm.p2m[table] << 12) + i * 8 + MMU_NORMAL_PT_UPDATE,
        .val = entry,
    };

    return mmu_update(&update, 1);
}

unsigned long table_alloc(void)
{
    const unsigned long pfn = page_alloc();

    if (pfn == 0)
        return 0;
    memset(pfn_to_virt(pfn), 0, PAGE);
    if (update_va_mapping((unsigned long)pfn_to_virt(pfn), entry_of(pfn, P),
                          UVMF_INVLPG) != 0)
        return 0;
    return pfn;
}

long table_free(unsigned long pfn)
{
    const long rc = update_va_mapping((unsigned long)pfn_to_virt(pfn),
                                      entry_of(pfn, P | RW), 0);

    if (rc == 0)
        page_free(pfn);
    return rc;
}

unsigned long table_below(unsigned long table, unsigned int i, bool make)
{
    const unsigned long entry = ((unsigned long *)pfn_to_virt(table))[i];
    unsigned long below;

    if (entry & P)
        return mfn_to_pfn((entry & MFN_MASK) >> 12);
    if (!make || (below = table_alloc()) == 0)
        return 0;
    if (table_set(table, i, entry_of(below, P | RW | US | A)) != 0) {
        (void)table_free(below);
        return 0;
    }
    return below;
}

/*
 * The tables that the kernel begins with map its first 4 MiB or so. New L1
 * tables, taken from there, map the rest, L1 by L1.
 */
static long map_rest(unsigned long mapped)
{
    const unsigned long l4 = mm.kernel_l4, slot = mm.base >> 39 & 511;
    const unsigned long l3 = table_below(l4, (unsigned int)slot, false);
    const unsigned long l2 = table_below(l3, 0, false);

    for (unsigned long pfn = mapped; pfn < mm.si->nr_pages; pfn += 512) {
        const unsigned long table = page_alloc();
        unsigned long *l1 = pfn_to_virt(table);
        long rc;

        memset(l1, 0, PAGE);
        for (unsigned long i = 0; i < 512 && pfn + i < mm.si->nr_pages; i++)
            l1[i] = entry_of(pfn + i, P | RW | A | D);
        rc = update_va_mapping((unsigned long)l1, entry_of(table, P),
                               UVMF_INVLPG);
        if (rc == 0)
            rc = table_set(l2, (unsigned int)(pfn / 512),
                           entry_of(table, P | RW | US | A));
        if (rc != 0)
            return rc;
    }
    for (unsigned long pfn = mm.si->nr_pages - 1; pfn >= mapped; pfn--)
        page_free(pfn);
    return 0;
}

long mm_start(struct start_info *si, unsigned long base)
{
    const unsigned long tables = (si->pt_base - base) / PAGE;
    const unsigned long first = tables + si->nr_pt_frames + 1; /* the stack */
    const unsigned long mapped = (si->nr_pt_frames - 3) * 512;

    mm = (struct mm){ .si = si,
                      .base = base,
                      .p2m = (unsigned long *)si->mfn_list,
                      .kernel_l4 = tables };
    for (unsigned long pfn = mapped - 1; pfn >= first; pfn--)
        page_free(pfn);
    return map_rest(mapped);
}
