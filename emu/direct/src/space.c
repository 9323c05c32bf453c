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

/* The next access faults, and is seen to. */
static void unmap(xm_vaddr va, size_t bytes)
{
    (void)munmap(page_at(va), bytes);
}

static bool bit(const uint64_t *bits, xm_mfn i)
{
    return bits[i / 64] >> (i % 64) & 1;
}

static void set_bit(uint64_t *bits, xm_mfn i, bool value)
{
    bits[i / 64] &= ~(1ull << (i % 64));
    bits[i / 64] |= (uint64_t)value << (i % 64);
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

static void mark_tables(const struct direct_region *r)
{
    for (unsigned int level = 4; level >= 1; level--)
        set_bit(direct.tables, r->table[level], true);
}

static struct direct_region *new_region(xm_vaddr va, const struct xm_walk *w)
{
    struct direct_region *r = calloc(1, sizeof(*r));

    if (!r)
        abort();
    r->va = va & ~(REGION_BYTES - 1);
    memcpy(r->table, w->table, sizeof(r->table));
    memcpy(r->entry, w->entry, sizeof(r->entry));
    memcpy(r->seen, xm_ram_frame(&direct.cpu, w->table[1]), sizeof(r->seen));
    r->next = direct.regions;
    mark_tables(r);
    return direct.regions = r;
}

/*
 * A store to the page needs no help: the rights are there, and D is set. (It
 * comes with the first store, for which the page is not writable yet.)
 */
static bool is_writable(const struct xm_walk *w, uint64_t l1e)
{
    const uint64_t both = XM_PTE_RW | XM_PTE_D;

    return (l1e & both) == both &&
           (w->entry[4] & w->entry[3] & w->entry[2] & XM_PTE_RW);
}

bool direct__map(xm_vaddr va, bool write)
{
    const struct xm_walk w = xm_walk(&direct.cpu, va, write ? XM_PF_WRITE : 0);
    const unsigned int slot = xm_va_index(va, 1);
    struct direct_region *r;
    uint64_t value, *l1e;
    bool writable;

    if (!w.ok || w.m2p)
        return false;
    /* As the processor: A along the way. D of a store comes with the right. */
    (void)xm_load64(&direct.cpu, va & ~7ull, &value);
    l1e = &xm_ram_frame(&direct.cpu, w.table[1])[slot];
    if (write && !(*l1e & XM_PTE_D)) {
        *l1e |= XM_PTE_D;
        direct__touch(w.table[1]);
    }
    writable = is_writable(&w, *l1e);
    if (writable)
        direct__touch(w.mfn);
    r = region_of(va);
    if (!r)
        r = new_region(va, &w);
    r->seen[slot] = *l1e;
    set_bit(r->mapped, slot, true);
    set_bit(r->writable, slot, writable);
    if (mmap(page_at(va & ~(PAGE_BYTES - 1)), XM_PAGE_SIZE,
             PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED | MAP_FIXED,
             direct.memory, (off_t)(w.mfn * PAGE_BYTES)) == MAP_FAILED)
        abort();
    direct.counts.mapped++;
    return true;
}

uint64_t direct__seen(xm_vaddr va)
{
    const struct direct_region *r = region_of(va);
    const unsigned int slot = xm_va_index(va, 1);

    return r && bit(r->mapped, slot) ? r->seen[slot] : 0;
}

static uint64_t rights_of(uint64_t entry)
{
    return entry & XM_PTE_FLAGS_MASK & ~(XM_PTE_A | XM_PTE_D);
}

/*
 * True: the tables above it, which may be others, lead to the same L1 table
 * with the same rights.
 */
static bool still_there(struct direct_region *r)
{
    const struct xm_walk w = xm_walk(&direct.cpu, r->va, 0);

    if (w.level > 1 || w.table[1] != r->table[1])
        return false;
    for (unsigned int level = 4; level > 1; level--)
        if (rights_of(w.entry[level]) != rights_of(r->entry[level]))
            return false;
    memcpy(r->table, w.table, sizeof(r->table));
    memcpy(r->entry, w.entry, sizeof(r->entry));
    mark_tables(r);
    return true;
}

/* A processor would set no bit in the entries above it. */
static bool is_accessed(const struct direct_region *r)
{
    return r->entry[4] & r->entry[3] & r->entry[2] & XM_PTE_A;
}

/*
 * The page, which has lost nothing, may stay as it is mapped: a processor would
 * set no bit at its next use. Rights that it has got come when it is stored to.
 */
static bool may_stay(const struct direct_region *r, unsigned int slot,
                     uint64_t now)
{
    const uint64_t needed = XM_PTE_P | XM_PTE_US | XM_PTE_A |
                            (bit(r->writable, slot) ? XM_PTE_RW | XM_PTE_D : 0);

    return (now & needed) == needed &&
           xm_pte_mfn(now) == xm_pte_mfn(r->seen[slot]);
}

/* The pages of these slots, one call for those that are neighbours. */
static void unmap_slots(const struct direct_region *r, const uint64_t *slots)
{
    unsigned int end;

    for (unsigned int i = 0; i < XM_ENTRIES; i = end + 1) {
        for (end = i; end < XM_ENTRIES && bit(slots, end); end++)
            continue;
        if (end != i)
            unmap(r->va + i * PAGE_BYTES, (end - i) * PAGE_BYTES);
    }
}

/* An entry has changed. True: its page is mapped no more. */
static bool is_gone(struct direct_region *r, unsigned int slot, uint64_t now)
{
    const bool mapped = bit(r->mapped, slot);
    const bool stale = mapped && direct__became_stale(r->va + slot * PAGE_BYTES,
                                                      r->seen[slot], now);
    const bool stays = !stale && may_stay(r, slot, now);

    r->seen[slot] = now;
    if (!mapped || stays)
        return false;
    set_bit(r->mapped, slot, false);
    return true;
}

static void compare(struct direct_region *r)
{
    const uint64_t *l1 = xm_ram_frame(&direct.cpu, r->table[1]);
    uint64_t gone[XM_ENTRIES / 64] = { 0 };
    bool any = false;

    for (unsigned int k = 0; k < XM_ENTRIES; k += 64) {
        if (memcmp(&r->seen[k], &l1[k], 64 * sizeof(*l1)) == 0)
            continue;
        for (unsigned int i = k; i < k + 64; i++)
            if (r->seen[i] != l1[i] && is_gone(r, i, l1[i])) {
                set_bit(gone, i, true);
                any = true;
            }
    }
    if (any)
        unmap_slots(r, gone);
}

/* It is mapped anew when it is touched. */
static void release(struct direct_region **from)
{
    struct direct_region *r = *from;

    unmap(r->va, REGION_BYTES);
    *from = r->next;
    free(r);
}

/* A processor may still have what the tables have no more. */
static void drop(struct direct_region **from)
{
    const struct direct_region *r = *from;

    for (unsigned int i = 0; i < XM_ENTRIES; i++)
        if (bit(r->mapped, i))
            (void)direct__became_stale(r->va + i * PAGE_BYTES, r->seen[i], 0);
    release(from);
}

static void follow_regions(void)
{
    struct direct_region **from = &direct.regions, *r;

    while ((r = *from)) {
        bool above = false;

        for (unsigned int level = 4; level > 1; level--)
            above |= bit(direct.written, r->table[level]);
        if (above && !still_there(r)) {
            drop(from);
            continue;
        }
        if (above && !is_accessed(r)) {
            release(from);
            continue;
        }
        if (bit(direct.written, r->table[1]))
            compare(r);
        from = &r->next;
    }
}

/* Word I: it counts as touched, and is written no more. True: it has tables. */
static bool note_word(size_t i)
{
    const uint64_t w = direct.written[i];

    direct.touched[i] |= w;
    if (w & direct.tables[i])
        return true; /* which are looked for there */
    direct.written[i] = 0;
    return false;
}

void direct__follow(void)
{
    const uint64_t words = direct.written_words;
    bool tables = false;

    direct.written_words = 0;
    for (uint64_t left = words; left != 0; left &= left - 1)
        for (size_t i = (size_t)__builtin_ctzll(left); i < direct.nr_words;
             i += 64)
            tables |= note_word(i);
    if (!tables)
        return;
    follow_regions();
    for (uint64_t left = words; left != 0; left &= left - 1)
        for (size_t i = (size_t)__builtin_ctzll(left); i < direct.nr_words;
             i += 64)
            direct.written[i] = 0;
}

void direct__change_base(void)
{
    struct direct_region **from = &direct.regions;

    memset(direct.tables, 0, direct.nr_words * sizeof(*direct.tables));
    while (*from)
        if (still_there(*from) && is_accessed(*from))
            from = &(*from)->next;
        else
            release(from);
}

void direct__forget(void)
{
    while (direct.regions)
        release(&direct.regions);
    memset(direct.tables, 0, direct.nr_words * sizeof(*direct.tables));
}
