/* SPDX-License-Identifier: MIT
 *
 * memory_op: frames that come and go. What a long list asks for is said as
 * several calls, and only as far as it was done: how much memory there is on
 * another machine, nobody knows.
 */
#include "calls.h"

#include <xen/memory.h>

#include <stddef.h>
#include <string.h>

#define COMMAND_BITS 6
#define COMMAND_MASK ((1u << COMMAND_BITS) - 1)

static xm_vaddr address(const void *handle)
{
    xm_vaddr va;

    memcpy(&va, handle, sizeof(va));
    return va;
}

static void prepare_memory(struct record *r, struct record_call *c)
{
    struct xen_memory_reservation reservation;
    struct xen_memory_exchange exchange;
    xm_vaddr list = 0;
    uint64_t count = 0;

    switch (c->arg[0] & COMMAND_MASK) {
    case XENMEM_decrease_reservation:
    case XENMEM_populate_physmap:
        if (!record__read(r, &reservation, c->arg[1], sizeof(reservation)))
            return;
        list = address(&reservation.extent_start);
        count = reservation.nr_extents;
        break;
    case XENMEM_exchange:
        if (!record__read(r, &exchange, c->arg[1], sizeof(exchange)))
            return;
        if (exchange.out.nr_extents <= UINT32_MAX)
            record__read_list(r, c, address(&exchange.out.extent_start),
                              (uint32_t)exchange.out.nr_extents,
                              sizeof(uint64_t));
        c->numbers = c->data;
        c->nr_numbers = c->count;
        list = address(&exchange.in.extent_start);
        count = exchange.in.nr_extents;
        break;
    default:
        return;
    }
    if (count <= UINT32_MAX)
        record__read_list(r, c, list, (uint32_t)count, sizeof(uint64_t));
}

static const uint64_t *inputs(const struct record *r,
                              const struct record_call *c)
{
    return record__data(r, c);
}

static void put_word(struct record *r, const char *name, uint64_t value)
{
    if (value == 0)
        return;
    record__string(&r->out, name);
    record__number(&r->out, value);
}

static void put_domain(struct record *r, const char *name, xm_domid domid)
{
    record__string(&r->out, name);
    record__put_domain(r, domid);
}

/* -- frames that go
 * ------------------------------------------------------------ */

/* Frame I of the call: extents are one frame after the other. */
static xm_mfn frame_at(const uint64_t *in, unsigned int order, uint64_t i)
{
    return in[i >> order] + (i & ((1ull << order) - 1));
}

static void put_decrease(struct record *r, const uint64_t *in,
                         unsigned int order, uint64_t from, uint64_t to,
                         int64_t rc, xm_domid domid)
{
    record__who(r);
    record__string(&r->out, "memory.decrease { extents={");
    for (uint64_t i = from; i < to; i++) {
        record__string(&r->out, i == from ? "" : ", ");
        record__put_frame(r, frame_at(in, order, i));
    }
    record__char(&r->out, '}');
    put_word(r, " nr=", to - from);
    put_domain(r, " dom=", domid);
    record__string(&r->out, " }");
    record__put_result(r, rc);
}

static bool is_gone(const struct record *r, xm_mfn mfn)
{
    const struct xm_frame *f = xm_machine_frame_const(r->cpu->machine, mfn);

    return f && f->owner != r->domid;
}

/* By the frame, and so that one is the last that was refused. */
static void say_decrease(struct record *r, struct record_call *c, int64_t rc)
{
    struct xen_memory_reservation x;
    const uint64_t *in = inputs(r, c);
    uint64_t done, end;

    if (!record__read(r, &x, c->arg[1], sizeof(x)) || x.extent_order > 18 ||
        c->count == 0) {
        record__put_note(r, c, rc, "");
        return;
    }
    done = end = (uint64_t)rc << x.extent_order;
    if (rc < c->count) {
        const uint64_t whole = end + (1ull << x.extent_order);

        while (end < whole && is_gone(r, frame_at(in, x.extent_order, end)))
            end++;
        done = end;
        end += end < whole;
    }
    for (uint64_t i = 0; i < end; i += RECORD_LIST) {
        const uint64_t to = end - i < RECORD_LIST ? end : i + RECORD_LIST;

        put_decrease(r, in, x.extent_order, i, to,
                     (int64_t)((to < done ? to : done) - i), x.domid);
    }
}

/* -- frames that come
 * ----------------------------------------------------------- */

static void put_numbers(struct record *r, const uint64_t *numbers,
                        uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        record__string(&r->out, i == from ? "" : ", ");
        record__number(&r->out, numbers ? numbers[i] : 0);
    }
}

/* Reads what was given, names it, and says it: false, it cannot be read. */
static bool put_given(struct record *r, xm_vaddr list, uint32_t from,
                      uint32_t to, unsigned int order)
{
    for (uint32_t i = from; i < to; i++) {
        uint64_t mfn;

        if (!record__read(r, &mfn, list + i * 8ull, sizeof(mfn)))
            return false;
        record__name_extent(r, mfn, order);
        record__string(&r->out, i == from ? "" : ", ");
        record__put_extent(r, mfn, order);
    }
    return true;
}

static void put_reservation(struct record *r, const struct record_call *c,
                            const struct xen_memory_reservation *x,
                            uint32_t from, uint32_t to)
{
    const bool populate = (c->arg[0] & COMMAND_MASK) == XENMEM_populate_physmap;

    record__who(r);
    record__string(&r->out, populate ? "memory.populate" : "memory.increase");
    record__string(&r->out, " { extents={");
    put_numbers(r, populate ? inputs(r, c) : NULL, from, to);
    record__char(&r->out, '}');
    put_word(r, " nr=", to - from);
    put_word(r, " order=", x->extent_order);
    put_word(r, " flags=", x->mem_flags);
    put_domain(r, " dom=", x->domid);
    record__string(&r->out, " }");
    record__put_answer(r, (int64_t)(to - from));
    record__string(&r->out, " { extents={");
    if (!put_given(r, address(&x->extent_start), from, to, x->extent_order))
        record__stop(r, "which frames were given cannot be read");
    record__string(&r->out, "} }\n");
}

static void say_reservation(struct record *r, struct record_call *c, int64_t rc)
{
    struct xen_memory_reservation x;

    if (!record__read(r, &x, c->arg[1], sizeof(x)) || rc <= 0) {
        record__put_note(r, c, rc, "");
        return;
    }
    if (address(&x.extent_start) == 0) {
        record__stop(r, "frames came that nobody was told of");
        return;
    }
    for (uint32_t i = 0; i < rc; i += RECORD_LIST)
        put_reservation(r, c, &x, i,
                        rc - i < RECORD_LIST ? (uint32_t)rc : i + RECORD_LIST);
    if ((uint64_t)rc < x.nr_extents)
        record__put_note(r, c, rc, ": there were no more");
}

/* -- frames for frames
 * ------------------------------------------------------------ */

struct exchange {
    struct xen_memory_exchange x;
    unsigned int in_order, in_chunk, out_chunk; /* of what is said */
};

/*
 * Frames in a row on this machine are in a row on another one if they came in
 * one extent; others are said one by one.
 */
static bool in_a_row(const struct record *r, const uint64_t *in, uint32_t count,
                     unsigned int order)
{
    for (uint32_t i = 0; i < count; i++)
        if (!record__is_named(r, in[i]) || r->frames[in[i]].order != order)
            return false;
    return true;
}

static void put_inputs(struct record *r, const struct exchange *e,
                       const uint64_t *in, uint64_t from, uint64_t to)
{
    const unsigned int apart = e->x.in.extent_order - e->in_order;

    for (uint64_t i = from; i < to; i++) {
        record__string(&r->out, i == from ? "" : ", ");
        record__put_extent(r, frame_at(in, apart, i), e->in_order);
    }
}

/* Inputs FROM to TO, whole chunks, in frames of in_order. */
static void put_exchange(struct record *r, const struct record_call *c,
                         const struct exchange *e, uint64_t from, uint64_t to)
{
    const unsigned int out_order = e->x.out.extent_order;
    const uint64_t first = from << e->in_order >> out_order;
    const uint64_t end = to << e->in_order >> out_order;

    record__who(r);
    record__string(&r->out, "memory.exchange { in={");
    put_inputs(r, e, inputs(r, c), from, to);
    record__char(&r->out, '}');
    put_word(r, " in_nr=", to - from);
    put_word(r, " in_order=", e->in_order);
    put_domain(r, " in_dom=", e->x.in.domid);
    record__string(&r->out, " out={");
    put_numbers(
        r,
        c->nr_numbers < end ? NULL : (uint64_t *)(void *)(r->data + c->numbers),
        (uint32_t)first, (uint32_t)end);
    record__char(&r->out, '}');
    put_word(r, " out_nr=", end - first);
    put_word(r, " out_order=", out_order);
    put_word(r, " out_flags=", e->x.out.mem_flags);
    put_domain(r, " out_dom=", e->x.out.domid);
    record__string(&r->out, " }");
    record__string(&r->out, " -> 0 { out={");
    if (!put_given(r, address(&e->x.out.extent_start), (uint32_t)first,
                   (uint32_t)end, out_order))
        record__stop(r, "which frames were given cannot be read");
    record__string(&r->out, "} }\n");
}

/* How many inputs of in_order are said at once: whole chunks. */
static uint64_t at_once(const struct exchange *e)
{
    const unsigned int out_order = e->x.out.extent_order;
    uint64_t n = RECORD_LIST;

    if (e->in_order > out_order) /* that many outputs */
        n = RECORD_LIST >> (e->in_order - out_order);
    else if (out_order - e->in_order > 8)
        n = 1ull << (out_order - e->in_order);
    return n ? n : 1;
}

static void say_exchange(struct record *r, struct record_call *c, int64_t rc)
{
    struct exchange e;
    uint64_t done, step;

    if (!record__read(r, &e.x, c->arg[1], sizeof(e.x)) || c->count == 0 ||
        e.x.in.extent_order > 18 || e.x.out.extent_order > 18 ||
        (rc != 0 && e.x.nr_exchanged == 0)) {
        record__put_note(r, c, rc, "");
        return;
    }
    e.in_order = in_a_row(r, inputs(r, c), c->count, e.x.in.extent_order)
                     ? e.x.in.extent_order
                     : 0;
    done = e.x.nr_exchanged << e.x.in.extent_order >> e.in_order;
    step = at_once(&e);
    for (uint64_t i = 0; i < done && !r->stopped; i += step)
        put_exchange(r, c, &e, i, done - i < step ? done : i + step);
    if (rc != 0)
        record__put_note(r, c, rc, ": it was done up to here");
}

static void say_memory(struct record *r, struct record_call *c, int64_t rc)
{
    switch (c->arg[0] & COMMAND_MASK) {
    case XENMEM_increase_reservation:
    case XENMEM_populate_physmap:
        say_reservation(r, c, rc);
        break;
    case XENMEM_decrease_reservation:
        say_decrease(r, c, rc);
        break;
    case XENMEM_exchange:
        say_exchange(r, c, rc);
        break;
    default:
        record__put_note(r, c, rc, "");
        break;
    }
}

const struct record_kind record__calls_memory[] = {
    { __HYPERVISOR_memory_op, "memory_op", prepare_memory, say_memory },
    { 0, NULL, NULL, NULL },
};
