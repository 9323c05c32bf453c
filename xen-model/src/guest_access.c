/* SPDX-License-Identifier: MIT
 *
 * Loads and stores by the guest, and Xen's reading of guest memory.
 */
#include "insn/exec.h"

/*
 * The processor marks the entries it used; of a walk that ended in a fault,
 * those above the last.
 */
static void set_accessed(const struct xm_cpu *c, const struct xm_walk *w,
                         xm_vaddr va, bool dirty)
{
    if (w->m2p)
        return;
    for (unsigned int level = 4; level >= (w->ok || w->mmio ? 1 : w->level + 1);
         level--) {
        const uint64_t bits = XM_PTE_A | (dirty && level == 1 ? XM_PTE_D : 0);

        if ((w->entry[level] & bits) != bits)
            xm__ram_to_write(c, w->table[level])[xm_va_index(va, level)] |=
                bits;
    }
}

struct xm_walk xm_translate(struct xm_cpu *c, xm_vaddr va, uint32_t access)
{
    const struct xm_walk w = xm_walk(c, va, access);

    set_accessed(c, &w, va, access & XM_PF_WRITE);
    return w;
}

static struct xm_page_fault page_fault(struct xm_cpu *c,
                                       const struct xm_walk *w, xm_vaddr va)
{
    const uint32_t hidden = xm__vcpu(c)->user_mode ? 0 : XM_PF_USER;

    return (struct xm_page_fault){ .taken = true,
                                   .error_code = w->error_code & ~hidden,
                                   .cr2 = va };
}

/* Walks for an access to VA and marks the entries; false: *F. */
static bool walk_and_mark(struct xm_cpu *c, xm_vaddr va, uint32_t access,
                          struct xm_walk *w, struct xm_page_fault *f)
{
    *w = xm_translate(c, va, access);
    if (w->ok || w->mmio)
        return true;
    *f = page_fault(c, w, va);
    return false;
}

static uint32_t in_page(xm_vaddr va)
{
    return (uint32_t)(va & (XM_PAGE_SIZE - 1));
}

/* Bytes from VA to the end of its page, at most N. */
static unsigned int part(xm_vaddr va, size_t n)
{
    const unsigned int rest = XM_PAGE_SIZE - in_page(va);

    return n < rest ? (unsigned int)n : rest;
}

/* What is behind a walk: guest RAM, or an entry of the M2P. NULL: a device. */
static const uint8_t *readable(struct xm_cpu *c, const struct xm_walk *w,
                               xm_vaddr va)
{
    static const uint64_t nothing = ~0ull; /* behind the last frame */

    if (w->mmio)
        return NULL;
    if (w->m2p && w->mfn >= c->machine->config.nr_frames)
        return (const uint8_t *)&nothing + (va & 7);
    return w->m2p
               ? (const uint8_t *)xm_machine_m2p(c->machine, w->mfn) + (va & 7)
               : (const uint8_t *)xm__ram(c, w->mfn) + in_page(va);
}

bool xm__cpu_read(struct xm_cpu *c, xm_vaddr va, void *to, unsigned int n,
                  struct xm_page_fault *f)
{
    uint8_t *out = to;

    while (n != 0) {
        unsigned int k = part(va, n);
        const uint8_t *in;
        struct xm_walk w;

        if (!walk_and_mark(c, va, 0, &w, f))
            return false;
        if (w.m2p && k > 8 - (va & 7))
            k = 8 - (va & 7); /* entry by entry: the last one has an end */
        in = readable(c, &w, va);
        for (unsigned int i = 0; i < k; i++)
            out[i] = in ? in[i] : 0xff; /* what devices say is not modelled */
        out += k;
        va += k;
        n -= k;
    }
    return true;
}

bool xm__cpu_may_write(struct xm_cpu *c, xm_vaddr va, unsigned int n,
                       struct xm_page_fault *f)
{
    while (n != 0) {
        const unsigned int k = part(va, n);
        struct xm_walk w;

        if (!walk_and_mark(c, va, XM_PF_WRITE, &w, f))
            return false;
        va += k;
        n -= k;
    }
    return true;
}

bool xm__cpu_write(struct xm_cpu *c, xm_vaddr va, const void *from,
                   unsigned int n, struct xm_page_fault *f)
{
    const uint8_t *in = from;

    if (!xm__cpu_may_write(c, va, n, f))
        return false;
    while (n != 0) {
        const struct xm_walk w = xm_walk(c, va, XM_PF_WRITE);
        const unsigned int k = part(va, n);

        if (w.ok)
            __builtin_memcpy(
                (uint8_t *)xm__ram_to_write(c, w.mfn) + in_page(va), in, k);
        in += k;
        va += k;
        n -= k;
    }
    return true;
}

struct xm_page_fault xm_load64(struct xm_cpu *c, xm_vaddr va, uint64_t *value)
{
    struct xm_page_fault f = { .taken = false };

    assert((va & 7) == 0);
    (void)xm__cpu_read(c, va, value, sizeof(*value), &f);
    return f;
}

struct xm_page_fault xm_store64(struct xm_cpu *c, xm_vaddr va, uint64_t value)
{
    static const struct xm_insn store = {
        .op = XM_OP_MOV,
        .width = 8,
        .source = XM_SRC_REGISTER,
        .reg = XM_RAX,
        .mem = { .base = XM_RDI, .index = XM_NO_REG, .size = 8 },
    };
    struct xm_registers r = { .gpr = { [XM_RAX] = value, [XM_RDI] = va } };

    assert((va & 7) == 0);
    return xm_execute(c, &store, &r).fault;
}

/* The frame behind VA for Xen, guest RAM that allows ACCESS. */
static bool reach(struct xm_cpu *c, xm_vaddr va, uint32_t access, xm_mfn *mfn)
{
    const struct xm_walk w = xm_translate(c, va, access);

    if (!w.ok || w.m2p)
        return false;
    *mfn = w.mfn;
    return true;
}

static bool is_own(const struct xm_cpu *c, xm_vaddr va)
{
    return c->own && (va < c->own->first || va > c->own->last);
}

bool xm__copy_from_own(struct xm_cpu *c, void *to, xm_vaddr from, size_t n)
{
    const xm_vaddr last = from + n - 1;

    return is_own(c, from) && is_own(c, last) &&
           (from > c->own->last || last < c->own->first) &&
           xm__guest_address(from) && c->own->read(to, from, n);
}

bool xm__copy_from_guest(struct xm_cpu *c, void *to, xm_vaddr from, size_t n)
{
    uint8_t *out = to;

    if (n == 0) /* the count that is left is what fails, not the address */
        return true;
    if (!xm__guest_address(from))
        return false;
    if (is_own(c, from))
        return c->own->read(to, from, n);
    while (n != 0) {
        const unsigned int k = part(from, n);
        xm_mfn mfn;

        if (!reach(c, from, 0, &mfn))
            return false;
        __builtin_memcpy(out, (const uint8_t *)xm__ram(c, mfn) + in_page(from),
                         k);
        out += k;
        from += k;
        n -= k;
    }
    return true;
}

bool xm__copy_to_guest(struct xm_cpu *c, xm_vaddr to, const void *from,
                       size_t n)
{
    const uint8_t *in = from;

    if (n == 0)
        return true;
    if (!xm__guest_address(to))
        return false;
    if (is_own(c, to))
        return c->own->write(to, from, n);
    while (n != 0) {
        const unsigned int k = part(to, n);
        xm_mfn mfn;

        if (!reach(c, to, XM_PF_WRITE, &mfn))
            return false;
        __builtin_memcpy((uint8_t *)xm__ram_to_write(c, mfn) + in_page(to), in,
                         k);
        in += k;
        to += k;
        n -= k;
    }
    return true;
}

bool xm_copy_from_guest(struct xm_cpu *c, void *to, xm_vaddr from, size_t n)
{
    return xm__copy_from_guest(c, to, from, n);
}

bool xm_copy_to_guest(struct xm_cpu *c, xm_vaddr to, const void *from, size_t n)
{
    return xm__copy_to_guest(c, to, from, n);
}

bool xm__read_vcpu_mask(struct xm_cpu *c, xm_vaddr mask)
{
    uint64_t word; /* XM_MAX_VCPUS fits into the first */

    return xm__copy_from_guest(c, &word, mask, sizeof(word));
}
