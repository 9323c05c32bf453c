/* SPDX-License-Identifier: MIT
 *
 * Steps as the operations that a fuzzer makes, where these can say them.
 */
#include "import.h"
#include "forms.h"
#include "segments.h"

#include <string.h>

static bool short_update(const struct import *im, const struct pvt_update *u,
                         struct fz_op *op)
{
    const uint32_t table = import_place(im, u->slot.frame);

    op->kind = FZ_MMU_UPDATE;
    op->cmd = (uint8_t)u->command;
    op->table = (uint8_t)table;
    op->slot = (uint16_t)u->slot.index;
    return u->command <= MMU_PT_UPDATE_NO_TRANSLATE && table < FZ_NR_FRAMES &&
           import_entry(im, &u->entry, op);
}

static bool short_ldt(const struct pvt_ext *e, struct fz_op *op)
{
    if (e->arg1.kind != PVT_ARG_VA || e->arg2.kind == PVT_ARG_FRAME ||
        e->arg2.va.window || !import_address(e->arg1.va, op))
        return false;
    for (op->table = 0; op->table < FZ_NR_LDT_SIZES; op->table++)
        if (fz_ldt_entries(op) == e->arg2.va.number)
            return true;
    return false;
}

static bool short_ext(const struct import *im, const struct pvt_ext *e,
                      struct fz_op *op)
{
    const uint32_t first = import_place(im, e->arg1.frame),
                   second = import_place(im, e->arg2.frame);

    op->kind = FZ_MMUEXT;
    op->cmd = (uint8_t)e->command;
    op->target = (uint8_t)first;
    switch (e->command) {
    case MMUEXT_TLB_FLUSH_LOCAL:
    case MMUEXT_TLB_FLUSH_ALL:
        return true;
    case MMUEXT_INVLPG_LOCAL:
    case MMUEXT_INVLPG_ALL:
        op->target = 0;
        return e->arg1.kind == PVT_ARG_VA && import_address(e->arg1.va, op);
    case MMUEXT_SET_LDT:
        op->target = 0;
        return short_ldt(e, op);
    case MMUEXT_COPY_PAGE:
        op->table = (uint8_t)second;
        return !e->by_number && first < FZ_NR_FRAMES && second < FZ_NR_FRAMES;
    default: /* there may be none: then the long form takes it */
        return !e->by_number && e->command < 256u && first < FZ_NR_FRAMES;
    }
}

/* Of the owner of tables: a domain, one that takes no part if it is none. */
static bool short_table_owner(const struct import *im, const struct pvt_step *s,
                              uint8_t *pt)
{
    const struct pvt_fd fd = { .kind = PVT_FD_ID, .id = s->pt };

    *pt = FZ_FD_NONE;
    if (!s->has_pt)
        return true;
    if (!import_owner(im, fd, pt))
        return false;
    if (*pt == FZ_FD_BAD)
        for (*pt = FZ_FD_D0; *pt <= FZ_FD_D2; ++*pt)
            if (fz_fd(&im->s->world, *pt) == FZ_FD_BAD)
                return true;
    return *pt >= FZ_FD_D0 && *pt <= FZ_FD_D2;
}

static bool short_requests(struct import *im, const struct pvt_step *s,
                           struct import_ops *o)
{
    uint8_t fd, pt;

    if (s->count > FZ_MAX_BATCH || s->count == 0 ||
        !import_owner(im, s->fd, &fd) || !short_table_owner(im, s, &pt))
        return false;
    for (uint32_t i = 0; i < s->count; i++) {
        struct fz_op op = { .fd = (uint8_t)(fd | pt << 4) };

        if (s->call == PVT_MMU_UPDATE ? !short_update(im, &s->updates[i], &op)
                                      : !short_ext(im, &s->exts[i], &op))
            return false;
        if (!import_add(im, o, op))
            return false;
    }
    return true;
}

static bool short_flush(uint64_t flush, struct fz_op *op)
{
    for (op->cmd = 0; op->cmd < UINT8_MAX; op->cmd++)
        if (fz_flush(op) == flush)
            return true;
    return false;
}

static bool short_access(struct import *im, const struct pvt_step *s,
                         struct import_ops *o)
{
    struct fz_op op = { .kind = s->call == PVT_LOAD    ? FZ_LOAD
                                : s->call == PVT_STORE ? FZ_STORE
                                                       : FZ_UPDATE_VA_MAPPING };

    if (s->user || s->unflushed || !import_address(s->va, &op))
        return false;
    if (s->call == PVT_UPDATE_VA_MAPPING &&
        (!short_flush(s->flush, &op) || !import_owner(im, s->fd, &op.fd)))
        return false;
    if (s->call != PVT_LOAD && !import_entry(im, &s->entry, &op))
        return false;
    return import_add(im, o, op) != NULL;
}

static bool short_instruction(struct import *im, const struct pvt_step *s,
                              struct import_ops *o)
{
    static const uint32_t wanted[] = { FZ_RDI, FZ_RAX, FZ_RCX };
    const struct pvt_setting *in = s->insn->in.settings;
    struct fz_op op = { .kind = FZ_EXECUTE };
    const struct fz_form *form = fz_form(0);

    while (form->length != s->insn->length ||
           memcmp(form->code, s->insn->code, form->length) != 0) {
        form = fz_form(++op.cmd);
        if (form == fz_form(0))
            return false;
    }
    for (uint32_t i = 0; i < 3; i++)
        if (s->insn->in.count != 3 || in[i].reg != wanted[i])
            return false;
    if (!in[0].is_va || in[1].is_va || in[2].is_va || in[2].entry.has_frame ||
        in[2].entry.raw != (form->takes == FZ_TAKES_COUNT) ||
        !import_address(in[0].va, &op) || !import_entry(im, &in[1].entry, &op))
        return false;
    if (form->takes == FZ_TAKES_FLAGS && in[1].entry.has_frame)
        return false;
    return !(op.mode & FZ_DESCRIPTOR) && import_add(im, o, op) != NULL;
}

uint32_t import_short(struct import *im, const struct pvt_step *s,
                      struct import_ops *o)
{
    bool good = false;

    o->count = 0;
    switch (s->call) {
    case PVT_MMU_UPDATE:
    case PVT_MMUEXT_OP:
        good = short_requests(im, s, o);
        break;
    case PVT_LOAD:
    case PVT_STORE:
    case PVT_UPDATE_VA_MAPPING:
        good = short_access(im, s, o);
        break;
    case PVT_EXECUTE:
        good = short_instruction(im, s, o);
        break;
    case PVT_LOAD_SEGMENT:
        good = !s->user &&
               import_add(im, o,
                          (struct fz_op){ .kind = FZ_LOAD_SEGMENT,
                                          .slot = (uint16_t)s->entry.raw });
        break;
    default:
        break;
    }
    return good ? o->count : 0;
}
