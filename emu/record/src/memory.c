/* SPDX-License-Identifier: MIT
 *
 * What the guest's arguments point to, read as Xen reads it, without leaving
 * an A bit behind.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

static bool is_own(const struct xm_cpu *c, xm_vaddr va)
{
    return c->own && (va < c->own->first || va > c->own->last);
}

static size_t part(xm_vaddr va, size_t n)
{
    const size_t rest = XM_PAGE_SIZE - (va & (XM_PAGE_SIZE - 1));

    return n < rest ? n : rest;
}

bool record__read(const struct record *r, void *to, xm_vaddr va, size_t n)
{
    uint8_t *out = to;

    if (is_own(r->cpu, va))
        return r->cpu->own->read(to, va, n);
    while (n != 0) {
        const struct xm_walk w = xm_walk(r->cpu, va, 0);
        const size_t k = part(va, n);

        if (!w.ok || w.m2p)
            return false;
        memcpy(out,
               (const uint8_t *)xm_ram_frame(r->cpu, w.mfn) +
                   (va & (XM_PAGE_SIZE - 1)),
               k);
        out += k;
        va += k;
        n -= k;
    }
    return true;
}

bool record__writable(const struct record *r, xm_vaddr va, size_t n)
{
    /* The program's own memory: the guest writes there all the time. */
    if (is_own(r->cpu, va))
        return true;
    while (n != 0) {
        const size_t k = part(va, n);

        if (!xm_walk(r->cpu, va, XM_PF_WRITE).ok)
            return false;
        va += k;
        n -= k;
    }
    return true;
}

static void *data_room(struct record *r, size_t n)
{
    if (r->data_length + n > r->data_room) {
        const size_t room = 2 * (r->data_length + n) + 4096;
        uint8_t *data = realloc(r->data, room);

        if (!data)
            abort();
        r->data = data;
        r->data_room = room;
    }
    return r->data + r->data_length;
}

#define MOST (1u << 20) /* bytes of a list that are read at once */

void record__read_list(struct record *r, struct record_call *c, xm_vaddr va,
                       uint32_t count, size_t size)
{
    uint8_t *data;

    c->asked = count;
    c->count = 0;
    r->data_length = (r->data_length + 7) & ~(size_t)7;
    c->data = r->data_length;
    /* In one go, as it nearly always is; else element by element. */
    if (count <= MOST / size &&
        record__read(r, data_room(r, count * size), va, count * size)) {
        c->count = count;
        r->data_length += count * size;
        return;
    }
    for (; c->count < count; c->count++) {
        data = data_room(r, size);
        if (!record__read(r, data, va + c->count * size, size))
            return;
        r->data_length += size;
    }
}
