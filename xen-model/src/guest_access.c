/* SPDX-License-Identifier: MIT
 *
 * Loads and stores by the guest kernel, and Xen's reading of guest memory.
 */
#include <xen-model/walk.h>

#include "internal.h"
#include "ptwr.h"

/* The processor marks the entries it used. */
static void set_accessed(const struct xm_cpu *c, const struct xm_walk *w,
                         xm_vaddr va, bool dirty)
{
    if (w->m2p)
        return;
    for (unsigned int level = 4; level >= 1; level--)
        xm_ram_frame(c, w->table[level])[xm_va_index(va, level)] |=
            XM_PTE_A | (dirty && level == 1 ? XM_PTE_D : 0);
}

static struct xm_page_fault page_fault(const struct xm_walk *w, xm_vaddr va)
{
    return (struct xm_page_fault){ .taken = true,
                                   .error_code = w->error_code & ~XM_PF_USER,
                                   .cr2 = va };
}

struct xm_page_fault xm_load64(struct xm_cpu *c, xm_vaddr va, uint64_t *value)
{
    const struct xm_walk w = xm_walk(c, va, 0);

    assert((va & 7) == 0);
    if (!w.ok)
        return page_fault(&w, va);
    set_accessed(c, &w, va, false);
    *value = w.m2p ? *xm_machine_m2p(c->machine, w.mfn)
                   : xm_ram_frame(c, w.mfn)[(va & (XM_PAGE_SIZE - 1)) / 8];
    return (struct xm_page_fault){ .taken = false };
}

struct xm_page_fault xm_store64(struct xm_cpu *c, xm_vaddr va, uint64_t value)
{
    const struct xm_walk w = xm_walk(c, va, XM_PF_WRITE);

    assert((va & 7) == 0);
    if (!w.ok) {
        if (xm__ptwr_store64(c, &w, va, value))
            return (struct xm_page_fault){ .taken = false };
        return page_fault(&w, va);
    }
    set_accessed(c, &w, va, true);
    xm_ram_frame(c, w.mfn)[(va & (XM_PAGE_SIZE - 1)) / 8] = value;
    return (struct xm_page_fault){ .taken = false };
}

/*
 * The bytes behind VA up to the end of its page, *N of them at most, which
 * becomes how many there are. NULL: not there for ACCESS.
 */
static uint8_t *guest_page(struct xm_cpu *c, xm_vaddr va, uint32_t access,
                           size_t *n)
{
    const size_t offset = va & (XM_PAGE_SIZE - 1);
    const struct xm_walk w = xm_walk(c, va, access);

    if (!w.ok || w.m2p)
        return NULL;
    set_accessed(c, &w, va, access == XM_PF_WRITE);
    if (*n > XM_PAGE_SIZE - offset)
        *n = XM_PAGE_SIZE - offset;
    return (uint8_t *)xm_ram_frame(c, w.mfn) + offset;
}

bool xm__copy_from_guest(struct xm_cpu *c, void *to, xm_vaddr from, size_t n)
{
    uint8_t *out = to;

    if (!xm__guest_address(from))
        return false;
    while (n != 0) {
        size_t part = n;
        const uint8_t *in = guest_page(c, from, 0, &part);

        if (!in)
            return false;
        __builtin_memcpy(out, in, part);
        out += part;
        from += part;
        n -= part;
    }
    return true;
}

bool xm__copy_to_guest(struct xm_cpu *c, xm_vaddr to, const void *from,
                       size_t n)
{
    const uint8_t *in = from;

    if (!xm__guest_address(to))
        return false;
    while (n != 0) {
        size_t part = n;
        uint8_t *out = guest_page(c, to, XM_PF_WRITE, &part);

        if (!out)
            return false;
        __builtin_memcpy(out, in, part);
        in += part;
        to += part;
        n -= part;
    }
    return true;
}

bool xm__read_vcpu_mask(struct xm_cpu *c, xm_vaddr mask)
{
    uint64_t word; /* XM_MAX_VCPUS fits into the first */

    return xm__copy_from_guest(c, &word, mask, sizeof(word));
}
