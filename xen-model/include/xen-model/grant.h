/* SPDX-License-Identifier: MIT
 *
 * The grant tables as Xen keeps them: of each domain what it has granted and
 * is in use (active entries), and what it has mapped of others (handles). The
 * entries that a guest writes lie in guest RAM, in Xen-heap frames that are
 * shared with it. Rules GNT-*.
 *
 * All this lies in the machine block behind the M2P, in one pool a domain,
 * sized by max_grant_frames and max_maptrack_frames of struct xm_config. With
 * 0 grant frames the hypercall does not exist.
 */
#ifndef XEN_MODEL_GRANT_H
#define XEN_MODEL_GRANT_H

#include <xen-model/types.h>

#define XM_GRANTS_PER_FRAME_V1 512u
#define XM_GRANTS_PER_FRAME_V2 256u
#define XM_GRANTS_PER_STATUS_FRAME 2048u
#define XM_MAPTRACK_PER_FRAME 256u
#define XM_ACTIVE_PER_FRAME 102u
/* Frames of active entries for so many shared frames. */
#define XM_ACTIVE_FRAMES(nr_frames)                                            \
    (((nr_frames)*XM_GRANTS_PER_FRAME_V1 + XM_ACTIVE_PER_FRAME - 1) /          \
     XM_ACTIVE_PER_FRAME)
#define XM_MAPTRACK_TAIL (~0u) /* end of a vCPU's list of free handles */

/* Four counters of a byte each, in Xen's order: how an entry is in use. */
#define XM_PIN_HOST_WRITE 0x00000001u
#define XM_PIN_HOST_READ 0x00000100u
#define XM_PIN_DEVICE_WRITE 0x00010000u
#define XM_PIN_DEVICE_READ 0x01000000u

/* Struct active_grant_entry: the rest means something while pin is not 0. */
struct xm_grant_active {
    uint32_t pin;
    xm_domid domid; /* who uses it */
    uint16_t start : 15;
    uint16_t is_sub_page : 1;
    uint16_t length;
    xm_domid trans_domid; /* whose entry trans_gref is: mostly one's own */
    uint32_t trans_gref;
    xm_mfn mfn;
};

/* Flags of a handle, as in Xen's public header. */
#define XM_GNTMAP_DEVICE 1u
#define XM_GNTMAP_READONLY 4u

/* Struct grant_mapping. A handle in use has flags. */
struct xm_grant_mapping {
    uint32_t ref; /* of a free handle: the next one in the list */
    uint16_t flags;
    xm_domid domid; /* who granted it */
    uint32_t vcpu;  /* whose list the handle belongs to */
};

/* Of one domain. */
struct xm_grant_table {
    uint32_t version; /* 1 or 2; 0: the domain has no grant table */
    uint32_t max_version;
    uint32_t max_frames, nr_frames;
    uint32_t nr_status_frames; /* version 2 only */
    uint32_t nr_v2_ops;        /* what keeps version 2 from being left */
    uint32_t max_maptrack_frames;
    uint32_t maptrack_limit; /* handles there are */
};

struct xm_cpu;
struct xm_domain;
struct xm_machine;

/*
 * Gives D its table as Xen makes it with the domain: version 1, one shared
 * frame. False: the machine has no grant tables or no frames left.
 */
bool xm_grant_table_init(struct xm_cpu *c, struct xm_domain *d);

/* The pool of D; what is beyond the sizes in D->grant means nothing. */
xm_mfn *xm_grant_shared_frames(struct xm_machine *m, const struct xm_domain *d);
xm_mfn *xm_grant_status_frames(struct xm_machine *m, const struct xm_domain *d);
/* Frames that Xen keeps active entries and handles in; all-ones: not known. */
xm_mfn *xm_grant_active_frames(struct xm_machine *m, const struct xm_domain *d);
xm_mfn *xm_grant_maptrack_frames(struct xm_machine *m,
                                 const struct xm_domain *d);
struct xm_grant_active *xm_grant_active(struct xm_machine *m,
                                        const struct xm_domain *d);
struct xm_grant_mapping *xm_grant_maptrack(struct xm_machine *m,
                                           const struct xm_domain *d);

/*
 * D is about to be destroyed, its page tables are not yet taken down: lets go
 * of everything it has mapped. 0, or -ERESTART: preempted, call again. Mirrors
 * gnttab_release_mappings(), GNT-53.
 */
int xm_grant_release_mappings(struct xm_cpu *c, struct xm_domain *d);
/* The end of its own table. Mirrors grant_table_destroy(). */
void xm_grant_table_destroy(struct xm_cpu *c, struct xm_domain *d);

#endif
