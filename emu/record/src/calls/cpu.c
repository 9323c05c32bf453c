/* SPDX-License-Identifier: MIT
 *
 * Assists, segments and their descriptors; what else is said by registers.
 */
#include "calls.h"

#include <xen/physdev.h>

#include <string.h>

static void put_register(struct record *r, const char *name, uint64_t value)
{
    record__char(&r->out, ' ');
    record__string(&r->out, name);
    record__char(&r->out, '=');
    record__number(&r->out, value);
}

static void say_assist(struct record *r, struct record_call *c, int64_t rc)
{
    record__who(r);
    record__string(&r->out, "vm_assist");
    put_register(r, "cmd", c->arg[0]);
    put_register(r, "type", c->arg[1]);
    record__put_result(r, rc);
}

static void prepare_gdt(struct record *r, struct record_call *c)
{
    const uint32_t entries = (uint32_t)c->arg[1];
    const uint32_t frames = (entries + XM_ENTRIES - 1) / XM_ENTRIES;

    if (entries > XM_RESERVED_GDT_ENTRY)
        return;
    record__read_list(r, c, c->arg[0], frames, sizeof(uint64_t));
    for (uint32_t i = 0; i < c->count; i++)
        record__say_content(r, ((uint64_t *)record__data(r, c))[i], 0);
}

static void say_gdt(struct record *r, struct record_call *c, int64_t rc)
{
    const uint64_t *frames = record__data(r, c);

    if (c->count < c->asked) {
        record__put_note(r, c, rc, ": its list cannot be read");
        return;
    }
    record__who(r);
    record__string(&r->out, "set_gdt");
    for (uint32_t i = 0; i < c->count; i++) {
        record__string(&r->out, i ? ", " : " frames={");
        record__put_term(r, RECORD_FRAME, frames[i]);
    }
    record__string(&r->out, c->count ? "}" : "");
    put_register(r, "entries", (uint32_t)c->arg[1]);
    record__put_result(r, rc);
    for (uint32_t i = 0; rc == 0 && i < c->count; i++)
        record__note_page(r, frames[i]); /* Xen has raised privilege levels */
}

static void say_descriptor(struct record *r, struct record_call *c, int64_t rc)
{
    record__who(r);
    record__string(&r->out, "update_descriptor maddr=");
    record__put_maddr(r, c->arg[0]);
    put_register(r, "descriptor", c->arg[1]);
    record__put_result(r, rc);
    if (rc == 0)
        record__note_word(r, c->arg[0] >> XM_PAGE_SHIFT,
                          (c->arg[0] & (XM_PAGE_SIZE - 1)) / 8);
}

static void say_segment_base(struct record *r, struct record_call *c,
                             int64_t rc)
{
    record__who(r);
    record__string(&r->out, "set_segment_base");
    put_register(r, "which", c->arg[0]);
    put_register(r, "base", c->arg[1]);
    record__put_result(r, rc);
}

/* One command holds a frame for ever. */
static void say_physdev(struct record *r, struct record_call *c, int64_t rc)
{
    struct physdev_pirq_eoi_gmfn x;

    if ((c->arg[0] != PHYSDEVOP_pirq_eoi_gmfn_v1 &&
         c->arg[0] != PHYSDEVOP_pirq_eoi_gmfn_v2) ||
        !record__read(r, &x, c->arg[1], sizeof(x))) {
        record__put_note(r, c, rc, "");
        return;
    }
    record__who(r);
    record__string(&r->out, "physdev.pirq_eoi");
    put_register(r, "cmd", c->arg[0]);
    record__string(&r->out, " { frame=");
    record__put_term(r, RECORD_FRAME, x.gmfn);
    record__string(&r->out, " }");
    record__put_result(r, rc);
}

const struct record_kind record__calls_cpu[] = {
    { __HYPERVISOR_vm_assist, "vm_assist", NULL, say_assist },
    { __HYPERVISOR_set_gdt, "set_gdt", prepare_gdt, say_gdt },
    { __HYPERVISOR_update_descriptor, "update_descriptor", NULL,
      say_descriptor },
    { __HYPERVISOR_set_segment_base, "set_segment_base", NULL,
      say_segment_base },
    { __HYPERVISOR_physdev_op, "physdev_op", NULL, say_physdev },
    { 0, NULL, NULL, NULL },
};
