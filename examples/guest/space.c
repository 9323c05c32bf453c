/* SPDX-License-Identifier: MIT
 *
 * Address spaces of processes: an L4 with the kernel's entry and their own.
 */
#include "mm.h"
#include "hypercall.h"

#include <string.h>

#define SLOT(va, level) ((unsigned int)((va) >> (12 + 9 * ((level)-1)) & 511))

static long pin(unsigned int command, unsigned long pfn)
{
    const struct mmuext_op op = { .cmd = command, .arg1.mfn = mm.p2m[pfn] };

    return mmuext_op(&op, 1);
}

static unsigned long *entries(unsigned long table)
{
    return pfn_to_virt(table);
}

/* The L1 of VA; 0: there is none, or no memory for one. */
static unsigned long l1_of(unsigned long l4, unsigned long va, bool make)
{
    unsigned long table = l4;

    for (unsigned int level = 4; level > 1 && table != 0; level--)
        table = table_below(table, SLOT(va, level), make);
    return table;
}

unsigned long space_create(void)
{
    const unsigned int slot = SLOT(mm.base, 4);
    const unsigned long l4 = table_alloc();

    if (l4 == 0)
        return 0;
    if (table_set(l4, slot, entries(mm.kernel_l4)[slot]) != 0 ||
        pin(MMUEXT_PIN_L4_TABLE, l4) != 0) {
        (void)table_free(l4);
        return 0;
    }
    return l4;
}

long space_load(unsigned long l4)
{
    return pin(MMUEXT_NEW_BASEPTR, l4 ? l4 : mm.kernel_l4);
}

static long invalidate(unsigned long va)
{
    const struct mmuext_op op = { .cmd = MMUEXT_INVLPG_LOCAL,
                                  .arg1.linear_addr = va };

    return mmuext_op(&op, 1);
}

long space_map(unsigned long l4, unsigned long va, unsigned long flags)
{
    const unsigned long l1 = l1_of(l4, va, true);
    unsigned long page;
    long rc;

    if (l1 == 0)
        return -12; /* ENOMEM */
    if (entries(l1)[SLOT(va, 1)] & P)
        return -17; /* EEXIST */
    page = page_alloc();
    if (page == 0)
        return -12;
    rc = table_set(l1, SLOT(va, 1), entry_of(page, flags));
    if (rc != 0)
        page_free(page);
    return rc;
}

long space_protect(unsigned long l4, unsigned long va, unsigned long flags)
{
    const unsigned long l1 = l1_of(l4, va, false);
    unsigned long old;
    long rc;

    if (l1 == 0 || !((old = entries(l1)[SLOT(va, 1)]) & P))
        return -2; /* ENOENT */
    rc = table_set(l1, SLOT(va, 1), (old & MFN_MASK) | flags);
    return rc == 0 ? invalidate(va) : rc;
}

long space_unmap(unsigned long l4, unsigned long va)
{
    const unsigned long l1 = l1_of(l4, va, false);
    unsigned long old;
    long rc;

    if (l1 == 0 || !((old = entries(l1)[SLOT(va, 1)]) & P))
        return -2;
    rc = table_set(l1, SLOT(va, 1), 0);
    if (rc == 0)
        rc = invalidate(va);
    if (rc == 0)
        page_free(machine_to_phys_mapping[(old & MFN_MASK) >> 12]);
    return rc;
}

/* Calls VISIT for each entry below TABLE of LEVEL that is not the kernel's. */
static long walk(unsigned long table, unsigned int level, unsigned long va,
                 long (*visit)(void *context, unsigned long va,
                               unsigned long entry),
                 void *context)
{
    long rc = 0;

    for (unsigned int i = 0; rc == 0 && i < 512; i++) {
        const unsigned long entry = entries(table)[i];
        const unsigned long at = va + ((unsigned long)i << (3 + 9 * level));

        if (!(entry & P) || (level == 4 && i != SLOT(USER_BASE, 4)))
            continue;
        rc = level == 1 ? visit(context, at, entry)
                        : walk(table_below(table, i, false), level - 1, at,
                               visit, context);
    }
    return rc;
}

static long copy_page(void *context, unsigned long va, unsigned long entry)
{
    const unsigned long to = *(unsigned long *)context;
    const long rc = space_map(to, va, entry & (P | RW | US));
    unsigned long copy;

    if (rc != 0)
        return rc;
    copy = entries(l1_of(to, va, false))[SLOT(va, 1)];
    memcpy(pfn_to_virt(machine_to_phys_mapping[(copy & MFN_MASK) >> 12]),
           pfn_to_virt(machine_to_phys_mapping[(entry & MFN_MASK) >> 12]),
           PAGE);
    return 0;
}

unsigned long space_fork(unsigned long l4)
{
    unsigned long copy = space_create();

    if (copy != 0 && walk(l4, 4, 0, copy_page, &copy) != 0) {
        (void)space_destroy(copy);
        return 0;
    }
    return copy;
}

/* TABLE's entries are taken away, then the tables themselves are free. */
static long free_below(unsigned long table, unsigned int level)
{
    long rc = 0;

    for (unsigned int i = 0; rc == 0 && i < 512; i++) {
        const unsigned long entry = entries(table)[i];
        unsigned long below;

        if (!(entry & P) || (level == 4 && i != SLOT(USER_BASE, 4)))
            continue;
        below = machine_to_phys_mapping[(entry & MFN_MASK) >> 12];
        if (level > 1)
            rc = free_below(below, level - 1);
        if (rc == 0)
            rc = table_set(table, i, 0);
        if (rc == 0 && level == 1)
            page_free(below);
        else if (rc == 0)
            rc = table_free(below);
    }
    return rc;
}

long space_destroy(unsigned long l4)
{
    long rc = free_below(l4, 4);

    if (rc == 0)
        rc = pin(MMUEXT_UNPIN_TABLE, l4);
    return rc == 0 ? table_free(l4) : rc;
}
