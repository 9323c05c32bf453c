/* SPDX-License-Identifier: MIT
 *
 * A small kernel's memory management at work: address spaces are made, filled,
 * forked and taken down, as on Xen. With an argument it makes one of the
 * mistakes of mistakes.c.
 */
#include "event.h"
#include "hypercall.h"
#include "mistakes.h"
#include "mm.h"

#include <pinfold/pinfold.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "example-guest: %s failed\n", what);
    pinfold_explain(stderr);
    exit(1);
}

/* A nap of 5 ms, told on the console. */
static void sleep_a_little(const struct start_info *si)
{
    const unsigned long page = page_alloc();
    const unsigned long va = (unsigned long)pfn_to_virt(page);

    must(events_start(si, page) == 0, "showing shared_info");
    pinfold_on_event(events_upcall);
    must(sleep_ns(5000000) == 1, "sleeping until the timer strikes");
    print("the guest has slept for 5 ms\n");
    pinfold_on_event(NULL);
    must(update_va_mapping(va, entry_of(page, P | RW), UVMF_INVLPG) == 0,
         "mapping the page that was there");
    page_free(page);
}

/* Memory for a device, and a balloon. */
static void move_frames(void)
{
    const unsigned long first = pages_contiguous(4), page = page_alloc();

    must(first != 0, "making contiguous memory");
    for (unsigned long i = 1; i < 16; i++)
        must(mm.p2m[first + i] == mm.p2m[first] + i, "contiguous memory");
    memset(pfn_to_virt(first), 1, 16 * PAGE);
    for (unsigned long i = 0; i < 16; i++)
        page_free(first + i);
    must(page_give_back(page) == 0, "giving a frame back");
    must(page_take_again(page) == 0, "getting another one");
    memset(pfn_to_virt(page), 1, PAGE);
    page_free(page);
}

/* A page that is granted, to ourselves since there is nobody else. */
static void share(void)
{
    const unsigned long table = page_alloc(), page = page_alloc();
    const unsigned long at = page_alloc(), va = (unsigned long)pfn_to_virt(at);
    unsigned int ref;
    uint32_t handle;

    must(grants_start(table) == 0, "showing the grant table");
    ref = grant_page(1, page, false);
    must(update_va_mapping(va, 0, UVMF_INVLPG) == 0, "making room");
    must(grant_map(1, ref, va, &handle) == 0, "mapping a granted page");
    *(volatile unsigned long *)va = 7;
    must(*(volatile unsigned long *)pfn_to_virt(page) == 7, "sharing a page");
    must(!grant_end(ref), "seeing that the grant is in use");
    must(grant_unmap(va, handle) == 0, "unmapping it");
    must(grant_end(ref), "ending the grant");
    must(update_va_mapping(va, entry_of(at, P | RW), UVMF_INVLPG) == 0,
         "mapping the page that was there");
    must(grants_stop(table) == 0, "hiding the grant table");
    page_free(table);
    page_free(page);
    page_free(at);
}

static void work(void)
{
    const unsigned long space = space_create();
    unsigned long copy;

    must(space != 0, "a new address space");
    for (unsigned long i = 0; i < 64; i++)
        must(space_map(space, USER_BASE + i * PAGE, P | RW | US) == 0,
             "mapping a page");
    must(space_load(space) == 0, "loading the address space");
    for (unsigned long i = 0; i < 64; i++)
        *(volatile unsigned long *)(USER_BASE + i * PAGE) = i;
    copy = space_fork(space);
    must(copy != 0, "forking");
    must(space_protect(space, USER_BASE, P | US) == 0, "protecting a page");
    must(space_load(copy) == 0, "loading the copy");
    for (unsigned long i = 0; i < 64; i++)
        must(*(volatile unsigned long *)(USER_BASE + i * PAGE) == i,
             "reading what the parent has written");
    must(space_destroy(space) == 0, "taking down the parent");
    must(space_load(0) == 0, "loading the kernel's tables");
    must(space_destroy(copy) == 0, "taking down the child");
    move_frames();
    share();
}

int main(int argc, char **argv)
{
    struct pinfold_counts n;
    struct start_info *si;
    unsigned long before;

    const struct pinfold_config config = { .nr_pages = 2048,
                                           .record = getenv("RECORD") };

    if (pinfold_open(&config) != 0) {
        fprintf(stderr, "example-guest: %s\n", pinfold_error());
        return 3;
    }
    si = pinfold_start_info();
    must(mm_start(si, (unsigned long)si & ~((1ul << 30) - 1)) == 0,
         "mapping all memory");
    before = mm.nr_free;
    if (argc > 1 && !make_mistake(argv[1]))
        return fprintf(stderr, "usage: example-guest [%s]\n", mistake_names()),
               2;
    if (argc == 1) {
        sleep_a_little(si);
        work();
    }
    must(mm.nr_free == before || argc > 1, "getting all pages back");
    if (!pinfold_check()) {
        fprintf(stderr, "example-guest: %s\n", pinfold_error());
        return 1;
    }
    n = pinfold_counts();
    printf("%llu hypercalls, %llu refused, %llu pages touched\n",
           (unsigned long long)n.hypercalls, (unsigned long long)n.refused,
           (unsigned long long)n.mapped);
    pinfold_close();
    return 0;
}
