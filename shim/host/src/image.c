/* SPDX-License-Identifier: MIT
 *
 * The shim's kernel as a domain builder sees it, where it has to lie.
 */
#include "internal.h"

int shim__image_open(struct shim *s, struct pv_kernel *image)
{
    char why[PV_KERNEL_MESSAGE];

    if (!pv_kernel_open(image, s->config.kernel, why))
        return shim__fail(s, "%s: %s", s->config.kernel, why);
    if (image->virt_base == SHIM_VIRT_BASE && image->hypercall_page != 0)
        return 0;
    pv_kernel_close(image);
    return shim__fail(s,
                      "%s: VIRT_BASE is not 0x%llx, or it has no "
                      "HYPERCALL_PAGE: it is another kernel than the shim's",
                      s->config.kernel, (unsigned long long)SHIM_VIRT_BASE);
}

void shim__image_copy(const struct pv_kernel *image,
                      const struct shim_domain *d)
{
    for (uint64_t va = SHIM_VIRT_BASE; va < image->end; va += XM_PAGE_SIZE)
        pv_kernel_page(
            image, va,
            shim__page(d->shim, d->p2m[(va - SHIM_VIRT_BASE) / XM_PAGE_SIZE]));
}
