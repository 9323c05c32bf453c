/* SPDX-License-Identifier: MIT
 *
 * The machine's layout and what the files of the model share. Function names
 * are Xen's where Xen has the function, with the prefix xm__.
 */
#ifndef XM_INTERNAL_H
#define XM_INTERNAL_H

#include <xen-model/machine.h>
#include <xen-model/pte.h>
#include <xen/errno.h>
#include <xen/xen.h>

/* A mistake of the caller or of the model: stops at once, needs no libc. */
#ifdef NDEBUG
#define assert(e) ((void)sizeof(e))
#else
#define assert(e) ((e) ? (void)0 : __builtin_trap())
#endif

/*
 * Followed in the block by nr_frames frames, nr_frames M2P entries, and the
 * pools of the grant tables.
 */
struct xm_machine {
    struct xm_config config;
    struct xm_domain domains[XM_MAX_DOMAINS];
};

/* How a reference is taken or dropped; the names are those of Xen. */
#define XM_PTF_PARTIAL_SET 1u /* the slot already holds a general reference */
#define XM_PTF_PREEMPTIBLE 4u
#define XM_PTF_DEFER 8u   /* leave the put to old_guest_table */
#define XM_PTF_RETAIN 16u /* keep the reference on -ERESTART */

#define XM_NO_MFN (~(xm_mfn)0)

/* -- results ------------------------------------------------------------- */

/* On the road of every entry: inline even where there are two callers. */
#define XM_INLINE static inline __attribute__((always_inline))
/* Off the road that most calls take: out of the way of the ordinary code. */
#define XM_COLD __attribute__((cold, noinline))

static inline struct xm_result xm__ok(void)
{
    return (struct xm_result){ 0 };
}

/* The refusal (or restart) RULE, about the values A and B. */
__attribute__((noinline)) struct xm_result xm__deny(enum xm_rule rule,
                                                    uint64_t a, uint64_t b);

/*
 * What every entry passes through answers with a bool instead, and leaves the
 * result alone while all is well. False: *WHY is the refusal RULE about A, B.
 */
__attribute__((noinline)) void
xm__say_why(struct xm_result *why, enum xm_rule rule, uint64_t a, uint64_t b);

static inline bool xm__refuse(struct xm_result *why, enum xm_rule rule,
                              uint64_t a, uint64_t b)
{
    xm__say_why(why, rule, a, b);
    return false;
}

/* RULE altered or accepted something. */
static inline void xm__note(struct xm_cpu *c, enum xm_rule rule)
{
    xm_rule_set_add(&c->fired, rule);
}

/* Ends a call: the rule that decided has spoken. */
static inline struct xm_result xm__finish(struct xm_cpu *c, struct xm_result r)
{
    if (r.rule != XM_R_NONE)
        xm__note(c, r.rule);
    return r;
}

/* Keeps what was refused, if it is the first. Out of the ordinary path. */
__attribute__((noinline, cold)) void
xm__note_refused(struct xm_cpu *c, uint32_t number, uint32_t request,
                 uint64_t a, uint64_t b, const struct xm_result *why);

/* Xen asks whether it should stop here. */
static inline bool xm__preempt_check(struct xm_cpu *c, enum xm_stop where)
{
    if (c->preempt_after < 0)
        return false;
    if (c->preempt_after-- == 0) {
        c->preempted = true;
        c->stopped_at = where;
        c->preempt_after = (int64_t)c->preempt_again - 1;
        c->preempt_again = 0;
    }
    return c->preempted;
}

static inline struct xm_result xm__interrupted(int rc)
{
    struct xm_result r = xm__deny(XM_R_CALL_PREEMPTED, 0, 0);

    r.rc = rc;
    return r;
}

#include "refs.h"

/* -- domains -------------------------------------------------------------- */

/* Searches all domains for c->domid, and remembers where it was. */
XM_COLD struct xm_domain *xm__search_domain(struct xm_cpu *c);

static inline struct xm_domain *xm__domain(struct xm_cpu *c)
{
    struct xm_domain *d =
        &c->machine->domains[c->domain_index % XM_MAX_DOMAINS];

    return d->exists && d->domid == c->domid ? d : xm__search_domain(c);
}

static inline struct xm_vcpu *xm__vcpu(struct xm_cpu *c)
{
    assert(c->vcpu < XM_MAX_VCPUS);
    return &xm__domain(c)->vcpu[c->vcpu];
}

/* ID, not DOMID_SELF, names another domain that exists. */
bool xm__other_pg_owner(struct xm_cpu *c, uint32_t id);

/*
 * Xen's get_pg_owner(): the domain meant by ID. DOMID_IO and DOMID_XEN stand
 * for themselves. false: there is none, or it is the caller's own number.
 */
static inline bool xm__get_pg_owner(struct xm_cpu *c, uint32_t id,
                                    xm_domid *owner)
{
    *owner = id == DOMID_SELF ? c->domid : (xm_domid)id;
    return id == DOMID_SELF || xm__other_pg_owner(c, id);
}

/* The default policy: a domain acts on itself, the control domain on all. */
static inline bool xm__may_act_on(struct xm_cpu *c, xm_domid target)
{
    return target == c->domid || xm__domain(c)->privileged;
}

/* -- types (type.c) ------------------------------------------------------- */

#include "type.h"

/* Drops what the entries of a table hold. X: type_info as it was. */
int xm__devalidate_page(struct xm_cpu *c, xm_mfn mfn, uint64_t x,
                        bool preemptible);

/* Takes MFN of DOMID with a general and a page-table reference of LEVEL. */
struct xm_result xm__get_page_and_type_from_mfn(struct xm_cpu *c, xm_mfn mfn,
                                                unsigned int level,
                                                xm_domid owner,
                                                unsigned int flags,
                                                enum xm_rule not_own);

/* The check has been taken out. */
static inline bool xm__broken(const struct xm_cpu *c, enum xm_fault fault)
{
    return c->machine->config.faults >> fault & 1;
}

/* In use, and with room for the reference that the lock counts (TYP-70). */
static inline bool xm__has_room(const struct xm_frame *f)
{
    return xm__count(f) - 1 < XM_PGT_COUNT_MASK - 1;
}

/* Xen's page_lock() would succeed: the frame is live and validated. */
static inline bool xm__lockable(const struct xm_frame *f)
{
    return (f->type_info & XM_PGT_VALIDATED) && xm__has_room(f);
}

/* The same, and it is an L1. */
static inline bool xm__is_live_l1(const struct xm_frame *f)
{
    return (f->type_info & (XM_PGT_TYPE_MASK | XM_PGT_VALIDATED)) ==
               (XM_PGT_L1 | XM_PGT_VALIDATED) &&
           xm__has_room(f);
}

/* -- entries -------------------------------------------------------------- */

uint64_t xm__adjust_guest_lxe(struct xm_cpu *c, unsigned int level, uint64_t v);

/* Stores V, keeping the A and D bits that are there if PRESERVE_AD. */
static inline void xm__update_intpte(uint64_t *slot, uint64_t v,
                                     bool preserve_ad)
{
    *slot = preserve_ad ? v | (*slot & (XM_PTE_A | XM_PTE_D)) : v;
}

/* V, which is not present, as an entry of LEVEL: PRE-50. */
bool xm__l1tf_vulnerable(const struct xm_cpu *c, unsigned int level,
                         uint64_t v);
/*
 * Xen's pv_l1tf_check_pte(), for domains that have check_l1tf: V, which is not
 * present, is to become an entry of a table of D. True: *WHY says what then.
 */
XM_COLD bool xm__l1tf_check(struct xm_cpu *c, const struct xm_domain *d,
                            unsigned int level, uint64_t v,
                            struct xm_result *why);

#include "l1.h"

struct xm_result xm__promote_l1_table(struct xm_cpu *c, xm_mfn table);
void xm__demote_l1_table(struct xm_cpu *c, xm_mfn table);

struct xm_result xm__get_page_from_lxe(struct xm_cpu *c, unsigned int level,
                                       struct lxe e, xm_mfn table,
                                       xm_domid owner, unsigned int flags);
int xm__put_page_from_lxe(struct xm_cpu *c, unsigned int level, struct lxe e,
                          xm_mfn table, unsigned int flags);
struct xm_result xm__mod_lxe_entry(struct xm_cpu *c, unsigned int level,
                                   xm_mfn table, unsigned int slot,
                                   struct lxe e, bool preserve_ad);
struct xm_result xm__promote_lxe_table(struct xm_cpu *c, unsigned int level,
                                       xm_mfn table);
int xm__demote_lxe_table(struct xm_cpu *c, unsigned int level, xm_mfn table,
                         bool preemptible);

struct xm_result xm__get_linear_pagetable(struct xm_cpu *c, unsigned int level,
                                          struct lxe e, xm_mfn table,
                                          xm_domid owner);

/* -- base pointers and deferred puts (base.c, deferred.c) ------------------ */

/* Tokens of the shape that a host has. */
void xm__init_xen_l4(uint64_t slots[XM_L4_XEN_SLOTS]);
void xm__init_xen_l4_slots(struct xm_cpu *c, xm_mfn table,
                           const struct xm_domain *d);
struct xm_result xm__new_guest_cr3(struct xm_cpu *c, xm_mfn mfn);
struct xm_result xm__new_user_baseptr(struct xm_cpu *c, xm_mfn mfn);
/* The first bases of V, another vCPU of the caller. */
struct xm_result xm__init_bases(struct xm_cpu *c, struct xm_vcpu *v,
                                xm_mfn kernel, bool has_user, xm_mfn user);

/* Leaves MFN to the next put_old_guest_table(). */
void xm__defer_put(struct xm_cpu *c, xm_mfn mfn, xm_mfn ptpg, bool partial);
/* 0, or -ERESTART. */
int xm__put_old_guest_table(struct xm_cpu *c);
int xm__put_old_guest_table_of(struct xm_cpu *c, struct xm_vcpu *v);
/*
 * What Xen does between two requests: a deferred put becomes a continuation,
 * which finishes it first. Once the call was preempted, that is for the next
 * call to do. 0, or -ERESTART.
 */
int xm__between_requests(struct xm_cpu *c, bool first);
/*
 * The end of mmu_update and mmuext_op with answer R. If the deferred put is
 * interrupted, -ERESTART with R.rc in seen[0]: the guest goes on by calling
 * with no requests, count XM_PREEMPTED and R.rc as foreigndom (PRE-12).
 */
struct xm_result xm__end_of_call(struct xm_cpu *c, struct xm_result r);

/*
 * Reads the entry of LEVEL (1, 2) that translates VA, through the linear map
 * of the kernel base; false: an entry above is not there.
 */
bool xm__read_linear(struct xm_cpu *c, xm_vaddr va, unsigned int level,
                     uint64_t *e);

/* -- grant tables (grant/) ------------------------------------------------- */

/* Bytes of one domain's pool. */
size_t xm__grant_pool_size(const struct xm_config *config);
/* Of a domain without grants the pool is zero, and so is what is not in use. */
void xm__clear_grant_pool(struct xm_machine *m, const struct xm_domain *d);
/*
 * Copies the pools: domains have grown in TO and in FROM, which are copies of
 * one machine. To be done before their domains are copied.
 */
void xm__copy_grant_pools(struct xm_machine *to, struct xm_machine *from);

/*
 * Xen's map_guest_l1e(): the table that holds the L1 entry of VA, through the
 * kernel base. False: *WHY.
 */
bool xm__map_guest_l1e(struct xm_cpu *c, xm_vaddr va, xm_mfn *l1,
                       struct xm_result *why);

/* -- guest memory (guest_access.c) ----------------------------------------- */

/* Xen's access_ok(): below the hole, or above Xen's range. */
static inline bool xm__guest_address(xm_vaddr va)
{
    return va < (1ull << 47) || va >= 0xffff880000000000ull;
}

static inline bool xm__canonical(xm_vaddr va)
{
    return va < (1ull << 47) || va >= (~0ull << 47);
}

/* Copies through the current tables; false: not mapped. */
bool xm__copy_from_guest(struct xm_cpu *c, void *to, xm_vaddr from, size_t n);
/* Copies what is all in the embedder's memory; false: it is not. N is not 0. */
bool xm__copy_from_own(struct xm_cpu *c, void *to, xm_vaddr from, size_t n);
/* The same, into guest memory: it may stop half way. */
bool xm__copy_to_guest(struct xm_cpu *c, xm_vaddr to, const void *from,
                       size_t n);
/* Reads a bitmap of vCPUs; false: not readable. */
bool xm__read_vcpu_mask(struct xm_cpu *c, xm_vaddr mask);

/* -- frames that come and go (allocate.c) ---------------------------------- */

/* The first of 2^ORDER free frames below LIMIT, XM_NO_MFN if there are none. */
xm_mfn xm__alloc_pages(struct xm_cpu *c, unsigned int order, xm_mfn limit);
/* Gives them to D; false: it has its maximum already. */
bool xm__assign_pages(struct xm_cpu *c, struct xm_domain *d, xm_mfn first,
                      unsigned int order);
/* Nothing but its allocation refers to the frame, and it is D's. */
bool xm__is_stealable(const struct xm_cpu *c, const struct xm_domain *d,
                      xm_mfn mfn);

/* What was in MFN nobody will see: REF-12. */
void xm__scrub(struct xm_cpu *c, xm_mfn mfn);
/* -- memory-mapped I/O (iomem.c) ------------------------------------------ */

bool xm__in_ranges(const struct xm_mfn_range ranges[XM_MAX_RANGES], xm_mfn mfn);
/* D, which may be null, has rights to MFN. */
bool xm__iomem_access(const struct xm_machine *m, const struct xm_domain *d,
                      xm_mfn mfn);
/* D, the control domain, has rights to all of R, and may give them. */
bool xm__iomem_access_range(const struct xm_machine *m,
                            const struct xm_domain *d, struct xm_mfn_range r);
/* False: D's rights would be in more pieces than the model has room for. */
bool xm__permit_iomem(struct xm_domain *d, struct xm_mfn_range r);
bool xm__deny_iomem(struct xm_domain *d, struct xm_mfn_range r);

/* A dead domain is gone for good when nobody refers to its frames (destroy.c).
 */
void xm__bury(struct xm_cpu *c, struct xm_domain *d);

/* -- segment descriptors (descriptor.c) ------------------------------------ */

/* Patches the descriptor as Xen does; false: a guest may not have it. */
bool xm__check_descriptor(uint64_t *descriptor);
struct xm_result xm__promote_descriptor_page(struct xm_cpu *c, xm_mfn mfn);

/* The first ENTRIES of MFNS become the GDT of V, in place of what it has. */
struct xm_result xm__set_gdt(struct xm_cpu *c, struct xm_vcpu *v,
                             const xm_mfn *mfns, uint32_t entries);

/* Drops the pages of V's LDT that are mapped; false: there were none. */
bool xm__destroy_ldt(struct xm_cpu *c, struct xm_vcpu *v);
/* Arguments that have been checked. */
void xm__set_ldt(struct xm_cpu *c, xm_vaddr base, uint32_t entries);

/* -- raw hypercalls (hypercall/) --------------------------------------------
 */

/*
 * One hypercall with its registers as the guest gave them. A call that is
 * preempted answers -ERESTART and leaves in arg[] what Xen's continuation
 * would enter with.
 */
typedef struct xm_result xm__hypercall(struct xm_cpu *c, uint64_t arg[6]);

xm__hypercall xm__do_mmu_update;
xm__hypercall xm__do_mmuext_op;
xm__hypercall xm__do_update_va_mapping;
xm__hypercall xm__do_update_va_mapping_otherdomain;
xm__hypercall xm__do_memory_op;
xm__hypercall xm__do_multicall;
xm__hypercall xm__do_vm_assist;
xm__hypercall xm__do_set_gdt;
xm__hypercall xm__do_update_descriptor;
xm__hypercall xm__do_set_segment_base;
xm__hypercall xm__do_grant_table_op;
xm__hypercall xm__do_iret;
xm__hypercall xm__do_vcpu_op;
xm__hypercall xm__do_domctl;
xm__hypercall xm__do_physdev_op;

/* VCPUOP_initialise of V, a vCPU of the caller (vcpu_context.c). */
struct xm_result xm__initialise_vcpu(struct xm_cpu *c, struct xm_vcpu *v,
                                     xm_vaddr context);

/* Of no use here: xm__ram() reads, xm__ram_to_write() says so. */
#pragma GCC poison xm_ram_frame

#endif
