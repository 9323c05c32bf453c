/* SPDX-License-Identifier: MIT
 *
 * The generator, of calls by their fields: nearly valid ones, and then one
 * field that is anything.
 */
#include "choose.h"
#include "forms.h"
#include "guest.h"
#include "hypercalls.h"
#include "values.h"

#include <string.h>
#include <xen/memory.h>
#include <xen/xen.h>

#include <xen/grant_table.h>

/* A call being made. */
struct maker {
    struct fz_random *r;
    const struct fz_session *s;
    uint32_t domain, n;
    struct fz_op *ops;
};

static void begin(struct maker *m, const char *name, uint32_t elements)
{
    struct fz_op *op = &m->ops[0];

    *op = (struct fz_op){ .kind = FZ_CALL, .slot = (uint16_t)elements };
    (void)fz_hypercall_by_name(name, &op->cmd);
    op->target = (uint8_t)fz_below(m->r, FZ_HANDLES);
    m->n = 1;
}

static uint8_t field_number(const struct maker *m, const char *name)
{
    const struct pvt_call_info *info = fz_hypercall(&m->ops[0]);

    for (uint8_t i = 0; i < PVT_CALL_FIELDS && info->fields[i].name; i++)
        if (strcmp(info->fields[i].name, name) == 0)
            return i;
    return 0;
}

static struct fz_op *add(struct maker *m, enum fz_value kind, const char *field,
                         uint32_t element)
{
    struct fz_op *op = &m->ops[m->n < FZ_MAX_CHOSEN ? m->n++ : m->n - 1];

    *op = (struct fz_op){ .kind = FZ_VALUE,
                          .who = (uint8_t)kind,
                          .cmd = field_number(m, field),
                          .extra = (uint8_t)element };
    return op;
}

static struct fz_op *number(struct maker *m, const char *field,
                            uint32_t element, uint64_t value)
{
    struct fz_op *op = add(m, FZ_NUMBER, field, element);

    fz_set_number(op, value);
    return op;
}

static struct fz_op *frame(struct maker *m, const char *field, uint32_t element)
{
    struct fz_op *op = add(m, FZ_FRAME_NUMBER, field, element);

    op->target = fz_frame_for(m->r, m->s, m->domain, fz_below(m->r, 5));
    if (fz_chance(m->r, 15)) /* one that a call has returned */
        op->target = (uint8_t)(m->domain * FZ_PAGES + FZ_FIRST_PAGES +
                               fz_below(m->r, FZ_PAGES - FZ_FIRST_PAGES));
    return op;
}

/* Mostly DOMID_SELF. */
static void domain(struct maker *m, const char *field, uint32_t element,
                   uint32_t self_percent)
{
    struct fz_op *op = add(m, FZ_DOMAIN, field, element);

    op->fd =
        (uint8_t)(fz_chance(m->r, self_percent) ? FZ_FD_SELF
                  : fz_chance(m->r, 85) ? FZ_FD_D0 + fz_some_domain(m->r, m->s)
                                        : fz_below(m->r, FZ_NR_FDS));
}

static uint32_t order(struct maker *m)
{
    static const uint8_t orders[] = { 1, 2, 3, 9, 10, 20, 64 };

    return fz_chance(m->r, 88) ? 0 : orders[fz_below(m->r, sizeof(orders))];
}

static void list_of_frames(struct maker *m, const char *field, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        frame(m, field, 0)->mode |= FZ_LISTED;
}

/* Page frames of the guest's own, which nobody looks up. */
static void list_of_numbers(struct maker *m, const char *field, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        number(m, field, 0, 0x100000u + fz_below(m->r, 64))->mode |= FZ_LISTED;
}

static void reservation(struct maker *m)
{
    static const char *const names[] = { "memory.populate", "memory.increase",
                                         "memory.decrease" };
    const uint32_t which = fz_below(m->r, 3), n = 1 + fz_below(m->r, 3);

    begin(m, names[which], 1);
    if (which == 2)
        list_of_frames(m, "extents", n);
    else
        list_of_numbers(m, "extents", n);
    number(m, "nr", 0, fz_chance(m->r, 95) ? n : fz_below(m->r, 5));
    number(m, "order", 0, order(m));
    if (fz_chance(m->r, 6))
        number(m, "flags", 0, 1u << fz_below(m->r, 20));
    domain(m, "dom", 0, 88);
}

static void exchange(struct maker *m)
{
    const uint32_t in_order = order(m), out_order = order(m);
    const uint32_t n = 1 + fz_below(m->r, 3);

    begin(m, "memory.exchange", 1);
    list_of_frames(m, "in", n);
    number(m, "in_nr", 0, n);
    number(m, "in_order", 0, in_order);
    domain(m, "in_dom", 0, 88);
    list_of_numbers(m, "out", n);
    number(m, "out_nr", 0, fz_chance(m->r, 92) ? n : fz_below(m->r, 5));
    number(m, "out_order", 0, fz_chance(m->r, 80) ? in_order : out_order);
    domain(m, "out_dom", 0, 92);
    if (fz_chance(m->r, 5))
        number(m, "nr_exchanged", 0, fz_below(m->r, 4));
}

#define REFERENCES 8u

/* An entry by which a page may come, as the generator of grants has others. */
static void accept_transfer(struct maker *m)
{
    struct fz_op *op = &m->ops[0];

    *op = (struct fz_op){ .kind = FZ_MMU_UPDATE };
    fz_choose_grant(m->r, m->s, m->domain, op);
    op->flags = GTF_accept_transfer;
    m->n = 1;
}

static void transfer(struct maker *m)
{
    if (fz_chance(m->r, 40)) {
        accept_transfer(m);
        return;
    }
    begin(m, "grant.transfer", 1);
    frame(m, "mfn", 0);
    domain(m, "dom", 0, 15);
    number(m, "ref", 0,
           fz_chance(m->r, 95) ? fz_below(m->r, REFERENCES) : 5000);
}

static void copy_end(struct maker *m, const char *what, const char *dom,
                     const char *offset, bool by_reference)
{
    if (by_reference)
        number(m, what, 0, fz_below(m->r, REFERENCES));
    else
        frame(m, what, 0);
    domain(m, dom, 0, by_reference ? 15 : 90);
    if (fz_chance(m->r, 40))
        number(m, offset, 0, fz_below(m->r, XM_PAGE_SIZE + 8));
}

static void copy(struct maker *m)
{
    static const uint16_t lengths[] = { 0, 8, 64, 1024, 4096, 4097 };
    const uint32_t flags = fz_below(m->r, fz_chance(m->r, 95) ? 4 : 8);

    begin(m, "grant.copy", 1);
    copy_end(m, "source", "source_dom", "source_offset",
             flags & GNTCOPY_source_gref);
    copy_end(m, "dest", "dest_dom", "dest_offset", flags & GNTCOPY_dest_gref);
    number(m, "len", 0, lengths[fz_below(m->r, 6)]);
    number(m, "flags", 0, flags);
}

static void grant_table(struct maker *m)
{
    switch (fz_below(m->r, 6)) {
    case 0:
        begin(m, "grant.set_version", 1);
        number(m, "version", 0,
               fz_chance(m->r, 95) ? 1 + fz_below(m->r, 2) : 3);
        break;
    case 1:
        begin(m, "grant.setup_table", 1);
        list_of_numbers(m, "frame_list", 3);
        domain(m, "dom", 0, 85);
        number(m, "nr_frames", 0, fz_chance(m->r, 95) ? fz_below(m->r, 4) : 99);
        break;
    case 2:
        begin(m, "grant.get_status_frames", 1);
        list_of_numbers(m, "frame_list", 2);
        domain(m, "dom", 0, 85);
        number(m, "nr_frames", 0, fz_below(m->r, 4));
        break;
    case 3:
        begin(m, fz_chance(m->r, 50) ? "grant.query_size" : "grant.get_version",
              1);
        domain(m, "dom", 0, 60);
        break;
    case 4:
        begin(m, "grant.swap", 1);
        number(m, "ref_a", 0, fz_below(m->r, REFERENCES));
        number(m, "ref_b", 0,
               fz_chance(m->r, 95) ? fz_below(m->r, REFERENCES) : 5000);
        break;
    default:
        begin(m, "grant.cache_flush", 1);
        add(m, FZ_SLOT, "dev_bus_addr", 0)->table =
            fz_frame_for(m->r, m->s, m->domain, 0);
        number(m, "offset", 0, fz_below(m->r, 32) * 8u);
        number(m, "length", 0, fz_below(m->r, 32) * 8u);
        number(m, "op", 0, fz_below(m->r, 5));
        break;
    }
}

static void add_entry(struct maker *m, const char *field, uint32_t element)
{
    struct fz_op *op = add(m, FZ_ENTRY, field, element);

    op->target = fz_frame_for(m->r, m->s, m->domain, fz_below(m->r, 4));
    op->flags = fz_pack_flags(
        fz_flags_for(m->r, XM_PTE_P | XM_PTE_US | XM_PTE_A |
                               (fz_chance(m->r, 50) ? XM_PTE_RW : 0)));
}

static void add_slot(struct maker *m, const char *field, uint32_t element)
{
    struct fz_op *op = add(m, FZ_SLOT, field, element);

    op->table = fz_frame_for(m->r, m->s, m->domain, 1 + fz_below(m->r, 4));
    op->slot = (uint16_t)fz_below(m->r, 6);
}

/* One of a list of calls. */
static void listed_call(struct maker *m, uint32_t i)
{
    switch (fz_below(m->r, 4)) {
    case 0:
        number(m, "op", i, __HYPERVISOR_mmu_update);
        add_slot(m, "arg0", i);
        m->ops[m->n - 1].mode |= FZ_LISTED;
        add_entry(m, "arg0", i);
        m->ops[m->n - 1].mode |= FZ_LISTED;
        number(m, "arg1", i, 1);
        number(m, "arg3", i, DOMID_SELF);
        break;
    case 1:
        number(m, "op", i, __HYPERVISOR_update_va_mapping);
        add(m, FZ_WINDOW, "arg0", i)->slot =
            (uint16_t)fz_below(m->r, FZ_WINDOW_PAGES);
        add_entry(m, "arg1", i);
        break;
    case 2:
        number(m, "op", i, __HYPERVISOR_mmuext_op);
        number(m, "arg0", i, fz_below(m->r, 5))->mode |= FZ_LISTED;
        frame(m, "arg0", i)->mode |= FZ_LISTED;
        number(m, "arg0", i, 0)->mode |= FZ_LISTED;
        number(m, "arg1", i, 1);
        number(m, "arg3", i, DOMID_SELF);
        break;
    default:
        number(m, "op", i, __HYPERVISOR_vm_assist);
        number(m, "arg0", i, fz_below(m->r, 2));
        number(m, "arg1", i, fz_below(m->r, 8));
        break;
    }
}

static void multicall(struct maker *m)
{
    const uint32_t n = 1 + fz_below(m->r, 4);

    begin(m, "multicall", n);
    for (uint32_t i = 0; i < n; i++)
        listed_call(m, i);
}

static void raw_requests(struct maker *m)
{
    const uint32_t n = 1 + fz_below(m->r, 3);

    if (fz_chance(m->r, 50)) {
        begin(m, "raw.mmu_update", n);
        for (uint32_t i = 0; i < n; i++) {
            add_slot(m, "ptr", i);
            m->ops[m->n - 1].flags =
                fz_chance(m->r, 70) ? 0 : fz_below(m->r, 8);
            add_entry(m, "val", i);
        }
    } else {
        begin(m, "raw.mmuext_op", n);
        for (uint32_t i = 0; i < n; i++) {
            number(m, "cmd", i, fz_below(m->r, 22));
            frame(m, "arg1", i);
            if (fz_chance(m->r, 50))
                frame(m, "arg2", i);
        }
    }
    if (fz_chance(m->r, 30))
        number(m, "count", 0,
               fz_chance(m->r, 50) ? fz_below(m->r, 5) : 1u << 31);
    if (fz_chance(m->r, 30))
        number(m, "pdone", 0, fz_below(m->r, 9))->mode |= FZ_LISTED;
    if (fz_chance(m->r, 20))
        number(m, "foreign", 0,
               fz_below(m->r, 4) | (uint64_t)fz_below(m->r, 4) << 16);
}

/* Any call, any fields. */
static void anything(struct maker *m)
{
    m->ops[0] = (struct fz_op){ .kind = FZ_CALL,
                                .cmd = (uint8_t)fz_next(m->r),
                                .slot = 1 };
    m->n = 1 + fz_below(m->r, 6);
    for (uint32_t i = 1; i < m->n; i++) {
        struct fz_op *op = &m->ops[i];

        *op = (struct fz_op){ .kind = FZ_VALUE,
                              .who = (uint8_t)fz_below(m->r, FZ_NR_VALUES),
                              .cmd = (uint8_t)fz_below(m->r, 20),
                              .fd = (uint8_t)fz_below(m->r, FZ_NR_FDS),
                              .slot = (uint16_t)fz_below(m->r, 8),
                              .mode = fz_chance(m->r, 30) ? FZ_LISTED : 0 };
        op->table = op->target =
            fz_frame_for(m->r, m->s, m->domain, fz_below(m->r, 5));
        if (op->who == FZ_NUMBER)
            fz_set_number(op, fz_below(m->r, fz_chance(m->r, 80) ? 8 : 8192));
    }
}

static void join(struct maker *m)
{
    for (uint32_t i = 0; i + 1 < m->n; i++)
        m->ops[i].mode |= FZ_JOINED;
}

uint32_t fz_choose_call(struct fz_random *r, const struct fz_session *s,
                        uint32_t domain, struct fz_op *ops)
{
    static void (*const makers[])(struct maker *) = {
        reservation, reservation, exchange,  exchange,     transfer, copy,
        copy,        grant_table, multicall, raw_requests, anything,
    };
    struct maker m = { .r = r, .s = s, .domain = domain, .ops = ops };

    makers[fz_below(r, sizeof(makers) / sizeof(makers[0]))](&m);
    if (m.n > 1 && fz_chance(r, 6)) { /* one is anything */
        struct fz_op *op = &ops[1 + fz_below(r, m.n - 1)];

        fz_set_number(op, fz_next(r) >> fz_below(r, 64));
    }
    join(&m);
    return m.n;
}

uint32_t fz_choose_act(struct fz_random *r, const struct fz_session *s,
                       uint32_t domain, struct fz_op *ops)
{
    struct fz_op *first = &ops[1], *second = &ops[2];

    ops[0] = (struct fz_op){ .kind = FZ_GUEST,
                             .cmd = (uint8_t)fz_below(r, FZ_NR_ACTS),
                             .mode = FZ_JOINED };
    if (fz_act(&ops[0]) <= FZ_ACT_LOAD_SEGMENT && fz_chance(r, 30))
        ops[0].mode |= FZ_USER;
    *first = (struct fz_op){ .kind = FZ_VALUE,
                             .who = FZ_WINDOW,
                             .mode = FZ_JOINED,
                             .slot = (uint16_t)fz_below(r, FZ_WINDOW_PAGES),
                             .flags = fz_below(r, 6) * 8u };
    *second = (struct fz_op){ .kind = FZ_VALUE,
                              .who = FZ_ENTRY,
                              .target = fz_frame_for(r, s, domain, 0),
                              .flags = fz_pack_flags(fz_flags_for(
                                  r, XM_PTE_P | XM_PTE_US | XM_PTE_A)) };
    if (fz_act(&ops[0]) == FZ_ACT_WRITE_CR3)
        *first = (struct fz_op){ .kind = FZ_VALUE,
                                 .who = FZ_ENTRY,
                                 .target = fz_frame_for(r, s, domain, 4) };
    return 3;
}
