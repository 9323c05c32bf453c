/* SPDX-License-Identifier: MIT
 *
 * The arguments of a call in guest memory: first the structures, then the
 * lists that their fields point to, in the order in which they are written.
 */
#include "run.h"

#include <string.h>

uint64_t run_value(const struct run *r, const struct pvt_value *v)
{
    switch (v->kind) {
    case PVT_VALUE_NUMBER:
        break;
    case PVT_VALUE_FRAME:
        return run_frame(r, v->slot.frame);
    case PVT_VALUE_SLOT:
        return (run_frame(r, v->slot.frame) << XM_PAGE_SHIFT) +
               v->slot.index * 8u + v->number;
    case PVT_VALUE_VA:
        return run_va(v->va);
    case PVT_VALUE_ENTRY:
        return run_entry(r, &v->entry);
    case PVT_VALUE_DOMAIN:
        return run_domid(v->domain);
    }
    return v->number;
}

/* Where the list of assignment number INDEX begins in the data. */
static uint32_t list_offset(const struct pvt_step *s, uint32_t index)
{
    uint32_t offset = (s->elements * s->info->size + 7) & ~7u;

    for (uint32_t i = 0; i < index; i++)
        if (s->in.assigns[i].braces)
            offset += s->in.assigns[i].count * 8;
    return offset;
}

static uint32_t data_size(const struct pvt_step *s)
{
    return list_offset(s, s->in.count);
}

static void set_field(const struct pvt_step *s, struct pvt_op *op,
                      const struct pvt_assign *a, uint64_t value)
{
    const struct pvt_field *f = &s->info->fields[a->field];

    if (!f->in_register)
        memcpy(op->data + a->element * s->info->size + f->offset, &value,
               f->size);
    else if (f->offset == PVT_CALL_NUMBER)
        op->number = value;
    else
        op->arg[f->offset] = value;
}

static void resolve_assign(const struct run *r, const struct pvt_step *s,
                           struct pvt_op *op, uint32_t index)
{
    const struct pvt_assign *a = &s->in.assigns[index];
    const uint32_t offset = list_offset(s, index);

    if (!a->braces) {
        set_field(s, op, a, run_value(r, &a->values[0]));
        return;
    }
    for (uint32_t i = 0; i < a->count; i++) {
        const uint64_t word = run_value(r, &a->values[i]);

        memcpy(op->data + offset + i * 8, &word, sizeof(word));
    }
    set_field(s, op, a, run_args(r, s) + offset);
}

static void preset(const struct pvt_call_info *c, uint8_t *structure)
{
    for (uint32_t i = 0; i < PVT_CALL_FIELDS && c->fields[i].name; i++)
        if (c->fields[i].preset != 0)
            memcpy(structure + c->fields[i].offset, &c->fields[i].preset,
                   c->fields[i].size);
}

int run_resolve_call(const struct run *r, const struct pvt_step *s,
                     struct pvt_op *op)
{
    if (data_size(s) > PVT_MAX_DATA)
        return -1;
    op->data_size = data_size(s);
    memset(op->data, 0, op->data_size);
    op->number = s->info->hypercall;
    for (uint32_t i = 0; i < PVT_CALL_REGISTERS; i++) {
        const struct pvt_register *reg = &s->info->registers[i];

        op->arg[i] = reg->kind == PVT_REG_COUNT    ? s->elements
                     : reg->kind == PVT_REG_NUMBER ? reg->number
                     : s->has_args                 ? run_va(s->va)
                                                   : run_args(r, s);
    }
    op->arg[5] = 0;
    for (uint32_t i = 0; i < s->elements; i++)
        preset(s->info, op->data + i * s->info->size);
    for (uint32_t i = 0; i < s->in.count; i++)
        resolve_assign(r, s, op, i);
    return 0;
}

/* Where the words of output assignment A lie in the data; their size. */
static bool find_out(const struct pvt_step *s, const struct pvt_assign *a,
                     uint32_t *offset, uint32_t *size)
{
    const struct pvt_field *f = &s->info->fields[a->field];

    *size = f->size;
    for (uint32_t i = 0; f->kind == PVT_FIELD_LIST && i < s->in.count; i++) {
        const struct pvt_assign *in = &s->in.assigns[i];

        if (in->element != a->element || in->field != a->field || !in->braces ||
            in->count < a->count)
            continue;
        *size = 8;
        *offset = list_offset(s, i);
        return true;
    }
    *offset = a->element * s->info->size + f->offset;
    return !f->in_register && f->kind != PVT_FIELD_LIST &&
           a->element < s->elements;
}

static uint64_t word_at(const uint8_t *at, uint32_t size)
{
    uint64_t word = 0;

    memcpy(&word, at, size);
    return word;
}

bool pvt_step_bind(const struct pvt_step *s, uint32_t n, struct pvt_bind *to)
{
    for (uint32_t i = 0; i < s->expect.out.count; i++) {
        const struct pvt_assign *a = &s->expect.out.assigns[i];
        uint32_t offset, size;

        if (!find_out(s, a, &offset, &size))
            continue;
        for (uint32_t k = 0; k < a->count; k++) {
            const struct pvt_value *v = &a->values[k];

            if (v->kind != PVT_VALUE_FRAME ||
                v->slot.frame.kind != PVT_FRAME_PAGE || n-- != 0)
                continue;
            *to = (struct pvt_bind){ .page = v->slot.frame.page,
                                     .extent = v->extent,
                                     .offset = offset + k * size,
                                     .size = size };
            return true;
        }
    }
    return false;
}

/* Is it one of what S gives to Xen? */
static bool is_given(const struct pvt_step *s, uint32_t page)
{
    for (uint32_t i = 0; i < s->in.count; i++)
        for (uint32_t k = 0; k < s->in.assigns[i].count; k++) {
            const struct pvt_value *v = &s->in.assigns[i].values[k];

            if (v->kind == PVT_VALUE_FRAME &&
                v->slot.frame.kind == PVT_FRAME_PAGE &&
                v->slot.frame.page == page)
                return true;
        }
    return false;
}

/* Has it been given back, or is it with S? */
static bool is_gone(const struct run *r, const struct pvt_step *s,
                    uint32_t page)
{
    struct pvt_backend *b = r->sides[SIDE_MODEL];
    struct xm_frame frame;

    return !r->trace->pages[page].value &&
           b->ops->read_frame(b, r->pages[page], &frame) == 0 &&
           (frame.owner == XM_DOMID_NONE || is_given(s, page));
}

void run_await(struct run *r, const struct pvt_step *s)
{
    struct pvt_bind b;

    for (uint32_t n = 0; pvt_step_bind(s, n, &b); n++)
        for (uint32_t i = b.page; i <= b.page + b.extent; i++)
            if (r->pages[i] == PVT_NO_MFN || is_gone(r, s, i))
                run_mark(r->awaited, i);
}

/* The pages of B, as far as they are awaited, are the frames from MFN on. */
static void bind(struct run *r, const struct pvt_bind *b, xm_mfn mfn)
{
    const bool value = r->trace->pages[b->page].value;

    for (uint32_t i = b->page; i <= b->page + b->extent; i++) {
        if (!run_is_marked(r->awaited, i))
            continue;
        r->pages[i] = mfn + (i - b->page);
        if (!value)
            run_watch(r, i, r->pages[i]);
    }
    if (value)
        return;
    if (r->nr_alloc < r->trace->nr_pages)
        r->alloc[r->nr_alloc++] = mfn;
}

void run_bind(struct run *r, const struct pvt_step *s, const uint8_t *data,
              int64_t rc)
{
    struct pvt_bind b;

    r->nr_alloc = 0;
    for (uint32_t n = 0; pvt_step_bind(s, n, &b); n++) {
        if (rc >= 0)
            bind(r, &b, word_at(data + b.offset, b.size));
        for (uint32_t i = b.page; i <= b.page + b.extent; i++)
            run_unmark(r->awaited, i);
    }
}

void run_expect_out(struct run *r, const struct pvt_step *s, enum side side,
                    const uint8_t *data)
{
    for (uint32_t i = 0; i < s->expect.out.count; i++) {
        const struct pvt_assign *a = &s->expect.out.assigns[i];
        uint32_t offset, size;
        const bool found = find_out(s, a, &offset, &size);

        for (uint32_t k = 0; found && k < a->count; k++) {
            const uint64_t expected = run_value(r, &a->values[k]);
            const uint64_t mask = size == 8 ? ~0ull : (1ull << size * 8) - 1;
            const uint64_t got = word_at(data + offset + k * size, size);
            struct pvt_difference *d;

            if ((expected & mask) == got)
                continue;
            d = run_differ(r, PVT_KIND_ARGUMENT, "expected", expected & mask,
                           run_side_name(r, side), got);
            snprintf(d->detail, sizeof(d->detail), "field %s, number %u",
                     s->info->fields[a->field].name, k);
        }
    }
}
