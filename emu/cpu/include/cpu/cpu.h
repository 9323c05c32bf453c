/* SPDX-License-Identifier: MIT
 *
 * The cpu engine: an unmodified PV kernel, executed instruction by instruction
 * by Unicorn, with the model as its Xen. What the processor does with page
 * tables is the model's own walk, so that faults, A and D bits and the rights
 * of each page are exact.
 *
 * A run is a function of its inputs: time is counted in blocks of
 * instructions, and nothing here looks at a clock.
 */
#ifndef CPU_CPU_H
#define CPU_CPU_H

#include <domain/domain.h>
#include <xen-model/hypercall.h>

#include <signal.h>

#define CPU_LAST_CALLS 16u

/*
 * Who looks on while the guest changes the machine. Each may be NULL. ARG: as
 * the guest gave it.
 */
struct pvcpu_observer {
    void (*before)(void *context, uint64_t number, const uint64_t arg[6]);
    void (*after)(void *context, const struct xm_result *result);
    /* A store to BYTES from VA on, which Xen has carried out. */
    void (*emulated)(void *context, xm_vaddr va, uint64_t bytes);
    /* Around a move to CR3. */
    void (*before_cr3)(void *context, uint64_t value);
    void (*after_cr3)(void *context, uint64_t value, int rc);
    void *context;
};

/* What comes of it when all vCPUs wait. */
enum pvcpu_idle {
    CPU_IDLE_SKIP,  /* time goes on to the next timer */
    CPU_IDLE_INPUT, /* there is something for them now */
    CPU_IDLE_AGAIN, /* nothing yet: ask once more */
    CPU_IDLE_GIVE_UP,
};

struct pvcpu_config {
    struct xm_cpu *cpu;          /* the machine; its vCPUs take turns in it */
    struct domain_host *host;    /* the domain's surroundings */
    uint64_t ns_per_block;       /* virtual time, 0: the default */
    uint64_t max_blocks;         /* 0: no limit */
    volatile sig_atomic_t *stop; /* a signal handler or a watchdog sets it */
    struct pvcpu_observer observer;
    /* All vCPUs wait, for NS or, DOMAIN_NEVER, for an event from outside. */
    enum pvcpu_idle (*idle)(void *context, uint64_t ns);
    /* Now and then: input may be looked for. */
    void (*poll)(void *context);
    void *context;
};

/* How a vCPU begins. */
struct pvcpu_start {
    xm_vaddr rip, rsp;
    uint64_t rsi; /* start_info */
};

enum pvcpu_end {
    CPU_SHUTDOWN,   /* the domain is down, for domain.reason */
    CPU_CRASH,      /* Xen has given it up: pvcpu_why() */
    CPU_MAX_BLOCKS, /* the limit is reached */
    CPU_STOPPED,    /* *stop was set */
    CPU_IDLE,       /* it waits for what will not come */
    CPU_FINDING,    /* an observer has stopped it: pvcpu_why() */
    CPU_BROKEN,     /* the engine cannot go on: pvcpu_why() */
};

struct pvcpu;

/* NULL: *WHY says what is missing. */
struct pvcpu *pvcpu_open(const struct pvcpu_config *config, const char **why);
void pvcpu_close(struct pvcpu *p);

/* Runs vCPU 0 from START, and those it starts, until an end. */
enum pvcpu_end pvcpu_run(struct pvcpu *p, const struct pvcpu_start *start);

/* For an observer: the run ends as CPU_FINDING. */
void pvcpu_stop(struct pvcpu *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* In words, of CPU_CRASH, CPU_FINDING and CPU_BROKEN. */
const char *pvcpu_why(const struct pvcpu *p);

/* What the engine has done. */
struct pvcpu_counts {
    uint64_t blocks, hypercalls, refused, fills, faults, emulated, privileged,
        stops, upcalls;
};
struct pvcpu_counts pvcpu_counts(const struct pvcpu *p);

/* Of all hypercalls, with their arguments and answers. */
uint64_t pvcpu_hash(const struct pvcpu *p);

/* The version of Unicorn that runs, "2.1.4": block counts depend on it. */
const char *pvcpu_version(void);

/* For reports: registers of the vCPU that ran last, as the guest sees them. */
struct pvcpu_registers {
    uint64_t gpr[16]; /* enum xm_gpr */
    uint64_t rip, rflags, fs_base, gs_base;
    uint16_t cs, ss, ds, es, fs, gs;
    uint32_t vcpu;
    bool user_mode;
};
void pvcpu_registers(struct pvcpu *p, struct pvcpu_registers *r);

/* RIP, and where the stack seems to lead back to, at most MAX. */
size_t pvcpu_backtrace(struct pvcpu *p, xm_vaddr address[], size_t max);

struct pvcpu_call {
    uint64_t number, arg[6], rax;
    struct xm_result result;
    const char *why; /* a refusal that is no rule's; or NULL */
};
/* The I-th last hypercall (0: the last one), NULL: there were not so many. */
const struct pvcpu_call *pvcpu_last_call(const struct pvcpu *p, unsigned int i);

#endif
