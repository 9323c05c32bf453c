/* SPDX-License-Identifier: MIT
 *
 * One running Xen, as the host sees it.
 */
#ifndef SHIM_HOST_INTERNAL_H
#define SHIM_HOST_INTERNAL_H

#include <domain/kernel.h>
#include <shim/host.h>
#include <shim/mailbox.h>

#include <stdio.h>
#include <sys/types.h>
#include <xen/xen.h>

#define SHIM_MAX_GROUPS 64u /* of 65,536 frames: 16 GiB */
/* Those of a domain that run, and the one that traces bring up. */
#define SHIM_ALL_VCPUS (SHIM_VCPUS + PVT_SPARE_VCPUS)
/* dom0's initrd, which nobody reads: the builder has a rule for it. */
#define SHIM_INITRD_BYTES 5000u
#define SHIM_DOMAINS 3u /* dom0, and two domUs that it builds */

struct shim_domain;

struct shim_vcpu {
    struct shim_domain *domain;
    uint32_t number;
    struct shim_mailbox *mailbox;
    bool up;      /* it polls its mailbox; else it is down, or paused */
    bool has_run; /* since its domain was built */
    /* Of the hypercall that it makes, if somebody wants to see it stop. */
    const struct pvt_stops *stops;
    uint64_t calling;
    bool has_timer; /* its event has a port */
    bool pending;   /* an event is, so that Xen stops where it looks next */
};

struct shim_domain {
    struct shim *shim;
    xm_domid domid;
    bool exists;
    bool running; /* not paused */
    bool spoiled; /* to be built again before its next trace */
    bool used_up; /* it is destroyed when this trace ends */
    bool crashed;
    /*
     * Machine address of Xen's struct domain, if a trace has it destroyed and
     * it is not gone yet; else 0.
     */
    uint64_t remains;
    const uint64_t *p2m;
    uint64_t nr_pages;
    uint64_t first_unused;        /* from here on, and below first_pfn */
    uint64_t first_pfn, next_pfn; /* to hand out: the first ever, the next */
    uint64_t trace_pfn;           /* and the first of the trace at hand */
    xm_mfn boot_l4, boot_l3, boot_l2, shared_info;
    struct shim_vcpu vcpu[SHIM_VCPUS];
};

struct shim {
    struct pvt_backend backend; /* first: what the runner holds */
    struct shim_config config;
    pid_t qemu;
    char dir[64]; /* private, holds the serial log */
    uint8_t *ram; /* QEMU's RAM, machine address 0 first */
    size_t ram_size;
    int ram_file;
    FILE *qmp_in, *qmp_out; /* QEMU's monitor; NULL: not connected yet */
    struct shim_kept *kept; /* NULL: nothing to go back to */
    struct shim_domain domains[SHIM_DOMAINS]; /* by domid */
    struct shim_vcpu *active;                 /* the one that spins */
    uint32_t domctl_version; /* of Xen's interface, 0: not known yet */
    uint64_t m2p_l4e;        /* with which L4 tables show it to guests */
    /* Machine address of each 2 MiB of Xen's frame table, and of its M2P. */
    uint64_t frame_table[SHIM_MAX_GROUPS];
    uint64_t m2p[SHIM_MAX_GROUPS / 4];
};

static inline struct shim *shim_of(struct pvt_backend *b)
{
    return (struct shim *)b;
}

/* The vCPU that controls everything else. */
static inline struct shim_vcpu *shim__control(struct shim *s)
{
    return &s->domains[0].vcpu[0];
}

/* Sets the backend's message; -1. */
int shim__fail(struct shim *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* qemu.c */
int shim__start(struct shim *s);
/* The rest of the line after KEY in the serial log; false: not (yet) there. */
bool shim__serial_find(struct shim *s, const char *key, char *rest,
                       size_t size);
/* What Xen printed last, for a message. */
void shim__serial_tail(struct shim *s, char *out, size_t size);
bool shim__alive(struct shim *s);
void shim__stop(struct shim *s);

/* qmp.c */
/*
 * Has QEMU execute a command, whose only argument is NAME, if that is not
 * NULL. TEXT: NULL, or the string that it answers, to be freed.
 */
int shim__qmp(struct shim *s, const char *command, const char *name,
              const char *value, char **text);
void shim__qmp_close(struct shim *s);

/* keep.c */
int shim__keep(struct pvt_backend *b);
int shim__go_back(struct pvt_backend *b);
void shim__drop_kept(struct shim *s);
/* Frames of a domain may have gone to others since. */
void shim__distrust_kept(struct shim *s);

/* fill.c */
/*
 * Puts what OP does into a mailbox. Its command, or -1: more than 64 KiB of
 * requests.
 */
int shim__fill(struct shim_mailbox *m, const struct pvt_op *op);
/* So many bytes of its data does OP use. */
uint32_t shim__filled(const struct pvt_op *op);

/* execute.c */
/* NULL and a message: there is none. */
struct shim_domain *shim__find_domain(struct shim *s, xm_domid domid);
int shim__execute(struct pvt_backend *b, const struct pvt_op *op,
                  struct pvt_outcome *out);
int shim__start_call(struct pvt_backend *b, const struct pvt_op *op);
int shim__finish_call(struct pvt_backend *b, const struct pvt_op *op,
                      struct pvt_outcome *out);
int shim__mmuext_op(struct shim_vcpu *v, const struct mmuext_op *ops,
                    uint32_t count, struct pvt_outcome *out);
int shim__mmu_update(struct shim_vcpu *v, const struct mmu_update *update,
                     struct pvt_outcome *out);

/* backend.c */
/*
 * A vCPU back to the boot tables, without descriptors of its own. 1 and a
 * message: Xen refuses.
 */
int shim__restore_vcpu(struct shim_vcpu *v);

/* mailbox.c */
int shim__attach(struct shim *s);
/* The mailboxes of D begin at machine address ADDRESS. */
int shim__adopt_mailboxes(struct shim_domain *d, uint64_t address);
/* Executes what is in the mailbox. 0, or -1: gone. */
int shim__call(struct shim_vcpu *v, uint64_t command);
int shim__hypercall(struct shim_vcpu *v, uint64_t number, const uint64_t arg[5],
                    int64_t *rc);
/* The guest's address of byte OFFSET of the mailbox's data. */
uint64_t shim__data(const struct shim_vcpu *v, size_t offset);
/* The two halves of a call. */
void shim__post(struct shim_vcpu *v, uint64_t command);
int shim__await(struct shim_vcpu *v);
/* Until V is in the loop of SHIM_PARK. */
int shim__await_parked(struct shim_vcpu *v);

/* stops.c */
/* The call of OP stops in the middle from now on, and not any more. */
int shim__begin_stops(struct shim_vcpu *v, const struct pvt_op *op);
void shim__end_stops(struct shim_vcpu *v);
/* The vCPU is in its event callback: looks, and lets it go on. */
void shim__at_upcall(struct shim_vcpu *v);

/* vcpu.c */
/* Initialises vCPU 1 of D, whose vCPU 0 polls. It stays down. */
int shim__init_secondary(struct shim_domain *d);
/* What Xen holds of a vCPU, and of its domain. */
struct shim_context {
    xm_mfn base, user_base; /* 0: no user base */
    uint64_t vm_assist;     /* a bit a type */
};
/* Not of the control vCPU itself, which Xen does not tell. */
int shim__read_context(struct shim_vcpu *v, struct shim_context *context);
/* Makes V poll its mailbox, if it does not yet. */
int shim__wake(struct shim_vcpu *v);
/* The domain polls no longer, dom0's vCPU 0 excepted. */
int shim__rest(struct shim_domain *d);

/* domctl.c: by dom0. RC: what Xen answers. */
struct xen_domctl;
int shim__domctl(struct shim *s, uint32_t command, xm_domid domid,
                 struct xen_domctl *op, int64_t *rc);
/* The version of Xen's control interface; 0: a message says why not. */
uint32_t shim__domctl_version(struct shim *s);
/* What must succeed; WHAT for the message. */
int shim__must_domctl(struct shim *s, uint32_t command, xm_domid domid,
                      struct xen_domctl *op, const char *what);
/* Fills LIST with the first frame of each of COUNT extents of 2 MiB. */
int shim__populate(struct shim *s, xm_domid domid, uint32_t count,
                   uint64_t *list);
int shim__pin_l4(struct shim *s, xm_domid domid, xm_mfn mfn);
/* Unpins all that traces have left pinned. */
int shim__unpin_all(struct shim_domain *d);
/* NULL: it lives; else what has become of it. */
/* The assists of a domain, as a vCPU's context tells them: not the caller's. */
int shim__vm_assists(struct shim *s, xm_domid domid, uint32_t vcpu,
                     uint64_t *assists);
const char *shim__obituary(struct shim_domain *d);

/* domu.c */
/* Blocks of 2 MiB of a domain of which a trace may take FRAMES. */
uint32_t shim__extents(uint32_t frames);
int shim__build_domain(struct shim_domain *d, uint32_t frames);
int shim__destroy_domain(struct shim_domain *d);
/*
 * A domctl of V as a trace has it, with everything in place. What it did to the
 * domain is noted.
 */
int shim__trace_domctl(struct shim_vcpu *v, const struct pvt_op *op,
                       int64_t *rc);
/* Waits for what Xen does later to a domain that is destroyed. */
int shim__settle(struct shim_domain *d);

/* image.c */
/* The kernel; closed by the caller. */
int shim__image_open(struct shim *s, struct pv_kernel *image);
/* Writes it into the frames of D. */
void shim__image_copy(const struct pv_kernel *image,
                      const struct shim_domain *d);

/* dom0.c */
/* dom0 is as the rules of its builder have it, or a message says what is not.
 */
int shim__check_dom0(struct shim *s);
/* And its assists: a vCPU tells of another one only, which must be up. */
int shim__check_assists(struct shim *s);

/* frames.c */
int shim__find_tables(struct shim *s);
int shim__find_known_frames(struct shim *s);
/* What D's traces know: of the machine, and of D. */
void shim__known_frames(const struct shim_domain *d,
                        struct pvt_known_frames *known);
struct xm_frame shim__frame(const struct shim *s, xm_mfn mfn);
void shim__read_frames(struct pvt_backend *b, const xm_mfn *mfns,
                       uint32_t count, struct xm_frame *f);
const void *shim__frame_memory(struct pvt_backend *b, xm_mfn first,
                               size_t *size);
/* It is free, and to be cleared before anybody gets it (REF-12). */
bool shim__needs_scrub(const struct shim *s, xm_mfn mfn);
uint64_t shim__m2p(const struct shim *s, xm_mfn mfn);
/* Machine address behind Xen's address VA; beyond all RAM: none. */
uint64_t shim__translate(const struct shim *s, uint64_t va);
/* Machine address of the struct domain that owns MFN, which has an owner. */
uint64_t shim__owner_address(const struct shim *s, xm_mfn mfn);
/* How many frames that struct domain owns, and how many are referred to. */
struct shim_owned {
    uint64_t frames, held;
};
struct shim_owned shim__owned(const struct shim *s, uint64_t address);
int shim__export_machine(struct pvt_backend *b, struct xm_machine *m,
                         uint64_t *ram);

/* grants.c */
struct shim_grants {
    uint32_t frames[SHIM_DOMAINS], status_frames[SHIM_DOMAINS];
    uint32_t maptrack_frames[SHIM_DOMAINS];
};
int shim__export_grants(struct shim_domain *d, struct xm_machine *m,
                        uint64_t *ram);
int shim__read_grants(struct shim_domain *d, struct pvt_grants *to);
/* Empties D's table. 1 and a message: it is in use, or larger than it was. */
int shim__clear_grants(struct shim_domain *d);
/* How many frames the grant tables have, and which have come since. */
int shim__count_grants(struct shim *s, struct shim_grants *g);
int shim__new_grants(struct shim *s, const struct shim_grants *before,
                     struct pvt_outcome *out);

static inline uint64_t *shim__page(const struct shim *s, xm_mfn mfn)
{
    return (uint64_t *)(void *)(s->ram + mfn * XM_PAGE_SIZE);
}

#endif
