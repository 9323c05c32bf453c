/* SPDX-License-Identifier: MIT
 *
 * Frames that come and go: memory that is contiguous for devices, as Xen makes
 * it by an exchange, and a balloon, which gives frames back for a while. The
 * pages keep their numbers and their addresses.
 */
#include "mm.h"
#include "hypercall.h"

#include <string.h>
#include <xen/memory.h>

#define NO_FRAME (~0ul)

static bool is_free(const unsigned char *map, unsigned long pfn)
{
    return map[pfn / 8] >> (pfn % 8) & 1;
}

/* COUNT free pages in a row leave the list; 0: there are none. */
static unsigned long take_run(unsigned long count)
{
    static unsigned char map[MAX_PAGES / 8];
    unsigned long first, n = 0, **from = &mm.free;

    memset(map, 0, sizeof(map));
    for (unsigned long *page = mm.free; page; page = (unsigned long *)page[0])
        map[virt_to_pfn(page) / 8] |= 1u << (virt_to_pfn(page) % 8);
    for (first = 0; n < count && first + count <= mm.si->nr_pages;
         first += n < count ? n + 1 : 0)
        for (n = 0; n < count && is_free(map, first + n); n++)
            ;
    if (n < count)
        return 0;
    while (*from) {
        if (virt_to_pfn(*from) - first < count)
            *from = (unsigned long *)(*from)[0];
        else
            from = (unsigned long **)*from;
    }
    mm.nr_free -= count;
    return first;
}

static long map_page(unsigned long pfn, unsigned long entry)
{
    return update_va_mapping((unsigned long)pfn_to_virt(pfn), entry,
                             UVMF_INVLPG);
}

unsigned long pages_contiguous(unsigned int order)
{
    const unsigned long count = 1ul << order, first = take_run(count);
    xen_pfn_t in[1ul << MAX_CONTIGUOUS], out = first;
    struct xen_memory_exchange exchange = {
        .in = { .nr_extents = count, .domid = DOMID_SELF },
        .out = { .nr_extents = 1, .extent_order = order, .domid = DOMID_SELF },
    };

    if (first == 0 || order > MAX_CONTIGUOUS)
        return 0;
    for (unsigned long i = 0; i < count; i++) {
        in[i] = mm.p2m[first + i];
        if (map_page(first + i, 0) != 0)
            return 0;
    }
    set_xen_guest_handle(exchange.in.extent_start, in);
    set_xen_guest_handle(exchange.out.extent_start, &out);
    if (memory_op(XENMEM_exchange, &exchange) != 0)
        out = NO_FRAME;
    for (unsigned long i = 0; i < count; i++) {
        if (out != NO_FRAME)
            mm.p2m[first + i] = out + i;
        if (map_page(first + i, entry_of(first + i, P | RW)) != 0)
            return 0;
    }
    if (out != NO_FRAME)
        return first;
    for (unsigned long i = 0; i < count; i++)
        page_free(first + i);
    return 0;
}

long page_give_back(unsigned long pfn)
{
    xen_pfn_t frame = mm.p2m[pfn];
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
    const long rc = map_page(pfn, 0);

    if (rc != 0)
        return rc;
    set_xen_guest_handle(r.extent_start, &frame);
    if (memory_op(XENMEM_decrease_reservation, &r) != 1)
        return -1;
    mm.p2m[pfn] = NO_FRAME;
    return 0;
}

long page_take_again(unsigned long pfn)
{
    xen_pfn_t frame = pfn;
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

    set_xen_guest_handle(r.extent_start, &frame);
    if (memory_op(XENMEM_populate_physmap, &r) != 1)
        return -1;
    mm.p2m[pfn] = frame;
    return map_page(pfn, entry_of(pfn, P | RW));
}
