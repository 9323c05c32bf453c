/* SPDX-License-Identifier: MIT
 *
 * libpinfold: the memory management of a PV guest, as C source of its own,
 * linked into an ordinary program and run at native speed on the model of Xen.
 *
 * The guest's virtual addresses (struct pinfold_config) are real addresses of
 * the process: each page is a mapping of a machine frame with the rights that
 * the guest's page tables give, made when it is first touched. A store to a
 * read-only page goes the way Xen sends it: it is emulated if it is a store to
 * a table that Xen emulates, else the guest's page-fault handler runs.
 *
 * Hypercalls: by `call hypercall_page + 32 * n` as Xen's guests do, by a
 * `syscall` instruction in their code, or by pinfold_hypercall(). What their
 * arguments point to may be in the guest's memory or in the program's own.
 *
 * One machine at a time and one thread: a guest has no argument for either.
 */
#ifndef PINFOLD_PINFOLD_H
#define PINFOLD_PINFOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <xen/xen.h>

/*
 * Zero means the default in every field. The guest's addresses are whole L4
 * slots (512 GiB) between 1 TiB and 64 TiB, since the rest of the process lies
 * outside; with AddressSanitizer they begin at 17 TiB, its shadow is below.
 */
struct pinfold_config {
    uint32_t nr_pages;    /* of the domain; default 4096, that is 16 MiB */
    uint32_t image_pages; /* what its kernel takes; default 16 */
    uint64_t virt_base;   /* where it begins, a multiple of 1 GiB */
    unsigned int xen;     /* 13 to 22: Xen 4.13 to 4.22; default 17 */
    bool privileged;      /* as dom0: may map others' frames and devices */
    /* A file: the run as a trace, packed by zstd if its name ends in .zst. */
    const char *record;
    bool quiet;               /* do not explain the first refusal on stderr */
    const char *command_line; /* of the kernel, in start_info */
    uint64_t wall_clock;      /* when it begins: ns since 1970 */
    /*
     * The guest's code, if it has `syscall` inline: such an instruction
     * there is a hypercall. All code below code_end must be the guest's or the
     * program's own; libraries lie above.
     */
    const void *code, *code_end;
    /*
     * As on a processor with L1TF: an absent entry that names memory is the end
     * of an unprivileged domain, as of Debian's Xen. What is recorded then is
     * for a Xen that was started with pv-l1tf=domu.
     */
    bool l1tf;
};

/*
 * Makes a machine with one domain as the toolstack leaves it before its kernel
 * runs: memory, P2M, start_info, first page tables. 0, or -1 and a message in
 * pinfold_error(). CONFIG may be NULL.
 */
int pinfold_open(const struct pinfold_config *config);
void pinfold_close(void);
const char *pinfold_error(void);

/* As the guest sees it in its memory; rsi points to it when a kernel starts. */
struct start_info *pinfold_start_info(void);

/* The M2P, which Xen shows at 0xffff800000000000: [mfn] is a pfn or ~0. */
const uint64_t *pinfold_m2p(void);

/* A hypercall as the registers give it; the answer, in rax. */
long pinfold_hypercall(unsigned int number, uint64_t a1, uint64_t a2,
                       uint64_t a3, uint64_t a4, uint64_t a5);

/*
 * A page fault that Xen passes on to the guest. True: it has seen to it, and
 * the instruction is executed again. Without a handler, or if it says false, a
 * report is printed and the program dies of SIGSEGV, at the instruction.
 */
typedef bool pinfold_page_fault(uint64_t va, uint32_t error_code);
void pinfold_on_page_fault(pinfold_page_fault *handler);

/* What Xen said last: the rule's id, "" if nothing was refused. */
const char *pinfold_last_rule(void);
/* And in sentences: the call, the entry, the frame, who holds it. */
void pinfold_explain(FILE *to);

/*
 * -- around the MMU ---------------------------------------------------------
 *
 * Events, timers, the console and xenstore are there as Xen's toolstack leaves
 * them (start_info). Time is the engine's own: a hypercall takes one
 * microsecond, a guest that blocks wakes when its next timer is due, and two
 * runs are alike.
 */

/* What the guest writes to its console; without a handler, on stdout. */
typedef void pinfold_console(const char *bytes, size_t n);
void pinfold_on_console(pinfold_console *handler);
/* Types there: how many of the bytes had room. */
size_t pinfold_type(const char *bytes, size_t n);

/*
 * The C function behind the guest's event callback. It is called like any
 * function, after a hypercall, when an event is pending and upcalls are not
 * masked; while it runs, they are.
 */
typedef void pinfold_upcall(void);
void pinfold_on_event(pinfold_upcall *handler);

/*
 * The guest shuts down (SHUTDOWN_*). It may longjmp() out of here; when it
 * returns, or without a handler, the program exits: 1 after a crash, else 0.
 */
typedef void pinfold_shutdown(unsigned int reason);
void pinfold_on_shutdown(pinfold_shutdown *handler);

/*
 * The guest waits, and no timer will wake it. True: something was done about
 * it (pinfold_type(), pinfold_store_write()). False, or without a handler: it
 * would wait for ever, and the program aborts.
 */
typedef bool pinfold_idle(void);
void pinfold_on_idle(pinfold_idle *handler);

/* ns since the machine began; and so many more, with what is due meanwhile. */
uint64_t pinfold_time(void);
void pinfold_pass_time(uint64_t ns);

/*
 * Xenstore, by the toolstack's hand: absolute paths. The guest may read what is
 * written so. False, or NULL: no room, no path, no such node.
 */
bool pinfold_store_write(const char *path, const char *value);
const char *pinfold_store_read(const char *path, size_t *n);

/* Called before the program dies of one: where a debugger can stop. */
void pinfold_unhandled_fault(void);

/*
 * For a debugger, on stderr: the entries that translate VA in the tables that
 * are loaded; the type and the counts of a page frame, and who refers to it.
 */
void pinfold_show_walk(uint64_t va);
void pinfold_show_frame(uint64_t pfn);

/*
 * Checks all of the machine's invariants: no writable path to a table, counts
 * that add up. False: a sentence in pinfold_error().
 */
bool pinfold_check(void);

/* What has happened so far. */
struct pinfold_counts {
    uint64_t hypercalls, refused;
    uint64_t mapped;       /* pages of the guest mapped on first touch */
    uint64_t emulated;     /* stores that Xen emulated */
    uint64_t faults;       /* passed on to the guest */
    uint64_t stale;        /* pages used after a change without a flush */
    uint64_t given_cached; /* frames given back after one */
};
struct pinfold_counts pinfold_counts(void);

/*
 * For fuzzers: the first call remembers the state, later ones go back to it, in
 * a time that depends on what was touched since.
 */
void pinfold_reset(void);

#endif
