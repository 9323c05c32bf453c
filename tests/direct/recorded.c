/* SPDX-License-Identifier: MIT
 *
 * recorded CASE FILE: a guest that does what recordings must be able to say,
 * one subject a case.
 */
#include "hypercall.h"
#include "mm.h"

#include <pinfold/pinfold.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/sched.h>

#define EFAULT 14
#define EINVAL 22

#define must(x)                                                                \
    do {                                                                       \
        if (x)                                                                 \
            break;                                                             \
        fprintf(stderr, "recorded: line %d: %s\n", __LINE__, #x);              \
        pinfold_explain(stderr);                                               \
        exit(1);                                                               \
    } while (0)

static unsigned long va_of(unsigned long pfn)
{
    return (unsigned long)pfn_to_virt(pfn);
}

static long set_mapping(unsigned long pfn, unsigned long flags)
{
    return update_va_mapping(va_of(pfn), flags ? entry_of(pfn, flags) : 0,
                             UVMF_INVLPG);
}

static long ext(unsigned int command, unsigned long pfn)
{
    const struct mmuext_op op = { .cmd = command, .arg1.mfn = mm.p2m[pfn] };

    return mmuext_op(&op, 1);
}

/* A page becomes a table that maps another, and a page again. */
static void table_and_back(unsigned long table, unsigned long page,
                           unsigned int slot)
{
    unsigned long *entries = pfn_to_virt(table);

    memset(entries, 0, PAGE);
    entries[slot] = entry_of(page, P | RW | US);
    must(set_mapping(table, P) == 0);
    must(ext(MMUEXT_PIN_L1_TABLE, table) == 0);
    must(table_set(table, slot + 1, entry_of(page, P | RW | US)) == 0);
    must(ext(MMUEXT_UNPIN_TABLE, table) == 0);
    must(set_mapping(table, P | RW) == 0);
}

/* What has been a table holds more than the guest has put there. */
static void reuse(void)
{
    const unsigned long table = page_alloc(), page = page_alloc();

    for (unsigned int i = 0; i < 4; i++)
        table_and_back(table, page, 3 * i);
    /* Had it still what calls have put there, the page were writable. */
    memset(pfn_to_virt(table), 0, PAGE);
    memset(pfn_to_virt(page), 0, PAGE);
    must(set_mapping(table, P) == 0 && set_mapping(page, P) == 0);
    must(ext(MMUEXT_PIN_L1_TABLE, table) == 0);
    must(ext(MMUEXT_PIN_L1_TABLE, page) == 0);
    must(ext(MMUEXT_UNPIN_TABLE, page) == 0);
    must(ext(MMUEXT_UNPIN_TABLE, table) == 0);
    must(set_mapping(table, P | RW) == 0 && set_mapping(page, P | RW) == 0);
    must(ext(MMUEXT_CLEAR_PAGE, table) == 0);
    table_and_back(table, page, 5);
    ((unsigned long *)pfn_to_virt(page))[7] = entry_of(table, P | US);
    must(set_mapping(table, P) == 0);
    must(ext(MMUEXT_PIN_L1_TABLE, table) == 0);
    must(ext(MMUEXT_PIN_L1_TABLE, page) != 0); /* it is mapped writable */
    must(ext(MMUEXT_UNPIN_TABLE, table) == 0);
}

static long exchange(unsigned int in_order, xen_pfn_t *in, unsigned int n_in,
                     unsigned int out_order, xen_pfn_t *out, unsigned int n_out)
{
    struct xen_memory_exchange x = {
        .in = { .nr_extents = n_in,
                .extent_order = in_order,
                .domid = DOMID_SELF },
        .out = { .nr_extents = n_out,
                 .extent_order = out_order,
                 .domid = DOMID_SELF },
    };

    set_xen_guest_handle(x.in.extent_start, in);
    set_xen_guest_handle(x.out.extent_start, out);
    return memory_op(XENMEM_exchange, &x);
}

static long reservation(unsigned int command, xen_pfn_t *list, unsigned int n,
                        unsigned int order)
{
    struct xen_memory_reservation r = { .nr_extents = n,
                                        .extent_order = order,
                                        .domid = DOMID_SELF };

    set_xen_guest_handle(r.extent_start, list);
    return memory_op(command, &r);
}

static void frames(void)
{
    const unsigned long first = pages_contiguous(9), page = page_alloc();
    xen_pfn_t in[64], out[64];

    must(first != 0);
    table_and_back(first + 3, first + 4, 100);
    /* An extent for single frames, frames for extents. */
    for (unsigned int i = 0; i < 512; i++)
        must(set_mapping(first + i, 0) == 0);
    in[0] = mm.p2m[first];
    for (unsigned int i = 0; i < 64; i++)
        out[i] = first + 8 * i;
    must(exchange(9, in, 1, 3, out, 64) == 0);
    for (unsigned int i = 0; i < 512; i++) {
        mm.p2m[first + i] = out[i / 8] + i % 8;
        must(set_mapping(first + i, P | RW) == 0);
    }
    table_and_back(first + 9, first + 77, 100);
    for (unsigned int i = 0; i < 64; i++) {
        must(set_mapping(first + i, 0) == 0);
        in[i] = mm.p2m[first + i];
        out[i] = first + i;
    }
    must(exchange(0, in, 64, 0, out, 64) == 0);
    for (unsigned int i = 0; i < 64; i++) {
        mm.p2m[first + i] = out[i];
        must(set_mapping(first + i, P | RW) == 0);
    }
    /* One of these is in use still. */
    in[0] = mm.p2m[first];
    in[1] = mm.p2m[first + 1];
    must(set_mapping(first, 0) == 0);
    out[0] = first;
    must(exchange(0, in, 2, 1, out, 1) != 0);
    must(set_mapping(first, P | RW) == 0);
    /* An extent is given back, another one comes. */
    for (unsigned int i = 64; i < 72; i++)
        must(set_mapping(first + i, 0) == 0);
    in[0] = mm.p2m[first + 64];
    in[1] = 0xffffff;
    must(reservation(XENMEM_decrease_reservation, in, 2, 3) == 1);
    out[0] = first + 64;
    must(reservation(XENMEM_populate_physmap, out, 1, 3) == 1);
    for (unsigned int i = 0; i < 8; i++) {
        mm.p2m[first + 64 + i] = out[0] + i;
        must(set_mapping(first + 64 + i, P | RW) == 0);
    }
    table_and_back(first + 66, first + 67, 1);
    must(page_give_back(page) == 0);
    must(reservation(XENMEM_increase_reservation, out, 2, 0) == 1);
    must(memory_op(XENMEM_maximum_ram_page, NULL) > 0);
}

static void grants(void)
{
    const unsigned long table = page_alloc(), page = page_alloc();
    const unsigned long at = page_alloc(), l1 = table_alloc();
    struct gnttab_query_size size = { .dom = DOMID_SELF };
    struct gnttab_copy copy = { .len = 64, .flags = GNTCOPY_source_gref };
    struct gnttab_map_grant_ref map = {
        .flags = GNTMAP_host_map | GNTMAP_contains_pte, .dom = 1
    };
    struct gnttab_unmap_grant_ref unmap = { .host_addr = 0 };
    uint32_t handle;
    unsigned int ref;

    must(grants_start(table) == 0);
    must(grant_table_op(GNTTABOP_query_size, &size, 1) == 0);
    for (unsigned int i = 0; i < 3; i++) {
        ref = grant_page(1, page, i == 1);
        must(set_mapping(at, 0) == 0);
        must((grant_map(1, ref, va_of(at), &handle) == 0) == (i != 1));
        if (i != 1)
            must(grant_unmap(va_of(at), handle) == 0);
        must(set_mapping(at, P | RW) == 0);
        must(grant_end(ref));
    }
    /* By its entry; and refused. */
    must(ext(MMUEXT_PIN_L1_TABLE, l1) == 0);
    ref = map.ref = grant_page(1, page, false);
    map.host_addr = (mm.p2m[l1] << 12) + 8 * 9;
    must(grant_table_op(GNTTABOP_map_grant_ref, &map, 1) == 0 &&
         map.status == GNTST_okay);
    unmap.host_addr = map.host_addr;
    unmap.handle = map.handle + 1;
    must(grant_table_op(GNTTABOP_unmap_grant_ref, &unmap, 1) == 0 &&
         unmap.status != GNTST_okay);
    unmap.handle = map.handle;
    must(grant_table_op(GNTTABOP_unmap_grant_ref, &unmap, 1) == 0 &&
         unmap.status == GNTST_okay);
    copy.source.u.ref = ref;
    copy.source.domid = 1;
    copy.dest.u.gmfn = mm.p2m[at];
    copy.dest.domid = DOMID_SELF;
    must(grant_table_op(GNTTABOP_copy, &copy, 1) == 0 &&
         copy.status == GNTST_okay);
    must(grant_end(ref));
    must(grants_stop(table) == 0);
}

static long multicall(struct multicall_entry *list, unsigned long n)
{
    return hypercall(__HYPERVISOR_multicall, (unsigned long)list, n, 0, 0);
}

static struct multicall_entry mapping_call(unsigned long pfn,
                                           unsigned long flags)
{
    return (struct multicall_entry){
        .op = __HYPERVISOR_update_va_mapping,
        .args = { va_of(pfn), flags ? entry_of(pfn, flags) : 0, UVMF_INVLPG },
    };
}

/* Flushes of the vCPUs in a set that can be read, or behind which is nothing.
 */
static void flushes(unsigned long gap)
{
    const unsigned long set = 1;
    struct mmuext_op op = { .cmd = MMUEXT_INVLPG_MULTI,
                            .arg1.linear_addr = va_of(gap) };

    set_xen_guest_handle(op.arg2.vcpumask, &set);
    must(mmuext_op(&op, 1) == 0);
    set_xen_guest_handle(op.arg2.vcpumask, (void *)va_of(gap));
    must(mmuext_op(&op, 1) == -EINVAL);
    op.cmd = MMUEXT_TLB_FLUSH_MULTI;
    must(mmuext_op(&op, 1) == -EINVAL);
}

/* Lists that are refused, or end where nothing can be read or stored. */
static void lists(void)
{
    const unsigned long pages[] = { page_alloc(), page_alloc(), page_alloc() };
    const unsigned long table = table_alloc();
    const unsigned long before = page_alloc(), gap = page_alloc();
    struct multicall_entry *list, some[4];
    struct mmu_update *updates;

    for (unsigned int i = 0; i < 3; i++)
        some[i] = mapping_call(pages[i], i == 1 ? P : 0);
    some[3] = (struct multicall_entry){ .op = __HYPERVISOR_multicall };
    must(multicall(some, 4) == 0);
    must((long)some[3].result < 0);
    for (unsigned int i = 0; i < 3; i++)
        some[i] = mapping_call(pages[i], P | RW);
    some[1].args[1] = entry_of(mm.kernel_l4, P | RW);
    must(multicall(some, 3) == 0 && (long)some[1].result < 0);
    must(set_mapping(pages[1], P | RW) == 0);
    /* Behind these there is nothing. */
    must(gap == before + 1 && set_mapping(gap, 0) == 0);
    list = (struct multicall_entry *)(va_of(gap) - 2 * sizeof(*list));
    list[0] = mapping_call(pages[0], P);
    list[1] = mapping_call(pages[1], P);
    must(multicall(list, 5) == -EFAULT);
    must(set_mapping(pages[0], P | RW) == 0);
    must(set_mapping(pages[1], P | RW) == 0);
    must(multicall((struct multicall_entry *)va_of(gap), 5) == -EFAULT);
    updates = (struct mmu_update *)(va_of(gap) - 3 * sizeof(*updates));
    for (unsigned int i = 0; i < 3; i++)
        updates[i] = (struct mmu_update){ mm.p2m[table] << 12 | 8 * i,
                                          entry_of(pages[i], P | US) };
    must(ext(MMUEXT_PIN_L1_TABLE, table) == 0);
    must(mmu_update(updates, 4) == -EFAULT);
    must(((unsigned long *)pfn_to_virt(table))[2] & P);
    updates[1].val = entry_of(table, P | RW);
    must(mmu_update(updates, 3) < 0);
    must(mmu_update((struct mmu_update *)va_of(gap), 1) == -EFAULT);
    flushes(gap);
    /* A read-only list has no room for its results: the end of what is known.
     */
    list = (struct multicall_entry *)va_of(pages[2]);
    list[0] = mapping_call(pages[0], P);
    must(set_mapping(pages[2], P) == 0);
    must(multicall(list, 1) == -EFAULT);
}

/* Stores to it go to Xen: only a table that is in use, so hooked in, is
 * emulated. */
static void emulate_stores(unsigned long table)
{
    must(hypercall(__HYPERVISOR_vm_assist, VMASST_CMD_enable,
                   VMASST_TYPE_writable_pagetables, 0, 0) == 0);
    must(set_mapping(table, P) == 0);
    must(table_set(
             table_below(table_below(mm.kernel_l4, mm.base >> 39 & 511, false),
                         0, false),
             300, entry_of(table, P | RW | US)) == 0);
}

/* Stores to a table that Xen emulates: whole, in part, repeated. */
static void emulated(void)
{
    const unsigned long table = table_alloc(), page = page_alloc();
    volatile unsigned long *entries = pfn_to_virt(table);
    unsigned long count = 4;
    volatile void *to = &entries[20];

    must(ext(MMUEXT_PIN_L1_TABLE, table) == 0);
    emulate_stores(table);
    entries[7] = entry_of(page, P | RW | US);
    __asm__ volatile("lock; andb $0xfd, %0" : "+m"(entries[7]) : : "cc");
    must(!(entries[7] & RW));
    __asm__ volatile("xchgq %0, %1"
                     : "+m"(entries[8]), "+r"(count)
                     :
                     : "memory");
    __asm__ volatile("xchgq %0, %1"
                     : "+m"(entries[8]), "+r"(count)
                     :
                     : "memory");
    __asm__ volatile("rep stosq"
                     : "+D"(to), "+c"(count)
                     : "a"(entry_of(page, P | US))
                     : "memory");
    must(entries[20] & P);
    must(entries[23] & P);
    must(pinfold_counts().emulated >= 4);
}

/* A GDT and an LDT of the guest's own, and another base for its user. */
static void segments(void)
{
    const unsigned long gdt = page_alloc(), l4 = table_alloc();
    unsigned long *descriptors = pfn_to_virt(gdt), frame = mm.p2m[gdt];
    const unsigned int slot = mm.base >> 39 & 511;
    struct mmuext_op op = { .cmd = MMUEXT_SET_LDT };

    memset(descriptors, 0, PAGE);
    descriptors[1] = 0x00affb000000fffful;
    must(hypercall(__HYPERVISOR_set_gdt, (unsigned long)&frame, 512, 0, 0) !=
         0); /* it is mapped writable */
    must(set_mapping(gdt, P) == 0);
    must(hypercall(__HYPERVISOR_set_gdt, (unsigned long)&frame, 512, 0, 0) ==
         0);
    must(hypercall(__HYPERVISOR_update_descriptor, (frame << 12) + 16,
                   0x00cff3000000fffful, 0, 0) == 0);
    must(descriptors[2] == 0x00cff3000000fffful);
    must(hypercall(__HYPERVISOR_set_segment_base, SEGBASE_FS, 0x1000, 0, 0) ==
         0);
    op.arg1.linear_addr = (unsigned long)descriptors;
    op.arg2.nr_ents = 512;
    must(mmuext_op(&op, 1) == 0);
    op.arg2.nr_ents = 0;
    must(mmuext_op(&op, 1) == 0);
    must(hypercall(__HYPERVISOR_set_gdt, 0, 0, 0, 0) == 0);
    must(table_set(l4, slot,
                   ((unsigned long *)pfn_to_virt(mm.kernel_l4))[slot]) == 0);
    must(ext(MMUEXT_NEW_USER_BASEPTR, l4) == 0);
    op = (struct mmuext_op){ .cmd = MMUEXT_NEW_USER_BASEPTR };
    must(mmuext_op(&op, 1) == 0);
    must(hypercall(__HYPERVISOR_sched_op, 0, 0, 0, 0) == 0);
}

/* Absent entries are looked at: those that name memory end the domain. */
static void l1tf_end(unsigned int reason)
{
    must(reason == SHUTDOWN_crash);
    must(strcmp(pinfold_last_rule(), "l1tf.crash") == 0);
    pinfold_close();
    exit(0);
}

#define HARMLESS 0x200000000ffeul /* without what the L1 cache looks at */
#define VULNERABLE 0x123456000ul

static unsigned long l1tf_table(void)
{
    const unsigned long table = table_alloc(), page = page_alloc();

    pinfold_on_shutdown(l1tf_end);
    must(ext(MMUEXT_PIN_L1_TABLE, table) == 0);
    must(table_set(table, 1, entry_of(page, P | US)) == 0);
    must(table_set(table, 2, HARMLESS) == 0);
    return table;
}

static void l1tf_call(void)
{
    const unsigned long table = l1tf_table();

    must(table_set(table, 1, VULNERABLE) == 0);
}

/* The second request of the third call. */
static void l1tf_list(void)
{
    const unsigned long table = l1tf_table(), page = page_alloc();
    struct mmu_update updates[] = {
        { mm.p2m[table] << 12 | 8 * 3, entry_of(page, P | US) },
        { mm.p2m[table] << 12 | 8 * 4, VULNERABLE },
        { mm.p2m[table] << 12 | 8 * 5, entry_of(page, P | US) },
    };
    struct multicall_entry list[4] = {
        mapping_call(page, P),
        mapping_call(mm.kernel_l4, P | RW), /* refused */
        { .op = __HYPERVISOR_mmu_update,
          .args = { (unsigned long)updates, 3, 0, DOMID_SELF } },
        mapping_call(page, P | RW),
    };

    (void)multicall(list, 4);
}

/* The third element of a repeated store. */
static void l1tf_store(void)
{
    const unsigned long table = l1tf_table();
    unsigned long *entries = pfn_to_virt(table), *from;
    unsigned long count = 4;
    void *to = &entries[20];

    from = pfn_to_virt(page_alloc());
    from[2] = VULNERABLE;
    from[0] = from[1] = from[3] = HARMLESS;
    emulate_stores(table);
    __asm__ volatile("rep movsq"
                     : "+D"(to), "+S"(from), "+c"(count)
                     :
                     : "memory");
}

static void killed(void)
{
    frames();
    raise(SIGKILL);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } cases[] = {
        { "reuse", reuse },         { "frames", frames },
        { "grants", grants },       { "lists", lists },
        { "emulated", emulated },   { "segments", segments },
        { "killed", killed },       { "l1tf-call", l1tf_call },
        { "l1tf-list", l1tf_list }, { "l1tf-store", l1tf_store },
    };
    struct pinfold_config config = { .quiet = true };
    struct start_info *si;
    bool found = false;

    if (argc != 3)
        return 2;
    config.record = argv[2];
    config.l1tf = strncmp(argv[1], "l1tf-", 5) == 0;
    if (pinfold_open(&config) != 0)
        return fprintf(stderr, "recorded: %s\n", pinfold_error()), 3;
    si = pinfold_start_info();
    must(mm_start(si, (unsigned long)si & ~((1ul << 30) - 1)) == 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (strcmp(argv[1], cases[i].name) == 0) {
            cases[i].run();
            found = true;
        }
    must(pinfold_check());
    pinfold_close();
    return found ? 0 : 2;
}
