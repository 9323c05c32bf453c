/* SPDX-License-Identifier: MIT
 *
 * What the files of the grant tables share. An operation answers with one of
 * Xen's status values (GNTST_*), and the rule that decided has spoken.
 */
#ifndef XM_GRANT_GRANT_H
#define XM_GRANT_GRANT_H

#include "../internal.h"

#include <xen/grant_table.h>

/* RULE refuses with STATUS. */
static inline int16_t xm__grant_refuse(struct xm_cpu *c, enum xm_rule rule,
                                       int16_t status)
{
    xm__note(c, rule);
    return status;
}

/* -- domains and entries (pool.c) ------------------------------------------ */

/* Xen's rcu_lock_domain_by_id(), and by_any_id(), which knows DOMID_SELF. */
struct xm_domain *xm__grant_domain(struct xm_cpu *c, xm_domid domid);
struct xm_domain *xm__grant_any_domain(struct xm_cpu *c, xm_domid domid);

uint32_t xm__nr_grant_entries(const struct xm_domain *d);
/* One status frame is for so many shared ones. */
#define XM_SHARED_PER_STATUS                                                   \
    (XM_GRANTS_PER_STATUS_FRAME / XM_GRANTS_PER_FRAME_V2)
/* How many status frames so many shared frames need. */
uint32_t xm__grant_to_status_frames(uint32_t nr_frames);

static inline struct xm_grant_active *
xm__active_entry(struct xm_cpu *c, const struct xm_domain *d, uint32_t ref)
{
    assert(ref < xm__nr_grant_entries(d));
    return &xm_grant_active(c->machine, d)[ref];
}

/* The words of an entry that the guest shares with Xen, to read or write. */
void xm__get_shared_entry(struct xm_cpu *c, const struct xm_domain *d,
                          uint32_t ref, union grant_entry_v2 *to);
void xm__set_shared_entry(struct xm_cpu *c, const struct xm_domain *d,
                          uint32_t ref, const union grant_entry_v2 *from);

/* The status bits: in the entry itself, or, version 2, in a frame of theirs. */
uint16_t xm__get_grant_status(struct xm_cpu *c, const struct xm_domain *d,
                              uint32_t ref);
void xm__set_grant_status(struct xm_cpu *c, const struct xm_domain *d,
                          uint32_t ref, uint16_t status);

/* -- frames and versions (table.c, version.c) --------------------------------
 */

/* Fills LIST from FIRST to END with zeroed frames of Xen's heap. */
bool xm__alloc_xenheap_pages(struct xm_cpu *c, xm_mfn *list, uint32_t first,
                             uint32_t end);
void xm__free_xenheap_pages(struct xm_cpu *c, const xm_mfn *list,
                            uint32_t first, uint32_t end);
/* These, too, do all or nothing; false: no frames left. */
bool xm__grow_grant_table(struct xm_cpu *c, struct xm_domain *d,
                          uint32_t nr_frames);
bool xm__populate_status_frames(struct xm_cpu *c, struct xm_domain *d,
                                uint32_t nr_frames);
/*
 * Takes the status frames back. False: the guest still maps one, and all stay
 * its own.
 */
bool xm__unpopulate_status_frames(struct xm_cpu *c, struct xm_domain *d);

struct xm_result xm__set_grant_version(struct xm_cpu *c, uint32_t version);

/* -- the right to use an entry (status.c) -----------------------------------
 */

struct grant_use {
    struct xm_domain *rd; /* who grants */
    uint32_t ref;
    bool readonly;
    bool map; /* else a copy */
    xm_domid ldomid;
};

/* Xen's _set_status(): the guest's permission, which it sees being used. */
int16_t xm__set_grant_use(struct xm_cpu *c, const struct grant_use *use,
                          const struct xm_grant_active *act);
/* Xen's reduce_status_for_pin(): what is not in use any more is not shown. */
void xm__reduce_status_for_pin(struct xm_cpu *c, const struct xm_domain *rd,
                               uint32_t ref, bool readonly);

/* Somebody may write through it. */
static inline bool xm__pinned_writable(const struct xm_grant_active *act)
{
    return act->pin & (XM_PIN_HOST_WRITE | XM_PIN_DEVICE_WRITE) * 0xffu;
}

/* -- handles (maptrack.c) ---------------------------------------------------
 */

#define XM_NO_HANDLE (~0u)

static inline struct xm_grant_mapping *
xm__maptrack_entry(struct xm_cpu *c, const struct xm_domain *d, uint32_t handle)
{
    assert(handle < d->grant.maptrack_limit);
    return &xm_grant_maptrack(c->machine, d)[handle];
}

uint32_t xm__get_maptrack_handle(struct xm_cpu *c);
void xm__put_maptrack_handle(struct xm_cpu *c, uint32_t handle);

/* -- operations -------------------------------------------------------------
 */

/* Puts a mapping of FRAME at ADDR; takes no reference for it. pte.c */
int16_t xm__create_grant_pv_mapping(struct xm_cpu *c, uint64_t addr,
                                    xm_mfn frame, uint32_t flags);
/* Takes it out again, in favour of what is at NEW_ADDR, if that is not 0. */
int16_t xm__replace_grant_pv_mapping(struct xm_cpu *c, uint64_t addr,
                                     xm_mfn frame, uint64_t new_addr,
                                     uint32_t flags);

void xm__map_grant_ref(struct xm_cpu *c, struct gnttab_map_grant_ref *op);

/* Between the two halves of an unmap lies a flush of the TLB. */
struct gnttab_unmap_common {
    uint64_t host_addr, dev_bus_addr, new_addr;
    uint32_t handle;
    int16_t status;
    uint16_t done; /* GNTMAP_*: what is left to complete */
    xm_mfn mfn;
    struct xm_domain *rd;
    uint32_t ref;
};

/* False: the domain has crashed, and nobody reads the status. */
bool xm__unmap_common(struct xm_cpu *c, struct gnttab_unmap_common *op);
void xm__unmap_common_complete(struct xm_cpu *c,
                               const struct gnttab_unmap_common *op);

/* No status, but: the same copy again, from the start (GNT-96). */
#define XM_GRANT_RESTART 85

/*
 * Pins USE's entry and takes a reference to its frame; *GOT: what it is.
 * acquire.c
 */
int16_t xm__acquire_grant_for_copy(struct xm_cpu *c,
                                   const struct grant_use *use,
                                   bool allow_transitive,
                                   struct xm_grant_active *got);
/* Only the pin: the reference is the caller's. */
void xm__release_grant_for_copy(struct xm_cpu *c, struct xm_domain *rd,
                                uint32_t ref, bool readonly);

/* What a batch of copies has at hand from the request before. copy.c */
struct copy_buf {
    xm_domid domid; /* as the guest says it */
    struct xm_domain *domain;
    uint64_t ref_or_frame;
    uint32_t offset, len;
    xm_mfn mfn;
    bool readonly, have_grant, have_page, have_type, mapped;
};
struct copy_bufs {
    struct copy_buf source, dest;
};
int16_t xm__grant_copy_one(struct xm_cpu *c, struct copy_bufs *b,
                           const struct gnttab_copy *op);
void xm__grant_copy_release(struct xm_cpu *c, struct copy_bufs *b);

/* *REF: where the search begins, *AGAIN: and must go on. cache.c */
struct xm_result xm__grant_cache_flush(struct xm_cpu *c,
                                       const struct gnttab_cache_flush *op,
                                       uint32_t *ref, bool *again);

int16_t xm__grant_transfer(struct xm_cpu *c, const struct gnttab_transfer *op);
int16_t xm__swap_grant_ref(struct xm_cpu *c, uint32_t a, uint32_t b);

#endif
