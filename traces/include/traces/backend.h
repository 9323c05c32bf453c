/* SPDX-License-Identifier: MIT
 *
 * What can execute the steps of a trace: the model, or actual Xen. Both speak
 * of the same machine frames, so what they answer compares directly.
 */
#ifndef TRACES_BACKEND_H
#define TRACES_BACKEND_H

#include <xen-model/hypercall.h>

enum pvt_call {
    PVT_MMU_UPDATE,
    PVT_MMUEXT_OP,
    PVT_UPDATE_VA_MAPPING, /* with other != DOMID_SELF: _otherdomain */
    /* What the guest does itself, and exceptions may come of. */
    PVT_LOAD,         /* 64-bit load from va */
    PVT_STORE,        /* 64-bit store of val to va */
    PVT_LOAD_SEGMENT, /* of the selector val into a data segment register */
    PVT_WRITE_CR3,    /* of val */
    PVT_READ_CR3,
    PVT_INVLPG,    /* of va */
    PVT_EXECUTE,   /* one instruction that stores */
    PVT_HYPERCALL, /* any, with its arguments in guest memory */
};

/* An access of the guest itself, which ends well or in an exception. */
static inline bool pvt_is_access(enum pvt_call call)
{
    return call >= PVT_LOAD && call <= PVT_EXECUTE;
}

/* It delivers a value. */
static inline bool pvt_is_load(enum pvt_call call)
{
    return call == PVT_LOAD || call == PVT_READ_CR3;
}

#define PVT_MAX_CODE 15u
#define PVT_FLAGS 16u /* behind the general registers: status flags and DF */
#define PVT_NR_REGISTERS 17u

struct pvt_code {
    uint8_t code[PVT_MAX_CODE];
    uint32_t length;
    uint64_t registers[PVT_NR_REGISTERS]; /* those not given are 0 */
    uint32_t given;                       /* a bit each */
};

/* Somebody who wants to see a hypercall in the middle. */
struct pvt_stops {
    /*
     * 0: it stops where Xen looks first. Else a timer is set to so many
     * nanoseconds just before the call: it stops once, or the timer comes too
     * early or late.
     */
    uint64_t delay;
    /*
     * The call has stopped, and goes on with NUMBER and ARG; DATA is op.data as
     * it is now. True: it stops again where Xen looks next. Nothing may be
     * executed on the machine meanwhile.
     */
    bool (*stopped)(void *context, uint64_t number, const uint64_t arg[6],
                    const uint8_t *data);
    void *context;
};

/* One step with every name resolved. */
struct pvt_op {
    enum pvt_call call;
    xm_domid domid;
    uint32_t vcpu;
    uint32_t count; /* requests of MMU_UPDATE, MMUEXT_OP */
    const struct mmu_update *updates;
    const struct mmuext_op *ops;
    uint32_t foreigndom;
    xm_vaddr va; /* of EXECUTE: 0, or all of its 8 bytes at most are here */
    uint64_t val, flags;
    xm_domid other;
    bool unflushed; /* LOAD, STORE: the TLB is not flushed before */
    bool user; /* LOAD, STORE, LOAD_SEGMENT: by the guest's user, not kernel */
    const struct pvt_code *code; /* PVT_EXECUTE */
    /*
     * PVT_HYPERCALL: number and registers; data is what the domain's argument
     * area holds before and, when the call is done, after it.
     */
    uint64_t number, arg[6];
    xm_vaddr args; /* the area */
    uint8_t *data;
    uint32_t data_size; /* bytes, at most PVT_MAX_DATA */
    /* PVT_HYPERCALL, actual Xen: NULL, or the call stops where Xen looks. */
    const struct pvt_stops *stops;
};
#define PVT_MAX_DATA 8192u

#define PVT_MAX_ALLOC 32u

struct pvt_outcome {
    int64_t rc;
    uint32_t done;   /* *pdone after the call; PVT_DONE_UNTOUCHED before */
    uint32_t vector; /* of the exception that was taken; 0: none */
    uint32_t error_code;
    xm_vaddr cr2;                         /* of a page fault */
    uint64_t value;                       /* of LOAD and READ_CR3 */
    uint64_t registers[PVT_NR_REGISTERS]; /* of PVT_EXECUTE */
    uint64_t known_flags;                 /* the others may be anything */
    /* Frames of Xen's heap that the call gave to a domain, in their order. */
    xm_mfn alloc[PVT_MAX_ALLOC];
    uint32_t nr_alloc;
    struct xm_result why;     /* the model's reason; of actual Xen all zero */
    struct xm_rule_set fired; /* rules that spoke; of actual Xen empty */
};
#define PVT_DONE_UNTOUCHED 0xa5a5a5a5u
#define PVT_CRASH 0x100u /* no vector: the domain has crashed */

/*
 * Frames every machine has. boot_l4[511] -> boot_l3[510] -> boot_l2 is what
 * both vCPUs of a domain run on; boot_l2[PVT_WINDOW_SLOT] is free for a
 * trace's window. These four frames each domain has for itself.
 */
struct pvt_known_frames {
    xm_mfn boot_l4, boot_l3, boot_l2;
    xm_mfn shared_info;   /* Xen-heap frame shared with the domain */
    xm_mfn xen;           /* private to Xen: no owner, not free */
    xm_mfn free;          /* a free frame of RAM */
    xm_mfn mmio;          /* a dom_io frame below max_page */
    xm_mfn m2p;           /* a frame of the M2P, dom_xen's */
    uint64_t nr_frames;   /* max_page: this number and above do not exist */
    xm_vaddr args;        /* where arguments lie, PVT_MAX_DATA bytes ... */
    uint64_t args_stride; /* ... of vCPU 0; those of the next are so far on */
};
#define PVT_VCPUS 2u       /* of each domain, that run */
#define PVT_SPARE_VCPUS 1u /* behind them, not initialised */
/* Unprivileged domains may have so many pages more than they begin with ... */
#define PVT_SPARE_PAGES 256u
/* ... and 256 handles of grants; but domain 2 none. */
#define PVT_MAPTRACK_FRAMES(domid) ((domid) == 2 ? 0u : 1u)
#define PVT_FRAME_BLOCK 64u /* frames, of frame_memory() ... */
#define PVT_FRAME_BYTES 32u /* ... at most so large each */
#define PVT_WINDOW_SLOT 256u
#define PVT_WINDOW_VA 0xffffffffa0000000ull

/* A domain's grant table; of the entries, what is in use. */
#define PVT_MAX_GRANTS 2048u

struct pvt_grants {
    struct xm_grant_table table;
    struct xm_grant_active active[PVT_MAX_GRANTS];
};

struct pvt_backend;

struct pvt_backend_ops {
    const char *name; /* "model", "Xen 4.17.7" is in pvt_backend.version */
    /*
     * Makes a domain ready for a trace that will take FRAMES of it, builds it
     * if need be, and fills KNOWN with its frames. 1: such a domain this
     * machine does not have, message says why; -1: failed. Until end_trace.
     */
    int (*use_domain)(struct pvt_backend *b, xm_domid domid, bool privileged,
                      uint32_t frames, struct pvt_known_frames *known);
    /* Fresh frames of domid, C = 1, type none, zeroed. 0, or -1 + message. */
    int (*take_frames)(struct pvt_backend *b, xm_domid domid, uint32_t count,
                       xm_mfn *mfns);
    /* Raw memory; writing is for frames that are not validated tables. */
    int (*write_page)(struct pvt_backend *b, xm_mfn mfn,
                      const uint64_t words[XM_ENTRIES]);
    /* The words of a frame, until the next call; NULL + message: there is none.
     */
    const uint64_t *(*page)(struct pvt_backend *b, xm_mfn mfn);
    int (*read_frame)(struct pvt_backend *b, xm_mfn mfn, struct xm_frame *f);
    /* Many of them, quickly; they all exist. */
    void (*read_frames)(struct pvt_backend *b, const xm_mfn *mfns,
                        uint32_t count, struct xm_frame *f);
    /*
     * Where it keeps the states of the PVT_FRAME_BLOCK frames from FIRST on, as
     * far as they exist: as long as these *SIZE bytes stay, so do the states.
     */
    const void *(*frame_memory)(struct pvt_backend *b, xm_mfn first,
                                size_t *size);
    int (*read_m2p)(struct pvt_backend *b, xm_mfn mfn, uint64_t *value);
    /* Of a domain that was destroyed, all is zero. */
    int (*read_grants)(struct pvt_backend *b, xm_domid domid,
                       struct pvt_grants *to);
    /* -1: the machine is gone (crash, hang); message says how. */
    int (*execute)(struct pvt_backend *b, const struct pvt_op *op,
                   struct pvt_outcome *out);
    /*
     * The two halves of it; in between something else may be done. 1 of start:
     * this call has not begun, and is executed as a whole by finish. NULL: the
     * model has only execute.
     */
    int (*start)(struct pvt_backend *b, const struct pvt_op *op);
    int (*finish)(struct pvt_backend *b, const struct pvt_op *op,
                  struct pvt_outcome *out);
    /*
     * All domains back to the boot tables: base, no user base, empty window
     * slot, no vm_assist. What is beyond repair is built again, and so are
     * domains of a trace that ended HALFWAY. 1: nothing repairs this machine,
     * it must be closed; -1: failed.
     */
    int (*end_trace)(struct pvt_backend *b, bool halfway);
    /*
     * Copies the whole state into a model machine of nr_frames frames and its
     * RAM (page tables only). NULL where it makes no sense.
     */
    int (*export_machine)(struct pvt_backend *b, struct xm_machine *m,
                          uint64_t *ram);
    /*
     * Keeps the state as it is, or goes back to what was kept last; between
     * two calls. Frames have the same numbers then. NULL: it cannot. -1:
     * failed, and of go_back: the machine must be closed.
     */
    int (*keep)(struct pvt_backend *b);
    int (*go_back)(struct pvt_backend *b);
    void (*close)(struct pvt_backend *b);
};

struct pvt_backend {
    const struct pvt_backend_ops *ops;
    struct pvt_known_frames known; /* of domain 0 */
    char version[64];              /* "Xen 4.17.7" */
    unsigned int xen_minor;        /* 17 */
    bool xen_debug;                /* built with CONFIG_DEBUG */
    bool l1tf; /* absent entries of unprivileged domains are looked at */
    bool without_grants; /* its grant tables cannot be read: no such calls */
    char message[256];   /* after a failure: what happened, what to do */
};

#endif
