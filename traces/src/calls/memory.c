/* SPDX-License-Identifier: MIT
 *
 * HYPERVISOR_memory_op.
 */
#include "calls.h"

#include <xen/memory.h>
#include <xen/xen.h>

typedef struct xen_memory_reservation reservation;
typedef struct xen_memory_exchange exchange;
typedef struct xen_mem_acquire_resource resource;

#define CMD PVT_IN_REGISTER("cmd", PVT_FIELD_WORD, 0)
#define RESERVATION(name, op)                                                  \
    {                                                                          \
        name, __HYPERVISOR_memory_op, { PVT_NUMBER(op), PVT_ARGS },            \
            sizeof(reservation),                                               \
        {                                                                      \
            PVT_MEMBER_AS("extents", PVT_FIELD_LIST, reservation,              \
                          extent_start),                                       \
                PVT_MEMBER_AS("nr", PVT_FIELD_WORD, reservation, nr_extents),  \
                PVT_MEMBER_AS("order", PVT_FIELD_WORD, reservation,            \
                              extent_order),                                   \
                PVT_MEMBER_AS("flags", PVT_FIELD_WORD, reservation,            \
                              mem_flags),                                      \
                PVT_MEMBER_AS("dom", PVT_FIELD_DOMAIN, reservation, domid),    \
                CMD                                                            \
        }                                                                      \
    }
#define DOMAIN_ONLY(name, op)                                                  \
    {                                                                          \
        name, __HYPERVISOR_memory_op, { PVT_NUMBER(op), PVT_ARGS },            \
            sizeof(struct xen_memory_domain),                                  \
        {                                                                      \
            PVT_MEMBER_AS("dom", PVT_FIELD_DOMAIN, struct xen_memory_domain,   \
                          domid),                                              \
                CMD                                                            \
        }                                                                      \
    }

const struct pvt_call_info calls_memory[] = {
    RESERVATION("memory.increase", XENMEM_increase_reservation),
    RESERVATION("memory.decrease", XENMEM_decrease_reservation),
    RESERVATION("memory.populate", XENMEM_populate_physmap),
    { "memory.exchange",
      __HYPERVISOR_memory_op,
      { PVT_NUMBER(XENMEM_exchange), PVT_ARGS },
      sizeof(exchange),
      { PVT_MEMBER_AS("in", PVT_FIELD_LIST, exchange, in.extent_start),
        PVT_MEMBER_AS("in_nr", PVT_FIELD_WORD, exchange, in.nr_extents),
        PVT_MEMBER_AS("in_order", PVT_FIELD_WORD, exchange, in.extent_order),
        PVT_MEMBER_AS("in_dom", PVT_FIELD_DOMAIN, exchange, in.domid),
        PVT_MEMBER_AS("out", PVT_FIELD_LIST, exchange, out.extent_start),
        PVT_MEMBER_AS("out_nr", PVT_FIELD_WORD, exchange, out.nr_extents),
        PVT_MEMBER_AS("out_order", PVT_FIELD_WORD, exchange, out.extent_order),
        PVT_MEMBER_AS("out_flags", PVT_FIELD_WORD, exchange, out.mem_flags),
        PVT_MEMBER_AS("out_dom", PVT_FIELD_DOMAIN, exchange, out.domid),
        PVT_MEMBER(exchange, nr_exchanged), CMD } },
    { "memory.maximum_ram_page",
      __HYPERVISOR_memory_op,
      { PVT_NUMBER(XENMEM_maximum_ram_page) },
      0,
      { CMD } },
    DOMAIN_ONLY("memory.get_vnumainfo", XENMEM_get_vnumainfo),
    { "memory.memory_map",
      __HYPERVISOR_memory_op,
      { PVT_NUMBER(XENMEM_memory_map), PVT_ARGS },
      sizeof(struct xen_memory_map),
      { PVT_MEMBER(struct xen_memory_map, nr_entries) } },
    { "memory.machine_memory_map",
      __HYPERVISOR_memory_op,
      { PVT_NUMBER(XENMEM_machine_memory_map), PVT_ARGS },
      sizeof(struct xen_memory_map),
      { PVT_MEMBER(struct xen_memory_map, nr_entries) } },
    DOMAIN_ONLY("memory.current_reservation", XENMEM_current_reservation),
    DOMAIN_ONLY("memory.maximum_reservation", XENMEM_maximum_reservation),
    DOMAIN_ONLY("memory.maximum_gpfn", XENMEM_maximum_gpfn),
    { "memory.acquire_resource",
      __HYPERVISOR_memory_op,
      { PVT_NUMBER(XENMEM_acquire_resource), PVT_ARGS },
      sizeof(resource),
      { PVT_MEMBER_AS("dom", PVT_FIELD_DOMAIN, resource, domid),
        PVT_MEMBER(resource, type), PVT_MEMBER(resource, id),
        PVT_MEMBER(resource, nr_frames), PVT_MEMBER(resource, pad),
        PVT_MEMBER(resource, frame),
        PVT_MEMBER_AS("list", PVT_FIELD_LIST, resource, frame_list), CMD } },
    { "memory.machphys_mapping",
      __HYPERVISOR_memory_op,
      { PVT_NUMBER(XENMEM_machphys_mapping), PVT_ARGS },
      sizeof(struct xen_machphys_mapping),
      { PVT_MEMBER(struct xen_machphys_mapping, v_start),
        PVT_MEMBER(struct xen_machphys_mapping, v_end),
        PVT_MEMBER(struct xen_machphys_mapping, max_mfn) } },
    { "memory.add_to_physmap",
      __HYPERVISOR_memory_op,
      { PVT_NUMBER(XENMEM_add_to_physmap), PVT_ARGS },
      sizeof(struct xen_add_to_physmap),
      { PVT_MEMBER_AS("dom", PVT_FIELD_DOMAIN, struct xen_add_to_physmap,
                      domid),
        PVT_MEMBER(struct xen_add_to_physmap, space),
        PVT_MEMBER(struct xen_add_to_physmap, idx),
        PVT_MEMBER(struct xen_add_to_physmap, gpfn) } },
    { "memory.remove_from_physmap",
      __HYPERVISOR_memory_op,
      { PVT_NUMBER(XENMEM_remove_from_physmap), PVT_ARGS },
      sizeof(struct xen_remove_from_physmap),
      { PVT_MEMBER_AS("dom", PVT_FIELD_DOMAIN, struct xen_remove_from_physmap,
                      domid),
        PVT_MEMBER(struct xen_remove_from_physmap, gpfn) } },
    { NULL },
};
