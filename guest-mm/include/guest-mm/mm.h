/* SPDX-License-Identifier: MIT
 *
 * Page-table code of a PV guest: one interface, five methods to reach the
 * tables. All tables are changed by hypercalls, in batches; the methods
 * differ in how the kernel finds and reads them.
 *
 * Functions return 0 or a negative errno, Xen's own where Xen refused.
 */
#ifndef GUEST_MM_MM_H
#define GUEST_MM_MM_H

#include <guest-mm/scenario.h>

#define MM_P 0x001ull
#define MM_RW 0x002ull
#define MM_US 0x004ull
#define MM_A 0x020ull
#define MM_D 0x040ull
#define MM_FRAME 0x000ffffffffff000ull

#define MM_PAGE 4096ull
#define MM_ENTRIES 512u

#define MM_QUEUE 64u /* mmu_update requests that travel together */

#define MM_SELF_SLOT 255u   /* 0xFF: where an L4 maps itself */
#define MM_CROSS_SLOT 254u  /* where the running L4 maps another one */
#define MM_KERNEL_SLOT 272u /* the method's own virtual space, 512 GiB */
#define MM_BOOT_SLOT 511u   /* the kernel's image and stack */

#define MM_KERNEL_VA 0xffff880000000000ull /* of MM_KERNEL_SLOT */
#define MM_M2P_VA 0xffff800000000000ull    /* Xen's, 8 bytes a frame */

/* A table that is reachable now: its frame, and where it can be read. */
struct mm_table {
    uint64_t mfn;
    uint64_t va;
};

struct mm_space {
    struct mm_table l4; /* va: what the method wants to remember */
};

struct mm;

/* A method. NULL where it has nothing to do. */
struct mm_method_ops {
    /* Makes the kernel's virtual space for the method, and gives it up. */
    int (*start)(struct mm *mm);
    void (*stop)(struct mm *mm);

    /* A frame that is zero and nowhere writable, fit to become a table. */
    int (*new_table)(struct mm *mm, struct mm_table *t);
    /* T is about to go, but still live and read by its parents. */
    int (*retire_table)(struct mm *mm, const struct mm_table *t);
    /* MFN is no table any more. */
    int (*reclaim_table)(struct mm *mm, uint64_t mfn);

    /* Entry INDEX of PARENT now names CHILD. */
    void (*link)(struct mm *mm, const struct mm_table *parent, unsigned index,
                 const struct mm_table *child);
    /*
     * Makes the table of LEVEL that translates VA readable: T's mfn is known,
     * its va is to be found. PARENT is NULL for the L4.
     */
    int (*reach)(struct mm *mm, const struct mm_space *s,
                 const struct mm_table *parent, uint64_t va, unsigned level,
                 struct mm_table *t);
    /* Makes T readable again after others were, if that takes anything. */
    int (*show)(struct mm *mm, const struct mm_table *t);
    /* The machine frame of frame number I of the pool. */
    uint64_t (*frame)(const struct mm *mm, uint32_t i);
    /* A new L4 is pinned. */
    int (*adopt_l4)(struct mm *mm, const struct mm_space *s);
    /* Another L4 is about to be loaded, or S is about to go. */
    int (*leave)(struct mm *mm);
};

struct mm {
    struct mm_plat *plat;
    const struct mm_method_ops *ops;
    const struct mm_request *request;
    const uint64_t *pool;

    uint64_t *free; /* machine frames nobody uses, a stack */
    uint32_t nr_free;
    uint64_t *book; /* nr_pool words for the method */

    uint64_t current_l4;
    uint64_t kernel_l3;          /* what MM_KERNEL_SLOT names, 0: nothing */
    uint64_t nr_tables, nr_book; /* frames in use */
    uint64_t virtual_bytes;
    struct mm_counts counts;
    int error;              /* the first failure of anything */
    const char *error_file; /* where it was seen */
    uint32_t error_line;
    uint32_t error_why;

    union {
        struct {
            uint64_t first, last; /* frame numbers of the direct map */
            uint64_t p2m;         /* address of the p2m array */
            uint32_t nr_m2p_set;  /* M2P entries that were changed */
        } direct;
        struct {
            uint64_t l2;
            uint32_t nr_pairs; /* pairs of pages ever used */
            uint32_t free;     /* 1 + the first free pair, or 0 */
        } shadow;
        struct {
            uint64_t mfn; /* what the window shows, 0: nothing */
        } window;
        struct {
            uint64_t cross_l4; /* whom MM_CROSS_SLOT names, 0: nobody */
        } recursive;
    } u;

    uint32_t nr_queued;
    struct mmu_update queue[MM_QUEUE];
};

/*
 * A kernel on REQUEST's boot tables that uses REQUEST's method. mm_stop()
 * also cleans up after a failed mm_start().
 */
int mm_start(struct mm *mm, struct mm_plat *p, const struct mm_request *request,
             const uint64_t *pool, uint64_t *scratch);
void mm_stop(struct mm *mm);

int mm_space_create(struct mm *mm, struct mm_space *s);
/* S may be the one that is loaded; then the boot tables are, afterwards. */
int mm_space_destroy(struct mm *mm, struct mm_space *s);
/* Loads S, or the boot tables if S is NULL. */
int mm_space_load(struct mm *mm, const struct mm_space *s);

/* Maps NR pages at VA to the frames of the data pool, over and over. */
int mm_map(struct mm *mm, struct mm_space *s, uint64_t va, uint64_t nr,
           uint64_t flags);
/* New flags for the NR pages from VA on, all of which are mapped. */
int mm_protect(struct mm *mm, struct mm_space *s, uint64_t va, uint64_t nr,
               uint64_t flags);
int mm_unmap(struct mm *mm, struct mm_space *s, uint64_t va, uint64_t nr);
/* The L1 entry of VA, 0 if there is none. */
int mm_lookup(struct mm *mm, const struct mm_space *s, uint64_t va,
              uint64_t *entry);

#endif
