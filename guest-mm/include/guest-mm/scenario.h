/* SPDX-License-Identifier: MIT
 *
 * One scenario: a page-table method put to work on a machine. The request and
 * the report are plain data of one layout everywhere, so that a host can hand
 * the one to a kernel on actual Xen and get back the other.
 */
#ifndef GUEST_MM_SCENARIO_H
#define GUEST_MM_SCENARIO_H

#include <guest-mm/platform.h>

/* How the kernel reaches its page tables. */
enum mm_method {
    MM_MACHINE,   /* 1a: machine frames mapped 1:1 */
    MM_PSEUDO,    /* 1b: pseudo-physical frames mapped 1:1, p2m and m2p */
    MM_SHADOW,    /* 2: beside each table a page of virtual addresses */
    MM_RECURSIVE, /* 3: the L4 maps itself read-only */
    MM_WINDOW,    /* T: one window that is moved to the table in question */
    MM_NR_METHODS
};

/* What is asked of Xen for a method, one request each. */
enum mm_verdict {
    MM_V_READ,        /* map a live table as the method does, read-only */
    MM_V_WRITE,       /* the same, writable, in a place that is empty */
    MM_V_MAKE_WRITE,  /* turn the read-only mapping writable */
    MM_V_CROSS,       /* 3 only: read-only, from another L4 */
    MM_V_CROSS_WRITE, /* 3 only: writable, from another L4 */
    MM_NR_VERDICTS
};

enum mm_phase {
    MM_CREATE, /* an empty address space, loaded */
    MM_MAP,
    MM_PROTECT,
    MM_UNMAP,
    MM_DESTROY,
    MM_NR_PHASES
};

#define MM_NR_WORKLOADS 3u

struct mm_request {
    uint32_t method;  /* enum mm_method */
    uint32_t nr_pool; /* frames in the pool */
    uint32_t nr_data; /* the last of them: data, not tables */
    uint32_t pad;
    uint64_t boot_l4, boot_l3;       /* boot_l4[511] names boot_l3 */
    uint64_t pages[MM_NR_WORKLOADS]; /* pages of each workload, 1 or more */
};

struct mm_counts {
    uint64_t hypercalls;
    uint64_t updates; /* entries asked for, by either hypercall */
    uint64_t clock;   /* in the unit of mm_plat_clock() */
};

struct mm_answer {
    int32_t asked; /* 0: makes no sense for the method */
    int32_t rc;
    uint32_t why; /* mm_plat_why() */
    uint32_t pad;
};

struct mm_workload_report {
    uint64_t pages;
    uint64_t table_frames;  /* page tables, the kernel's for the method too */
    uint64_t book_frames;   /* everything else the method keeps */
    uint64_t virtual_bytes; /* kernel virtual space that reaches the tables */
    struct mm_counts phase[MM_NR_PHASES];
};

struct mm_report {
    int32_t rc;     /* 0, or what went wrong: a negative errno */
    uint32_t where; /* source line in guest-mm that noticed, if rc */
    uint32_t why;   /* mm_plat_why() of it */
    char file[20];  /* and its file */
    struct mm_answer verdict[MM_NR_VERDICTS];
    struct mm_counts setup; /* once, before the first address space */
    struct mm_workload_report workload[MM_NR_WORKLOADS];
};

/*
 * Runs REQUEST. POOL: machine frames of the domain, unmapped and without a
 * type, nr_pool of them in the order of their pseudo-physical numbers.
 * SCRATCH: 2 * nr_pool words of the kernel's own memory. The kernel runs on
 * boot_l4, whose slots 0 to 255 and 272 to 510 are empty; so they are again
 * afterwards, and so is the M2P, whether the scenario went well or not.
 */
void mm_scenario_run(struct mm_plat *p, const struct mm_request *request,
                     const uint64_t *pool, uint64_t *scratch,
                     struct mm_report *report);

#endif
