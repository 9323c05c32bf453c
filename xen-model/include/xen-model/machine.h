/* SPDX-License-Identifier: MIT
 *
 * A machine: Xen's view of all frames, domains and vCPUs.
 *
 * The machine is one block of memory that the caller owns, without pointers:
 * copying the block is a snapshot. Guest RAM is a second block, nr_frames
 * pages of 4096 bytes, machine frame 0 first. Nothing here allocates.
 */
#ifndef XEN_MODEL_MACHINE_H
#define XEN_MODEL_MACHINE_H

#include <xen-model/descriptor.h>
#include <xen-model/frame.h>
#include <xen-model/grant.h>
#include <xen-model/pte.h>
#include <xen-model/rule.h>

#define XM_MAX_DOMAINS 8u
#define XM_MAX_VCPUS 8u /* of one domain */

/* Faults that can be switched on, each taking out exactly one check. */
enum xm_fault {
#define XM_FAULT(symbol, name, sentence) XM_FAULT_##symbol,
#include <xen-model/faults.def>
#undef XM_FAULT
    XM_NR_FAULTS
};

struct xm_fault_info {
    const char *name;     /* "linear-writable" */
    const char *sentence; /* what happens without the check */
};

/* FAULT < XM_NR_FAULTS. */
const struct xm_fault_info *xm_fault_info(enum xm_fault fault);

/*
 * What becomes of a domain that stores an absent entry which is vulnerable to
 * L1TF: Xen's option pv-l1tf, and whether it is built with shadow paging.
 */
enum xm_l1tf {
    XM_L1TF_UNCHECKED,
    XM_L1TF_CRASH,  /* the domain ends: there is no shadow paging */
    XM_L1TF_SHADOW, /* it goes on with shadow page tables */
};

#define XM_MAX_RANGES 4u

struct xm_mfn_range {
    xm_mfn first, end; /* from FIRST, up to END; 0: unused */
};

struct xm_config {
    uint32_t xen_minor;      /* Xen 4.xen_minor */
    bool debug;              /* built with CONFIG_DEBUG (FRM-60, FRM-62) */
    bool flush_cache_alike;  /* both cache flushes refuse alike (VER-38) */
    bool dom_io_is_xen_heap; /* the flag of dom_io's frames (VER-10) */
    uint32_t nr_frames;      /* frames the machine has, Xen's max_page */
    bool pv_linear_pt;       /* linear page tables allowed */
    bool self_snoop;         /* CPU feature: WC mappings stay coherent */
    xm_mfn iomem_limit;      /* first frame above the physical address width */
    struct xm_mfn_range iomem_denied[XM_MAX_RANGES];    /* not even dom0 */
    struct xm_mfn_range iomem_read_only[XM_MAX_RANGES]; /* RW is dropped */
    /* Of these, the pages of PCI configuration space. */
    struct xm_mfn_range mmcfg[XM_MAX_RANGES];
    enum xm_l1tf l1tf_hwdom, l1tf_domu; /* of domains made from now on */
    uint64_t l1tf_mask;        /* the address bits that the L1 cache looks at */
    uint64_t l1tf_safe;        /* there is nothing cacheable from here on */
    uint32_t max_grant_frames; /* of one domain, 0: no grant tables */
    uint32_t max_maptrack_frames; /* of one domain, 256 handles each */
    uint32_t faults;              /* a bit each, 1 << enum xm_fault */
};

#define XM_XEN_FIRST 13u /* 4.13 */
#define XM_XEN_LAST 22u  /* 4.22 */
#define XM_XEN_DEFAULT 17u

/* Xen 4.17 as Debian 12 ships it, on QEMU's default CPU. */
struct xm_config xm_config_default(uint32_t nr_frames);

/*
 * What differs in Xen 4.MINOR, as its stable branch has it now (rules VER-*).
 * False: it is not between XM_XEN_FIRST and XM_XEN_LAST.
 */
bool xm_config_set_xen(struct xm_config *config, unsigned int minor);

#define XM_RESERVED_GDT_ENTRY 7168u /* entries from here on are Xen's */
#define XM_MAX_GDT_FRAMES 14u

struct xm_vcpu {
    bool initialised;
    bool up;      /* not down: it would run */
    bool has_run; /* so Xen's page is in the window of its GDT (ADR-18) ... */
    bool gdt_mapped; /* ... and the guest's pages, or zeros, for ever */
    bool has_info;   /* it has registered a vcpu_info of its own */
    bool has_base, has_user_base;
    bool user_mode;          /* on the user base, else on the kernel's */
    bool old_partial;        /* old_guest_table is partial */
    bool has_old;            /* old_guest_table is set ... */
    bool old_waits;          /* ... and nothing goes on with it by itself */
    xm_mfn guest_table;      /* kernel base, an L4 */
    xm_mfn guest_table_user; /* user base, an L4 */
    xm_mfn old_guest_table;  /* a put to be finished before the next call */
    xm_mfn old_guest_ptpg;   /* table whose entry it was (linear counts) */
    bool has_old_ptpg;
    uint32_t nr_gdt; /* frames of the GDT, each occurrence holds references */
    xm_mfn gdt[XM_MAX_GDT_FRAMES];
    struct xm_ldt ldt;
    xm_mfn info_frame; /* where the vcpu_info is, held for ever */
    uint32_t maptrack_head, maptrack_tail; /* free handles, XM_MAPTRACK_TAIL */
};

/* Xen's is_dying: a domain that is being destroyed, one that was (OTH-01). */
enum xm_dying { XM_ALIVE, XM_DYING, XM_DEAD };

struct xm_domain {
    bool exists;
    bool privileged; /* control and hardware domain, as dom0 */
    bool m2p_strict; /* vm_assist m2p_strict */
    bool writable_pagetables;
    bool architectural_iopl; /* for whoever executes the guest */
    bool crashed;       /* none of its vCPUs ever runs again */
    bool check_l1tf;    /* absent entries are looked at */
    bool shadow_forced; /* it has had one that was vulnerable */
    bool has_pirq_eoi;
    bool had_hardware; /* and may still have it mapped */
    enum xm_dying dying;
    uint32_t teardown;    /* how far its destruction has come ... */
    xm_mfn teardown_next; /* ... and the frame at which that goes on */
    xm_mfn shared_info;
    xm_mfn pirq_eoi; /* where its unfinished interrupts are, held for ever */
    /*
     * Memory-mapped I/O that it was given rights to; of dom0, which begins with
     * all, that of which they were taken from it.
     */
    struct xm_mfn_range iomem[XM_MAX_RANGES];
    uint32_t nr_l4_pages;
    uint32_t tot_pages, max_pages; /* frames it has, and may have */
    xm_domid domid;
    uint32_t nr_vcpus; /* of these exist */
    /*
     * What Xen writes into its slots of the domain's L4 tables. In the slot of
     * the linear page tables the frame is that of the table.
     */
    uint64_t xen_l4[XM_L4_XEN_SLOTS];
    struct xm_vcpu vcpu[XM_MAX_VCPUS];
    struct xm_grant_table grant;
};

struct xm_machine; /* laid out in src/internal.h */

/* Bytes of the machine block for CONFIG. */
size_t xm_machine_size(const struct xm_config *config);

/*
 * Lays out a machine in BLOCK (xm_machine_size() bytes, 8-byte aligned). All
 * frames are free, the M2P is all-ones, there are no domains.
 */
struct xm_machine *xm_machine_init(void *block, const struct xm_config *config);

const struct xm_config *xm_machine_config(const struct xm_machine *m);

/* Switches faults of an existing machine (a bit each). */
void xm_machine_set_faults(struct xm_machine *m, uint32_t faults);

/* The state of frame MFN, NULL if the machine has no such frame. */
struct xm_frame *xm_machine_frame(struct xm_machine *m, xm_mfn mfn);
const struct xm_frame *xm_machine_frame_const(const struct xm_machine *m,
                                              xm_mfn mfn);

/* The M2P entry of MFN (which must be a frame of the machine). */
uint64_t *xm_machine_m2p(struct xm_machine *m, xm_mfn mfn);

/* Makes a domain; NULL if the id is taken, special, or there is no room. */
struct xm_domain *xm_domain_create(struct xm_machine *m, xm_domid domid,
                                   bool privileged);
struct xm_domain *xm_domain_find(struct xm_machine *m, xm_domid domid);

/* The I-th domain (I < XM_MAX_DOMAINS), NULL if that place is empty. */
struct xm_domain *xm_domain_at(struct xm_machine *m, uint32_t i);

/* Gives a free frame to a domain, as Xen's allocator does (REF-14). */
void xm_frame_assign(struct xm_machine *m, xm_mfn mfn, xm_domid domid);

/* Who owns a frame that belongs to no guest. */
enum xm_frame_kind {
    XM_FRAME_FREE,
    XM_FRAME_XEN,  /* private to Xen: no owner, C = 0 */
    XM_FRAME_MMIO, /* dom_io: holes, MMIO, the first MiB */
    XM_FRAME_M2P,  /* dom_xen, shared read-only */
};
void xm_frame_set_kind(struct xm_machine *m, xm_mfn mfn,
                       enum xm_frame_kind kind);

/*
 * TLB flushes that Xen makes, so that translations older than the call are not
 * used after it (TLB-*). What is not among them, the guest must flush itself.
 */
enum xm_flush {
    XM_FLUSH_OWN = 1 << 0,         /* the CPU of the caller */
    XM_FLUSH_OWN_PAGE = 1 << 1,    /* one address on it */
    XM_FLUSH_VCPUS = 1 << 2,       /* those of a bitmap */
    XM_FLUSH_VCPUS_PAGE = 1 << 3,  /* one address on them */
    XM_FLUSH_DOMAIN = 1 << 4,      /* wherever the tables' owner has run */
    XM_FLUSH_DOMAIN_PAGE = 1 << 5, /* one address there */
    XM_FLUSH_TYPE = 1 << 6, /* wherever a page may be mapped as it was used */
};

/* Addresses outside FIRST..LAST, which are the guest's, are the embedder's. */
struct xm_own_memory {
    xm_vaddr first, last;
    /* Copies N bytes; false: they cannot be read or written there. */
    bool (*read)(void *to, xm_vaddr from, size_t n);
    bool (*write)(xm_vaddr to, const void *from, size_t n);
};

struct xm_cpu;

struct iret_context;

/*
 * What answers hypercalls that have nothing to do with memory: events, time,
 * the console. It is asked first, for each call of a multicall too. False: the
 * call is for the model. `left`, or NULL: a multicall has ended with iret, the
 * rest of which is the caller's.
 */
struct xm_others {
    void *context;
    bool (*hypercall)(void *context, struct xm_cpu *c, uint64_t number,
                      uint64_t arg[6], struct xm_result *result);
    void (*left)(void *context, const struct iret_context *frame);
};

/* Where Xen asks whether to stop. */
enum xm_stop {
    XM_STOP_REQUEST,  /* between two requests of a list */
    XM_STOP_DEFERRED, /* a deferred put is next (PRE-21) */
    XM_STOP_CALL,     /* between two calls of a multicall */
    XM_STOP_VALIDATE_L2,
    XM_STOP_VALIDATE_L3,
    XM_STOP_RELEASE_L2,
    XM_STOP_RELEASE_L3,
    XM_STOP_MEMORY, /* between two extents of memory_op */
    XM_STOP_GRANT,  /* between two operations on grants */
    XM_STOP_DESTROY,
    XM_NR_STOPS
};

/*
 * The first request that was refused: of a list, of the calls in a multicall,
 * or the call itself. It says more than the answer of the call does.
 */
struct xm_refused {
    struct xm_result why; /* of no rule: nothing was refused */
    uint32_t number;      /* the hypercall */
    uint32_t call;        /* which of a multicall, from 1; 0: it is in none */
    uint32_t request;     /* which of its list, from 0; or XM_NO_REQUEST */
    /*
     * As it was asked: ptr and val of mmu_update, cmd and arg1 of mmuext_op;
     * with XM_NO_REQUEST the first two registers, of update_va_mapping va, val.
     */
    uint64_t asked[2];
};
#define XM_NO_REQUEST (~0u) /* it has no list, or this is not about it */

/*
 * The surroundings of one hypercall: which machine, on which vCPU, and how
 * soon something else wants the CPU.
 */
struct xm_cpu {
    struct xm_machine *machine;
    /*
     * Where the arguments of hypercalls may lie beside the guest's memory: what
     * links the guest's source keeps some of them itself. NULL: nowhere.
     */
    const struct xm_own_memory *own;
    const struct xm_others *others; /* NULL: nobody */
    uint64_t *ram;                  /* guest RAM: 512 words a frame */
    /*
     * One bit a frame, set where the model writes RAM; the caller clears them.
     * NULL: nobody wants to know (see snapshot.h).
     */
    uint64_t *written;
    /*
     * Which words of WRITTEN are not 0, so that nobody has to look at all of
     * them: bit I stands for the words I, I + 64 and so on. NULL: as above.
     */
    uint64_t *written_words;
    xm_domid domid;
    uint32_t vcpu;
    xm_vaddr rsp; /* the guest's stack pointer: iret finds its frame there */
    uint32_t domain_index; /* where domid was found last: only a hint */
    /*
     * Xen asks at certain points whether to stop. The answer is yes once,
     * after preempt_after questions answered no (negative: always no), and a
     * second time at the preempt_again-th question behind that (0: not).
     */
    int64_t preempt_after;
    uint32_t preempt_again;
    enum xm_stop stopped_at; /* where the answer was yes last */
    /*
     * Frames that Xen's allocator delivers next; when they are used up, the
     * lowest free ones.
     */
    const xm_mfn *alloc;
    uint32_t nr_alloc;
    uint32_t random;           /* what Xen's get_random() says */
    bool preempted;            /* the answer was yes during the last call */
    uint32_t flushed;          /* enum xm_flush; the caller clears it */
    struct xm_rule_set fired;  /* rules that spoke; the caller clears it */
    struct xm_refused refused; /* what was; the caller clears its rule */
};

/* The words of a frame in guest RAM. */
static inline uint64_t *xm_ram_frame(const struct xm_cpu *c, xm_mfn mfn)
{
    return c->ram + mfn * XM_ENTRIES;
}

/* Marks a frame, which is about to be written, in cpu.written. */
static inline void xm_mark_written(const struct xm_cpu *c, xm_mfn mfn)
{
    if (!c->written)
        return;
    c->written[mfn / 64] |= 1ull << (mfn % 64);
    if (c->written_words)
        *c->written_words |= 1ull << (mfn / 64 % 64);
}

/* The words of a frame, for who is about to write there. */
static inline uint64_t *xm_ram_to_write(const struct xm_cpu *c, xm_mfn mfn)
{
    xm_mark_written(c, mfn);
    return c->ram + mfn * XM_ENTRIES;
}

#endif
