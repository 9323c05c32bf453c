/* SPDX-License-Identifier: MIT
 *
 * Steps as the operations that take anything.
 */
#include "import.h"
#include "guest.h"
#include "hypercalls.h"
#include "values.h"

#include <string.h>

static uint8_t field_by_name(const struct fz_op *call, const char *name)
{
    const struct pvt_call_info *info = fz_hypercall(call);
    uint8_t i = 0;

    while (strcmp(info->fields[i].name, name) != 0)
        i++;
    return i;
}

static bool begin_call(struct import *im, struct import_ops *o,
                       const char *name, uint32_t elements)
{
    struct fz_op op = { .kind = FZ_CALL,
                        .slot = (uint16_t)elements,
                        .target = (uint8_t)im->next_handle[im->domain] };

    if (!fz_hypercall_by_name(name, &op.cmd))
        return import_fail(im, "programs do not have the call %s", name);
    return import_add(im, o, op) != NULL;
}

/* What was added last belongs to that structure. */
static void of_element(struct import_ops *o, uint32_t element)
{
    o->ops[o->count - 1].extra = (uint8_t)element;
}

static bool add_foreign(struct import *im, struct import_ops *o,
                        const struct pvt_step *s)
{
    uint64_t foreign = import_domid(s->fd);

    if (s->fd.kind == PVT_FD_NONE && !s->has_pt)
        return true;
    if (s->has_pt)
        foreign |= (uint64_t)(s->pt + 1u) << 16;
    return import_add_number(im, o, field_by_name(&o->ops[0], "foreign"),
                             foreign);
}

static bool long_updates(struct import *im, const struct pvt_step *s,
                         struct import_ops *o)
{
    if (!begin_call(im, o, "raw.mmu_update", s->count) ||
        !add_foreign(im, o, s))
        return false;
    for (uint32_t i = 0; i < s->count; i++) {
        const struct pvt_update *u = &s->updates[i];

        if (!import_add_slot(im, o, field_by_name(&o->ops[0], "ptr"), u->slot,
                             u->command))
            return false;
        of_element(o, i);
        if (!import_add_entry(im, o, field_by_name(&o->ops[0], "val"),
                              &u->entry))
            return false;
        of_element(o, i);
    }
    return true;
}

static bool long_argument(struct import *im, struct import_ops *o,
                          const char *name, uint32_t element,
                          const struct pvt_arg *a)
{
    const uint8_t field = field_by_name(&o->ops[0], name);
    const struct pvt_value frame = { .kind = PVT_VALUE_FRAME,
                                     .slot.frame = a->frame };

    if (a->kind == PVT_ARG_NONE)
        return true;
    if (a->kind == PVT_ARG_VA ? !import_add_va(im, o, field, a->va)
                              : !import_add_value(im, o, field, &frame))
        return false;
    of_element(o, element);
    return true;
}

static bool long_exts(struct import *im, const struct pvt_step *s,
                      struct import_ops *o)
{
    if (!begin_call(im, o, "raw.mmuext_op", s->count) || !add_foreign(im, o, s))
        return false;
    for (uint32_t i = 0; i < s->count; i++) {
        const struct pvt_ext *e = &s->exts[i];

        if (!import_add_number(im, o, field_by_name(&o->ops[0], "cmd"),
                               e->command))
            return false;
        of_element(o, i);
        if (!long_argument(im, o, "arg1", i, &e->arg1) ||
            !long_argument(im, o, "arg2", i, &e->arg2))
            return false;
    }
    return true;
}

static bool add_assign(struct import *im, struct import_ops *o,
                       const struct pvt_assign *a)
{
    for (uint32_t i = 0; i < a->count; i++) {
        if (!import_add_value(im, o, (uint8_t)a->field, &a->values[i]))
            return false;
        of_element(o, a->element);
        if (a->braces)
            o->ops[o->count - 1].mode |= FZ_LISTED;
    }
    return true;
}

static bool long_call(struct import *im, const struct pvt_step *s,
                      struct import_ops *o)
{
    if (!begin_call(im, o, s->info->name, s->elements) ||
        (s->has_args && !import_add_va(im, o, FZ_ARGS_FIELD, s->va)))
        return false;
    for (uint32_t i = 0; i < s->in.count; i++)
        if (!add_assign(im, o, &s->in.assigns[i]))
            return false;
    if (strcmp(s->info->name, "grant.map") == 0)
        im->next_handle[im->domain] += s->elements;
    return true;
}

static bool long_instruction(struct import *im, const struct pvt_step *s,
                             struct import_ops *o)
{
    for (uint32_t i = 0; i < s->insn->length; i += 8) {
        const uint32_t n = s->insn->length - i < 8 ? s->insn->length - i : 8;
        uint64_t bytes = 0;

        memcpy(&bytes, s->insn->code + i, n);
        if (!import_add_number(im, o, FZ_CODE_FIELD, bytes))
            return false;
    }
    for (uint32_t i = 0; i < s->insn->in.count; i++) {
        const struct pvt_setting *x = &s->insn->in.settings[i];

        if (x->is_va ? !import_add_va(im, o, (uint8_t)x->reg, x->va)
                     : !import_add_entry(im, o, (uint8_t)x->reg, &x->entry))
            return false;
    }
    return true;
}

static bool long_act(struct import *im, const struct pvt_step *s,
                     struct import_ops *o)
{
    struct fz_op op = { .kind = FZ_GUEST,
                        .mode = (uint8_t)((s->user ? FZ_USER : 0) |
                                          (s->unflushed ? FZ_UNFLUSHED : 0)) };

    switch (s->call) {
    case PVT_LOAD:
        op.cmd = FZ_ACT_LOAD;
        return import_add(im, o, op) && import_add_va(im, o, 0, s->va);
    case PVT_STORE:
        op.cmd = FZ_ACT_STORE;
        return import_add(im, o, op) && import_add_va(im, o, 0, s->va) &&
               import_add_entry(im, o, 0, &s->entry);
    case PVT_LOAD_SEGMENT:
        op.cmd = FZ_ACT_LOAD_SEGMENT;
        op.slot = (uint16_t)s->entry.raw;
        return import_add(im, o, op) != NULL;
    case PVT_WRITE_CR3:
        op.cmd = FZ_ACT_WRITE_CR3;
        return import_add(im, o, op) && import_add_entry(im, o, 0, &s->entry);
    case PVT_READ_CR3:
        op.cmd = FZ_ACT_READ_CR3;
        return import_add(im, o, op) != NULL;
    case PVT_INVLPG:
        op.cmd = FZ_ACT_INVLPG;
        return import_add(im, o, op) && import_add_va(im, o, 0, s->va);
    case PVT_EXECUTE:
        op.cmd = FZ_ACT_EXECUTE;
        return import_add(im, o, op) && long_instruction(im, s, o);
    default:
        op.cmd = FZ_ACT_UPDATE_VA_MAPPING;
        if (!import_owner(im, s->fd, &op.fd))
            return import_fail(im, "of Xen's own domains, a program has io "
                                   "and xen");
        return import_add(im, o, op) && import_add_va(im, o, 0, s->va) &&
               import_add_entry(im, o, 0, &s->entry) &&
               import_add_number(im, o, 0, s->flush);
    }
}

bool import_long(struct import *im, const struct pvt_step *s,
                 struct import_ops *o)
{
    o->count = 0;
    switch (s->call) {
    case PVT_MMU_UPDATE:
        return long_updates(im, s, o);
    case PVT_MMUEXT_OP:
        return long_exts(im, s, o);
    case PVT_HYPERCALL:
        return long_call(im, s, o);
    default:
        return long_act(im, s, o);
    }
}
