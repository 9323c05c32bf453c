/* SPDX-License-Identifier: MIT
 *
 * What the files of the direct engine share: the one machine there is.
 */
#ifndef DIRECT_INTERNAL_H
#define DIRECT_INTERNAL_H

#include <domain/domain.h>
#include <explain/explain.h>
#include <pinfold/pinfold.h>
#include <record/record.h>

#include <xen-model/hypercall.h>
#include <xen-model/snapshot.h>
#include <xen-model/walk.h>

#define DIRECT_DOMID 1u

/* An L1 table as the process sees it now: 2 MiB of the guest's addresses. */
struct direct_region {
    xm_vaddr va;       /* of its first page */
    xm_mfn table[5];   /* of the walk that led here, index = level */
    uint64_t entry[5]; /* entries of the walk above L1 */
    uint64_t mapped[XM_ENTRIES / 64], writable[XM_ENTRIES / 64]; /* pages */
    uint64_t seen[XM_ENTRIES]; /* all entries, when they were looked at last */
    struct direct_region *next;
};

struct direct {
    struct pinfold_config config;
    xm_vaddr first, last; /* the guest's addresses */
    struct xm_cpu cpu;
    const struct xm_domain *self; /* the guest, as the model knows it */
    struct xm_own_memory own;
    bool valgrind; /* runs this */
    int memory;    /* a file: the machine's RAM */
    size_t ram_bytes;
    void *block; /* of the model */
    size_t block_bytes;
    uint64_t *written; /* by the model, since the last look: a bit a frame */
    uint64_t written_words; /* which of these words are not 0 */
    size_t nr_words;        /* in each of the three */
    uint64_t *touched;      /* by anybody, since the last reset */
    uint64_t *tables;       /* that the regions depend on; more may be marked */
    void *scratch;          /* of the invariants */
    xm_vaddr start_info;
    struct direct_region *regions;
    struct record *record; /* NULL: the run is not recorded */
    pinfold_page_fault *handler;
    pinfold_console *on_console;
    pinfold_upcall *on_event;
    pinfold_shutdown *on_shutdown;
    pinfold_idle *on_idle;
    struct domain *domain; /* what surrounds the MMU ... */
    struct domain_host host;
    struct xm_others others;
    struct pinfold_counts counts;
    const void *caller; /* where the hypercall at hand, or the last, returns */
    struct xm_result why; /* of the last call that was refused */
    unsigned int number;  /* which call that was */
    const char *sentence; /* why, if no rule says so */
    bool explained, explained_other;
    void *saved_block; /* as the first reset has found it */
    uint64_t *saved_ram;
    struct domain *saved_domain;
    char error[256];
};

extern struct direct direct;

int direct__fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* -- build.c: the domain as the toolstack leaves it ----------------------- */

int direct__build(void);

/* The page of a frame number, as the toolstack has given it out. */
uint64_t *direct__page(uint32_t pfn);

/* -- hypercall.c ------------------------------------------------------------
 */

/* The run is written as a trace from here on, if that is asked for. */
int direct__record_begin(void);
/* No longer, for the reason that is then printed; or not at all. */
void direct__record_check(void);

/* -- copy.S: memory of the program itself ---------------------------------- */

/* False: it is not there, or not writable. */
bool direct__copy_in(void *to, xm_vaddr from, size_t n);
bool direct__copy_out(xm_vaddr to, const void *from, size_t n);
/* A fault in them, which is before the former, goes on at the latter. */
extern char direct__copy_end[], direct__copy_failed[];

/* -- valgrind.c ------------------------------------------------------------ */

bool direct__on_valgrind(void);
/* Maps everything. */
void direct__populate(void);
/* As those of copy.S. */
bool direct__copy_in_by_kernel(void *to, xm_vaddr from, size_t n);
bool direct__copy_out_by_kernel(xm_vaddr to, const void *from, size_t n);

/* -- stale.c: translations that may be in use still ------------------------ */

/* False: what a processor may still do there, the tables allow, too. */
bool direct__became_stale(xm_vaddr va, uint64_t before, uint64_t after);
void direct__flush_all(void);
/* What the call that was just made has flushed, and what it has given back. */
void direct__note_flushes(uint64_t number, const uint64_t arg[6]);
/* VA is touched, by the instruction AT. */
void direct__check_use(xm_vaddr va, const void *at);

/* -- event.c: around the MMU ------------------------------------------------
 */

/* The frames of the two rings. */
int direct__begin_events(uint32_t console, uint32_t store);
void direct__end_events(void);
/* Timers fire, the backends see to their rings. */
void direct__pass_time(uint64_t ns);
/* The domain has crashed: its end, which is explained. */
void direct__crash(void);
/* Who waits is woken, upcalls that are due are made. */
void direct__after_call(void);
void direct__save_domain(void);
void direct__restore_domain(void);

/* -- reset.c -------------------------------------------------------------- */

/* MFN is written by the guest. */
void direct__touch(xm_mfn mfn);

/* -- space.c: the guest's addresses as mappings of the process ------------ */

/* Makes the page of VA accessible as the tables say; false: they do not. */
bool direct__map(xm_vaddr va, bool write);
/* After a call: what is mapped and not so in the tables any more, goes. */
void direct__follow(void);
/* The entry with which the page of VA is mapped, 0: it is not. */
uint64_t direct__seen(xm_vaddr va);
/* Another base was loaded: what is not so in its tables goes. */
void direct__change_base(void);
/* Nothing is mapped any more. */
void direct__forget(void);

/* -- fault.c -------------------------------------------------------------- */

int direct__catch_faults(void);
void direct__release_faults(void);

/* -- inline.c: syscall instructions of the guest -----------------------------
 */

int direct__catch_syscalls(void);
void direct__release_syscalls(void);

/* -- callers.c ------------------------------------------------------------- */

/*
 * Where the calls return to that have led here, how many: from FROM on, if that
 * is one of them, without hypercall_page.
 */
int direct__callers(const void *from, void **frames, int most);
/* Their functions, on stderr. */
void direct__show_callers(void *const *frames, int n);
/* Those of the instruction AT, from within the signal that it has made. */
void direct__show_instruction(const void *at);

/* -- explain.c ------------------------------------------------------------ */

void direct__name_frame(void *context, xm_mfn mfn, char buffer[EXPLAIN_NAME]);
void direct__explain_first(void);

#endif
