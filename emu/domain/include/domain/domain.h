/* SPDX-License-Identifier: MIT
 *
 * What a PV domain meets beside the MMU: event channels, time and timers, its
 * console, its xenstore, the traps it has asked for. Both engines run it: it
 * answers the hypercalls that the model has not, and keeps its state in one
 * block without pointers, which is copied as the machine's is.
 *
 * A run is a function of its inputs: what time it is the embedder says, and
 * nothing here looks at a clock. Guest memory is reached by the model alone,
 * and frames that the guest has made into tables are left alone.
 *
 * GAP: FIFO event channels (answered as by a Xen without them), interrupts of
 * devices, other domains behind an event channel than the guest itself and
 * the two backends that are here.
 */
#ifndef DOMAIN_DOMAIN_H
#define DOMAIN_DOMAIN_H

#include <domain/event.h>
#include <domain/store.h>
#include <xen-model/machine.h>

#define DOMAIN_NEVER UINT64_MAX
#define DOMAIN_NO_MFN (~(xm_mfn)0)
#define DOMAIN_WATCHDOGS 2u
#define DOMAIN_VECTORS 256u

/* Where Xen enters the guest. */
struct domain_entry {
    xm_vaddr address; /* 0: nowhere */
    uint16_t cs;
    uint8_t flags; /* of the trap table: privilege level, 4: disable events */
};

enum domain_callback {
    DOMAIN_ON_EVENT,
    DOMAIN_ON_FAILSAFE,
    DOMAIN_ON_SYSCALL,
    DOMAIN_ON_SYSENTER,
    DOMAIN_ON_SYSCALL32,
    DOMAIN_NR_CALLBACKS
};

struct domain_vcpu {
    uint32_t virq[DOMAIN_VIRQS]; /* the port of each, 0: none */
    bool blocked;                /* until an event, or the poll's timeout */
    int64_t polled;        /* port it waits for, -1: any, 0: it does not poll */
    uint64_t poll_timeout; /* all times: ns, 0 or DOMAIN_NEVER: none */
    uint64_t timer;        /* one shot */
    uint64_t period, last_tick;
    uint64_t state_since, state_time[4]; /* as in vcpu_runstate_info */
    uint16_t info_offset;              /* of the vcpu_info it has registered */
    uint64_t runstate_area, time_area; /* 0: none */
    uint64_t kernel_sp;
    uint16_t kernel_ss;
    bool task_switched; /* CR0.TS, as the guest has set it */
    /* Wanted; and, until the guest's iret, not wanted now. */
    bool nmi_pending, nmi_masked;
    uint8_t io_level;
    uint64_t io_bitmap; /* of so many ports, in the guest's memory */
    uint32_t io_ports;
    uint64_t debug[8];
    bool debug_extensions; /* CR4.DE, as the guest has set it */
    uint32_t debug_io;     /* enabled in DR7, and kept by Xen: those of ports */
    struct domain_entry callback[DOMAIN_NR_CALLBACKS];
    struct domain_entry trap[DOMAIN_VECTORS];
};

struct domain {
    xm_domid domid;
    uint64_t now;        /* ns since the machine began */
    bool has_tsc;        /* the guest's time stamp counter counts ns */
    uint64_t wall_clock; /* ns since 1970, when it began */
    bool down;
    uint8_t reason; /* SHUTDOWN_*, when it is down */
    bool console_kicked, store_kicked;
    bool store_changed; /* the embedder may clear it: since then */
    const char *why;    /* the last refusal, in words; NULL: there was none */
    uint32_t nr_ports;  /* that are known, a multiple of the step */
    uint32_t console_port, store_port; /* 0: there is none */
    xm_mfn console_mfn, store_mfn;
    uint64_t watchdog[DOMAIN_WATCHDOGS]; /* when it bites, 0: not in use */
    struct domain_port port[DOMAIN_PORTS];
    struct domain_vcpu vcpu[XM_MAX_VCPUS];
    struct domain_store store;
};

/* The domain and what of it leads outside. */
struct domain_host {
    struct domain *domain;
    /* Output of the console, as it comes. NULL: it is dropped. */
    void (*output)(void *context, const char *bytes, size_t n);
    void *context;
};

/*
 * The domain C->domid of the machine as its toolstack leaves it: upcalls are
 * masked, the ports of xenstore and console are bound to their backends, the
 * nodes that a guest finds in its xenstore. CONSOLE and STORE are the frames
 * of the two rings, or DOMAIN_NO_MFN. The frame of shared_info is the
 * model's. NAME is the guest's, at most 31 characters.
 */
struct domain_setup {
    xm_mfn console, store;
    uint64_t wall_clock;
    const char *name;
};
void domain_init(struct domain *d, struct xm_cpu *c,
                 const struct domain_setup *setup);

/*
 * Of struct xm_others, with a struct domain_host as CONTEXT: the hypercalls
 * that are answered here.
 */
bool domain_hypercall(void *context, struct xm_cpu *c, uint64_t number,
                      uint64_t arg[6], struct xm_result *result);

/*
 * A debug register, as set_debugreg and a move to it do: 0, or -ERROR and why.
 * False: there is no such register.
 */
int domain_set_debug(struct domain_vcpu *v, uint32_t reg, uint64_t value,
                     const char **why);
bool domain_get_debug(const struct domain_vcpu *v, uint32_t reg,
                      uint64_t *value);

/* After hypercalls: the backends see to what the guest has told them. */
void domain_serve(const struct domain_host *h, struct xm_cpu *c);

/* It is NOW, which never goes back: timers fire, the guest's clocks are set. */
void domain_set_time(struct domain *d, struct xm_cpu *c, uint64_t now);
/* When something will happen by itself, DOMAIN_NEVER: only from outside. */
uint64_t domain_next_timer(const struct domain *d, const struct xm_cpu *c);

/* Where the guest and Xen share the event flags and the time of VCPU. */
struct vcpu_info *domain_vcpu_info(const struct domain *d, struct xm_cpu *c,
                                   uint32_t vcpu);

/* An event is pending at VCPU and not masked: its upcall is due. */
bool domain_upcall_due(const struct domain *d, const struct xm_cpu *c,
                       uint32_t vcpu);
/* Its upcall begins, which masks further ones, and ends: as it was. */
void domain_begin_upcall(const struct domain *d, struct xm_cpu *c,
                         uint32_t vcpu);
void domain_end_upcall(const struct domain *d, struct xm_cpu *c, uint32_t vcpu);

/* Puts bytes into the console's ring, as many as have room there. */
size_t domain_console_input(struct domain *d, struct xm_cpu *c,
                            const void *bytes, size_t n);
/* How many of them the guest has not taken yet. */
size_t domain_console_waiting(struct domain *d, struct xm_cpu *c);

/*
 * Writes a node as the toolstack does, with what lies above it, and fires the
 * watches. GUESTS: the guest may write it. False: there is no room, or PATH
 * is no absolute path.
 */
bool domain_store_write(struct domain *d, const char *path, const void *value,
                        size_t n, bool guests);
/* The value, or NULL; *N is its length. Valid until the store changes. */
const void *domain_store_read(const struct domain *d, const char *path,
                              size_t *n);

#endif
