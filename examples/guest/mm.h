/* SPDX-License-Identifier: MIT
 *
 * The memory management of a small PV kernel: all of its memory is mapped 1:1
 * from virt_base on; a table is found by the P2M and the M2P.
 */
#ifndef GUEST_MM_H
#define GUEST_MM_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>

#define PAGE 4096ul
#define P 0x001ul
#define RW 0x002ul
#define US 0x004ul
#define A 0x020ul
#define D 0x040ul
#define MFN_MASK 0x000ffffffffff000ul

struct mm {
    struct start_info *si;
    unsigned long base; /* of the 1:1 mapping */
    unsigned long *p2m;
    unsigned long *free; /* page frame numbers, a list in the pages */
    unsigned long nr_free;
    unsigned long kernel_l4; /* pfn */
};

extern struct mm mm;

/* All memory becomes mapped. 0, or what Xen answered. */
long mm_start(struct start_info *si, unsigned long base);

unsigned long page_alloc(void); /* pfn; 0: none is left */
void page_free(unsigned long pfn);

static inline void *pfn_to_virt(unsigned long pfn)
{
    return (void *)(mm.base + pfn * PAGE);
}

static inline unsigned long virt_to_pfn(const void *va)
{
    return ((unsigned long)va - mm.base) / PAGE;
}

static inline unsigned long entry_of(unsigned long pfn, unsigned long flags)
{
    return mm.p2m[pfn] << 12 | flags;
}

/* A fresh table: zero, and mapped read-only. Back to an ordinary page. */
unsigned long table_alloc(void);
long table_free(unsigned long pfn);
/* The table below entry I of a table; made if there is none. 0: none. */
unsigned long table_below(unsigned long table, unsigned int i, bool make);
long table_set(unsigned long table, unsigned int i, unsigned long entry);

/* -- space.c: address spaces of processes --------------------------------- */

/* The pfn of an L4 with the kernel's half in it, pinned. 0: no memory. */
unsigned long space_create(void);
long space_load(unsigned long l4);
long space_map(unsigned long l4, unsigned long va, unsigned long flags);
long space_protect(unsigned long l4, unsigned long va, unsigned long flags);
long space_unmap(unsigned long l4, unsigned long va);
/* A space with copies of all pages. 0: no memory. */
unsigned long space_fork(unsigned long l4);
long space_destroy(unsigned long l4);

/* -- frames.c: frames that come and go ------------------------------------ */

#define MAX_PAGES 65536ul
#define MAX_CONTIGUOUS 9u /* order */

/* The first of 2^ORDER pages whose frames are in a row. 0: Xen has none. */
unsigned long pages_contiguous(unsigned int order);
/* An allocated page gives its frame back; it gets another one. */
long page_give_back(unsigned long pfn);
long page_take_again(unsigned long pfn);

/* -- grant.c: pages that other domains map -------------------------------- */

/* Shows the grant table in place of an allocated page. */
long grants_start(unsigned long pfn);
long grants_stop(unsigned long pfn);
unsigned int grant_page(domid_t domid, unsigned long pfn, bool readonly);
bool grant_end(unsigned int ref);
/* At VA, for which there is an L1 table. 0, or what Xen has against it. */
long grant_map(domid_t domid, unsigned int ref, unsigned long va,
               uint32_t *handle);
long grant_unmap(unsigned long va, uint32_t handle);

#define USER_BASE (mm.base + (1ul << 40)) /* two L4 slots further on */
#define USER_PAGES (512ul * 8)

#endif
