/* SPDX-License-Identifier: MIT
 *
 * HYPERVISOR_grant_table_op, one call a command.
 */
#include "calls.h"

#include <xen/xen.h>

#include <xen/grant_table.h>

typedef struct gnttab_map_grant_ref map_ref;
typedef struct gnttab_unmap_grant_ref unmap_ref;
typedef struct gnttab_unmap_and_replace replace;
typedef struct gnttab_setup_table setup;
typedef struct gnttab_transfer transfer;
typedef struct gnttab_copy copy;
typedef struct gnttab_query_size size;
typedef struct gnttab_set_version set_version;
typedef struct gnttab_get_version get_version;
typedef struct gnttab_get_status_frames status_frames;
typedef struct gnttab_swap_grant_ref swap;
typedef struct gnttab_cache_flush flush;

#define CMD PVT_IN_REGISTER("cmd", PVT_FIELD_WORD, 0)
#define COUNT PVT_IN_REGISTER("count", PVT_FIELD_WORD, 2)
#define DOM(structure, member)                                                 \
    PVT_MEMBER_AS("dom", PVT_FIELD_DOMAIN, structure, member)
#define LIST(structure)                                                        \
    PVT_MEMBER_AS("frame_list", PVT_FIELD_LIST, structure, frame_list)
#define CALL(name, op, structure, ...)                                         \
    {                                                                          \
        name, __HYPERVISOR_grant_table_op,                                     \
            { PVT_NUMBER(op), PVT_ARGS, PVT_COUNT }, sizeof(structure),        \
        {                                                                      \
            __VA_ARGS__, CMD, COUNT                                            \
        }                                                                      \
    }

const struct pvt_call_info calls_grant[] = {
    CALL("grant.map", GNTTABOP_map_grant_ref, map_ref,
         PVT_MEMBER(map_ref, host_addr), PVT_MEMBER(map_ref, flags),
         PVT_MEMBER(map_ref, ref), DOM(map_ref, dom),
         PVT_MEMBER(map_ref, status), PVT_MEMBER(map_ref, handle),
         PVT_MEMBER(map_ref, dev_bus_addr)),
    CALL("grant.unmap", GNTTABOP_unmap_grant_ref, unmap_ref,
         PVT_MEMBER(unmap_ref, host_addr), PVT_MEMBER(unmap_ref, dev_bus_addr),
         PVT_MEMBER(unmap_ref, handle), PVT_MEMBER(unmap_ref, status)),
    CALL("grant.replace", GNTTABOP_unmap_and_replace, replace,
         PVT_MEMBER(replace, host_addr), PVT_MEMBER(replace, new_addr),
         PVT_MEMBER(replace, handle), PVT_MEMBER(replace, status)),
    CALL("grant.setup_table", GNTTABOP_setup_table, setup, LIST(setup),
         DOM(setup, dom), PVT_MEMBER(setup, nr_frames),
         PVT_MEMBER(setup, status)),
    CALL("grant.transfer", GNTTABOP_transfer, transfer,
         PVT_MEMBER(transfer, mfn), DOM(transfer, domid),
         PVT_MEMBER(transfer, ref), PVT_MEMBER(transfer, status)),
    CALL("grant.copy", GNTTABOP_copy, copy,
         PVT_MEMBER_AS("source", PVT_FIELD_WORD, copy, source.u.gmfn),
         PVT_MEMBER_AS("source_dom", PVT_FIELD_DOMAIN, copy, source.domid),
         PVT_MEMBER_AS("source_offset", PVT_FIELD_WORD, copy, source.offset),
         PVT_MEMBER_AS("dest", PVT_FIELD_WORD, copy, dest.u.gmfn),
         PVT_MEMBER_AS("dest_dom", PVT_FIELD_DOMAIN, copy, dest.domid),
         PVT_MEMBER_AS("dest_offset", PVT_FIELD_WORD, copy, dest.offset),
         PVT_MEMBER(copy, len), PVT_MEMBER(copy, flags),
         PVT_MEMBER(copy, status)),
    CALL("grant.query_size", GNTTABOP_query_size, size, DOM(size, dom),
         PVT_MEMBER(size, nr_frames), PVT_MEMBER(size, max_nr_frames),
         PVT_MEMBER(size, status)),
    CALL("grant.set_version", GNTTABOP_set_version, set_version,
         PVT_MEMBER(set_version, version)),
    CALL("grant.get_version", GNTTABOP_get_version, get_version,
         DOM(get_version, dom), PVT_MEMBER(get_version, version)),
    CALL("grant.get_status_frames", GNTTABOP_get_status_frames, status_frames,
         LIST(status_frames), DOM(status_frames, dom),
         PVT_MEMBER(status_frames, nr_frames),
         PVT_MEMBER(status_frames, status)),
    CALL("grant.swap", GNTTABOP_swap_grant_ref, swap, PVT_MEMBER(swap, ref_a),
         PVT_MEMBER(swap, ref_b), PVT_MEMBER(swap, status)),
    CALL("grant.cache_flush", GNTTABOP_cache_flush, flush,
         PVT_MEMBER_AS("dev_bus_addr", PVT_FIELD_WORD, flush, a.dev_bus_addr),
         PVT_MEMBER(flush, offset), PVT_MEMBER(flush, length),
         PVT_MEMBER(flush, op)),
    { NULL },
};
