/* SPDX-License-Identifier: MIT
 *
 * A fuzz target: PV kernels. Any bytes are an ELF, a packed one or a bzImage;
 * what is taken fits together, what is not has a reason.
 */
#include "target.h"

#include <domain/kernel.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_UNPACKED ((size_t)1 << 20)

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[PV_KERNEL_MESSAGE] = "";
    struct pv_kernel k;

    if (pv_kernel_read(&k, data, size, MAX_UNPACKED, why)) {
        use(&k);
        pv_kernel_close(&k);
    } else if (!why[0]) {
        abort();
    }
    return 0;
}
