/* SPDX-License-Identifier: MIT
 *
 * Under Valgrind, which looks at an address before the processor does: all
 * that the tables map is mapped at once, and not when it is touched. (So A and
 * D bits are set early.)
 */
#include "internal.h"

#include <xen-model/pte.h>

#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif
#endif
#ifndef RUNNING_ON_VALGRIND
#define RUNNING_ON_VALGRIND 0
#define VALGRIND_MAKE_MEM_DEFINED(at, n) ((void)(at), (void)(n))
#endif

static void populate_table(xm_mfn table, unsigned int level, xm_vaddr va)
{
    const uint64_t *words = xm_ram_frame(&direct.cpu, table);

    for (unsigned int i = 0; i < XM_ENTRIES; i++) {
        const xm_vaddr at = va + ((xm_vaddr)i << (3 + 9 * level));

        if (!(words[i] & XM_PTE_P) || at < direct.first || at > direct.last)
            continue;
        if (level > 1)
            populate_table(xm_pte_mfn(words[i]), level - 1, at);
        else if (direct__seen(at) != words[i])
            (void)direct__map(at, words[i] & XM_PTE_RW);
    }
}

bool direct__on_valgrind(void)
{
    return RUNNING_ON_VALGRIND;
}

void direct__note_written(xm_vaddr to, size_t n)
{
    VALGRIND_MAKE_MEM_DEFINED((void *)(uintptr_t)to, n);
}

void direct__populate(void)
{
    if (direct__on_valgrind())
        populate_table(xm_domain_find(direct.cpu.machine, DIRECT_DOMID)
                           ->vcpu[0]
                           .guest_table,
                       4, 0);
}
