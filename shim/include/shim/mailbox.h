/* SPDX-License-Identifier: MIT
 *
 * The mailbox of one vCPU, through which a host drives the shim. It lies in the
 * guest's RAM, which the host shares. One request at a time: the host fills in
 * the command, then raises request (release); the guest executes it, fills in
 * the answer, then sets response to the same number (release).
 */
#ifndef SHIM_MAILBOX_H
#define SHIM_MAILBOX_H

#include <stdint.h>

#define SHIM_MAGIC 0x374d494853504e46ull /* "FNPSHIM7" */
#define SHIM_VCPUS 2u                    /* with a mailbox each, in a row */
#define SHIM_DATA_SIZE 65536u
/* Where mmu_update and mmuext_op have theirs in the data. */
#define SHIM_DONE_AT 0u
#define SHIM_REQUESTS_AT 64u
#define SHIM_VIRT_BASE 0xffffffff80000000ull

enum shim_command {
    SHIM_PING,
    SHIM_HYPERCALL, /* arg[0] number, arg[1..5] arguments; rc */
    /*
     * These may end in an exception. arg[2]: the TLB is not flushed before;
     * arg[3], of the first three: as the guest's user.
     */
    SHIM_LOAD,         /* arg[0] address; value */
    SHIM_STORE,        /* arg[0] address, arg[1] value */
    SHIM_LOAD_SEGMENT, /* arg[0] selector, into fs, which is null again then */
    SHIM_WRITE_CR3,    /* arg[0] value */
    SHIM_READ_CR3,     /* value */
    SHIM_INVLPG,       /* arg[0] address */
    SHIM_SCENARIO,     /* data: struct mm_request, pool; becomes the report */
    SHIM_EXECUTE,      /* data: struct shim_execute; changed, or a fault */
    SHIM_SHUTDOWN,     /* does not return */
    SHIM_MEASURE,      /* data: struct shim_measure, filled in */
    SHIM_PARK,         /* until released is the request; flushes the TLB */
};

/*
 * How an event finds the vCPU. Xen continues a hypercall that it has stopped
 * by going back to the instruction, with the registers to go on with.
 */
struct shim_upcall {
    uint64_t r10, r9, r8, rdx, rsi, rdi, rax, rcx, r11; /* as upcall.S pushes */
    uint64_t rip;
};

/* A timer that the guest sets just before a hypercall. */
struct shim_timer {
    uint64_t delay; /* ns; 0: none */
    /* Xen's time: nanoseconds at a time stamp, and how fast that counts. */
    uint64_t system_time, tsc_timestamp;
    uint32_t tsc_to_system_mul;
    int32_t tsc_shift;
};

struct shim_mailbox {
    /* Each of the two words on a cache line of its own. */
    _Alignas(64) uint32_t request;
    _Alignas(64) uint32_t response;

    _Alignas(64) uint64_t command;
    uint64_t spins; /* how often to look before the CPU is given away */
    uint64_t arg[6];
    struct shim_timer timer; /* of SHIM_HYPERCALL */
    int64_t rc;
    uint64_t value;
    uint64_t vector, error_code, cr2; /* of an exception; vector 0: none */
    uint32_t parked, released;        /* of SHIM_PARK */

    /* Written once, before the guest announces itself. */
    uint64_t magic;
    uint64_t self;         /* this structure's virtual address */
    uint64_t p2m;          /* machine address of the p2m list, contiguous */
    uint64_t nr_pages;     /* of the domain */
    uint64_t first_unused; /* first pfn that the shim has no use for ... */
    uint64_t first_free;   /* ... and the first beyond the boot map */
    uint64_t boot_l4;      /* mfn */
    uint64_t shared_info;  /* machine address */
    uint64_t secondary;    /* where vCPU 1 begins, its mailbox in rdi */
    /* How it was entered. */
    uint64_t start_info; /* rsi */
    uint64_t entry_rsp, entry_flags;
    uint64_t entry_others;   /* the other general registers, or-ed */
    uint64_t park, park_end; /* addresses of the loop of SHIM_PARK */

    /*
     * The second box, of the event callback: the guest fills in upcall, raises
     * upcalls (release), and waits until the host has set resumed to it.
     */
    _Alignas(64) uint32_t upcalls;
    _Alignas(64) uint32_t resumed;
    struct shim_upcall upcall;

    /* The words above are in no page with anything else. */

    _Alignas(4096) uint8_t data[SHIM_DATA_SIZE];
};

#endif
