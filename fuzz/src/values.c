/* SPDX-License-Identifier: MIT
 *
 * What fields of calls and registers are given.
 */
#include "values.h"
#include "forms.h"
#include "grants.h"

#include <inttypes.h>
#include <traces/trace.h>
#include <xen-model/pte.h>

void fz_set_number(struct fz_op *op, uint64_t number)
{
    op->who = FZ_NUMBER;
    op->flags = (uint32_t)number;
    op->slot = (uint16_t)(number >> 32);
    op->reserved = (uint16_t)(number >> 48);
}

static uint64_t number_of(const struct fz_op *op)
{
    return op->flags | (uint64_t)op->slot << 32 | (uint64_t)op->reserved << 48;
}

static enum fz_value kind_of(const struct fz_op *op)
{
    return (enum fz_value)(op->who % FZ_NR_VALUES);
}

static uint32_t offset_of(const struct fz_op *op)
{
    return op->flags % XM_PAGE_SIZE;
}

uint32_t fz_value_domid(const struct fz_world *w, const struct fz_op *op)
{
    return kind_of(op) == FZ_DOMAIN ? fz_domid(fz_fd(w, op->fd))
                                    : op->flags & 0xffffu;
}

static uint64_t grant_entry(const struct fz_world *w, const struct fz_op *op)
{
    return (op->flags & 0xffffu) | (uint64_t)fz_domid(fz_fd(w, op->fd)) << 16 |
           fz_mfn(w, op->target) << 32;
}

uint64_t fz_value(const struct fz_world *w, uint32_t domain,
                  const struct fz_op *op)
{
    const xm_mfn mfn = fz_mfn(w, op->target);

    switch (kind_of(op)) {
    case FZ_FRAME_NUMBER:
        return mfn;
    case FZ_SLOT:
        return (fz_mfn(w, op->table) << XM_PAGE_SHIFT) +
               op->slot % XM_ENTRIES * 8u + offset_of(op);
    case FZ_ENTRY:
        return xm_pte(mfn, fz_unpack_flags(op->flags));
    case FZ_GRANT_ENTRY:
        return grant_entry(w, op);
    case FZ_WINDOW:
        return PVT_WINDOW_VA + op->slot % XM_ENTRIES * XM_PAGE_SIZE +
               offset_of(op);
    case FZ_DOMAIN:
        return fz_domid(fz_fd(w, op->fd));
    case FZ_HANDLE:
        return fz_handle_number(w, domain, op);
    default:
        return number_of(op);
    }
}

void fz_print_field_domain(FILE *f, const struct fz_world *w,
                           const struct fz_op *op)
{
    if (kind_of(op) == FZ_DOMAIN)
        fputs(fz_domain_text(fz_fd(w, op->fd)), f);
    else
        fprintf(f, "%" PRIu32, fz_value_domid(w, op));
}

static void print_offset(FILE *f, const struct fz_op *op)
{
    if (offset_of(op) != 0)
        fprintf(f, " + %" PRIu32, offset_of(op));
}

/* A frame without flags is its number: an entry like that is an address. */
static void print_entry(FILE *f, const struct fz_world *w,
                        const struct fz_op *op)
{
    const uint64_t flags = fz_unpack_flags(op->flags);
    const uint32_t place = fz_frame(w, op->target);
    char name[24];

    if (flags == 0 && place == FZ_ALL_ONES) {
        pvt_number_print(f, xm_pte(XM_MFN_ALL_ONES, 0));
        return;
    }
    fputs(fz_frame_name(place, name), f);
    if (flags == 0)
        fputs("[0]", f);
    pvt_flags_print(f, flags);
}

void fz_print_field(FILE *f, const struct fz_world *w, uint32_t domain,
                    const struct fz_op *op)
{
    const uint32_t place = fz_frame(w, op->target);
    char name[24];

    switch (kind_of(op)) {
    case FZ_FRAME_NUMBER:
        fputs(fz_frame_name(place, name), f);
        break;
    case FZ_SLOT:
        fprintf(f, "%s[%u]", fz_frame_name(fz_frame(w, op->table), name),
                op->slot % XM_ENTRIES);
        print_offset(f, op);
        break;
    case FZ_ENTRY:
        print_entry(f, w, op);
        break;
    case FZ_GRANT_ENTRY:
        fprintf(f, "grant 0x%" PRIx32 " %" PRIu32 " %s", op->flags & 0xffffu,
                fz_domid(fz_fd(w, op->fd)), fz_frame_name(place, name));
        break;
    case FZ_WINDOW:
        fprintf(f, "window[%u]", op->slot % XM_ENTRIES);
        print_offset(f, op);
        break;
    case FZ_HANDLE:
        fz_print_handle(f, w, domain, op);
        break;
    default:
        pvt_number_print(f, fz_value(w, domain, op));
        break;
    }
}

uint32_t fz_nr_joined_values(const struct fz_op *ops, uint32_t count)
{
    uint32_t n = 1;

    while ((ops[n - 1].mode & FZ_JOINED) && n < count && n <= FZ_MAX_VALUES &&
           fz_op_kind(&ops[n]) == FZ_VALUE)
        n++;
    return n;
}
