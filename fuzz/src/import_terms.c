/* SPDX-License-Identifier: MIT
 *
 * Terms of a trace in the world of a program.
 */
#include "import.h"
#include "forms.h"
#include "segments.h"
#include "values.h"

#include <xen-model/pte.h>

uint32_t import_place(const struct import *im, struct pvt_frame_ref ref)
{
    const uint32_t d = im->t->domains[ref.domain].domid;

    switch (ref.kind) {
    case PVT_FRAME_PAGE:
        return im->t->pages[ref.page].value ||
                       im->pages[ref.page] >= IMPORT_NO_PLACE
                   ? (uint32_t)FZ_NR_FRAMES
                   : (uint32_t)im->pages[ref.page];
    case PVT_FRAME_BOOT_L4:
        return fz_own_frame(d, FZ_BOOT_L4);
    case PVT_FRAME_BOOT_L3:
        return fz_own_frame(d, FZ_BOOT_L3);
    case PVT_FRAME_BOOT_L2:
        return fz_own_frame(d, FZ_BOOT_L2);
    case PVT_FRAME_SHARED_INFO:
        return fz_own_frame(d, FZ_SHARED_INFO);
    case PVT_FRAME_XEN:
        return FZ_XEN;
    case PVT_FRAME_FREE:
        return FZ_FREE;
    case PVT_FRAME_MMIO:
        return FZ_MMIO;
    case PVT_FRAME_M2P:
        return FZ_M2P;
    case PVT_FRAME_NONEXISTENT:
        return FZ_NONEXISTENT;
    case PVT_FRAME_ALL_ONES:
        return FZ_ALL_ONES;
    case PVT_FRAME_ZERO:
        return FZ_ZERO;
    case PVT_FRAME_MFN:
        return ref.mfn == 0 ? FZ_ZERO : FZ_NR_FRAMES;
    }
    return FZ_NR_FRAMES;
}

static bool no_place(struct import *im, struct pvt_frame_ref ref)
{
    if (ref.kind == PVT_FRAME_MFN)
        return import_fail(im,
                           "frames by their numbers are none of a program's: "
                           "name a page, or one of those all machines have");
    if (im->pages[ref.page] == IMPORT_NO_PLACE)
        return import_fail(im,
                           "'%s' has no place in a program: a domain has %u "
                           "for frames that calls return",
                           im->t->pages[ref.page].name,
                           FZ_PAGES - FZ_FIRST_PAGES);
    return import_fail(im,
                       "no call has returned '%s' yet: a program names frames "
                       "when it has them",
                       im->t->pages[ref.page].name);
}

bool import_frame(struct import *im, struct pvt_frame_ref ref, uint8_t *place)
{
    const uint32_t n = import_place(im, ref);

    *place = (uint8_t)n;
    return n < FZ_NR_FRAMES || no_place(im, ref);
}

static bool is_flags(uint64_t value)
{
    return fz_unpack_flags(fz_pack_flags(value)) == value;
}

static bool import_descriptor(uint64_t value, struct fz_op *op)
{
    op->mode |= FZ_DESCRIPTOR;
    for (op->flags = 0; op->flags < FZ_NR_DESCRIPTORS; op->flags++)
        if (fz_descriptor(op) == value)
            return fz_has_descriptor(op);
    op->mode &= (uint8_t)~FZ_DESCRIPTOR;
    return false;
}

static bool import_grant(const struct import *im, const struct pvt_entry *e,
                         struct fz_op *op)
{
    const uint32_t place = import_place(im, e->frame);

    op->target = (uint8_t)place;
    op->flags = (uint32_t)e->raw;
    op->extra = (uint8_t)(e->domid < FZ_DOMAINS ? e->domid : 3u);
    op->mode |= FZ_GRANT;
    return fz_op_kind(op) == FZ_MMU_UPDATE && place < FZ_NR_FRAMES &&
           e->raw <= 0xffffu && (e->domid < FZ_DOMAINS || e->domid == 1234);
}

bool import_entry(const struct import *im, const struct pvt_entry *e,
                  struct fz_op *op)
{
    const uint32_t place = e->has_frame ? import_place(im, e->frame) : FZ_ZERO;
    const uint64_t flags = e->flags | e->raw;

    if (e->kind == PVT_ENTRY_GRANT)
        return import_grant(im, e, op);
    if (!e->has_frame && !is_flags(flags))
        return import_descriptor(flags, op);
    op->target = (uint8_t)place;
    op->flags = fz_pack_flags(flags);
    return e->kind == PVT_ENTRY_PAGE_TABLE && place < FZ_NR_FRAMES &&
           is_flags(flags);
}

bool import_fd(const struct import *im, struct pvt_fd fd, uint8_t *owner)
{
    if (fd.kind == PVT_FD_NONE) {
        *owner = FZ_FD_NONE;
        return true;
    }
    for (*owner = FZ_FD_D0; *owner < FZ_NR_FDS; ++*owner)
        if (fz_domid(fz_fd(&im->s->world, *owner)) == import_domid(fd))
            return true;
    return false;
}

bool import_owner(const struct import *im, struct pvt_fd fd, uint8_t *owner)
{
    if (import_fd(im, fd, owner))
        return true;
    *owner = FZ_FD_BAD;
    return import_domid(fd) < DOMID_FIRST_RESERVED;
}

uint64_t import_domid(struct pvt_fd fd)
{
    switch (fd.kind) {
    case PVT_FD_IO:
        return DOMID_IO;
    case PVT_FD_XEN:
        return DOMID_XEN;
    case PVT_FD_ID:
        return fd.id;
    default:
        return DOMID_SELF;
    }
}

bool import_address(struct pvt_va va, struct fz_op *op)
{
    if (va.window) {
        op->slot = (uint16_t)va.number;
        op->extra = (uint8_t)(va.offset / 8);
        return va.number < FZ_WINDOW_PAGES && va.offset % 8 == 0 &&
               va.offset / 8 <= UINT8_MAX && fz_in_window(op);
    }
    for (op->extra = UINT8_MAX; !fz_in_window(op); op->extra--)
        if (fz_address(op) == va.number)
            return true;
    return false;
}

struct fz_op *import_add(struct import *im, struct import_ops *o,
                         struct fz_op op)
{
    if (o->count == IMPORT_MAX_OPS || o->count > FZ_MAX_VALUES) {
        import_fail(im, "a call of a program has at most %u values",
                    FZ_MAX_VALUES);
        return NULL;
    }
    if (o->count != 0)
        o->ops[o->count - 1].mode |= FZ_JOINED;
    o->ops[o->count] = op;
    return &o->ops[o->count++];
}

bool import_add_number(struct import *im, struct import_ops *o, uint8_t field,
                       uint64_t number)
{
    struct fz_op op = { .kind = FZ_VALUE, .cmd = field };

    fz_set_number(&op, number);
    return import_add(im, o, op) != NULL;
}

bool import_add_va(struct import *im, struct import_ops *o, uint8_t field,
                   struct pvt_va va)
{
    if (!va.window)
        return import_add_number(im, o, field, va.number);
    return import_add(im, o,
                      (struct fz_op){ .kind = FZ_VALUE,
                                      .who = FZ_WINDOW,
                                      .cmd = field,
                                      .slot = (uint16_t)va.number,
                                      .flags = (uint32_t)va.offset }) != NULL;
}

/* A number that a call has returned: a handle. */
static bool add_returned(struct import *im, struct import_ops *o, uint8_t field,
                         const struct pvt_page *page, uint64_t number)
{
    struct fz_op op = { .kind = FZ_VALUE, .who = FZ_HANDLE, .cmd = field };
    for (uint32_t i = 0; number != IMPORT_UNKNOWN && i < FZ_HANDLES; i++) {
        const struct fz_handle *h = &im->s->world.handles[im->domain][i];

        op.target = (uint8_t)i;
        if (h->known && h->number == number)
            return import_add(im, o, op) != NULL;
    }
    return import_fail(im, "'%s' is no handle that this domain has",
                       page->name);
}

static bool add_frame(struct import *im, struct import_ops *o, uint8_t field,
                      struct pvt_frame_ref ref)
{
    struct fz_op op = { .kind = FZ_VALUE,
                        .who = FZ_FRAME_NUMBER,
                        .cmd = field };

    if (ref.kind == PVT_FRAME_PAGE && im->t->pages[ref.page].value)
        return add_returned(im, o, field, &im->t->pages[ref.page],
                            im->pages[ref.page]);
    if (ref.kind == PVT_FRAME_MFN)
        return import_add_number(im, o, field, ref.mfn);
    return import_frame(im, ref, &op.target) && import_add(im, o, op) != NULL;
}

static bool add_grant(struct import *im, struct import_ops *o, uint8_t field,
                      const struct pvt_entry *e)
{
    const struct pvt_fd fd = { .kind = PVT_FD_ID, .id = e->domid };
    struct fz_op op = { .kind = FZ_VALUE,
                        .who = FZ_GRANT_ENTRY,
                        .cmd = field,
                        .flags = (uint32_t)e->raw };

    if (!import_frame(im, e->frame, &op.target))
        return false;
    if (e->raw > 0xffffu || !import_fd(im, fd, &op.fd))
        return import_fail(im, "a program lets only domains 0, 1, 2 and 1234 "
                               "use a frame, with 16 flags");
    return import_add(im, o, op) != NULL;
}

bool import_add_entry(struct import *im, struct import_ops *o, uint8_t field,
                      const struct pvt_entry *e)
{
    struct fz_op op = { .kind = FZ_VALUE, .who = FZ_ENTRY, .cmd = field };

    if (!e->has_frame)
        return import_add_number(im, o, field, e->raw);
    if (e->kind == PVT_ENTRY_NUMBER)
        return add_frame(im, o, field, e->frame);
    if (e->kind == PVT_ENTRY_GRANT)
        return add_grant(im, o, field, e);
    if (e->frame.kind == PVT_FRAME_MFN)
        return import_add_number(im, o, field,
                                 xm_pte(e->frame.mfn, e->flags) | e->raw);
    if (!import_frame(im, e->frame, &op.target))
        return false;
    if (!is_flags(e->flags | e->raw))
        return import_fail(im, "an entry of a program has a frame and flags, "
                               "and no other bits");
    op.flags = fz_pack_flags(e->flags | e->raw);
    return import_add(im, o, op) != NULL;
}

bool import_add_slot(struct import *im, struct import_ops *o, uint8_t field,
                     struct pvt_slot slot, uint64_t offset)
{
    struct fz_op op = { .kind = FZ_VALUE,
                        .who = FZ_SLOT,
                        .cmd = field,
                        .slot = (uint16_t)slot.index,
                        .flags = (uint32_t)offset };

    if (slot.frame.kind == PVT_FRAME_MFN)
        return import_add_number(im, o, field,
                                 (slot.frame.mfn << XM_PAGE_SHIFT) +
                                     slot.index * 8u + offset);
    return import_frame(im, slot.frame, &op.table) &&
           import_add(im, o, op) != NULL;
}

static bool add_domain(struct import *im, struct import_ops *o, uint8_t field,
                       struct pvt_fd fd)
{
    struct fz_op op = { .kind = FZ_VALUE, .who = FZ_DOMAIN, .cmd = field };

    if (!import_fd(im, fd, &op.fd))
        return import_add_number(im, o, field, import_domid(fd));
    return import_add(im, o, op) != NULL;
}

bool import_add_value(struct import *im, struct import_ops *o, uint8_t field,
                      const struct pvt_value *v)
{
    switch (v->kind) {
    case PVT_VALUE_NUMBER:
        return import_add_number(im, o, field, v->number);
    case PVT_VALUE_FRAME:
        return add_frame(im, o, field, v->slot.frame);
    case PVT_VALUE_SLOT:
        return import_add_slot(im, o, field, v->slot, v->number);
    case PVT_VALUE_VA:
        return import_add_va(im, o, field, v->va);
    case PVT_VALUE_ENTRY:
        return import_add_entry(im, o, field, &v->entry);
    case PVT_VALUE_DOMAIN:
        return add_domain(im, o, field, v->domain);
    }
    return false;
}
