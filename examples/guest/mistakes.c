/* SPDX-License-Identifier: MIT
 *
 * One mistake a function. Each compiles without a warning, and most of them
 * would seem to work.
 */
#include "mistakes.h"
#include "hypercall.h"
#include "mm.h"

#include <stdio.h>
#include <string.h>
#include <xen/memory.h>

/* A table that is still mapped writable is not pinned. */
static void pin_writable(void)
{
    const unsigned long pfn = page_alloc();
    const struct mmuext_op op = { .cmd = MMUEXT_PIN_L1_TABLE,
                                  .arg1.mfn = mm.p2m[pfn] };

    memset(pfn_to_virt(pfn), 0, PAGE);
    printf("pinning a page that is mapped writable: %ld\n", mmuext_op(&op, 1));
}

/* Who stores into a live table, by its mapping, gets a page fault. */
static void store_to_table(void)
{
    unsigned long *l4 = pfn_to_virt(mm.kernel_l4);

    puts("storing into the L4");
    fflush(stdout);
    l4[0] = 0;
}

/* What was unmapped is not there any more. */
static void use_unmapped(void)
{
    const unsigned long space = space_create();

    if (space_map(space, USER_BASE, P | RW | US) != 0 ||
        space_load(space) != 0 || space_unmap(space, USER_BASE) != 0)
        return;
    puts("reading what was unmapped");
    fflush(stdout);
    (void)*(volatile unsigned long *)USER_BASE;
}

/* A page loses its frame, and is read before anything is flushed. */
static void use_before_flush(void)
{
    volatile unsigned long *page = pfn_to_virt(page_alloc());

    page[0] = 1;
    (void)update_va_mapping((unsigned long)page, 0, 0);
    (void)page[0];
}

/* The page is unmapped without a flush, and given back to Xen. */
static void give_back(unsigned long pfn, unsigned long flush)
{
    xen_pfn_t frame = mm.p2m[pfn];
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

    *(volatile unsigned long *)pfn_to_virt(pfn) = 1;
    set_xen_guest_handle(r.extent_start, &frame);
    (void)update_va_mapping((unsigned long)pfn_to_virt(pfn), 0, flush);
    (void)hypercall(__HYPERVISOR_memory_op, XENMEM_decrease_reservation,
                    (unsigned long)&r, 0, 0);
}

static void give_back_cached(void)
{
    give_back(page_alloc(), 0);
}

/* And it is used once more. */
static void use_given_back(void)
{
    const unsigned long pfn = page_alloc();

    give_back(pfn, UVMF_INVLPG);
    (void)*(volatile unsigned long *)pfn_to_virt(pfn);
}

/* Behind the last page of the domain. */
static void use_not_given(void)
{
    (void)*(volatile unsigned long *)pfn_to_virt(mm.si->nr_pages);
}

/* A table that was hooked out and unmapped is looked into. */
static void use_unmapped_table(void)
{
    const unsigned long table = table_alloc();
    unsigned long *entries = pfn_to_virt(table);

    (void)update_va_mapping((unsigned long)entries, 0, UVMF_INVLPG);
    entries[3] = 0;
}

static void fill(struct mmu_update *batch, unsigned int n, unsigned long table)
{
    for (unsigned int i = 0; i < n; i++) {
        batch[i].ptr = (mm.p2m[table] << 12) + i * 8;
        batch[i].val = 0;
    }
}

/* The list of requests is one entry too short. */
static void batch_too_long(void)
{
    struct mmu_update batch[4];
    volatile unsigned int n = 5;

    fill(batch, n, table_alloc());
    (void)mmu_update(batch, n);
}

/* An int has 32 bits. */
static void shift_too_far(void)
{
    volatile int bits = 39;
    const unsigned long slot = (unsigned long)(1 << bits);

    (void)update_va_mapping(slot, 0, UVMF_INVLPG);
}

/* The M2P where Xen has it. ASan has no shadow there: its own load would fail.
 */
__attribute__((no_sanitize("address"))) static void read_m2p_of_xen(void)
{
    (void)((volatile unsigned long *)HYPERVISOR_VIRT_START)[5];
}

/* For ring 0; Xen would emulate it. */
static void privileged(void)
{
    __asm__ volatile("wrmsr" : : "c"(0xc0000101), "a"(0), "d"(0));
}

/* Fine in a kernel; here the program's own lies there. */
static void load_fs(void)
{
    __asm__ volatile("movl %0, %%fs" : : "r"(0));
    (void)page_alloc();
    store_to_table();
}

static const struct {
    const char *name;
    void (*make)(void);
} mistakes[] = {
    { "pin-writable", pin_writable },
    { "store-to-table", store_to_table },
    { "use-unmapped", use_unmapped },
    { "use-before-flush", use_before_flush },
    { "give-back-cached", give_back_cached },
    { "use-given-back", use_given_back },
    { "use-not-given", use_not_given },
    { "use-unmapped-table", use_unmapped_table },
    { "batch-too-long", batch_too_long },
    { "shift-too-far", shift_too_far },
    { "privileged", privileged },
    { "load-fs", load_fs },
    { "read-m2p-of-xen", read_m2p_of_xen },
};
#define NR_MISTAKES (sizeof(mistakes) / sizeof(mistakes[0]))

bool make_mistake(const char *name)
{
    for (unsigned int i = 0; i < NR_MISTAKES; i++)
        if (strcmp(mistakes[i].name, name) == 0) {
            mistakes[i].make();
            return true;
        }
    return false;
}

const char *mistake_names(void)
{
    static char names[256];

    names[0] = '\0';
    for (unsigned int i = 0; i < NR_MISTAKES; i++) {
        strcat(names, i ? "|" : "");
        strcat(names, mistakes[i].name);
    }
    return names;
}
