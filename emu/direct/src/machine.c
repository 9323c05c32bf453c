/* SPDX-License-Identifier: MIT
 *
 * The machine: its RAM is a file in memory, so that a frame can be mapped at
 * as many addresses as the guest likes.
 */
#include "internal.h"

#include <xen-model/invariants.h>

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TIB (1ull << 40)
#define FIRST_FRAMES 512u /* before the domain's: Xen's own */
#define GRANT_FRAMES 4u

#define LAST_ADDRESS (64 * TIB - 1)

struct direct direct;

/* AddressSanitizer's shadow lies below; who has not got it has no such symbol.
 */
extern void __asan_init(void) __attribute__((weak));

static xm_vaddr first_address(void)
{
    return __asan_init ? 17 * TIB : TIB;
}

int direct__fail(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(direct.error, sizeof(direct.error), format, list);
    va_end(list);
    return -1;
}

const char *pinfold_error(void)
{
    return direct.error;
}

static int set_config(const struct pinfold_config *given)
{
    struct pinfold_config *c = &direct.config;

    *c = given ? *given : (struct pinfold_config){ .xen = 0 };
    if (c->nr_pages == 0)
        c->nr_pages = 4096;
    if (c->image_pages == 0)
        c->image_pages = 16;
    direct.first = first_address();
    direct.last = LAST_ADDRESS;
    if (c->virt_base == 0)
        c->virt_base = direct.first + TIB;
    if (c->xen == 0)
        c->xen = XM_XEN_DEFAULT;
    if (c->virt_base < direct.first || c->virt_base > direct.last ||
        c->virt_base % (1ull << 30))
        return direct__fail("virt_base must be a multiple of 1 GiB between "
                            "0x%llx and 0x%llx",
                            (unsigned long long)direct.first,
                            (unsigned long long)direct.last);
    if (c->nr_pages > 1u << 20 || c->image_pages >= c->nr_pages)
        return direct__fail("a domain has at most 2^20 pages, and its kernel "
                            "fits into them");
    return 0;
}

static int allocate(const struct xm_config *config)
{
    void *ram;

    direct.ram_bytes = (size_t)config->nr_frames * XM_PAGE_SIZE;
    direct.memory = memfd_create("pinfold machine", MFD_CLOEXEC);
    if (direct.memory < 0 ||
        ftruncate(direct.memory, (off_t)direct.ram_bytes) != 0)
        return direct__fail("no memory for the machine: %s", strerror(errno));
    ram = mmap(NULL, direct.ram_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
               direct.memory, 0);
    direct.block_bytes = xm_machine_size(config);
    direct.block = malloc(direct.block_bytes);
    direct.nr_words = XM_WRITTEN_WORDS(config->nr_frames);
    direct.written = calloc(direct.nr_words, sizeof(uint64_t));
    direct.touched = calloc(direct.nr_words, sizeof(uint64_t));
    direct.tables = calloc(direct.nr_words, sizeof(uint64_t));
    direct.scratch = malloc((size_t)config->nr_frames * 16u);
    if (ram == MAP_FAILED || !direct.block || !direct.written ||
        !direct.touched || !direct.tables || !direct.scratch)
        return direct__fail("no memory for the machine: %s", strerror(errno));
    direct.valgrind = direct__on_valgrind();
    direct.own = (struct xm_own_memory){
        .first = direct.first,
        .last = direct.last,
        .read = direct.valgrind ? direct__copy_in_by_kernel : direct__copy_in,
        .write = direct.valgrind ? direct__copy_out_by_kernel : direct__copy_out
    };
    direct.cpu =
        (struct xm_cpu){ .machine = xm_machine_init(direct.block, config),
                         .own = &direct.own,
                         .ram = ram,
                         .written = direct.written,
                         .written_words = &direct.written_words,
                         .domid = DIRECT_DOMID,
                         .preempt_after = -1 };
    return 0;
}

int pinfold_open(const struct pinfold_config *given)
{
    struct xm_config config;

    if (direct.block)
        return direct__fail("there is a machine already: close it first");
    direct = (struct direct){ .memory = -1 };
    if (set_config(given) != 0)
        return -1;
    /* A quarter to spare: what is exchanged has to come from somewhere. */
    config = xm_config_default(FIRST_FRAMES * 2 + direct.config.nr_pages +
                               direct.config.nr_pages / 4);
    config.max_grant_frames = GRANT_FRAMES;
    config.l1tf_domu = direct.config.l1tf ? XM_L1TF_CRASH : XM_L1TF_UNCHECKED;
    if (!xm_config_set_xen(&config, direct.config.xen))
        return direct__fail("the model knows Xen 4.13 to 4.22");
    if (allocate(&config) != 0 || direct__build() != 0 ||
        direct__catch_faults() != 0 || direct__catch_syscalls() != 0) {
        pinfold_close();
        return -1;
    }
    if (direct.valgrind)
        direct__populate();
    return 0;
}

void pinfold_close(void)
{
    char error[sizeof(direct.error)];

    memcpy(error, direct.error, sizeof(error));
    record_close(direct.record);
    if (direct.block) {
        direct__forget();
        direct__flush_all();
        direct__release_faults();
        direct__release_syscalls();
    }
    if (direct.cpu.ram)
        munmap(direct.cpu.ram, direct.ram_bytes);
    if (direct.memory >= 0)
        close(direct.memory);
    free(direct.block);
    free(direct.written);
    free(direct.touched);
    free(direct.tables);
    free(direct.scratch);
    free(direct.saved_block);
    free(direct.saved_ram);
    direct__end_events();
    direct = (struct direct){ .memory = -1 };
    memcpy(direct.error, error, sizeof(error));
}

struct start_info *pinfold_start_info(void)
{
    return (struct start_info *)(uintptr_t)direct.start_info;
}

const uint64_t *pinfold_m2p(void)
{
    return xm_machine_m2p(direct.cpu.machine, 0);
}

struct pinfold_counts pinfold_counts(void)
{
    return direct.counts;
}

void pinfold_on_page_fault(pinfold_page_fault *handler)
{
    direct.handler = handler;
}

bool pinfold_check(void)
{
    const struct xm_violation v =
        xm_check_invariants(&direct.cpu, direct.scratch);

    if (v.found)
        (void)direct__fail("%s: %s: frame 0x%llx, expected 0x%llx, found "
                           "0x%llx",
                           v.invariant, v.sentence, (unsigned long long)v.mfn,
                           (unsigned long long)v.expected,
                           (unsigned long long)v.actual);
    return !v.found;
}
