/* SPDX-License-Identifier: MIT
 *
 * A fuzz target: PV kernels. Any bytes are an ELF, a packed one or a bzImage;
 * what is taken fits together, what is not has a reason. A domain is built for
 * it, in which all invariants hold.
 */
#include "target.h"

#include <domain/build.h>
#include <domain/kernel.h>
#include <xen-model/invariants.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MAX_UNPACKED ((size_t)1 << 20)
#define NR_PAGES 2048u
#define DOMID 1u

/* Every byte of its pages and of its names can be read. */
static void use(const struct pv_kernel *k)
{
    uint8_t page[4096];
    uint64_t sum = 0;
    uint64_t before = 0;

    if (k->nr_segments == 0 || k->start >= k->end || k->start < k->virt_base ||
        k->entry < k->start || k->entry > k->end ||
        k->end - k->start > PV_KERNEL_MAX)
        abort();
    for (uint64_t n = 0; n < 64; n++) {
        pv_kernel_page(k, (k->start & ~4095ull) + n * 4096, page);
        sum += page[n * 63];
        pv_kernel_page(k, (k->end & ~4095ull) - n * 4096, page);
        sum += page[n * 63];
    }
    for (uint32_t i = 0; i < k->nr_symbols; i++) {
        const struct pv_symbol *s = pv_kernel_symbol(k, k->symbols[i].value);

        if (k->symbols[i].value < before || !s ||
            s->value != k->symbols[i].value)
            abort();
        before = k->symbols[i].value;
        sum += strlen(k->symbols[i].name);
    }
    if (sum == UINT64_MAX)
        putchar(0); /* so that nothing of it is left out */
}

static void build_in(struct xm_cpu *c, const struct domain_image *image,
                     const struct domain_layout *l)
{
    static uint8_t *scratch;
    struct xm_violation v;

    if (!scratch)
        scratch = malloc((size_t)domain_frames(NR_PAGES) * 16u);
    if (!domain_build(c, image, l))
        abort();
    v = xm_check_invariants(c, scratch);
    if (v.found) {
        fprintf(stderr, "%s: %s\n", v.invariant, v.sentence);
        abort();
    }
}

static void build(const struct pv_kernel *k)
{
    static void *block;
    const struct xm_config config = xm_config_default(domain_frames(NR_PAGES));
    const size_t bytes = (size_t)config.nr_frames * XM_PAGE_SIZE;
    const struct domain_image image = {
        .virt_base = k->virt_base,
        .kernel_end = k->end,
        .ramdisk_bytes = 5000,
        .ramdisk_unmapped = k->mod_start_pfn,
        .init_p2m = k->notes & 1u << XEN_ELFNOTE_INIT_P2M ? k->init_p2m
                                                          : DOMAIN_P2M_MAPPED,
        .nr_pages = NR_PAGES,
        .nr_vcpus = 1,
    };
    struct xm_cpu c = { .domid = DOMID, .preempt_after = -1 };
    struct domain_layout l;

    if (!domain_lay_out(&image, &l)) {
        if (!l.wrong && l.used <= NR_PAGES)
            abort();
        return;
    }
    if ((k->end - k->virt_base + XM_PAGE_SIZE - 1) / XM_PAGE_SIZE > l.tables ||
        l.used > NR_PAGES)
        abort();
    if (!block)
        block = malloc(xm_machine_size(&config));
    c.ram = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (!block || c.ram == MAP_FAILED)
        abort();
    c.machine = xm_machine_init(block, &config);
    build_in(&c, &image, &l);
    munmap(c.ram, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[PV_KERNEL_MESSAGE] = "";
    struct pv_kernel k;

    if (pv_kernel_read(&k, data, size, MAX_UNPACKED, why)) {
        use(&k);
        build(&k);
        pv_kernel_close(&k);
    } else if (!why[0]) {
        abort();
    }
    return 0;
}
