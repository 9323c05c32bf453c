/* SPDX-License-Identifier: MIT
 *
 * The guest's address space. A page is mapped when it is touched, with the
 * rights of its entry: read-only until it is dirty, so that the A and D bits
 * are set as a processor sets them. After each hypercall the mappings of
 * tables that were written are looked at again: what is not so any more is
 * unmapped. (A processor may go on using a translation until it is flushed;
 * one that has just lost it for another reason does as this does. stale.c
 * remembers those that it may still have.)
 */
#include "internal.h"

#include <xen-model/pte.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE_BYTES ((xm_vaddr)XM_PAGE_SIZE)
#define REGION_BYTES (XM_ENTRIES * PAGE_BYTES)

static void *page_at(xm_vaddr va)
{
    return (void *)(uintptr_t)va;
}

/* No rights: the next access faults, and is seen to. */
static void unmap(xm_vaddr va, size_t bytes)
{
    (void)mmap(page_at(va), bytes, PROT_NONE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
}

static struct direct_region *region_of(xm_vaddr va)
{
    struct direct_region **from = &direct.regions, *r;

    /* The one used last is the one used next. */
    for (; (r = *from); from = &r->next)
        if (r->va == (va & ~(REGION_BYTES - 1))) {
            *from = r->next;
            r->next = direct.regions;
            return direct.regions = r;
        }
    return NULL;
}

static struct direct_region *new_region(xm_vaddr va, const struct xm_walk *w)
{
    struct direct_region *r = calloc(1, sizeof(*r));

    if (!r)
        abort();
    r->va = va & ~(REGION_BYTES - 1);
    memcpy(r->table, w->table, sizeof(r->table));
    memcpy(r->entry, w->entry, sizeof(r->entry));
    r->next = direct.regions;
    return direct.regions = r;
}

bool direct__map(xm_vaddr va, bool write)
{
    const struct xm_walk w = xm_walk(&direct.cpu, va, write ? XM_PF_WRITE : 0);
    struct direct_region *r;
    uint64_t value, *l1e;
    int rights = PROT_READ;

    if (!w.ok || w.m2p)
        return false;
    /* As the processor: A along the way. D of a store comes with the right. */
    (void)xm_load64(&direct.cpu, va & ~7ull, &value);
    l1e = &xm_ram_frame(&direct.cpu, w.table[1])[xm_va_index(va, 1)];
    if (write && !(*l1e & XM_PTE_D)) {
        *l1e |= XM_PTE_D;
        direct__touch(w.table[1]);
    }
    if ((*l1e & XM_PTE_RW) && (*l1e & XM_PTE_D) && write)
        rights |= PROT_WRITE;
    if (rights & PROT_WRITE)
        direct__touch(w.mfn);
    r = region_of(va);
    if (!r)
        r = new_region(va, &w);
    r->seen[xm_va_index(va, 1)] = *l1e;
    if (mmap(page_at(va & ~(PAGE_BYTES - 1)), XM_PAGE_SIZE, rights,
             MAP_SHARED | MAP_FIXED, direct.memory,
             (off_t)(w.mfn * PAGE_BYTES)) == MAP_FAILED)
        abort();
    direct.counts.mapped++;
    return true;
}

uint64_t direct__seen(xm_vaddr va)
{
    const struct direct_region *r = region_of(va);

    return r ? r->seen[xm_va_index(va, 1)] : 0;
}

static bool was_written(xm_mfn mfn)
{
    return direct.written[mfn / 64] >> (mfn % 64) & 1;
}

/* True: the tables above it still lead to the same L1 table. */
static bool still_there(const struct direct_region *r)
{
    const struct xm_walk w = xm_walk(&direct.cpu, r->va, 0);

    for (unsigned int level = 4; level >= 1; level--)
        if (w.level > level || w.table[level] != r->table[level] ||
            (level > 1 &&
             (w.entry[level] ^ r->entry[level]) & ~(XM_PTE_A | XM_PTE_D)))
            return false;
    return true;
}

static void compare(struct direct_region *r)
{
    const uint64_t *l1 = xm_ram_frame(&direct.cpu, r->table[1]);

    for (unsigned int i = 0; i < XM_ENTRIES; i++)
        if (r->seen[i] != 0 && r->seen[i] != l1[i]) {
            direct__became_stale(r->va + i * PAGE_BYTES, r->seen[i], l1[i]);
            unmap(r->va + i * PAGE_BYTES, PAGE_BYTES);
            r->seen[i] = 0;
        }
}

void direct__follow(void)
{
    struct direct_region **from = &direct.regions, *r;

    while ((r = *from)) {
        bool above = false;

        for (unsigned int level = 4; level > 1; level--)
            above |= was_written(r->table[level]);
        if (above && !still_there(r)) {
            for (unsigned int i = 0; i < XM_ENTRIES; i++)
                if (r->seen[i] != 0)
                    direct__became_stale(r->va + i * PAGE_BYTES, r->seen[i], 0);
            unmap(r->va, REGION_BYTES);
            *from = r->next;
            free(r);
            continue;
        }
        if (was_written(r->table[1]))
            compare(r);
        from = &r->next;
    }
    direct__touch_written();
}

void direct__forget(void)
{
    struct direct_region *r;

    while ((r = direct.regions)) {
        direct.regions = r->next;
        unmap(r->va, REGION_BYTES);
        free(r);
    }
}
