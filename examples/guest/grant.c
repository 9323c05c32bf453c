/* SPDX-License-Identifier: MIT
 *
 * Grants, version 1: pages that others may map, and theirs that are mapped.
 */
#include "mm.h"
#include "hypercall.h"

#include <stddef.h>
#include <xen/grant_table.h>

#define REFS 512u    /* of one frame of the table */
#define FIRST_REF 8u /* Xen's headers keep those before */

static struct grant_entry_v1 *table;
static unsigned int next_ref = FIRST_REF;

/* The table is Xen's; the page PFN makes room for it in the 1:1 mapping. */
long grants_start(unsigned long pfn)
{
    xen_pfn_t frame = 0;
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };
    long rc;

    set_xen_guest_handle(setup.frame_list, &frame);
    rc = grant_table_op(GNTTABOP_setup_table, &setup, 1);
    if (rc != 0 || setup.status != GNTST_okay)
        return rc ? rc : setup.status;
    rc = update_va_mapping((unsigned long)pfn_to_virt(pfn),
                           frame << 12 | P | RW, UVMF_INVLPG);
    if (rc == 0)
        table = pfn_to_virt(pfn);
    return rc;
}

long grants_stop(unsigned long pfn)
{
    table = NULL;
    next_ref = FIRST_REF;
    return update_va_mapping((unsigned long)pfn_to_virt(pfn),
                             entry_of(pfn, P | RW), UVMF_INVLPG);
}

unsigned int grant_page(domid_t domid, unsigned long pfn, bool readonly)
{
    struct grant_entry_v1 *const e = &table[next_ref];

    e->frame = (uint32_t)mm.p2m[pfn];
    e->domid = domid;
    __atomic_store_n(&e->flags,
                     GTF_permit_access | (readonly ? GTF_readonly : 0),
                     __ATOMIC_RELEASE);
    return next_ref++;
}

bool grant_end(unsigned int ref)
{
    uint16_t flags = table[ref].flags;

    do {
        if (flags & (GTF_reading | GTF_writing))
            return false; /* it is mapped still */
    } while (!__atomic_compare_exchange_n(&table[ref].flags, &flags, 0, false,
                                          __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
    return true;
}

long grant_map(domid_t domid, unsigned int ref, unsigned long va,
               uint32_t *handle)
{
    struct gnttab_map_grant_ref map = {
        .host_addr = va, .flags = GNTMAP_host_map, .ref = ref, .dom = domid
    };
    const long rc = grant_table_op(GNTTABOP_map_grant_ref, &map, 1);

    *handle = map.handle;
    return rc ? rc : map.status;
}

long grant_unmap(unsigned long va, uint32_t handle)
{
    struct gnttab_unmap_grant_ref unmap = { .host_addr = va, .handle = handle };
    const long rc = grant_table_op(GNTTABOP_unmap_grant_ref, &unmap, 1);

    return rc ? rc : unmap.status;
}
